//! `missing-guard`: a second run after a failure stops at what the first one did.

use crate::project::Provider;
use crate::rules::{Check, Edit, Finding, Findings, Fix, Fixable, Levels, MigrationView, Rule, Subject};
use crate::shell::count;
use crate::sql::analysis::{AfterFailure, Atomicity};
use crate::sql::model::{Action, ConstraintKind, Name, Operation, Span, Statement, Within};

pub const RULE: Rule = Rule {
    slug: "missing-guard",
    id: "PS003",
    hazards: &["H1"],
    databases: &[Provider::Postgresql, Provider::Mysql, Provider::Sqlite],
    levels: Levels::WARN,
    fixable: Fixable::Always,
    summary: "statements without IF EXISTS or IF NOT EXISTS before one that may fail",
    page: "\
## What it catches

`CREATE`, `ADD` and `DROP` without `IF NOT EXISTS` or `IF EXISTS`, where all of this holds: the database has such a guard for the statement; a
later statement of the file can fail on the rows or locks that it finds in production (a unique key, `NOT NULL`, a validated constraint, a
type change, a concurrent build, a write); and the file is not one transaction there, so that what ran before the failure stays. A file that is
all or nothing needs no guards, and neither does one that only creates new tables.

MySQL has guards for tables alone, MariaDB for columns and indexes too, SQLite for tables and indexes. PostgreSQL has none for adding a
constraint.

## Why it hurts

The statement that failed is repaired, the migration is marked as rolled back, deploy runs it again, and it stops at its first line with
\"already exists\". Somebody then edits the file or undoes by hand what had worked.

## What to do instead

Write the guards, or put the statements between `BEGIN` and `COMMIT` where the database can undo them, or split the file so that what may
fail stands alone.

## Example

```sql
-- bad, with Prisma 7.5 or later, which sends statements one by one
CREATE TABLE \"plans\" (\"id\" BIGINT PRIMARY KEY);
CREATE UNIQUE INDEX CONCURRENTLY \"users_email_key\" ON \"users\" (\"email\");
-- good
CREATE TABLE IF NOT EXISTS \"plans\" (\"id\" BIGINT PRIMARY KEY);
CREATE UNIQUE INDEX CONCURRENTLY \"users_email_key\" ON \"users\" (\"email\");
```

## When to allow it

When an object of that name but of another shape may exist: a guard would hide it.

## Source

The policy, \"Deterministic, idempotent SQL\"; Prisma, `migrate resolve`; the manuals of each database, `CREATE TABLE`, `ALTER TABLE`.
",
    check: Check::Migration(check),
};

fn check(view: &MigrationView<'_>, found: &mut Findings<'_>) {
    let Some((failing, stay, because)) = first_failure(view) else { return };
    let mut edits = Vec::new();
    let mut first: Option<(&Statement, &Operation)> = None;
    for statement in stay.iter().filter_map(|&index| view.script.statements.get(index)) {
        for operation in &statement.operations {
            if operation.within == Within::File
                && let Some(edit) = guard(view, &operation.action)
            {
                first = first.or(Some((statement, operation)));
                edits.push(edit);
            }
        }
    }
    let Some((statement, operation)) = first else { return };
    let line = view.script.line_column(failing.span.start).0;
    let what = count(edits.len(), "statement");
    let mut finding = Finding::new(
        operation.span,
        operation.action.table().map_or_else(Subject::default, Subject::table),
        format!("{what} without a guard before line {line}, which may fail: a second run stops here"),
    )
    .why(format!(
        "{}, so when line {line} fails on the rows or locks it finds in production, what stands before it stays done; the next try of the \
         migration then fails here, because it is there already or gone already.",
        not_atomic(because)
    ))
    .help(format!(
        "write the guards (`cargo prisma-safe lint --fix`), or put line {line} into a migration of its own; here:\n{}",
        guarded(view, operation, &edits[0])
    ))
    .fix(Fix { title: "write the guards".to_owned(), edits, follow_ups: Vec::new() });
    finding.statement = Some(statement.index);
    found.push(finding);
}

/// Why the file is not all or nothing, as the beginning of a sentence.
pub(in crate::rules) const fn not_atomic(because: Atomicity) -> &'static str {
    match because {
        Atomicity::SplitByPrisma => "Prisma from 7.5 sends the statements one by one",
        Atomicity::PrismaVersionUnclear => "Prisma 7.4 may send the statements one by one",
        Atomicity::DdlCommits => "MySQL commits at each of these statements",
        _ => "Nothing rolls the file back as a whole",
    }
}

/// The first statement that can fail on what it finds, with the statements that then stay done, and why they do.
fn first_failure<'a>(view: &MigrationView<'a>) -> Option<(&'a Statement, &'a [usize], Atomicity)> {
    view.script.statements.iter().find_map(|statement| {
        let (stay, because) = match view.judgement.after_failure.get(statement.index)? {
            AfterFailure::EarlierStay { statements, because } | AfterFailure::Depends { statements, because } => {
                (statements.as_slice(), *because)
            }
            AfterFailure::Unchanged { .. } => return None,
        };
        let may_fail = statement.operations.iter().any(|operation| depends_on_rows(view, operation));
        (may_fail && !stay.is_empty()).then_some((statement, stay, because))
    })
}

fn depends_on_rows(view: &MigrationView<'_>, operation: &Operation) -> bool {
    let is_old = |table: &Name| {
        let known = view.state.table(table);
        !known.is_some_and(|known| known.temporary || view.state.born_in_pending(known.born))
    };
    match &operation.action {
        Action::SetNotNull { table, .. }
        | Action::AlterColumnType { table, .. }
        | Action::ModifyColumn { table, .. } => is_old(table),
        Action::ValidateConstraint { table, .. } => is_old(table),
        Action::AddColumn { table, column, .. } => {
            column.nullable == Some(false) && column.default.is_none() && is_old(table)
        }
        Action::AddConstraint { table, constraint } => {
            constraint.kind != ConstraintKind::Default
                && !constraint.not_valid
                && constraint.using_index.is_none()
                && is_old(table)
        }
        Action::CreateIndex(index) => (index.unique || index.concurrently) && is_old(&index.table),
        Action::Update(update) => is_old(&update.table),
        Action::Delete(delete) => delete.tables.iter().any(is_old),
        Action::Insert(insert) => is_old(&insert.table),
        Action::Merge(merge) => is_old(&merge.table),
        Action::RebuildTable(rebuild) => is_old(&rebuild.table),
        Action::SwapEnum(_) | Action::ExecuteDynamic { .. } | Action::Call { .. } | Action::Unknown => true,
        _ => false,
    }
}

/// Where a guard would go, when the statement has none and the database knows one.
pub(in crate::rules) fn guard(view: &MigrationView<'_>, action: &Action) -> Option<Edit> {
    let provider = view.facts.provider;
    let mariadb = view.facts.server.is_some_and(|server| server.mariadb);
    let postgres = provider == Provider::Postgresql;
    let columns = postgres || mariadb;
    let indexes = columns || provider == Provider::Sqlite;
    let (at, text) = match action {
        Action::CreateTable(create) if !create.if_not_exists && !create.or_replace && create.source.is_none() => {
            (create.name.span(), "IF NOT EXISTS ")
        }
        Action::DropTable { names, if_exists: false, .. } => (names.first()?.span(), "IF EXISTS "),
        Action::AddColumn { column, if_not_exists: false, .. } if columns => (column.name.span, "IF NOT EXISTS "),
        Action::DropColumn { column, if_exists: false, .. } if columns => (column.span, "IF EXISTS "),
        Action::DropConstraint { name, if_exists: false, .. } if postgres => (name.span, "IF EXISTS "),
        Action::CreateIndex(index) if indexes && !index.if_not_exists => {
            (index.name.as_ref()?.span(), "IF NOT EXISTS ")
        }
        Action::DropIndex { names, if_exists: false, .. } if indexes => (names.first()?.span(), "IF EXISTS "),
        Action::AddEnumValue { value, if_not_exists: false, .. } if postgres => (value.span, "IF NOT EXISTS "),
        Action::DropType { names, if_exists: false, .. } if postgres => (names.first()?.span(), "IF EXISTS "),
        Action::DropObject { names, if_exists: false, .. } if postgres => (names.first()?.span(), "IF EXISTS "),
        _ => return None,
    };
    Some(Edit { span: Span::new(at.start, at.start), text: text.to_owned() })
}

/// The first line of the statement with its guard.
fn guarded(view: &MigrationView<'_>, operation: &Operation, edit: &Edit) -> String {
    let before = view.script.slice(Span::new(operation.span.start, edit.span.start));
    let after = view.script.slice(Span::new(edit.span.start, operation.span.end));
    let line = format!("{before}{}{after}", edit.text);
    let first = line.lines().next().unwrap_or_default();
    if line.contains('\n') { format!("{first} …") } else { first.to_owned() }
}
