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
        run(&["commit", "-q", "-m", "one"]);
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
