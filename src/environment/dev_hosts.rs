//! The list `dev-hosts` of the settings: hosts beside this machine on which a developer's own database may live.

use super::host::Host;
use super::identity::DatabaseIdentity;
use super::url::UrlError;

/// Top-level names that never leave a local network or machine (RFC 2606, 6761, 6762, 8375, and what routers use), so that a
/// pattern below them cannot reach a server of somebody else's. `.internal` is not here: clouds run production under it.
const LOCAL_SUFFIXES: [&str; 6] = ["local", "localhost", "localdomain", "test", "lan", "home.arpa"];

/// Hosts that the settings allow for dev databases.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DevHosts {
    hosts: Vec<Host>,
    suffixes: Vec<String>,
    origin: Option<String>,
}

impl DevHosts {
    /// Reads the list. Each entry is one host in full, or `*.` and a name that never leaves a local network. `origin` is
    /// where the list was set, as a reader should see it (`prisma-safe.toml:9`).
    ///
    /// # Errors
    /// [`UrlError::DevHost`] with the first entry that is neither.
    pub fn parse<S: AsRef<str>>(entries: &[S], origin: Option<String>) -> Result<Self, UrlError> {
        let mut list = DevHosts { origin, ..DevHosts::default() };
        for entry in entries {
            let entry = entry.as_ref().trim();
            let refused = || UrlError::DevHost(entry.to_owned());
            if let Some(suffix) = entry.strip_prefix("*.") {
                let suffix = suffix.trim_end_matches('.').to_ascii_lowercase();
                let is_local = LOCAL_SUFFIXES
                    .iter()
                    .any(|local| suffix.strip_suffix(local).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')));
                if !is_local || suffix.contains(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-'))) {
                    return Err(refused());
                }
                list.suffixes.push(format!(".{suffix}"));
                continue;
            }
            let is_ipv6 = entry.trim_matches(['[', ']']).parse::<std::net::Ipv6Addr>().is_ok();
            let foreign = |c: char| {
                matches!(c, '*' | '?' | '/' | '@' | ',' | ';' | '\\' | '%' | '[' | ']' | ':')
                    || c.is_whitespace()
                    || c.is_control()
            };
            if entry.is_empty() || (!is_ipv6 && entry.contains(foreign)) {
                return Err(refused());
            }
            list.hosts.push(Host::parse(entry).direct(None));
        }
        Ok(list)
    }

    /// Where the list was set.
    #[must_use]
    pub fn origin(&self) -> Option<&str> {
        self.origin.as_deref()
    }

    /// Whether it names the host of this database. A host on which many customers' databases answer is never meant by it.
    pub(super) fn name(&self, identity: &DatabaseIdentity) -> bool {
        let Some(host) = identity.host().filter(|host| !host.is_shared()) else { return false };
        self.hosts.contains(host)
            || matches!(host, Host::Name(name) if self.suffixes.iter().any(|suffix| name.ends_with(suffix)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_hosts_and_local_patterns_only() {
        for good in ["devbox.lan", "DB", "10.0.0.7", "[fd00::7]", "fd00::7", "*.local", "*.team.test", "*.home.arpa"] {
            assert!(DevHosts::parse(&[good], None).is_ok(), "{good}");
        }
        for bad in [
            "",
            " ",
            "*",
            "*.*",
            "*.",
            "*.com",
            "*.example.com",
            "*.internal",
            "*.notlocal",
            "db*",
            "*db.local",
            "db:5432",
            "postgres://db",
            "a@b",
            "a,b",
            "a b",
            "*.a@b.local",
            "%2a",
        ] {
            assert_eq!(DevHosts::parse(&[bad], None).unwrap_err(), UrlError::DevHost(bad.trim().to_owned()), "{bad}");
        }
    }
}
