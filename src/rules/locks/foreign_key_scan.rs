//! A foreign key that is checked against all rows while writes to two tables wait.

use super::shared_holds::is_old;
use super::shared_not_valid::{fix, help, validate};
use super::shared_sql::{POSTGRESQL, ident, quoted, size_query, table as quoted_table};
use crate::project::Provider;
use crate::rules::{Check, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::lock_facts::postgres::Shape;
use crate::sql::model::{Action, ColumnDef, Constraint, ConstraintKind, Name};
use crate::sql::quote::list;

/// See its page.
pub const RULE: Rule = Rule {
    slug: "foreign-key-scan",
    id: "PS207",
    hazards: &["L7"],
    databases: POSTGRESQL,
    levels: Levels::DENY,
    fixable: Fixable::Sometimes,
    summary: "adding a foreign key checks every row while writes to both tables wait",
    page: r#"## What it catches
`ADD FOREIGN KEY` without `NOT VALID` on a table that existed before the pending migrations, and `ADD COLUMN … DEFAULT … REFERENCES`. (`ADD COLUMN … REFERENCES` without a
default is not checked by PostgreSQL, since every value is NULL.)

## Why it hurts
PostgreSQL looks up the target of every row and holds a SHARE ROW EXCLUSIVE lock on both tables meanwhile: nobody can write to either of them.

## What to do instead
Add it `NOT VALID`: that takes a moment, and new rows are checked from then on. `VALIDATE CONSTRAINT` in the next migration checks the old rows under
locks that stop neither reads nor writes.

## Example
```sql
ALTER TABLE "orders" ADD CONSTRAINT "orders_customer_id_fkey" FOREIGN KEY ("customer_id") REFERENCES "customers"("id") NOT VALID;
-- in the next migration
ALTER TABLE "orders" VALIDATE CONSTRAINT "orders_customer_id_fkey";
```

## When to allow it
The table with the foreign key is small.

## Source
PostgreSQL manual, ALTER TABLE, "ADD table_constraint [ NOT VALID ]" and its notes; proven in `docs/locks.md`.
"#,
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, findings: &mut Findings<'_>) {
    match view.action() {
        Action::AddConstraint { table, constraint }
            if constraint.kind == ConstraintKind::ForeignKey && !constraint.not_valid && !constraint.not_enforced =>
        {
            if !is_old(&view.context(), table) {
                return;
            }
            let mut finding = finding(view, table, constraint, Shape::AddForeignKey)
                .help(help(view, table, constraint))
                .query(size_query(table));
            if let Some(fix) = fix(view, table, constraint) {
                finding = finding.fix(fix);
            }
            findings.push(finding);
        }
        Action::AddColumn { table, column, .. } if is_old(&view.context(), table) => {
            let refers = column.constraints.iter().find(|c| c.kind == ConstraintKind::ForeignKey);
            if let Some(constraint) = refers.filter(|_| column.default.as_ref().is_some_and(|d| !d.is_null())) {
                let finding = finding(view, table, constraint, Shape::AddColumnReferencesDefault)
                    .help(apart(table, column, constraint))
                    .query(size_query(table));
                findings.push(finding);
            }
        }
        _ => {}
    }
}

fn finding(view: &OperationView<'_>, table: &Name, constraint: &Constraint, shape: Shape) -> Finding {
    let _ = view;
    let label = constraint.name.as_ref().map_or_else(|| "a foreign key".to_owned(), |name| format!("`{name}`"));
    let target = constraint.references.as_ref().map(|to| to.table.to_string());
    let other = match &target {
        Some(target) if *target != table.to_string() => {
            format!(" Writes to `{target}` wait for as long, since it is locked in the same way.")
        }
        _ => String::new(),
    };
    let span = constraint.name.as_ref().map_or(constraint.span, |name| name.span);
    let name = constraint.name.as_ref().map_or_else(|| "(no name)".to_owned(), ToString::to_string);
    let message = match &target {
        Some(target) if *target != table.to_string() => {
            format!("adding {label} stops writes to `{table}` and `{target}` until every row of `{table}` is checked")
        }
        _ => format!("adding {label} stops writes to `{table}` until every row of it is checked"),
    };
    Finding::new(span, Subject::named(Some(table), name), message).why(format!("{}{other}", shape.row().says(table)))
}

fn apart(table: &Name, column: &ColumnDef, constraint: &Constraint) -> String {
    let name = constraint
        .name
        .as_ref()
        .map_or_else(|| quoted(&format!("{}_{}_fkey", table.object.value, column.name.value)), ident);
    let target = constraint.references.as_ref().map_or_else(
        || "…".to_owned(),
        |to| {
            let columns = list(Provider::Postgresql, &to.columns);
            let columns = if columns.is_empty() { columns } else { format!("({columns})") };
            format!("{}{columns}", quoted_table(&to.table))
        },
    );
    format!(
        "Add the column first, then the foreign key unchecked:\nALTER TABLE {0} ADD COLUMN {1} …;\n\
         ALTER TABLE {0} ADD CONSTRAINT {name} FOREIGN KEY ({1}) REFERENCES {target} NOT VALID;\n\
         Check the rows in the next migration, while reads and writes go on:\n{2}",
        quoted_table(table),
        ident(&column.name),
        validate(table, &name)
    )
}
