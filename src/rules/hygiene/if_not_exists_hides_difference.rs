//! `IF NOT EXISTS` over something that is there and differs.

use crate::project::Provider;
use crate::rules::data::shared_words::{column_of, listed, type_words};
use crate::rules::{Check, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::model::{Action, TypeFamily};
use crate::sql::quote;

/// See its page.
pub const RULE: Rule = Rule {
    slug: "if-not-exists-hides-difference",
    id: "PS302",
    hazards: &["H2"],
    databases: &[Provider::Postgresql, Provider::Mysql, Provider::Sqlite],
    levels: Levels::DENY,
    fixable: Fixable::Never,
    summary: "IF NOT EXISTS passes over something that is there with another definition",
    page: r#"## What it catches
`CREATE TABLE IF NOT EXISTS`, `ADD COLUMN IF NOT EXISTS` and `CREATE INDEX IF NOT EXISTS` of something that the history has already created, with other columns, another type or another key.

## Why it hurts
The statement does nothing and reports success. The history then says one thing and the database has another: the next migration, or the application, fails on what is missing.

## What to do instead
Change what is there with `ALTER TABLE`, or give the new thing another name.

## Example
```sql
CREATE TABLE IF NOT EXISTS "orders" ("id" BIGINT PRIMARY KEY, "note" TEXT); -- "orders" is there, without "note"
```

## When to allow it
The difference is known and unwanted rows of the history are cleaned up elsewhere.

## Source
The manuals of each database: nothing compares the existing object with the definition.
"#,
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, findings: &mut Findings<'_>) {
    let context = view.context();
    let provider = context.provider();
    let (span, subject, what, difference) = match view.action() {
        Action::CreateTable(create) if create.if_not_exists && create.source.is_none() && create.like.is_none() => {
            let Some(known) = context.table(&create.name).filter(|known| known.complete) else { return };
            let missing: Vec<_> = create
                .columns
                .iter()
                .filter(|column| known.column(&column.name).is_none())
                .map(|column| column.name.value.clone())
                .collect();
            if missing.is_empty() {
                return;
            }
            let difference = format!("without {}", listed(&missing));
            (create.name.span(), Subject::table(&create.name), format!("`{}`", create.name), difference)
        }
        Action::AddColumn { table, column, if_not_exists: true, .. } => {
            let Some(known) = context.column(table, &column.name) else { return };
            let (Some(old), Some(new)) = (&known.data_type, &column.data_type) else { return };
            let same_user = old.user_type.is_some() && old.user_type == new.user_type;
            if old.family == new.family && (old.family != TypeFamily::User || same_user) {
                return;
            }
            let difference = format!("as `{}`", type_words(old));
            (column.name.span, Subject::column(table, &column.name), column_of(table, &column.name), difference)
        }
        Action::CreateIndex(index) if index.if_not_exists => {
            let Some(name) = &index.name else { return };
            let Some(known) = context.table(&index.table).and_then(|table| {
                table.indexes.iter().find(|known| known.name.as_ref().is_some_and(|own| own.object == name.object))
            }) else {
                return;
            };
            let columns = |of: &crate::sql::model::CreateIndex| -> Vec<Option<String>> {
                of.columns.iter().map(|part| part.column.as_ref().map(|column| column.key().into_owned())).collect()
            };
            if columns(&known.index) == columns(index) && known.index.unique == index.unique {
                return;
            }
            let difference = "over other columns or with another uniqueness".to_owned();
            (name.span(), Subject::named(Some(&index.table), name), format!("`{name}`"), difference)
        }
        _ => return,
    };
    let alter = view.action().table().map_or_else(|| "…".to_owned(), |table| quote::name(provider, table));
    findings.push(
        Finding::new(span, subject, format!("{what} is there already, {difference}: this does nothing"))
            .why("IF NOT EXISTS looks at the name alone. The statement reports success and changes nothing, and what the next migration or the application expects is not there.")
            .help(format!("Change what is there:\nALTER TABLE {alter} …;\nor give the new thing another name.")),
    );
}
