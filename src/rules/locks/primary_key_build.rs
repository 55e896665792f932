//! A primary key whose index is built, or whose columns are tested, while nobody can use the table.

use super::shared_holds::{is_old, nullable_index_column};
use super::shared_sql::{POSTGRESQL, ident, quoted, size_query, table as quoted_table};
use crate::project::Provider;
use crate::rules::{Check, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::lock_facts::postgres::Shape;
use crate::sql::model::{Action, ConstraintKind};
use crate::sql::quote;

/// See its page.
pub const RULE: Rule = Rule {
    slug: "primary-key-build",
    id: "PS212",
    hazards: &["L12"],
    databases: POSTGRESQL,
    levels: Levels::DENY,
    fixable: Fixable::Never,
    summary: "adding a primary key builds its index, or tests its columns, while nobody can use the table",
    page: r#"## What it catches
`ADD PRIMARY KEY` without `USING INDEX` on a table that existed before the pending migrations, and `ADD PRIMARY KEY USING INDEX` over a column that still takes NULL.

## Why it hurts
The index is built, and every row read to see that no key column is NULL, under an ACCESS EXCLUSIVE lock: neither reads nor writes until it is done.

## What to do instead
Make the columns NOT NULL first (by a validated CHECK, see `not-null-scan`), build the unique index with `CREATE UNIQUE INDEX CONCURRENTLY` alone in a migration, then `ADD PRIMARY KEY USING INDEX`,
which takes a moment.

## Example
```sql
CREATE UNIQUE INDEX CONCURRENTLY "orders_pkey" ON "orders"("id");
-- in the next migration
ALTER TABLE "orders" ADD CONSTRAINT "orders_pkey" PRIMARY KEY USING INDEX "orders_pkey";
```

## When to allow it
The table is small.

## Source
PostgreSQL manual, ALTER TABLE, "ADD table_constraint_using_index"; proven in `docs/locks.md`.
"#,
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, findings: &mut Findings<'_>) {
    let Action::AddConstraint { table, constraint } = view.action() else { return };
    let context = view.context();
    if constraint.kind != ConstraintKind::PrimaryKey || !is_old(&context, table) {
        return;
    }
    let span = constraint.name.as_ref().map_or(constraint.span, |name| name.span);
    let name =
        constraint.name.as_ref().map_or_else(|| format!("{}_pkey", table.object.value), |name| name.value.clone());
    let subject = Subject::named(Some(table), &name);
    if let Some(index) = &constraint.using_index {
        let Some(column) = nullable_index_column(&context, table, constraint) else { return };
        findings.push(
            Finding::new(
                constraint.using_index.as_ref().map_or(span, |index| index.span),
                subject,
                format!("`{index}` is over `{column}`, which takes NULL: every row of `{table}` is read under lock"),
            )
            .why(Shape::AddPrimaryKeyUsingNullableIndex.row().says(table))
            .help(format!(
                "Make the column NOT NULL first, without the scan:\n\
                 ALTER TABLE {0} ADD CONSTRAINT {1} CHECK ({2} IS NOT NULL) NOT VALID;\n\
                 In the next migration:\nALTER TABLE {0} VALIDATE CONSTRAINT {1};\nThen:\n\
                 ALTER TABLE {0} ALTER COLUMN {2} SET NOT NULL;\nALTER TABLE {0} DROP CONSTRAINT {1};",
                quoted_table(table),
                quoted(&format!("{}_{}_not_null", table.object.value, column.value)),
                ident(column)
            ))
            .query(size_query(table)),
        );
        return;
    }
    let columns = quote::list(Provider::Postgresql, &constraint.columns);
    // The index of the key that goes still has the name while the new one is built.
    let old = view.statement.script().operations().find_map(|(_, other)| match &other.action {
        Action::DropConstraint { table: of, name: old, .. } if of == table && old.is(&name) => Some(old),
        _ => None,
    });
    let index = if old.is_some() { format!("{name}_new") } else { name.clone() };
    let drop = old.map_or_else(String::new, |old| format!("DROP CONSTRAINT {}, ", ident(old)));
    findings.push(
        Finding::new(
            span,
            subject,
            format!("adding the primary key `{name}` stops all use of `{table}` while its index is built"),
        )
        .why(Shape::AddPrimaryKey.row().says(table))
        .help(format!(
            "Build the index beside the running work, alone in a migration:\n\
             CREATE UNIQUE INDEX CONCURRENTLY {2} ON {1}({columns});\nThen, in the next one, make it the key:\n\
             ALTER TABLE {1} {drop}ADD CONSTRAINT {0} PRIMARY KEY USING INDEX {2};",
            quoted(&name),
            quoted_table(table),
            quoted(&index)
        ))
        .query(size_query(table)),
    );
}
