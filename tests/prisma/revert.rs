//! After a revert the real CLI is told the truth by the ledger: `migrate status`, `resolve` and `deploy` do what is documented. And the forward
//! migration that takes the same back.

use crate::bed::{Bed, majors};
use crate::support::servers;

const NAME: &str = "20260201090000_add_full_name";

fn add_full_name(bed: &Bed, revert: &str) {
    bed.migration(NAME, "-- AlterTable\nALTER TABLE \"User\" ADD COLUMN \"fullName\" TEXT;\n");
    std::fs::write(bed.migrations().join(NAME).join("revert_add_full_name.sql"), revert).unwrap();
}

const SQLITE: &str = "PRAGMA foreign_keys=OFF;\n\
    CREATE TABLE \"new_User\" (\"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, \"email\" TEXT NOT NULL, \"nickname\" TEXT);\n\
    INSERT INTO \"new_User\" (\"id\", \"email\", \"nickname\") SELECT \"id\", \"email\", \"nickname\" FROM \"User\";\n\
    DROP TABLE \"User\";\nALTER TABLE \"new_User\" RENAME TO \"User\";\n\
    CREATE UNIQUE INDEX \"User_email_key\" ON \"User\"(\"email\");\nPRAGMA foreign_keys=ON;\n";

#[test]
fn sqlite_is_told_the_truth() {
    for major in majors() {
        let bed = Bed::new(major).deployed();
        add_full_name(&bed, SQLITE);
        bed.safe(&["deploy", "--yes"]).ended(0).says("1 migration applied");
        bed.sqlite("INSERT INTO \"User\" (email, \"fullName\") VALUES ('ada', 'Ada'), ('bob', NULL)");
        bed.sqlite("INSERT INTO \"Post\" (title, \"authorId\") SELECT 'a', id FROM \"User\"");
        let ran = bed.safe(&["revert", NAME, "--yes"]).ended(0);
        ran.says("`User`.`fullName`: 1 of 2 rows have a value in it").says("in one transaction").says("pending again");
        assert!(!bed.sqlite("SELECT sql FROM sqlite_master WHERE name = 'User'").contains("fullName"));
        assert_eq!(
            bed.sqlite("SELECT group_concat(title || \"authorId\", ' ') FROM \"Post\""),
            "a1 a2",
            "what points at it stays"
        );
        // The mark is written as the other times of its row are.
        let kinds = format!(
            "SELECT typeof(started_at) || ' ' || typeof(rolled_back_at) FROM _prisma_migrations WHERE migration_name = '{NAME}'"
        );
        let kinds = bed.sqlite(&kinds);
        assert!(matches!(kinds.as_str(), "text text" | "integer integer"), "{kinds}");
        // 6.19 does not list what was rolled back; that is Prisma's own gap (status is not what deploy does).
        let status = bed.by_hand(&["migrate", "status"]);
        if major == 7 {
            status.ended(1).says(NAME).says("not yet been applied");
            bed.by_hand(&["migrate", "resolve", "--applied", NAME]).ended(1).says("P3008");
            bed.by_hand(&["migrate", "resolve", "--rolled-back", NAME]).ended(1).says("P3012");
            forward(&bed);
        } else {
            bed.by_hand(&["migrate", "deploy"]).ended(0).says(NAME);
            assert!(bed.sqlite("SELECT sql FROM sqlite_master WHERE name = 'User'").contains("fullName"));
            bed.safe(&["status"]).ended(0).says("4 applied");
            // It ran again: a new row, and that one can be taken back as well.
            bed.safe(&["revert", NAME, "--dry-run"]).ended(0).says("lossless until now");
        }
    }
}

/// The deploy after it runs both: the migration, and the one that takes it back.
fn forward(bed: &Bed) {
    let ran = bed.safe(&["new", "--undo-of", "add_full_name"]).ended(0);
    ran.says("undo_add_full_name").says("schema.prisma fits");
    bed.safe(&["deploy", "--yes"]).ended(0).says("2 migrations applied");
    assert!(!bed.sqlite("SELECT sql FROM sqlite_master WHERE name = 'User'").contains("fullName"));
}

#[test]
fn postgres_is_told_the_truth() {
    let Some(server) = servers::postgres() else { return };
    let Some(&major) = majors().last() else { return };
    let database = server.database();
    let bed = Bed::postgres(major, &database.url());
    add_full_name(&bed, "BEGIN;\nALTER TABLE \"User\" DROP COLUMN IF EXISTS \"fullName\";\nCOMMIT;\n");
    bed.safe(&["deploy", "--yes"]).ended(0).says("4 migrations applied");
    database.execute("INSERT INTO \"User\" (email, \"fullName\") VALUES ('ada', 'Ada')");
    bed.safe(&["revert", NAME, "--yes"]).ended(0).says("1 of 1 row has a value in it");
    bed.by_hand(&["migrate", "status"]).ended(1).says(NAME);
    bed.by_hand(&["migrate", "deploy"]).ended(0).says(NAME);
    let rows = "SELECT count(*)::text || ' ' || count(rolled_back_at)::text FROM _prisma_migrations WHERE migration_name LIKE '%add_full_name'";
    assert_eq!(database.session().column(rows), ["2 1"]);
    assert_eq!(database.session().column("SELECT coalesce(\"fullName\", 'nothing') FROM \"User\""), ["nothing"]);
}
