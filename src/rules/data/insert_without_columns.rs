//! `insert-without-columns`: the order of columns decides what goes where.

use super::shared_words::listed;
use crate::project::Provider;
use crate::rules::{Check, Edit, Finding, Findings, Fix, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::history_state::Table;
use crate::sql::model::{Action, Insert, InsertSource, Span};
use crate::sql::quote;

pub const RULE: Rule = Rule {
    slug: "insert-without-columns",
    id: "PS130",
    hazards: &["D32"],
    databases: &Provider::ALL,
    levels: Levels::WARN,
    fixable: Fixable::Sometimes,
    summary: "an INSERT relies on the order of the table's columns",
    page: "\
## What it catches

`INSERT INTO t VALUES …` and `INSERT INTO t SELECT …` without a list of columns, and `INSERT INTO t (…) SELECT * …`. Temporary tables are
left alone.

## Why it hurts

The order of columns is that of their birth, and environments differ: a column that was dropped and added again stands last in
production and third in a new database. The statement then fails, or, where the types fit, writes values into the wrong columns without a
word.

## What to do instead

Name the columns, on both sides.

## Example

```sql
-- bad
INSERT INTO \"roles\" VALUES (3, 'auditor');
-- good
INSERT INTO \"roles\" (\"id\", \"name\") VALUES (3, 'auditor');
```

## When to allow it

When the table is created in the same file, right above.

## Source

SQL standard, `INSERT`; PostgreSQL manual, `INSERT`.
",
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, found: &mut Findings<'_>) {
    let Action::Insert(insert) = view.action() else { return };
    let context = view.context();
    let known = context.table(&insert.table);
    if known.is_some_and(|table| table.temporary) || context.created_here(&insert.table) {
        return;
    }
    let star = match &insert.source {
        InsertSource::Select(select) => select.star,
        InsertSource::Defaults => return,
        _ => None,
    };
    match (&insert.columns, star) {
        (None, _) => found.push(without_list(context.provider(), insert, known)),
        (Some(_), Some(star)) => found.push(with_star(insert, star)),
        (Some(_), None) => {}
    }
}

fn without_list(provider: Provider, insert: &Insert, known: Option<&Table>) -> Finding {
    let table = &insert.table;
    let width = match &insert.source {
        InsertSource::Values { values, .. } => values.first().map(Vec::len),
        InsertSource::Select(select) if select.star.is_none() => Some(select.output.len()),
        _ => None,
    };
    // Only where every column is known and all are given is the list certain.
    let list = known
        .filter(|known| known.complete && Some(known.columns.len()) == width)
        .map(|known| format!(" ({})", quote::list(provider, known.columns.iter().map(|column| &column.name))));
    let written = list.clone().unwrap_or_else(|| " (…)".to_owned());
    let mut finding = Finding::new(
        table.span(),
        Subject::table(table),
        format!("this INSERT into `{table}` names no columns and relies on their order"),
    )
    .why(ORDER)
    .help(format!("name the columns:\nINSERT INTO {}{written} …", quote::name(provider, table)));
    if let Some(text) = list {
        let at = table.span().end;
        let edits = vec![Edit { span: Span::new(at, at), text }];
        finding = finding.fix(Fix { title: "name the columns".to_owned(), edits, follow_ups: Vec::new() });
    }
    finding
}

const ORDER: &str = "Columns stand in the order of their birth, which differs between environments: where the types fit, values go into the wrong \
                     columns without a word; where they do not, the migration fails in production only.";

fn with_star(insert: &Insert, star: Span) -> Finding {
    let names: Vec<_> = insert.columns.iter().flatten().map(|column| column.value.as_str()).collect();
    Finding::new(
        star,
        Subject::table(&insert.table),
        format!("`*` fills {} of `{}` by the order of the other table's columns", listed(&names), insert.table),
    )
    .why(ORDER)
    .help("name the columns in the SELECT too, in the order of the INSERT's list")
}
