//! *The users will not notice, or know beforehand*: what the pending statements lock, for how long that may be, on how many rows; and whether
//! the rows that are there let them succeed.
//!
//! Limits are rows and bytes that are worked through while writes wait, under `[env.<name>.impact]`. A table that was never analyzed is
//! unknown, not empty. A question about rows with a positive answer stops the deploy whatever the limits are: the migration would fail.

use super::{Facts, Gate, Outcome, Verdict};
use crate::deploy::downtime::{Downtime, Wait};
use crate::deploy::evidence::ImpactEvidence;
use crate::deploy::evidence::checks::{COUNTED, Checked};
use crate::deploy::evidence::impact::counted;
use crate::settings::{ImpactSettings, format_size};
use crate::shell::{count, single_spaced};

/// See the module.
pub struct ImpactGate;

const NAME: &str = "impact";
/// Problems that are told; the rest is counted.
const SHOWN: usize = 5;

impl Gate for ImpactGate {
    fn name(&self) -> &'static str {
        NAME
    }

    fn judge(&self, facts: &Facts<'_>) -> Verdict {
        if facts.plan.migrations.is_empty() {
            return Verdict::pass(NAME, "nothing is pending");
        }
        let Some(impact) = &facts.evidence.impact else {
            return Verdict::pass(NAME, "the database is new: nobody waits for it yet");
        };
        let downtime = Downtime::of(facts.plan, &impact.sizes);
        let mut checks: Vec<&Checked> = impact.checks.iter().collect();
        checks.sort_by_key(|checked| (&checked.check.migration, checked.check.line));
        let mut problems: Vec<Problem> = checks.into_iter().filter_map(|checked| of_check(facts, checked)).collect();
        problems.extend(downtime.waits.iter().filter_map(|wait| of_wait(facts, impact, wait)));
        problems.extend(not_understood(facts, &downtime));
        // The worst first: the hint is about it.
        problems.sort_by_key(|problem| std::cmp::Reverse(problem.outcome));
        let line = downtime.line();
        let asked = match impact.checks.iter().filter(|checked| checked.found == Ok(0)).count() {
            0 => String::new(),
            good => format!("; {} about the rows, nothing in the way", count(good, "question")),
        };
        let Some(worst) = problems.first() else { return Verdict::pass(NAME, format!("{line}{asked}")) };
        let (outcome, hint) = (worst.outcome, worst.hint.clone());
        let mut told: Vec<String> = problems.iter().take(SHOWN).map(|problem| problem.evidence.clone()).collect();
        if problems.len() > SHOWN {
            told.push(format!("and {} more", problems.len() - SHOWN));
        }
        told.push(line);
        Verdict { gate: NAME, outcome, evidence: told.join("; "), hint: Some(hint) }
    }
}

struct Problem {
    outcome: Outcome,
    evidence: String,
    hint: String,
}

fn of_check(facts: &Facts<'_>, checked: &Checked) -> Option<Problem> {
    let check = &checked.check;
    let name = facts.target.name();
    let place = format!("`{}` line {}", check.migration, check.line);
    let see = check.rows.replacen("SELECT 1 FROM", "SELECT * FROM", 1);
    let see = single_spaced(&see);
    let timeout = &facts.target.environment().impact.check_timeout;
    match &checked.found {
        Ok(0) => None,
        Ok(found) => {
            let number = if *found > COUNTED {
                format!("more than {}", count(usize::try_from(COUNTED).unwrap_or(usize::MAX), check.noun))
            } else {
                count(usize::try_from(*found).unwrap_or(usize::MAX), check.noun)
            };
            Some(Problem {
                outcome: Outcome::Block,
                evidence: format!(
                    "{place} cannot do what it should: there {} {number} {}",
                    is_are(*found),
                    check.finds
                ),
                hint: format!(
                    "look at them with `{see};`, put them right in a migration before `{}`, then `cargo prisma-safe plan --env {name}`",
                    check.migration
                ),
            })
        }
        Err(said) => Some(Problem {
            outcome: Outcome::Warn,
            evidence: format!(
                "whether there is a {} {} ({place}) cannot be told: {said} (`check-timeout = \"{}\"`, {})",
                check.noun,
                check.finds,
                crate::settings::format_duration(timeout.value),
                timeout.origin
            ),
            hint: format!("ask by hand: `{see} LIMIT 1;`"),
        }),
    }
}

const fn is_are(number: u64) -> &'static str {
    if number == 1 { "is" } else { "are" }
}

/// One table that others wait for, held against the limits.
fn of_wait(facts: &Facts<'_>, impact: &ImpactEvidence, wait: &Wait) -> Option<Problem> {
    let settings = &facts.target.environment().impact;
    let name = facts.target.name();
    if settings.max_rows.is_none() && settings.max_bytes.is_none() {
        return None;
    }
    let limits = limits(settings);
    let too_many = match (&settings.max_rows, wait.rows()) {
        (Some(limit), Some(rows)) if rows > limit.value => Some(counted(rows)),
        _ => None,
    };
    let too_large = match (&settings.max_bytes, wait.bytes()) {
        (Some(limit), Some(bytes)) if bytes > limit.value => Some(format_size(bytes)),
        _ => None,
    };
    let who = format!("{} `{}` would wait (`{}` line {})", wait.stops.words(), wait.table, wait.migration, wait.line);
    let raise = format!("or, when they may wait, raise the limit under [env.{name}.impact] in a reviewed change");
    let other_form =
        format!("`cargo prisma-safe lint --pending --env {name}` shows the form that keeps nobody waiting");
    if let Some(table) = wait.unanalyzed().filter(|_| too_many.is_some()) {
        return Some(Problem {
            outcome: Outcome::Block,
            evidence: format!(
                "{who} while `{table}` is worked through, which was never analyzed, so nobody knows how many rows it has ({limits})"
            ),
            hint: format!("`ANALYZE \"{table}\";` there, then `cargo prisma-safe plan --env {name}`"),
        });
    }
    if let Some(measure) = too_many.or(too_large) {
        return Some(Problem {
            outcome: Outcome::Block,
            evidence: format!("{who} while {measure} are worked through, which is over the limit ({limits})"),
            hint: format!("{other_form}; {raise}"),
        });
    }
    // Not known is never safe; but a number of rows that is known and small needs no bytes.
    if wait.rows().is_none() && settings.max_rows.is_some() {
        let why = match &impact.sizes {
            Err(said) => format!(": {said}"),
            Ok(_) => String::new(),
        };
        return Some(Problem {
            outcome: Outcome::Block,
            evidence: format!(
                "{who} for a time that is not known, since the size of what is worked through cannot be told{why} ({limits})"
            ),
            hint: format!("{other_form}; {raise}, or set `impact = \"warn\"` under [env.{name}.gates]"),
        });
    }
    None
}

fn limits(settings: &ImpactSettings) -> String {
    let rows =
        settings.max_rows.as_ref().map(|limit| format!("`max-rows-under-lock = {}`, {}", limit.value, limit.origin));
    let bytes = settings
        .max_bytes
        .as_ref()
        .map(|limit| format!("`max-size-under-lock = \"{}\"`, {}", format_size(limit.value), limit.origin));
    [rows, bytes].into_iter().flatten().collect::<Vec<_>>().join("; ")
}

/// What was not understood may lock anything, where somebody set limits.
fn not_understood(facts: &Facts<'_>, downtime: &Downtime) -> Option<Problem> {
    let limited = facts.target.environment().impact.max_rows.is_some();
    (downtime.unknown > 0 && limited).then(|| Problem {
        outcome: Outcome::Warn,
        evidence: format!(
            "what {} locks cannot be told, since it was not understood",
            count(downtime.unknown, "statement")
        ),
        hint: format!(
            "`cargo prisma-safe lint --pending --env {}` shows it; read it with that in mind",
            facts.target.name()
        ),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::database::{Rows, Size, TableRef};
    use crate::deploy::gates::bench::Bench;
    use crate::deploy::plan_checks::DataCheck;

    const INIT: (&str, &str) = (
        "20260101000000_init",
        "CREATE TABLE \"User\" (id INTEGER PRIMARY KEY, email TEXT);\nCREATE TABLE \"Post\" (id INTEGER PRIMARY KEY, author INTEGER);\n",
    );
    const INDEX: (&str, &str) = ("20260201000000_index", "CREATE INDEX user_email ON \"User\" (email);\n");
    const PRODUCTION: &str = "[env.eu]\nkind = \"production\"\nurl-env = \"E\"\n";

    fn bench(settings: &str, pending: (&str, &str), sizes: &[(&str, Rows, u64)]) -> Bench {
        let mut bench = Bench::new(settings, "eu", &[INIT, pending]);
        bench.ledger(&[(INIT.0, INIT.1, 3600)]);
        let size = |(name, rows, bytes): &(&str, Rows, u64)| {
            (TableRef { schema: None, name: (*name).to_owned() }, Size { rows: *rows, bytes: Some(*bytes) })
        };
        let sizes: BTreeMap<_, _> = sizes.iter().map(size).collect();
        bench.evidence.impact = Some(ImpactEvidence { sizes: Ok(sizes), checks: Vec::new() });
        bench
    }

    const LARGE: (&str, Rows, u64) = ("User", Rows::About(12_400_000), 3_328_599_655);

    #[test]
    fn what_makes_others_wait_has_a_limit_on_production() {
        insta::assert_snapshot!(bench(PRODUCTION, INDEX, &[LARGE]).judge(&ImpactGate), @r#"
        block: writes to `User` would wait (`20260201000000_index` line 1) while 12.4 M rows are worked through, which is over the limit (`max-rows-under-lock = 1000000`, the default; `max-size-under-lock = "1 GB"`, the default); expected downtime: writes to `User` (about 12.4 M rows, 3.1 GB) wait while an index over all its rows is built (`CREATE INDEX`, 20260201000000_index line 1), roughly 2m30s or less
        → `cargo prisma-safe lint --pending --env eu` shows the form that keeps nobody waiting; or, when they may wait, raise the limit under [env.eu.impact] in a reviewed change
        "#);
        insta::assert_snapshot!(bench(PRODUCTION, INDEX, &[("User", Rows::About(40_000), 9 << 20)]).judge(&ImpactGate), @r"pass: expected downtime: writes to `User` (about 40 k rows, 9 MB) wait while an index over all its rows is built (`CREATE INDEX`, 20260201000000_index line 1), under a second");
        let staging = PRODUCTION.replace("production", "staging");
        insta::assert_snapshot!(bench(&staging, INDEX, &[LARGE]).judge(&ImpactGate), @r"pass: expected downtime: writes to `User` (about 12.4 M rows, 3.1 GB) wait while an index over all its rows is built (`CREATE INDEX`, 20260201000000_index line 1), roughly 2m30s or less");
        let raised =
            format!("{PRODUCTION}[env.eu.impact]\nmax-rows-under-lock = 20000000\nmax-size-under-lock = \"2GB\"\n");
        insta::assert_snapshot!(bench(&raised, INDEX, &[LARGE]).judge(&ImpactGate), @r#"
        block: writes to `User` would wait (`20260201000000_index` line 1) while 3.1 GB are worked through, which is over the limit (`max-rows-under-lock = 20000000`, set in /work/prisma-safe.toml:5; `max-size-under-lock = "2 GB"`, set in /work/prisma-safe.toml:6); expected downtime: writes to `User` (about 12.4 M rows, 3.1 GB) wait while an index over all its rows is built (`CREATE INDEX`, 20260201000000_index line 1), roughly 2m30s or less
        → `cargo prisma-safe lint --pending --env eu` shows the form that keeps nobody waiting; or, when they may wait, raise the limit under [env.eu.impact] in a reviewed change
        "#);
    }

    #[test]
    fn a_table_that_was_never_analyzed_is_unknown_and_not_empty() {
        insta::assert_snapshot!(bench(PRODUCTION, INDEX, &[("User", Rows::AtMost(90_000_000), 3 << 20)]).judge(&ImpactGate), @r#"
        block: writes to `User` would wait (`20260201000000_index` line 1) while `User` is worked through, which was never analyzed, so nobody knows how many rows it has (`max-rows-under-lock = 1000000`, the default; `max-size-under-lock = "1 GB"`, the default); expected downtime: writes to `User` (rows not known, never analyzed, 3 MB) wait while an index over all its rows is built (`CREATE INDEX`, 20260201000000_index line 1), under a second
        → `ANALYZE "User";` there, then `cargo prisma-safe plan --env eu`
        "#);
        // So small that it does not matter.
        assert!(bench(PRODUCTION, INDEX, &[("User", Rows::AtMost(292), 8192)]).judge(&ImpactGate).starts_with("pass"));
        insta::assert_snapshot!(bench(PRODUCTION, INDEX, &[]).judge(&ImpactGate), @r#"
        block: writes to `User` would wait (`20260201000000_index` line 1) for a time that is not known, since the size of what is worked through cannot be told (`max-rows-under-lock = 1000000`, the default; `max-size-under-lock = "1 GB"`, the default); expected downtime: writes to `User` wait while an index over all its rows is built (`CREATE INDEX`, 20260201000000_index line 1), for how long is not known
        → `cargo prisma-safe lint --pending --env eu` shows the form that keeps nobody waiting; or, when they may wait, raise the limit under [env.eu.impact] in a reviewed change, or set `impact = "warn"` under [env.eu.gates]
        "#);
    }

    #[test]
    fn locks_are_kept_to_the_end_of_their_transaction() {
        let both = (
            "20260201000000_both",
            "BEGIN;\nALTER TABLE \"Post\" ADD COLUMN note TEXT;\nCREATE INDEX user_email ON \"User\" (email);\nCOMMIT;\n",
        );
        let sizes = [("User", Rows::About(40_000), 9 << 20), ("Post", Rows::About(100), 8192)];
        insta::assert_snapshot!(bench(PRODUCTION, both, &sizes).judge(&ImpactGate), @r"pass: expected downtime: reads and writes of `Post` wait while an index over all rows of `User` (about 40 k rows, 9 MB) is built (`CREATE INDEX`, 20260201000000_both line 3), under a second; writes to `User` (about 40 k rows, 9 MB) wait while an index over all its rows is built (`CREATE INDEX`, 20260201000000_both line 3), under a second");
        let moment = ("20260201000000_add", "ALTER TABLE \"Post\" ADD COLUMN note TEXT;\n");
        insta::assert_snapshot!(bench(PRODUCTION, moment, &[LARGE]).judge(&ImpactGate), @r"pass: expected downtime: none beyond a moment for `Post`");
        let new = ("20260201000000_new", "CREATE TABLE t (id INTEGER);\nCREATE INDEX i ON t (id);\n");
        insta::assert_snapshot!(bench(PRODUCTION, new, &[]).judge(&ImpactGate), @r"pass: expected downtime: none");
    }

    #[test]
    fn a_foreign_key_keeps_both_of_its_tables_waiting() {
        let key = (
            "20260201000000_key",
            "ALTER TABLE \"Post\" ADD CONSTRAINT post_author FOREIGN KEY (author) REFERENCES \"User\" (id);\n",
        );
        let sizes = [LARGE, ("Post", Rows::About(100), 8192)];
        insta::assert_snapshot!(bench(PRODUCTION, key, &sizes).judge(&ImpactGate), @r"pass: expected downtime: writes to `Post` (about 100 rows, 8 kB) wait while each of its rows is read (`ADD FOREIGN KEY`, 20260201000000_key line 1), under a second; writes to `User` wait while each row of `Post` (about 100 rows, 8 kB) is read (`ADD FOREIGN KEY`, 20260201000000_key line 1), under a second");
    }

    #[test]
    fn rows_that_stand_in_the_way_stop_it() {
        let required = ("20260201000000_required", "ALTER TABLE \"User\" ALTER COLUMN email SET NOT NULL;\n");
        let check = DataCheck {
            migration: required.0.to_owned(),
            line: 1,
            noun: "row",
            finds: "of `User` with NULL in `email`".to_owned(),
            rows: "SELECT 1 FROM \"User\" WHERE \"email\" IS NULL".to_owned(),
        };
        let answered = |found| {
            let mut bench = bench(PRODUCTION, required, &[("User", Rows::About(10), 8192)]);
            let impact = bench.evidence.impact.as_mut().unwrap();
            impact.checks = vec![Checked { check: check.clone(), found }];
            bench.judge(&ImpactGate)
        };
        insta::assert_snapshot!(answered(Ok(0)), @r"pass: expected downtime: reads and writes of `User` (about 10 rows, 8 kB) wait while each of its rows is read (`ALTER COLUMN … SET NOT NULL`, 20260201000000_required line 1), under a second; 1 question about the rows, nothing in the way");
        insta::assert_snapshot!(answered(Ok(3)), @r#"
        block: `20260201000000_required` line 1 cannot do what it should: there are 3 rows of `User` with NULL in `email`; expected downtime: reads and writes of `User` (about 10 rows, 8 kB) wait while each of its rows is read (`ALTER COLUMN … SET NOT NULL`, 20260201000000_required line 1), under a second (gate `impact` of [env.eu], which is set in /work/prisma-safe.toml:1; it blocks by default)
        → look at them with `SELECT * FROM "User" WHERE "email" IS NULL;`, put them right in a migration before `20260201000000_required`, then `cargo prisma-safe plan --env eu`
        "#);
        assert!(answered(Ok(COUNTED + 1)).contains("there are more than 10000 rows of `User`"));
        insta::assert_snapshot!(answered(Err("no answer within 7 s".to_owned())), @r#"
        warn: whether there is a row of `User` with NULL in `email` (`20260201000000_required` line 1) cannot be told: no answer within 7 s (`check-timeout = "5s"`, the default); expected downtime: reads and writes of `User` (about 10 rows, 8 kB) wait while each of its rows is read (`ALTER COLUMN … SET NOT NULL`, 20260201000000_required line 1), under a second
        → ask by hand: `SELECT * FROM "User" WHERE "email" IS NULL LIMIT 1;`
        "#);
    }

    #[test]
    fn a_foreign_key_and_a_check_ask_their_own_questions() {
        let key = (
            "20260201000000_key",
            "ALTER TABLE \"Post\" ADD CONSTRAINT post_author FOREIGN KEY (author) REFERENCES \"User\" (id);\n\
             ALTER TABLE \"Post\" ADD CONSTRAINT positive CHECK (id > 0);\n\
             ALTER TABLE \"Post\" ADD CONSTRAINT later CHECK (id > 1) NOT VALID;\n",
        );
        let bench = bench(PRODUCTION, key, &[]);
        let asked: Vec<String> =
            bench.plan().migrations[0].checks.iter().map(|c| format!("{}: {}", c.finds, c.rows)).collect();
        insta::assert_snapshot!(asked.join("\n"), @r#"
        of `Post` pointing at no row of `User`: SELECT 1 FROM "Post" child WHERE child."author" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM "User" parent WHERE parent."id" = child."author")
        of `Post` breaking `positive`: SELECT 1 FROM "Post" WHERE NOT (id > 0
        )
        "#);
        // What a statement before it changes cannot be asked now.
        let fixed = (
            "20260201000000_key",
            "DELETE FROM \"Post\" WHERE id < 0;\nALTER TABLE \"Post\" ADD CONSTRAINT positive CHECK (id > 0);\n",
        );
        assert!(super::tests::bench(PRODUCTION, fixed, &[]).plan().migrations[0].checks.is_empty());
    }
}
