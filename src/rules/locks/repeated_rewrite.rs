//! The same table written again by several statements.

use std::collections::{HashMap, HashSet};

use super::shared_holds::holds;
use super::shared_sql::{POSTGRESQL, table as quoted_table};
use crate::rules::{Check, Finding, Findings, Fixable, Levels, MigrationView, Rule, Subject};
use crate::sql::history_state::Context;
use crate::sql::lock_facts::postgres::Work;
use crate::sql::model::{Action, Name, Statement};

/// See its page.
pub const RULE: Rule = Rule {
    slug: "repeated-rewrite",
    id: "PS231",
    hazards: &["L32"],
    databases: POSTGRESQL,
    levels: Levels::WARN,
    fixable: Fixable::Never,
    summary: "several statements write the same table again, where one would do",
    page: r#"## What it catches
Two or more statements of a migration that each write all of the same table again (type changes, volatile defaults, stored columns), on a table that existed before the pending migrations.

## Why it hurts
Each one copies the whole table and builds all its indexes under an ACCESS EXCLUSIVE lock. One `ALTER TABLE` with all clauses does it once.

## What to do instead
Put the clauses into one `ALTER TABLE`.

## Example
```sql
ALTER TABLE "orders" ALTER COLUMN "total" TYPE BIGINT, ALTER COLUMN "tax" TYPE BIGINT;
```

## When to allow it
The table is small.

## Source
PostgreSQL manual, ALTER TABLE: "multiple table scans or rewrites can thereby be combined into a single pass over the table".
"#,
    check: Check::Migration(check),
};

fn check(view: &MigrationView<'_>, findings: &mut Findings<'_>) {
    let mut first: HashMap<&Name, &Statement> = HashMap::new();
    let mut told: HashSet<&Name> = HashSet::new();
    for statement in &view.script.statements {
        let Some(table) = rewrites(view, statement) else { continue };
        let Some(earlier) = first.get(table) else {
            first.insert(table, statement);
            continue;
        };
        if !told.insert(table) {
            continue;
        }
        let line = view.script.line_column(earlier.span.start).0;
        let mut finding =
            Finding::new(table.span(), Subject::table(table), format!("`{table}` is written again here for a second time"))
                .why(format!(
                    "Line {line} already writes the whole table and all its indexes again while nobody can use it; this statement does the same \
                     once more."
                ))
                .help(if changes_what_it_adds(earlier, statement) {
                    "Add the column with its last type and default at once.".to_owned()
                } else {
                    format!(
                        "One statement does both at once:\nALTER TABLE {} {}, {};",
                        quoted_table(table),
                        clauses(view, earlier),
                        clauses(view, statement)
                    )
                });
        finding.statement = Some(statement.index);
        findings.push(finding);
    }
}

/// The table that a statement writes again. The state is the one after the file.
fn rewrites<'a>(view: &MigrationView<'_>, statement: &'a Statement) -> Option<&'a Name> {
    let context = Context { script: view.script, statement, state: view.state };
    statement.operations.iter().find_map(|operation| {
        let alter = matches!(operation.action, Action::AddColumn { .. } | Action::AlterColumnType { .. });
        let held = if alter { holds(&context, view.facts, &operation.action) } else { Vec::new() };
        held.first().filter(|hold| hold.work == Work::Rewrite).map(|hold| hold.table)
    })
}

/// The later statement is about a column that the earlier one adds: PostgreSQL takes no such pair in one statement.
fn changes_what_it_adds(earlier: &Statement, later: &Statement) -> bool {
    later.operations.iter().any(|operation| match &operation.action {
        Action::AlterColumnType { column, .. } => earlier.operations.iter().any(|other| match &other.action {
            Action::AddColumn { column: added, .. } => added.name == *column,
            _ => false,
        }),
        _ => false,
    })
}

fn clauses(view: &MigrationView<'_>, statement: &Statement) -> String {
    let texts: Vec<_> = statement.operations.iter().map(|o| clause(view.script.slice(o.span))).collect();
    texts.join(", ")
}

/// A clause without the `ALTER TABLE name` before it.
fn clause(sql: &str) -> &str {
    let upper = sql.to_ascii_uppercase();
    let starts = ["ALTER COLUMN ", "ADD COLUMN ", "SET "].iter().filter_map(|word| upper.find(word));
    starts.min().map_or(sql.trim(), |at| sql[at..].trim())
}
