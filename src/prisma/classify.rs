//! What a Prisma command line does to a database, told from its words alone.
//!
//! For what a user is told and asked before Node starts; what is let through is decided by the engine guard, which sees the calls
//! themselves. To add a command: a row in `COMMANDS`.

use std::ffi::OsStr;

/// What a command does to the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// Nothing is changed.
    Reading,
    /// Schema, data or migration history are changed.
    Writing,
    /// Data can be lost.
    Destructive,
}

impl Effect {
    /// The word for people.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Effect::Reading => "reading",
            Effect::Writing => "writing",
            Effect::Destructive => "destructive",
        }
    }
}

/// A command line, classified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Class {
    /// The worst that it can do.
    pub effect: Effect,
    /// What it does, in a few words.
    pub what: &'static str,
    /// Whether it talks to the database past the schema engine, where the guard cannot see it.
    pub past_the_guard: bool,
}

struct Row {
    words: &'static [&'static str],
    effect: Effect,
    what: &'static str,
    past_the_guard: bool,
}

const fn row(words: &'static [&'static str], effect: Effect, what: &'static str) -> Row {
    Row { words, effect, what, past_the_guard: false }
}

const fn past(words: &'static [&'static str], what: &'static str) -> Row {
    Row { words, effect: Effect::Destructive, what, past_the_guard: true }
}

use Effect::{Destructive, Reading, Writing};

/// Prisma 5 to 7.
const COMMANDS: &[Row] = &[
    row(&["migrate", "status"], Reading, "compares folder and ledger"),
    row(&["migrate", "diff"], Reading, "compares two schemas"),
    row(&["migrate", "deploy"], Writing, "applies pending migrations"),
    row(&["migrate", "resolve"], Writing, "writes into the migration history"),
    row(&["migrate", "dev"], Destructive, "applies and creates migrations, and may ask for a reset"),
    row(&["migrate", "reset"], Destructive, "drops all data"),
    row(&["db", "push"], Destructive, "changes the schema without a migration, which can lose data"),
    row(&["db", "execute"], Destructive, "runs any SQL"),
    row(&["db", "pull"], Reading, "reads the schema of the database"),
    past(&["db", "seed"], "runs the project's own seed script"),
    past(&["studio"], "opens an editor for data"),
    row(&["generate"], Reading, "writes client code, and reads the database for TypedSQL"),
    row(&["validate"], Reading, "checks the schema file"),
    row(&["format"], Reading, "formats the schema file"),
    row(&["init"], Reading, "writes a new schema file"),
    row(&["version"], Reading, "tells versions"),
    row(&["debug"], Reading, "tells settings"),
    row(&["mcp"], Reading, "serves Prisma's tools; each call is judged by the guard"),
    row(&["dev"], Reading, "runs a local database server"),
    row(&["platform"], Reading, "talks to Prisma's platform"),
    row(&["telemetry"], Reading, "tells or sets telemetry"),
];

/// Flags before the command that take a value.
const WITH_VALUE: [&str; 3] = ["--schema", "--config", "--telemetry-information"];

/// Classifies a command line, without `prisma` itself.
#[must_use]
pub fn classify<S: AsRef<OsStr>>(arguments: &[S]) -> Class {
    let texts: Vec<&str> = arguments.iter().filter_map(|word| word.as_ref().to_str()).collect();
    let about = ["--help", "-h", "--version", "-v"];
    if texts.is_empty() || texts.iter().any(|word| about.contains(word)) {
        return Class { effect: Reading, what: "tells about Prisma", past_the_guard: false };
    }
    let mut words = Vec::new();
    let mut rest = texts.iter();
    while let Some(word) = rest.next() {
        if WITH_VALUE.contains(word) {
            rest.next();
        } else if !word.starts_with('-') {
            words.push(*word);
        }
    }
    let found = COMMANDS.iter().find(|row| words.starts_with(row.words));
    match found {
        Some(row) => Class { effect: row.effect, what: row.what, past_the_guard: row.past_the_guard },
        // Not known: held to the highest standard.
        None => {
            Class { effect: Destructive, what: "is a command that this version does not know", past_the_guard: false }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_of_prisma_has_its_class() {
        for (line, effect) in [
            ("", Reading),
            ("--version", Reading),
            ("migrate reset --help", Reading),
            ("migrate status", Reading),
            ("--schema migrate migrate reset", Destructive),
            ("migrate --schema x.prisma reset --force", Destructive),
            ("migrate reset -f", Destructive),
            ("migrate dev --create-only", Destructive),
            ("migrate deploy --schema=a.prisma", Writing),
            ("migrate resolve --applied 1_x", Writing),
            ("migrate diff --from-empty --to-schema a.prisma", Reading),
            ("db push", Destructive),
            ("db execute --stdin", Destructive),
            ("db pull --print", Reading),
            ("studio --port 5000", Destructive),
            ("db", Destructive),
            ("migrate", Destructive),
            ("something-new", Destructive),
        ] {
            let words: Vec<&str> = line.split_whitespace().collect();
            assert_eq!(classify(&words).effect, effect, "{line}");
        }
    }

    #[test]
    fn what_does_not_go_through_the_engine_is_said_to() {
        assert!(classify(&["studio"]).past_the_guard && classify(&["db", "seed"]).past_the_guard);
        assert!(!classify(&["db", "push"]).past_the_guard);
    }
}
