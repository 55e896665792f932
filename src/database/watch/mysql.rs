//! MySQL and MariaDB: the session is the one that holds Prisma's lock (`prisma_migrate`), in our database, with our user, and that connected
//! after us; the server counts connections up.
//!
//! Waits for a table (metadata locks) are told by the session's state. Whose metadata lock somebody waits for is told only with instruments that are
//! off by default, so whoever waits for a table's metadata in our database while the migration runs counts as waiting for it.

use std::time::Duration;

use super::{Behind, Glance, Questions, Result, number, text};
use crate::database::Database;

/// How `processlist` names the wait for a table.
const METADATA_WAIT: &str = "Waiting for table metadata lock";

pub(super) struct MySql {
    own: u64,
    /// Where the server tells who waits for whose rows.
    row_waits: &'static str,
}

/// MariaDB, and MySQL before 8.
const INNODB_LOCK_WAITS: &str = "SELECT r.trx_mysql_thread_id AS waiter, b.trx_mysql_thread_id AS holder \
     FROM information_schema.innodb_lock_waits w \
     JOIN information_schema.innodb_trx r ON r.trx_id = w.requesting_trx_id \
     JOIN information_schema.innodb_trx b ON b.trx_id = w.blocking_trx_id";
/// MySQL 8.
const DATA_LOCK_WAITS: &str = "SELECT r.trx_mysql_thread_id AS waiter, b.trx_mysql_thread_id AS holder \
     FROM performance_schema.data_lock_waits w \
     JOIN information_schema.innodb_trx r ON r.trx_id = w.requesting_engine_transaction_id \
     JOIN information_schema.innodb_trx b ON b.trx_id = w.blocking_engine_transaction_id";

impl MySql {
    pub(super) fn new(database: &mut dyn Database) -> Result<Self> {
        let server = database.server()?;
        let rows = database.query("ask for the connection's number", "SELECT CAST(CONNECTION_ID() AS CHAR)")?;
        let own = rows.first().map_or(0, |row| number(row, 0));
        let is_eight = server.product == "MySQL" && server.numbers.0 >= 8;
        Ok(MySql { own, row_waits: if is_eight { DATA_LOCK_WAITS } else { INNODB_LOCK_WAITS } })
    }

    /// The session among all others.
    fn session(&self) -> String {
        format!(
            "SELECT CAST(p.id AS CHAR) FROM information_schema.processlist p WHERE p.id = IS_USED_LOCK('prisma_migrate') AND p.id > {} \
             AND p.db <=> DATABASE() AND p.user = SUBSTRING_INDEX(USER(), '@', 1)",
            self.own,
        )
    }
}

fn session(row: &[Option<String>]) -> String {
    let address = text(row, 3).rsplit_once(':').map_or(text(row, 3), |(host, _)| host);
    let mut by = format!("user `{}` from {address}, connection {}", text(row, 2), text(row, 1));
    if text(row, 4) == "Sleep" {
        by.push_str(", idle in a transaction");
    }
    by
}

impl Questions for MySql {
    fn glance(&mut self, database: &mut dyn Database) -> Result<Option<Glance>> {
        let own = self.session();
        let who = "CAST(p.id AS CHAR), p.user, p.host, p.command";
        let sql = format!(
            "SELECT 'runs', CAST(p.id AS CHAR), LEFT(p.info, 2000), CAST(p.time AS CHAR), p.state, \
             COALESCE((SELECT CAST(t.trx_state AS CHAR) FROM information_schema.innodb_trx t WHERE t.trx_mysql_thread_id = p.id LIMIT 1), '') \
             FROM information_schema.processlist p WHERE p.id = ({own})"
        );
        let rows = database.query("look at the migration's session", &sql)?;
        let Some(row) = rows.first() else { return Ok(None) };
        let process = number(row, 1);
        let in_line = text(row, 4) == METADATA_WAIT;
        let mut seen = Glance {
            process,
            statement: text(row, 2).to_owned(),
            running_for: Duration::from_secs(if text(row, 2).is_empty() { 0 } else { number(row, 3) }),
            waits: in_line || text(row, 5) == "LOCK WAIT",
            held_by: Vec::new(),
            behind: Vec::new(),
        };
        let waits = format!(
            "SELECT 'behind', {who} FROM information_schema.processlist p WHERE p.db <=> DATABASE() AND p.id <> {process} \
             AND p.state = '{METADATA_WAIT}'"
        );
        // Rights for the rest may be missing: what is not told is not shown.
        let rows = match database.query(
            "look at waits for rows",
            &format!(
                "{waits} UNION SELECT 'behind', {who} FROM ({waiters}) w JOIN information_schema.processlist p ON p.id = w.waiter \
                 WHERE w.holder = {process} UNION SELECT 'holds', {who} FROM ({waiters}) w \
                 JOIN information_schema.processlist p ON p.id = w.holder WHERE w.waiter = {process}",
                waiters = self.row_waits,
            ),
        ) {
            Ok(rows) => rows,
            Err(_) => database.query("look at waits for tables", &waits)?,
        };
        for row in &rows {
            if text(row, 0) == "holds" {
                seen.held_by.push(session(row));
            } else {
                seen.behind.push(Behind { process: number(row, 1), by: session(row) });
            }
        }
        Ok(Some(seen))
    }

    fn cancel(&mut self, database: &mut dyn Database, process: u64) -> Result<bool> {
        let rows = database.query("look at the migration's session", &self.session())?;
        if rows.first().is_none_or(|row| number(row, 0) != process) {
            return Ok(false);
        }
        // Its connection, and with it Prisma's lock, lives on.
        database.query("cancel the migration's statement", &format!("KILL QUERY {process}"))?;
        Ok(true)
    }
}
