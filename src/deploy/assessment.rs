//! What a deploy knows before it decides: history, plan, evidence, verdicts, and the hash of it all. `deploy`, `plan` and `approve` look
//! through the same eyes, so that what is approved is what is judged, and what is judged is what runs.

use jiff::Timestamp;

use super::downtime::Downtime;
use super::evidence::{self, Evidence, Ground};
use super::gates::{self, Facts, Verdict};
use super::{Plan, plan_hash};
use crate::environment::{Sources, Target};
use crate::error::Result;
use crate::history::History;
use crate::lint::server_version_of;
use crate::migrations::MigrationsFolder;

/// Everything that a decision about a deploy rests on.
#[derive(Debug, Clone)]
pub struct Assessment {
    /// Disk × ledger.
    pub history: History,
    /// What would run; empty when nothing is pending.
    pub plan: Plan,
    /// What was gathered for the gates.
    pub evidence: Evidence,
    /// What waits meanwhile, as the policy asks to announce it; empty when nothing is pending or the database is new.
    pub downtime: Option<String>,
    /// What every gate says.
    pub verdicts: Vec<Verdict>,
    /// [`plan_hash`].
    pub hash: String,
}

impl Assessment {
    /// Looks at a target as it was last read; asks other databases, git and the rules, and every gate. Writes nothing.
    ///
    /// # Errors
    /// When the lint settings name a rule that does not exist. Whatever cannot be had is evidence too.
    pub fn of(sources: &Sources<'_>, target: &mut Target, folder: &MigrationsFolder) -> Result<Self> {
        let (settings, project) = (sources.settings, sources.project);
        let history = History::new(&folder.migrations, target.survey().ledger.as_deref());
        let prisma = Some(crate::prisma::launch::version(project));
        let idle = history.would_apply().next().is_none();
        let answered = &target.survey().server;
        let server = target.exists().then(|| server_version_of(&answered.product, answered.numbers));
        let plan =
            if idle { Plan::nothing() } else { Plan::for_server(project.provider, folder, &history, prisma, server) };
        let hash = plan_hash::hash(settings, target, folder, prisma);
        let evidence = if idle {
            Evidence::nothing(Timestamp::now())
        } else {
            let activity = evidence::ask_for_activity(target);
            let archiving = evidence::ask_for_archiving(target);
            let off = target.environment().gates.is_off("rows");
            let rows = if off { Vec::new() } else { evidence::rows::count(sources, target, &plan) };
            let ground = Ground { sources, target, folder, plan: &plan, history: &history, prisma };
            Evidence { activity, archiving, rows, ..evidence::gather(&ground)? }
        };
        let verdicts = gates::judge(&Facts {
            settings,
            provider: project.provider,
            target,
            folder,
            history: &history,
            plan: &plan,
            evidence: &evidence,
            hash: &hash,
        });
        let downtime = evidence.impact.as_ref().map(|impact| Downtime::of(&plan, &impact.sizes).line());
        Ok(Assessment { history, plan, evidence, downtime, verdicts, hash })
    }
}
