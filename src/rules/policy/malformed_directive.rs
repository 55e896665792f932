//! `malformed-directive`: a `-- prisma-safe:` comment that says nothing.

use crate::project::Provider;
use crate::rules::{Check, Finding, Findings, Fixable, Levels, MigrationView, Rule, Subject};
use crate::sql::directive::{DirectiveError, DirectiveErrorKind};

pub const RULE: Rule = Rule {
    slug: "malformed-directive",
    id: "PS006",
    hazards: &["H15"],
    databases: &Provider::ALL,
    levels: Levels::DENY,
    fixable: Fixable::Never,
    summary: "a prisma-safe comment that cannot be read, or has no reason",
    page: "\
## What it catches

A `-- prisma-safe: …` comment with a wrong word, without a reason, with a date that is none, or with a quote that does not end.

## Why it hurts

It does not count: what it should have allowed is still a finding, and what it should have checked is not checked. The author believes
otherwise.

## What to do instead

Write it as the message says. A reason is required, since the one who reads it next year was not there.

## Example

```sql
-- bad
-- prisma-safe: allow drop-column
-- good
-- prisma-safe: allow drop-column reason=\"moved to profiles in March\" until=2027-01-31
```

## When to allow it

Never: mend the comment, or delete it.

## Source

The policy; hazard H15: suppressions without a reason rot.
",
    check: Check::Migration(check),
};

fn check(view: &MigrationView<'_>, found: &mut Findings<'_>) {
    for error in &view.script.directive_errors {
        found.push(finding(error));
    }
}

fn finding(error: &DirectiveError) -> Finding {
    // An empty place is no place to underline.
    let span = if error.span.is_empty() { error.comment } else { error.span };
    Finding::new(span, Subject::default(), format!("this prisma-safe comment does not count: {}", error.kind))
        .why("What it should have allowed is still a finding, and what it should have checked is not checked.")
        .help(example(&error.kind))
}

fn example(kind: &DirectiveErrorKind) -> String {
    match kind {
        DirectiveErrorKind::BadRows(_) => "for example:\n-- prisma-safe: expect-rows 100..200",
        DirectiveErrorKind::BadWhen(_) => {
            "for example:\n-- prisma-safe: allow drop-column reason=\"…\" when=\"rows < 10000\""
        }
        DirectiveErrorKind::BadDate(_) => {
            "for example:\n-- prisma-safe: allow drop-column reason=\"…\" until=2027-01-31"
        }
        DirectiveErrorKind::NoMigration => "for example:\n-- prisma-safe: contract-of 20260301120000_add_full_name",
        DirectiveErrorKind::Empty
        | DirectiveErrorKind::UnknownVerb(_)
        | DirectiveErrorKind::NoRule
        | DirectiveErrorKind::NoReason
        | DirectiveErrorKind::EmptyReason
        | DirectiveErrorKind::Unexpected(_)
        | DirectiveErrorKind::Twice(_)
        | DirectiveErrorKind::NoValue(_)
        | DirectiveErrorKind::NoColon(_)
        | DirectiveErrorKind::OpenQuote => {
            "for example:\n-- prisma-safe: allow drop-column reason=\"moved to profiles in March\""
        }
    }
    .to_owned()
}
