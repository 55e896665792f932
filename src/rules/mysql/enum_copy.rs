//! Members of an `ENUM` or `SET` that get other numbers.

use super::shared_algorithms::{Shape, says, size_query};
use super::shared_columns::{MYSQL, Modified, member_bytes, modified};
use crate::project::Provider;
use crate::rules::data::shared_words::column_of;
use crate::rules::{Check, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::model::TypeFamily;
use crate::sql::quote;

/// See its page.
pub const RULE: Rule = Rule {
    slug: "enum-copy",
    id: "PS502",
    hazards: &["M7"],
    databases: MYSQL,
    levels: Levels::DENY,
    fixable: Fixable::Never,
    summary: "members of an ENUM or SET get other places, by a copy while writes wait",
    page: r#"## What it catches
A `MODIFY` or `CHANGE` of an `ENUM` or `SET` column in which old members stand at other places than before, or whose member list grows over a size of storage (255 members of an `ENUM`; 8, 16, 24 or 32 of a `SET`).
Members that are taken out are the matter of `remove-enum-value`.

## Why it hurts
Rows hold the number of the member. New members at the end change nothing in the rows; anything else changes every row: the table is copied while writes wait. `ORDER BY` the column, which goes by the numbers, gives
another order from then on.

## What to do instead
Put new members at the end.

## Example
```sql
-- was ENUM('NEW', 'PAID')
ALTER TABLE `orders` MODIFY `status` ENUM('NEW', 'PAID', 'SENT') NOT NULL DEFAULT 'NEW';
```

## When to allow it
The table is small, and the order matters.

## Source
MySQL manual, "Online DDL Operations", "The ENUM Type"; proven on MariaDB in `docs/locks.md`.
"#,
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, findings: &mut Findings<'_>) {
    let Some(Modified { table, column, after, before }) = modified(view) else { return };
    let (Some(from), Some(to)) = (&before.data_type, &after.data_type) else { return };
    let same_kind = from.family == to.family && matches!(to.family, TypeFamily::Enum | TypeFamily::Set);
    let removes = from.members.iter().any(|member| !to.members.contains(member));
    if !same_kind || removes || from.members.is_empty() {
        return;
    }
    let appended = to.members.starts_with(&from.members);
    let grown = member_bytes(from) != member_bytes(to);
    if appended && !grown {
        return;
    }
    let words = column_of(table, column);
    let message = if appended {
        format!("{words} grows to {} members, which copies the whole table while writes wait", to.members.len())
    } else {
        format!("members of {words} move to other places, which copies the whole table while writes wait")
    };
    let new = to.members.iter().filter(|member| !from.members.contains(member));
    let members: Vec<_> = from.members.iter().chain(new).map(|member| quote::text(Provider::Mysql, member)).collect();
    let kind = if to.family == TypeFamily::Enum { "ENUM" } else { "SET" };
    findings.push(
        Finding::new(to.span, Subject::column(table, column), message)
            .why(format!(
                "Each row holds the number of its member, and the numbers change. {} `ORDER BY` the column gives another order from then on.",
                says(Shape::ReorderEnum, table)
            ))
            .help(format!(
                "New members at the end, which is done at once:\nALTER TABLE {} MODIFY {} {kind}({}) …;",
                quote::name(Provider::Mysql, table),
                quote::ident(Provider::Mysql, &column.value),
                members.join(", ")
            ))
            .query(size_query(table)),
    );
}
