//! What a host in a URL means: the many spellings of this machine, of an address and of a name, brought to one.
//!
//! To teach it one more hosting company's pooler: a function beside `direct_host`'s two, and a row in its test.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

/// Where a server listens, after all spellings are brought to one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Host {
    /// This machine over TCP: `localhost`, `127.0.0.0/8`, `::1`, `0.0.0.0` (which Linux connects to loopback), and their spellings.
    Loopback,
    /// This machine over a unix socket: PostgreSQL's directory, or MySQL's socket file.
    Socket(PathBuf),
    /// A name that container tools give to a database or to the machine they run on; it may be this machine.
    Container(String),
    /// An address that is not loopback.
    Address(IpAddr),
    /// A name: lower case, no trailing dot, in its ASCII form.
    Name(String),
}

/// Names of the machine that containers run on, and what compose files usually call a database.
const CONTAINER_NAMES: [&str; 16] = [
    "host.docker.internal",
    "gateway.docker.internal",
    "kubernetes.docker.internal",
    "docker.for.mac.localhost",
    "docker.for.mac.host.internal",
    "docker.for.win.localhost",
    "host.containers.internal",
    "host.lima.internal",
    "db",
    "database",
    "postgres",
    "postgresql",
    "mysql",
    "mariadb",
    "mssql",
    "sqlserver",
];

const LOOPBACK_NAMES: [&str; 9] = [
    "localhost",
    "localhost.localdomain",
    "localhost4",
    "localhost4.localdomain4",
    "localhost6",
    "localhost6.localdomain6",
    "ip6-localhost",
    "ip6-loopback",
    "loopback",
];

impl Host {
    /// Reads a host as written in a URL, a query value or a settings file. Percent-encoding, upper case, trailing dots, a
    /// zone, full-width letters, and IPv4 in its short, hexadecimal, octal and decimal forms (as the C library and WHATWG
    /// URLs read them) all end in the same value.
    #[must_use]
    pub fn parse(written: &str) -> Self {
        let decoded = percent_encoding::percent_decode_str(written.trim()).decode_utf8_lossy();
        if decoded.starts_with('/') {
            return Host::Socket(PathBuf::from(decoded.into_owned()));
        }
        let bare = decoded.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(&decoded);
        let without_zone = bare.split('%').next().unwrap_or(bare);
        if let Ok(address) = without_zone.parse::<std::net::Ipv6Addr>() {
            return Self::from_address(IpAddr::V6(address));
        }
        let without_dots = bare.trim_end_matches(['.', '\u{3002}', '\u{ff0e}', '\u{ff61}']);
        // The domain parser of the `url` crate is the WHATWG one: IDNA, IPv4 in all its spellings.
        match url::Host::parse(without_dots) {
            Ok(url::Host::Ipv4(address)) => Self::from_address(IpAddr::V4(address)),
            Ok(url::Host::Ipv6(address)) => Self::from_address(IpAddr::V6(address)),
            Ok(url::Host::Domain(name)) => Self::from_name(name.trim_end_matches('.').to_ascii_lowercase()),
            Err(_) => Self::from_name(without_dots.to_lowercase()),
        }
    }

    fn from_address(address: IpAddr) -> Self {
        let address = address.to_canonical();
        let is_this_machine = match address {
            IpAddr::V4(v4) => v4.is_loopback() || v4 == Ipv4Addr::UNSPECIFIED,
            IpAddr::V6(v6) => v6.is_loopback() || v6.is_unspecified(),
        };
        if is_this_machine { Host::Loopback } else { Host::Address(address) }
    }

    fn from_name(name: String) -> Self {
        if CONTAINER_NAMES.contains(&name.as_str()) {
            Host::Container(name)
        } else if LOOPBACK_NAMES.contains(&name.as_str()) || name.ends_with(".localhost") {
            Host::Loopback
        } else {
            Host::Name(name)
        }
    }

    /// Whether it is this machine without doubt (a tunnel may still stand behind it).
    #[must_use]
    pub fn is_this_machine(&self) -> bool {
        matches!(self, Host::Loopback | Host::Socket(_))
    }

    /// The host behind a connection pooler whose naming is known: Neon's `ep-x-pooler.…` is `ep-x.…`, and Supabase's
    /// shared pooler names the project in the user (`postgres.<ref>`), whose own host is `db.<ref>.supabase.co`.
    #[must_use]
    pub fn direct(&self, user: Option<&str>) -> Self {
        let Host::Name(name) = self else { return self.clone() };
        Host::Name(neon_direct(name).or_else(|| supabase_direct(name, user?)).unwrap_or_else(|| name.clone()))
    }

    /// Whether many customers' databases answer on this host, told apart by the user or a key: the host then proves nothing.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        let Host::Name(name) = self else { return false };
        ["db.prisma.io", "accelerate.prisma-data.net", "pooler.supabase.com"].contains(&name.as_str())
            || [".prisma-data.net", ".pooler.supabase.com", ".psdb.cloud", ".tidbcloud.com", ".cockroachlabs.cloud"]
                .iter()
                .any(|suffix| name.ends_with(suffix))
    }
}

fn neon_direct(name: &str) -> Option<String> {
    let (first, rest) = name.split_once('.')?;
    Some(format!("{}.{rest}", first.strip_suffix("-pooler")?))
}

fn supabase_direct(name: &str, user: &str) -> Option<String> {
    if !name.ends_with(".pooler.supabase.com") {
        return None;
    }
    let (_, reference) = user.rsplit_once('.')?;
    let plain = !reference.is_empty() && reference.bytes().all(|byte| byte.is_ascii_alphanumeric());
    plain.then(|| format!("db.{}.supabase.co", reference.to_ascii_lowercase()))
}

/// Text from outside, safe to print inside a line: a name with a line end in it cannot forge a line of ours.
pub(super) fn on_one_line(text: &str) -> String {
    crate::shell::printable(text).replace('\n', "\\n").replace('\t', "\\t")
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Host::Loopback => f.write_str("localhost"),
            Host::Socket(path) => f.write_str(&on_one_line(&path.to_string_lossy())),
            Host::Container(name) | Host::Name(name) => f.write_str(&on_one_line(name)),
            Host::Address(IpAddr::V6(address)) => write!(f, "[{address}]"),
            Host::Address(IpAddr::V4(address)) => address.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_this_machine_is_loopback() {
        for written in [
            "localhost",
            "LOCALHOST",
            "LocalHost.",
            "localhost..",
            "%6cocalhost",
            "l%6Fcalhost%2E",
            "app.localhost",
            "localhost.localdomain",
            "ip6-localhost",
            "127.0.0.1",
            "127.0.0.1.",
            "127.1",
            "127.0.1",
            "127.255.255.254",
            "0x7f.1",
            "0x7f000001",
            "0X7F.0.0.1",
            "2130706433",
            "0177.0.0.1",
            "017700000001",
            "%31%32%37.0.0.1",
            "0.0.0.0",
            "0",
            "::1",
            "[::1]",
            "[0:0:0:0:0:0:0:1]",
            "[::]",
            "[::ffff:127.0.0.1]",
            "::ffff:7f00:1",
            "::1%lo",
            "\u{ff4c}ocalhost",
            "\u{ff11}27.0.0.1",
        ] {
            assert_eq!(Host::parse(written), Host::Loopback, "{written}");
        }
    }

    #[test]
    fn other_places_stay_what_they_are() {
        let name = |text: &str| Host::Name(text.to_owned());
        for (written, host) in [
            ("Prod.Example.COM.", name("prod.example.com")),
            ("prod%2Eexample.com", name("prod.example.com")),
            ("localhost.example.com", name("localhost.example.com")),
            ("notlocalhost", name("notlocalhost")),
            ("b\u{fc}cher.example", name("xn--bcher-kva.example")),
            ("128.0.0.1", Host::Address("128.0.0.1".parse().unwrap())),
            ("0x0a000005", Host::Address("10.0.0.5".parse().unwrap())),
            ("[::ffff:10.0.0.5]", Host::Address("10.0.0.5".parse().unwrap())),
            ("fe80::1%eth0", Host::Address("fe80::1".parse().unwrap())),
            ("/var/run/postgresql", Host::Socket("/var/run/postgresql".into())),
            ("%2Fvar%2Frun", Host::Socket("/var/run".into())),
            ("DB", Host::Container("db".into())),
            ("host.docker.internal.", Host::Container("host.docker.internal".into())),
        ] {
            assert_eq!(Host::parse(written), host, "{written}");
        }
    }

    #[test]
    fn poolers_lead_to_the_direct_host() {
        let direct = |host: &str, user| Host::parse(host).direct(user).to_string();
        assert_eq!(direct("ep-a-1-pooler.eu.aws.neon.tech", None), "ep-a-1.eu.aws.neon.tech");
        assert_eq!(direct("aws-0-eu.pooler.supabase.com", Some("postgres.abCd")), "db.abcd.supabase.co");
        assert_eq!(direct("aws-0-eu.pooler.supabase.com", Some("postgres")), "aws-0-eu.pooler.supabase.com");
        assert_eq!(direct("aws-0-eu.pooler.supabase.com", None), "aws-0-eu.pooler.supabase.com");
        assert_eq!(direct("db.example.com", Some("a.b")), "db.example.com");
        assert_eq!(direct("localhost", None), "localhost");
    }
}
