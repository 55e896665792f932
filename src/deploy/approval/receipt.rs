//! Signed approvals: `.prisma-safe/approvals/<environment>-<plan>-<name>.json` beside the project. Whoever may write there may put any file
//! there; what counts is the signature.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ApprovalError;
use super::key::{PrivateKey, is_signed};

/// Where approvals are, from the project's folder.
pub const FOLDER: &str = ".prisma-safe/approvals";
/// Files that are read; more is a mistake or an attack.
const MOST: usize = 1000;
/// Bytes of one that are read.
const LONGEST: u64 = 16 * 1024;

/// One approval, signed or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// 1.
    pub schema_version: u32,
    /// The environment's name.
    pub environment: String,
    /// The plan's hash.
    pub plan: String,
    /// The name in `[approvers]`.
    pub approver: String,
    /// When, by the clock of the one who signed.
    pub approved_at: Timestamp,
    /// Hexadecimal, over `Approval::message`.
    pub signature: String,
}

impl Approval {
    /// Signs a plan.
    #[must_use]
    pub fn sign(environment: &str, plan: &str, approver: &str, at: Timestamp, key: &PrivateKey) -> Self {
        let mut approval = Approval {
            schema_version: 1,
            environment: environment.to_owned(),
            plan: plan.to_ascii_lowercase(),
            approver: approver.to_owned(),
            approved_at: at,
            signature: String::new(),
        };
        approval.signature = key.sign(&approval.message());
        approval
    }

    /// Whether it is signed with this key as it stands.
    #[must_use]
    pub fn is_signed_by(&self, key: &[u8; 32]) -> bool {
        self.schema_version == 1 && is_signed(key, &self.message(), &self.signature)
    }

    /// What is signed. Each part with its length, so that no two approvals are the same bytes.
    fn message(&self) -> Vec<u8> {
        let mut message = b"prisma-safe approval 1\n".to_vec();
        for part in [&self.environment, &self.plan, &self.approver, &self.approved_at.to_string()] {
            message.extend_from_slice(format!("{}:{part}\n", part.len()).as_bytes());
        }
        message
    }
}

/// Writes an approval, over an older one of the same person for the same plan. The path from the project's folder.
///
/// # Errors
/// [`ApprovalError::Write`].
pub fn write(project: &Path, approval: &Approval) -> Result<PathBuf, ApprovalError> {
    let short = approval.plan.get(..16).unwrap_or(&approval.plan);
    let plain: String =
        approval.approver.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }).collect();
    let path = Path::new(FOLDER).join(format!("{}-{short}-{plain}.json", approval.environment));
    let refused = |error: std::io::Error| ApprovalError::Write { file: path.clone(), said: error.to_string() };
    let folder = project.join(FOLDER);
    std::fs::create_dir_all(&folder).map_err(refused)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(".prisma-safe-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
    let mut file = builder.tempfile_in(&folder).map_err(refused)?;
    serde_json::to_writer_pretty(&mut file, approval).map_err(|error| refused(error.into()))?;
    file.write_all(b"\n").and_then(|()| file.as_file().sync_all()).map_err(refused)?;
    file.persist(project.join(&path)).map_err(|error| refused(error.error))?;
    Ok(path)
}

/// All approvals for an environment that can be read, oldest first. None of them is believed yet.
#[must_use]
pub fn read_all(project: &Path, environment: &str) -> Vec<Approval> {
    use std::io::Read as _;

    let entries = std::fs::read_dir(project.join(FOLDER)).into_iter().flatten().flatten().take(MOST);
    let read = |path: PathBuf| {
        let mut text = String::new();
        std::fs::File::open(path).ok()?.take(LONGEST).read_to_string(&mut text).ok()?;
        serde_json::from_str::<Approval>(&text).ok()
    };
    let files = entries.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|e| e == "json"));
    let mut found: Vec<Approval> =
        files.filter_map(read).filter(|approval| approval.environment == environment).collect();
    found.sort_by(|a, b| (a.approved_at, &a.approver).cmp(&(b.approved_at, &b.approver)));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(folder: &Path, name: &str) -> PrivateKey {
        PrivateKey::generate(&folder.join(name)).unwrap()
    }

    #[test]
    fn a_signature_holds_for_exactly_what_was_signed() {
        let folder = tempfile::tempdir().unwrap();
        let (alice, bob) = (pair(folder.path(), "alice"), pair(folder.path(), "bob"));
        let at = Timestamp::from_second(100).unwrap();
        let good = Approval::sign("eu", &"ab".repeat(32), "alice", at, &alice);
        assert!(good.is_signed_by(&alice.public()));
        assert!(!good.is_signed_by(&bob.public()), "somebody else's key");
        let changes: [fn(&mut Approval); 6] = [
            |a| a.environment = "us".to_owned(),
            |a| a.plan = "cd".repeat(32),
            |a| a.approver = "bob".to_owned(),
            |a| a.approved_at = Timestamp::from_second(101).unwrap(),
            |a| a.signature.replace_range(0..1, if a.signature.starts_with('0') { "1" } else { "0" }),
            |a| a.schema_version = 2,
        ];
        for change in changes {
            let mut other = good.clone();
            change(&mut other);
            assert!(!other.is_signed_by(&alice.public()), "{other:?}");
        }
    }

    #[test]
    fn keys_are_private_and_never_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key");
        let made = PrivateKey::generate(&file).unwrap();
        assert_eq!(PrivateKey::read(&file).unwrap().public(), made.public());
        assert_eq!(crate::settings::parse_public_key(&made.public_line()), Some(made.public()));
        assert!(matches!(PrivateKey::generate(&file), Err(ApprovalError::Write { .. })));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
            assert!(PrivateKey::read(&file).is_err_and(|error| error.to_string().contains("others may read it")));
        }
        std::fs::write(folder.path().join("other"), "ed25519-private:12\n").unwrap();
        assert!(PrivateKey::read(&folder.path().join("other")).is_err());
    }

    #[test]
    fn what_is_written_is_read_again_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let key = pair(folder.path(), "alice");
        let at = Timestamp::from_second(100).unwrap();
        let approval = Approval::sign("eu", &"ab".repeat(32), "al/ice", at, &key);
        let path = write(folder.path(), &approval).unwrap();
        assert_eq!(path.file_name().unwrap(), "eu-abababababababab-al_ice.json");
        std::fs::write(folder.path().join(FOLDER).join("junk.json"), "{").unwrap();
        write(folder.path(), &Approval::sign("us", &"ab".repeat(32), "alice", at, &key)).unwrap();
        assert_eq!(read_all(folder.path(), "eu"), [approval]);
        assert_eq!(read_all(&folder.path().join("nowhere"), "eu"), []);
    }
}
