//! PostgreSQL: the session carries a name of its own (`application_name`), which every user may see.

use std::time::Duration;

use super::{Behind, Glance, Mark, Questions, Result, number, text};
use crate::database::Database;

pub(super) struct Postgres {
    /// The session's name as a literal: letters, digits and a space only.
    name: String,
}

impl Postgres {
    pub(super) fn new(mark: &Mark) -> Self {
        Postgres { name: format!("'{}'", mark.name()) }
    }
}

/// A session in words; columns 2 to 5 of the answers below.
fn session(row: &[Option<String>]) -> String {
    let mut by = match text(row, 2) {
        "" => "a session".to_owned(),
        user => format!("user `{user}`"),
    };
    for (what, at) in [("application", 3), ("from", 4)] {
        match text(row, at) {
            "" => {}
            value if what == "from" => by.push_str(&format!(", from {value}")),
            value => by.push_str(&format!(", {what} `{value}`")),
        }
    }
    by.push_str(&format!(", process {}", text(row, 1)));
    match text(row, 5) {
        "" | "active" => {}
        state => by.push_str(&format!(", {state}")),
    }
    by
}

impl Questions for Postgres {
    fn glance(&mut self, database: &mut dyn Database) -> Result<Option<Glance>> {
        let name = &self.name;
        // Who waits is told by `pg_locks`, which hides nothing; `pg_stat_activity` hides the waits of other users from us. Who is asked about with
        // `pg_blocking_pids` waits already: it is not for free.
        let own = format!(
            "SELECT a.pid FROM pg_catalog.pg_stat_activity a WHERE a.application_name = {name} \
             AND a.datname = current_database() AND a.pid <> pg_backend_pid() \
             ORDER BY a.state = 'active' DESC, a.backend_start DESC LIMIT 1"
        );
        let who = "usename::text, s.application_name, host(s.client_addr), s.state";
        let waiting = "SELECT DISTINCT l.pid FROM pg_catalog.pg_locks l WHERE NOT l.granted AND l.database = \
             (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())";
        let sql = format!(
            "SELECT 'runs', s.pid::text, NULL, NULL, NULL, s.state, s.query, \
             (extract(epoch FROM clock_timestamp() - s.query_start) * 1000)::bigint::text, \
             EXISTS (SELECT FROM pg_catalog.pg_locks l WHERE l.pid = s.pid AND NOT l.granted)::text \
             FROM pg_catalog.pg_stat_activity s WHERE s.pid = ({own}); \
             SELECT 'holds', s.pid::text, s.{who} FROM pg_catalog.pg_stat_activity s \
             WHERE s.pid IN (SELECT unnest(pg_catalog.pg_blocking_pids(w.pid)) FROM ({waiting}) w WHERE w.pid = ({own})); \
             SELECT 'behind', s.pid::text, s.{who} FROM ({waiting}) w JOIN pg_catalog.pg_stat_activity s ON s.pid = w.pid \
             WHERE ({own}) = ANY (pg_catalog.pg_blocking_pids(w.pid))"
        );
        let mut seen = None;
        let (mut held_by, mut behind) = (Vec::new(), Vec::new());
        for row in &database.query("look at the migration's session", &sql)? {
            match text(row, 0) {
                "runs" => {
                    let active = text(row, 5) == "active";
                    seen = Some(Glance {
                        process: number(row, 1),
                        statement: if active { text(row, 6).to_owned() } else { String::new() },
                        running_for: Duration::from_millis(if active { number(row, 7) } else { 0 }),
                        waits: text(row, 8) == "true",
                        held_by: Vec::new(),
                        behind: Vec::new(),
                    });
                }
                "holds" => held_by.push(session(row)),
                _ => behind.push(Behind { process: number(row, 1), by: session(row) }),
            }
        }
        Ok(seen.map(|seen| Glance { held_by, behind, ..seen }))
    }

    fn cancel(&mut self, database: &mut dyn Database, process: u64) -> Result<bool> {
        // The name again: a process number is used again by the system.
        let sql = format!(
            "SELECT pg_catalog.pg_cancel_backend(a.pid)::text FROM pg_catalog.pg_stat_activity a \
             WHERE a.pid = {process} AND a.application_name = {} AND a.datname = current_database() AND a.state = 'active'",
            self.name,
        );
        let rows = database.query("cancel the migration's statement", &sql)?;
        Ok(rows.iter().any(|row| text(row, 0) == "true"))
    }
}
