//! `compare-with-null`: `= NULL` never holds.

use crate::project::Provider;
use crate::rules::{Check, Edit, Finding, Findings, Fix, Fixable, Levels, OperationView, Rule, Subject};
use crate::shell::single_spaced;
use crate::sql::model::{Action, InsertSource, Name, Span};

pub const RULE: Rule = Rule {
    slug: "compare-with-null",
    id: "PS131",
    hazards: &["D33"],
    databases: &Provider::ALL,
    levels: Levels::DENY,
    fixable: Fixable::Sometimes,
    summary: "a comparison with NULL by = or <> never holds",
    page: "\
## What it catches

`= NULL`, `<> NULL` and `!= NULL` in the `WHERE` of a statement that writes, of an index or of a view.

## Why it hurts

The comparison is neither true nor false, so the statement finds no row: the backfill does nothing and succeeds, the partial index stays
empty. It shows when the next migration makes the column required.

## What to do instead

`IS NULL` and `IS NOT NULL`.

## Example

```sql
-- bad
DELETE FROM \"sessions\" WHERE \"user_id\" = NULL AND \"id\" IN (1, 2);
-- good
DELETE FROM \"sessions\" WHERE \"user_id\" IS NULL AND \"id\" IN (1, 2);
```

## When to allow it

Never; on SQL Server with `SET ANSI_NULLS OFF` it holds, but that setting is going away.

## Source

SQL standard, three-valued logic; SQL Server, `SET ANSI_NULLS`.
",
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, found: &mut Findings<'_>) {
    let (table, condition) = match view.action() {
        Action::Update(update) => (Some(&update.table), update.condition.as_ref()),
        Action::Delete(delete) => (delete.tables.first(), delete.condition.as_ref()),
        Action::Insert(insert) => match &insert.source {
            InsertSource::Select(select) => (Some(&insert.table), select.condition.as_ref()),
            _ => return,
        },
        Action::CreateIndex(index) => (Some(&index.table), index.condition.as_ref()),
        Action::CreateView { name, query, .. } => (Some(name), query.condition.as_ref()),
        Action::Select(select) => (select.from.first(), select.condition.as_ref()),
        _ => return,
    };
    if let (Some(table), Some(condition)) = (table, condition) {
        for &span in &condition.compared_to_null {
            found.push(finding(view, table, span));
        }
    }
}

fn finding(view: &OperationView<'_>, table: &Name, span: Span) -> Finding {
    let text = view.statement.script().slice(span);
    let fixed = with_is(text);
    let wish = fixed.clone().unwrap_or_else(|| "IS NULL".to_owned());
    let finding = Finding::new(span, Subject::table(table), format!("`{}` never holds, so no row is found", single_spaced(text)))
        .why("A comparison with NULL is neither true nor false: the statement succeeds and does nothing, and nobody notices.")
        .help(format!("write `{}`", single_spaced(&wish)));
    match fixed {
        Some(text) => finding.fix(Fix {
            title: "compare with IS".to_owned(),
            edits: vec![Edit { span, text }],
            follow_ups: Vec::new(),
        }),
        None => finding,
    }
}

/// `x = NULL` → `x IS NULL`, `x <> NULL` → `x IS NOT NULL`; `None` for any other shape.
fn with_is(text: &str) -> Option<String> {
    let head = text.trim_end();
    let before_null = head.len().checked_sub(4).filter(|at| head.is_char_boundary(*at))?;
    if !head[before_null..].eq_ignore_ascii_case("null") {
        return None;
    }
    let left = head[..before_null].trim();
    let negated = left.strip_suffix("<>").or_else(|| left.strip_suffix("!="));
    let (left, is) = match (negated, left.strip_suffix('=')) {
        (Some(left), _) => (left, "IS NOT NULL"),
        (None, Some(left)) if !left.ends_with(['<', '>', '=']) => (left, "IS NULL"),
        _ => return None,
    };
    let left = left.trim_end();
    Some(if left.is_empty() { is.to_owned() } else { format!("{left} {is}") })
}

#[cfg(test)]
mod tests {
    use super::with_is;

    #[test]
    fn only_the_plain_shape_is_rewritten() {
        assert_eq!(with_is("\"a\" = NULL").as_deref(), Some("\"a\" IS NULL"));
        assert_eq!(with_is("a<>null").as_deref(), Some("a IS NOT NULL"));
        assert_eq!(with_is("a != NULL").as_deref(), Some("a IS NOT NULL"));
        assert_eq!(with_is("= NULL").as_deref(), Some("IS NULL"));
        assert_eq!(with_is("<>NULL").as_deref(), Some("IS NOT NULL"));
        assert_eq!(with_is("NULL = a"), None);
        assert_eq!(with_is("a <=> NULL"), None);
        assert_eq!(with_is("a >= NULL"), None);
    }
}
