//! A `UNIQUE` constraint whose index is built while nobody can use the table.

use super::shared_holds::is_old;
use super::shared_sql::{POSTGRESQL, ident, quoted, size_query, slug, table as quoted_table};
use crate::rules::{Check, Edit, Finding, Findings, Fix, Fixable, FollowUp, Levels, OperationView, Rule, Subject};
use crate::sql::lock_facts::postgres::Shape;
use crate::sql::model::{Action, Constraint, ConstraintKind, Ident, Name, Within};
use crate::sql::quote;

/// See its page.
pub const RULE: Rule = Rule {
    slug: "unique-constraint-build",
    id: "PS211",
    hazards: &["L11"],
    databases: POSTGRESQL,
    levels: Levels::DENY,
    fixable: Fixable::Sometimes,
    summary: "adding UNIQUE builds its index while nobody can use the table",
    page: r#"## What it catches
`ADD CONSTRAINT … UNIQUE` without `USING INDEX`, and `ADD COLUMN … UNIQUE`, on a table that existed before the pending migrations.

## Why it hurts
The index is built under an ACCESS EXCLUSIVE lock: neither reads nor writes until it is complete.

## What to do instead
Build the unique index with `CREATE UNIQUE INDEX CONCURRENTLY` in a migration of its own, then make it the constraint with `ADD CONSTRAINT … UNIQUE USING INDEX`, which takes a moment. Prisma is
content with the unique index alone.

## Example
```sql
CREATE UNIQUE INDEX CONCURRENTLY "users_email_key" ON "users"("email");
-- in the next migration
ALTER TABLE "users" ADD CONSTRAINT "users_email_key" UNIQUE USING INDEX "users_email_key";
```

## When to allow it
The table is small.

## Source
PostgreSQL manual, ALTER TABLE, "ADD table_constraint_using_index"; proven in `docs/locks.md`.
"#,
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, findings: &mut Findings<'_>) {
    match view.action() {
        Action::AddConstraint { table, constraint }
            if constraint.kind == ConstraintKind::Unique
                && constraint.using_index.is_none()
                && is_old(&view.context(), table) =>
        {
            let name = name_of(table, &constraint.columns, constraint);
            let steps = Steps::new(table, &constraint.columns, &name);
            let mut finding = Finding::new(
                constraint.name.as_ref().map_or(constraint.span, |name| name.span),
                Subject::named(Some(table), &name),
                format!("adding the unique constraint `{name}` stops all use of `{table}` while its index is built"),
            )
            .why(Shape::AddUnique.row().says(table))
            .help(steps.help(""))
            .query(size_query(table));
            if let Some(fix) = fix(view, constraint, &steps, &name) {
                finding = finding.fix(fix);
            }
            findings.push(finding);
        }
        Action::AddColumn { table, column, .. } if is_old(&view.context(), table) => {
            let Some(unique) = column.constraints.iter().find(|c| c.kind == ConstraintKind::Unique) else { return };
            let columns = [column.name.clone()];
            let name = name_of(table, &columns, unique);
            let first = format!(
                "Add the column first:\nALTER TABLE {} ADD COLUMN {} …;\n",
                quoted_table(table),
                ident(&column.name)
            );
            findings.push(
                Finding::new(
                    unique.span,
                    Subject::column(table, &column.name),
                    format!("UNIQUE on the new column stops all use of `{table}` while its index is built"),
                )
                .why(Shape::AddColumnUnique.row().says(table))
                .help(Steps::new(table, &columns, &name).help(&first))
                .query(size_query(table)),
            );
        }
        _ => {}
    }
}

/// Its name, or the one that PostgreSQL would make up.
fn name_of(table: &Name, columns: &[Ident], constraint: &Constraint) -> String {
    constraint.name.as_ref().map_or_else(
        || {
            let parts: Vec<_> = columns.iter().map(|column| column.value.as_str()).collect();
            format!("{}_{}_key", table.object.value, parts.join("_"))
        },
        |name| name.value.clone(),
    )
}

struct Steps {
    index: String,
    attach: String,
}

impl Steps {
    fn new(table: &Name, columns: &[Ident], name: &str) -> Self {
        let (table, name) = (quoted_table(table), quoted(name));
        let columns = quote::list(crate::project::Provider::Postgresql, columns);
        Steps {
            index: format!("CREATE UNIQUE INDEX CONCURRENTLY {name} ON {table}({columns});"),
            attach: format!("ALTER TABLE {table} ADD CONSTRAINT {name} UNIQUE USING INDEX {name};"),
        }
    }

    fn help(&self, first: &str) -> String {
        format!(
            "{first}Build the index beside the running work, alone in a migration:\n{}\nThen, in the next one, make it the constraint:\n{}",
            self.index, self.attach
        )
    }
}

/// Two migrations in place of the statement, when it does nothing else.
fn fix(view: &OperationView<'_>, constraint: &Constraint, steps: &Steps, name: &str) -> Option<Fix> {
    let context = view.context();
    let statement = context.statement;
    let special = constraint.deferrable || {
        let sql = context.script.slice(constraint.span).to_ascii_uppercase();
        ["NULLS", "INCLUDE", "WITH", "TABLESPACE"].iter().any(|word| sql.contains(word))
    };
    if special
        || view.operation.within != Within::File
        || statement.operations.len() != 1
        || context.in_explicit_transaction()
        || context.script.statements.len() == 1
    {
        return None;
    }
    Some(Fix {
        title: "build the unique index concurrently, then make it the constraint, each in a migration of its own"
            .to_owned(),
        edits: vec![Edit { span: super::shared_sql::with_mark(context.script, statement), text: String::new() }],
        follow_ups: vec![
            FollowUp { slug: slug(&["build", name]), sql: format!("{}\n", steps.index) },
            FollowUp { slug: slug(&["add", name]), sql: format!("{}\n", steps.attach) },
        ],
    })
}
