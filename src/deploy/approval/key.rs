//! Key pairs for approvals: ed25519 (RFC 8032). A private key is a file of one line that only its owner can read.

use std::io::{Read as _, Write as _};
use std::path::Path;

use ring::rand::{SecureRandom as _, SystemRandom};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use secrecy::zeroize::Zeroizing;

use super::ApprovalError;
use crate::hex;
use crate::settings::KEY_PREFIX;

/// How the line of a private key begins.
const PRIVATE_PREFIX: &str = "ed25519-private:";
/// A key's file is one short line.
const LONGEST: u64 = 4096;

/// A private key.
pub struct PrivateKey(Ed25519KeyPair);

impl PrivateKey {
    /// Makes a pair, and keeps the private half in a new file.
    ///
    /// # Errors
    /// [`ApprovalError::Write`] when the file exists or cannot be made, [`ApprovalError::Key`] when the system gives no randomness.
    pub fn generate(file: &Path) -> Result<Self, ApprovalError> {
        let failed = |said: &str| ApprovalError::Key { file: file.to_owned(), said: said.to_owned() };
        let mut seed = Zeroizing::new([0_u8; 32]);
        SystemRandom::new().fill(&mut *seed).map_err(|_| failed("the system gives no random bytes"))?;
        let pair = Ed25519KeyPair::from_seed_unchecked(&*seed).map_err(|_| failed("no key comes of it"))?;
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let refused = |error: std::io::Error| ApprovalError::Write { file: file.to_owned(), said: error.to_string() };
        let mut out = options.open(file).map_err(refused)?;
        let line = Zeroizing::new(format!("{PRIVATE_PREFIX}{}\n", hex::text(&*seed)));
        out.write_all(line.as_bytes()).and_then(|()| out.sync_all()).map_err(refused)?;
        Ok(PrivateKey(pair))
    }

    /// Reads one.
    ///
    /// # Errors
    /// [`ApprovalError::Key`], also when others may read the file.
    pub fn read(file: &Path) -> Result<Self, ApprovalError> {
        let failed = |said: String| ApprovalError::Key { file: file.to_owned(), said };
        let open = std::fs::File::open(file).map_err(|error| failed(error.to_string()))?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = open.metadata().map_err(|error| failed(error.to_string()))?.permissions().mode();
            if mode & 0o077 != 0 {
                return Err(failed(format!("others may read it (its mode is {:o})", mode & 0o777)));
            }
        }
        let mut text = Zeroizing::new(String::new());
        open.take(LONGEST).read_to_string(&mut text).map_err(|error| failed(error.to_string()))?;
        let seed = text.trim().strip_prefix(PRIVATE_PREFIX).and_then(hex::parse::<32>).map(Zeroizing::new);
        let seed =
            seed.ok_or_else(|| failed(format!("it is no line of `{PRIVATE_PREFIX}` and 64 hexadecimal digits")))?;
        let pair = Ed25519KeyPair::from_seed_unchecked(&*seed).map_err(|_| failed("no key comes of it".to_owned()))?;
        Ok(PrivateKey(pair))
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(self.0.public_key().as_ref());
        bytes
    }

    /// The public half as the settings want it.
    #[must_use]
    pub fn public_line(&self) -> String {
        format!("{KEY_PREFIX}{}", hex::text(&self.public()))
    }

    pub(super) fn sign(&self, message: &[u8]) -> String {
        hex::text(self.0.sign(message).as_ref())
    }
}

/// Whether a signature is that of a key over a message.
pub(super) fn is_signed(key: &[u8; 32], message: &[u8], signature: &str) -> bool {
    hex::parse::<64>(signature)
        .is_some_and(|signature| UnparsedPublicKey::new(&ED25519, key).verify(message, &signature).is_ok())
}
