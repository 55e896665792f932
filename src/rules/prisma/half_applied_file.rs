//! A file that stays half done when a later statement of it fails.

use super::shared_failing::first_failing;
use crate::project::Provider;
use crate::rules::locks::shared_sql::with_mark;
use crate::rules::policy::missing_guard::{guard, not_atomic};
use crate::rules::{Check, Edit, Finding, Findings, Fix, Fixable, Levels, MigrationView, Rule, Subject};
use crate::shell::count;
use crate::sql::analysis::Atomicity;
use crate::sql::model::{Action, Read, Span, Statement};

/// See its page.
pub const RULE: Rule = Rule {
    slug: "half-applied-file",
    id: "PS402",
    hazards: &["P2", "M13"],
    databases: &[Provider::Postgresql, Provider::Mysql, Provider::Sqlserver],
    levels: Levels::WARN,
    fixable: Fixable::Sometimes,
    summary: "a statement that may fail on the rows leaves earlier ones done that cannot run again",
    page: r#"## What it catches
A file that is not one transaction for the project's Prisma and database, in which a statement can fail on the rows that it finds in production (a unique key, `NOT NULL`, a foreign key, a type change), after statements that cannot be run a second time. Where a guard (`IF NOT EXISTS`) would make them repeatable, the rule `missing-guard` says so instead.

- PostgreSQL: Prisma from 7.5 on sends the statements of a file one by one (7.4 perhaps); up to 7.3 a file is one transaction.
- MySQL and MariaDB: every DDL statement commits.
- SQL Server: a file without Prisma's `BEGIN TRY … BEGIN TRAN` around it.

## Why it hurts
What ran before the failure stays. The file can neither go on nor run again: somebody undoes or edits by hand, in production, at night.

## What to do instead
PostgreSQL and SQL Server: one transaction around the file. MySQL: one DDL statement per migration, what may fail alone.

## Example
```sql
BEGIN;
ALTER TABLE "orders" RENAME COLUMN "total" TO "amount";
ALTER TABLE "orders" ADD CONSTRAINT "orders_amount_check" CHECK ("amount" >= 0);
COMMIT;
```

## When to allow it
When the statement is known not to fail: its query was run against production, and nobody writes meanwhile.

## Source
prisma-engines 5767 (PostgreSQL); MySQL manual, "Statements That Cause an Implicit Commit"; proven with the real engines of Prisma 6 and 7.
"#,
    check: Check::Migration(check),
};

fn check(view: &MigrationView<'_>, findings: &mut Findings<'_>) {
    let Some((failing, stay, because)) = first_failing(view) else { return };
    let stuck: Vec<&Statement> = stay
        .iter()
        .filter_map(|&index| view.script.statements.get(index))
        .filter(|statement| statement.operations.iter().any(|operation| !runs_again(view, &operation.action)))
        .collect();
    let Some(first) = stuck.first() else { return };
    let line = view.script.line_column(first.span.start).0;
    let earlier = if stuck.len() == 1 {
        format!("the statement in line {line}")
    } else {
        format!("{} from line {line} on", count(stuck.len(), "statement"))
    };
    let subject =
        failing.operations.first().and_then(|o| o.action.table()).map_or_else(Subject::default, Subject::table);
    let mut finding = Finding::new(
        view.script.first_line(failing),
        subject,
        format!("if this fails on the rows it finds, {earlier} stay{} done and cannot run again", if stuck.len() == 1 { "s" } else { "" }),
    )
    .why(format!(
        "{}. The migration is then failed, its first half is in the database, and neither the rest nor the whole can be run: somebody has to \
         finish or undo it by hand.",
        not_atomic(because)
    ))
    .help(help(view.script.provider));
    finding.statement = Some(failing.index);
    if let Some(fix) = fix(view, because) {
        finding = finding.fix(fix);
    }
    findings.push(finding);
}

/// A second run passes over it, or `missing-guard` tells how it would.
fn runs_again(view: &MigrationView<'_>, action: &Action) -> bool {
    if guard(view, action).is_some() {
        return true;
    }
    match action {
        Action::CreateTable(create) => create.if_not_exists || create.or_replace,
        Action::CreateIndex(index) => index.if_not_exists,
        Action::DropTable { if_exists, .. }
        | Action::DropColumn { if_exists, .. }
        | Action::DropConstraint { if_exists, .. }
        | Action::DropIndex { if_exists, .. }
        | Action::DropType { if_exists, .. }
        | Action::DropObject { if_exists, .. } => *if_exists,
        Action::AddColumn { if_not_exists, .. } | Action::AddEnumValue { if_not_exists, .. } => *if_not_exists,
        Action::CreateObject { if_not_exists, or_replace, .. } => *if_not_exists || *or_replace,
        Action::CreateView { or_replace, .. }
        | Action::CreateRoutine { or_replace, .. }
        | Action::CreateTrigger { or_replace, .. } => *or_replace,
        // What only sets a state, or writes what it finds, can be done twice.
        Action::SetNotNull { .. }
        | Action::DropNotNull { .. }
        | Action::SetDefault { .. }
        | Action::DropDefault { .. }
        | Action::AlterColumnType { .. }
        | Action::ModifyColumn { .. }
        | Action::ColumnOption { .. }
        | Action::TableOption { .. }
        | Action::ValidateConstraint { .. }
        | Action::ToggleConstraint { .. }
        | Action::ToggleTrigger { .. }
        | Action::RowSecurity { .. }
        | Action::Truncate { .. }
        | Action::Update(_)
        | Action::Delete(_)
        | Action::Select(_)
        | Action::Grant { .. }
        | Action::Revoke { .. }
        | Action::Comment { .. }
        | Action::Analyze { .. }
        | Action::Vacuum { .. }
        | Action::Reindex { .. }
        | Action::RefreshView { .. }
        | Action::Begin
        | Action::Commit
        | Action::Rollback { .. }
        | Action::Savepoint { .. }
        | Action::Release { .. }
        | Action::Set { .. }
        | Action::Reset { .. }
        | Action::Nothing { .. }
        | Action::LockTable { .. }
        | Action::Pragma { .. }
        | Action::IdentityInsert { .. } => true,
        _ => false,
    }
}

fn help(provider: Provider) -> &'static str {
    match provider {
        Provider::Mysql => {
            "MySQL cannot undo DDL: put this statement into a migration of its own, and each other DDL statement that cannot run twice too."
        }
        Provider::Sqlserver => {
            "One transaction around the file, as Prisma writes it:\nBEGIN TRY\nBEGIN TRAN;\n…\nCOMMIT TRAN;\nEND TRY\nBEGIN CATCH\nIF @@TRANCOUNT > 0 ROLLBACK TRAN;\nTHROW\nEND CATCH"
        }
        _ => "One transaction around the file, or this statement in a migration of its own:\nBEGIN;\n…\nCOMMIT;",
    }
}

/// One transaction around a file whose statements all allow it.
fn fix(view: &MigrationView<'_>, because: Atomicity) -> Option<Fix> {
    let script = view.script;
    let plain = matches!(because, Atomicity::SplitByPrisma | Atomicity::PrismaVersionUnclear)
        && script.statements.iter().all(|s| s.transaction.is_none() && s.read == Read::Parsed);
    let refuses = script.operations().any(|(_, operation)| match &operation.action {
        Action::CreateIndex(index) => index.concurrently,
        Action::DropIndex { concurrently, .. }
        | Action::Reindex { concurrently, .. }
        | Action::DetachPartition { concurrently, .. } => *concurrently,
        Action::Vacuum { .. } | Action::AddEnumValue { .. } | Action::Set { .. } => true,
        _ => false,
    });
    if !plain || refuses {
        return None;
    }
    let start = with_mark(script, script.statements.first()?).start;
    let last = script.statements.last()?;
    let closed = script.slice(last.range).trim_end().ends_with(';');
    let end = last.range.end.max(last.span.end);
    let closing = if closed { "\n\nCOMMIT;" } else { ";\n\nCOMMIT;" };
    Some(Fix {
        title: "make the file one transaction".to_owned(),
        edits: vec![
            Edit { span: Span::new(start, start), text: "BEGIN;\n\n".to_owned() },
            Edit { span: Span::new(end, end), text: closing.to_owned() },
        ],
        follow_ups: Vec::new(),
    })
}
