//! The guard in front of Prisma's engine on a real PostgreSQL.

use crate::bed::{Bed, majors};
use crate::support::servers;

const DEV: &str = "[env.dev]\nkind = \"dev\"\nurl-env = \"DATABASE_URL\"\n";

/// A tunnel to production looks like a local database, until it is asked.
#[test]
fn a_mark_in_the_database_outweighs_what_the_settings_say() {
    let Some(server) = servers::postgres() else { return };
    for major in majors() {
        let database = server.database();
        let bed = Bed::postgres(major, &database.url());
        bed.write("prisma-safe.toml", DEV);
        bed.by_hand(&["migrate", "deploy"]).ended(0).says("successfully applied");
        database.execute("INSERT INTO \"User\" (email) VALUES ('a@b')");
        let users = || database.session().column("SELECT email FROM \"User\"");
        database
            .execute("COMMENT ON TABLE _prisma_migrations IS 'prisma-safe: environment=production kind=production'");
        for arguments in [&["migrate", "reset", "--force"][..], &["db", "push", "--force-reset"]] {
            bed.by_hand(arguments).ended(1).says("it carries the mark of `production`, kind production");
            assert_eq!(users(), ["a@b"]);
        }
        bed.safe(&["reset", "--yes"]).ended(3).says("it carries the mark of `production`");
        database.execute("COMMENT ON TABLE _prisma_migrations IS NULL");
        bed.by_hand(&["migrate", "reset", "--force"]).ended(0).says("Database reset successful");
        assert!(users().is_empty());
    }
}
