//! `unvalidated-constraint`: a constraint that holds for new rows only, for ever.

use super::shared_words::column_of;
use crate::project::Provider;
use crate::rules::{Check, Finding, Findings, Fixable, HistoryView, Levels, Rule, Subject};
use crate::sql::history_state::{KnownConstraint, Table};
use crate::sql::model::{ConstraintKind, Ident, Name};
use crate::sql::quote;

pub const RULE: Rule = Rule {
    slug: "unvalidated-constraint",
    id: "PS133",
    hazards: &["D35"],
    databases: &[Provider::Postgresql, Provider::Sqlserver],
    levels: Levels::WARN,
    fixable: Fixable::Never,
    summary: "a constraint was added without a look at old rows and never validated",
    page: "\
## What it catches

A foreign key or check that a migration added `NOT VALID` (PostgreSQL) or `WITH NOCHECK` (SQL Server), when no later migration validates it.
The newest migration is left alone: its second half belongs into the next one.

## Why it hurts

It looks like a promise and is none: old rows may break it. PostgreSQL's planner does not use it, a dump of the database cannot be
restored when old rows break it, and SQL Server marks it untrusted and plans as if it were not there.

## What to do instead

Validate it in a migration of its own. On PostgreSQL that takes a lock that lets readers and writers through.

## Example

```sql
-- bad: and nothing later
ALTER TABLE \"posts\" ADD CONSTRAINT \"posts_author_fkey\" FOREIGN KEY (\"author_id\") REFERENCES \"users\" (\"id\") NOT VALID;
-- good: the migration after it
ALTER TABLE \"posts\" VALIDATE CONSTRAINT \"posts_author_fkey\";
```

## When to allow it

When old rows are known to break it and shall stay as they are.

## Source

PostgreSQL manual, `ALTER TABLE … VALIDATE CONSTRAINT`; SQL Server, `sys.foreign_keys.is_not_trusted`.
",
    check: Check::History(check),
};

fn check(view: &HistoryView<'_>, found: &mut Findings<'_>) {
    let state = view.state;
    for table in state.tables() {
        for known in table.constraints.iter().filter(|known| is_half_true(known)) {
            let is_newest = state.migration_name(known.born.migration + 1).is_none();
            if !is_newest {
                found.push(finding(view.facts.provider, table, known));
            }
        }
    }
}

fn is_half_true(known: &KnownConstraint) -> bool {
    let can_be =
        matches!(known.constraint.kind, ConstraintKind::ForeignKey | ConstraintKind::Check | ConstraintKind::NotNull);
    can_be && !known.validated && !known.constraint.not_enforced
}

fn finding(provider: Provider, table: &Table, known: &KnownConstraint) -> Finding {
    let constraint = &known.constraint;
    let name = constraint.name.as_ref().map(|name| name.value.clone()).or_else(|| known.likely_name.clone());
    let shown = name.clone().unwrap_or_default();
    let span = constraint.name.as_ref().map_or(constraint.span, |name| name.span);
    let why = match provider {
        Provider::Sqlserver => {
            "SQL Server marks it untrusted: old rows may break it, and queries are planned as if it were not there."
        }
        _ => "Old rows may break it, the planner does not use it, and a dump in which they do cannot be restored.",
    };
    Finding::new(
        span,
        Subject::named(Some(&table.name), &shown),
        format!("{} was never validated: it holds for rows written since only", place(&table.name, &shown)),
    )
    .in_migration(known.born)
    .why(why)
    .help(format!("validate it in a migration of its own:\n{}", validate_sql(provider, &table.name, &shown)))
    .query(state_query(provider, &shown))
}

fn place(table: &Name, constraint: &str) -> String {
    let mut name: Ident = table.object.clone();
    name.value = constraint.to_owned();
    column_of(table, &name)
}

fn validate_sql(provider: Provider, table: &Name, constraint: &str) -> String {
    let (table, constraint) = (quote::name(provider, table), quote::ident(provider, constraint));
    match provider {
        Provider::Sqlserver => format!("ALTER TABLE {table} WITH CHECK CHECK CONSTRAINT {constraint};"),
        _ => format!("ALTER TABLE {table} VALIDATE CONSTRAINT {constraint};"),
    }
}

fn state_query(provider: Provider, constraint: &str) -> String {
    let name = quote::text(provider, constraint);
    match provider {
        Provider::Sqlserver => format!(
            "SELECT name FROM sys.foreign_keys WHERE is_not_trusted = 1 AND name = {name} UNION ALL SELECT name FROM sys.check_constraints WHERE is_not_trusted = 1 AND name = {name};"
        ),
        _ => format!("SELECT conname FROM pg_constraint WHERE NOT convalidated AND conname = {name};"),
    }
}
