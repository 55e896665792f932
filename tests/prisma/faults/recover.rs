//! After a fault: is `status` true, and do the commands that were printed finish the job? They are read from what was printed, and typed.

use super::held::wait_for;
use super::stage::{Data, MIGRATIONS, Stage};
use crate::bed::Ran;

/// What the deploy itself did and said.
pub struct Outcome {
    /// `None`: it was killed.
    pub code: Option<i32>,
    pub said: String,
}

/// Goes on as printed until everything is applied; how that went, for the page: `4/6 R D`.
pub fn recover(stage: &mut Stage, outcome: Outcome) -> String {
    stage.bed.set("PRISMA_SAFE_TEST_HOLD", "");
    stage.bed.set("PRISMA_SAFE_TEST_ENGINE_PAUSE_AT", "never");
    nobody_is_left(stage);
    let before = stage.ledger();
    claims_are_true(&outcome, &before);
    let status = stage.bed.safe(&["status", "--env", "production", "--format", "json"]);
    status_is_true(&status, &before);
    let mut typed = Vec::new();
    // A killed program prints nothing: whoever comes back asks.
    let mut said = outcome.said.clone();
    if outcome.code.is_none() {
        typed.push('S');
        said = all(&stage.bed.safe(&["status", "--env", "production"]));
    }
    let mut done = outcome.code == Some(0);
    for _ in 0..8 {
        if done || (typed.last() == Some(&'S') && commands(&said).is_empty() && stage.ledger().len() >= 3) {
            break;
        }
        let (letter, words) = next(stage, &said);
        let ran = stage.bed.safe(&words.iter().map(String::as_str).collect::<Vec<_>>());
        typed.push(letter);
        done = letter == 'D' && ran.code == Some(0);
        said = all(&ran);
    }
    everything_is_there_once(stage);
    let exit = outcome.code.map_or_else(|| "killed".to_owned(), |code| code.to_string());
    let typed: Vec<String> = typed.iter().map(ToString::to_string).collect();
    format!("{exit}/{} {}", status.code.unwrap(), typed.join(" ")).trim_end().to_owned()
}

fn all(ran: &Ran) -> String {
    format!("{}{}", ran.stdout, ran.stderr)
}

/// What a killed process or a cut line left in the server ends by itself.
fn nobody_is_left(stage: &Stage) {
    if let Data::Postgres { .. } = stage.data {
        let others =
            "SELECT pid::text FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
        wait_for("the end of every session", || stage.column(others).is_empty().then_some(()));
    }
}

/// No false "applied".
fn claims_are_true(outcome: &Outcome, ledger: &[String]) {
    let applied = ledger.iter().filter(|row| row.ends_with(" applied")).count();
    let claims = outcome.code == Some(0) || outcome.said.contains("applied to `production`");
    assert!(!claims || applied == MIGRATIONS.len(), "{ledger:?}, and it said:\n{}", outcome.said);
}

fn status_is_true(status: &Ran, ledger: &[String]) {
    let document: serde_json::Value =
        serde_json::from_str(&status.stdout).unwrap_or_else(|error| panic!("{error}\n{}", all(status)));
    let environment = &document["environments"][0];
    assert_eq!(environment["reachable"], true, "{environment}");
    assert_ne!(environment["lock"]["held"], true, "{environment}");
    let told: Vec<String> = environment["migrations"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|migration| migration["state"] != "pending")
        .map(|migration| format!("{} {}", migration["name"].as_str().unwrap(), migration["state"].as_str().unwrap()))
        .collect();
    assert_eq!(told, ledger, "the ledger");
    let failed = ledger.iter().any(|row| row.ends_with(" failed"));
    assert_eq!(status.code, Some(if failed { 6 } else { 0 }), "{}", all(status));
}

/// The commands in backticks, without `cargo prisma-safe`.
fn commands(said: &str) -> Vec<Vec<String>> {
    let marked = said.split('`').skip(1).step_by(2);
    marked
        .filter_map(|text| text.strip_prefix("cargo prisma-safe "))
        .map(|words| words.split_whitespace().map(str::to_owned).collect())
        .collect()
}

/// The next command to type, among those that were printed; its letter on the page.
fn next(stage: &Stage, said: &str) -> (char, Vec<String>) {
    let printed = commands(said);
    let with = |word: &str| printed.iter().find(|words| words.iter().any(|known| known == word)).cloned();
    if with("--rolled-back").is_some() || with("--applied").is_some() {
        let ledger = stage.ledger();
        let failed = ledger.iter().find_map(|row| row.strip_suffix(" failed")).expect("one has failed");
        // What became of it is what the person at the keyboard finds.
        let (letter, flag) = match stage.effects(failed) {
            (true, true) => ('A', "--applied"),
            (false, false) => ('R', "--rolled-back"),
            (true, false) => {
                stage.undo(failed);
                ('U', "--rolled-back")
            }
            (false, true) => panic!("the second statement of {failed} without the first"),
        };
        let mut words = with(flag).unwrap_or_else(|| panic!("{flag} was not offered:\n{said}"));
        assert!(words.iter().any(|word| word == failed), "{words:?} is not about {failed}");
        // The person would type the environment's name.
        words.push("--yes".to_owned());
        return (letter, words);
    }
    for (letter, word) in [('L', "resolve"), ('D', "deploy"), ('S', "status")] {
        if let Some(mut words) = with(word) {
            assert!(words.iter().any(|word| word == "production"), "{words:?} is about something else:\n{said}");
            if letter == 'D' {
                // It shows what would run; the person looks, and runs it.
                let looked = words.iter().position(|word| word == "--dry-run");
                if let Some(flag) = looked {
                    let show: Vec<&str> = words.iter().map(String::as_str).collect();
                    stage.bed.safe(&show).ended(0);
                    words.remove(flag);
                }
                words.push("--yes".to_owned());
            }
            return (letter, words);
        }
    }
    panic!("no next command in:\n{said}");
}

fn everything_is_there_once(stage: &Stage) {
    let applied: Vec<String> = stage.ledger().into_iter().filter(|row| !row.ends_with(" rolled_back")).collect();
    let expected: Vec<String> = MIGRATIONS.iter().map(|(name, _)| format!("{name} applied")).collect();
    assert_eq!(applied, expected, "the ledger");
    let tally = stage.column("SELECT \"migration\" FROM \"Tally\" ORDER BY 1");
    assert_eq!(tally, ["first", "second", "third"], "each ran once");
    stage.bed.safe(&["status", "--env", "production"]).ended(0);
}
