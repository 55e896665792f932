//! Whether a migration that failed has provably left nothing behind, so that its mark may be taken back and it may be tried again.

use std::time::Duration;

use crate::database::Server;
use crate::history::{History, State};
use crate::prisma::PrismaError;
use crate::project::Provider;
use crate::sql;
use crate::sql::analysis::{self, AfterFailure, PrismaVersion};
use crate::sql::history_state;
use crate::sql::model::{Action, Within};

/// `lock_not_available`, PostgreSQL manual, appendix A.
const POSTGRES_LOCK_TIMEOUT: &str = "55P03";
/// `ER_LOCK_WAIT_TIMEOUT`, MySQL server error reference and MariaDB.
const MYSQL_LOCK_TIMEOUT: &str = "1205";

/// The one migration that a run failed at, when the ledger agrees that it is the only one.
pub(super) fn failed_migration(error: &PrismaError, after: &History) -> Option<String> {
    let PrismaError::Failed { failure, .. } = error else { return None };
    if failure.code.as_deref() != Some("P3018") {
        return None;
    }
    let named = failure.migration.as_deref()?;
    let mut failed = after.failed();
    let entry = failed.next().filter(|entry| entry.name == named && entry.state == State::Failed)?;
    failed.next().is_none().then(|| entry.name.clone())
}

/// Whether it failed because it did not get a lock in time, by the database's own code.
pub(super) fn is_lock_timeout(error: &PrismaError) -> bool {
    let PrismaError::Failed { failure, .. } = error else { return false };
    matches!(failure.database_code.as_deref(), Some(POSTGRES_LOCK_TIMEOUT | MYSQL_LOCK_TIMEOUT))
}

/// Whether nothing of a migration can have stayed, whichever of its statements failed: by the way in which this Prisma sends it to this server, and
/// by what its statements are.
pub(super) fn leaves_nothing(provider: Provider, server: &Server, prisma: Option<PrismaVersion>, text: &str) -> bool {
    // CockroachDB speaks PostgreSQL's language and has other transactions.
    if !matches!(
        (provider, &*server.product),
        (Provider::Postgresql, "PostgreSQL") | (Provider::Mysql, "MySQL" | "MariaDB")
    ) {
        return false;
    }
    let Ok(script) = sql::read(provider, text.as_bytes()) else { return false };
    let understood = script.statements.iter().all(sql::model::Statement::is_understood);
    let after = analysis::judge(&script, &history_state::State::new(provider), prisma).after_failure;
    understood
        && after.iter().all(|after| matches!(after, AfterFailure::Unchanged { .. }))
        && script.operations().all(|(_, operation)| ends_whole(&operation.action, operation.within))
}

/// Whether an operation that fails takes everything back that it did. Several transactions of their own, or steps outside of any, do not.
fn ends_whole(action: &Action, within: Within) -> bool {
    match action.alone() {
        Action::CreateIndex(index) => !index.concurrently,
        Action::DropIndex { concurrently, .. }
        | Action::Reindex { concurrently, .. }
        | Action::DetachPartition { concurrently, .. }
        | Action::RefreshView { concurrently, .. } => !concurrently,
        Action::Vacuum { .. }
        | Action::Cluster { .. }
        | Action::Call { .. }
        | Action::ExecuteDynamic { .. }
        | Action::ClientCommand { .. }
        | Action::Unknown => false,
        // A block that commits in its midst.
        Action::Commit | Action::Rollback { .. } => within == Within::File,
        _ => true,
    }
}

/// How long to wait before the next try: twice as long each time up to a minute, and a quarter more or less, so that two deploys do not keep meeting.
pub(super) fn pause(tries: u64) -> Duration {
    use std::hash::{BuildHasher as _, RandomState};
    const FIRST: u64 = 1_000;
    const LONGEST: u64 = 60_000;
    let base = FIRST.saturating_mul(1 << tries.saturating_sub(1).min(10)).min(LONGEST);
    let drawn = RandomState::new().hash_one(tries) % (base / 2);
    Duration::from_millis(base - base / 4 + drawn)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nothing_left(provider: Provider, minor: (u16, u16), sql: &str) -> bool {
        let server = Server {
            product: if provider == Provider::Mysql { "MariaDB" } else { "PostgreSQL" }.to_owned(),
            version: String::new(),
            numbers: (15, 0, 0),
            database: String::new(),
            schema: None,
            read_only: None,
            system_database: false,
        };
        let prisma = Some(PrismaVersion { major: minor.0, minor: Some(minor.1) });
        leaves_nothing(provider, &server, prisma, sql)
    }

    #[test]
    fn a_whole_file_is_one_transaction_before_7_4_and_not_after() {
        let two = "ALTER TABLE a ADD b int;\nALTER TABLE c ADD d int;\n";
        assert!(nothing_left(Provider::Postgresql, (6, 19), two));
        assert!(!nothing_left(Provider::Postgresql, (7, 10), two));
        assert!(nothing_left(Provider::Postgresql, (7, 10), "ALTER TABLE a ADD b int;\n"));
        assert!(nothing_left(Provider::Postgresql, (7, 10), &format!("BEGIN;\n{two}COMMIT;\n")));
        assert!(!nothing_left(Provider::Postgresql, (7, 4), two), "7.4 may do either");
    }

    #[test]
    fn what_is_not_one_transaction_is_never_sure() {
        for sql in [
            "CREATE INDEX CONCURRENTLY i ON a (b);\n",
            "DROP INDEX CONCURRENTLY i;\n",
            "REINDEX TABLE CONCURRENTLY a;\n",
            "VACUUM a;\n",
            "CALL mend();\n",
            "DO $$ BEGIN UPDATE a SET b = 1; COMMIT; UPDATE a SET b = 2; END $$;\n",
            "GIBBERISH a b;\n",
        ] {
            assert!(!nothing_left(Provider::Postgresql, (6, 19), sql), "{sql}");
        }
    }

    #[test]
    fn mysql_keeps_what_came_before() {
        assert!(nothing_left(Provider::Mysql, (7, 10), "ALTER TABLE a ADD b int;\n"));
        assert!(!nothing_left(Provider::Mysql, (7, 10), "ALTER TABLE a ADD b int;\nALTER TABLE a ADD c int;\n"));
    }

    #[test]
    fn waits_grow_and_differ() {
        for (tries, low, high) in [(1, 750, 1_250), (2, 1_500, 2_500), (5, 12_000, 20_000), (50, 45_000, 75_000)] {
            let pause = pause(tries).as_millis();
            assert!((low..=high).contains(&pause), "{tries}: {pause}");
        }
        let drawn: std::collections::BTreeSet<_> = (0..20).map(|_| pause(5)).collect();
        assert!(drawn.len() > 1);
    }
}
