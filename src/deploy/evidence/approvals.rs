//! Who approved what, and who wrote what is approved: files beside the project, and git's own history. Nothing is believed here.

use super::{Ground, git};
use crate::deploy::approval::{Approval, receipt};

/// What there is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovalEvidence {
    /// Every approval for this environment.
    pub approvals: Vec<Approval>,
    /// Names and addresses of those who wrote the pending migrations; or why that cannot be told.
    pub authors: Result<Vec<git::Author>, String>,
}

/// Reads both; `None`: nobody has to approve anything here.
pub(super) fn look(ground: &Ground<'_>) -> Option<ApprovalEvidence> {
    let environment = ground.target.environment();
    environment.approvals.as_ref().filter(|approvals| approvals.value > 0)?;
    let folders = ground.plan.migrations.iter().filter_map(|planned| ground.folder.get(&planned.name));
    let mut authors = Ok(Vec::new());
    for migration in folders {
        match (git::authors(&ground.folder.path, &migration.path), &mut authors) {
            (Ok(found), Ok(all)) => all.extend(found),
            (Err(said), _) => authors = Err(format!("`{}`: {said}", migration.name)),
            (Ok(_), Err(_)) => {}
        }
    }
    Some(ApprovalEvidence {
        approvals: receipt::read_all(&ground.sources.project.root, &environment.name.value),
        authors,
    })
}
