//! `mixed-phases`: one migration does more than one step of expand, migrate, contract.

use crate::project::Provider;
use crate::rules::{Check, Finding, Findings, Fixable, Levels, MigrationView, Rule, Subject};
use crate::sql::analysis::Phase;
use crate::sql::model::{Action, Name, ObjectKind, Statement};

pub const RULE: Rule = Rule {
    slug: "mixed-phases",
    id: "PS001",
    hazards: &["D8", "D9"],
    databases: &Provider::ALL,
    levels: Levels::WARN,
    fixable: Fixable::Never,
    summary: "one migration holds more than one of expand, migrate and contract",
    page: "\
## What it catches

A migration that both adds something (expand) and takes away, renames or tightens something that exists before this deploy (contract), or that
does either beside writing rows (migrate). The phase of each statement is derived from what it does, never declared.

Left alone: a view under the old name of a renamed table, rows for a table that the file itself makes, and what was not understood.

## Why it hurts

The three steps exist because applications are replaced one process after the other. After expand, old and new application both work; after
contract, only the new one does. In one migration there is no moment between them: the old application breaks at once, and there is nothing
to go back to. A failure in the middle of three things is also three times as hard to repair.

## What to do instead

Three migrations, each deployed by itself: add what is new and deploy an application that writes both; move the rows; when the new
application has been stable for the soak time, take away what is old.

## Example

```sql
-- bad
ALTER TABLE \"users\" ADD COLUMN \"full_name\" TEXT;
ALTER TABLE \"users\" DROP COLUMN \"name\";
-- good: expand now; contract in a later migration
ALTER TABLE \"users\" ADD COLUMN \"full_name\" TEXT;
```

## When to allow it

When the parts have nothing to do with each other and each is harmless by itself.

## Source

The policy, \"Expand, migrate, contract\".
",
    check: Check::Migration(check),
};

/// The first statement of each step, with why it is one.
#[derive(Default)]
struct Steps<'a> {
    expand: Option<(&'a Statement, &'a str)>,
    migrate: Option<(&'a Statement, &'a str)>,
    contract: Option<(&'a Statement, &'a str)>,
}

fn check(view: &MigrationView<'_>, found: &mut Findings<'_>) {
    if view.judgement.phase != Phase::Mixed {
        return;
    }
    let mut steps = Steps::default();
    for (statement, (phase, why)) in view.script.statements.iter().zip(&view.judgement.statements) {
        if stands_by(view, statement) {
            continue;
        }
        let here = Some((statement, *why));
        match phase {
            Phase::Expand => steps.expand = steps.expand.or(here),
            Phase::Migrate => steps.migrate = steps.migrate.or(here),
            Phase::Contract => steps.contract = steps.contract.or(here),
            // One ALTER TABLE that adds and drops.
            Phase::Mixed => {
                steps.expand = steps.expand.or(here);
                steps.contract = steps.contract.or(here);
            }
            Phase::Neutral => {}
        }
    }
    if let Some(finding) = finding(view, &steps) {
        found.push(finding);
    }
}

/// What belongs to no step by itself: the view that keeps an old name alive, rows for a table that the file made, a trigger that is off
/// for the file's own work, and what was not understood (`unknown-statement` speaks).
fn stands_by(view: &MigrationView<'_>, statement: &Statement) -> bool {
    statement.operations.iter().all(|operation| match &operation.action {
        Action::Unknown | Action::ExecuteDynamic { .. } | Action::Call { .. } | Action::ToggleTrigger { .. } => true,
        Action::CreateView { name, .. } | Action::CreateObject { kind: ObjectKind::Synonym, name, .. } => {
            view.script.operations().any(|(_, other)| leaves_name(&other.action, name))
        }
        Action::Insert(insert) => {
            view.state.table(&insert.table).is_some_and(|table| view.state.born_in_pending(table.born))
        }
        _ => false,
    })
}

fn leaves_name(action: &Action, name: &Name) -> bool {
    match action {
        Action::RenameTable { table, .. } => table == name,
        Action::SetSchema { name: own, .. } | Action::RenameObject { name: own, .. } => own == name,
        _ => false,
    }
}

fn finding(view: &MigrationView<'_>, steps: &Steps<'_>) -> Option<Finding> {
    let parts = [("expand", steps.expand), ("migrate", steps.migrate), ("contract", steps.contract)];
    let named: Vec<_> =
        parts.iter().filter_map(|(name, part)| part.map(|(statement, why)| (*name, statement, why))).collect();
    let (_, first, _) = *named.first()?;
    let (_, last, why) = *named.last()?;
    let message = match named.as_slice() {
        [] | [_] => return None,
        [_, _] if first.index == last.index => {
            "one statement both adds and takes away: expand and contract at once".to_owned()
        }
        _ => {
            let line = |statement: &Statement| view.script.line_column(statement.span.start).0;
            let parts: Vec<_> =
                named.iter().map(|(name, statement, _)| format!("{name} (line {})", line(statement))).collect();
            format!("{} in one migration: line {} {why}", parts.join(" and "), line(last))
        }
    };
    let effect = if steps.contract.is_some() {
        "There is no moment at which the old and the new application both work: what the old one needs is gone in the same deploy that brings \
         what the new one needs, and there is nothing to go back to."
    } else {
        "Schema and rows fail for different reasons, and here one failure stops both, or leaves one of them half done; the rows cannot be \
         written in batches while the application uses the new shape."
    };
    let mut finding = Finding::new(last.span, subject(last), message).why(effect).help(
        "split it: expand here; what writes rows and what takes away or tightens each in a migration of its own, deployed when the \
         step before is done (`cargo prisma-safe new` writes them)",
    );
    finding.statement = Some(last.index);
    Some(finding)
}

fn subject(statement: &Statement) -> Subject {
    statement
        .operations
        .iter()
        .find_map(|operation| operation.action.table())
        .map_or_else(Subject::default, Subject::table)
}
