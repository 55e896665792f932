//! `status` for people: a table per environment, or all environments side by side.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use crate::database::LockState;
use crate::history::{Entry, History, State};
use crate::report::fleet::columns;
use crate::shell::{count, printable};
use crate::status::{EnvironmentStatus, Outcome, Reading, is_held, shown_time};

/// Runs of applied migrations longer than this are folded, but for their ends.
const FOLD: usize = 12;
/// Applied migrations that stay in sight behind a fold.
const TAIL: usize = 4;
/// Lines of a failed migration's log.
const LOG_LINES: usize = 20;

/// The order in which states are counted.
const COUNTED: [State; 7] = [
    State::Applied,
    State::Edited,
    State::Missing,
    State::Failed,
    State::RolledBack,
    State::OutOfOrder,
    State::Pending,
];

/// How to draw.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// With colours.
    pub color: bool,
    /// Every row, however many.
    pub all_rows: bool,
}

impl Look {
    fn paint(self, state: State, text: &str) -> String {
        let color = match state {
            State::Applied => AnsiColor::Green,
            State::Pending | State::RolledBack => AnsiColor::Cyan,
            State::Edited | State::Missing | State::OutOfOrder => AnsiColor::Yellow,
            State::Failed => AnsiColor::Red,
        };
        self.style(Style::new().fg_color(Some(color.into())), text)
    }

    fn bold(self, text: &str) -> String {
        self.style(Style::new().bold(), text)
    }

    fn style(self, style: Style, text: &str) -> String {
        if self.color { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }
}

/// One environment: who answered, every migration, the sum, the lock.
#[must_use]
pub fn table(status: &EnvironmentStatus, look: Look) -> String {
    let mut text = format!("{}\n", look.bold(&heading(status)));
    let Some(history) = status.history() else {
        let _ = writeln!(text, "  not known: see the error");
        return text;
    };
    let held = status.lock().is_some_and(is_held);
    let width = history.entries.iter().map(|entry| printable(&entry.name).chars().count()).max().unwrap_or(0);
    let mut row = 0;
    while let Some(entry) = history.entries.get(row) {
        let folded = if look.all_rows { 0 } else { foldable(history.entries[row..].iter().map(is_plain)) };
        if folded > 0 {
            let (first, last) = (entry, &history.entries[row + folded - 1]);
            let names = format!("{} to {}", printable(&first.name), printable(&last.name));
            let _ = writeln!(
                text,
                "  {} {}: {names}",
                look.paint(State::Applied, &pad("applied", 13)),
                count(folded, "migration")
            );
            row += folded;
            continue;
        }
        text.push_str(&line(entry, width, held, look));
        row += 1;
    }
    let _ = writeln!(text, "  {}", sum(history));
    for remark in remarks(status) {
        let _ = writeln!(text, "  {remark}");
    }
    text
}

fn heading(status: &EnvironmentStatus) -> String {
    let mut text = status.name.clone();
    if status.kind.as_str() != status.name {
        let _ = write!(text, " ({})", status.kind);
    }
    if let Some(target) = &status.target {
        let _ = write!(text, " at {}", printable(target));
    }
    if let Outcome::Read(reading) = &status.outcome {
        let _ = write!(text, ", {} {}", reading.server.product, printable(&reading.server.version));
    }
    text
}

fn is_plain(entry: &Entry) -> bool {
    entry.state == State::Applied && entry.script_problem.is_none()
}

/// How many of the rows ahead may be folded into one line.
fn foldable(plain: impl Iterator<Item = bool>) -> usize {
    let run = plain.take_while(|plain| *plain).count();
    if run > FOLD { run - TAIL } else { 0 }
}

fn line(entry: &Entry, width: usize, held: bool, look: Look) -> String {
    let state = match entry.state {
        State::Failed if held => "running?",
        state => state.words(),
    };
    let (time, remark) = explain(entry, held);
    let time = time.map_or_else(|| " ".repeat(19), shown_time);
    let row = format!("{} {} {time}  {remark}", pad(state, 13), pad(&printable(&entry.name), width));
    let row = row.trim_end();
    let (head, tail) = row.split_at(state.len());
    let mut text = format!("  {}{tail}\n", look.paint(entry.state, head));
    if entry.state == State::Failed
        && let Some(reason) = entry.reason()
    {
        let logs = printable(&reason);
        for log in logs.lines().take(LOG_LINES) {
            let _ = writeln!(text, "  {:13} | {}", "", log.trim_end());
        }
        let more = logs.lines().count().saturating_sub(LOG_LINES);
        if more > 0 {
            let _ = writeln!(text, "  {:13} | … {} (`--format json` has all)", "", count(more, "more line"));
        }
    }
    text
}

fn explain(entry: &Entry, held: bool) -> (Option<jiff::Timestamp>, String) {
    let (time, mut remark) = match entry.state {
        State::Pending => (None, String::new()),
        State::Applied => (entry.applied_at, String::new()),
        State::Edited => (entry.applied_at, "the file has changed since it ran".to_owned()),
        State::Missing => (entry.applied_at, "not on disk".to_owned()),
        State::Failed if held => (entry.started_at, "started; the lock is held, so it may still run".to_owned()),
        State::Failed if entry.logs.is_none() => {
            (entry.started_at, "started, never finished, left no error: its process was probably killed".to_owned())
        }
        State::Failed => (entry.started_at, "started, then failed".to_owned()),
        State::RolledBack if entry.on_disk => (entry.rolled_back_at, "the next deploy runs it again".to_owned()),
        State::RolledBack => (entry.rolled_back_at, "not on disk any more".to_owned()),
        State::OutOfOrder => (None, "older than the newest one that was applied".to_owned()),
    };
    let mut add = |text: String| {
        remark = if remark.is_empty() { text } else { format!("{remark}; {text}") };
    };
    if entry.state == State::Failed && entry.edited == Some(true) {
        add("the file has changed since".to_owned());
    }
    if entry.state == State::Failed && !entry.on_disk {
        add("not on disk".to_owned());
    }
    if let Some(problem) = &entry.script_problem {
        add(printable(&problem.to_string()).into_owned());
    }
    if entry.attempts > 1 {
        add(count(entry.attempts, "attempt"));
    }
    (time, remark)
}

/// `3 migrations: 2 applied, 1 pending`.
fn sum(history: &History) -> String {
    if history.entries.is_empty() {
        return "no migrations yet".to_owned();
    }
    let parts: Vec<String> = COUNTED
        .iter()
        .map(|state| (history.in_state(*state).count(), state))
        .filter(|(number, _)| *number > 0)
        .map(|(number, state)| format!("{number} {}", state.words()))
        .collect();
    format!("{}: {}", count(history.entries.len(), "migration"), parts.join(", "))
}

/// What is to be said beside the migrations.
fn remarks(status: &EnvironmentStatus) -> Vec<String> {
    let mut remarks = Vec::new();
    match &status.outcome {
        Outcome::Read(reading) => {
            if !reading.history.has_ledger {
                remarks.push("nothing was deployed here yet: there is no table `_prisma_migrations`".to_owned());
            }
            if let Some(why) = &reading.server.read_only {
                remarks.push(format!("takes no writes: {}", printable(why)));
            }
            remarks.extend(lock_line(&reading.lock));
            remarks.extend(marker_line(status, reading));
        }
        Outcome::NoDatabase { error, .. } => {
            remarks.push(format!("{}; nothing was created", printable(&error.to_string())));
        }
        Outcome::Unknown { .. } => {}
    }
    remarks
}

fn lock_line(lock: &LockState) -> Option<String> {
    match lock {
        LockState::Free => None,
        LockState::Held { by, since } => {
            let since = since.map(|at| format!(", since {} UTC", shown_time(at))).unwrap_or_default();
            Some(format!("Prisma's lock is held by {}{since}", printable(by)))
        }
        LockState::Unknown(why) => Some(format!("who holds Prisma's lock is not known: {}", printable(why))),
    }
}

fn marker_line(status: &EnvironmentStatus, reading: &Reading) -> Option<String> {
    let marker = reading.marker.as_ref()?;
    let kind = marker.kind.map(|kind| format!(" ({kind})")).unwrap_or_default();
    let claim = format!("the database itself says that it is `{}`{kind}", printable(&marker.environment));
    status.foreign_marker().map(|_| format!("{claim}, not `{}` ({})", status.name, status.kind))
}

/// The databases of one environment: one line each, then the sum.
#[must_use]
pub fn many(databases: &[EnvironmentStatus], look: Look) -> String {
    let name = databases.first().and_then(EnvironmentStatus::fleet).unwrap_or_default();
    let kind = databases.first().map_or("", |status| status.kind.as_str());
    let rows: Vec<[String; 5]> = databases
        .iter()
        .map(|status| {
            let name = status.name.rsplit(crate::settings::TENANT).next().unwrap_or_default();
            let number = |count: Option<usize>| count.map_or_else(|| "?".to_owned(), |count| count.to_string());
            let history = status.history();
            [
                printable(name).into_owned(),
                status.target.as_ref().map_or_else(String::new, |target| printable(target).into_owned()),
                number(history.map(|history| history.in_state(State::Applied).count())),
                number(history.map(|history| history.would_apply().count())),
                state_of(status),
            ]
        })
        .collect();
    let done = databases.iter().filter(|status| state_of(status) == UP_TO_DATE).count();
    let mut text = format!("{}\n", look.bold(&format!("{name} ({kind})")));
    text.push_str(&columns(["database", "place", "applied", "pending", "state"], &rows));
    let _ = writeln!(text, "{}: {done} {UP_TO_DATE}", count(databases.len(), "database"));
    text
}

const UP_TO_DATE: &str = "up to date";

/// What is worth knowing of a database in a few words, the worst first.
fn state_of(status: &EnvironmentStatus) -> String {
    let reading = match &status.outcome {
        Outcome::Unknown { .. } => return "not known, see the error".to_owned(),
        Outcome::NoDatabase { .. } => return "no database yet".to_owned(),
        Outcome::Read(reading) => reading,
    };
    let mut parts = Vec::new();
    if let Some(marker) = status.foreign_marker() {
        parts.push(format!("marked as `{}`", printable(&marker.environment)));
    }
    let history = &reading.history;
    for state in [State::Failed, State::Edited, State::Missing, State::OutOfOrder, State::RolledBack] {
        if let Some(first) = history.in_state(state).next() {
            let words = if state == State::Failed && is_held(&reading.lock) { "running?" } else { state.words() };
            parts.push(format!("{words}: {}", printable(&first.name)));
        }
    }
    if parts.is_empty() {
        let pending = history.would_apply().next().is_some();
        parts.push(if pending { "pending" } else { UP_TO_DATE }.to_owned());
    }
    parts.join("; ")
}

/// All environments side by side: which migration is where, since when.
#[must_use]
pub fn side_by_side(environments: &[&EnvironmentStatus], look: Look) -> String {
    let names = all_names(environments);
    let name_width = names.iter().map(|name| printable(name).chars().count()).max().unwrap_or(0);
    let columns: Vec<Vec<Cell>> = environments.iter().map(|environment| column(environment, &names)).collect();
    let widths: Vec<usize> = environments
        .iter()
        .zip(&columns)
        .map(|(environment, cells)| {
            let widest = cells.iter().map(|cell| cell.text.chars().count()).max().unwrap_or(0);
            widest.max(environment.name.chars().count())
        })
        .collect();
    let mut text = String::new();
    let heads: Vec<String> = environments.iter().zip(&widths).map(|(e, width)| pad(&e.name, *width)).collect();
    let _ = writeln!(text, "{}", look.bold(format!("{} {}", " ".repeat(name_width + 1), heads.join("  ")).trim_end()));
    let mut row = 0;
    while row < names.len() {
        let plain = |row: usize| columns.iter().all(|cells| cells[row].state == Some(State::Applied));
        let folded = if look.all_rows { 0 } else { foldable((row..names.len()).map(plain)) };
        if folded > 0 {
            let span = format!("{} to {}", printable(names[row]), printable(names[row + folded - 1]));
            let _ = writeln!(text, "{} applied everywhere: {span}", count(folded, "migration"));
            row += folded;
            continue;
        }
        let cells = columns.iter().zip(&widths).map(|(cells, width)| cells[row].draw(*width, look));
        let cells: Vec<String> = cells.collect();
        let _ = writeln!(text, "{}  {}", pad(&printable(names[row]), name_width), cells.join("  ").trim_end());
        row += 1;
    }
    for status in environments {
        let _ = write!(text, "{}: ", look.bold(&heading(status)));
        match status.history() {
            Some(history) => {
                let _ = writeln!(text, "{}", sum(history));
            }
            None => text.push_str("not known, see the error\n"),
        }
        for remark in remarks(status) {
            let _ = writeln!(text, "  {remark}");
        }
    }
    text
}

struct Cell {
    state: Option<State>,
    text: String,
}

impl Cell {
    fn draw(&self, width: usize, look: Look) -> String {
        let padded = pad(&self.text, width);
        self.state.map_or_else(|| padded.clone(), |state| look.paint(state, &padded))
    }
}

fn all_names<'s>(environments: &[&'s EnvironmentStatus]) -> Vec<&'s str> {
    let mut names: Vec<&str> = environments
        .iter()
        .filter_map(|status| status.history())
        .flat_map(|history| history.entries.iter().map(|entry| &*entry.name))
        .collect();
    names.sort_by(|a, b| crate::migrations::name::compare(a, b));
    names.dedup();
    names
}

fn column(status: &EnvironmentStatus, names: &[&str]) -> Vec<Cell> {
    let held = status.lock().is_some_and(is_held);
    names
        .iter()
        .map(|name| {
            let Some(history) = status.history() else { return Cell { state: None, text: "?".to_owned() } };
            let Some(entry) = history.get(name) else { return Cell { state: None, text: "-".to_owned() } };
            let time = match entry.state {
                State::Failed => entry.started_at,
                State::RolledBack => entry.rolled_back_at,
                _ => entry.applied_at,
            };
            let time = time.map(shown_time);
            let text = match (entry.state, time) {
                (State::Applied, Some(time)) => time,
                (State::Failed, Some(time)) if held => format!("running? {time}"),
                (state, Some(time)) => format!("{} {time}", state.words()),
                (state, None) => state.words().to_owned(),
            };
            Cell { state: Some(entry.state), text }
        })
        .collect()
}

fn pad(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(text.chars().count())))
}
