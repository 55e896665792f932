//! `increment-in-place`: a second run changes the rows again.

use super::shared_words::column_of;
use super::shared_writes::has_old_rows;
use crate::project::Provider;
use crate::rules::{Check, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::model::{Action, Assignment, DataType, Name, TypeFamily, Update};
use crate::sql::quote;

pub const RULE: Rule = Rule {
    slug: "increment-in-place",
    id: "PS132",
    hazards: &["D10"],
    databases: &Provider::ALL,
    levels: Levels::WARN,
    fixable: Fixable::Never,
    summary: "a number or text is changed from its own old value",
    page: "\
## What it catches

`UPDATE t SET n = n + 1` and the like: a number computed, or a text put together, from the column itself, when the `WHERE` does not read a
column that the same statement sets (then the rows that are done no longer match).

## Why it hurts

A migration can run twice: after a failure behind this statement, after `migrate resolve --rolled-back`, in batches. Each run changes the
rows again, and nothing tells which rows were changed how often. It is also not undone by a revert that cannot know that.

## What to do instead

Write the result into a new column, where `IS NULL` says what is left to do, or mark the rows that are done in the same statement.

## Example

```sql
-- bad
UPDATE \"products\" SET \"price\" = \"price\" * 100 WHERE \"id\" = 7;
-- good
UPDATE \"products\" SET \"price_cents\" = \"price\" * 100 WHERE \"id\" = 7 AND \"price_cents\" IS NULL;
```

## When to allow it

When the migration is one transaction and the rows may be changed twice without harm.

## Source

The policy, \"Deterministic, idempotent SQL\".
",
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, found: &mut Findings<'_>) {
    let Action::Update(update) = view.action() else { return };
    if !has_old_rows(view.context(), &update.table) || marks_done(update) {
        return;
    }
    for assignment in update.assignments.iter().filter(|assignment| assignment.reads_itself) {
        let known = view.context().column(&update.table, &assignment.column);
        let data_type = known.and_then(|column| column.data_type.as_ref());
        let text = view.statement.script().slice(assignment.value.span);
        if data_type.is_some_and(|data_type| changes_again(data_type, assignment, text)) {
            found.push(finding(view.facts().provider, &update.table, assignment));
        }
    }
}

/// The `WHERE` reads a column that the statement sets, so that rows which are done no longer match.
fn marks_done(update: &Update) -> bool {
    let Some(condition) = &update.condition else { return false };
    update.assignments.iter().any(|assignment| condition.expr.columns.contains(&assignment.column))
}

/// Arithmetic on a number, or joining text, outside of strings. `lower(x)`, `coalesce(x, 1)`, `CASE` and `jsonb || …` give the same again.
fn changes_again(data_type: &DataType, assignment: &Assignment, text: &str) -> bool {
    let plain = without_strings(text);
    if !assignment.value.calls.is_empty() || assignment.value.subquery || plain.to_ascii_lowercase().contains("case") {
        return false;
    }
    match data_type.family {
        TypeFamily::Integer(_)
        | TypeFamily::Serial(_)
        | TypeFamily::Decimal
        | TypeFamily::Money
        | TypeFamily::Float(_) => plain.contains(['+', '-', '*', '/']),
        TypeFamily::Text | TypeFamily::VarChar | TypeFamily::Char => plain.contains("||") || plain.contains('+'),
        TypeFamily::Date | TypeFamily::Timestamp | TypeFamily::TimestampTz => plain.contains(['+', '-']),
        _ => false,
    }
}

fn without_strings(text: &str) -> String {
    let (mut out, mut quote) = (String::new(), None);
    for c in text.chars() {
        match quote {
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if matches!(c, '\'' | '"' | '`') => quote = Some(c),
            None if c == '[' => quote = Some(']'),
            None => out.push(c),
        }
    }
    out
}

fn finding(provider: Provider, table: &Name, assignment: &Assignment) -> Finding {
    let column = &assignment.column;
    let (table_sql, next) = (quote::name(provider, table), quote::ident(provider, &format!("{column}_new")));
    Finding::new(
        assignment.value.span,
        Subject::column(table, column),
        format!("{} is changed from its own old value: a second run changes it again", column_of(table, column)),
    )
    .why(
        "A migration that failed behind this statement runs again from its start, and a revert cannot know how often a row was changed; the \
         values are then wrong without a trace.",
    )
    .help(format!(
        "write the result into a new column, where NULL says what is left to do:\n\
         UPDATE {table_sql} SET {next} = … WHERE … AND {next} IS NULL;"
    ))
}
