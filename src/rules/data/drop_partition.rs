//! `drop-partition`: rows go with their partition.

use super::shared_words::{column_of, listed};
use crate::project::Provider;
use crate::rules::{Check, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::model::Action;
use crate::sql::quote;

pub const RULE: Rule = Rule {
    slug: "drop-partition",
    id: "PS104",
    hazards: &["D3"],
    databases: &[Provider::Mysql],
    levels: Levels::DENY,
    fixable: Fixable::Never,
    summary: "a partition is dropped or emptied with its rows",
    page: "\
## What it catches

MySQL's `ALTER TABLE … DROP PARTITION` and `TRUNCATE PARTITION`. On PostgreSQL a partition is a table of its own: there `drop-table` and
`truncate` speak.

## Why it hurts

Every row of the partition is deleted, without a `WHERE` to read in review, and MySQL commits at once: there is no rollback.

## What to do instead

Exchange the partition with an empty table of the same shape. The rows are then in that table, out of the way of every query, and can be
dumped, checked and dropped later.

## Example

```sql
-- bad
ALTER TABLE `events` DROP PARTITION `p2023`;
-- good
ALTER TABLE `events` EXCHANGE PARTITION `p2023` WITH TABLE `events_p2023`;
```

## When to allow it

When the partition's rows were dumped, or are past the time that they have to be kept for.

## Source

MySQL manual, \"Management of RANGE and LIST Partitions\", \"Exchanging Partitions and Subpartitions with Tables\".
",
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, found: &mut Findings<'_>) {
    let Action::DropPartition { table, partitions } = view.action() else { return };
    if view.context().created_in_pending(table) {
        return;
    }
    let provider = view.facts().provider;
    let names: Vec<_> = partitions.iter().map(|partition| partition.value.as_str()).collect();
    let span = match partitions.as_slice() {
        [] => view.operation.span,
        [first, ..] => partitions.iter().fold(first.span, |span, next| span.to(next.span)),
    };
    let message = match partitions.as_slice() {
        [] => format!("all rows in all partitions of `{table}` are deleted"),
        [one] => format!("the rows of partition {} are deleted", column_of(table, one)),
        _ => format!("the rows of the partitions {} of `{table}` are deleted", listed(&names)),
    };
    let exchange = partitions.iter().map(|partition| {
        format!(
            "ALTER TABLE {} EXCHANGE PARTITION {} WITH TABLE {};",
            quote::name(provider, table),
            quote::ident(provider, &partition.value),
            quote::ident(provider, &format!("{}_{partition}", table.object)),
        )
    });
    found.push(
        Finding::new(span, Subject::named(Some(table), names.join(", ")), message)
            .why("MySQL commits this at once, so the rows are gone without a way back, whatever fails afterwards.")
            .help(format!(
                "put the rows aside in a table of the same shape (CREATE TABLE … LIKE, then REMOVE PARTITIONING) and drop that later:\n{}",
                exchange.collect::<Vec<_>>().join("\n")
            ))
            .query(format!(
                "SELECT partition_name, table_rows FROM information_schema.partitions WHERE table_name = {};",
                quote::text(provider, &table.object.value)
            )),
    );
}
