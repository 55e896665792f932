//! `nondeterministic-write`: the same migration writes different rows in each environment.

use crate::project::Provider;
use crate::rules::{Check, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
use crate::shell::single_spaced;
use crate::sql::model::{Action, Expr, Ident, Insert, InsertSource, Name, Predicate, Span, Volatility};
use crate::sql::quote;

pub const RULE: Rule = Rule {
    slug: "nondeterministic-write",
    id: "PS004",
    hazards: &["D11"],
    databases: &Provider::ALL,
    levels: Levels::WARN,
    fixable: Fixable::Never,
    summary: "rows are written from the clock, from chance, or from an unordered pick",
    page: "\
## What it catches

`INSERT`, `UPDATE` and `DELETE` whose values or rows come from the clock (`now()`), from chance (`random()`, `gen_random_uuid()`, `NEWID()`,
`UUID()`), or from `LIMIT` or `TOP` without `ORDER BY`. A column default is no write and left
alone, and so is the clock in columns like `created_at` and `updated_at`, which say when the row was written.

## Why it hurts

What staging proved is not what production gets. A revert cannot find the rows again, a second run gives other values, two environments
cannot be compared, and a MySQL replica that copies statements gets rows of its own.

## What to do instead

Compute the value once and write it down in the migration, or derive it from the row (`md5(id::text)::uuid`). Pick rows by `ORDER BY` a key.

## Example

```sql
-- bad
UPDATE \"users\" SET \"public_id\" = gen_random_uuid() WHERE \"id\" IN (1, 2);
-- good
UPDATE \"users\" SET \"public_id\" = md5('users:' || \"id\")::uuid WHERE \"id\" IN (1, 2);
```

## When to allow it

For a token or a secret, which must not be guessable; and where only the moment of the migration is meant and nobody compares it.

## Source

The policy, \"avoid non-deterministic writes\"; MySQL manual, \"Determination of Safe and Unsafe Statements in Binary Logging\".
",
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, found: &mut Findings<'_>) {
    let temporary = |table: &Name| view.context().table(table).is_some_and(|known| known.temporary);
    match view.action() {
        Action::Update(update) if !temporary(&update.table) => {
            for assignment in &update.assignments {
                if let Some(span) = source_of(&assignment.value)
                    && !keeps_book(&assignment.column, &assignment.value)
                {
                    let what = format!("`{}`.`{}` gets a value", update.table, assignment.column);
                    found.push(by_value(view, Subject::column(&update.table, &assignment.column), span, &what));
                }
            }
            check_rows(view, &update.table, update.condition.as_ref(), update.limit && !update.ordered, found);
        }
        Action::Delete(delete) => {
            let Some(table) = delete.tables.first().filter(|table| !temporary(table)) else { return };
            check_rows(view, table, delete.condition.as_ref(), delete.limit && !delete.ordered, found);
        }
        Action::Insert(insert) if !temporary(&insert.table) => check_insert(view, insert, found),
        _ => {}
    }
}

fn check_insert(view: &OperationView<'_>, insert: &Insert, found: &mut Findings<'_>) {
    let what = format!("rows of `{}` get a value", insert.table);
    if let Some(span) = inserted(insert) {
        found.push(by_value(view, Subject::table(&insert.table), span, &what));
    }
    if let InsertSource::Select(select) = &insert.source {
        check_rows(
            view,
            &insert.table,
            select.condition.as_ref(),
            select.limit && !select.ordered && !select.from.is_empty(),
            found,
        );
    }
}

/// The first value of an insert that differs, bookkeeping columns left out.
fn inserted(insert: &Insert) -> Option<Span> {
    let rows: Vec<&[Expr]> = match &insert.source {
        InsertSource::Values { values, .. } => values.iter().map(Vec::as_slice).collect(),
        InsertSource::Select(select) => vec![&select.expressions],
        _ => Vec::new(),
    };
    let column = |at: usize| insert.columns.as_ref().and_then(|columns| columns.get(at));
    rows.into_iter().flat_map(|row| row.iter().enumerate()).find_map(|(at, value)| {
        let is_bookkeeping = column(at).is_some_and(|column| keeps_book(column, value));
        if is_bookkeeping { None } else { source_of(value) }
    })
}

/// `created_at` and `updated_at` say when the row was written, so the clock is what belongs there.
fn keeps_book(column: &Ident, value: &Expr) -> bool {
    let name = column.value.replace('_', "").to_ascii_lowercase();
    let is_moment =
        ["createdat", "updatedat", "modifiedat", "insertedat", "createdon", "updatedon"].contains(&name.as_str());
    is_moment && value.volatility <= Volatility::Stable
}

/// The call that makes an expression differ, or the whole expression where that is not one call.
fn source_of(expr: &Expr) -> Option<Span> {
    if !expr.nondeterministic {
        return None;
    }
    match expr.calls.as_slice() {
        [only] => Some(only.span),
        _ => Some(expr.span),
    }
}

fn check_rows(
    view: &OperationView<'_>,
    table: &Name,
    condition: Option<&Predicate>,
    unordered: bool,
    found: &mut Findings<'_>,
) {
    if unordered {
        found.push(
            Finding::new(
                table.span(),
                Subject::table(table),
                format!("which rows of `{table}` are written is left to chance: a limit without ORDER BY"),
            )
            .why(
                "Each environment picks other rows, and so does each run; what staging proved is not what production gets, and a revert cannot \
                 find the rows again.",
            )
            .help(ordered(view.facts().provider, table)),
        );
    }
    if let Some(span) = condition.and_then(|condition| source_of(&condition.expr)) {
        let text = one_line(view.statement.script().slice(span));
        found.push(
            Finding::new(span, Subject::table(table), format!("which rows of `{table}` are written hangs on `{text}`"))
                .why("Each environment, and each run, writes other rows; what staging proved is not what production gets.")
                .help("write the value down in the migration, for example WHERE … < '2026-01-01'"),
        );
    }
}

fn ordered(provider: Provider, table: &Name) -> String {
    let (name, id) = (quote::name(provider, table), quote::ident(provider, "id"));
    let pick = match provider {
        Provider::Mysql => format!("… ORDER BY {id} LIMIT …"),
        Provider::Sqlserver => format!("… WHERE {id} IN (SELECT TOP (…) {id} FROM {name} WHERE … ORDER BY {id})"),
        _ => format!("… WHERE {id} IN (SELECT {id} FROM {name} WHERE … ORDER BY {id} LIMIT …)"),
    };
    format!("order by the primary key in front of the limit:\n{pick}")
}

fn by_value(view: &OperationView<'_>, subject: Subject, span: Span, what: &str) -> Finding {
    let text = one_line(view.statement.script().slice(span));
    Finding::new(span, subject, format!("{what} from `{text}`, which differs in each environment and run"))
        .why(
            "What staging proved is not what production gets; a second run gives other values, and a revert or a comparison cannot find the rows \
             again.",
        )
        .help(
            "compute the value once and write it down here, or derive it from the row, such as from its primary key; for a moment in time write \
             the moment: '2026-01-01T00:00:00Z'",
        )
}

/// On one line, and short enough for a message.
fn one_line(text: &str) -> String {
    const MOST: usize = 60;
    let line = single_spaced(text);
    match line.char_indices().nth(MOST) {
        Some((end, _)) => format!("{} …", &line[..end]),
        None => line,
    }
}
