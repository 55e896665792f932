//! What the rules say of the pending migrations, for this environment's kind and this database's own version and history.

use std::collections::{BTreeMap, BTreeSet};

use super::impact::{self, measured};
use super::{Ground, checks};
use crate::database::{Rows, Size, TableRef};
use crate::deploy::plan_checks::DataCheck;
use crate::error::Result;
use crate::lint::levels::LevelFlags;
use crate::lint::sources::{self, Source};
use crate::lint::{Batch, Item, Judged, LevelBook, Linter, Loaded, server_version_of};
use crate::project::Provider;
use crate::rules::{Facts, Finding, Level, LockLimit};
use crate::settings::{Origin, format_size};
use crate::sql::directive::{Comparison, DirectiveKind, Measure, When};

/// What the rules say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LintEvidence {
    /// Findings at `deny`, in order.
    pub denied: Vec<Denied>,
    /// Findings at `warn`.
    pub warned: usize,
    /// Findings that a directive in the SQL allows.
    pub allowed: usize,
    /// Findings of the rule about missing reverts that are the `revert` gate's to stop.
    pub left_to_revert: usize,
    /// Statements that were judged.
    pub statements: usize,
    /// Findings that a directive allows while a condition on the live table holds.
    pub conditional: Vec<Conditional>,
    /// Questions about the rows that findings ask.
    pub checks: Vec<DataCheck>,
}

/// A finding that a directive allows under a condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conditional {
    /// What it is when the condition does not hold.
    pub denied: Denied,
    /// Its level then.
    pub level: Level,
    /// The table that is measured, as findings print it; `None`: the finding names none.
    pub table: Option<String>,
    /// The condition.
    pub when: When,
}

/// A finding at `deny`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denied {
    /// The rule's slug.
    pub rule: &'static str,
    /// The file as shown, and the line.
    pub place: String,
    /// What is wrong.
    pub message: String,
    /// Who says that it is denied.
    pub origin: String,
}

/// Judges the pending migrations; those before them are only read.
pub(super) fn judge(ground: &Ground<'_>) -> Result<LintEvidence> {
    let settings = ground.sources.settings;
    let environment = ground.target.environment();
    let kind = environment.kind.value;
    let levels = LevelBook::new(&settings.lint, &LevelFlags::default(), Some(kind))?;
    // A rule that nobody wants to hear of may still know that a statement cannot succeed on these rows.
    let asking = LevelFlags { warn: checks::rules().map(str::to_owned).collect(), ..LevelFlags::default() };
    let awake = LevelBook::new(&settings.lint, &asking, Some(kind))?;
    let server = &ground.target.survey().server;
    let facts = Facts {
        provider: ground.sources.project.provider,
        server: ground.target.exists().then(|| server_version_of(&server.product, server.numbers)),
        prisma: ground.prisma,
        kind: Some(kind),
        today: jiff::tz::TimeZone::system().to_datetime(jiff::Timestamp::now()).date(),
        lock_timeout: environment
            .lock_limit(ground.sources.project.provider)
            .map(|set| LockLimit { time: set.value, origin: set.origin.to_string() }),
    };
    let source = Source::Migrations { folder: ground.folder.path.clone(), only: None };
    let mut batch = source.open(facts)?;
    let pending: BTreeSet<String> = ground.plan.names().into_iter().collect();
    sources::select(&mut batch, &pending, &pending);
    // The bytes that the plan was made of, not those that the disk may hold by now.
    let load = |batch: &Batch, item: &Item| -> Loaded {
        let read = ground.folder.get(&item.name).and_then(|migration| migration.script.as_ref().ok());
        match read {
            Some(script) if !item.judged => {
                Loaded { script: Ok(script.clone()), revert: crate::lint::RevertText::NotLooked }
            }
            Some(script) => Loaded { script: Ok(script.clone()), ..sources::load(batch, item) },
            None => sources::load(batch, item),
        }
    };
    let mut evidence = LintEvidence::default();
    let reverts_are_judged = !environment.gates.is_off("revert");
    let provider = ground.sources.project.provider;
    let mut linter = Linter::new(&awake, None, &load);
    linter
        .run(&batch, &mut |judged| {
            evidence.take(provider, &levels, &judged, reverts_are_judged);
            Ok(())
        })
        .expect("the sink above never fails");
    Ok(evidence)
}

impl LintEvidence {
    fn take(&mut self, provider: Provider, levels: &LevelBook, judged: &Judged, reverts_are_judged: bool) {
        if !judged.again {
            self.statements += judged.statements;
        }
        self.take_allowed(provider, levels, judged);
        for found in &judged.findings {
            let (level, origin) = levels.level(found.rule, &judged.name);
            self.checks.extend(checks::of_finding(found.rule.slug, &found.finding, &judged.name, found.location.line));
            match level {
                // One missing script is one reason to stop, and that gate names the file to write.
                Level::Deny if found.rule.slug == WITHOUT_REVERT && reverts_are_judged => self.left_to_revert += 1,
                Level::Deny => {
                    self.denied.push(denied(judged, found.rule.slug, found.location.line, &found.finding, &origin))
                }
                Level::Warn => self.warned += 1,
                Level::Allow => {}
            }
        }
    }

    /// What directives allow, some of it only as long as the table is small.
    fn take_allowed(&mut self, provider: Provider, levels: &LevelBook, judged: &Judged) {
        if judged.allowed.is_empty() {
            return;
        }
        let script = crate::sql::read(provider, judged.text.as_bytes()).ok();
        for found in &judged.allowed {
            let line = script.as_ref().map_or(1, |script| script.line_column(found.finding.span.start).0);
            self.checks.extend(checks::of_finding(found.rule.slug, &found.finding, &judged.name, line));
            let directive = script.as_ref().and_then(|script| script.directives.get(found.directive));
            let when = directive.and_then(|directive| match &directive.kind {
                DirectiveKind::Allow(allow) | DirectiveKind::AllowFile(allow) => allow.when,
                _ => None,
            });
            let Some((when, _)) = when else {
                self.allowed += 1;
                continue;
            };
            let (level, origin) = levels.level(found.rule, &judged.name);
            self.conditional.push(Conditional {
                denied: denied(judged, found.rule.slug, line, &found.finding, &origin),
                level,
                table: found.finding.subject.table.clone(),
                when,
            });
        }
    }

    /// Decides what directives allow under a condition. A table whose size is not known meets no condition.
    pub(super) fn settle(&mut self, sizes: &Result<BTreeMap<TableRef, Size>, String>) {
        for mut conditional in std::mem::take(&mut self.conditional) {
            let size = match (&conditional.table, sizes) {
                (_, Err(said)) => Err(format!("the size of its table cannot be told: {said}")),
                (None, Ok(_)) => Err("the finding names no table to measure".to_owned()),
                (Some(name), Ok(sizes)) => {
                    sizes.get(&impact::named(name)).ok_or_else(|| format!("there is no table `{name}` to measure"))
                }
            };
            let problem = match size {
                Ok(size) if holds(conditional.when, size) => {
                    self.allowed += 1;
                    continue;
                }
                Ok(size) => format!("its table has {}", measured(size)),
                Err(said) => said,
            };
            let denied = &mut conditional.denied;
            denied.message = format!("{}; allowed only when {}, and {problem}", denied.message, told(conditional.when));
            match conditional.level {
                Level::Deny => self.denied.push(conditional.denied),
                Level::Warn => self.warned += 1,
                Level::Allow => {}
            }
        }
    }
}

/// The rule that the `revert` gate answers for.
const WITHOUT_REVERT: &str = "destructive-without-revert";

fn denied(judged: &Judged, rule: &'static str, line: usize, finding: &Finding, origin: &Origin) -> Denied {
    Denied {
        rule,
        place: format!("{}:{line}", judged.file),
        message: finding.message.clone(),
        origin: origin.to_string(),
    }
}

/// Whether a condition holds for certain.
fn holds(when: When, size: &Size) -> bool {
    let value = when.value;
    let (least, most) = match when.measure {
        Measure::Rows => match size.rows {
            Rows::Exactly(rows) | Rows::About(rows) => (rows, Some(rows)),
            Rows::AtLeast(rows) => (rows, None),
            Rows::AtMost(rows) => (0, Some(rows)),
        },
        Measure::Size => (size.bytes.unwrap_or(0), size.bytes),
    };
    match when.comparison {
        Comparison::Less => most.is_some_and(|most| most < value),
        Comparison::LessOrEqual => most.is_some_and(|most| most <= value),
        Comparison::Equal => most == Some(value) && least == value,
        Comparison::GreaterOrEqual => least >= value,
        Comparison::Greater => least > value,
    }
}

fn told(when: When) -> String {
    let sign = match when.comparison {
        Comparison::Less => "<",
        Comparison::LessOrEqual => "<=",
        Comparison::Equal => "=",
        Comparison::GreaterOrEqual => ">=",
        Comparison::Greater => ">",
    };
    match when.measure {
        Measure::Rows => format!("rows {sign} {}", when.value),
        Measure::Size => format!("size {sign} {}", format_size(when.value)),
    }
}
