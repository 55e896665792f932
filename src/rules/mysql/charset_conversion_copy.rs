//! `CONVERT TO CHARACTER SET` on a table that is in use.

use super::shared_algorithms::{ONLINE_TOOL, Shape, says, size_query};
use super::shared_columns::MYSQL;
use crate::project::Provider;
use crate::rules::locks::shared_holds::is_old;
use crate::rules::{Check, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::model::Action;
use crate::sql::model::TableOption;
use crate::sql::quote;

/// See its page.
pub const RULE: Rule = Rule {
    slug: "charset-conversion-copy",
    id: "PS506",
    hazards: &["M11"],
    databases: MYSQL,
    levels: Levels::DENY,
    fixable: Fixable::Never,
    summary: "a table is converted to another character set, by a copy while writes wait",
    page: r#"## What it catches
`ALTER TABLE … CONVERT TO CHARACTER SET …` on a table that existed before the pending migrations.

## Why it hurts
All rows are copied while every write waits. Text that was different may be equal in the new collation, and a unique index then refuses the copy; indexed columns may become too long for their index (error 1071). Columns
that the old character set spelt differently change their bytes.

## What to do instead
Convert in a window or with an online schema change tool; look for new duplicates first. `ALTER TABLE … DEFAULT CHARACTER SET …` changes only what later columns get, at once.

## Example
```sql
ALTER TABLE `orders` CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci; -- copies the table
```

## When to allow it
The table is small, or already has that character set and collation in every column.

## Source
MySQL manual, "Online DDL Operations", table operations; proven on MariaDB in `docs/locks.md`.
"#,
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, findings: &mut Findings<'_>) {
    let Action::TableOption { table, option: TableOption::CharacterSet { charset, collation, converts: true } } =
        view.action()
    else {
        return;
    };
    if !is_old(&view.context(), table) {
        return;
    }
    let to = charset.as_deref().or(collation.as_deref()).unwrap_or("another character set");
    findings.push(
        Finding::new(
            view.operation.span,
            Subject::table(table),
            format!("converting `{table}` to `{to}` copies the whole table while writes wait"),
        )
        .why(format!(
            "{} A unique index refuses the copy when two values that differed are equal in the new collation.",
            says(Shape::ConvertCharset, table)
        ))
        .help(format!(
            "{ONLINE_TOOL}\nOnly what later columns get, at once:\nALTER TABLE {} DEFAULT CHARACTER SET {};",
            quote::name(Provider::Mysql, table),
            charset.as_deref().unwrap_or("utf8mb4"),
        ))
        .query(size_query(table)),
    );
}
