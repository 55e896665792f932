//! A `sql_mode` without strict mode.

use super::shared_columns::MYSQL;
use crate::rules::{Check, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::model::Action;

/// See its page.
pub const RULE: Rule = Rule {
    slug: "relaxed-sql-mode",
    id: "PS513",
    hazards: &["M5"],
    databases: MYSQL,
    levels: Levels::DENY,
    fixable: Fixable::Never,
    summary: "strict mode is switched off, so values are changed instead of refused",
    page: r#"## What it catches
`SET sql_mode = …` with a value that is written out and holds neither `STRICT_TRANS_TABLES` nor `STRICT_ALL_TABLES` (`TRADITIONAL` is fine).

## Why it hurts
Without strict mode the server does not refuse a wrong value: it cuts text off, takes 0 for a number that does not fit and '' for NULL, and goes on with a warning that Prisma does not show. What was in the row is gone.

## What to do instead
Leave the mode as it is and repair the rows before.

## Example
```sql
UPDATE `orders` SET `note` = '' WHERE `note` IS NULL;
ALTER TABLE `orders` MODIFY `note` VARCHAR(40) NOT NULL;
```

## When to allow it
A dump of an old database that holds zero dates has to be loaded; then with the mode set back at the end.

## Source
MySQL manual, "Server SQL Modes".
"#,
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, findings: &mut Findings<'_>) {
    let Action::Set { name, value, .. } = view.action() else { return };
    let upper = value.to_ascii_uppercase();
    // A variable or an expression may well hold it.
    let written = !value.contains(['@', '(']);
    if name != "sql_mode" || !written || upper.contains("STRICT_") || upper.contains("TRADITIONAL") {
        return;
    }
    findings.push(
        Finding::new(
            view.operation.span,
            Subject::named(None, "sql_mode"),
            "from here on values that do not fit are cut off or replaced instead of refused",
        )
        .why(
            "Without STRICT_TRANS_TABLES the server writes '' or 0 for NULL and cuts off what is too long, in every row that the next statements touch, and only \
             warns, which Prisma does not show.",
        )
        .help("Leave the mode as it is and repair the rows before, or keep it strict:\nSET SESSION sql_mode = CONCAT(@@sql_mode, ',STRICT_TRANS_TABLES');"),
    );
}
