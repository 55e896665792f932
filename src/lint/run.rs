//! The driver: read ahead in parallel, judge in order, tell, forget.

use std::collections::{BTreeSet, HashMap};
use std::io;

use rayon::prelude::*;

use super::baseline::Baseline;
use super::batch::{Batch, Item, Loaded, Place, RevertText, Unreadable};
use super::directives::{self, Hit, Stage};
use super::judged::{Judged, Reported, statement_hash};
use super::levels::LevelBook;
use super::location::LineTable;
use super::repair::{self, Ground};
use super::unreadable;
use crate::error::Explain as _;
use crate::migrations::folder::SCRIPT_FILE;
use crate::rules::{self, Finding, Level, MigrationInput, RevertView, Rule, Subject};
use crate::settings::shown;
use crate::sql::directive::DirectiveKind;
use crate::sql::history_state::State;
use crate::sql::model::{Script, Span};
use crate::sql::{self, ReadError};

/// Files that are read and taken apart at once; also the most that are in memory twice.
const CHUNK_FILES: usize = 64;
/// Bytes after which a chunk takes no further file.
const CHUNK_BYTES: usize = 2 << 20;
/// Bytes of SQL of pending migrations that later ones are compared with. Prisma's migrations have about 1 kB each; beyond this the oldest
/// are forgotten, so that memory stays flat.
const PENDING_BYTES: usize = 2 << 20;
/// Stack of the threads that take SQL apart: nested expressions need more than the usual 2 MiB in unoptimised builds.
pub(super) const STACK_BYTES: usize = 8 << 20;

/// How a migration is read.
pub type Load<'l> = &'l (dyn Fn(&Batch, &Item) -> Loaded + Sync);

/// Where judged migrations go. An error ends the run.
pub type Sink<'s> = &'s mut (dyn FnMut(Judged) -> io::Result<()> + Send);

/// Judges batches.
pub struct Linter<'l> {
    levels: &'l LevelBook,
    baseline: Option<Baseline>,
    load: Load<'l>,
    repairs: bool,
}

/// A migration after reading, before judging.
struct Parsed<'b> {
    item: &'b Item,
    script: Result<Script, Broken>,
    revert: Revert,
}

enum Broken {
    File(Unreadable),
    Text(ReadError),
}

enum Revert {
    NotLooked,
    Missing,
    Present(Box<Script>),
    Unreadable,
}

/// What one batch remembers.
struct Course<'b> {
    batch: &'b Batch,
    /// Those that anybody wants to hear of.
    awake: Vec<&'static Rule>,
    /// Those of the database.
    all: Vec<&'static Rule>,
    state: State,
    earlier: Vec<String>,
    pending: Vec<(String, Script)>,
    pending_bytes: usize,
    /// Migrations, by place in the batch, whose directives only the end of the history can judge.
    waiting: BTreeSet<usize>,
    /// Every name of the folder, those that fixes add among them; `None` where nothing can be added.
    names: Option<Vec<String>>,
}

impl<'l> Linter<'l> {
    /// A linter for one run. What the baseline holds is left out of it, each once.
    #[must_use]
    pub fn new(levels: &'l LevelBook, baseline: Option<Baseline>, load: Load<'l>) -> Self {
        Linter { levels, baseline, load, repairs: false }
    }

    /// Also tries the fixes of what is told.
    #[must_use]
    pub fn with_repairs(self) -> Self {
        Linter { repairs: true, ..self }
    }

    /// What is left of the baseline: findings that are known and no longer there.
    #[must_use]
    pub fn baseline_left(&self) -> usize {
        self.baseline.as_ref().map_or(0, Baseline::len)
    }

    pub(super) fn has_baseline(&self) -> bool {
        self.baseline.is_some()
    }

    /// The same linter again, for another history. Without a baseline: there is one for all.
    pub(super) fn another(&self) -> Self {
        Linter { levels: self.levels, baseline: None, load: self.load, repairs: self.repairs }
    }

    /// Judges one history and hands every judged migration to `sink`, in order.
    ///
    /// # Errors
    /// Those of `sink`.
    pub fn run(&mut self, batch: &Batch, sink: Sink<'_>) -> io::Result<()> {
        self.run_with(batch, &|| true, sink)
    }

    /// [`run`](Linter::run), on all cores only while `alone` says that nobody else has use for them.
    pub(super) fn run_with(&mut self, batch: &Batch, alone: &dyn Fn() -> bool, sink: Sink<'_>) -> io::Result<()> {
        let provider = batch.facts.provider;
        let all: Vec<_> = super::all_rules().filter(|rule| rule.databases.contains(&provider)).collect();
        let mut course = Course {
            batch,
            awake: all.iter().copied().filter(|rule| !self.levels.is_asleep(rule)).collect(),
            all,
            state: State::new(provider),
            earlier: Vec::new(),
            pending: Vec::new(),
            pending_bytes: 0,
            waiting: BTreeSet::new(),
            names: match batch.place {
                Place::Migrations(_) if self.repairs => {
                    Some(batch.items.iter().map(|item| item.name.clone()).collect())
                }
                _ => None,
            },
        };
        let load = self.load;
        let mut rest = batch.items.iter();
        let mut next = parse_chunk(batch, load, &mut rest, alone());
        while !next.is_empty() {
            let chunk = std::mem::take(&mut next);
            if rest.len() == 0 || !alone() {
                self.judge_chunk(&mut course, chunk, sink)?;
                next = parse_chunk(batch, load, &mut rest, alone());
                continue;
            }
            let (parsed, told) = rayon::join(
                || parse_chunk(batch, load, &mut rest, true),
                || self.judge_chunk(&mut course, chunk, sink),
            );
            told?;
            next = parsed;
        }
        self.finish(&mut course, sink)
    }

    fn judge_chunk(&mut self, course: &mut Course<'_>, chunk: Vec<Parsed<'_>>, sink: Sink<'_>) -> io::Result<()> {
        for parsed in chunk {
            if let Some(judged) = self.judge(course, parsed) {
                sink(judged)?;
            }
        }
        Ok(())
    }

    fn judge(&mut self, course: &mut Course<'_>, parsed: Parsed<'_>) -> Option<Judged> {
        let item = parsed.item;
        let script = match parsed.script {
            Ok(script) => script,
            Err(broken) => {
                // It counts in the order, so that births keep their places.
                course.state.begin_migration(&item.name, item.pending);
                course.earlier.push(item.name.clone());
                return item.judged.then(|| self.broken(course.batch, item, &broken));
            }
        };
        if !item.judged {
            course.state.begin_migration(&item.name, item.pending);
            for statement in &script.statements {
                course.state.apply(&script, statement);
            }
            course.remember(item, script);
            return None;
        }
        let revert = match &parsed.revert {
            Revert::NotLooked => RevertView::NotLooked,
            Revert::Missing => RevertView::Missing,
            Revert::Present(script) => RevertView::Present(script),
            Revert::Unreadable => RevertView::Unreadable,
        };
        let input = MigrationInput {
            facts: &course.batch.facts,
            name: &item.name,
            script: &script,
            pending: item.pending,
            revert,
            earlier: &course.earlier,
            pending_before: &course.pending,
        };
        let before = self.repairs.then(|| course.state.clone());
        // A directive about a sleeping rule is dead or not: only the rule tells.
        let rules = if course.wakes(&script) { &course.all } else { &course.awake };
        let hits = rules::check(rules, &input, &mut course.state);
        let (mut outcome, waits) = self.report(course.batch, item, &script, hits, Stage::Migration);
        if let Some(before) = &before {
            let ground = Ground {
                rules,
                facts: &course.batch.facts,
                name: &item.name,
                revert,
                before,
                earlier: &course.earlier,
                pending_before: &course.pending,
                names: course.names.as_mut(),
                now: jiff::Timestamp::now(),
            };
            outcome.repair = repair::attempt(ground, &script, &outcome.findings);
        }
        if waits {
            course.waiting.insert(course.earlier.len());
        }
        let text = course.remember(item, script);
        Some(Judged { text, ..outcome })
    }

    /// Levels, directives and baseline. Whether directives wait for the end of the history comes second.
    fn report(&mut self, batch: &Batch, item: &Item, script: &Script, hits: Vec<Hit>, stage: Stage) -> (Judged, bool) {
        let outcome = directives::apply(script, hits, batch.facts.today, stage);
        let (understood, statements) = script.coverage();
        let mut judged = empty(batch, item);
        judged.statements = statements;
        judged.understood = understood;
        judged.allowed = outcome.allowed;
        judged.again = stage == Stage::History;
        if !outcome.kept.is_empty() {
            let lines = LineTable::new(&script.text);
            // A statement has many findings as often as one.
            let mut hashes: HashMap<usize, String> = HashMap::new();
            for (rule, finding) in outcome.kept {
                let (level, level_origin) = self.levels.level(rule, &item.name);
                if level == Level::Allow {
                    continue;
                }
                let location = lines.locate(finding.span);
                let statement = finding.statement.and_then(|index| script.statements.get(index));
                let statement_hash = statement.map_or_else(String::new, |s| {
                    hashes.entry(s.index).or_insert_with(|| statement_hash(script.slice(s.span))).clone()
                });
                let found = Reported { rule, finding, level, level_origin, location, statement_hash };
                if self.baseline.as_mut().is_some_and(|baseline| baseline.take(&item.name, &found)) {
                    judged.in_baseline += 1;
                } else {
                    judged.findings.push(found);
                }
            }
            judged.findings.sort_by_key(|found| (found.finding.span, found.rule.id));
        }
        (judged, outcome.waits_for_history)
    }

    fn broken(&mut self, batch: &Batch, item: &Item, broken: &Broken) -> Judged {
        let mut judged = empty(batch, item);
        let (level, level_origin) = self.levels.level(&unreadable::RULE, &item.name);
        let (message, why, help, line) = describe(&item.name, broken);
        let finding =
            Finding::new(Span::default(), Subject { name: Some(item.name.clone()), ..Subject::default() }, message)
                .why(why)
                .help(help);
        let location = super::Location { line, column: 1, end_line: line, end_column: 1 };
        let found =
            Reported { rule: &unreadable::RULE, finding, level, level_origin, location, statement_hash: String::new() };
        if level != Level::Allow {
            if self.baseline.as_mut().is_some_and(|baseline| baseline.take(&item.name, &found)) {
                judged.in_baseline = 1;
            } else {
                judged.findings.push(found);
            }
        }
        judged
    }

    /// The rules that look at the whole history. Their migrations were forgotten, so they are read once more; these are few.
    fn finish(&mut self, course: &mut Course<'_>, sink: Sink<'_>) -> io::Result<()> {
        let batch = course.batch;
        let mut hits: Vec<(usize, Hit)> = rules::check_history(&course.awake, &batch.facts, &course.state)
            .into_iter()
            .filter_map(|(rule, finding)| Some((finding.migration? as usize, (rule, finding))))
            .filter(|(at, _)| batch.items.get(*at).is_some_and(|item| item.judged))
            .collect();
        course.waiting.extend(hits.iter().map(|(at, _)| *at));
        for at in std::mem::take(&mut course.waiting) {
            let own = hits.extract_if(.., |(of, _)| *of == at).map(|(_, hit)| hit).collect();
            let item = &batch.items[at];
            let Parsed { script: Ok(script), .. } = parse(batch, item, (self.load)(batch, item)) else { continue };
            let (judged, _) = self.report(batch, item, &script, own, Stage::History);
            if !judged.findings.is_empty() || !judged.allowed.is_empty() || judged.in_baseline > 0 {
                sink(Judged { text: script.text, ..judged })?;
            }
        }
        Ok(())
    }
}

impl Course<'_> {
    /// A directive of the script names a rule that is asleep.
    fn wakes(&self, script: &Script) -> bool {
        script.directives.iter().any(|directive| {
            let (DirectiveKind::Allow(allow) | DirectiveKind::AllowFile(allow)) = &directive.kind else { return false };
            let mut named = allow.rules.iter().filter_map(|(name, _)| super::find_rule(name));
            named.any(|rule| self.awake.iter().all(|awake| awake.slug != rule.slug))
        })
    }

    /// Keeps what later migrations are compared with; gives back the text.
    fn remember(&mut self, item: &Item, script: Script) -> String {
        self.earlier.push(item.name.clone());
        if !item.pending {
            return script.text;
        }
        let text = if item.judged { script.text.clone() } else { String::new() };
        self.pending_bytes += script.text.len();
        self.pending.push((item.name.clone(), script));
        while self.pending_bytes > PENDING_BYTES && self.pending.len() > 1 {
            self.pending_bytes -= self.pending.remove(0).1.text.len();
        }
        text
    }
}

fn parse_chunk<'b>(
    batch: &'b Batch,
    load: Load<'_>,
    rest: &mut std::slice::Iter<'b, Item>,
    all_cores: bool,
) -> Vec<Parsed<'b>> {
    let mut loaded = Vec::new();
    let mut bytes = 0;
    while loaded.len() < CHUNK_FILES && bytes < CHUNK_BYTES {
        let Some(item) = rest.next() else { break };
        let read = load(batch, item);
        bytes += read.script.as_ref().map_or(0, Vec::len);
        loaded.push((item, read));
    }
    if loaded.len() < 2 || !all_cores {
        return loaded.into_iter().map(|(item, read)| parse(batch, item, read)).collect();
    }
    give_threads_a_stack();
    loaded.into_par_iter().map(|(item, read)| parse(batch, item, read)).collect()
}

fn give_threads_a_stack() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        // Somebody else may have made the pool already (a test); then theirs is used.
        let _ = rayon::ThreadPoolBuilder::new().stack_size(STACK_BYTES).build_global();
    });
}

fn parse<'b>(batch: &Batch, item: &'b Item, loaded: Loaded) -> Parsed<'b> {
    let provider = batch.facts.provider;
    let script = match loaded.script {
        Ok(bytes) => sql::read(provider, &bytes).map_err(Broken::Text),
        Err(problem) => Err(Broken::File(problem)),
    };
    let revert = match loaded.revert {
        RevertText::NotLooked => Revert::NotLooked,
        RevertText::Missing => Revert::Missing,
        RevertText::Unreadable => Revert::Unreadable,
        RevertText::Present(bytes) => {
            sql::read(provider, &bytes).map_or(Revert::Unreadable, |script| Revert::Present(Box::new(script)))
        }
    };
    Parsed { item, script, revert }
}

fn empty(batch: &Batch, item: &Item) -> Judged {
    let file = shown(&batch.file(item)).to_string_lossy().into_owned();
    Judged {
        name: item.name.clone(),
        file: if cfg!(windows) { file.replace('\\', "/") } else { file },
        text: String::new(),
        statements: 0,
        understood: 0,
        findings: Vec::new(),
        allowed: Vec::new(),
        in_baseline: 0,
        repair: None,
        again: false,
    }
}

/// Message, why, help and line of a migration that cannot be read.
fn describe(name: &str, broken: &Broken) -> (String, String, String, usize) {
    let line = match broken {
        Broken::Text(ReadError::NotUtf8 { line, .. }) => *line,
        _ => 1,
    };
    let (message, why, help) = match broken {
        Broken::File(Unreadable::Missing) => (
            format!("`{name}` has no `{SCRIPT_FILE}`"),
            "Prisma takes every directory in the migrations folder for a migration: `migrate deploy` stops at this one (P3015), after it has applied those before it.".to_owned(),
            format!("restore `{name}/{SCRIPT_FILE}` from version control, or move the directory out of the migrations folder"),
        ),
        Broken::File(Unreadable::Refused(said)) => (
            format!("`{name}` cannot be read: {}", said.lines().next().unwrap_or_default()),
            "What was not read was not judged, and unknown is never safe.".to_owned(),
            "check the rights of the file".to_owned(),
        ),
        Broken::Text(error) => (
            error.to_string(),
            error.why().map_or_else(|| "What was not read was not judged, and unknown is never safe.".to_owned(), sentence),
            error.hints().join("\n"),
        ),
    };
    (message, why, help, line)
}

/// Upper case first, full stop last: a `why` of an error stands alone, that of a finding is a sentence.
fn sentence(text: String) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| format!("{}{}.", first.to_uppercase(), chars.as_str()))
}
