//! What a proof says beside the revert: the old application, running twice, the team's own rows, and every format.

use insta::assert_snapshot;
use serde_json::Value;

use prisma_safe::migrations::MigrationsFolder;
use prisma_safe::revert::receipt::{ProofState, proof_of};

use crate::bed::{LAST, project, project_of, verify};
use crate::postgres::has_server;
use crate::support::project::TestProject;

const EARLIER: &str = "CREATE TABLE \"User\" (\"id\" INTEGER NOT NULL PRIMARY KEY, \"email\" TEXT NOT NULL, \"name\" TEXT, \"age\" INTEGER NOT NULL DEFAULT 3);\n\
    CREATE UNIQUE INDEX \"User_email_key\" ON \"User\"(\"email\");\n\
    CREATE TABLE \"Post\" (\"id\" TEXT NOT NULL PRIMARY KEY, \"authorId\" INTEGER NOT NULL REFERENCES \"User\" (\"id\"));\n";

/// The old application, what is no more, and the exit code.
fn old_application(provider: &str, migration: &str) -> String {
    let (found, code) = verify(&project(provider, EARLIER, migration, None), &[]);
    told(&found[0], code)
}

fn told(found: &Value, code: i32) -> String {
    let old = &found["old_application"];
    let mut text =
        format!("{} {}\n", found["phase"].as_str().expect("a phase"), old["answer"].as_str().expect("an answer"));
    for broken in old["statements"].as_array().expect("statements") {
        let of = |name: &str| broken[name].as_str().unwrap_or("-").to_owned();
        text += &format!("- {} {} {}: {}\n", of("statement"), of("table"), of("column"), of("why"));
    }
    if let Some(why) = old["why"].as_str() {
        text += &format!("- {why}\n");
    }
    format!("{text}exit code {code}")
}

#[test]
fn an_expand_step_must_let_the_old_application_work() {
    assert_snapshot!(old_application("sqlite", "ALTER TABLE \"User\" ADD COLUMN \"more\" TEXT;"), @r"
    expand works
    exit code 0
    ");
    // The text says expand; only running it shows the trigger.
    let trigger = "CREATE TRIGGER \"t\" BEFORE INSERT ON \"User\" BEGIN SELECT RAISE(ABORT, 'closed'); END;";
    assert_snapshot!(old_application("sqlite", trigger), @r"
    expand breaks
    - INSERT User -: closed
    exit code 1
    ");
    assert_snapshot!(old_application("sqlite", "ALTER TABLE \"User\" RENAME COLUMN \"name\" TO \"fullName\";"), @r"
    contract breaks
    - SELECT User -: `name` is not there any more
    exit code 0
    ");
    assert_snapshot!(old_application("sqlite", "CREATE TABLE \"New\" (\"id\" INTEGER PRIMARY KEY);"), @r"
    expand not_tried
    - it names no table that was there before
    exit code 0
    ");
    let project =
        project("sqlite", EARLIER, trigger, None).file("prisma-safe.toml", "[verify]\nold-application = \"note\"\n");
    assert_eq!(verify(&project, &[]).1, 0);
}

#[test]
fn on_postgres_it_says_what_breaks_and_in_which_statement() {
    if !has_server() {
        return;
    }
    let earlier = "CREATE TYPE \"Role\" AS ENUM ('A', 'B');\n\
        CREATE TABLE \"User\" (\"id\" SERIAL PRIMARY KEY, \"email\" TEXT NOT NULL UNIQUE, \"name\" TEXT, \"age\" INTEGER NOT NULL DEFAULT 3, \"role\" \"Role\" NOT NULL DEFAULT 'A', \"boss\" INTEGER REFERENCES \"User\" (\"id\"));\n\
        CREATE TABLE \"Loop\" (\"id\" SERIAL PRIMARY KEY, \"user\" INTEGER NOT NULL UNIQUE REFERENCES \"User\" (\"id\"));\n";
    let migrations = [
        ("expand", "ALTER TABLE \"User\" ADD COLUMN \"more\" TEXT NOT NULL DEFAULT 'x';"),
        (
            "required",
            "ALTER TABLE \"User\" ADD COLUMN \"fullName\" TEXT;\nUPDATE \"User\" SET \"fullName\" = 'x';\nALTER TABLE \"User\" ALTER COLUMN \"fullName\" SET NOT NULL;",
        ),
        ("default", "ALTER TABLE \"User\" ALTER COLUMN \"age\" DROP DEFAULT;"),
        ("type", "ALTER TABLE \"User\" ALTER COLUMN \"age\" DROP DEFAULT, ALTER COLUMN \"age\" TYPE TEXT;"),
        ("enum", "ALTER TYPE \"Role\" RENAME TO \"Rank\";"),
        ("gone", "ALTER TABLE \"User\" DROP COLUMN \"name\";"),
        ("moved", "ALTER TABLE \"User\" RENAME TO \"Person\";"),
    ];
    let mut all = vec![("20260101000000_init".to_owned(), earlier.to_owned(), None)];
    for (number, (name, sql)) in migrations.iter().enumerate() {
        all.push((format!("2026020{number}000000_{name}"), (*sql).to_owned(), None));
    }
    let (found, code) = verify(&project_of("postgresql", &all), &["--all"]);
    let text: Vec<String> = found[1..].iter().map(|one| told(one, code)).collect();
    assert_snapshot!(text.join("\n"), @r#"
    expand works
    exit code 1
    mixed breaks
    - INSERT User -: `fullName` has no default
    exit code 1
    contract breaks
    - INSERT User -: `age` has lost its default
    exit code 1
    contract breaks
    - SELECT User age: it comes as text, and the running version reads an integer
    exit code 1
    contract breaks
    - INSERT User -: type "public.Role" does not exist
    exit code 1
    contract breaks
    - SELECT User -: `name` is not there any more
    exit code 1
    contract breaks
    - SELECT User -: the table is not there any more
    exit code 1
    "#);
}

#[test]
fn whether_the_scripts_run_twice_is_a_note_until_a_setting_says_more() {
    let migration = "CREATE TABLE IF NOT EXISTS \"kept\" AS SELECT \"id\", \"name\" FROM \"User\";\nALTER TABLE \"User\" DROP COLUMN \"name\";";
    let back = "ALTER TABLE \"User\" ADD COLUMN \"name\" TEXT;\nUPDATE \"User\" SET \"name\" = (SELECT \"name\" FROM \"kept\" k WHERE k.\"id\" = \"User\".\"id\");\nDROP TABLE \"kept\";";
    let twice = |migration: &str, back: &str, settings: &str| {
        let project = project("sqlite", EARLIER, migration, Some(back)).file("prisma-safe.toml", settings);
        let (found, code) = verify(&project, &[]);
        format!("{} {} {code}", found[0]["verdict"], found[0]["runs_twice"])
    };
    assert_snapshot!(twice(migration, back, ""), @r#""proven" {"migration":{"answer":"no","why":"it stops at its statement 2 (line 2): no such column: \"\"name\"\""},"revert":{"answer":"no","why":"it stops at its statement 1 (line 1): duplicate column name: name"}} 0"#);
    assert_snapshot!(twice("DROP INDEX IF EXISTS \"User_email_key\";", "CREATE UNIQUE INDEX IF NOT EXISTS \"User_email_key\" ON \"User\"(\"email\");", "[verify]\nruns-twice = \"fail\"\n"), @r#""proven" {"migration":{"answer":"yes"},"revert":{"answer":"yes"}} 0"#);
    assert_snapshot!(twice("INSERT INTO \"User\" (\"id\", \"email\") VALUES ((SELECT coalesce(max(\"id\"), 0) + 1 FROM \"User\"), (SELECT 'new ' || count(*) FROM \"User\"));", "DELETE FROM \"User\" WHERE \"email\" LIKE 'new %' AND \"id\" = (SELECT max(\"id\") FROM \"User\");", "[verify]\nruns-twice = \"fail\"\n"), @r#""proven" {"migration":{"answer":"no","why":"table `User` has 1 row that it had not"},"revert":{"answer":"yes"}} 1"#);
}

#[test]
fn the_teams_own_rows_take_the_place_of_ours() {
    let drop = "ALTER TABLE \"User\" DROP COLUMN \"name\";";
    let back = "ALTER TABLE \"User\" ADD COLUMN \"name\" TEXT;";
    let rows = "INSERT INTO \"User\" (\"id\", \"email\", \"name\") VALUES (1, 'a@b', 'A'), (2, 'c@d', 'C');\n";
    let project = project("sqlite", EARLIER, drop, Some(back))
        .file("prisma-safe.toml", "[verify]\nseed = [\"seed/rows.sql\"]\n")
        .file("seed/rows.sql", rows);
    let (found, _) = verify(&project, &["--row-seed", "7"]);
    assert_snapshot!(format!("{} {} {}", found[0]["verdict"], found[0]["data_lost"], found[0]["notes"]), @r#""schema_only" [{"table":"User","column":"name","lost":2,"of":2}] ["the seed's rows stand in `User`","the columns of `User` stand in another order: id, email, age, name"]"#);
    // The proof rests on it.
    let proof = |project: &TestProject| {
        proof_of(&project.root(), &MigrationsFolder::read(&project.path("prisma/migrations")).unwrap(), LAST)
    };
    let ProofState::Current(receipt) = proof(&project) else { panic!("no proof") };
    assert_eq!((receipt.seed, receipt.seed_files[0].file.as_str()), (7, "seed/rows.sql"));
    let project = project.file("seed/rows.sql", &format!("{rows}\nINSERT INTO \"Usr\" VALUES (1);"));
    let ProofState::Outdated { because } = proof(&project) else { panic!("it was edited") };
    assert_eq!(because, "the seed `seed/rows.sql` was edited or removed since");
    let (found, code) = verify(&project, &[]);
    assert_snapshot!(format!("{} {} {code}", found[0]["verdict"], found[0]["differences"]), @r#""cannot_run" ["the seed `seed/rows.sql` stops at its statement 2 (line 3): no such table: Usr"] 1"#);
    // For an older migration it may be written for tables that are not there yet.
    let project =
        project.file("prisma/migrations/20260103000000_more/migration.sql", "CREATE TABLE \"Usr\" (\"id\" INTEGER);");
    let (found, _) = verify(&project, &[LAST]);
    assert_snapshot!(format!("{} {}", found[0]["verdict"], found[0]["notes"]), @r#""schema_only" ["the columns of `User` stand in another order: id, email, age, name","the seed `seed/rows.sql` stops at its statement 2 (line 3): no such table: Usr; rows were made instead"]"#);
    assert_snapshot!(project.run(&["verify", "--seed", "no.sql"]).all(), @r"
    stderr:
    error: the seed `no.sql` cannot be read: No such file or directory (os error 2)
    why: a proof on other rows than the team's own would say too much
    hint: `verify.seed` in the settings, or `--seed`, names `no.sql`
    exit code: 2
    ");
}

#[test]
fn every_format_says_the_same() {
    let project = project_of(
        "sqlite",
        &[
            ("1_init".to_owned(), EARLIER.to_owned(), None),
            (
                "2_name".to_owned(),
                "ALTER TABLE \"User\" DROP COLUMN \"name\";".to_owned(),
                Some("ALTER TABLE \"User\" ADD COLUMN \"name\" TEXT;".to_owned()),
            ),
            ("3_post`<b>".to_owned(), "DROP TABLE \"Post\";".to_owned(), None),
        ],
    );
    let said = |format: &str| {
        let said = project.run(&["verify", "--all", "--format", format]).stdout;
        let time = |text: &str| {
            let mut text = text.to_owned();
            while let Some(at) = text.find(" time=\"") {
                let end = at + 7 + text[at + 7..].find('"').expect("it ends") + 1;
                text.replace_range(at..end, "");
            }
            text
        };
        let version = said
            .split("SQLite ")
            .nth(1)
            .map(|rest| rest.split(|c: char| c != '.' && !c.is_ascii_digit()).next().unwrap().to_owned());
        time(&said.replace(&version.expect("it names the server"), "[VERSION]"))
    };
    assert_snapshot!(said("markdown"), @r#"
    <!-- prisma-safe-verify -->
    ### ❌ Reverts

    3 migrations on <code>SQLite [VERSION]</code>, rows from seed 1: 1 failed.

    ➖ **not needed** <code>1&#95;init</code>

    ⚠️ **schema only** <code>2&#95;name</code>

    ```text
    lost: 86 of 86 values of `User`.`name`
    old application (contract step): the running version breaks, as such a step does
      breaks: SELECT from `User`: `name` is not there any more
    runs twice: the migration: no, it stops at its statement 1 (line 1): no such column: ""name""; the revert: no, it stops at its statement 1 (line 1): duplicate column name: name
    note: the columns of `User` stand in another order: id, email, age, name
    ```

    ❌ **no revert** <code>3&#95;post&#96;&#60;b&#62;</code>

    ```text
    it drops the table `Post` with its rows
    old application (contract step): the running version breaks, as such a step does
      breaks: SELECT from `Post`: the table is not there any more
    ```
    "#);
    assert_snapshot!(said("junit"), @r#"
    <?xml version="1.0" encoding="UTF-8"?>
    <testsuites name="prisma-safe verify" tests="3" skipped="1" failures="1" errors="0">
        <testsuite name="reverts" tests="3" skipped="1" errors="0" failures="1">
            <properties>
                <property name="server" value="SQLite [VERSION]"/>
                <property name="seed" value="1"/>
            </properties>
            <testcase name="1_init" classname="verify">
                <skipped message="not needed"/>
            </testcase>
            <testcase name="2_name" classname="verify">
                <system-out>lost: 86 of 86 values of `User`.`name`
    old application (contract step): the running version breaks, as such a step does
      breaks: SELECT from `User`: `name` is not there any more
    runs twice: the migration: no, it stops at its statement 1 (line 1): no such column: &quot;&quot;name&quot;&quot;; the revert: no, it stops at its statement 1 (line 1): duplicate column name: name
    note: the columns of `User` stand in another order: id, email, age, name</system-out>
            </testcase>
            <testcase name="3_post`&lt;b&gt;" classname="verify">
                <failure message="no revert" type="no-revert">it drops the table `Post` with its rows
    old application (contract step): the running version breaks, as such a step does
      breaks: SELECT from `Post`: the table is not there any more</failure>
            </testcase>
        </testsuite>
    </testsuites>
    "#);
}
