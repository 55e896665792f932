//! `drop-table`: a table goes with its rows.

use super::shared_words::{allow_line, count_query, rename_table_sql};
use crate::project::Provider;
use crate::rules::{Check, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::model::{Action, Name};

pub const RULE: Rule = Rule {
    slug: "drop-table",
    id: "PS101",
    hazards: &["D1"],
    databases: &Provider::ALL,
    levels: Levels::DENY,
    fixable: Fixable::Never,
    summary: "a table is dropped with its rows",
    page: "\
## What it catches

`DROP TABLE` on a table that exists before this deploy. Temporary tables and tables that the same pending migrations created are left
alone, and so is the old table of a rebuild (`CREATE new_t`, copy, drop, rename). A table that is dropped and made again in one file is
the matter of `recreate-table`.

## Why it hurts

The rows are gone when the statement is committed. The application that still runs during the deploy fails on every query of the table.
Bringing it back means a restore from backup, without what was written since.

## What to do instead

Take the table out of the application first and deploy that. Then rename it, so that a mistake is undone in a second, wait for the soak
time, and drop it in a later migration with a revert script.

## Example

```sql
-- bad
DROP TABLE \"sessions\";
-- good: this migration; the drop follows weeks later
ALTER TABLE \"sessions\" RENAME TO \"sessions_to_drop\";
```

## When to allow it

When the table has been unused for the soak time (or was renamed away before), and a backup or a copy of its rows exists.

## Source

PostgreSQL, MySQL, SQLite and SQL Server manuals, `DROP TABLE`; the policy, \"Expand, migrate, contract\".
",
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, found: &mut Findings<'_>) {
    let Action::DropTable { names, temporary: false, .. } = view.action() else { return };
    let context = view.context();
    for name in names {
        let is_temporary = context.table(name).is_some_and(|table| table.temporary);
        let made_again = context.later().any(|(_, later)| creates(&later.action, name));
        if !is_temporary && !context.created_in_pending(name) && !made_again {
            found.push(finding(context.provider(), name));
        }
    }
}

fn creates(action: &Action, name: &Name) -> bool {
    matches!(action, Action::CreateTable(create) if create.name == *name)
}

fn finding(provider: Provider, name: &Name) -> Finding {
    let away = format!("{}_to_drop", name.object);
    Finding::new(name.span(), Subject::table(name), format!("dropping `{name}` deletes the table and all its rows"))
        .why(format!(
            "The rows of `{name}` are gone for good once this commits, and every query of the application that still runs and uses the \
             table fails at that moment."
        ))
        .help(format!(
            "first deploy an application that does not use `{name}`; then move the table out of the way, which can be undone:\n\
             {}\n\
             and drop `{away}` after the soak time, with a revert script:\n\
             {}",
            rename_table_sql(provider, name, &away),
            allow_line("drop-table", "unused since …, rows kept in …"),
        ))
        .query(count_query(provider, name, ""))
}
