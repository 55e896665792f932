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
        let shown = bed.safe(&["resolve", "--env", "staging"]).ended(6).stdout;
        let lines: Vec<&str> = shown.lines().map(str::trim_end).collect();
        for line in [
            "error[1146]: `20260201090000_half` failed",
            "  = atomic: no, what stood before the failing statement stays: MySQL",
            "    1  done        CREATE TABLE kept (id INT)",
            ">   2  cannot tell UPDATE nowhere SET x = 1",
        ] {
            assert!(lines.iter().any(|known| known.starts_with(line)), "no {line:?} in\n{shown}");
        }
        let undo = ["resolve", "--env", "staging", "--undo", "20260201090000_half"];
        bed.safe(&undo).ended(6).says("DROP TABLE `kept`;").says("is written and not run yet");
        bed.safe(&[&undo[..], &["--yes"]].concat()).ended(0).says("is marked as rolled back in `staging`");
        assert!(database.session().column("SHOW TABLES LIKE 'kept'").is_empty(), "it is taken back");
        bed.migration("20260201090000_half", "CREATE TABLE kept (id INT);\n");
        bed.safe(&["deploy", "--env", "staging", "--yes"]).ended(0).says("1 migration applied to `staging`");
        assert_eq!(
            database
                .session()
                .column("SELECT CAST(COUNT(*) AS CHAR) FROM _prisma_migrations WHERE rolled_back_at IS NULL"),
            ["4"]
        );
    }
}
