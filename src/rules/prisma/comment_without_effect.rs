//! A comment that looks like an order to Prisma and is none.

use crate::project::Provider;
use crate::rules::{Check, Edit, Finding, Findings, Fix, Fixable, Levels, MigrationView, Rule, Subject};
use crate::sql::model::Span;

/// Words that tell such a comment, in lower case: the first is passed on from project to project, the others belong to other tools.
const PLACEBOS: [(&str, &str); 5] = [
    ("prisma-migrate-disable-next-transaction", "no version of Prisma"),
    ("prisma-migrate-disable-transaction", "no version of Prisma"),
    ("+migrate notransaction", "only sql-migrate"),
    ("+goose no transaction", "only goose"),
    ("migrate:up transaction:false", "only dbmate"),
];

/// See its page.
pub const RULE: Rule = Rule {
    slug: "comment-without-effect",
    id: "PS401",
    hazards: &["P1"],
    databases: &Provider::ALL,
    levels: Levels::WARN,
    fixable: Fixable::Always,
    summary: "a comment that is meant to switch the transaction off does nothing",
    page: r#"## What it catches
`-- prisma-migrate-disable-next-transaction` and comments of other tools (sql-migrate, goose, dbmate) that are meant to switch the transaction off.

## Why it hurts
Prisma reads no comment. Where such a file works, it works for another reason: the statement is alone in its file, or this Prisma sends statements one by one. The next file that trusts the comment and
holds two statements fails with error 25001 in production.

## What to do instead
Delete the comment. Put a statement that refuses transactions alone into its migration.

## Example
```sql
-- prisma-migrate-disable-next-transaction
CREATE INDEX CONCURRENTLY "orders_customer_id_idx" ON "orders"("customer_id"); -- works since it is alone
```

## When to allow it
When another tool than Prisma really runs the same file.

## Source
The word stands in none of the schema engines of Prisma 6.19 and 7.10.
"#,
    check: Check::Migration(check),
};

fn check(view: &MigrationView<'_>, findings: &mut Findings<'_>) {
    for comment in &view.script.comments {
        let text = view.script.slice(comment.span);
        let lower = text.to_ascii_lowercase();
        let Some((_, reader)) = PLACEBOS.iter().find(|(words, _)| lower.contains(words)) else { continue };
        let several = view.script.statements.len() > 1;
        let effect = if several {
            "The statements of this file run as they would without it, in one transaction or one by one as the version of Prisma decides."
        } else {
            "The statement of this file is outside a transaction because it is alone; with a second one beside it, it may not be."
        };
        let span = with_line_end(&view.script.text, comment.span);
        findings.push(
            Finding::new(comment.span, Subject::default(), format!("this comment does nothing: {reader} reads it"))
                .why(effect)
                .help("Delete the comment, and keep a statement that refuses transactions (CONCURRENTLY, VACUUM) alone in its migration.")
                .fix(Fix {
                    title: "delete the comment".to_owned(),
                    edits: vec![Edit { span, text: String::new() }],
                    follow_ups: Vec::new(),
                }),
        );
    }
}

/// The comment with its line's end, when nothing else is on the line.
fn with_line_end(text: &str, span: Span) -> Span {
    let before = &text[..span.start as usize];
    let starts_line = before.is_empty() || before.ends_with('\n');
    let after = &text[span.end as usize..];
    let length = match (starts_line, after.as_bytes()) {
        (true, [b'\r', b'\n', ..]) => 2,
        (true, [b'\n', ..]) => 1,
        _ => 0,
    };
    Span::new(span.start, span.end + length)
}
