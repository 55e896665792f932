//! How large the tables are that the pending migrations work on, and what their rows say: asked of the target on a connection of its own, so
//! that the one with the deploy lock is never given up for a slow question.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc::Receiver;

use super::Ground;
use super::checks::{self, Checked};
use crate::database::{self, ConnectOptions, Rows, Size, TableRef};
use crate::deploy::plan_checks::DataCheck;
use crate::environment::DatabaseUrl;
use crate::settings::format_size;
use crate::shell::count;
use crate::sql::model::Name;

/// What the target says.
#[derive(Debug, Clone)]
pub struct ImpactEvidence {
    /// The tables that are there, as [`table`] calls them; or why that cannot be told.
    pub sizes: Result<BTreeMap<TableRef, Size>, String>,
    /// The questions about rows, with their answers.
    pub checks: Vec<Checked>,
}

/// How a table is asked for.
#[must_use]
pub fn table(name: &Name) -> TableRef {
    let schema = name.schema.as_ref().or(name.default_schema.0.as_ref());
    TableRef { schema: schema.map(|schema| schema.value.clone()), name: name.object.value.clone() }
}

/// The same of a name as findings print it.
#[must_use]
pub fn named(text: &str) -> TableRef {
    match text.rsplit_once('.') {
        Some((schema, name)) => TableRef { schema: Some(schema.to_owned()), name: name.to_owned() },
        None => TableRef { schema: None, name: text.to_owned() },
    }
}

/// A size for people: `12.4 M rows, 3.1 GB`.
#[must_use]
pub fn measured(size: &Size) -> String {
    let rows = match size.rows {
        Rows::Exactly(rows) => counted(rows),
        Rows::About(rows) => format!("about {}", counted(rows)),
        Rows::AtLeast(rows) => format!("more than {}", counted(rows)),
        Rows::AtMost(_) => "rows not known, never analyzed".to_owned(),
    };
    size.bytes.map_or_else(|| rows.clone(), |bytes| format!("{rows}, {}", format_size(bytes)))
}

/// `950 rows`, `12 k rows`, `12.4 M rows`.
#[must_use]
pub fn counted(rows: u64) -> String {
    let tenths = |unit: u64| match (rows / (unit / 10), unit) {
        (tenths, _) if tenths >= 1000 || tenths.is_multiple_of(10) => format!("{}", tenths / 10),
        (tenths, _) => format!("{}.{}", tenths / 10, tenths % 10),
    };
    match rows {
        0..10_000 => count(usize::try_from(rows).unwrap_or(usize::MAX), "row"),
        10_000..1_000_000 => format!("{} k rows", rows / 1000),
        1_000_000..1_000_000_000 => format!("{} M rows", tenths(1_000_000)),
        _ => format!("{} G rows", tenths(1_000_000_000)),
    }
}

/// What the rules want to know beside what the plan asks.
#[derive(Debug, Default)]
pub(super) struct Wishes {
    /// Tables of conditions in directives.
    pub tables: Vec<TableRef>,
    /// Questions of findings.
    pub checks: Vec<DataCheck>,
}

/// What is asked, before anything is.
pub(super) struct Probe<'a> {
    url: &'a DatabaseUrl,
    options: ConnectOptions,
    schema: Option<String>,
    tables: BTreeSet<TableRef>,
    checks: Vec<DataCheck>,
}

impl<'a> Probe<'a> {
    /// What the plan asks. `None`: there is no database to ask yet.
    pub(super) fn new(ground: &Ground<'a>) -> Option<Self> {
        if !ground.target.exists() {
            return None;
        }
        let planned = &ground.plan.migrations;
        let locks = planned.iter().flat_map(|planned| &planned.locks);
        let timeout = ground.target.environment().impact.check_timeout.value;
        Some(Probe {
            url: ground.target.url(),
            options: ConnectOptions { statement_timeout: timeout, ..ConnectOptions::default() },
            schema: ground.target.survey().server.schema.clone(),
            tables: locks.flat_map(|lock| [Some(&lock.table), lock.worked.as_ref()]).flatten().map(table).collect(),
            checks: planned.iter().flat_map(|planned| planned.checks.iter().cloned()).collect(),
        })
    }

    /// Connects while the rules judge, then asks everything together.
    pub(super) fn ask(self, wishes: &Receiver<Wishes>) -> ImpactEvidence {
        let mut connection = None;
        let connect = || database::connect(self.url, self.options);
        if !self.tables.is_empty() || !self.checks.is_empty() {
            connection = Some(connect());
        }
        let wishes = wishes.recv().unwrap_or_default();
        let tables: Vec<TableRef> = self.tables.iter().cloned().chain(wishes.tables).collect();
        let asked: Vec<DataCheck> = self.checks.iter().cloned().chain(wishes.checks).collect();
        if tables.is_empty() && asked.is_empty() {
            return ImpactEvidence { sizes: Ok(BTreeMap::new()), checks: Vec::new() };
        }
        let mut database = match connection.unwrap_or_else(connect) {
            Ok(database) => database,
            Err(error) => {
                let found = Err(error.to_string());
                let checks = asked.into_iter().map(|check| Checked { check, found: found.clone() }).collect();
                return ImpactEvidence { sizes: Err(error.to_string()), checks };
            }
        };
        let (provider, schema) = (self.url.provider(), self.schema.as_deref());
        let sizes = database::sizes(&mut *database, provider, schema, &tables).map_err(|error| error.to_string());
        let checks = checks::ask(&mut *database, provider, schema, asked);
        ImpactEvidence { sizes, checks }
    }
}
