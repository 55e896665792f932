//! A primary key that goes or comes on a table that is in use.

use super::shared_algorithms::{ONLINE_TOOL, Shape, says, size_query};
use super::shared_columns::MYSQL;
use crate::project::Provider;
use crate::rules::locks::shared_holds::is_old;
use crate::rules::{Check, Finding, Findings, Fixable, Levels, Rule, StatementView, Subject};
use crate::sql::model::{Action, ConstraintKind};
use crate::sql::quote;

/// See its page.
pub const RULE: Rule = Rule {
    slug: "primary-key-rebuild",
    id: "PS504",
    hazards: &["M9"],
    databases: MYSQL,
    levels: Levels::DENY,
    fixable: Fixable::Never,
    summary: "another primary key writes the whole table again",
    page: r#"## What it catches
`DROP PRIMARY KEY` and `ADD PRIMARY KEY` on a table that existed before the pending migrations.

## Why it hurts
InnoDB keeps the rows in the order of the primary key, so another key writes the whole table again. Dropped alone it is a copy while every write waits, and replicas without a key search the whole table for every row that is
changed. Dropped and added in one statement the writes go on.

## What to do instead
Both in one `ALTER TABLE`, with `ALGORITHM=INPLACE, LOCK=NONE`; on a large table an online schema change tool.

## Example
```sql
ALTER TABLE `orders` DROP PRIMARY KEY, ADD PRIMARY KEY (`id`, `shop_id`), ALGORITHM=INPLACE, LOCK=NONE;
```

## When to allow it
The table is small.

## Source
MySQL manual, "Online DDL Operations", primary key operations; proven on MariaDB in `docs/locks.md`.
"#,
    check: Check::Statement(check),
};

fn check(view: &StatementView<'_>, findings: &mut Findings<'_>) {
    let statement = view.statement();
    let mut dropped = None;
    let mut added = None;
    for operation in &statement.operations {
        match &operation.action {
            Action::DropPrimaryKey { table } => dropped = Some((table, operation.span)),
            Action::AddConstraint { table, constraint } if constraint.kind == ConstraintKind::PrimaryKey => {
                added = Some((table, constraint.span));
            }
            _ => {}
        }
    }
    let Some((table, span)) = dropped.or(added).filter(|(table, _)| is_old(&view.context, table)) else { return };
    let online = statement.algorithm() == Some("INPLACE") && statement.lock_clause() == Some("NONE");
    if online && (dropped.is_none() || added.is_some()) {
        return;
    }
    let alone = dropped.is_some() && added.is_none();
    let (message, shape) = if alone {
        (format!("dropping the primary key copies all of `{table}` while writes wait"), Shape::DropPrimaryKey)
    } else {
        (format!("another primary key writes all of `{table}` again"), Shape::ReplacePrimaryKey)
    };
    let table_sql = quote::name(Provider::Mysql, table);
    let help = if alone {
        format!(
            "Both in one statement, which lets writes go on:\nALTER TABLE {table_sql} DROP PRIMARY KEY, ADD PRIMARY KEY (…), ALGORITHM=INPLACE, LOCK=NONE;"
        )
    } else {
        format!(
            "Say how, so that it fails instead of blocking:\nALTER TABLE {table_sql} …, ALGORITHM=INPLACE, LOCK=NONE;\n{ONLINE_TOOL}"
        )
    };
    findings.push(
        Finding::new(span, Subject::table(table), message).why(says(shape, table)).help(help).query(size_query(table)),
    );
}
