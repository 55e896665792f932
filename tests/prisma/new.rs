//! `new` on the real CLI: both differences, both bases, and never half a folder.

use crate::bed::{Bed, Ran, majors};
use crate::support::servers;

/// Adds a column to the model `User` and takes `nickname` away.
fn change_schema(bed: &Bed) {
    let path = bed.path("prisma/schema.prisma");
    let schema = std::fs::read_to_string(&path).unwrap();
    let changed: Vec<&str> = schema.lines().filter(|line| !line.trim_start().starts_with("nickname")).collect();
    let changed = changed.join("\n").replacen("model User {", "model User {\n  fullName String?", 1);
    assert_ne!(schema, changed);
    std::fs::write(path, changed).unwrap();
}

fn folders(bed: &Bed) -> Vec<String> {
    let mut names: Vec<_> = std::fs::read_dir(bed.migrations())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn newest(bed: &Bed) -> std::path::PathBuf {
    bed.migrations().join(folders(bed).into_iter().filter(|name| name.starts_with('2')).max().unwrap())
}

fn files(folder: &std::path::Path) -> Vec<String> {
    let mut names: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn writes_the_difference_and_the_way_back() {
    for major in majors() {
        let bed = Bed::new(major).deployed();
        change_schema(&bed);
        // What looks like a rename is never a loss by silence.
        let before = folders(&bed);
        let ran = bed.safe(&["new", "Rename", "the", "nickname"]).ended(2);
        let ran = ran.says("this may be a rename that loses every value: `User`.`nickname` goes and `fullName` is new");
        let ran = ran.says("`cargo prisma-safe new 'Rename the nickname' --rename User.nickname=fullName`");
        ran.says("--expand-contract").says("--not-a-rename");
        assert_eq!(folders(&bed), before);
        let ran = bed.safe(&["new", "Rename", "the", "nickname", "--not-a-rename"]).ended(0);
        let ran = ran.says("Created prisma/migrations/2");
        ran.says("this migration is destructive").says("nickname").says("is not kept: nobody was there to ask");
        let folder = newest(&bed);
        assert_eq!(files(&folder), ["checklist.md", "migration.sql", "revert_rename_the_nickname.sql"]);
        let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
        assert!(read("migration.sql").contains("\"fullName\" TEXT") && !read("migration.sql").contains("nickname"));
        let revert = read("revert_rename_the_nickname.sql");
        assert!(revert.starts_with("-- Reverts: 2") && revert.contains("\"nickname\" TEXT"), "{revert}");
        assert!(read("checklist.md").contains("nickname"), "the checklist names what is destroyed");
        let proven = bed.safe(&["verify", "--prisma-diff"]).ended(0).says("schema only").says("of `User`.`nickname`");
        proven.says("Prisma sees no difference after the revert");
        // The migration and its revert are ones that the database takes.
        bed.safe(&["deploy", "--yes"]).ended(0).says("1 migration applied");
        bed.sqlite(&revert);
        assert!(bed.sqlite("SELECT sql FROM sqlite_master WHERE name = 'User'").contains("nickname"));
    }
}

#[test]
fn says_that_there_is_nothing_to_do_and_writes_nothing() {
    for major in majors() {
        let bed = Bed::new(major).deployed();
        let before = folders(&bed);
        for from in ["database", "migrations"] {
            bed.safe(&["new", "nothing", "--from", from]).ended(0).says("nothing to do: the schema and the");
        }
        assert_eq!(folders(&bed), before);
    }
}

#[test]
fn compares_with_the_migrations_folder_without_a_database() {
    for major in majors() {
        let bed = Bed::new(major);
        change_schema(&bed);
        bed.safe(&["new", "from the folder", "--from", "migrations", "--rename", "nickname=fullName"]).ended(0);
        assert!(std::fs::read_to_string(newest(&bed).join("migration.sql")).unwrap().contains("fullName"));
        assert!(!bed.database("app.db").exists());
    }
}

#[test]
fn a_database_that_is_behind_is_no_base() {
    for major in majors() {
        let bed = Bed::new(major).deployed();
        bed.migration("20260201090000_waits", "CREATE TABLE \"waits\" (\"id\" INTEGER NOT NULL PRIMARY KEY);\n");
        change_schema(&bed);
        let before = folders(&bed);
        bed.safe(&["new", "too early"])
            .ended(2)
            .says("`dev` lacks 1 migration of the migrations folder: 20260201090000_waits")
            .says("--from migrations");
        assert_eq!(folders(&bed), before);
        let bed = Bed::new(major);
        bed.safe(&["new", "no database"]).ended(5).says("the database of `dev` does not exist");
    }
}

#[test]
fn the_first_migration_of_a_project_needs_no_database() {
    for major in majors() {
        let bed = Bed::new(major);
        std::fs::remove_dir_all(bed.migrations()).unwrap();
        if major == 7 {
            bed.safe(&["new", "init", "--from", "migrations", "--dry-run"]).ended(0);
        }
        bed.safe(&["new", "init"]).ended(0);
        assert_eq!(folders(&bed).last().unwrap(), "migration_lock.toml");
        assert!(std::fs::read_to_string(newest(&bed).join("migration.sql")).unwrap().contains("CREATE TABLE \"User\""));
        assert!(!bed.database("app.db").exists());
    }
}

#[test]
fn a_dry_run_prints_and_writes_nothing() {
    for major in majors() {
        let bed = Bed::new(major).deployed();
        change_schema(&bed);
        let before = folders(&bed);
        let ran = bed.safe(&["new", "shown", "--dry-run", "--expand-contract"]).ended(0);
        let ran = ran.says("-- Contract: when nothing reads `User`.`nickname` any more");
        assert!(
            ran.stdout.contains("/migration.sql\n") && ran.stdout.contains("/revert_shown.sql\n"),
            "{}",
            ran.stdout
        );
        assert_eq!(folders(&bed), before);
    }
}

/// Neither needs Prisma.
#[test]
fn takes_sql_from_a_file_or_none_at_all() {
    let Some(&major) = majors().last() else { return };
    let mut bed = Bed::new(major);
    bed.set("PATH", "/nonexistent");
    let ran = |bed: &Bed, arguments: &[&str]| -> Ran { bed.safe(arguments) };
    bed.write("change.sql", "\u{feff}DROP TABLE \"User\";\n");
    ran(&bed, &["new", "drop users", "--sql", "change.sql"])
        .ended(0)
        .says("drops the table `User` with its rows")
        .says("is not written yet");
    assert_eq!(std::fs::read_to_string(newest(&bed).join("migration.sql")).unwrap(), "DROP TABLE \"User\";\n");
    ran(&bed, &["new", "to be filled", "--empty"]).ended(0).says("Created");
    assert!(std::fs::read_to_string(newest(&bed).join("revert_to_be_filled.sql")).unwrap().contains("TODO(revert)"));
    std::fs::write(bed.path("latin.sql"), b"SELECT '\xe9';").unwrap();
    ran(&bed, &["new", "latin", "--sql", "latin.sql"]).ended(2).says("not UTF-8: byte 8 (line 1)");
    ran(&bed, &["new", "gone", "--sql", "gone.sql"]).ended(2).says("cannot read `gone.sql`");
    ran(&bed, &["new", "!!!"]).ended(2).says("holds no letter and no digit");
    let names = folders(&bed);
    let mut sorted = names.clone();
    sorted.sort();
    assert_eq!(names, sorted);
}

#[test]
fn works_on_postgres_from_the_database_and_from_the_folder() {
    let Some(server) = servers::postgres() else { return };
    for major in majors() {
        let (database, shadow) = (server.database(), server.database());
        let mut bed = Bed::postgres(major, &database.url());
        bed.set("SHADOW_DATABASE_URL", &shadow.url());
        bed.safe(&["deploy", "--yes"]).ended(0);
        change_schema(&bed);
        let ran = bed.safe(&["new", "from the database", "--not-a-rename", "--keep-data"]).ended(0);
        let ran = ran.says("drops the column `User`.`nickname` with its values");
        // The archive step is no finding; what it is for still is.
        ran.says("it keeps the values of `User`.`nickname`, in \"prisma_safe_archive\"").says("drop-column");
        let revert = std::fs::read_to_string(newest(&bed).join("revert_from_the_database.sql")).unwrap();
        assert!(revert.contains("BEGIN;\n") && revert.contains("COMMIT;\n"), "{revert}");
        let proven = bed.safe(&["verify", "--prisma-diff"]).ended(0).says("1 proven");
        proven.says("Prisma sees no difference after the revert");
        database.execute("INSERT INTO \"User\" (\"email\", \"nickname\") VALUES ('a@example.com', 'Al')");
        bed.safe(&["deploy", "--yes"]).ended(0);
        let column = |sql: &str| database.session().column(sql);
        let kept = "SELECT tablename::text FROM pg_tables WHERE schemaname = 'prisma_safe_archive'";
        assert_eq!(column(kept).len(), 1);
        // Prisma does not see it, neither in the database nor in the folder.
        bed.safe(&["new", "again"]).ended(0).says("nothing to do");
        if major == 7 {
            bed.safe(&["new", "from the folder", "--from", "migrations"]).ended(0).says("nothing to do");
        }
        let listed = bed.safe(&["archive", "list", "--format", "json"]).ended(0);
        let listed: serde_json::Value = serde_json::from_str(&listed.stdout).unwrap();
        let one = &listed["archives"][0];
        assert_eq!(
            (&one["of"], &one["rows"], &one["state"]),
            (&"User".into(), &1.into(), &"applied".into()),
            "{listed}"
        );
        database.execute(&revert);
        assert_eq!(
            column(
                "SELECT column_name::text FROM information_schema.columns WHERE table_schema = 'public' AND table_name = 'User' AND column_name IN ('nickname', 'fullName')"
            ),
            ["nickname"]
        );
        assert_eq!(column("SELECT \"nickname\" FROM \"User\" WHERE \"email\" = 'a@example.com'"), ["Al"]);
        // Prisma's own reset leaves the schema of the archive, and the history runs over it.
        bed.safe(&["reset", "--yes"]).ended(0);
        assert_eq!(column(kept).len(), 1);
        bed.safe(&["archive", "drop", "--older-than", "30d"]).ended(0).says("nothing of that age is kept");
        bed.safe(&["archive", "drop", &column(kept)[0]]).ended(2).says("--yes");
        bed.safe(&["archive", "drop", &column(kept)[0], "--yes"]).ended(0).says("Dropped 1 archive table");
        assert!(column(kept).is_empty());
    }
}
