//! A server that the user names. Databases there are called `prisma_safe_verify_<time><number>_…`, and nothing else is touched.
//!
//! A run holds a lock on the server under its own number for as long as its connection lives, and takes it before it makes a database. A
//! database of that name whose lock nobody holds belongs to a run that was killed, and the next run drops it. On Ctrl-C they are dropped at once.

use std::collections::BTreeMap;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
#[cfg(unix)]
use std::sync::atomic::{AtomicBool, Ordering};
#[cfg(unix)]
use std::sync::{Arc, LazyLock};
use std::time::{SystemTime, UNIX_EPOCH};

use super::on_server::{Connector, OnServer, drop_sql};
use super::{Session, SqlFailure, Throwaway};
use crate::database::ServerOptions;
use crate::environment::Marker;
use crate::project::Provider;
use crate::revert::VerifyError;

const PREFIX: &str = "prisma_safe_verify_";
/// The first half of PostgreSQL's advisory lock: `psvf`.
const CLASS: u32 = 0x7073_7666;

/// A server that the user names.
#[derive(Debug, Clone)]
pub struct Named {
    /// How it is reached.
    pub options: ServerOptions,
    /// What people call it: the variable that holds its URL.
    pub called: String,
}

/// The part of the names that tells runs apart: seconds since 1970 and a random number, in eight hexadecimal digits each.
fn run_name() -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let random = RandomState::new().build_hasher().finish();
    format!("{:08x}{:08x}", seconds & 0xffff_ffff, random & 0xffff_ffff)
}

/// The run that a database belongs to; `None`: it is none of ours.
fn run_of(database: &str) -> Option<&str> {
    let (run, rest) = database.strip_prefix(PREFIX)?.split_at_checked(16)?;
    let number = rest.strip_prefix('_')?;
    let is_hex = run.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    (is_hex && (number == "base" || is_number)).then_some(run)
}

/// PostgreSQL's lock has a number of 32 bits.
fn lock_number(run: &str) -> u32 {
    run.get(8..).and_then(|hex| u32::from_str_radix(hex, 16).ok()).unwrap_or(0)
}

/// The right to databases of one name, and their end on a signal.
pub(super) struct Lease {
    prefix: String,
    #[cfg(unix)]
    signals: Option<signal_hook::iterator::Handle>,
}

impl Lease {
    /// What all databases begin with.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    fn take(admin: &mut dyn Session, options: &ServerOptions) -> Result<Self, VerifyError> {
        let run = run_name();
        let sql = match options {
            ServerOptions::Postgres(_) => format!(
                "SELECT pg_try_advisory_lock({}, {})::text",
                CLASS.cast_signed(),
                lock_number(&run).cast_signed()
            ),
            ServerOptions::MySql(_) => format!("SELECT cast(GET_LOCK('{PREFIX}{run}', 0) AS char)"),
        };
        let taken = admin.query(&sql).map_err(|failure| VerifyError::Sql { doing: "lock its name", failure })?;
        if !matches!(taken.into_iter().flatten().flatten().next().as_deref(), Some("true" | "1")) {
            let failure = SqlFailure { said: format!("the lock of run {run} is taken"), at: None };
            return Err(VerifyError::Sql { doing: "lock its name", failure });
        }
        let prefix = format!("{PREFIX}{run}");
        Ok(Lease {
            #[cfg(unix)]
            signals: on_signal(options.clone(), prefix.clone()),
            prefix,
        })
    }
}

#[cfg(unix)]
impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(handle) = &self.signals {
            handle.close();
        }
        BY_DEFAULT.store(true, Ordering::SeqCst);
    }
}

/// Whether a signal does what it does by default. A handler once installed cannot be taken out again, so it asks this.
#[cfg(unix)]
static BY_DEFAULT: LazyLock<Arc<AtomicBool>> = LazyLock::new(|| {
    let flag = Arc::new(AtomicBool::new(true));
    for signal in ENDING {
        let _ = signal_hook::flag::register_conditional_default(signal, Arc::clone(&flag));
    }
    flag
});

#[cfg(unix)]
const ENDING: [i32; 3] = [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM, signal_hook::consts::SIGHUP];

/// On Ctrl-C the databases go before we do: from a thread, since the others wait for the server.
#[cfg(unix)]
fn on_signal(options: ServerOptions, prefix: String) -> Option<signal_hook::iterator::Handle> {
    BY_DEFAULT.store(false, Ordering::SeqCst);
    let Ok(mut signals) = signal_hook::iterator::Signals::new(ENDING) else {
        BY_DEFAULT.store(true, Ordering::SeqCst);
        return None;
    };
    let handle = signals.handle();
    std::thread::spawn(move || {
        if let Some(signal) = signals.forever().next() {
            if let Ok(connector) = Connector::new(options, None)
                && let Ok(mut admin) = connector.admin()
            {
                // Something of ours may still be at work there: PostgreSQL ends it, MySQL is not waited for.
                let _ = admin.execute("SET lock_wait_timeout = 3");
                let all = databases(connector.provider(), &mut *admin).unwrap_or_default();
                for name in all.iter().filter(|name| name.starts_with(&prefix)) {
                    let _ = admin.execute(&drop_sql(connector.provider(), name));
                }
            }
            let _ = signal_hook::low_level::emulate_default_handler(signal);
        }
    });
    Some(handle)
}

/// Makes a place on that server. Drops what killed runs have left there first.
///
/// # Errors
/// [`VerifyError::Sql`] when the server does not let us.
pub fn open_named(named: &Named, schema: Option<&str>) -> Result<Box<dyn Throwaway>, VerifyError> {
    clean_named(named)?;
    let connector = Connector::new(named.options.clone(), schema)?;
    let mut admin = connector.admin().map_err(connecting)?;
    let lease = Lease::take(&mut *admin, &named.options)?;
    Ok(Box::new(OnServer::of_lease(connector, admin, lease, &named.called)?))
}

/// Drops the databases of killed runs: by their name, and because nobody holds the lock of that run. Their names.
///
/// # Errors
/// [`VerifyError::Sql`] when the server does not answer.
pub fn clean_named(named: &Named) -> Result<Vec<String>, VerifyError> {
    let connector = Connector::new(named.options.clone(), None)?;
    let provider = connector.provider();
    let mut admin = connector.admin().map_err(connecting)?;
    let cleaning = |failure| VerifyError::Sql { doing: "look for what killed runs have left", failure };
    let mut alive: BTreeMap<String, bool> = BTreeMap::new();
    let mut dropped = Vec::new();
    for name in databases(provider, &mut *admin).map_err(cleaning)? {
        let Some(run) = run_of(&name) else { continue };
        let lives = match alive.get(run) {
            Some(lives) => *lives,
            None => is_alive(provider, &mut *admin, run).map_err(cleaning)?,
        };
        alive.insert(run.to_owned(), lives);
        // Another run may be dropping it at this moment, or another user may own it.
        if !lives && admin.execute(&drop_sql(provider, &name)).is_ok() {
            dropped.push(name);
        }
    }
    Ok(dropped)
}

fn connecting(failure: SqlFailure) -> VerifyError {
    VerifyError::Sql { doing: "connect", failure }
}

fn is_alive(provider: Provider, admin: &mut dyn Session, run: &str) -> Result<bool, SqlFailure> {
    let sql = match provider {
        Provider::Postgresql => format!(
            "SELECT 'held' FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2 AND granted \
             AND classid = {CLASS}::oid AND objid = {}::oid",
            lock_number(run)
        ),
        _ => format!("SELECT 'held' FROM (SELECT IS_USED_LOCK('{PREFIX}{run}') AS id) l WHERE l.id IS NOT NULL"),
    };
    Ok(!admin.query(&sql)?.is_empty())
}

fn databases(provider: Provider, admin: &mut dyn Session) -> Result<Vec<String>, SqlFailure> {
    let sql = match provider {
        Provider::Postgresql => "SELECT datname::text FROM pg_database WHERE NOT datistemplate ORDER BY 1",
        _ => "SELECT schema_name FROM information_schema.schemata ORDER BY 1",
    };
    Ok(admin.query(sql)?.into_iter().flatten().flatten().collect())
}

/// What is on a server besides us.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServerSurvey {
    /// All databases but ours and the server's own.
    pub databases: Vec<String>,
    /// Those that carry a mark.
    pub marked: Vec<(String, Marker)>,
    /// Those that could not be looked into, and why.
    pub hidden: Vec<(String, String)>,
}

/// Looks into every database of the server for the mark of an environment.
///
/// # Errors
/// [`VerifyError::Sql`] when the server does not answer.
pub fn survey(named: &Named) -> Result<ServerSurvey, VerifyError> {
    let connector = Connector::new(named.options.clone(), None)?;
    let mut admin = connector.admin().map_err(connecting)?;
    let looking = |failure| VerifyError::Sql { doing: "look at its databases", failure };
    let own = ["information_schema", "mysql", "performance_schema", "sys"];
    let provider = connector.provider();
    let all = databases(provider, &mut *admin).map_err(looking)?;
    let is_others = |name: &String| run_of(name).is_none() && !own.contains(&name.as_str());
    let mut found = ServerSurvey { databases: all.into_iter().filter(is_others).collect(), ..Default::default() };
    let note = |found: &mut ServerSurvey, database: &str, comments: Vec<String>| {
        found.marked.extend(comments.iter().filter_map(|text| Some((database.to_owned(), Marker::parse(text)?))));
    };
    if provider == Provider::Postgresql {
        let comments = "SELECT obj_description(oid, 'pg_class') FROM pg_class WHERE relname = '_prisma_migrations' AND relkind IN ('r', 'p')";
        for database in found.databases.clone() {
            match connector.database(&database, None).and_then(|mut open| open.query(comments)) {
                Ok(rows) => note(&mut found, &database, rows.into_iter().flatten().flatten().collect()),
                Err(failure) => found.hidden.push((database, failure.said)),
            }
        }
        return Ok(found);
    }
    let comments =
        "SELECT table_schema, table_comment FROM information_schema.tables WHERE table_name = '_prisma_migrations'";
    for row in admin.query(comments).map_err(looking)? {
        if let Ok([Some(database), Some(comment)]) = <[Option<String>; 2]>::try_from(row)
            && run_of(&database).is_none()
        {
            note(&mut found, &database, vec![comment]);
        }
    }
    let may_see_all = "SELECT 'yes' FROM information_schema.user_privileges WHERE privilege_type = 'SELECT'";
    if admin.query(may_see_all).map_err(looking)?.is_empty() {
        let why = "the user of the URL has no right to see all of them".to_owned();
        found.hidden.push(("other databases".to_owned(), why));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_ours_are_ours() {
        assert_eq!(run_of("prisma_safe_verify_0123456789abcdef_base"), Some("0123456789abcdef"));
        assert_eq!(run_of("prisma_safe_verify_0123456789abcdef_12"), Some("0123456789abcdef"));
        for name in [
            "prisma_safe_verify_0123456789abcdef",
            "prisma_safe_verify_0123456789abcdef_",
            "prisma_safe_verify_0123456789abcdef_old",
            "prisma_safe_verify_0123456789abcdeg_1",
            "prisma_safe_verify_notes_1",
            "prisma_safe_verify_base",
            "prisma_safe_verify_0123456789abcdé_1",
            "shop",
        ] {
            assert_eq!(run_of(name), None, "{name}");
        }
        assert!(run_of(&format!("{PREFIX}{}_1", run_name())).is_some());
        assert_eq!(lock_number("00000000ffffffff"), u32::MAX);
    }
}
