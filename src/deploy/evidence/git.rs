//! Whether the migrations folder is what is committed. Git is asked, never written to, and nothing is fetched.

use std::path::Path;
use std::process::{Command, Output, Stdio};

/// What version control says of the migrations folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Git {
    /// Nobody asked.
    NotAsked,
    /// Everything in it is committed.
    Committed {
        /// Commits of the upstream branch, as last fetched, that change it and are not here.
        behind: u64,
    },
    /// Something in it is not committed.
    Uncommitted {
        /// Paths, from the top of the repository.
        paths: Vec<String>,
    },
    /// It is in no repository.
    NoRepository,
    /// Git could not tell, and why.
    Unknown(String),
}

/// Asks git.
#[must_use]
pub fn look(folder: &Path) -> Git {
    let status = match git(folder, &["status", "--porcelain=v1", "-z", "--untracked-files=all", "--", "."]) {
        Ok(output) => output,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Git::Unknown("git is not installed".to_owned());
        }
        Err(error) => return Git::Unknown(format!("git cannot be started: {error}")),
    };
    if !status.status.success() {
        let said = String::from_utf8_lossy(&status.stderr);
        if said.contains("not a git repository") {
            return Git::NoRepository;
        }
        return Git::Unknown(said.lines().next().unwrap_or("git said nothing").to_owned());
    }
    let paths = changed(&String::from_utf8_lossy(&status.stdout));
    if !paths.is_empty() {
        return Git::Uncommitted { paths };
    }
    // A branch without an upstream is behind nothing.
    let behind = git(folder, &["rev-list", "--count", "HEAD..@{upstream}", "--", "."])
        .ok()
        .filter(|output| output.status.success())
        .and_then(|output| String::from_utf8_lossy(&output.stdout).trim().parse().ok())
        .unwrap_or(0);
    Git::Committed { behind }
}

/// Somebody who wrote something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Author {
    /// As git has it.
    pub name: String,
    /// The same.
    pub address: String,
}

impl std::fmt::Display for Author {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} <{}>", self.name, self.address)
    }
}

/// The authors and co-authors of every commit that touches a path.
///
/// # Errors
/// Why it cannot be told; no commit at all is a reason too.
pub fn authors(folder: &Path, path: &Path) -> Result<Vec<Author>, String> {
    const FORMAT: &str = "--format=%an <%ae>%n%(trailers:key=Co-authored-by,valueonly)";
    let path = path.to_str().ok_or("its path is not UTF-8")?;
    let output =
        git(folder, &["log", FORMAT, "--", path]).map_err(|error| format!("git cannot be started: {error}"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(said.lines().next().unwrap_or("git said nothing").to_owned());
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let mut found: Vec<Author> = Vec::new();
    for line in text.lines() {
        let Some((name, rest)) = line.rsplit_once('<') else { continue };
        let author = Author { name: name.trim().to_owned(), address: rest.trim_end_matches('>').trim().to_owned() };
        if !found.contains(&author) {
            found.push(author);
        }
    }
    if found.is_empty() { Err("git knows no commit of it".to_owned()) } else { Ok(found) }
}

/// `XY path`, each ended by NUL; a rename is followed by the old path.
fn changed(output: &str) -> Vec<String> {
    let mut paths = Vec::new();
    let mut parts = output.split('\0');
    while let Some(part) = parts.next() {
        let (Some(state), Some(path)) = (part.get(..2), part.get(3..)) else { continue };
        if state.contains(['R', 'C']) {
            parts.next();
        }
        paths.push(path.to_owned());
    }
    paths
}

fn git(folder: &Path, arguments: &[&str]) -> std::io::Result<Output> {
    Command::new("git")
        .arg("-C")
        .arg(folder)
        .args(arguments)
        // Its words are read, and a look must not rewrite the index.
        .envs([("LC_ALL", "C"), ("GIT_OPTIONAL_LOCKS", "0")])
        .stdin(Stdio::null())
        .output()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_git_writes() {
        let output = "?? prisma/migrations/2_b/migration.sql\0R  prisma/migrations/3_c/migration.sql\0prisma/migrations/1_a/migration.sql\0 M a b\0";
        assert_eq!(
            changed(output),
            ["prisma/migrations/2_b/migration.sql", "prisma/migrations/3_c/migration.sql", "a b"]
        );
        assert!(changed("").is_empty());
    }

    #[test]
    fn a_folder_is_committed_or_not() {
        let top = tempfile::tempdir().unwrap();
        assert_eq!(look(top.path()), Git::NoRepository);
        let folder = top.path().join("migrations");
        std::fs::create_dir(&folder).unwrap();
        let run = |arguments: &[&str]| {
            let output = git(top.path(), arguments).unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        };
        run(&["init", "-q", "-b", "main"]);
        run(&["config", "user.email", "a@example.com"]);
        run(&["config", "user.name", "a"]);
        std::fs::write(folder.join("a.sql"), "SELECT 1").unwrap();
        assert_eq!(look(&folder), Git::Uncommitted { paths: vec!["migrations/a.sql".to_owned()] });
        run(&["add", "."]);
        assert_eq!(
            authors(&folder, &folder.join("a.sql")),
            Err("your current branch 'main' does not have any commits yet".to_owned())
                .map_err(|said: String| format!("fatal: {said}"))
        );
        run(&["commit", "-q", "-m", "one\n\nCo-authored-by: Bea <bea@example.com>"]);
        let names: Vec<String> =
            authors(&folder, &folder.join("a.sql")).unwrap().iter().map(ToString::to_string).collect();
        assert_eq!(names, ["a <a@example.com>", "Bea <bea@example.com>"]);
        assert_eq!(authors(&folder, &folder.join("nothing")), Err("git knows no commit of it".to_owned()));
        std::fs::write(top.path().join("elsewhere"), "").unwrap();
        assert_eq!(look(&folder), Git::Committed { behind: 0 });
        run(&["checkout", "-q", "-b", "work"]);
        run(&["checkout", "-q", "main"]);
        std::fs::write(folder.join("b.sql"), "SELECT 1").unwrap();
        run(&["add", "migrations"]);
        run(&["commit", "-q", "-m", "two"]);
        run(&["checkout", "-q", "work"]);
        run(&["branch", "-q", "--set-upstream-to=main"]);
        assert_eq!(look(&folder), Git::Committed { behind: 1 });
    }
}
