//! Which migrations may be taken back: the newest one that is applied, and after it the next.
//!
//! Pure: disk × ledger. A proof rests on all earlier migrations as they are on disk, so the database must hold exactly these.

use super::RevertError;
use crate::database::LedgerRow;
use crate::history::{Entry, History, State};
use crate::migrations::name::{self, Fit};
use crate::migrations::{Migration, MigrationsFolder};

/// What was asked for.
#[derive(Debug, Clone, Copy)]
pub enum Wanted<'a> {
    /// The newest one, by its name: nobody reverts what they did not name.
    Newest(&'a str),
    /// From the newest one down to this one.
    Through(&'a str),
}

/// A migration that may be taken back.
#[derive(Debug, Clone)]
pub struct Chosen<'f> {
    /// On disk.
    pub migration: &'f Migration,
    /// Its row of the ledger, the only one that will be marked.
    pub row: LedgerRow,
}

/// Finds them, newest first.
///
/// # Errors
/// [`RevertError`] when one of them may not be taken back.
pub fn choose<'f>(
    environment: &str,
    wanted: Wanted<'_>,
    folder: &'f MigrationsFolder,
    history: &History,
    ledger: &[LedgerRow],
) -> Result<Vec<Chosen<'f>>, RevertError> {
    let asker = Asker { environment, history };
    if let Some(failed) = history.failed().next() {
        return Err(RevertError::FailedMigration { name: failed.name.clone(), environment: environment.to_owned() });
    }
    let (typed, only_newest) = match wanted {
        Wanted::Newest(typed) => (typed, true),
        Wanted::Through(typed) => (typed, false),
    };
    let target = asker.find(typed)?;
    asker.applied(target)?;
    let mut rows: Vec<&LedgerRow> =
        ledger.iter().filter(|row| row.finished_at.is_some() && row.rolled_back_at.is_none()).collect();
    // By their names, as Prisma runs them on an empty database.
    rows.sort_by(|a, b| name::compare(&b.migration_name, &a.migration_name));
    let mut chosen = Vec::new();
    for row in &rows {
        if only_newest && row.migration_name != target.name {
            let after = rows.iter().take_while(|row| row.migration_name != target.name).count();
            return Err(RevertError::NotNewest {
                name: target.name.clone(),
                newest: row.migration_name.clone(),
                after,
                environment: environment.to_owned(),
            });
        }
        chosen.push(asker.check(row, &rows, folder)?);
        if row.migration_name == target.name {
            break;
        }
    }
    Ok(chosen)
}

struct Asker<'a> {
    environment: &'a str,
    history: &'a History,
}

impl<'a> Asker<'a> {
    /// By the whole name, or by a part of it that only one has. A path to the folder is its name.
    fn find(&self, typed: &str) -> Result<&'a Entry, RevertError> {
        let names = self.history.entries.iter().map(|entry| entry.name.as_str());
        match name::find(typed, names) {
            Fit::One(found) => Ok(self.history.get(found).expect("the name came from there")),
            Fit::None(nearest) => Err(RevertError::Unknown {
                name: typed.to_owned(),
                nearest: nearest.map(str::to_owned),
                environment: self.environment.to_owned(),
            }),
            Fit::Several(several) => Err(RevertError::Several {
                name: typed.to_owned(),
                candidates: several.into_iter().map(str::to_owned).collect(),
            }),
        }
    }

    fn applied(&self, entry: &Entry) -> Result<(), RevertError> {
        match entry.state {
            State::Applied | State::Edited | State::Missing => Ok(()),
            State::Pending | State::OutOfOrder | State::RolledBack | State::Failed => Err(RevertError::NotApplied {
                name: entry.name.clone(),
                state: entry.state.words(),
                environment: self.environment.to_owned(),
            }),
        }
    }

    fn check<'f>(
        &self,
        row: &LedgerRow,
        rows: &[&LedgerRow],
        folder: &'f MigrationsFolder,
    ) -> Result<Chosen<'f>, RevertError> {
        let (name, environment) = (row.migration_name.clone(), self.environment.to_owned());
        let state = self.history.get(&name).map(|entry| entry.state);
        let migration = match (state, folder.get(&name)) {
            (Some(State::Edited), _) => return Err(RevertError::Edited { name, environment }),
            (_, Some(migration)) => migration,
            (_, None) => return Err(RevertError::NotOnDisk { name, environment }),
        };
        if rows.iter().filter(|other| other.migration_name == name).count() > 1 {
            return Err(RevertError::SeveralRows { name, environment });
        }
        let is_older = |other: &&&LedgerRow| name::compare(&other.migration_name, &name).is_lt();
        // One that sorts before it and ran after it: nobody has ever undone this one with that one there.
        if let Some(later) = rows.iter().filter(is_older).find(|other| other.finished_at > row.finished_at) {
            return Err(RevertError::OutOfOrder { name, later: later.migration_name.clone(), environment });
        }
        let earlier = self.history.entries.iter().take_while(|entry| entry.name != name);
        let differs = |entry: &&Entry| {
            let gone = !entry.on_disk && entry.state == State::RolledBack;
            entry.state != State::Applied && !gone
        };
        if let Some(other) = earlier.into_iter().find(differs) {
            return Err(RevertError::Differs {
                name,
                other: other.name.clone(),
                state: other.state.words(),
                environment,
            });
        }
        Ok(Chosen { migration, row: row.clone() })
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use jiff::Timestamp;

    use super::*;
    use crate::migrations::Checksum;
    use crate::migrations::folder::LockFile;
    use crate::project::Provider;

    fn migration(name: &str) -> Migration {
        Migration {
            name: name.to_owned(),
            path: PathBuf::from("/m").join(name),
            script: Ok(b"SELECT 1;".to_vec()),
            checksum: Some(Checksum::of(b"SELECT 1;")),
            reverts: Vec::new(),
        }
    }

    /// `1_a@5`: finished at second 5; `!` edited, `-` rolled back, `?` failed.
    fn row(text: &str) -> LedgerRow {
        let (name, rest) = text.split_once('@').unwrap();
        let digits: String = rest.chars().filter(char::is_ascii_digit).collect();
        let at = Timestamp::from_second(digits.parse().unwrap()).unwrap();
        let script: &[u8] = if rest.contains('!') { b"SELECT 2;" } else { b"SELECT 1;" };
        LedgerRow {
            id: text.to_owned(),
            checksum: Checksum::of(script),
            finished_at: (!rest.contains('?')).then_some(at),
            migration_name: name.to_owned(),
            logs: None,
            rolled_back_at: rest.contains('-').then_some(at),
            started_at: at,
            applied_steps_count: 1,
        }
    }

    fn asked(disk: &str, ledger: &str, wanted: Wanted<'_>) -> String {
        let folder = MigrationsFolder {
            path: PathBuf::from("/m"),
            exists: true,
            migrations: disk.split_whitespace().map(migration).collect(),
            lock_file: LockFile::Provider(Provider::Sqlite),
            warnings: Vec::new(),
        };
        let rows: Vec<_> = ledger.split_whitespace().map(row).collect();
        let history = History::new(&folder.migrations, Some(&rows));
        match choose("eu", wanted, &folder, &history, &rows) {
            Ok(chosen) => chosen.iter().map(|c| c.row.id.clone()).collect::<Vec<_>>().join(" "),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn the_newest_and_what_is_through_it() {
        let newest = |ledger, name| asked("1_a 2_b 3_c", ledger, Wanted::Newest(name));
        assert_eq!(newest("1_a@1 2_b@2", "2_b"), "2_b@2");
        assert_eq!(newest("1_a@1 2_b@2", "b"), "2_b@2", "a part that only one has");
        assert_eq!(newest("1_a@1 2_b@2 3_c@3-", "2_b"), "2_b@2", "one that was taken back does not count");
        assert_eq!(newest("1_a@1 2_b@2- 2_b@4", "2_b"), "2_b@4", "the row that holds");
        let through = |ledger, name| asked("1_a 2_b 3_c", ledger, Wanted::Through(name));
        assert_eq!(through("1_a@1 2_b@2 3_c@3", "1_a"), "3_c@3 2_b@2 1_a@1");
        assert_eq!(through("1_a@1 2_b@2 3_c@3", "3_c"), "3_c@3");
        assert_eq!(asked("1_a 3_c", "1_a@1 2_gone@2- 3_c@3", Wanted::Newest("3_c")), "3_c@3");
    }

    #[test]
    fn what_may_not_be_taken_back() {
        let newest = |ledger, name| asked("1_a 2_b 3_c", ledger, Wanted::Newest(name));
        let through = |ledger, name| asked("1_a 2_b 3_c", ledger, Wanted::Through(name));
        insta::assert_snapshot!(newest("1_a@1 2_b@2", "1_a"), @r"`1_a` is not the newest migration in `eu`: 1 came after it, `2_b` the last");
        insta::assert_snapshot!(newest("1_a@1 2_b@2", "3_c"), @r"`3_c` is not applied in `eu`: it is pending");
        insta::assert_snapshot!(newest("1_a@1 2_b@2-", "2_b"), @r"`2_b` is not applied in `eu`: it is rolled back");
        insta::assert_snapshot!(newest("1_a@1", "4_d"), @r"no migration is called `4_d`, on disk or in `eu`");
        insta::assert_snapshot!(newest("1_a@1", "_"), @r"`_` may be any of 1_a, 2_b, 3_c");
        insta::assert_snapshot!(newest("1_a@1 2_b@2?", "1_a"), @r"`2_b` has failed in `eu`");
        insta::assert_snapshot!(newest("1_a@1 2_b@2!", "2_b"), @r"`2_b` was edited since it ran in `eu`");
        insta::assert_snapshot!(newest("1_a@1! 2_b@2", "2_b"), @r"`1_a`, before `2_b`, is edited in `eu`");
        insta::assert_snapshot!(newest("1_a@1 3_c@3", "3_c"), @r"`2_b`, before `3_c`, is out of order in `eu`");
        insta::assert_snapshot!(newest("1_a@1 3_c@3 2_b@4", "3_c"), @r"`2_b` ran in `eu` after `3_c`, although it sorts before it");
        insta::assert_snapshot!(newest("1_a@1 1_a@2", "1_a"), @r"the ledger of `eu` has several rows for `1_a` that hold");
        insta::assert_snapshot!(newest("1_a@1 4_gone@2", "4_gone"), @r"`4_gone` is applied in `eu` and not on disk");
        insta::assert_snapshot!(through("1_a@1 2_b@2! 3_c@3", "1_a"), @r"`2_b`, before `3_c`, is edited in `eu`");
    }
}
