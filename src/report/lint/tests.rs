//! Every format, on what rules say and on what hostile migrations hold.

use std::fmt::Write as _;

use proptest::prelude::*;
use serde_json::Value;

use super::{Format, Style};
use crate::lint::{Judged, LineTable, Reported, Summary, UNREADABLE};
use crate::rules::{Finding, Level, Rule, Subject};
use crate::settings::Origin;
use crate::sql::model::Span;

const FORMATS: [Format; 7] =
    [Format::Human, Format::Json, Format::Github, Format::Sarif, Format::Junit, Format::Markdown, Format::Gitlab];

/// A finding about `needle` in a text, with every sentence made of `words`.
fn judged(name: &str, text: &str, needle: &str, words: &str, level: Level) -> Judged {
    static RULE: &Rule = &UNREADABLE;
    let start = text.find(needle).unwrap_or(0);
    let end = (start + needle.len()).min(text.len());
    let small = |at: usize| u32::try_from(at).expect("a small text");
    let span = Span::new(small(start), small(end));
    let subject = Subject { table: Some(words.to_owned()), column: None, name: Some(needle.to_owned()) };
    let mut finding =
        Finding::new(span, subject, words).why(format!("{words}.")).help(words).query(format!("SELECT 1 -- {words}"));
    finding.statement = Some(0);
    Judged {
        name: name.to_owned(),
        file: format!("prisma/migrations/{name}/migration.sql"),
        text: text.to_owned(),
        statements: 2,
        understood: 1,
        findings: vec![Reported {
            rule: RULE,
            finding,
            level,
            level_origin: Origin::Default,
            location: LineTable::new(text).locate(span),
            statement_hash: "0123456789abcdef".to_owned(),
        }],
        allowed: Vec::new(),
        in_baseline: 0,
        repair: None,
        again: false,
    }
}

fn write(format: Format, all: &[Judged]) -> String {
    let style = Style { color: false, hyperlinks: false, width: 100 };
    let (mut report, mut summary, mut out) = (format.report(style), Summary::default(), Vec::new());
    report.begin(&mut out).expect("a vector takes everything");
    for judged in all {
        summary.count(judged);
        report.migration(&mut out, judged).expect("a vector takes everything");
    }
    report.end(&mut out, &summary).expect("a vector takes everything");
    String::from_utf8(out).expect("every format is text")
}

fn example() -> Vec<Judged> {
    let sql = "-- comment\nALTER TABLE \"users\"\n  DROP COLUMN \"name\";\nSELECT 1;\n";
    let words = "dropping `users`.`name` deletes its values";
    vec![
        judged("20260101120000_drop_name", sql, "\"name\"", words, Level::Deny),
        Judged { findings: Vec::new(), ..judged("20260102120000_quiet", sql, "1", words, Level::Warn) },
        judged("20260103120000_é", "SELECT 'ü', 1;", "1", "one, two: 100% of it", Level::Warn),
    ]
}

#[test]
fn human_underlines_and_explains() {
    insta::assert_snapshot!(write(Format::Human, &example()), @r#"
    error[PS000]: dropping `users`.`name` deletes its values
     --> prisma/migrations/20260101120000_drop_name/migration.sql:3:15
      |
    3 |   DROP COLUMN "name";
      |               ^^^^^^
      |
      = why: dropping `users`.`name` deletes its values.
      = help: dropping `users`.`name` deletes its values
      = query: ask the database whether it matters:
               SELECT 1 -- dropping `users`.`name` deletes its values
      = note: `unreadable-migration` is `deny`, by default
              more: cargo prisma-safe explain unreadable-migration

    warning[PS000]: one, two: 100% of it
     --> prisma/migrations/20260103120000_é/migration.sql:1:13
      |
    1 | SELECT 'ü', 1;
      |             ^
      |
      = why: one, two: 100% of it.
      = help: one, two: 100% of it
      = query: ask the database whether it matters:
               SELECT 1 -- one, two: 100% of it
      = note: `unreadable-migration` is `warn`, by default

    3 migrations, 6 statements, 3 understood, 3 not: 2 findings (1 deny, 1 warn)
    3 statements not understood: it may do anything, and unknown is never safe
    "#);
}

#[test]
fn github_has_one_command_per_finding() {
    insta::assert_snapshot!(write(Format::Github, &example()), @r"
    ::error file=prisma/migrations/20260101120000_drop_name/migration.sql,line=3,endLine=3,col=15,endColumn=21,title=PS000 unreadable-migration::dropping `users`.`name` deletes its values%0Awhy: dropping `users`.`name` deletes its values.%0Ahelp: dropping `users`.`name` deletes its values%0Aquery: SELECT 1 -- dropping `users`.`name` deletes its values%0Amore: cargo prisma-safe explain unreadable-migration
    ::warning file=prisma/migrations/20260103120000_é/migration.sql,line=1,endLine=1,col=13,endColumn=14,title=PS000 unreadable-migration::one, two: 100%25 of it%0Awhy: one, two: 100%25 of it.%0Ahelp: one, two: 100%25 of it%0Aquery: SELECT 1 -- one, two: 100%25 of it%0Amore: cargo prisma-safe explain unreadable-migration
    ::notice title=prisma-safe::3 migrations, 6 statements, 3 understood, 3 not: 2 findings (1 deny, 1 warn)
    ");
}

#[test]
fn markdown_shows_everything_in_code() {
    insta::assert_snapshot!(write(Format::Markdown, &example()), @r#"
    <!-- prisma-safe-lint -->
    ### ❌ Migration lint

    3 migrations, 6 statements, 3 understood, 3 not: 2 findings (1 deny, 1 warn)

    #### <code>20260101120000&#95;drop&#95;name</code>

    **error** PS000 `unreadable-migration` at <code>prisma/migrations/20260101120000&#95;drop&#95;name/migration.sql:3</code> (<code>the default</code>)

    ```text
    dropping `users`.`name` deletes its values

    dropping `users`.`name` deletes its values.
    ```

    ```sql
      DROP COLUMN "name";
    ```

    <details><summary>What to do instead</summary>

    ```sql
    dropping `users`.`name` deletes its values

    -- whether it matters, the database says:
    SELECT 1 -- dropping `users`.`name` deletes its values
    ```

    More: `cargo prisma-safe explain unreadable-migration`

    </details>

    #### <code>20260103120000&#95;é</code>

    **warning** PS000 `unreadable-migration` at <code>prisma/migrations/20260103120000&#95;é/migration.sql:1</code> (<code>the default</code>)

    ```text
    one, two: 100% of it

    one, two: 100% of it.
    ```

    ```sql
    SELECT 'ü', 1;
    ```

    <details><summary>What to do instead</summary>

    ```sql
    one, two: 100% of it

    -- whether it matters, the database says:
    SELECT 1 -- one, two: 100% of it
    ```

    More: `cargo prisma-safe explain unreadable-migration`

    </details>
    "#);
}

#[test]
fn junit_fails_for_deny_alone() {
    insta::assert_snapshot!(write(Format::Junit, &example()), @r#"
    <?xml version="1.0" encoding="UTF-8"?>
    <testsuites name="prisma-safe lint" tests="3" skipped="0" failures="1" errors="0">
        <testsuite name="20260101120000_drop_name" tests="1" skipped="0" errors="0" failures="1">
            <properties>
                <property name="file" value="prisma/migrations/20260101120000_drop_name/migration.sql"/>
            </properties>
            <testcase name="unreadable-migration line 3" classname="prisma/migrations/20260101120000_drop_name/migration.sql">
                <failure message="dropping `users`.`name` deletes its values" type="unreadable-migration">prisma/migrations/20260101120000_drop_name/migration.sql:3:15: dropping `users`.`name` deletes its values
    why: dropping `users`.`name` deletes its values.
    help: dropping `users`.`name` deletes its values
    more: cargo prisma-safe explain unreadable-migration</failure>
            </testcase>
        </testsuite>
        <testsuite name="20260102120000_quiet" tests="1" skipped="0" errors="0" failures="0">
            <properties>
                <property name="file" value="prisma/migrations/20260102120000_quiet/migration.sql"/>
            </properties>
            <testcase name="no findings" classname="prisma/migrations/20260102120000_quiet/migration.sql"/>
        </testsuite>
        <testsuite name="20260103120000_é" tests="1" skipped="0" errors="0" failures="0">
            <properties>
                <property name="file" value="prisma/migrations/20260103120000_é/migration.sql"/>
            </properties>
            <testcase name="unreadable-migration line 1" classname="prisma/migrations/20260103120000_é/migration.sql">
                <system-out>warning: prisma/migrations/20260103120000_é/migration.sql:1:13: one, two: 100% of it
    why: one, two: 100% of it.
    help: one, two: 100% of it
    more: cargo prisma-safe explain unreadable-migration</system-out>
            </testcase>
        </testsuite>
        <testsuite name="summary" tests="0" skipped="0" errors="0" failures="0">
            <properties>
                <property name="statements" value="6"/>
                <property name="understood" value="3"/>
                <property name="unknown" value="3"/>
            </properties>
        </testsuite>
    </testsuites>
    "#);
}

#[test]
fn json_is_what_its_schema_says() {
    let schema: Value =
        serde_json::from_str(include_str!("../../../docs/lint.schema.json")).expect("the schema is JSON");
    let schema = jsonschema::validator_for(&schema).expect("the schema is a schema");
    for all in [&example()[..], &[]] {
        let document: Value = serde_json::from_str(&write(Format::Json, all)).expect("it is JSON");
        let wrong: Vec<String> = schema.iter_errors(&document).map(|error| error.to_string()).collect();
        assert_eq!(wrong, Vec::<String>::new());
        assert_eq!(document["findings"].as_array().map(Vec::len), Some(all.iter().map(|j| j.findings.len()).sum()));
    }
    let document: Value = serde_json::from_str(&write(Format::Json, &example())).expect("it is JSON");
    let location = &document["findings"][0]["location"];
    assert_eq!(
        *location,
        serde_json::json!({
            "file": "prisma/migrations/20260101120000_drop_name/migration.sql",
            "line": 3, "column": 15, "end_line": 3, "end_column": 21
        })
    );
}

/// The schema as OASIS publishes it, but for the pattern of languages, which is no regular expression (`]` without `[`).
fn sarif_schema() -> jsonschema::Validator {
    let text = include_str!("../../../tests/support/schemas/sarif-2.1.0.json");
    let repaired = text.replace("^[a-zA-Z]{2}|^[a-zA-Z]{2}-[a-zA-Z]{2}]?$", "^[a-zA-Z]{2}(-[a-zA-Z]{2})?$");
    let schema: Value = serde_json::from_str(&repaired).expect("the schema is JSON");
    jsonschema::validator_for(&schema).expect("the schema is a schema")
}

#[test]
fn sarif_is_what_oasis_says() {
    let schema = sarif_schema();
    for all in [&example()[..], &[]] {
        let document: Value = serde_json::from_str(&write(Format::Sarif, all)).expect("it is JSON");
        let wrong: Vec<String> =
            schema.iter_errors(&document).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert_eq!(wrong, Vec::<String>::new());
    }
    let document: Value = serde_json::from_str(&write(Format::Sarif, &example())).expect("it is JSON");
    let run = &document["runs"][0];
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    let result = &run["results"][1];
    let rule = &run["tool"]["driver"]["rules"][usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()];
    assert_eq!(rule["id"], result["ruleId"]);
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "prisma/migrations/20260103120000_%C3%A9/migration.sql");
    assert_eq!(place["region"]["startColumn"], 13);
}

#[test]
fn gitlab_fingerprints_are_never_the_same() {
    let one = example().remove(0);
    let twice = Judged { findings: vec![one.findings[0].clone(), one.findings[0].clone()], ..one };
    let issues: Vec<Value> = serde_json::from_str(&write(Format::Gitlab, &[twice])).expect("it is JSON");
    assert_eq!(issues.len(), 2);
    assert_ne!(issues[0]["fingerprint"], issues[1]["fingerprint"]);
    assert_eq!(issues[0]["severity"], "critical");
    assert_eq!(issues[0]["location"]["lines"]["begin"], 3);
}

#[test]
fn a_markdown_comment_is_short_enough_for_github() {
    let many: Vec<Judged> = (0..500).map(|_| example().remove(0)).collect();
    let text = write(Format::Markdown, &many);
    assert!(text.chars().count() < 65_536, "{} characters", text.len());
    assert!(text.contains("left out here"), "it says so");
}

#[test]
fn a_file_without_text_has_no_excerpt() {
    let mut broken = example().remove(0);
    broken.text = String::new();
    let text = write(Format::Human, &[broken]);
    assert!(text.contains("--> prisma/migrations/20260101120000_drop_name/migration.sql"), "{text}");
}

/// Text that tries to break out of any format.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[ -~]{0,12}",
        Just("\u{1b}[31mred\u{1b}]8;;http://x\u{7}".to_owned()),
        Just("\n::error title=forged::x".to_owned()),
        Just("\r\n::set-output name=x::y\r".to_owned()),
        Just("```\n# forged\n````\n<img src=x onerror=y>".to_owned()),
        Just("]]><failure message=\"x\"/>&#0;\u{0}\u{b}\u{ffff}".to_owned()),
        Just("</code></details><script>@everyone [x](javascript:y) | --- |".to_owned()),
        Just("\u{202e}\u{2066}\u{feff}\u{85}\u{2028}".to_owned()),
        Just("ä𝄞\u{301}日本".to_owned()),
        Just("\",\"x\":\"\\u0000\\".to_owned()),
        Just("%0A%25,:=".to_owned()),
    ];
    proptest::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn hostile_text_breaks_no_format(
        name in hostile(), before in hostile(), needle in hostile(), after in hostile(), words in hostile(), deny in any::<bool>(),
    ) {
        let text = format!("{before}{needle}{after}");
        let level = if deny { Level::Deny } else { Level::Warn };
        let name = if name.is_empty() { "x".to_owned() } else { name };
        let words = if words.trim().is_empty() { "words".to_owned() } else { words };
        let all = [judged(&name, &text, &needle, &words, level)];
        for format in FORMATS {
            let out = write(format, &all);
            match format {
                Format::Json | Format::Sarif | Format::Gitlab => {
                    prop_assert!(serde_json::from_str::<Value>(&out).is_ok(), "{format:?}: {out}");
                    prop_assert!(!out.contains('\u{1b}'), "{format:?}");
                }
                Format::Junit => {
                    prop_assert!(out.chars().all(|c| matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)), "{out}");
                    prop_assert_eq!(out.matches("<failure").count(), usize::from(deny), "{}", out);
                    prop_assert_eq!(out.matches("<testcase").count(), 1);
                }
                Format::Github => {
                    prop_assert_eq!(out.lines().count(), 2, "{}", &out);
                    prop_assert!(out.lines().all(|line| line.starts_with("::")));
                    prop_assert!(!out.contains('\r'));
                }
                Format::Markdown => {
                    prop_assert!(is_well_fenced(&out), "{out}");
                }
                Format::Human => {}
            }
            if !matches!(format, Format::Json | Format::Sarif | Format::Gitlab | Format::Junit) {
                let bad = out.chars().find(|c| (c.is_control() && *c != '\n') || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'));
                prop_assert_eq!(bad, None, "{:?}: {}", format, out);
            }
        }
    }
}

/// Outside of fences, no line has a tag, a mention, a link or an image that did not come from the format itself.
fn is_well_fenced(out: &str) -> bool {
    let mut fence: Option<String> = None;
    let mut outside = String::new();
    for line in out.lines() {
        let ticks: String = line.chars().take_while(|c| *c == '`').collect();
        match &fence {
            Some(open) if line == open => fence = None,
            Some(_) => {}
            None if ticks.len() >= 3 => fence = Some(ticks),
            None => {
                let _ = writeln!(outside, "{line}");
            }
        }
    }
    let known =
        ["<!-- prisma-safe-lint -->", "<code>", "</code>", "<details>", "</details>", "<summary>", "</summary>"];
    let stripped = known.iter().fold(outside, |text, tag| text.replace(tag, ""));
    fence.is_none() && !stripped.contains(['<', '@', '[']) && !stripped.contains("](")
}
