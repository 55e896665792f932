//! P3005: a database with tables and without a history. The migrations are replayed on a throwaway database; those whose result *is*
//! the database are what it contains, and no others.

use crate::migrations::MigrationsFolder;
use crate::project::Provider;
use crate::revert::VerifyError;
use crate::revert::compare;
use crate::revert::prove;
use crate::revert::snapshot::{self, Snapshot};
use crate::revert::throwaway::{self, SqlFailure};
use crate::sql;
use crate::sql::analysis::PrismaVersion;
use crate::sql::quote::ident;

/// What each database has its own of, and migrations say nothing about.
const OF_THE_PLACE: [&str; 7] =
    ["grants", "owning role", "comment", "storage", "storage options", "statistics target", "replica identity"];
/// Kinds of objects of which the same is true.
const KINDS_OF_THE_PLACE: [&str; 4] = ["grants", "default privileges", "publication", "database"];

/// What came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Comparison {
    /// It is what these leave behind.
    Same {
        /// All migrations up to the one after which the schema is that of the database.
        contained: Vec<String>,
        /// Those right after them that change rows only: the catalogue does not tell whether they ran.
        rows_only: Vec<String>,
    },
    /// It is what none of them leaves behind.
    Other {
        /// The one after which it is nearest; `None`: an empty database.
        nearest: Option<String>,
        /// What differs there.
        differences: Vec<String>,
    },
    /// A migration does not run on an empty database (as in P3006), and none before it is the database.
    DoesNotRun {
        /// Which.
        name: String,
        /// What the throwaway database said.
        said: String,
    },
}

/// Replays the migrations and compares after each.
///
/// # Errors
/// [`VerifyError`] when there is no throwaway database, or it fails.
pub fn compare(
    provider: Provider,
    prisma: Option<PrismaVersion>,
    schema: Option<&str>,
    folder: &MigrationsFolder,
    live: &Snapshot,
) -> Result<Comparison, VerifyError> {
    let live = &relevant(live);
    let mut place = throwaway::open(provider)?;
    let session = place.base()?;
    let own_schema = schema.filter(|schema| provider == Provider::Postgresql && *schema != "public");
    if let Some(schema) = own_schema {
        execute(session, &format!("CREATE SCHEMA {}", ident(provider, schema)))?;
    }
    let mut nearest: (usize, Option<String>, Vec<String>) =
        distance(&relevant(&snapshot::take(provider, session)?), live, None);
    let mut same: Option<(usize, Snapshot)> = None;
    for (at, migration) in folder.migrations.iter().enumerate() {
        if let Some(schema) = own_schema {
            execute(session, &format!("SET search_path TO {}", ident(provider, schema)))?;
        }
        let stopped = match migration.script.as_ref().map_err(|problem| format!("it {problem}")) {
            Ok(bytes) => match sql::read(provider, bytes) {
                Ok(script) => prove::replay(session, &script, prisma).err(),
                Err(error) => Some(error.to_string()),
            },
            Err(problem) => Some(problem),
        };
        if let Some(said) = stopped {
            if same.is_none() {
                return Ok(Comparison::DoesNotRun { name: migration.name.clone(), said });
            }
            break;
        }
        session.renew().map_err(|failure| VerifyError::Sql { doing: "connect", failure })?;
        let now = relevant(&snapshot::take(provider, session)?);
        match &same {
            Some((_, then)) if *then != now => return Ok(contained(folder, same.as_ref(), at)),
            Some(_) => {}
            None => {
                let found = distance(&now, live, Some(&migration.name));
                if found.0 == 0 {
                    same = Some((at, now));
                } else if found.0 < nearest.0 {
                    nearest = found;
                }
            }
        }
    }
    if same.is_some() {
        return Ok(contained(folder, same.as_ref(), folder.migrations.len()));
    }
    Ok(Comparison::Other { nearest: nearest.1, differences: nearest.2 })
}

fn contained(folder: &MigrationsFolder, same: Option<&(usize, Snapshot)>, end: usize) -> Comparison {
    let names = |range: std::ops::Range<usize>| folder.migrations[range].iter().map(|m| m.name.clone()).collect();
    let first = same.map_or(0, |(at, _)| at + 1);
    Comparison::Same { contained: names(0..first), rows_only: names(first..end) }
}

fn distance(replayed: &Snapshot, live: &Snapshot, name: Option<&str>) -> (usize, Option<String>, Vec<String>) {
    let differences = compare::schemas(replayed, live).real;
    let differences: Vec<String> = differences.iter().map(|text| worded(text)).collect();
    (differences.len(), name.map(str::to_owned), differences)
}

/// The words of a revert's comparison, for two places instead of two moments.
pub(in crate::deploy) fn worded(text: &str) -> String {
    text.replace(" is there and was not before", " is in the database and not in the migrations")
        .replace(" is gone", " is in the migrations and not in the database")
        .replace(" and was `", " in the database and in the migrations `")
        .replace(" and had none", " in the database and none in the migrations")
}

/// What a migration can say something about.
pub(in crate::deploy) fn relevant(snapshot: &Snapshot) -> Snapshot {
    let mut snapshot = snapshot.clone();
    snapshot.objects.retain(|object, _| !KINDS_OF_THE_PLACE.contains(&object.kind.as_str()));
    for attributes in snapshot.objects.values_mut() {
        attributes.retain(|name, _| !OF_THE_PLACE.contains(&name.as_str()));
    }
    snapshot
}

fn execute(session: &mut dyn throwaway::Session, sql: &str) -> Result<(), VerifyError> {
    session.execute(sql).map_err(|failure: SqlFailure| VerifyError::Sql { doing: "make a schema", failure })
}
