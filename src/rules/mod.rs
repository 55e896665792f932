//! The rules: one file per rule, one folder per family. A rule sees the statement model and gives findings, nothing else.
//!
//! To add one, see `src/rules/README.md`: the file with its [`Rule`], its line in the family's `RULES`, its folder under `tests/rules/`.
//! Tests read the folders, so that nothing is forgotten.

mod finding;
mod rule;
mod view;

pub mod data;
pub mod hygiene;
pub mod locks;
pub mod mysql;
pub mod policy;
pub mod prisma;
pub mod sqlite;
pub mod sqlserver;

pub use crate::sql::ServerVersion;
pub use finding::{Edit, Finding, Findings, Fix, FollowUp, Subject};
pub use rule::{Check, Fixable, Level, Levels, PAGE_HEADINGS, Rule};
pub use view::{Facts, HistoryView, LockLimit, MigrationView, OperationView, RevertView, StatementView};

use crate::sql::history_state::{Context, State};
use crate::sql::model::Action;

/// A family of rules: a folder, a range of ids.
pub struct Family {
    /// The folder's name.
    pub name: &'static str,
    /// For the documentation.
    pub title: &'static str,
    /// The hundred of its ids: `PS1xx` is 1.
    pub hundred: u16,
    /// Sorted by slug.
    pub rules: &'static [&'static Rule],
}

/// All families, in the order of the documentation.
pub const FAMILIES: &[Family] = &[
    Family { name: "policy", title: "The policy", hundred: 0, rules: policy::RULES },
    Family { name: "data", title: "Data and compatibility", hundred: 1, rules: data::RULES },
    Family { name: "locks", title: "Locks and rewrites (PostgreSQL)", hundred: 2, rules: locks::RULES },
    Family { name: "hygiene", title: "Hygiene", hundred: 3, rules: hygiene::RULES },
    Family { name: "prisma", title: "What Prisma will do with the file", hundred: 4, rules: prisma::RULES },
    Family { name: "mysql", title: "MySQL and MariaDB", hundred: 5, rules: mysql::RULES },
    Family { name: "sqlite", title: "SQLite", hundred: 6, rules: sqlite::RULES },
    Family { name: "sqlserver", title: "SQL Server", hundred: 7, rules: sqlserver::RULES },
];

/// Every rule.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    FAMILIES.iter().flat_map(|family| family.rules.iter().copied())
}

/// A rule by its slug or its id.
#[must_use]
pub fn find(name: &str) -> Option<&'static Rule> {
    all().find(|rule| rule.slug == name || rule.id.eq_ignore_ascii_case(name))
}

/// Runs rules over one migration. `state` is the history before it and becomes the history with it; `name` and `pending` are
/// what it is called in that history.
///
/// Levels and directives are not applied here.
#[must_use]
pub fn check(rules: &[&'static Rule], view: &MigrationInput<'_>, state: &mut State) -> Vec<(&'static Rule, Finding)> {
    let mut found = Vec::new();
    let judgement = crate::sql::analysis::judge(view.script, state, view.facts.prisma);
    state.begin_migration(view.name, view.pending);
    for statement in &view.script.statements {
        let statement_view = StatementView {
            facts: view.facts,
            migration: view.name,
            context: Context { script: view.script, statement, state },
            judgement: &judgement,
            pending_before: view.pending_before,
        };
        for &rule in rules {
            let mut findings = Findings::new(rule, Some(statement.index), &mut found);
            match rule.check {
                Check::Operation(check) => {
                    for operation in &statement.operations {
                        if !matches!(operation.action, Action::Step { .. }) {
                            check(&OperationView { statement: statement_view, operation }, &mut findings);
                        }
                    }
                }
                Check::Statement(check) => check(&statement_view, &mut findings),
                Check::Migration(_) | Check::History(_) => {}
            }
        }
        state.apply(view.script, statement);
    }
    let migration_view = MigrationView {
        facts: view.facts,
        name: view.name,
        script: view.script,
        state,
        judgement: &judgement,
        revert: view.revert,
        earlier: view.earlier,
        pending_before: view.pending_before,
    };
    for &rule in rules {
        if let Check::Migration(check) = rule.check {
            check(&migration_view, &mut Findings::new(rule, None, &mut found));
        }
    }
    found.sort_by_key(|(rule, finding)| (finding.span, rule.id));
    found
}

/// Runs the rules that look at the whole history, once, after its last migration.
#[must_use]
pub fn check_history(rules: &[&'static Rule], facts: &Facts, state: &State) -> Vec<(&'static Rule, Finding)> {
    let mut found = Vec::new();
    for &rule in rules {
        if let Check::History(check) = rule.check {
            check(&HistoryView { facts, state }, &mut Findings::new(rule, None, &mut found));
        }
    }
    found.sort_by_key(|(rule, finding)| (finding.migration, finding.span, rule.id));
    found
}

/// What [`check`] needs to know of a migration.
#[derive(Clone, Copy)]
pub struct MigrationInput<'a> {
    /// What is known beside the SQL.
    pub facts: &'a Facts,
    /// Folder name, or the file's name.
    pub name: &'a str,
    /// Its statements.
    pub script: &'a crate::sql::model::Script,
    /// The database that is judged for does not have it yet.
    pub pending: bool,
    /// Its revert script.
    pub revert: RevertView<'a>,
    /// Names of the migrations before it, in order.
    pub earlier: &'a [String],
    /// The scripts before it that are pending too, in order.
    pub pending_before: &'a [(String, crate::sql::model::Script)],
}
