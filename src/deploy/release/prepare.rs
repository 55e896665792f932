//! From a reached target to what would be done and what every gate says of it.

use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::{Event, Wanted, Watcher};
use crate::database::DeployLock;
use crate::deploy::{Assessment, DeployError};
use crate::environment::{Sources, Target};
use crate::error::Result;
use crate::history::History;
use crate::migrations::MigrationsFolder;

/// A target that was looked at, with what would be done there. It holds the deploy lock, unless nothing is pending or it was a dry run.
pub struct Prepared {
    /// Where.
    pub target: Target,
    /// The migrations on disk.
    pub folder: MigrationsFolder,
    /// What is known, would run, and was judged.
    pub assessment: Assessment,
    /// When the look began.
    pub started_at: Timestamp,
    pub(super) wanted: Wanted,
}

impl Prepared {
    /// Nothing is pending, and nothing failed that would be in the way.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        let history = &self.assessment.history;
        history.would_apply().next().is_none() && history.failed().next().is_none()
    }

    /// Decides: whether the gates let it pass, and whether it is the plan that was approved.
    ///
    /// # Errors
    /// [`DeployError::Blocked`], [`DeployError::OtherPlan`].
    pub fn check(&self) -> Result<(), DeployError> {
        let Assessment { history, verdicts, hash, .. } = &self.assessment;
        if self.is_idle() {
            // A wrong database with nothing pending is still a wrong database.
            let about_place: Vec<_> = verdicts.iter().filter(|verdict| verdict.gate == "target").cloned().collect();
            return DeployError::check(self.target.name(), &about_place, false);
        }
        DeployError::check(self.target.name(), verdicts, history.failed().next().is_some())?;
        match &self.wanted.plan {
            Some(approved) if !approved.trim().eq_ignore_ascii_case(hash) => {
                Err(DeployError::OtherPlan { environment: self.target.name().to_owned(), now: hash.clone() })
            }
            _ => Ok(()),
        }
    }
}

/// Takes the deploy lock, reads the ledger again, and lets every gate judge. Writes nothing.
///
/// # Errors
/// When the database is not there and may not be created, another deploy does not end, or something cannot be read. That a gate blocks is no error here.
pub fn prepare(
    sources: &Sources<'_>,
    mut target: Target,
    wanted: Wanted,
    watcher: &mut dyn Watcher,
) -> Result<Prepared> {
    let started_at = Timestamp::now();
    if !wanted.dry_run
        && wanted.plan.is_none()
        && !target.kind().is_dev()
        && let Some(agent) = crate::prisma::agents::detect(sources.variables)
    {
        return Err(DeployError::AgentNeedsPlan { environment: target.name().to_owned(), agent }.into());
    }
    let folder = MigrationsFolder::read(&sources.project.migrations_dir)?;
    // On dev the guard's own dev test decides, as for every `migrate dev`.
    if !target.exists() && !wanted.create_database && !target.kind().is_dev() {
        return Err(
            DeployError::NoDatabase { environment: target.name().to_owned(), place: target.url().redacted() }.into()
        );
    }
    watcher.see(Event::Reached(&target));
    if !wanted.dry_run && is_pending(&folder, &target) {
        // From here to the last look at the ledger nobody else deploys; what was read before may be old by now.
        take_lock(&mut target, wanted.lock_wait, watcher)
            .and_then(|()| target.look())
            .map_err(|error| DeployError::lost(target.name(), false, error))?;
    }
    let assessment = Assessment::of(sources, &mut target, &folder)?;
    Ok(Prepared { target, folder, assessment, started_at, wanted })
}

fn is_pending(folder: &MigrationsFolder, target: &Target) -> bool {
    History::new(&folder.migrations, target.survey().ledger.as_deref()).would_apply().next().is_some()
}

/// Takes the deploy lock, and waits so long for another one's.
///
/// # Errors
/// [`DeployError::Busy`], or the database's.
pub fn take_lock(target: &mut Target, patience: Duration, watcher: &mut dyn Watcher) -> Result<()> {
    const PAUSE: Duration = Duration::from_millis(100);
    let started = Instant::now();
    let mut told = false;
    loop {
        match target.try_deploy_lock()? {
            DeployLock::Taken(_) => return Ok(()),
            DeployLock::NotThere(why) => {
                watcher.see(Event::NoDeployLock { why: &why });
                return Ok(());
            }
            DeployLock::Held { by } if started.elapsed() >= patience => {
                return Err(DeployError::Busy { environment: target.name().to_owned(), holder: by }.into());
            }
            DeployLock::Held { by } => {
                if !told {
                    watcher.see(Event::Waiting { environment: target.name(), holder: by.as_deref() });
                    told = true;
                }
                std::thread::sleep(PAUSE);
            }
        }
    }
}
