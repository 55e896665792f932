//! `--fix`: which fixes hold. Each is tried on a copy: the text with the edit is read and judged again, with the migrations that the fix
//! adds, and must have lost its finding without a new one. What does not hold is not offered, and it is said why.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::directives::{self, Hit, Stage};
use super::fix;
use super::judged::Reported;
use crate::migrations::name;
use crate::project::Provider;
use crate::rules::{self, Edit, Facts, Fix, Fixable, MigrationInput, RevertView, Rule, Subject};
use crate::sql;
use crate::sql::history_state::State;
use crate::sql::model::Script;

/// Fixes of one file that are tried one by one when they do not hold together; each costs a reading of the file.
const SINGLE_TRIES: usize = 200;

/// A file with its fixes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repair {
    /// The text with all fixes that hold; the old text when none does.
    pub text: String,
    /// What they do.
    pub done: Vec<Done>,
    /// Migrations that they add, in order.
    pub follow_ups: Vec<NewMigration>,
    /// Fixes that do not hold.
    pub refused: Vec<Refused>,
}

/// A fix that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// The rule that is silent afterwards.
    pub rule: &'static str,
    /// Line of the finding.
    pub line: usize,
    /// What it does.
    pub title: String,
}

/// A fix that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The rule.
    pub rule: &'static str,
    /// Line of the finding.
    pub line: usize,
    /// Why not.
    pub why: String,
}

/// A migration to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMigration {
    /// Folder name.
    pub name: String,
    /// Its script.
    pub sql: String,
}

/// What a migration stands on.
pub(super) struct Ground<'g> {
    pub rules: &'g [&'static Rule],
    pub facts: &'g Facts,
    pub name: &'g str,
    pub revert: RevertView<'g>,
    pub before: &'g State,
    pub earlier: &'g [String],
    pub pending_before: &'g [(String, Script)],
    /// Every name of the folder; `None` where no migration can be added.
    pub names: Option<&'g mut Vec<String>>,
    pub now: Timestamp,
}

/// How often what is found. Messages may hold line numbers, which move.
type Tally = BTreeMap<(&'static str, String), usize>;

struct Trial {
    text: String,
    follow_ups: Vec<NewMigration>,
    tally: Tally,
}

/// Tries the fixes of what was told. `None` when nothing of it has one.
pub(super) fn attempt(mut ground: Ground<'_>, script: &Script, told: &[Reported]) -> Option<Repair> {
    let candidates: Vec<(&Reported, &Fix)> = told
        .iter()
        .filter(|found| found.rule.fixable != Fixable::Never)
        .filter_map(|found| Some((found, found.finding.fix.as_ref()?)))
        .collect();
    if candidates.is_empty() {
        return None;
    }
    let mut repair =
        Repair { text: script.text.clone(), done: Vec::new(), follow_ups: Vec::new(), refused: Vec::new() };
    let fresh = judge(&ground, script, &mut ground.before.clone());
    let original = tally(&fresh);
    if let Ok(trial) = try_out(&ground, script, &candidates, &original, &original) {
        accept(&mut repair, &mut ground, &candidates, trial);
        return Some(repair);
    }
    // Together they do not hold: one after the other, each on top of those that do.
    let mut held: Vec<(&Reported, &Fix)> = Vec::new();
    let mut best: Option<Trial> = None;
    for (at, candidate) in candidates.iter().enumerate() {
        let refuse =
            |why: &str| Refused { rule: candidate.0.rule.slug, line: candidate.0.location.line, why: why.to_owned() };
        if at >= SINGLE_TRIES {
            repair.refused.push(refuse("too many fixes for one run: run it again after these"));
            continue;
        }
        held.push(*candidate);
        let before = best.as_ref().map_or(&original, |trial| &trial.tally);
        match try_out(&ground, script, &held, before, &original) {
            Ok(trial) => best = Some(trial),
            Err(why) => {
                held.pop();
                repair.refused.push(refuse(&why));
            }
        }
    }
    if let Some(trial) = best {
        accept(&mut repair, &mut ground, &held, trial);
    }
    Some(repair)
}

fn accept(repair: &mut Repair, ground: &mut Ground<'_>, held: &[(&Reported, &Fix)], trial: Trial) {
    if let Some(names) = &mut ground.names {
        names.extend(trial.follow_ups.iter().map(|new| new.name.clone()));
    }
    repair.text = trial.text;
    repair.follow_ups = trial.follow_ups;
    repair.done.extend(held.iter().map(|(found, fix)| Done {
        rule: found.rule.slug,
        line: found.location.line,
        title: fix.title.clone(),
    }));
}

/// Applies fixes to a copy and judges it. The last one is new on top of `before`.
fn try_out(
    ground: &Ground<'_>,
    script: &Script,
    held: &[(&Reported, &Fix)],
    before: &Tally,
    original: &Tally,
) -> Result<Trial, String> {
    let edits: Vec<Edit> = held.iter().flat_map(|(_, fix)| fix.edits.iter().cloned()).collect();
    let text = fix::apply(&script.text, &edits)
        .ok_or("it edits what another fix edits too: run it again after the other one")?;
    let mut follow_ups = name_follow_ups(ground, held.iter().flat_map(|(_, fix)| &fix.follow_ups))?;
    let fixed = sql::read(script.provider, text.as_bytes()).map_err(|error| error.to_string())?;
    let mut state = ground.before.clone();
    let mut tally = tally(&judge(ground, &fixed, &mut state));
    if !follow_ups.is_empty() {
        let mut earlier = ground.earlier.to_vec();
        earlier.push(ground.name.to_owned());
        let mut pending: Vec<(String, Script)> = ground.pending_before.to_vec();
        pending.push((ground.name.to_owned(), fixed));
        for new in &mut follow_ups {
            let after = Ground {
                name: &new.name,
                revert: RevertView::NotLooked,
                before: &state.clone(),
                earlier: &earlier,
                pending_before: &pending,
                names: None,
                ..*ground
            };
            let (script, hits) = polish(&after, script.provider, &mut new.sql, &mut state)?;
            for hit in &hits {
                *tally.entry(key(hit)).or_default() += 1;
            }
            earlier.push(new.name.clone());
            pending.push((new.name.clone(), script));
        }
    }
    if let Some(((rule, _), _)) = tally.iter().find(|(key, count)| original.get(*key).is_none_or(|old| old < *count)) {
        return Err(format!("with it `{rule}` would find something new"));
    }
    for (found, _) in held {
        let key = (found.rule.slug, subject(&found.finding.subject));
        if tally.get(&key) >= original.get(&key) {
            return Err(format!("with it `{}` would still find something", found.rule.slug));
        }
    }
    if tally.values().sum::<usize>() >= before.values().sum::<usize>() {
        return Err("it would silence nothing that is still told".to_owned());
    }
    Ok(Trial { text, follow_ups, tally })
}

/// Judges a migration that a fix adds. What it has itself is fixed in it once, where that can be written into it (a timeout for its locks,
/// say).
fn polish(
    ground: &Ground<'_>,
    provider: Provider,
    text: &mut String,
    state: &mut State,
) -> Result<(Script, Vec<Hit>), String> {
    let read = |text: &str| sql::read(provider, text.as_bytes()).map_err(|error| error.to_string());
    let script = read(text)?;
    let hits = judge(ground, &script, state);
    let fixable = hits.iter().filter(|(rule, _)| rule.fixable != Fixable::Never);
    let fixes = fixable.filter_map(|(_, finding)| finding.fix.as_ref());
    let edits: Vec<Edit> =
        fixes.filter(|fix| fix.follow_ups.is_empty()).flat_map(|fix| fix.edits.iter().cloned()).collect();
    match fix::apply(text, &edits) {
        Some(better) if !edits.is_empty() => {
            let script = read(&better)?;
            *state = ground.before.clone();
            let hits = judge(ground, &script, state);
            *text = better;
            Ok((script, hits))
        }
        _ => Ok((script, hits)),
    }
}

fn name_follow_ups<'f>(
    ground: &Ground<'_>,
    wanted: impl Iterator<Item = &'f rules::FollowUp>,
) -> Result<Vec<NewMigration>, String> {
    let mut new: Vec<NewMigration> = Vec::new();
    for follow_up in wanted {
        let Some(names) = &ground.names else {
            return Err("it needs a migration of its own, and this file is not in a migrations folder".to_owned());
        };
        let taken = names.iter().map(String::as_str).chain(new.iter().map(|new| new.name.as_str()));
        let digits = name::next_timestamp(ground.now, taken).digits;
        new.push(NewMigration {
            name: format!("{digits}_{}", name::slugify(&follow_up.slug)),
            sql: follow_up.sql.clone(),
        });
    }
    Ok(new)
}

fn judge(ground: &Ground<'_>, script: &Script, state: &mut State) -> Vec<Hit> {
    let input = MigrationInput {
        facts: ground.facts,
        name: ground.name,
        script,
        // What a fix adds is deployed together with the file.
        pending: true,
        revert: ground.revert,
        earlier: ground.earlier,
        pending_before: ground.pending_before,
    };
    let hits = rules::check(ground.rules, &input, state);
    directives::apply(script, hits, ground.facts.today, Stage::Migration).kept
}

fn tally(hits: &[Hit]) -> Tally {
    let mut tally = Tally::new();
    for hit in hits {
        *tally.entry(key(hit)).or_default() += 1;
    }
    tally
}

fn key((rule, finding): &Hit) -> (&'static str, String) {
    (rule.slug, subject(&finding.subject))
}

fn subject(subject: &Subject) -> String {
    let part = |text: &Option<String>| text.clone().unwrap_or_default();
    [part(&subject.table), part(&subject.column), part(&subject.name)].join("\u{0}")
}
