//! A rename that foreign keys of other tables follow.

use super::shared_rebuild::{SQLITE, pointing_at};
use crate::project::Provider;
use crate::rules::{Check, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::model::{Action, Name};
use crate::sql::quote;

/// See its page.
pub const RULE: Rule = Rule {
    slug: "rename-moves-references",
    id: "PS607",
    hazards: &["S7"],
    databases: SQLITE,
    levels: Levels::DENY,
    fixable: Fixable::Never,
    summary: "a table is renamed away before its rebuild, and foreign keys follow it",
    page: r#"## What it catches
A rebuild in the wrong order: the table is renamed out of the way first, and a new one is created under its name, while other tables point at it by foreign keys.

## Why it hurts
Since 3.26 SQLite follows a rename in the foreign keys of other tables (unless `legacy_alter_table` is on): they then point at the table under its passing name, and when that is dropped, at nothing. Every write to them
fails from then on with "no such table".

## What to do instead
Create the new table under a passing name, copy, drop the old one, rename the new one.

## Example
```sql
-- wrong
ALTER TABLE "orders" RENAME TO "orders_old";
CREATE TABLE "orders" ("id" INTEGER PRIMARY KEY);
```

## When to allow it
The other tables are rebuilt in the same file.

## Source
SQLite, "ALTER TABLE" 2 (compatibility notes) and 7 (the order of the twelve steps).
"#,
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, findings: &mut Findings<'_>) {
    let Action::RenameTable { table, to } = view.action() else { return };
    let context = view.context();
    let again = context.later().find_map(|(_, operation)| match &operation.action {
        Action::CreateTable(create) if create.name == *table => Some(create.name.span()),
        _ => None,
    });
    let Some(again) = again else { return };
    let legacy = context.state.setting("legacy_alter_table").is_some_and(|setting| setting.value != "0")
        || context.earlier().any(|(_, operation)| {
            matches!(&operation.action, Action::Pragma { name, value: Some(value) } if name == "legacy_alter_table" && value != "0" && !value.eq_ignore_ascii_case("off"))
        });
    let pointing = pointing_at(context, table);
    let Some((child, _)) = pointing.first().filter(|_| !legacy) else { return };
    let line = context.script.line_column(again.start).0;
    let quoted = |name: &Name| quote::name(Provider::Sqlite, name);
    findings.push(
        Finding::new(
            view.operation.span,
            Subject::table(table),
            format!("the foreign key of `{child}` follows this rename and points at `{to}` from then on"),
        )
        .why(format!(
            "SQLite rewrites the foreign keys of other tables when a table is renamed. The new `{table}` of line {line} is another table to them; when `{to}` is \
             dropped, every write to `{child}` fails."
        ))
        .help(format!(
            "The new table under a passing name, and the rename last:\nCREATE TABLE \"new_{name}\" (…);\nINSERT INTO \"new_{name}\" (…) SELECT … FROM {old};\nDROP TABLE {old};\n\
             ALTER TABLE \"new_{name}\" RENAME TO \"{name}\";",
            name = table.object,
            old = quoted(table),
        )),
    );
}
