//! A rebuild whose `DROP TABLE` reaches into other tables.

use super::shared_rebuild::{SQLITE, pointing_at, rebuild};
use crate::project::Provider;
use crate::rules::{Check, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::model::{Action, Constraint, ReferentialAction};
use crate::sql::quote;

/// See its page.
pub const RULE: Rule = Rule {
    slug: "rebuild-cascades",
    id: "PS602",
    hazards: &["S2"],
    databases: SQLITE,
    levels: Levels::DENY,
    fixable: Fixable::Never,
    summary: "a rebuild drops the old table while foreign keys are on",
    page: r#"## What it catches
A table rebuild of a table that others point at by foreign keys, while foreign keys are on when the old table is dropped: there is no `PRAGMA foreign_keys=OFF` before it, or it stands inside a transaction, where it does nothing.
`PRAGMA defer_foreign_keys=ON` alone does not help: it puts checks off, not actions.

## Why it hurts
`DROP TABLE` deletes the rows first, and with foreign keys on each of these deletes is an action: with `ON DELETE CASCADE` the rows of the other tables are deleted, with `SET NULL` their links are emptied. The copy in the new
table brings them back in neither case. Without such an action the drop fails as soon as a row points at the table.

## What to do instead
`PRAGMA foreign_keys=OFF` outside any transaction, the rebuild, `PRAGMA foreign_keys=ON`. On Cloudflare D1 and libSQL, where every file is one transaction, take the foreign keys off the other tables first.

## Example
```sql
PRAGMA foreign_keys=OFF;
-- CREATE TABLE "new_orders" …; INSERT …; DROP TABLE "orders"; ALTER TABLE "new_orders" RENAME TO "orders";
PRAGMA foreign_keys=ON;
```

## When to allow it
No other table holds a row that points at this one.

## Source
SQLite, "Foreign Key Support" 5 (DROP TABLE) and "PRAGMA foreign_keys": a no-op within a transaction; drizzle issue 3065, Prisma issues 24540 and 29024.
"#,
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, findings: &mut Findings<'_>) {
    let Some(rebuild) = rebuild(view) else { return };
    let context = view.context();
    let script = context.script;
    let off = script.operations().filter(|(statement, operation)| {
        statement.span.start < rebuild.drop.start
            && matches!(&operation.action, Action::Pragma { name, value: Some(value) } if name == "foreign_keys" && is_off(value))
    });
    let off = off.last().map(|(statement, _)| statement);
    let reason = match off {
        None => "nothing before switches foreign keys off",
        Some(statement) if statement.transaction.is_some() => {
            "`PRAGMA foreign_keys=OFF` does nothing inside a transaction"
        }
        Some(_) => return,
    };
    let pointing = pointing_at(context, &rebuild.table);
    let Some((child, key)) = pointing.iter().max_by_key(|(_, key)| danger(key)) else { return };
    let (message, effect) = match danger(key) {
        2 => (
            format!("dropping the old `{}` deletes the rows of `{child}` that belong to it", rebuild.table),
            "by `ON DELETE CASCADE` every row of it that points there is deleted, and the copy does not bring it back",
        ),
        1 => (
            format!("dropping the old `{}` empties the links of `{child}` to it", rebuild.table),
            "by its `ON DELETE` action every link to the table is overwritten, and the copy does not bring it back",
        ),
        _ => (
            format!("dropping the old `{}` fails as soon as a row of `{child}` points at it", rebuild.table),
            "the drop is refused, and the file stays half done",
        ),
    };
    let filled: Vec<_> =
        key.columns.iter().map(|own| format!("{} IS NOT NULL", quote::ident(Provider::Sqlite, &own.value))).collect();
    findings.push(
        Finding::new(rebuild.drop, Subject::table(&rebuild.table), message)
            .why(format!("{}, so SQLite deletes the old table's rows one by one; `{child}` has a foreign key to it: {effect}.", capital(reason)))
            .help("Outside any transaction, before the rebuild and after it:\nPRAGMA foreign_keys=OFF;\n…\nPRAGMA foreign_keys=ON;")
            .query(format!("SELECT count(*) FROM {} WHERE {};", quote::name(Provider::Sqlite, child), filled.join(" AND "))),
    );
}

fn is_off(value: &str) -> bool {
    matches!(value.trim_matches(['\'', '"']).to_ascii_lowercase().as_str(), "0" | "off" | "false" | "no")
}

/// 2: deletes rows, 1: overwrites links, 0: refuses.
fn danger(key: &Constraint) -> u8 {
    match key.references.as_ref().and_then(|references| references.on_delete) {
        Some(ReferentialAction::Cascade) => 2,
        Some(ReferentialAction::SetNull | ReferentialAction::SetDefault) => 1,
        _ => 0,
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
