//! An `EXCEPTION` handler inside a loop of a `DO` block.

use super::shared_sql::POSTGRESQL;
use crate::rules::{Check, Finding, Findings, Fixable, Levels, Rule, StatementView, Subject};
use crate::sql::model::{Span, Within};

/// See its page.
pub const RULE: Rule = Rule {
    slug: "subtransactions-in-loop",
    id: "PS235",
    hazards: &["L37"],
    databases: POSTGRESQL,
    levels: Levels::WARN,
    fixable: Fixable::Never,
    summary: "a loop with an EXCEPTION handler opens one subtransaction per turn",
    page: r#"## What it catches
A `DO` block with an `EXCEPTION` handler inside a `LOOP`. (A `RAISE EXCEPTION`, or a handler around the whole block, is no finding.)

## Why it hurts
Each turn is a subtransaction. From the 65th that writes, every other session on the server and on its replicas has to look into a shared cache for each row that it reads; under load that brings
the whole server to its knees.

## What to do instead
One statement over the set of rows, with `ON CONFLICT DO NOTHING` or a `WHERE` in place of the handler, or batches outside of migrations.

## Example
```sql
INSERT INTO "tags"("name") SELECT DISTINCT "tag" FROM "posts" ON CONFLICT DO NOTHING;
```

## When to allow it
The loop has a few turns only.

## Source
PostgreSQL manual, 43.6.8 "Trapping Errors" and 66.3 "Subtransactions".
"#,
    check: Check::Statement(check),
};

fn check(view: &StatementView<'_>, findings: &mut Findings<'_>) {
    let statement = view.statement();
    let text = view.script().slice(statement.span);
    let is_block = text.get(..2).is_some_and(|head| head.eq_ignore_ascii_case("do"))
        || statement.operations.iter().any(|operation| operation.within == Within::DoBlock);
    if !is_block {
        return;
    }
    let Some(at) = handler_in_loop(text) else { return };
    let Ok(at) = u32::try_from(at) else { return };
    let start = statement.span.start + at;
    findings.push(
        Finding::new(
            Span::new(start, start + 9),
            Subject::default(),
            "each turn of this loop is a subtransaction, since it has an EXCEPTION handler",
        )
        .why(
            "From the 65th subtransaction that writes, every other session has to look up each row's transaction in a small shared cache: under load that \
             slows down the whole server, its replicas included, until the migration ends.",
        )
        .help(
            "One statement over all rows instead of the loop, for example:\nINSERT INTO … SELECT … ON CONFLICT DO NOTHING;\n\
             or test with IF before the statement that may fail.",
        ),
    );
}

/// Where, in bytes, the word `EXCEPTION` of a handler inside a loop stands.
fn handler_in_loop(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut before = "";
    let mut offset = 0;
    for word in text.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-')) {
        let at = offset;
        offset += word.len();
        offset += text[offset..].chars().next().map_or(0, char::len_utf8);
        if word.is_empty() {
            continue;
        }
        if word.eq_ignore_ascii_case("loop") {
            depth = if before.eq_ignore_ascii_case("end") { depth.saturating_sub(1) } else { depth + 1 };
        } else if word.eq_ignore_ascii_case("exception") && depth > 0 && !before.eq_ignore_ascii_case("raise") {
            return Some(at);
        }
        before = word;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::handler_in_loop;

    #[test]
    fn only_handlers_inside_loops_count() {
        let inside =
            "DO $$ BEGIN FOR r IN SELECT 1 LOOP BEGIN x; EXCEPTION WHEN OTHERS THEN NULL; END; END LOOP; END $$";
        assert_eq!(handler_in_loop(inside), inside.find("EXCEPTION"));
        assert_eq!(handler_in_loop("BEGIN LOOP x; END LOOP; EXCEPTION WHEN OTHERS THEN NULL; END"), None);
        assert_eq!(handler_in_loop("BEGIN LOOP RAISE EXCEPTION 'é'; END LOOP; END"), None);
        assert_eq!(handler_in_loop("é LOOP"), None);
    }
}
