//! One example file: facts, migrations, and what the rules say about the last one.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use prisma_safe::environment::EnvironmentKind;
use prisma_safe::project::Provider;
use prisma_safe::rules::{self, Facts, Finding, Fix, LockLimit, MigrationInput, RevertView, Rule, ServerVersion};
use prisma_safe::sql;
use prisma_safe::sql::analysis::PrismaVersion;
use prisma_safe::sql::history_state::State;
use prisma_safe::sql::model::Script;

pub(crate) struct Case {
    path: PathBuf,
    facts: Facts,
    revert: String,
    /// Name, pending, SQL.
    sections: Vec<(String, bool, String)>,
}

fn numbers(text: &str) -> Vec<u16> {
    text.split('.').map_while(|part| part.parse().ok()).collect()
}

fn limit(seconds: u64) -> LockLimit {
    LockLimit { time: Duration::from_secs(seconds), origin: "set in prisma-safe.toml:4".to_owned() }
}

impl Case {
    pub(crate) fn read(provider: Provider, path: &Path) -> Self {
        let text = std::fs::read_to_string(path).expect("an example file is UTF-8");
        let mut facts = Facts {
            provider,
            server: None,
            prisma: None,
            kind: Some(EnvironmentKind::Production),
            today: jiff::civil::date(2026, 11, 24),
            lock_timeout: Some(limit(2)),
        };
        let mut revert = "present".to_owned();
        if let Some(line) = text.lines().next().and_then(|line| line.strip_prefix("-- facts:")) {
            for (key, value) in line.split_whitespace().filter_map(|word| word.split_once('=')) {
                match key {
                    "server" => {
                        let mariadb = value.ends_with("-mariadb");
                        let parts = numbers(value.trim_end_matches("-mariadb"));
                        let at = |i: usize| parts.get(i).copied().unwrap_or(0);
                        facts.server = Some(ServerVersion { mariadb, major: at(0), minor: at(1), patch: at(2) });
                    }
                    "prisma" => {
                        let parts = numbers(value);
                        facts.prisma = Some(PrismaVersion { major: parts[0], minor: parts.get(1).copied() });
                    }
                    "kind" => {
                        facts.kind = match value {
                            "dev" => Some(EnvironmentKind::Dev),
                            "preview" => Some(EnvironmentKind::Preview),
                            "staging" => Some(EnvironmentKind::Staging),
                            "production" => Some(EnvironmentKind::Production),
                            "none" => None,
                            other => panic!("{}: unknown kind {other}", path.display()),
                        };
                    }
                    "lock-timeout" => {
                        facts.lock_timeout = (value != "none").then(|| {
                            let seconds = value.strip_suffix('s').and_then(|text| text.parse().ok());
                            limit(seconds.expect("lock-timeout is none or like 2s"))
                        });
                    }
                    "revert" => revert = value.to_owned(),
                    other => panic!("{}: unknown fact {other}", path.display()),
                }
            }
        }
        let mut sections: Vec<(String, bool, String)> = Vec::new();
        for line in text.split_inclusive('\n') {
            let head = line.trim_end();
            if let Some(name) = head.strip_prefix("-- migration: ") {
                sections.push((name.to_owned(), false, String::new()));
            } else if let Some(name) = head.strip_prefix("-- pending: ") {
                sections.push((name.to_owned(), true, String::new()));
            } else if head.starts_with("-- facts:") && sections.is_empty() {
            } else if let Some((_, _, sql)) = sections.last_mut() {
                sql.push_str(line);
            } else if !head.is_empty() {
                sections.push(("20260301120000_example".to_owned(), true, line.to_owned()));
            }
        }
        assert!(!sections.is_empty(), "{} holds nothing", path.display());
        Case { path: path.to_owned(), facts, revert, sections }
    }

    /// Findings in the last migration, and those of history rules anywhere.
    pub(crate) fn check(&self) -> Vec<(&'static Rule, Finding)> {
        // A rule that is off by default sees its own examples only: those of others are what most projects write.
        let own = |rule: &Rule| self.path.parent().is_some_and(|folder| folder.ends_with(rule.slug));
        let all: Vec<_> = rules::all()
            .filter(|rule| rule.databases.contains(&self.facts.provider) && (!rule.is_opt_in() || own(rule)))
            .collect();
        let mut state = State::new(self.facts.provider);
        let mut earlier: Vec<String> = Vec::new();
        let mut pending_before: Vec<(String, Script)> = Vec::new();
        let mut found = Vec::new();
        for (name, pending, text) in &self.sections {
            let script = sql::read(self.facts.provider, text.as_bytes()).expect("an example file is UTF-8");
            let revert_script;
            let revert = match self.revert.as_str() {
                "missing" => RevertView::Missing,
                "unknown" => RevertView::NotLooked,
                _ => {
                    revert_script = sql::read(self.facts.provider, b"SELECT 1;").expect("plain text");
                    RevertView::Present(&revert_script)
                }
            };
            let input = MigrationInput {
                facts: &self.facts,
                name,
                script: &script,
                pending: *pending,
                revert,
                earlier: &earlier,
                pending_before: &pending_before,
            };
            found = rules::check(&all, &input, &mut state);
            earlier.push(name.clone());
            if *pending {
                pending_before.push((name.clone(), script));
            }
        }
        found.extend(rules::check_history(&all, &self.facts, &state));
        found
    }

    /// The scripts of all migrations, in order.
    #[allow(dead_code, reason = "tests/database runs them")]
    pub(crate) fn scripts(&self) -> impl Iterator<Item = &str> {
        self.sections.iter().map(|(_, _, sql)| sql.as_str())
    }

    /// The case after a fix, and one more for each migration that the fix moves SQL into. `None` when its edits cannot be applied.
    pub(crate) fn fixed(&self, fix: &Fix) -> Option<Vec<Case>> {
        let mut case = Case {
            path: self.path.clone(),
            facts: self.facts.clone(),
            revert: self.revert.clone(),
            sections: self.sections.clone(),
        };
        let last = case.sections.last_mut()?;
        last.2 = prisma_safe::lint::fix::apply(&last.2, &fix.edits)?;
        let mut steps = vec![case];
        for (at, next) in fix.follow_ups.iter().enumerate() {
            let before = steps.last()?;
            let mut sections = before.sections.clone();
            sections.push((format!("2026030112000{}_{}", at + 1, next.slug), true, next.sql.clone()));
            steps.push(Case {
                path: self.path.clone(),
                facts: self.facts.clone(),
                revert: self.revert.clone(),
                sections,
            });
        }
        Some(steps)
    }

    /// The migration that a finding is in.
    fn text(&self, finding: &Finding) -> &str {
        let at = finding.migration.map_or(self.sections.len() - 1, |ordinal| ordinal as usize);
        &self.sections.get(at).expect("a finding names a migration that exists").2
    }

    /// What no finding may leave out.
    pub(crate) fn assert_well_formed(&self, rule: &Rule, finding: &Finding) {
        let at = format!("`{}` on {}", rule.slug, self.path.display());
        let text = self
            .text(finding)
            .get(finding.span.range())
            .unwrap_or_else(|| panic!("{at}: the span is outside the file"));
        assert!(!text.trim().is_empty(), "{at}: nothing is underlined");
        assert!(!finding.message.is_empty() && !finding.message.ends_with('.'), "{at}: message: {}", finding.message);
        assert!(!finding.message.contains('\n'), "{at}: the message has more than one line");
        assert!(finding.why.ends_with('.') || finding.why.ends_with(':'), "{at}: why is no sentence: {}", finding.why);
        assert!(finding.help.len() > 5, "{at}: help is missing");
    }

    pub(crate) fn show(&self, rule: &Rule, finding: &Finding) -> String {
        let text = self.text(finding);
        let underlined = text.get(finding.span.range()).unwrap_or("(outside the file)");
        let line = text[..finding.span.start as usize].matches('\n').count() + 1;
        let mut out = format!("{} [{}] line {line}: `{underlined}`\n  {}\n", rule.slug, rule.id, finding.message);
        let subject = &finding.subject;
        for (label, value) in [("table", &subject.table), ("column", &subject.column), ("name", &subject.name)] {
            if let Some(value) = value {
                let _ = writeln!(out, "  {label}: {value}");
            }
        }
        let _ = writeln!(out, "  why: {}", finding.why.replace('\n', "\n       "));
        let _ = writeln!(out, "  help: {}", finding.help.replace('\n', "\n        "));
        if let Some(query) = &finding.query {
            let _ = writeln!(out, "  query: {}", query.replace('\n', "\n         "));
        }
        if let Some(fix) = &finding.fix {
            let _ = writeln!(out, "  fix: {}", fix.title);
            for edit in &fix.edits {
                let old = text.get(edit.span.range()).unwrap_or("(outside the file)");
                let _ = writeln!(out, "    - {old:?} -> {:?}", edit.text);
            }
            for next in &fix.follow_ups {
                let _ = writeln!(out, "    + migration {}: {:?}", next.slug, next.sql);
            }
        }
        out
    }
}
