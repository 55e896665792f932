//! What SQLite refuses inside a transaction.

use super::shared_rebuild::SQLITE;
use crate::rules::{Check, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::model::Action;

/// See its page.
pub const RULE: Rule = Rule {
    slug: "pragma-in-transaction",
    id: "PS608",
    hazards: &["S9"],
    databases: SQLITE,
    levels: Levels::DENY,
    fixable: Fixable::Never,
    summary: "VACUUM or a journal pragma stands inside a transaction, which refuses it",
    page: r#"## What it catches
`VACUUM`, `PRAGMA journal_mode=…` and `PRAGMA synchronous=…` between the file's own `BEGIN` and `COMMIT`.

## Why it hurts
SQLite refuses them there: "cannot VACUUM from within a transaction", "cannot change into wal mode from within a transaction", "Safety level may not be changed inside a transaction". The migration stops half way.

## What to do instead
Put them outside the transaction, better outside migrations: they are the matter of the database file, not of its schema.

## Example
```sql
BEGIN;
VACUUM; -- error
COMMIT;
```

## When to allow it
Never: it cannot work.

## Source
SQLite, "VACUUM", "PRAGMA journal_mode", "PRAGMA synchronous".
"#,
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, findings: &mut Findings<'_>) {
    if !view.context().in_explicit_transaction() {
        return;
    }
    let what = match view.action() {
        Action::Vacuum { .. } => "VACUUM".to_owned(),
        Action::Pragma { name, value: Some(_) } if matches!(name.as_str(), "journal_mode" | "synchronous") => {
            format!("PRAGMA {name}")
        }
        _ => return,
    };
    let sql = view.context().script.slice(view.operation.span).trim();
    findings.push(
        Finding::new(view.operation.span, Subject::default(), format!("`{what}` is refused inside a transaction"))
            .why("SQLite stops here with an error: the migration is failed, and Prisma refuses every further deploy until somebody resolves it.")
            .help(format!("Outside the transaction:\nCOMMIT;\n{sql};")),
    );
}
