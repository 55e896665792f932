//! `[env.<name>.backup]`: how a deploy knows that what it destroys can be had again.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::origin::{Origin, Sourced};
use super::reader::Table;

/// Where a backup comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BackupSource {
    /// `folder`: this tool takes one into that folder with the database's own means; absolute.
    Folder(PathBuf),
    /// `command`: takes one and ends well; no shell.
    Command(Vec<String>),
    /// `check`: prints the time of the latest one; no shell.
    Check(Vec<String>),
    /// `pitr`: the server itself keeps what it takes to go back to any moment, and is asked whether it does so now.
    Archiving,
}

/// `[env.<name>.backup]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupSettings {
    /// The one of the four that is there.
    pub source: Sourced<BackupSource>,
    /// `max-age`: how old the backup that `check` names may be.
    pub max_age: Sourced<Duration>,
}

const MAX_AGE: Duration = Duration::from_secs(24 * 3600);

impl BackupSettings {
    pub(super) fn read(mut table: Table<'_, '_>, root: &Path) -> Option<Self> {
        let folder = table.string("folder").map(|set| set.map(|folder| BackupSource::Folder(root.join(folder))));
        let mut words = |key| {
            let words = table.strings(key)?;
            if words.value.is_empty() {
                table.complain_at(key, format!("`{key}` is empty"), None);
            }
            Some(words)
        };
        let command = words("command").map(|set| set.map(BackupSource::Command));
        let check = words("check").map(|set| set.map(BackupSource::Check));
        let pitr = table.boolean("pitr");
        if pitr.as_ref().is_some_and(|pitr| !pitr.value) {
            table.complain_at(
                "pitr",
                "`pitr` can only be `true`".to_owned(),
                Some("leave it out where there is none".to_owned()),
            );
        }
        let pitr = pitr.map(|set| set.map(|_| BackupSource::Archiving));
        let max_age = table.duration("max-age");
        let mut sources = [folder, command, check, pitr].into_iter().flatten();
        let first = sources.next();
        if sources.next().is_some() || (first.is_none() && !table.mentions(&["folder", "command", "check", "pitr"])) {
            let message = format!("{} needs exactly one of `folder`, `command`, `check` and `pitr`", table.heading());
            table.complain(message, Some("`folder = \"backups\"` takes one with the database's own means".to_owned()));
        }
        table.finish();
        Some(BackupSettings {
            source: first?,
            max_age: max_age.unwrap_or(Sourced { value: MAX_AGE, origin: Origin::Default }),
        })
    }
}
