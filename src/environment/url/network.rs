//! What the URLs of PostgreSQL, MySQL and `prisma+postgres` share: the WHATWG form, and parameters in a query.

use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use secrecy::SecretString;
use secrecy::zeroize::Zeroize;
use url::Url;

use super::UrlError;
use crate::environment::host::Host;
use crate::environment::identity::{Endpoint, POOLER_PORTS, fingerprint};

/// A parsed URL whose memory is wiped when it is dropped.
pub(super) struct NetworkUrl {
    url: Url,
}

impl Drop for NetworkUrl {
    fn drop(&mut self) {
        let nothing = Url::parse("x:").expect("a scheme alone is a URL");
        String::from(std::mem::replace(&mut self.url, nothing)).zeroize();
    }
}

impl NetworkUrl {
    /// Reads it with the parser that Prisma's engine uses.
    pub(super) fn parse(text: &str) -> Result<Self, UrlError> {
        let url = Url::parse(text).map_err(explain)?;
        let url = NetworkUrl { url };
        if url.url.cannot_be_a_base() {
            return Err(UrlError::Malformed("`//` is missing after the scheme"));
        }
        // With `/`, `?` or `#` unencoded in the password, the true host ends up behind them, and what we would show as host
        // or database is a piece of the password.
        let behind_host = [Some(url.url.path()), url.url.query(), url.url.fragment()];
        if behind_host.into_iter().flatten().any(|part| part.contains('@')) {
            return Err(UrlError::UnencodedPassword);
        }
        if url.url.host_str().is_some_and(|host| host.contains(',')) {
            return Err(UrlError::ManyHosts);
        }
        Ok(url)
    }

    /// The host without brackets; `None` when the URL has none.
    pub(super) fn host(&self) -> Option<&str> {
        let host = self.url.host_str().filter(|host| !host.is_empty())?;
        Some(host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host))
    }

    pub(super) fn port(&self) -> Option<u16> {
        self.url.port()
    }

    pub(super) fn user(&self) -> Option<String> {
        Some(decoded(self.url.username())).filter(|user| !user.is_empty())
    }

    pub(super) fn password(&self) -> Option<SecretString> {
        self.url.password().map(|password| SecretString::from(decoded(password)))
    }

    /// First segment of the path: the database. `None` when the URL names none. And whether it was percent-encoded.
    pub(super) fn database(&self) -> Option<(String, bool)> {
        let written = self.url.path_segments()?.next().filter(|segment| !segment.is_empty())?;
        let name = decoded(written);
        let encoded = name != written;
        Some((name, encoded))
    }

    /// The last value of a parameter, decoded, as Prisma takes it. Parameters' names are case-sensitive.
    pub(super) fn parameter(&self, name: &str) -> Option<String> {
        self.url.query_pairs().filter(|(key, _)| key == name).last().map(|(_, value)| value.into_owned())
    }

    /// A number of seconds or the like.
    pub(super) fn number(&self, name: &'static str) -> Result<Option<u64>, UrlError> {
        let value = self.parameter(name).map(|value| value.parse());
        value.transpose().map_err(|_| UrlError::Parameter { name, expected: "a whole number" })
    }

    /// `true` or `false`.
    pub(super) fn flag(&self, name: &'static str) -> Result<Option<bool>, UrlError> {
        let value = self.parameter(name).map(|value| value.parse());
        value.transpose().map_err(|_| UrlError::Parameter { name, expected: "`true` or `false`" })
    }

    /// Prisma's `connect_timeout`: 5 seconds by default, 0 means none.
    pub(super) fn connect_timeout(&self) -> Result<Option<Duration>, UrlError> {
        let seconds = self.number("connect_timeout")?.unwrap_or(5);
        Ok((seconds != 0).then(|| Duration::from_secs(seconds)))
    }

    /// Prisma rejects the whole URL for one such value, although we have no use for it.
    pub(super) fn check_numbers(&self, names: &[&'static str]) -> Result<(), UrlError> {
        names.iter().try_for_each(|name| self.number(name).map(drop))
    }

    pub(super) fn path(&self, name: &str, base: &Path) -> Option<PathBuf> {
        self.parameter(name).map(|value| base.join(value))
    }

    pub(super) fn secret(&self, name: &str) -> Option<SecretString> {
        self.parameter(name).map(SecretString::from)
    }
}

/// A server, with its pooler looked through.
pub(super) fn endpoint(written: &str, port: Option<u16>, user: Option<&str>, pgbouncer: bool) -> Endpoint {
    let reached = match Host::parse(written) {
        Host::Socket(path) => Host::Socket(real_path(&path)),
        host => host,
    };
    let direct = reached.direct(user);
    let supabase = matches!(&direct, Host::Name(name) if name.ends_with(".supabase.co"));
    let pooled = pgbouncer || port.is_some_and(|port| POOLER_PORTS.contains(&port));
    Endpoint {
        written: decoded(written),
        // Supabase's transaction pooler leads to the database on 5432.
        port: port.map(|port| if supabase && port == 6543 { 5432 } else { port }),
        instance: None,
        pooled,
        tenant: user.filter(|_| direct.is_shared()).map(fingerprint),
        reached,
        direct,
    }
}

/// The absolute path with every symbolic link followed, dangling ones too: SQLite creates the file that such a link names.
/// What does not exist stays as written.
pub(super) fn real_path(path: &Path) -> PathBuf {
    /// As many as Linux follows.
    const LINKS: usize = 40;
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    follow(&absolute, &mut { LINKS })
}

fn follow(path: &Path, links_left: &mut usize) -> PathBuf {
    let mut real = PathBuf::new();
    for component in path.components() {
        match component {
            Component::Prefix(_) | Component::RootDir => real.push(component),
            Component::CurDir => {}
            Component::ParentDir => drop(real.pop()),
            Component::Normal(name) => {
                real.push(name);
                if let (true, Ok(target)) = (*links_left > 0, real.read_link()) {
                    *links_left -= 1;
                    real.pop();
                    real = follow(&real.join(target), links_left);
                }
            }
        }
    }
    real
}

/// Percent-decoded; as written when the result is not UTF-8, as Prisma does.
pub(super) fn decoded(text: &str) -> String {
    percent_encoding::percent_decode_str(text)
        .decode_utf8()
        .map_or_else(|_| text.to_owned(), std::borrow::Cow::into_owned)
}

/// The parser's reasons hold no text of the URL; ours say it in our words.
fn explain(error: url::ParseError) -> UrlError {
    use url::ParseError;
    match error {
        ParseError::InvalidPort => UrlError::Malformed(
            "after the host comes no port number; often a `:`, `/`, `?` or `#` in the password is not encoded",
        ),
        ParseError::EmptyHost => UrlError::Malformed("there is no host before the port or after the `@`"),
        ParseError::InvalidIpv6Address => UrlError::Malformed("the IPv6 address is not one"),
        ParseError::InvalidIpv4Address => UrlError::Malformed("the IPv4 address is not one"),
        ParseError::InvalidDomainCharacter | ParseError::IdnaError => {
            UrlError::Malformed("the host has a character that no host name has")
        }
        ParseError::RelativeUrlWithoutBase => UrlError::UnknownScheme,
        _ => UrlError::Malformed("it has not the form `scheme://user:password@host:port/database`"),
    }
}
