//! Many deploys at once: each migration is applied exactly once, and everyone ends with a true message.

use crate::bed::{Bed, Ran, majors};
use crate::support::servers;

/// As many as the suite's time allows; the closing figures were measured with twenty.
const DEPLOYS: usize = 4;

fn all_at_once(bed: &Bed) -> Vec<Ran> {
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..DEPLOYS).map(|_| scope.spawn(|| bed.safe(&["deploy", "--yes"]))).collect();
        running.into_iter().map(|one| one.join().unwrap()).collect()
    })
}

fn assert_true_messages(ran: Vec<Ran>) {
    let mut applied = 0;
    for one in ran {
        let one = one.ended(0);
        let story = &one.stderr;
        match (
            story.contains("3 migrations applied to `dev`"),
            story.contains("nothing is pending in `dev`: 3 migrations applied"),
        ) {
            (true, false) => applied += 1,
            (false, true) => {}
            _ => panic!("neither applied nor found applied:\n{story}"),
        }
    }
    assert_eq!(applied, 1, "exactly one deploy applied them");
}

#[test]
fn on_sqlite() {
    for major in majors() {
        let bed = Bed::new(major);
        assert_true_messages(all_at_once(&bed));
        assert_eq!(
            bed.sqlite("SELECT count(*) || ' ' || count(DISTINCT migration_name) FROM _prisma_migrations").trim(),
            "3 3"
        );
    }
}

#[test]
fn on_postgres() {
    let Some(server) = servers::postgres() else { return };
    for major in majors() {
        let database = server.database();
        let bed = Bed::postgres(major, &database.url());
        assert_true_messages(all_at_once(&bed));
        assert_eq!(
            database
                .session()
                .column("SELECT (count(*) || ' ' || count(DISTINCT migration_name))::text FROM _prisma_migrations"),
            ["3 3"]
        );
    }
}
