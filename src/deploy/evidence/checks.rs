//! Questions about the rows, asked of the target: findings whose hazard only the data decides. A positive answer means that the migration
//! would fail, or change values, there and now.
//!
//! To add one: a rule whose finding carries a query, and its line in `RULES`.

use std::time::{Duration, Instant};

use crate::database::{Database, count_rows};
use crate::deploy::plan_checks::DataCheck;
use crate::project::Provider;
use crate::rules::Finding;

/// An answer that is higher is not counted to its end.
pub const COUNTED: u64 = 10_000;
/// After this, what is left is not asked.
const PATIENCE: Duration = Duration::from_secs(60);

/// A question with its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// The question.
    pub check: DataCheck,
    /// How many there are, at most one more than [`COUNTED`]; or why that cannot be told.
    pub found: Result<u64, String>,
}

/// What the rows are that a rule's query finds, after their number: noun and rest.
type Words = fn(&Finding) -> (&'static str, String);

/// The rules whose query decides, and what it finds.
const RULES: &[(&str, Words)] = &[
    ("add-required-column", |finding| {
        ("row", format!("in {} and no value for the new {}", table(finding), column(finding)))
    }),
    ("change-collation", |finding| ("group", format!("of values of {} becoming equal", column(finding)))),
    ("narrow-type", |finding| {
        ("row", format!("of {} with a value that {} will not take", table(finding), column(finding)))
    }),
    ("not-null-over-nulls", |finding| ("row", format!("of {} with NULL in {}", table(finding), column(finding)))),
    ("null-into-required", |finding| ("row", format!("of {} with NULL in {}", table(finding), column(finding)))),
    ("remove-enum-value", |_| ("row", "with a value that is taken out".to_owned())),
    ("unchecked-foreign-key", |finding| ("row", format!("of {} pointing nowhere", table(finding)))),
    ("unique-over-duplicates", |finding| {
        ("value", format!("more than once in {}, for a key that must be unique", table(finding)))
    }),
];

fn table(finding: &Finding) -> String {
    finding.subject.table.as_ref().map_or_else(|| "the table".to_owned(), |name| format!("`{name}`"))
}

fn column(finding: &Finding) -> String {
    finding.subject.column.as_ref().map_or_else(|| "the column".to_owned(), |name| format!("`{name}`"))
}

/// The slugs of the rules whose query decides.
pub fn rules() -> impl Iterator<Item = &'static str> {
    RULES.iter().map(|(slug, _)| *slug)
}

/// The questions of a finding: one for each line of its query.
#[must_use]
pub fn of_finding(slug: &str, finding: &Finding, migration: &str, line: usize) -> Vec<DataCheck> {
    let (Some((_, words)), Some(query)) = (RULES.iter().find(|(known, _)| *known == slug), &finding.query) else {
        return Vec::new();
    };
    let (noun, finds) = words(finding);
    let parts = query.split(";\n").map(|part| part.trim().trim_end_matches(';')).filter(|part| !part.is_empty());
    parts
        .map(|part| DataCheck {
            migration: migration.to_owned(),
            line,
            noun,
            finds: finds.clone(),
            rows: match part.strip_prefix("SELECT count(*) FROM ") {
                Some(rest) => format!("SELECT 1 FROM {rest}"),
                None => part.to_owned(),
            },
        })
        .collect()
}

/// Asks them, one after the other, on a connection whose statements end in time by themselves.
pub(super) fn ask(
    database: &mut dyn Database,
    provider: Provider,
    schema: Option<&str>,
    checks: Vec<DataCheck>,
) -> Vec<Checked> {
    let began = Instant::now();
    let mut answers: Vec<Checked> = Vec::new();
    for check in checks {
        // Two rules may ask the same.
        if let Some(same) = answers.iter().find(|answer| answer.check.rows == check.rows) {
            let found = same.found.clone();
            if same.check != check {
                answers.push(Checked { check, found });
            }
            continue;
        }
        let found = if began.elapsed() > PATIENCE {
            Err(format!("not asked, since the questions before it took {} seconds", PATIENCE.as_secs()))
        } else {
            answer(database, provider, schema, &check.rows)
        };
        answers.push(Checked { check, found });
    }
    answers
}

fn answer(database: &mut dyn Database, provider: Provider, schema: Option<&str>, rows: &str) -> Result<u64, String> {
    let bounded = format!("{rows}\nLIMIT {}", COUNTED + 1);
    count_rows(database, provider, schema, "look at the rows", &bounded).map_err(|error| error.to_string())
}
