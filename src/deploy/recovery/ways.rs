//! The ways out of a failed migration that are true now. A way that would lead to another failure, or to a false history, is not offered.

use super::diagnosis::Diagnosis;
use super::remedy;

/// A way out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WayKind {
    /// Nothing of it is there and the cause passes: mark it rolled back and deploy again as it is.
    Retry,
    /// Mend the file, mark it rolled back, deploy.
    RollBack,
    /// Run what is missing, then mark it applied.
    Finish,
    /// Take back what is there, then mark it rolled back.
    Undo,
    /// All of it is there: mark it applied.
    Apply,
}

impl WayKind {
    /// A few words for a menu.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            WayKind::Retry => "try again as it is",
            WayKind::RollBack => "mark it rolled back: mend the file and go again",
            WayKind::Finish => "finish the rest",
            WayKind::Undo => "undo what was done",
            WayKind::Apply => "mark it applied",
        }
    }
}

/// One way, ready to be taken.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Way {
    /// Which.
    pub way: WayKind,
    /// The command that takes it.
    pub command: String,
    /// What it does here, for people.
    pub what: String,
}

/// All ways that are true, the best first.
#[must_use]
pub fn of(environment: &str, diagnosis: &Diagnosis) -> Vec<Way> {
    let name = &diagnosis.name;
    let command = |flag: &str| format!("cargo prisma-safe resolve --env {environment} {flag} {name}");
    let way = |way, flag: &str, what: String| Way { way, command: command(flag), what };
    let roll_back = |what: &str| way(WayKind::RollBack, "--rolled-back", what.to_owned());
    if diagnosis.statements.is_empty() {
        return vec![
            roll_back("if nothing of it is in the database: mark it rolled back, the next deploy runs it again"),
            way(
                WayKind::Apply,
                "--applied",
                "if all of it is in the database: mark it applied, it never runs again".to_owned(),
            ),
        ];
    }
    if diagnosis.is_all_done() {
        let mut ways = vec![way(
            WayKind::Apply,
            "--applied",
            "every effect of it is in the database: mark it applied, it never runs again".to_owned(),
        )];
        if remedy::can_undo(diagnosis) {
            ways.push(way(WayKind::Undo, "--undo", "take all of it back and mark it rolled back".to_owned()));
        }
        return ways;
    }
    if diagnosis.is_untouched() {
        return untouched(diagnosis, way);
    }
    let mut ways = Vec::new();
    if !diagnosis.leftovers.is_empty() && diagnosis.effective().all(|statement| !statement.is_done_by_it()) {
        ways.push(way(
            WayKind::Undo,
            "--undo",
            format!(
                "drop the INVALID index (`{}`) and mark it rolled back; the next deploy builds it again",
                diagnosis.leftovers.join("; ")
            ),
        ));
        ways.push(way(
            WayKind::Finish,
            "--finish",
            "drop the INVALID index, build it again and mark the migration applied, by a script that you read first"
                .to_owned(),
        ));
        return ways;
    }
    ways.push(way(
        WayKind::Finish,
        "--finish",
        "write what is missing to a file, run it after you have read and, where needed, mended it, and mark the migration applied".to_owned(),
    ));
    if remedy::can_undo(diagnosis) {
        ways.push(way(
            WayKind::Undo,
            "--undo",
            "write what takes back the done part to a file, run it after you have read it, and mark the migration rolled back".to_owned(),
        ));
    }
    // Without an error, everything that no catalogue shows may have run, and finishing would run it twice.
    if diagnosis.failure.is_none() && diagnosis.effective().all(|statement| statement.is_done() != Some(false)) {
        ways.push(way(
            WayKind::Apply,
            "--applied",
            "if what cannot be told is there as well: mark it applied, it never runs again".to_owned(),
        ));
    }
    ways.push(roll_back(
        "mark it rolled back, and change the file so that it runs over what is there already (`IF NOT EXISTS`): the next deploy runs all of it again",
    ));
    ways
}

fn untouched(diagnosis: &Diagnosis, way: impl Fn(WayKind, &str, String) -> Way) -> Vec<Way> {
    let mut ways = vec![way(
        WayKind::RollBack,
        "--rolled-back",
        "nothing of it is in the database: mark it rolled back, mend the file, deploy again".to_owned(),
    )];
    let passing = diagnosis.failure.as_ref().is_none_or(super::Failure::is_passing);
    if passing {
        let retry = way(
            WayKind::Retry,
            "--retry",
            "nothing of it is in the database: mark it rolled back and deploy again, the file as it is".to_owned(),
        );
        // Without an error, and with a transaction that may hide one, the file may be at fault.
        let place = if diagnosis.failure.is_none() && diagnosis.has_own_transaction() { 1 } else { 0 };
        ways.insert(place, retry);
    }
    if diagnosis.failure.as_ref().is_some_and(super::Failure::needs_its_own_transaction) {
        ways.push(way(
            WayKind::Finish,
            "--finish",
            "run the file here statement by statement, each in its own transaction, and mark it applied; the next environment fails at it again unless the file is mended".to_owned(),
        ));
    }
    ways
}
