//! `recreate-table`: a table is dropped and made again, empty.

use super::shared_words::count_query;
use super::shared_writes::has_old_rows;
use crate::project::Provider;
use crate::rules::{Check, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::model::{Action, InsertSource, Name, Span};
use crate::sql::quote;

pub const RULE: Rule = Rule {
    slug: "recreate-table",
    id: "PS123",
    hazards: &["D29"],
    databases: &Provider::ALL,
    levels: Levels::DENY,
    fixable: Fixable::Never,
    summary: "a table is dropped and created again, without its rows",
    page: "\
## What it catches

`DROP TABLE t` followed by `CREATE TABLE t` in the same file, and MariaDB's `CREATE OR REPLACE TABLE`, on a table that exists before this
deploy. A table rebuild, which copies the rows first, is left alone.

## Why it hurts

It reads like a change of the table and is a loss of its rows. In a development database the rows come back with the seed; in
production they do not. Grants, triggers and comments on the table go as well.

## What to do instead

Alter the table that is there.

## Example

```sql
-- bad
DROP TABLE IF EXISTS \"settings\";
CREATE TABLE \"settings\" (\"key\" TEXT PRIMARY KEY, \"value\" JSONB);
-- good
ALTER TABLE \"settings\" ADD COLUMN \"value_json\" JSONB;
```

## When to allow it

For a cache or a materialised result that the application fills again by itself.

## Source

PostgreSQL, MySQL, SQLite and SQL Server manuals, `DROP TABLE`; MariaDB, `CREATE OR REPLACE TABLE`.
",
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, found: &mut Findings<'_>) {
    let context = view.context();
    match view.action() {
        Action::DropTable { names, temporary: false, .. } => {
            for name in names.iter().filter(|name| has_old_rows(context, name)) {
                let again = context.later().find_map(|(_, later)| match &later.action {
                    Action::CreateTable(create) if create.name == *name => Some(&create.name),
                    _ => None,
                });
                if let Some(again) = again {
                    let line = view.statement.script().line_column(again.span().start).0;
                    found.push(finding(
                        context.provider(),
                        name,
                        name.span(),
                        &format!(" and made again empty (line {line})"),
                    ));
                }
            }
        }
        Action::CreateTable(create)
            if create.or_replace && !create.temporary && has_old_rows(context, &create.name) =>
        {
            let refilled = matches!(&create.source, Some(source) if source.from.contains(&create.name));
            if !refilled && !is_filled_later(view, &create.name) {
                found.push(finding(
                    context.provider(),
                    &create.name,
                    create.name.span(),
                    " if it exists, and made anew empty",
                ));
            }
        }
        _ => {}
    }
}

fn is_filled_later(view: &OperationView<'_>, table: &Name) -> bool {
    view.context().later().any(|(_, later)| match &later.action {
        Action::Insert(insert) => insert.table == *table && matches!(insert.source, InsertSource::Select(_)),
        _ => false,
    })
}

fn finding(provider: Provider, name: &Name, span: Span, how: &str) -> Finding {
    Finding::new(span, Subject::table(name), format!("`{name}` is dropped with all its rows{how}"))
        .why(format!(
            "It reads like a change of `{name}` and is the loss of its rows, with its grants and triggers; in production no seed brings them \
             back."
        ))
        .help(format!("alter the table that is there:\nALTER TABLE {} …;", quote::name(provider, name)))
        .query(count_query(provider, name, ""))
}
