//! The splitter keeps every byte, by each database's rules, in linear time.

use std::time::{Duration, Instant};

use prisma_safe::project::Provider;
use prisma_safe::sql::model::{Script, Span};
use prisma_safe::sql::{ReadError, read};
use proptest::prelude::*;

fn script(provider: Provider, text: &str) -> Script {
    read(provider, text.as_bytes()).expect("UTF-8")
}

fn parts(provider: Provider, text: &str) -> Vec<String> {
    let script = script(provider, text);
    script.statements.iter().map(|s| script.slice(s.span).to_owned()).collect()
}

/// The ranges, the wrapper and the tail make up the file, and nothing of a span is outside of its range.
fn check_ranges(script: &Script) {
    let mut at = 0;
    let mut together = String::new();
    let mut pieces: Vec<Span> = script.statements.iter().map(|s| s.range).collect();
    pieces.extend(script.wrapper.map(|w| w.opening));
    pieces.extend(script.wrapper.map(|w| w.closing));
    pieces.sort_unstable();
    for piece in pieces {
        assert!(at <= piece.start, "pieces overlap at {at}");
        together.push_str(script.slice(Span::new(at, piece.start)));
        together.push_str(script.slice(piece));
        at = piece.end;
    }
    together.push_str(script.slice(Span::new(at, u32::try_from(script.text.len()).expect("small"))));
    assert_eq!(together, script.text);
    for (index, statement) in script.statements.iter().enumerate() {
        assert_eq!(statement.index, index);
        assert!(statement.range.contains(statement.span) && !statement.span.is_empty());
        assert!(!statement.operations.is_empty());
        for operation in &statement.operations {
            assert!(statement.range.contains(operation.span), "{:?} outside of {:?}", operation.span, statement.range);
        }
        for comment in statement.leading_comments.clone() {
            assert!(script.comments[comment].span.end <= statement.span.start);
        }
    }
}

fn fragment() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => prop::sample::select(vec![
            "SELECT 1", "CREATE TABLE t (a int)", "DROP TABLE t", "ALTER TABLE t ADD COLUMN b text", "BEGIN", "COMMIT", "END", "GO", "BEGIN TRY",
            "BEGIN CATCH", "END TRY", "END CATCH", "BEGIN TRAN", "COMMIT TRAN", "IF EXISTS (SELECT 1)", "ELSE", "EXEC('SELECT ''x''')", "DO $$ BEGIN x; END $$",
            "CREATE TRIGGER x BEFORE INSERT ON t BEGIN SELECT 1; END", "CREATE FUNCTION f() RETURNS int AS $a$ ; $a$", "DELIMITER //", "-- prisma-safe: allow x reason=\"y\"",
        ]).prop_map(str::to_owned),
        6 => prop::sample::select(vec![
            ";", "'", "''", "\"", "`", "[", "]", "(", ")", "$$", "$a$", "--", "--\n", "/*", "*/", "/*!50001 ", "#", "\\", "\n", "\r\n", "\0", "\u{feff}", "é", "E'\\'", "N'", ",", ".",
        ]).prop_map(str::to_owned),
        2 => "[ -~\\n]{0,12}",
        1 => any::<String>(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn ranges_and_gaps_give_the_file_back(pieces in prop::collection::vec(fragment(), 0..40), glue in prop::sample::select(vec!["", " ", "\n"])) {
        let text = pieces.join(glue);
        for provider in Provider::ALL {
            check_ranges(&script(provider, &text));
        }
    }
}

#[test]
fn ranges_of_the_corpus_give_the_files_back() {
    for source in super::corpus::sources() {
        for (_, bytes) in &source.migrations {
            check_ranges(&read(source.provider, bytes).expect("UTF-8"));
        }
    }
}

#[test]
fn bytes_that_are_no_utf8_are_reported_with_their_place() {
    let error = read(Provider::Postgresql, b"SELECT 1;\n\n  \xff").expect_err("0xff is no UTF-8");
    assert_eq!(error, ReadError::NotUtf8 { offset: 13, line: 3 });
    let utf16 = read(Provider::Sqlserver, &[0xff, 0xfe, b'G', 0, b'O', 0]).expect_err("UTF-16");
    assert_eq!(utf16.to_string(), "the file is UTF-16, not UTF-8");
}

#[test]
fn a_byte_order_mark_counts_in_offsets_and_is_no_part_of_a_statement() {
    let script = script(Provider::Postgresql, "\u{feff}SELECT 1;\r\nSELECT 2");
    assert_eq!(script.statements[0].span, Span::new(3, 11));
    assert_eq!(script.slice(script.statements[1].span), "SELECT 2");
    assert_eq!(script.line_column(script.statements[1].span.start), (2, 1));
}

#[test]
fn quotes_hide_semicolons() {
    use Provider::{Mysql, Postgresql, Sqlite, Sqlserver};
    assert_eq!(parts(Postgresql, "SELECT ';' ; SELECT $x$ ; $$ ; $x$; SELECT E'\\';';").len(), 3);
    assert_eq!(parts(Postgresql, "SELECT '\\'; SELECT 2").len(), 2);
    assert_eq!(parts(Mysql, "SELECT '\\';'; SELECT \";\"; SELECT `;`").len(), 3);
    assert_eq!(parts(Sqlite, "SELECT [;]; SELECT `;`; SELECT \";\"").len(), 3);
    assert_eq!(parts(Sqlserver, "SELECT [;]]]; SELECT N';'").len(), 2);
}

#[test]
fn comments_are_each_databases_own() {
    use Provider::{Mysql, Postgresql, Sqlite};
    assert_eq!(parts(Postgresql, "SELECT 1 /* a /* ; */ ; */; SELECT 2").len(), 2);
    assert_eq!(parts(Mysql, "SELECT 1 # ;\n; SELECT 2 -- ;\n").len(), 2);
    assert_eq!(parts(Mysql, "SELECT 1--1; SELECT 2"), ["SELECT 1--1", "SELECT 2"]);
    assert_eq!(parts(Sqlite, "SELECT 1; /* open to the end").len(), 1);
    assert_eq!(parts(Mysql, "/*!40101 SET NAMES utf8 */; SELECT 1"), ["SET NAMES utf8", "SELECT 1"]);
    assert!(script(Postgresql, "SELECT 1; /* open").statements.last().is_some_and(|s| !s.is_understood()));
}

#[test]
fn bodies_with_semicolons_stay_whole() {
    use Provider::{Mysql, Postgresql, Sqlite};
    let sqlite = "CREATE TRIGGER a AFTER INSERT ON t BEGIN UPDATE t SET a = CASE WHEN 1 THEN 2 END; DELETE FROM u; END; SELECT 1";
    assert_eq!(parts(Sqlite, sqlite).len(), 2);
    let mysql =
        "CREATE TRIGGER a BEFORE INSERT ON t FOR EACH ROW BEGIN IF NEW.a THEN SET NEW.a = 1; END IF; END; SELECT 1";
    assert_eq!(parts(Mysql, mysql).len(), 2);
    let bare = "CREATE TRIGGER a BEFORE INSERT ON t FOR EACH ROW IF NEW.a IS NULL THEN SET NEW.a = 1; END IF; SELECT 1";
    assert_eq!(parts(Mysql, bare).len(), 2);
    let looped = "CREATE PROCEDURE p() BEGIN l: LOOP SELECT IF(a, 1, 2); LEAVE l; END LOOP; CASE a WHEN 1 THEN SELECT 1; END CASE; END; SELECT 1";
    assert_eq!(parts(Mysql, looped).len(), 2);
    let atomic =
        "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT CASE WHEN true THEN 1 END; END; SELECT 1";
    assert_eq!(parts(Postgresql, atomic).len(), 2);
    assert_eq!(parts(Postgresql, "CREATE RULE r AS ON INSERT TO t DO (DELETE FROM u; SELECT 1); SELECT 1").len(), 2);
    assert_eq!(parts(Mysql, "BEGIN; INSERT INTO t VALUES (1); COMMIT;").len(), 3);
}

#[test]
fn transact_sql_needs_no_semicolons() {
    let split = |text| parts(Provider::Sqlserver, text);
    assert_eq!(
        split("DECLARE @a INT = 1\nSELECT @a = 2\nEXEC p @a\nDROP TABLE t"),
        ["DECLARE @a INT = 1", "SELECT @a = 2", "EXEC p @a", "DROP TABLE t"]
    );
    assert_eq!(
        split(
            "ALTER TABLE t DROP COLUMN a\nALTER TABLE t ALTER COLUMN b INT\nALTER TABLE t SET (LOCK_ESCALATION = AUTO)"
        )
        .len(),
        3
    );
    assert_eq!(
        split("UPDATE t SET a = 1 WHERE b = (SELECT 1)\nINSERT INTO t SELECT 1 UNION ALL SELECT 2\nSELECT 1").len(),
        3
    );
    assert_eq!(split("ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES u (a) ON DELETE SET NULL ON UPDATE CASCADE\nGRANT SELECT, UPDATE ON t TO x").len(), 2);
    assert_eq!(split("IF EXISTS (SELECT 1) BEGIN DROP TABLE t; DROP TABLE u END ELSE DROP TABLE v\nSELECT 1").len(), 2);
    assert_eq!(
        split(
            "WITH c AS (SELECT 1 AS a) DELETE FROM t WHERE a IN (SELECT a FROM c)\nSELECT CASE WHEN 1 = 1 THEN 2 END"
        )
        .len(),
        2
    );
    assert_eq!(
        split("CREATE VIEW v AS SELECT 1\nGO\nSELECT 2\ngo 3\nSELECT 3"),
        ["CREATE VIEW v AS SELECT 1", "GO", "SELECT 2", "go 3", "SELECT 3"]
    );
    assert_eq!(split("DROP TABLE IF EXISTS t\nMERGE t USING u ON t.a = u.a WHEN MATCHED THEN UPDATE SET a = 1 WHEN NOT MATCHED THEN INSERT (a) VALUES (1);").len(), 2);
}

#[test]
fn prismas_wrapper_is_taken_off() {
    let text = "/* head */\nBEGIN TRY\n\nBEGIN TRAN;\n\n-- first\nDROP TABLE [a];\n\nCOMMIT TRAN;\n\nEND TRY\nBEGIN CATCH\n\nIF @@TRANCOUNT > 0\nBEGIN\n    ROLLBACK TRAN;\nEND;\nTHROW\n\nEND CATCH\n";
    let script = script(Provider::Sqlserver, text);
    let wrapper = script.wrapper.expect("a wrapper");
    assert_eq!(script.slice(wrapper.opening), "BEGIN TRY\n\nBEGIN TRAN;");
    assert!(
        script.slice(wrapper.closing).starts_with("COMMIT TRAN;")
            && script.slice(wrapper.closing).ends_with("END CATCH")
    );
    assert_eq!(script.statements.len(), 1);
    assert_eq!(script.statements[0].transaction, Some(0));
    assert_eq!(script.statements[0].leading_comments, 0..2);
    check_ranges(&script);
}

/// Texts of a few hundred kilobytes that make a careless splitter quadratic.
const BOMB: usize = if cfg!(debug_assertions) { 100_000 } else { 2_000_000 };

/// See [`BOMB`].
fn bombs() -> Vec<(&'static str, String)> {
    let many = |s: &str| s.repeat(BOMB / s.len());
    vec![
        ("semicolons", many(";")),
        ("statements", many("SELECT 1;")),
        ("comment openings", many("/*")),
        ("nested comments", format!("{}{}", many("/*"), many("*/"))),
        ("open quotes", many("'")),
        ("open quoted names", many("\" ")),
        ("dollars", many("$")),
        ("dollar tags", many("$a$b")),
        ("different tags", (0..BOMB / 7).map(|i| format!("$t{i}$")).collect()),
        ("one long tag", format!("${}$ {}", many("a"), many("$aaaa"))),
        ("openings", many("(")),
        ("brackets", many("[")),
        ("brackets and commas", many("(,")),
        ("nested selects", many("(SELECT ")),
        ("begins", many("BEGIN ")),
        ("begins and ends", many("BEGIN; END; ")),
        ("ifs", many("IF 1=1 ")),
        ("blocks", many("IF 1=1 BEGIN ")),
        ("elses", many("IF 1=1 SELECT 1 ELSE ")),
        ("tries", many("BEGIN TRY ")),
        ("cases", many("CASE WHEN ")),
        ("triggers", many("CREATE TRIGGER t BEGIN ")),
        ("backslashes", many("\\")),
        ("lines of backslashes", many("\\\n")),
        ("blanks and backslashes", many("  \\")),
        ("conditional comments", many("/*!1 */")),
        ("operators", format!("SELECT {}", many("1+"))),
        ("ors", format!("DELETE FROM t WHERE {}", many("a = 1 OR "))),
        ("nots", format!("SELECT {}", many("NOT "))),
        ("casts", format!("SELECT 1{}", many("::int"))),
        ("subscripts", format!("SELECT a{}", many("[1]"))),
        ("unions", many("SELECT 1 UNION ")),
        ("withs", many("WITH a AS (")),
        ("values", format!("INSERT INTO t VALUES {}(1)", many("(1,'x'),"))),
        ("columns", format!("CREATE TABLE t ({} a int)", many("a int,"))),
        ("clauses", format!("ALTER TABLE t {} ADD a int", many("ADD a int,"))),
        ("go", many("GO\n")),
        ("delimiters", many("DELIMITER ;\n")),
        ("execs", many("EXEC('")),
        ("exec in exec", many("EXEC('EXEC(''")),
        ("do blocks", many("DO $$ BEGIN ")),
        (
            "rebuilds",
            many("CREATE TABLE n(a int);INSERT INTO n SELECT a FROM t;DROP TABLE t;ALTER TABLE n RENAME TO t;"),
        ),
        (
            "enum swaps",
            many("CREATE TYPE n AS ENUM('a');ALTER TYPE t RENAME TO o;ALTER TYPE n RENAME TO t;DROP TYPE o;"),
        ),
        ("directives", many("-- prisma-safe: allow a reason=\"b\"\n")),
        ("one line of statements", many("DROP TABLE t; ")),
        ("names", many("a.")),
    ]
}

#[test]
fn no_text_takes_more_than_linear_time() {
    // Anything quadratic takes minutes. Debug builds on a busy machine are slow, so the limit is wide.
    let limit = Duration::from_secs(10);
    for (what, text) in bombs() {
        for provider in Provider::ALL {
            let start = Instant::now();
            let read = script(provider, &text);
            let taken = start.elapsed();
            assert!(
                taken < limit,
                "{what} for {provider}: {taken:?} for {} bytes, {} statements",
                text.len(),
                read.statements.len()
            );
        }
    }
}
