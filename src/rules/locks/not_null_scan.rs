//! `SET NOT NULL` without a valid `CHECK` that proves it.

use super::shared_holds::{is_old, proves_not_null, says_not_null};
use super::shared_sql::{POSTGRESQL, ident, quoted, size_query, slug, table as quoted_table};
use crate::rules::{Check, Edit, Finding, Findings, Fix, Fixable, FollowUp, Levels, OperationView, Rule, Subject};
use crate::sql::lock_facts::postgres::Shape;
use crate::sql::model::{Action, ConstraintKind, Ident, Name, Span, Within};

/// See its page.
pub const RULE: Rule = Rule {
    slug: "not-null-scan",
    id: "PS214",
    hazards: &["L14"],
    databases: POSTGRESQL,
    levels: Levels::DENY,
    fixable: Fixable::Sometimes,
    summary: "SET NOT NULL reads every row while nobody can use the table",
    page: r#"## What it catches
`ALTER COLUMN … SET NOT NULL` on a table that existed before the pending migrations, unless a validated `CHECK (column IS NOT NULL)` stands there already, from this or an
earlier migration. On PostgreSQL 18 also `ADD NOT NULL column` without `NOT VALID`.

## Why it hurts
PostgreSQL reads every row under an ACCESS EXCLUSIVE lock: neither reads nor writes until it is done.

## What to do instead
Three migrations: `ADD CHECK (column IS NOT NULL) NOT VALID`; `VALIDATE CONSTRAINT`; `SET NOT NULL` and drop the CHECK. PostgreSQL 12 and later trust the validated CHECK and skip the scan.
Drop it in a statement of its own: inside the same `ALTER TABLE` it would be gone before it is asked.

## Example
```sql
ALTER TABLE "users" ADD CONSTRAINT "users_email_not_null" CHECK ("email" IS NOT NULL) NOT VALID;
-- second migration
ALTER TABLE "users" VALIDATE CONSTRAINT "users_email_not_null";
-- third migration
ALTER TABLE "users" ALTER COLUMN "email" SET NOT NULL;
ALTER TABLE "users" DROP CONSTRAINT "users_email_not_null";
```

## When to allow it
The table is small.

## Source
PostgreSQL manual, ALTER TABLE, "SET NOT NULL"; release notes 12; proven in `docs/locks.md`.
"#,
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, findings: &mut Findings<'_>) {
    let context = view.context();
    let (table, column) = match view.action() {
        Action::SetNotNull { table, column } => (table, column),
        Action::AddConstraint { table, constraint }
            if constraint.kind == ConstraintKind::NotNull && !constraint.not_valid =>
        {
            let Some(column) = constraint.columns.first() else { return };
            (table, column)
        }
        _ => return,
    };
    let old_server = view.facts().server_before(12, 0, 0);
    // Making it NOT NULL twice does nothing.
    if context.column(table, column).is_some_and(|known| known.nullable == Some(false)) {
        return;
    }
    if !is_old(&context, table) || (proves_not_null(&context, table, column) && !old_server) {
        return;
    }
    let steps = Steps::new(view, table, column);
    let mut finding = Finding::new(
        column.span,
        Subject::column(table, column),
        format!("making `{table}`.`{column}` NOT NULL reads every row while nobody can use the table"),
    )
    .why(Shape::SetNotNull.row().says(table))
    .help(steps.help(old_server))
    .query(size_query(table));
    if !old_server && let Some(fix) = steps.fix(view) {
        finding = finding.fix(fix);
    }
    findings.push(finding);
}

/// The three migrations, fewer when the history already has some of them.
struct Steps {
    name: String,
    add: String,
    validate: String,
    set: String,
    drop: String,
    /// The CHECK is there and only waits for its validation.
    waits: bool,
}

impl Steps {
    fn new(view: &OperationView<'_>, table: &Name, column: &Ident) -> Self {
        let context = view.context();
        let waiting = context.table(table).and_then(|known| {
            known.constraints.iter().find(|check| !check.validated && says_not_null(&check.constraint, column))
        });
        let made_up = format!("{}_{}_not_null", table.object.value, column.value);
        let name =
            waiting.and_then(|check| check.constraint.name.as_ref().map(|name| name.value.clone())).unwrap_or(made_up);
        let (quoted_name, quoted_column, table) = (quoted(&name), ident(column), quoted_table(table));
        Steps {
            add: format!(
                "ALTER TABLE {table} ADD CONSTRAINT {quoted_name} CHECK ({quoted_column} IS NOT NULL) NOT VALID;"
            ),
            validate: format!("ALTER TABLE {table} VALIDATE CONSTRAINT {quoted_name};"),
            set: format!("ALTER TABLE {table} ALTER COLUMN {quoted_column} SET NOT NULL;"),
            drop: format!("ALTER TABLE {table} DROP CONSTRAINT {quoted_name};"),
            waits: waiting.is_some(),
            name,
        }
    }

    fn help(&self, old_server: bool) -> String {
        if old_server {
            return format!(
                "Before PostgreSQL 12 the scan cannot be avoided: a validated CHECK does the same work as NOT NULL. Add it unchecked:\n{}\n\
                 and check the rows in the next migration, while reads and writes go on:\n{}",
                self.add, self.validate
            );
        }
        if self.waits {
            return format!(
                "`{}` says so already but was never validated. Validate it in a migration before this one:\n{}",
                self.name, self.validate
            );
        }
        format!(
            "Three migrations, none of which stops the table. The rule for new rows:\n{}\n\
             Check the old rows, while reads and writes go on:\n{}\nThen PostgreSQL trusts the CHECK and skips the scan:\n{}\n{}",
            self.add, self.validate, self.set, self.drop
        )
    }

    fn fix(&self, view: &OperationView<'_>) -> Option<Fix> {
        let context = view.context();
        let plain = view.operation.within == Within::File
            && context.statement.operations.len() == 1
            && !context.statement.guarded
            && matches!(view.action(), Action::SetNotNull { .. });
        if self.waits || !plain {
            return None;
        }
        let span = context.statement.span;
        let end = if context.script.slice(Span::new(span.end, span.end + 1)) == ";" { span.end + 1 } else { span.end };
        Some(Fix {
            title: "prove it with a CHECK first, then SET NOT NULL, in three migrations".to_owned(),
            edits: vec![Edit { span: Span::new(span.start, end), text: self.add.clone() }],
            follow_ups: vec![
                FollowUp { slug: slug(&["validate", &self.name]), sql: format!("{}\n", self.validate) },
                FollowUp { slug: slug(&["set", &self.name]), sql: format!("{}\n{}\n", self.set, self.drop) },
            ],
        })
    }
}
