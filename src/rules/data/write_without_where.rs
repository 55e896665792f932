//! `write-without-where`: every row of a table is overwritten or deleted.

use super::shared_words::count_query;
use super::shared_writes::has_old_rows;
use crate::project::Provider;
use crate::rules::{Check, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::history_state::Context;
use crate::sql::model::{Action, Assignment, Name, Predicate};
use crate::sql::quote;

pub const RULE: Rule = Rule {
    slug: "write-without-where",
    id: "PS107",
    hazards: &["D6"],
    databases: &Provider::ALL,
    levels: Levels::DENY,
    fixable: Fixable::Never,
    summary: "an UPDATE or DELETE without a WHERE that narrows it",
    page: "\
## What it catches

`DELETE` and `UPDATE` without `WHERE`, or with one that always holds (`WHERE true`, `1 = 1`), on a table that exists before this deploy.
An `UPDATE` that only fills columns which the same pending migrations added, or NULLs (`n = coalesce(n, 0)`), loses nothing and is left alone here; whether it belongs into
one statement is the matter of `unbatched-backfill` and `backfill-beside-ddl`. So is one that is narrowed by a join.

## Why it hurts

Every value or row there was is gone, including those that nobody thought of, and the old values of an `UPDATE` are in no log that a
migration could read. A forgotten `WHERE` looks exactly like an intended one.

## What to do instead

Say which rows are meant, even when today that is all of them, and so that a second run finds nothing left to do.

## Example

```sql
-- bad
UPDATE \"users\" SET \"plan\" = 'free';
-- good
UPDATE \"users\" SET \"plan\" = 'free' WHERE \"plan\" IS NULL AND \"id\" IN (SELECT \"id\" FROM \"users\" WHERE \"plan\" IS NULL ORDER BY \"id\" LIMIT 10000);
```

## When to allow it

When all rows are meant, the table is small, and the old values are kept or worthless.

## Source

The policy, \"Deterministic, idempotent SQL\"; SQL standard, searched `UPDATE` and `DELETE`.
",
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, found: &mut Findings<'_>) {
    let context = view.context();
    match view.action() {
        Action::Delete(delete) if delete.using.is_empty() && !delete.limit => {
            let [table] = delete.tables.as_slice() else { return };
            if all_rows(delete.condition.as_ref()) && has_old_rows(context, table) {
                found.push(finding(
                    context.provider(),
                    table,
                    delete.condition.as_ref(),
                    "delete",
                    "deletes every row",
                ));
            }
        }
        Action::Update(update)
            if update.from.is_empty()
                && !update.limit
                && all_rows(update.condition.as_ref())
                && has_old_rows(context, &update.table)
                && !loses_nothing(context, &update.table, &update.assignments) =>
        {
            let condition = update.condition.as_ref();
            found.push(finding(context.provider(), &update.table, condition, "overwrite", "overwrites every row"));
        }
        _ => {}
    }
}

fn all_rows(condition: Option<&Predicate>) -> bool {
    condition.is_none_or(|condition| condition.always_true)
}

/// Only columns that the pending set added, or NULLs of the column itself, are filled.
fn loses_nothing(context: Context<'_>, table: &Name, assignments: &[Assignment]) -> bool {
    assignments.iter().all(|assignment| {
        let born = context.column(table, &assignment.column).and_then(|column| column.born);
        context.state.born_in_pending(born) || fills_nulls(assignment)
    })
}

/// `n = coalesce(n, 0)`.
fn fills_nulls(assignment: &Assignment) -> bool {
    let coalesces = |name: &str| matches!(name, "coalesce" | "ifnull" | "isnull");
    let only_itself = matches!(assignment.value.columns.as_slice(), [only] if *only == assignment.column);
    only_itself && matches!(assignment.value.calls.as_slice(), [call] if coalesces(&call.name))
}

fn finding(provider: Provider, table: &Name, condition: Option<&Predicate>, verb: &str, does: &str) -> Finding {
    let span = condition.map_or(table.span(), |condition| condition.expr.span);
    let how = if condition.is_some() { "its WHERE always holds, so it " } else { "without WHERE it " };
    let subject = Subject::table(table);
    Finding::new(span, subject, format!("{how}{does} of `{table}`"))
        .why(format!(
            "What the rows of `{table}` held before is gone once this commits, and until then each of them is locked: the application's \
             writes to the table wait."
        ))
        .help(format!(
            "say which rows to {verb}, so that a second run finds nothing to do, in batches of a size that you choose:\n{}",
            batch(provider, table, verb)
        ))
        .query(count_query(provider, table, ""))
}

fn batch(provider: Provider, table: &Name, verb: &str) -> String {
    let name = quote::name(provider, table);
    let (head, condition) = if verb == "delete" {
        (format!("DELETE FROM {name}"), "…")
    } else {
        (format!("UPDATE {name} SET …"), "… IS NULL")
    };
    match provider {
        Provider::Mysql => format!("{head} WHERE {condition} ORDER BY `id` LIMIT 10000;"),
        Provider::Sqlserver => {
            format!("{head} WHERE [id] IN (SELECT TOP (10000) [id] FROM {name} WHERE {condition} ORDER BY [id]);")
        }
        _ => {
            format!("{head} WHERE \"id\" IN (SELECT \"id\" FROM {name} WHERE {condition} ORDER BY \"id\" LIMIT 10000);")
        }
    }
}
