//! `rename-table`: a table, view or schema gets another name while the old application runs.

use super::move_to_schema::moves;
use super::shared_words::{allow_line, with_object};
use super::shared_writes::has_old_rows;
use crate::project::Provider;
use crate::rules::{Check, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::model::{Action, Name, ObjectKind, Span};
use crate::sql::quote;

pub const RULE: Rule = Rule {
    slug: "rename-table",
    id: "PS120",
    hazards: &["D22"],
    databases: &Provider::ALL,
    levels: Levels::DENY,
    fixable: Fixable::Never,
    summary: "a table, view or schema gets another name while the old application runs",
    page: "\
## What it catches

A rename of a table, view or schema that exists before this deploy. It is left alone when the same file puts something else under the old
name (a view, a synonym, the swapped table), and when the new name says that the table is only put aside before it is dropped
(`…_to_drop`, `…_deprecated`, `…_quarantine`, `…_old`, `…_backup`, `…_archive`).

## Why it hurts

The running application asks for the old name and fails from this moment until its last process is replaced.

## What to do instead

When only the name in the code should change, leave the database alone: rename the model and map it, `@@map(\"users\")`. Else leave a view
under the old name for as long as an old application runs: PostgreSQL, MySQL and SQL Server write through a plain view.

## Example

```sql
-- bad
ALTER TABLE \"users\" RENAME TO \"accounts\";
-- good
ALTER TABLE \"users\" RENAME TO \"accounts\";
CREATE VIEW \"users\" AS SELECT \"id\", \"email\" FROM \"accounts\";
```

## When to allow it

When the application is stopped for the deploy, or no deployed application uses the table.

## Source

PostgreSQL manual, \"Updatable Views\"; MySQL manual, \"Updatable and Insertable Views\"; SQL Server, `CREATE SYNONYM`; Prisma, `@@map`.
",
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, found: &mut Findings<'_>) {
    let context = view.context();
    let (kind, from, to) = match view.action() {
        Action::RenameTable { table, to } if !moves(table, to) => ("table", table, to.clone()),
        Action::RenameObject { kind, name, to } => match kind {
            ObjectKind::Table => ("table", name, Name::bare(to.clone())),
            ObjectKind::View | ObjectKind::MaterializedView => ("view", name, Name::bare(to.clone())),
            ObjectKind::Schema => ("schema", name, Name::bare(to.clone())),
            _ => return,
        },
        _ => return,
    };
    let stands_in = view.statement.script().operations().any(|(_, other)| takes_the_name(&other.action, from));
    if has_old_rows(context, from) && !stands_in && !is_put_aside(&to) {
        // The two arguments of sp_rename are not next to each other in a readable way.
        let span = match context.provider() {
            Provider::Sqlserver => view.operation.span,
            _ => from.span().to(to.span()),
        };
        found.push(finding(context.provider(), kind, from, &to, span));
    }
}

fn takes_the_name(action: &Action, old: &Name) -> bool {
    match action {
        Action::CreateView { name, .. } => name == old,
        Action::CreateObject { kind: ObjectKind::Synonym | ObjectKind::View, name, .. } => name == old,
        Action::CreateTable(create) => create.name == *old,
        Action::RenameTable { to, .. } => to == old,
        _ => false,
    }
}

/// The name says that the table waits for its end.
fn is_put_aside(to: &Name) -> bool {
    let name = to.object.value.to_ascii_lowercase();
    [
        "to_drop",
        "todrop",
        "dropped",
        "deprecated",
        "quarantine",
        "quarantined",
        "old",
        "backup",
        "bak",
        "archive",
        "archived",
    ]
    .iter()
    .any(|word| {
        name.strip_suffix(word).is_some_and(|rest| rest.ends_with('_')) || name.starts_with(&format!("{word}_"))
    })
}

fn finding(provider: Provider, kind: &str, from: &Name, to: &Name, span: Span) -> Finding {
    let from_sql = quote::name(provider, from);
    let moved = with_object(from, to.object.value.clone());
    let to_sql = quote::name(provider, if to.is_qualified() { to } else { &moved });
    let bridge = match (kind, provider) {
        ("schema", _) => "leave it, or make the new schema beside it and move one table after the other".to_owned(),
        (_, Provider::Sqlserver) => {
            format!(
                "leave a synonym under the old name while an old application runs:\nCREATE SYNONYM {from_sql} FOR {to_sql};"
            )
        }
        (_, Provider::Sqlite) => format!(
            "leave a view under the old name while an old application runs (SQLite only reads through it; writes need INSTEAD OF triggers):\n\
             CREATE VIEW {from_sql} AS SELECT … FROM {to_sql};"
        ),
        _ => format!(
            "leave a view under the old name while an old application runs, with its columns by name:\n\
             CREATE VIEW {from_sql} AS SELECT … FROM {to_sql};"
        ),
    };
    Finding::new(
        span,
        Subject::table(from),
        format!("renaming the {kind} `{from}` to `{to}` breaks the application that still runs"),
    )
    .why(format!(
        "The running application asks for `{from}` and fails from this moment until its last process is replaced; the new one cannot start \
         before, since `{to}` does not exist yet."
    ))
    .help(format!(
        "if only the name in the code should change, write `@@map(\"{}\")` in the Prisma schema and no SQL; else {bridge}\n\
         if the application is stopped for it: {}",
        from.object,
        allow_line("rename-table", "downtime announced for …")
    ))
}
