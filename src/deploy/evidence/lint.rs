//! What the rules say of the pending migrations, for this environment's kind and this database's own version and history.

use std::collections::BTreeSet;

use super::Ground;
use crate::error::Result;
use crate::lint::levels::LevelFlags;
use crate::lint::sources::{self, Source};
use crate::lint::{Batch, Item, Judged, LevelBook, Linter, Loaded, server_version_of};
use crate::rules::{Facts, Level, LockLimit};

/// What the rules say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LintEvidence {
    /// Findings at `deny`, in order.
    pub denied: Vec<Denied>,
    /// Findings at `warn`.
    pub warned: usize,
    /// Findings that a directive in the SQL allows.
    pub allowed: usize,
    /// Statements that were judged.
    pub statements: usize,
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
    let mut linter = Linter::new(&levels, None, &load);
    linter
        .run(&batch, &mut |judged| {
            evidence.take(&judged);
            Ok(())
        })
        .expect("the sink above never fails");
    Ok(evidence)
}

impl LintEvidence {
    fn take(&mut self, judged: &Judged) {
        self.allowed += judged.allowed.len();
        if !judged.again {
            self.statements += judged.statements;
        }
        for found in &judged.findings {
            match found.level {
                Level::Deny => self.denied.push(Denied {
                    rule: found.rule.slug,
                    place: format!("{}:{}", judged.file, found.location.line),
                    message: found.finding.message.to_string(),
                    origin: found.level_origin.to_string(),
                }),
                Level::Warn => self.warned += 1,
                Level::Allow => {}
            }
        }
    }
}
