//! Prisma's own warning, left in the head of the file.

use crate::project::Provider;
use crate::rules::{Check, Finding, Findings, Fixable, Levels, MigrationView, Rule, Subject};
use crate::sql::model::{Comment, Span};

/// See its page.
pub const RULE: Rule = Rule {
    slug: "unanswered-warning",
    id: "PS406",
    hazards: &["P6"],
    databases: &Provider::ALL,
    levels: Levels::WARN,
    fixable: Fixable::Never,
    summary: "Prisma warned about this migration, and nobody answered",
    page: r#"## What it catches
The block `/* Warnings: … */` that `prisma migrate dev` writes at the head of a file when it sees a loss or a failure coming, in a migration in which no directive answers for the statements that lose something.

## Why it hurts
The block says in plain words what will be lost or what will fail. Prisma does not look at it again: `migrate deploy` runs the file, warning and all. A block that still stands there unanswered mostly means that
nobody has read it.

## What to do instead
For each line either change the SQL so that it no longer holds, or write the reason at the statement. The block may stay as the record of what was answered.

## Example
```sql
-- prisma-safe: allow drop-column reason="not read since release 41, values kept in users_2026" until=2026-12-31
ALTER TABLE "users" DROP COLUMN "nickname";
```

## When to allow it
When the losses are intended and said elsewhere: one line `-- prisma-safe: allow unanswered-warning reason="…"`.

## Source
Prisma, "prisma migrate dev"; the texts are those of the engine's destructive change checker.
"#,
    check: Check::Migration(check),
};

fn check(view: &MigrationView<'_>, findings: &mut Findings<'_>) {
    let script = view.script;
    let Some((comment, warnings)) = script.comments.iter().find_map(|comment| {
        let warnings = warnings(script.slice(comment.span), *comment)?;
        Some((comment, warnings))
    }) else {
        return;
    };
    let losing: Vec<usize> = view.judgement.destructions.iter().map(|loss| loss.statement).collect();
    let answered = |statement: usize| script.directives_of(statement).next().is_some();
    if !losing.is_empty() && losing.iter().all(|statement| answered(*statement)) {
        return;
    }
    let Some(first) = warnings.first() else { return };
    let message = match warnings.len() {
        1 => "Prisma warned about this migration, and nothing here answers it".to_owned(),
        n => format!("Prisma warned {n} times about this migration, and nothing here answers it"),
    };
    let span = Span::new(comment.span.start + first.0, comment.span.start + first.1);
    findings.push(
        Finding::new(span, Subject::default(), message)
            .why("`migrate deploy` does not look at these lines: it loses or fails in production what they say, without asking again.")
            .help(
                "Read each line. Change the SQL where it no longer holds, else write the reason above the statement:\n\
                 -- prisma-safe: allow <rule> reason=\"…\"",
            ),
    );
}

/// Where each line of the list stands in the comment; `None` when it is no such block.
fn warnings(text: &str, comment: Comment) -> Option<Vec<(u32, u32)>> {
    if !comment.block || !text.trim_start_matches("/*").trim_start().starts_with("Warnings:") {
        return None;
    }
    let mut lines = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim();
        if let Some(rest) = trimmed.strip_prefix("- ").filter(|rest| !rest.is_empty()) {
            let start = at + line.find("- ").unwrap_or(0) + 2;
            lines.push((u32::try_from(start).ok()?, u32::try_from(start + rest.len()).ok()?));
        }
        at += line.len();
    }
    (!lines.is_empty()).then_some(lines)
}
