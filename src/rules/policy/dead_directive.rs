//! `dead-directive`: a `-- prisma-safe:` comment that has no effect.
//!
//! Here it is seen by itself: a comment that binds to no statement, or to one it cannot be about. That a well-placed `allow` met no finding is
//! known only after all rules ran, so the lint driver raises that under this rule.

use crate::project::Provider;
use crate::rules::{Check, Finding, Findings, Fixable, Levels, MigrationView, Rule, Subject};
use crate::sql::directive::{Directive, DirectiveKind};
use crate::sql::model::{Action, Script};

pub const RULE: Rule = Rule {
    slug: "dead-directive",
    id: "PS008",
    hazards: &["H15"],
    databases: &Provider::ALL,
    levels: Levels::WARN,
    fixable: Fixable::Never,
    summary: "a prisma-safe comment that has no effect",
    page: "\
## What it catches

An `allow` that no statement follows, an `allow` whose statement has no such finding (any more), and an `expect-rows` on a statement that is
no `UPDATE` or `DELETE`.

## Why it hurts

It says that something dangerous is here and was looked at, which is not so. When the dangerous thing comes back later, it is allowed
already.

## What to do instead

Delete the comment, or put it in front of the statement that it is about.

## Example

```sql
-- bad
ALTER TABLE \"users\" ADD COLUMN \"phone\" TEXT;
-- prisma-safe: allow drop-column reason=\"unused since March\"
-- good
ALTER TABLE \"users\" ADD COLUMN \"phone\" TEXT;
```

## When to allow it

Never. In a migration that is applied, leave it: an edit would change the checksum.

## Source

The policy; hazard H15.
",
    check: Check::Migration(check),
};

fn check(view: &MigrationView<'_>, found: &mut Findings<'_>) {
    for directive in &view.script.directives {
        if let Some(what) = dead(view.script, directive) {
            let mut finding = Finding::new(directive.span, Subject::default(), what)
                .why("It has no effect, and the next reader believes that it has one.")
                .help("delete it, or put it in front of the statement that it is about");
            finding.statement = directive.statement;
            found.push(finding);
        }
    }
}

fn dead(script: &Script, directive: &Directive) -> Option<String> {
    let about_statement = matches!(directive.kind, DirectiveKind::Allow(_) | DirectiveKind::ExpectRows { .. });
    match directive.statement {
        None => about_statement.then(|| "no statement follows this prisma-safe comment".to_owned()),
        Some(index) => {
            let DirectiveKind::ExpectRows { .. } = directive.kind else { return None };
            let writes = |action: &Action| {
                matches!(action, Action::Update(_) | Action::Delete(_) | Action::Insert(_) | Action::Merge(_))
            };
            let statement = script.statements.get(index)?;
            let counts = statement.operations.iter().any(|operation| writes(operation.action.alone()));
            (!counts).then(|| "`expect-rows` stands before a statement that writes no rows".to_owned())
        }
    }
}
