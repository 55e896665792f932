//! A column of another type, by a copy of the table.

use super::shared_algorithms::{ONLINE_TOOL, Shape, says, size_query};
use super::shared_columns::{MYSQL, Modified, grows_in_place, has_long_length, is_stored_alike, modified};
use crate::project::Provider;
use crate::rules::data::shared_words::{column_of, type_sql, type_words};
use crate::rules::{Check, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::model::TypeFamily;
use crate::sql::quote;

/// See its page.
pub const RULE: Rule = Rule {
    slug: "column-type-copy",
    id: "PS501",
    hazards: &["M3", "M4"],
    databases: MYSQL,
    levels: Levels::DENY,
    fixable: Fixable::Never,
    summary: "a type change copies the whole table while writes wait",
    page: r#"## What it catches
`MODIFY` and `CHANGE` to another type (`INT` to `BIGINT`, `VARCHAR` to `TEXT`, another length, sign or precision) of a column of a table that existed before the pending migrations. Growing a `VARCHAR` is left
alone where its length still fits the same number of bytes: up to 255 bytes, or from 256 on (with utf8mb4: up to 63 characters, or from 64 on). It needs to know what the column was, so it is silent when no migration
that was read created it.

## Why it hurts
The server copies all rows into a new table, and every write waits until that is done: minutes to hours on a large table. Replicas repeat it after that.

## What to do instead
A new column of the new type, filled in batches, and a switch in the application; or an online schema change tool.

## Example
```sql
ALTER TABLE `orders` MODIFY `total` BIGINT NOT NULL; -- copies the table
-- instead, step by step
ALTER TABLE `orders` ADD COLUMN `total_new` BIGINT NULL;
```

## When to allow it
The table is small, or writes may stop for the length of the copy.

## Source
MySQL manual, "Online DDL Operations", column operations; proven on MariaDB in `docs/locks.md`.
"#,
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, findings: &mut Findings<'_>) {
    let Some(Modified { table, column, after, before }) = modified(view) else { return };
    let (Some(from), Some(to)) = (&before.data_type, &after.data_type) else { return };
    if is_stored_alike(from, to) || grows_in_place(from, to) {
        return;
    }
    let over_byte = from.family == TypeFamily::VarChar
        && to.family == TypeFamily::VarChar
        && !has_long_length(from)
        && has_long_length(to);
    let reason = if over_byte {
        " The new length needs two bytes where the old one needed one (more than 255 bytes), so every row changes."
    } else {
        ""
    };
    let words = column_of(table, column);
    let (from, to_words) = (type_words(from), type_words(to));
    findings.push(
        Finding::new(
            to.span,
            Subject::column(table, column),
            format!("changing {words} from `{from}` to `{to_words}` copies the whole table while writes wait"),
        )
        .why(format!(
            "{}{reason}",
            says(if over_byte { Shape::GrowVarcharOverByte } else { Shape::ChangeType }, table)
        ))
        .help(format!(
            "A new column, filled in batches, then a switch in the application:\nALTER TABLE {} ADD COLUMN {} {} NULL;\n{ONLINE_TOOL}",
            quote::name(Provider::Mysql, table),
            quote::ident(Provider::Mysql, &format!("{column}_new")),
            type_sql(Provider::Mysql, to),
        ))
        .query(size_query(table)),
    );
}
