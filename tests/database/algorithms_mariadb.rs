//! What each shape of `ALTER TABLE` costs, row by row on a real MariaDB: the algorithm and the lock that the table says are accepted, the next
//! cheaper ones refused. The part of `docs/locks.md` about them is written from it (`PRISMA_SAFE_BLESS=1` writes it).

use std::fmt::Write as _;
use std::path::PathBuf;

use prisma_safe::sql::lock_facts::innodb::{Algorithm, Lock, ROWS, Row, TEST_TABLE};

use crate::support::servers::{self, TestSession};

const ALGORITHMS: [Algorithm; 4] = [Algorithm::Instant, Algorithm::NoCopy, Algorithm::InPlace, Algorithm::Copy];
const LOCKS: [Lock; 2] = [Lock::None, Lock::Shared];

#[test]
fn every_row_of_the_algorithm_table_is_true_on_mariadb() {
    let Some(server) = servers::mariadb() else { return };
    let database = server.database();
    let mut session = database.session();
    let wrong: Vec<String> = ROWS
        .iter()
        .filter_map(|row| {
            let seen = cheapest(&mut session, row);
            (seen != Some(row.mariadb))
                .then(|| format!("{}: seen {}, the table says {}", row.clause, shown(seen), shown(Some(row.mariadb))))
        })
        .collect();
    assert!(wrong.is_empty(), "on this MariaDB:\n{}", wrong.join("\n"));
    hold_to(&page());
}

/// The cheapest algorithm that is accepted, with the weakest lock that it accepts.
fn cheapest(session: &mut TestSession, row: &Row) -> Option<(Algorithm, Lock)> {
    let pairs = ALGORITHMS.into_iter().flat_map(|algorithm| LOCKS.into_iter().map(move |lock| (algorithm, lock)));
    pairs.into_iter().find(|(algorithm, lock)| {
        session.execute("SET foreign_key_checks = 1");
        session.execute("DROP TABLE IF EXISTS t, parent");
        for sql in TEST_TABLE {
            session.execute(sql);
        }
        if !row.before.is_empty() {
            session.execute(row.before);
        }
        let sql = format!("ALTER TABLE t {}, ALGORITHM={}, LOCK={}", row.clause, algorithm.as_str(), lock.as_str());
        session.try_execute(&sql).is_ok()
    })
}

fn shown(pair: Option<(Algorithm, Lock)>) -> String {
    pair.map_or_else(
        || "nothing".to_owned(),
        |(algorithm, lock)| format!("{}, LOCK={}", algorithm.as_str(), lock.as_str()),
    )
}

fn page() -> String {
    let mut out = String::from(
        "The family `mysql` cites this table. MariaDB's column is what `tests/database/algorithms_mariadb.rs` saw on a real server: accepted so, and refused \
         with anything cheaper. MySQL's column is that of its manual (8.4, \"Online DDL Operations\"). INSTANT changes the catalogue alone; NOCOPY (MySQL: \
         INPLACE without a rebuild) runs beside the writes; INPLACE writes the table again beside the writes; COPY copies it while writes wait, as does \
         LOCK=SHARED.\n\n| what | example | MySQL 8.4 | MariaDB 10.11 |\n|---|---|---|---|\n",
    );
    for row in ROWS {
        let (mysql, mariadb) = (shown(Some(row.mysql)), shown(Some(row.mariadb)));
        let _ = writeln!(out, "| {} | `{}` | {mysql} | {mariadb} |", row.what, row.clause.replace('`', ""));
    }
    out
}

fn hold_to(seen: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/locks.md");
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    let (open, close) = ("<!-- algorithms -->\n", "<!-- /algorithms -->");
    let there =
        written.split_once(open).and_then(|(head, rest)| rest.split_once(close).map(|(own, tail)| (head, own, tail)));
    if there.is_some_and(|(_, own, _)| own == seen) {
        return;
    }
    assert!(
        std::env::var_os("PRISMA_SAFE_BLESS").is_some_and(|value| value == "1"),
        "the part `algorithms` of docs/locks.md is not what MariaDB does; PRISMA_SAFE_BLESS=1 writes it anew"
    );
    let page = match there {
        Some((head, _, tail)) => format!("{head}{open}{seen}{close}{tail}"),
        None => format!("{written}\n## What ALTER TABLE costs on MySQL and MariaDB\n\n{open}{seen}{close}\n"),
    };
    std::fs::write(&path, page).expect("docs/locks.md can be written");
}
