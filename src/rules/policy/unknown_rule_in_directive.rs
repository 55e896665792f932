//! `unknown-rule-in-directive`: a comment allows a rule that does not exist.

use super::shared_directives::allows;
use crate::project::Provider;
use crate::rules::{self, Check, Edit, Finding, Findings, Fix, Fixable, Levels, MigrationView, Rule, Subject};
use crate::sql::model::Span;

pub const RULE: Rule = Rule {
    slug: "unknown-rule-in-directive",
    id: "PS007",
    hazards: &["H15"],
    databases: &Provider::ALL,
    levels: Levels::DENY,
    fixable: Fixable::Sometimes,
    summary: "a prisma-safe comment names a rule that does not exist",
    page: "\
## What it catches

`-- prisma-safe: allow …` with a name that is no rule's slug or id.

## Why it hurts

A slip in the name allows nothing, and the author believes that it does. In an old file it may be a rule of a newer or older version.

## What to do instead

Write the slug as the finding shows it. `cargo prisma-safe lint --list` lists them all.

## Example

```sql
-- bad
-- prisma-safe: allow drop-colum reason=\"moved to profiles\"
-- good
-- prisma-safe: allow drop-column reason=\"moved to profiles\"
```

## When to allow it

Never: mend the name, or delete the comment.

## Source

The policy; hazard H15.
",
    check: Check::Migration(check),
};

/// Below this the names have too little in common to be a slip.
const SLIP: f64 = 0.7;

fn check(view: &MigrationView<'_>, found: &mut Findings<'_>) {
    for (directive, allow) in allows(view.script) {
        for (name, span) in allow.rules.iter().filter(|(name, _)| rules::find(name).is_none()) {
            let mut finding = finding(name, *span);
            finding.statement = directive.statement;
            found.push(finding);
        }
    }
}

fn finding(name: &str, span: Span) -> Finding {
    let finding = Finding::new(span, Subject::named(None, name), format!("there is no rule `{name}`"))
        .why("The comment allows nothing, although it looks as if it did.");
    match nearest(name) {
        Some(slug) => finding.help(format!("write `{slug}`")).fix(Fix {
            title: format!("write `{slug}`"),
            edits: vec![Edit { span, text: slug.to_owned() }],
            follow_ups: Vec::new(),
        }),
        None => finding.help("`cargo prisma-safe lint --list` shows all rules"),
    }
}

fn nearest(name: &str) -> Option<&'static str> {
    let likeness = |slug: &str| strsim::normalized_levenshtein(slug, &name.to_ascii_lowercase());
    let best = rules::all().max_by(|a, b| likeness(a.slug).total_cmp(&likeness(b.slug)))?;
    (likeness(best.slug) >= SLIP).then_some(best.slug)
}
