//! `deploy` and `resolve` on a real MariaDB. The CLI is Prisma's; the engine is a double, since Prisma's own cannot be had for MySQL here.

use crate::bed::{Bed, majors};
use crate::support::servers;

const STAGING: &str = "[env.staging]\nkind = \"staging\"\nurl-env = \"DATABASE_URL\"\n";

#[test]
fn deploys_marks_fails_and_recovers() {
    let Some(server) = servers::mariadb() else { return };
    for major in majors() {
        let database = server.database();
        let bed = Bed::mysql_double(major, &database.url());
        // The migration below fails on purpose: the gates that would stop it are not what is tested here.
        bed.write("prisma-safe.toml", &format!("{STAGING}[env.staging.gates]\nlint = \"off\"\nrevert = \"off\"\n"));
        bed.safe(&["deploy", "--env", "staging", "--yes"])
            .ended(0)
            .says("3 migrations applied to `staging`")
            .says("Marked the database");
        bed.safe(&["deploy", "--env", "staging", "--yes"]).ended(0).says("nothing is pending");
        // MySQL commits at each DDL statement: the first one stays.
        bed.migration("20260201090000_half", "CREATE TABLE kept (id INT);\nUPDATE nowhere SET x = 1;\n");
        bed.safe(&["deploy", "--env", "staging", "--yes"]).ended(6).says("P3018");
        bed.safe(&["status", "--env", "staging"]).ended(6).says("nowhere");
        bed.safe(&["resolve", "--env", "staging", "--rolled-back", "20260201090000_half"]).ended(0);
        bed.migration("20260201090000_half", "CREATE TABLE IF NOT EXISTS kept (id INT);\n");
        bed.safe(&["deploy", "--env", "staging", "--yes"]).ended(0).says("1 migration applied to `staging`");
        assert_eq!(
            database
                .session()
                .column("SELECT CAST(COUNT(*) AS CHAR) FROM _prisma_migrations WHERE rolled_back_at IS NULL"),
            ["4"]
        );
    }
}
