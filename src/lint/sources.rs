//! From arguments to batches: which files are meant, and what shares a history. The one file of this folder that looks at the disk.
//!
//! A migrations folder is one history; so are the loose `.sql` files of one folder. Naming one migration judges that one, and those before
//! it still tell what it stands on.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ffi::OsString;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use super::batch::{Batch, Item, Loaded, Place, RevertText, Unreadable};
use super::error::LintError;
use crate::migrations::folder::{LOCK_FILE, SCRIPT_FILE};
use crate::migrations::name;
use crate::project::{Provider, read_text};
use crate::rules::Facts;
use crate::settings::{nearest, shown};

/// Files beyond this are not read; the SQL layer cannot address more.
const LARGEST_FILE: u64 = u32::MAX as u64;

/// What is to be judged, before anything of it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A migrations folder; only these migrations of it, where some were named.
    Migrations {
        /// The folder.
        folder: PathBuf,
        /// `None`: all.
        only: Option<BTreeSet<String>>,
    },
    /// Loose SQL files of one folder.
    Files {
        /// The folder.
        folder: PathBuf,
        /// In order.
        names: BTreeSet<String>,
    },
    /// Standard input.
    Stdin,
}

impl Source {
    /// The folder, where there is one.
    #[must_use]
    pub fn folder(&self) -> Option<&Path> {
        match self {
            Source::Migrations { folder, .. } | Source::Files { folder, .. } => Some(folder),
            Source::Stdin => None,
        }
    }

    /// What its lock file says; a folder of loose files has none.
    ///
    /// # Errors
    /// [`LintError::OtherProvider`].
    pub fn locked_provider(&self) -> Result<Option<Provider>, LintError> {
        let Source::Migrations { folder, .. } = self else { return Ok(None) };
        let path = folder.join(LOCK_FILE);
        let Some(text) = read_text(&path).ok() else { return Ok(None) };
        let Some(word) = crate::project::lock_file_provider(&text) else { return Ok(None) };
        Provider::from_prisma(word)
            .map(Some)
            .map_err(|_| LintError::OtherProvider { path: shown(&path), provider: word.to_owned() })
    }

    /// Lists what is in it.
    ///
    /// # Errors
    /// [`LintError::Unreadable`] when the folder cannot be listed.
    pub fn open(&self, facts: Facts) -> Result<Batch, LintError> {
        let item = |name: String, judged: bool| Item { name, judged, pending: false };
        let (place, items) = match self {
            Source::Migrations { folder, only } => {
                let mut names = directories(folder)?;
                names.sort_by(|a, b| name::compare(a, b));
                let judged = |name: &str| only.as_ref().is_none_or(|only| only.contains(name));
                let items = names.into_iter().map(|name| (judged(&name), name)).map(|(j, n)| item(n, j)).collect();
                (Place::Migrations(folder.clone()), items)
            }
            Source::Files { folder, names } => {
                (Place::Files(folder.clone()), names.iter().map(|name| item(name.clone(), true)).collect())
            }
            Source::Stdin => {
                let mut script = Vec::new();
                io::stdin()
                    .lock()
                    .read_to_end(&mut script)
                    .map_err(|cause| LintError::Unreadable { path: PathBuf::from("standard input"), cause })?;
                (Place::Text { name: "stdin".to_owned(), script }, vec![item("stdin".to_owned(), true)])
            }
        };
        Ok(Batch { facts, place, items })
    }
}

/// Finds what the arguments name: `-`, paths, and names of migrations in `migrations` (a project's folder, where there is one).
///
/// # Errors
/// [`LintError`] when an argument names nothing.
pub fn find(arguments: &[OsString], migrations: Option<&Path>) -> Result<Vec<Source>, LintError> {
    let mut found = Found::default();
    for argument in arguments {
        let text = argument.to_string_lossy();
        let path = Path::new(argument);
        if text == "-" {
            found.add(Source::Stdin);
        } else if path.symlink_metadata().is_ok() || path.is_dir() {
            let path = absolute(path);
            let metadata = path.metadata().map_err(|cause| LintError::Unreadable { path: shown(&path), cause })?;
            let is_migration = || path.parent().is_some_and(|folder| is_history(folder, &path));
            if !metadata.is_dir() {
                found.add_file(&path);
            } else if is_migration() {
                // Also one without `migration.sql`: that is a finding.
                found.add_file(&path.join(SCRIPT_FILE));
            } else if found.walk(&path)? == 0 {
                return Err(LintError::NothingThere { path: shown(&path) });
            }
        } else {
            found.add(by_name(&text, migrations)?);
        }
    }
    Ok(found.sources)
}

/// Sources in the order in which they were named, one for each folder.
#[derive(Default)]
struct Found {
    sources: Vec<Source>,
    places: HashMap<PathBuf, usize>,
}

fn absolute(path: &Path) -> PathBuf {
    // `.` and `x/..` have no name of their own.
    path.canonicalize().map_or_else(
        |_| std::env::current_dir().map_or_else(|_| path.to_owned(), |here| here.join(path)),
        |real| match std::env::current_dir().and_then(|here| here.canonicalize()) {
            // Keep what the user typed where that is the same place.
            Ok(here) if real.strip_prefix(&here).is_ok() => {
                std::env::current_dir().unwrap_or(here.clone()).join(real.strip_prefix(&here).unwrap_or(&real))
            }
            _ => real,
        },
    )
}

fn by_name(text: &str, migrations: Option<&Path>) -> Result<Source, LintError> {
    let not_found = |nearest: Option<String>| LintError::NotFound { name: text.to_owned(), nearest };
    let Some(folder) = migrations.filter(|folder| folder.is_dir()) else { return Err(not_found(None)) };
    let names = directories(folder)?;
    let exact = names.iter().find(|name| *name == text);
    // `add_name` for `20260101120000_add_name`, where only one is called so.
    let slugs: Vec<_> = names.iter().filter(|name| name::slug_of(name) == text).collect();
    let found = match (exact, slugs.as_slice()) {
        (Some(name), _) => name.clone(),
        (None, [name]) => (*name).clone(),
        (None, [_, .., last]) => return Err(not_found(Some((*last).clone()))),
        (None, []) => {
            let by_slug = names.iter().map(|name| name::slug_of(name));
            let near = nearest(text, names.iter().map(String::as_str)).map(str::to_owned).or_else(|| {
                let slug = nearest(text, by_slug)?;
                names.iter().find(|name| name::slug_of(name) == slug).cloned()
            });
            return Err(not_found(near));
        }
    };
    Ok(Source::Migrations { folder: folder.to_owned(), only: Some(BTreeSet::from([found])) })
}

impl Found {
    /// Adds a source, merged with one of the same folder.
    fn add(&mut self, new: Source) {
        let key = new.folder().map_or_else(|| PathBuf::from("-"), Path::to_owned);
        let at = *self.places.entry(key).or_insert(self.sources.len());
        let Some(old) = self.sources.get_mut(at) else {
            self.sources.push(new);
            return;
        };
        match (old, new) {
            (Source::Migrations { only, .. }, Source::Migrations { only: more, .. }) => {
                *only = match (only.take(), more) {
                    (Some(mut only), Some(more)) => {
                        only.extend(more);
                        Some(only)
                    }
                    _ => None,
                };
            }
            (Source::Files { names, .. }, Source::Files { names: more, .. }) => names.extend(more),
            // A loose file in a migrations folder: both are judged.
            (Source::Migrations { .. } | Source::Files { .. }, new) => self.sources.push(new),
            (Source::Stdin, _) => {}
        }
    }

    fn add_file(&mut self, path: &Path) {
        let folder = path.parent().unwrap_or(Path::new("/"));
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let history = folder.parent().filter(|history| file == SCRIPT_FILE && is_history(history, folder));
        match (history, folder.file_name()) {
            (Some(history), Some(name)) => {
                let only = Some(BTreeSet::from([name.to_string_lossy().into_owned()]));
                self.add(Source::Migrations { folder: history.to_owned(), only });
            }
            _ => self.add(Source::Files { folder: folder.to_owned(), names: BTreeSet::from([file]) }),
        }
    }

    /// Finds every history below a folder. How many there are.
    fn walk(&mut self, folder: &Path) -> Result<usize, LintError> {
        if folder.join(SCRIPT_FILE).is_file() {
            self.add_file(&folder.join(SCRIPT_FILE));
            return Ok(1);
        }
        let entries = entries(folder)?;
        let is_history = entries.iter().any(|entry| {
            (!entry.folder && entry.name == LOCK_FILE) || (entry.folder && entry.path.join(SCRIPT_FILE).is_file())
        });
        if is_history {
            self.add(Source::Migrations { folder: folder.to_owned(), only: None });
            return Ok(1);
        }
        let names: BTreeSet<String> = entries.iter().filter(|e| e.is_script()).map(|e| e.name.clone()).collect();
        let mut found = usize::from(!names.is_empty());
        if found > 0 {
            self.add(Source::Files { folder: folder.to_owned(), names });
        }
        for entry in entries.iter().filter(|entry| entry.folder) {
            let skipped = entry.name.starts_with('.') || matches!(entry.name.as_str(), "node_modules" | "target");
            if skipped {
                continue;
            }
            match self.walk(&entry.path) {
                Ok(below) => found += below,
                // What may not be looked into below the named folder is left out, as it is for Prisma.
                Err(LintError::Unreadable { .. }) => {}
                Err(other) => return Err(other),
            }
        }
        Ok(found)
    }
}

/// Whether a folder that holds `migration` looks like a migrations folder.
fn is_history(folder: &Path, migration: &Path) -> bool {
    folder.join(LOCK_FILE).exists()
        || migration.file_name().is_some_and(|name| name::timestamp_of(&name.to_string_lossy()).is_some())
}

struct Entry {
    name: String,
    path: PathBuf,
    folder: bool,
}

impl Entry {
    /// A loose script that somebody wrote to be run forwards.
    fn is_script(&self) -> bool {
        let lower = self.name.to_ascii_lowercase();
        let revert = lower.starts_with("revert") || lower.ends_with(".down.sql") || lower == "down.sql";
        !self.folder && lower.ends_with(".sql") && !revert
    }
}

fn entries(folder: &Path) -> Result<Vec<Entry>, LintError> {
    let complain = |cause| LintError::Unreadable { path: shown(folder), cause };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(complain)? {
        let entry = entry.map_err(complain)?;
        let kind = entry.file_type().map_err(complain)?;
        let path = entry.path();
        // Prisma does not follow links to directories; a linked file is a file.
        if kind.is_symlink() && path.is_dir() {
            continue;
        }
        let name = entry.file_name().to_string_lossy().into_owned();
        found.push(Entry { name, path, folder: kind.is_dir() });
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

fn directories(folder: &Path) -> Result<Vec<String>, LintError> {
    Ok(entries(folder)?.into_iter().filter(|entry| entry.folder).map(|entry| entry.name).collect())
}

/// Reads one item of a batch.
#[must_use]
pub fn load(batch: &Batch, item: &Item) -> Loaded {
    let path = batch.file(item);
    if let Place::Text { script, .. } = &batch.place {
        return Loaded { script: Ok(script.clone()), revert: RevertText::NotLooked };
    }
    let revert = match &batch.place {
        Place::Migrations(folder) if item.judged => load_revert(&folder.join(&item.name)),
        _ => RevertText::NotLooked,
    };
    Loaded { script: read_file(&path), revert }
}

fn read_file(path: &Path) -> Result<Vec<u8>, Unreadable> {
    let refuse = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => Unreadable::Missing,
        _ => Unreadable::Refused(error.to_string()),
    };
    let file = std::fs::File::open(path).map_err(refuse)?;
    let length = file.metadata().map_err(refuse)?.len();
    if length > LARGEST_FILE {
        return Err(Unreadable::Refused(format!("it is {length} bytes long; at most {LARGEST_FILE} can be read")));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
    (&file).read_to_end(&mut bytes).map_err(refuse)?;
    Ok(bytes)
}

fn load_revert(folder: &Path) -> RevertText {
    let Ok(entries) = entries(folder) else { return RevertText::Unreadable };
    let revert = entries.iter().find(|entry| {
        !entry.folder
            && (entry.name == "revert.sql" || (entry.name.starts_with("revert_") && entry.name.ends_with(".sql")))
    });
    match revert {
        None => RevertText::Missing,
        Some(entry) => std::fs::read(&entry.path).map_or(RevertText::Unreadable, RevertText::Present),
    }
}

/// Writes a file whole or not at all: beside it first, then renamed. Keeps its rights.
///
/// # Errors
/// The system's.
pub fn replace_file(path: &Path, contents: &[u8]) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(".prisma-safe-").tempfile_in(folder)?;
    file.write_all(contents)?;
    file.as_file().sync_all()?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let rights = path.metadata().map_or_else(|_| std::fs::Permissions::from_mode(0o644), |old| old.permissions());
        file.as_file().set_permissions(rights)?;
    }
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// The migrations of a folder that are judged, by name, with those that the database does not have yet.
pub fn select(batch: &mut Batch, judged: &BTreeSet<String>, missing: &BTreeSet<String>) {
    let by_name: BTreeMap<&str, bool> =
        batch.items.iter().map(|item| (item.name.as_str(), missing.contains(&item.name))).collect();
    // Whoever is judged against a database that lacks an older migration must not take the newer ones for missing too.
    let first = batch.items.iter().rposition(|item| !by_name[item.name.as_str()]).map_or(0, |last| last + 1);
    for (at, item) in batch.items.iter_mut().enumerate() {
        item.judged = judged.contains(&item.name);
        item.pending = at >= first;
    }
}
