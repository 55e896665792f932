//! `prisma+postgres://…?api_key=…`.
//!
//! In the cloud the host is a front door and the key picks the database; Prisma's engine even ignores the host and asks its own
//! service. The local server of `prisma dev` has the same form, and its key is Base64 of a small JSON text with the URL of
//! a plain PostgreSQL on this machine (`databaseUrl`). So a host `localhost` proves nothing: only a key that can be read does.

use std::path::Path;

use secrecy::zeroize::Zeroizing;

use super::network::NetworkUrl;
use super::{Parsed, UrlError, postgres};
use crate::environment::host::Host;
use crate::environment::identity::{DatabaseIdentity, Place, fingerprint};
use crate::project::Provider;

pub(super) fn parse(text: &str, base: &Path) -> Result<Parsed, UrlError> {
    let url = NetworkUrl::parse(text)?;
    let host = url.host().ok_or(UrlError::Malformed("there is no host"))?;
    let key = Zeroizing::new(url.parameter("api_key").filter(|key| !key.is_empty()).ok_or(UrlError::NoApiKey)?);
    if Host::parse(host) == Host::Loopback
        && let Some(inner) = database_url(&key)
    {
        let mut parsed = postgres::parse(&inner, base)?;
        parsed.identity.prisma_dev = true;
        return Ok(parsed);
    }
    let identity = DatabaseIdentity {
        provider: Provider::Postgresql,
        place: Place::Managed { host: host.to_owned(), key: fingerprint(&key) },
        database: String::new(),
        unnamed: true,
        encoded_name: false,
        schema: None,
        prisma_dev: false,
    };
    Ok(Parsed { identity, driver: None })
}

/// The PostgreSQL URL in a key of `prisma dev`.
fn database_url(key: &str) -> Option<Zeroizing<String>> {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Key {
        database_url: String,
    }
    let json = Zeroizing::new(base64(key)?);
    let Key { database_url } = serde_json::from_slice(&json).ok()?;
    let scheme = database_url.split("://").next()?;
    matches!(scheme, "postgres" | "postgresql").then(|| Zeroizing::new(database_url))
}

/// Base64 in either alphabet, padded or not.
fn base64(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    let (mut bits, mut held) = (0_u32, 0_u32);
    for byte in text.trim_end_matches('=').bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        bits = (bits << 6 | u32::from(value)) & 0xffff;
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held) as u8);
        }
    }
    Some(bytes)
}
