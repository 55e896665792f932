//! `-- prisma-safe: …` comments.

use insta::assert_snapshot;
use prisma_safe::project::Provider;
use prisma_safe::sql::directive::{Allow, Comparison, DirectiveKind, Measure, When};
use prisma_safe::sql::model::Script;
use prisma_safe::sql::read;
use proptest::prelude::*;

fn script(text: &str) -> Script {
    read(Provider::Postgresql, text.as_bytes()).expect("UTF-8")
}

fn allow(text: &str) -> Allow {
    let script = script(text);
    assert_eq!(script.directive_errors, []);
    match script.directives.into_iter().next().expect("a directive").kind {
        DirectiveKind::Allow(allow) | DirectiveKind::AllowFile(allow) => allow,
        other => panic!("{other:?}"),
    }
}

/// What is wrong, and the text that it is about.
fn errors(text: &str) -> String {
    let script = script(text);
    assert_eq!(script.directives, []);
    let lines = script.directive_errors.iter().map(|e| format!("{}: `{}`", e.kind, script.slice(e.span)));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn an_allow_has_rules_a_reason_and_limits() {
    let allow = allow(
        "-- prisma-safe: allow drop-column, drop-table reason=\"moved \\\"for good\\\"\" until=2027-01-31 when=\"rows < 10_000\"\nDROP TABLE t;",
    );
    assert_eq!(allow.rules.iter().map(|r| r.0.as_str()).collect::<Vec<_>>(), ["drop-column", "drop-table"]);
    assert_eq!(allow.reason, "moved \"for good\"");
    assert_eq!(allow.until.expect("a date").0, jiff::civil::date(2027, 1, 31));
    assert_eq!(
        allow.when.expect("a condition").0,
        When { measure: Measure::Rows, comparison: Comparison::Less, value: 10_000 }
    );
    let size = self::allow("/* prisma-safe: allow-file x reason=y when=\"size >= 2 GB\" */ SELECT 1")
        .when
        .expect("a condition")
        .0;
    assert_eq!(size, When { measure: Measure::Size, comparison: Comparison::GreaterOrEqual, value: 2 << 30 });
}

#[test]
fn a_directive_binds_to_one_statement() {
    let text = "-- prisma-safe: allow a reason=\"next\"\nDROP TABLE a;\nDROP TABLE b; -- prisma-safe: allow b reason=\"same line\"\nDROP TABLE\n  c -- prisma-safe: allow c reason=\"inside\"\n;\n-- prisma-safe: allow d reason=\"dead\"\n-- prisma-safe: expand-of 20270101000000_x\n";
    let script = script(text);
    assert_eq!(
        script.directives.iter().map(|d| d.statement).collect::<Vec<_>>(),
        [Some(0), Some(1), Some(2), None, None]
    );
    assert_eq!(script.directives_of(1).count(), 1);
}

#[test]
fn expected_rows_are_a_number_or_a_range() {
    let rows =
        |text: &str| match &script(&format!("-- prisma-safe: expect-rows {text}\nDELETE FROM t;")).directives[0].kind {
            DirectiveKind::ExpectRows { min, max, .. } => (*min, *max),
            other => panic!("{other:?}"),
        };
    assert_eq!(rows("200"), (200, Some(200)));
    assert_eq!(rows("100..200"), (100, Some(200)));
    assert_eq!(rows("100.."), (100, None));
    assert_eq!(rows("..200"), (0, Some(200)));
}

#[test]
fn mistakes_are_named_at_their_place() {
    let text = "\
-- prisma-safe:
-- prisma-safe: alow x
-- prisma-safe allow x reason=\"y\"
-- prisma-safe: allow reason=\"y\"
-- prisma-safe: allow x
-- prisma-safe: allow x reason=\"\"
-- prisma-safe: allow x reason=\"open
-- prisma-safe: allow x reason=
-- prisma-safe: allow x reason=a reason=b
-- prisma-safe: allow x reason=a y
-- prisma-safe: allow x reason=a because=b
-- prisma-safe: allow x reason=a until=31.01.2027
-- prisma-safe: allow x reason=a when=\"moon = full\"
-- prisma-safe: expect-rows many
-- prisma-safe: expect-rows 200..100
-- prisma-safe: expand-of
-- prisma-safe: contract-of a b
";
    assert_snapshot!(errors(text), @r#"
    says nothing: ``
    `alow` is not a directive; known are allow, allow-file, expect-rows, expand-of, contract-of: `alow`
    the colon is missing: `prisma-safe: allow …`: `allow`
    names no rule: `allow`
    a reason is required: reason="…": `allow`
    the reason is empty: `""`
    the quote does not end on this line: `"open`
    `reason` has no value: `reason=`
    `reason` is given twice: `reason=`
    `y` has no place here: `y`
    `because` has no place here: `because=`
    `31.01.2027` is not a date like 2027-01-31: `31.01.2027`
    `moon = full` is not a condition like rows < 10000 or size < 1GB: `"moon = full"`
    `many` is not a number of rows like 200 or 100..200: `many`
    `200..100` is not a number of rows like 200 or 100..200: `200..100`
    names no migration: `expand-of`
    `b` has no place here: `b`
    "#);
}

#[test]
fn other_comments_are_left_alone() {
    let script = script(
        "-- prisma-safe is a tool\n-- allow x\n/* prisma-safeguard: allow */ SELECT '-- prisma-safe: nonsense';",
    );
    assert_eq!((script.directives.len(), script.directive_errors.len()), (0, 0));
}

proptest! {
    #[test]
    fn any_text_is_a_directive_or_an_error_inside_its_comment(text in "[ -~é]{0,60}") {
        let script = script(&format!("SELECT 1; -- prisma-safe: {text}\nSELECT 2;"));
        prop_assert_eq!(script.directives.len() + script.directive_errors.len(), 1);
        for error in &script.directive_errors {
            prop_assert!(error.comment.contains(error.span), "{:?} outside of {:?}", error.span, error.comment);
        }
    }
}
