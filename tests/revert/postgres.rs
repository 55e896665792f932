//! PostgreSQL: a server that the product starts by itself, and that is gone afterwards.

use std::process::Stdio;

use insta::assert_snapshot;

use crate::bed::{project, told, verify};
use crate::support::skip_or_fail;

const EARLIER: &str = "CREATE TYPE \"Role\" AS ENUM ('USER', 'ADMIN');\n\
    CREATE TABLE \"User\" (\"id\" SERIAL NOT NULL, \"email\" TEXT NOT NULL, \"role\" \"Role\" NOT NULL DEFAULT 'USER', \"tags\" TEXT[], \"meta\" JSONB, \
      \"amount\" DECIMAL(10,2) NOT NULL, \"created\" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP, \"key\" UUID, \"bytes\" BYTEA, \"code\" VARCHAR(5), \
      \"next\" INTEGER, CONSTRAINT \"User_pkey\" PRIMARY KEY (\"id\"), CONSTRAINT \"positive\" CHECK (\"amount\" > 0));\n\
    CREATE UNIQUE INDEX \"User_email_key\" ON \"User\"(\"email\");\n\
    CREATE TABLE \"Post\" (\"id\" TEXT NOT NULL, \"authorId\" INTEGER NOT NULL, CONSTRAINT \"Post_pkey\" PRIMARY KEY (\"id\"));\n\
    CREATE TABLE \"_Likes\" (\"A\" TEXT NOT NULL, \"B\" INTEGER NOT NULL, CONSTRAINT \"_Likes_AB_pkey\" PRIMARY KEY (\"A\", \"B\"));\n\
    CREATE TABLE \"Odd\" (\"at\" POINT NOT NULL);\n\
    CREATE DOMAIN \"Code\" AS TEXT CHECK (length(VALUE) = 3);\n\
    CREATE TABLE \"Checked\" (\"id\" SERIAL PRIMARY KEY, \"kind\" TEXT NOT NULL CHECK (\"kind\" IN ('small', 'large')), \"n\" INTEGER NOT NULL CHECK (\"n\" BETWEEN 5000 AND 5002), \"code\" \"Code\");\n\
    ALTER TABLE \"User\" ADD CONSTRAINT \"User_next_fkey\" FOREIGN KEY (\"next\") REFERENCES \"User\"(\"id\");\n\
    ALTER TABLE \"Post\" ADD CONSTRAINT \"Post_authorId_fkey\" FOREIGN KEY (\"authorId\") REFERENCES \"User\"(\"id\") ON DELETE RESTRICT ON UPDATE CASCADE;\n\
    ALTER TABLE \"_Likes\" ADD CONSTRAINT \"_Likes_A_fkey\" FOREIGN KEY (\"A\") REFERENCES \"Post\"(\"id\") ON DELETE CASCADE ON UPDATE CASCADE;\n\
    ALTER TABLE \"_Likes\" ADD CONSTRAINT \"_Likes_B_fkey\" FOREIGN KEY (\"B\") REFERENCES \"User\"(\"id\") ON DELETE CASCADE ON UPDATE CASCADE;\n";

/// Whether there is a server to start; says so loudly where not.
pub fn has_server() -> bool {
    let installed = std::path::Path::new("/usr/lib/postgresql").is_dir()
        || std::env::var_os("PATH")
            .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join("initdb").is_file()));
    if !installed {
        skip_or_fail("no PostgreSQL server programs");
    }
    installed
}

fn leftovers(process: u32) -> Vec<String> {
    let prefix = format!("prisma-safe-verify-{process}-");
    let entries = std::fs::read_dir("/tmp").expect("a temporary folder").flatten();
    entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| name.starts_with(&prefix))
        .collect()
}

#[test]
fn fills_every_kind_of_table_and_says_what_it_could_not_fill() {
    if !has_server() {
        return;
    }
    let migration = "ALTER TABLE \"User\" DROP COLUMN \"code\";\nDROP TABLE \"_Likes\";\nDROP TABLE \"Odd\";\nDELETE FROM \"Checked\";\n";
    let revert = "BEGIN;\nALTER TABLE \"User\" ADD COLUMN \"code\" VARCHAR(5);\nCREATE TABLE \"Odd\" (\"at\" POINT NOT NULL);\n\
        CREATE TABLE \"_Likes\" (\"A\" TEXT NOT NULL, \"B\" INTEGER NOT NULL, CONSTRAINT \"_Likes_AB_pkey\" PRIMARY KEY (\"A\", \"B\"));\n\
        ALTER TABLE \"_Likes\" ADD CONSTRAINT \"_Likes_A_fkey\" FOREIGN KEY (\"A\") REFERENCES \"Post\"(\"id\") ON DELETE CASCADE ON UPDATE CASCADE;\n\
        ALTER TABLE \"_Likes\" ADD CONSTRAINT \"_Likes_B_fkey\" FOREIGN KEY (\"B\") REFERENCES \"User\"(\"id\") ON DELETE CASCADE ON UPDATE CASCADE;\nCOMMIT;\n";
    let (found, code) = verify(&project("postgresql", EARLIER, migration, Some(revert)), &[]);
    assert_snapshot!(format!("{}exit code {code}", told(&found[0])), @r"
    schema_only
    - lost Checked whole rows: 100 of 100
    - lost User code: 87 of 87
    - lost _Likes whole rows: 100 of 100
    - not proven Odd: no values are known for the type `point` of `at`
    - note: the columns of `User` stand in another order: id, email, role, tags, meta, amount, created, key, bytes, next, code
    exit code 0
    ");
}

/// However the process ends, no server and no folder outlives it.
#[test]
fn nothing_outlives_a_process_that_is_killed() {
    if !has_server() {
        return;
    }
    let project = project("postgresql", "SELECT pg_sleep(60);", "DROP TABLE a;", None);
    let mut child =
        project.command(&["verify"]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("it starts");
    // "Proving …" is said once the server answers.
    let mut line = String::new();
    let stderr = child.stderr.take().expect("it is piped");
    std::io::BufRead::read_line(&mut std::io::BufReader::new(stderr), &mut line).expect("it says what it does");
    assert!(line.contains("Proving"), "{line}");
    assert_eq!(leftovers(child.id()).len(), 1);
    child.kill().expect("it runs");
    child.wait().expect("it ends");
    let began = std::time::Instant::now();
    // The watch is another process, which nobody waits for.
    while !leftovers(child.id()).is_empty() {
        assert!(began.elapsed().as_secs() < 20, "the folder is still there");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

/// Names without a schema belong to the one of the URL, as for Prisma.
#[test]
fn the_schema_of_the_url_is_where_the_history_goes() {
    if !has_server() {
        return;
    }
    let earlier =
        "CREATE TABLE \"T\" (\"id\" INTEGER PRIMARY KEY, \"a\" TEXT);\nCREATE INDEX \"T_a_idx\" ON \"T\"(\"a\");\n";
    let migration = "DROP INDEX \"app\".\"T_a_idx\";\nALTER TABLE \"app\".\"T\" DROP COLUMN \"a\";\n";
    let revert = "ALTER TABLE \"T\" ADD COLUMN \"a\" TEXT;\n";
    let project = project("postgresql", earlier, migration, Some(revert))
        .variable("DATABASE_URL", "postgresql://nobody@localhost:1/none?schema=app");
    let (found, code) = verify(&project, &[]);
    assert_snapshot!(format!("{}exit code {code}", told(&found[0])), @r"
    not_restored
    - index `T_a_idx` of `app.T` is gone
    - lost app.T a: 86 of 86
    exit code 1
    ");
}
