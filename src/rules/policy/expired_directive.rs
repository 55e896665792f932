//! `expired-directive`: an `allow` whose last day is over.

use super::shared_directives::allows;
use crate::project::Provider;
use crate::rules::{Check, Finding, Findings, Fixable, Levels, MigrationView, Rule, Subject};

pub const RULE: Rule = Rule {
    slug: "expired-directive",
    id: "PS009",
    hazards: &["H15"],
    databases: &Provider::ALL,
    levels: Levels::WARN,
    fixable: Fixable::Never,
    summary: "a prisma-safe comment whose `until` day is over",
    page: "\
## What it catches

`-- prisma-safe: allow … until=2026-01-31` after that day.

## Why it hurts

What it allowed is a finding again, since somebody wanted to be asked again by then.

## What to do instead

Look whether the reason still holds. If so, give it a new day; if not, do what the finding says.

## Example

```sql
-- bad, after January 2026
-- prisma-safe: allow drop-column reason=\"launch freeze\" until=2026-01-31
-- good
-- prisma-safe: allow drop-column reason=\"launch freeze, moved to summer\" until=2027-07-31
```

## When to allow it

Never; leave the day out when there is none.

## Source

The policy; hazard H15.
",
    check: Check::Migration(check),
};

fn check(view: &MigrationView<'_>, found: &mut Findings<'_>) {
    for (directive, allow) in allows(view.script) {
        let Some((until, span)) = allow.until.filter(|(until, _)| *until < view.facts.today) else { continue };
        let names: Vec<_> = allow.rules.iter().map(|(name, _)| format!("`{}`", name)).collect();
        let mut finding = Finding::new(
            span,
            Subject::default(),
            format!("this comment allowed {} until {until}, which is over", names.join(", ")),
        )
        .why("It no longer counts: what it allowed is a finding again, as its author wished to be asked again by then.")
        .help(
            "look whether the reason still holds; if so, give it a later day (until=…), else do what the finding says",
        );
        finding.statement = directive.statement;
        found.push(finding);
    }
}
