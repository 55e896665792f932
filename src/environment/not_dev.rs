//! Why a database is not taken for a developer's own.

use std::fmt;

use super::host::on_one_line;
use super::identity::Comparison;
use super::{EnvironmentKind, Marker};
use crate::error::Explain;
use crate::exit_code::ExitCode;
use crate::project::Provider;

/// Which of an environment's URLs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// The main one.
    Url,
    /// `directUrl`.
    Direct,
    /// The shadow database's.
    Shadow,
}

impl fmt::Display for Which {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Which::Url => "its URL",
            Which::Direct => "its `directUrl`",
            Which::Shadow => "its shadow database",
        })
    }
}

/// What speaks against it. Texts from outside are made printable where they are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// The settings do not say that it is dev.
    Kind {
        /// What they say.
        kind: EnvironmentKind,
        /// Where.
        origin: Option<String>,
    },
    /// It is, or may be, the database of another environment.
    OtherEnvironment {
        /// Which of the URLs.
        which: Which,
        /// Where that URL came from.
        origin: Option<String>,
        /// The other environment.
        name: String,
        /// Its kind.
        kind: EnvironmentKind,
        /// Where it was set.
        other_origin: Option<String>,
        /// Its URL, redacted.
        other: String,
        /// Same, or cannot tell and why.
        comparison: Comparison,
    },
    /// Another environment's URL is here and cannot be read.
    OtherUnreadable {
        /// The other environment.
        name: String,
        /// Where it was set.
        origin: Option<String>,
        /// What is wrong with it.
        problem: String,
    },
    /// The host is neither this machine nor listed.
    Host {
        /// Which of the URLs.
        which: Which,
        /// The host.
        host: String,
        /// It is a name that container tools give.
        container: bool,
        /// Where the list was set, if it was.
        dev_hosts_origin: Option<String>,
    },
    /// Prisma's cloud.
    PrismaCloud {
        /// Which of the URLs.
        which: Which,
    },
    /// A host on which many customers' databases answer.
    SharedHost {
        /// Which of the URLs.
        which: Which,
        /// The host.
        host: String,
    },
    /// The URL names no database.
    NoName {
        /// Which of the URLs.
        which: Which,
    },
    /// The database's name is percent-encoded in the URL.
    EncodedName {
        /// Which of the URLs.
        which: Which,
        /// The name, decoded.
        name: String,
    },
    /// A database that belongs to the server.
    SystemDatabase {
        /// Which of the URLs.
        which: Which,
        /// Its name.
        name: String,
        /// The provider.
        provider: Provider,
    },
    /// `directUrl` means another database than `url`.
    DirectElsewhere {
        /// The one, redacted.
        url: String,
        /// The other, redacted.
        direct: String,
    },
    /// The shadow database is, or may be, the database itself.
    ShadowIsTarget {
        /// Where the shadow's URL came from.
        origin: Option<String>,
    },
    /// The database says that it is something else.
    Marked(Marker),
    /// The database was asked and did not answer.
    Unanswered(String),
}

impl Reason {
    /// A word for scripts and tests; never changes.
    #[must_use]
    pub const fn slug(&self) -> &'static str {
        match self {
            Reason::Kind { .. } => "kind",
            Reason::OtherEnvironment { comparison: Comparison::Same, .. } => "same-database",
            Reason::OtherEnvironment { .. } => "maybe-same-database",
            Reason::OtherUnreadable { .. } => "other-unreadable",
            Reason::Host { .. } => "host",
            Reason::PrismaCloud { .. } => "prisma-cloud",
            Reason::SharedHost { .. } => "shared-host",
            Reason::NoName { .. } => "no-name",
            Reason::EncodedName { .. } => "encoded-name",
            Reason::SystemDatabase { .. } => "system-database",
            Reason::DirectElsewhere { .. } => "direct-elsewhere",
            Reason::ShadowIsTarget { .. } => "shadow-is-target",
            Reason::Marked(_) => "marked",
            Reason::Unanswered(_) => "unanswered",
        }
    }
}

/// A database that is not taken for a developer's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotDev {
    /// The environment.
    pub environment: String,
    /// The database that Migrate would use, redacted.
    pub database: String,
    /// What speaks against it.
    pub reason: Box<Reason>,
}

impl std::error::Error for NotDev {}

/// ` (set in X)` or nothing.
struct SetIn<'a>(&'a Option<String>);

impl fmt::Display for SetIn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(origin) => write!(f, " ({})", on_one_line(origin)),
            None => Ok(()),
        }
    }
}

impl fmt::Display for NotDev {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let environment = on_one_line(&self.environment);
        write!(
            f,
            "`{environment}` ({}) is not proven to be a developer's own database: ",
            on_one_line(&self.database)
        )?;
        self.reason.fmt(f)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::Kind { kind: EnvironmentKind::Unstated, .. } => f.write_str("the settings give it no kind"),
            Reason::Kind { kind, origin } => write!(f, "its kind is `{kind}`{}", SetIn(origin)),
            Reason::OtherEnvironment { which, origin, name, kind, other_origin, other, comparison } => {
                write!(f, "{which}{} ", SetIn(origin))?;
                match comparison {
                    Comparison::CannotTell(doubt) => write!(f, "may mean, because {}, ", doubt.because())?,
                    Comparison::Same | Comparison::Different => f.write_str("means ")?,
                }
                let kind = if *kind == EnvironmentKind::Unstated {
                    "no kind stated".to_owned()
                } else {
                    format!("kind {kind}")
                };
                let (name, other) = (on_one_line(name), on_one_line(other));
                write!(f, "the database of `{name}`, {kind}{}: {other}", SetIn(other_origin))
            }
            Reason::OtherUnreadable { name, origin, problem } => {
                let (name, problem) = (on_one_line(name), on_one_line(problem));
                write!(f, "it cannot be compared with `{name}`{}, whose URL cannot be read: {problem}", SetIn(origin))
            }
            Reason::Host { which, host, dev_hosts_origin, .. } => {
                let list = match dev_hosts_origin {
                    Some(origin) => format!("listed in `dev-hosts` ({})", on_one_line(origin)),
                    None => "listed in `dev-hosts`".to_owned(),
                };
                write!(f, "{which} leads to `{}`, which is neither this machine nor {list}", on_one_line(host))
            }
            Reason::PrismaCloud { which } => {
                write!(f, "{which} leads to Prisma's cloud, where the key and not the host picks the database")
            }
            Reason::SharedHost { which, host } => {
                let host = on_one_line(host);
                write!(f, "{which} leads to `{host}`, where many databases answer and only the user tells them apart")
            }
            Reason::NoName { which } => write!(f, "{which} names no database"),
            Reason::EncodedName { which, name } => {
                let name = on_one_line(name);
                write!(
                    f,
                    "{which} writes the database's name `{name}` percent-encoded, which not all versions of Prisma decode"
                )
            }
            Reason::SystemDatabase { which, name, provider } => {
                let provider = provider.display_name();
                write!(f, "{which} means `{}`, which belongs to {provider} itself", on_one_line(name))
            }
            Reason::DirectElsewhere { url, direct } => {
                write!(f, "`url` and `directUrl` mean two databases: {} and {}", on_one_line(url), on_one_line(direct))
            }
            Reason::ShadowIsTarget { origin } => {
                write!(f, "its shadow database{} is, or may be, the database itself", SetIn(origin))
            }
            Reason::Marked(marker) => {
                write!(f, "it carries the mark of `{}`", on_one_line(&marker.environment))?;
                match marker.kind {
                    Some(kind) => write!(f, ", kind {kind}"),
                    None => f.write_str(", of no kind that this version knows"),
                }
            }
            Reason::Unanswered(problem) => {
                write!(f, "it did not say what it is: {}", on_one_line(problem))
            }
        }
    }
}

impl Explain for NotDev {
    fn exit_code(&self) -> ExitCode {
        ExitCode::Refused
    }

    fn why(&self) -> Option<String> {
        let why = match &*self.reason {
            Reason::Kind { .. } | Reason::OtherEnvironment { comparison: Comparison::Same, .. } | Reason::Marked(_) => {
                "what stands in it belongs to others and would be lost; nothing was changed"
            }
            Reason::OtherEnvironment { .. } | Reason::OtherUnreadable { .. } => {
                "what is unknown is never safe: it may be the database that others live on; nothing was changed"
            }
            Reason::Host { .. } | Reason::PrismaCloud { .. } | Reason::SharedHost { .. } => {
                "only a database on your own machine, or on a host that the team listed, is taken for one of your own; nothing was changed"
            }
            Reason::NoName { .. } | Reason::EncodedName { .. } => {
                "the database that was checked must be the one that Prisma empties; nothing was changed"
            }
            Reason::SystemDatabase { .. } => "the server, and every database on it, depends on it; nothing was changed",
            Reason::DirectElsewhere { .. } => {
                "Migrate empties the one while the application uses the other; nothing was changed"
            }
            Reason::ShadowIsTarget { .. } => "Prisma empties the shadow database without asking; nothing was changed",
            Reason::Unanswered(_) => {
                "a tunnel to production looks like a local database until it is asked; nothing was changed"
            }
        };
        Some(why.to_owned())
    }

    fn hints(&self) -> Vec<String> {
        let environment = on_one_line(&self.environment);
        let listed = "if it is really yours, add the host to `dev-hosts` in prisma-safe.toml; that change is reviewed like any other";
        let hint = match &*self.reason {
            Reason::Kind { kind: EnvironmentKind::Unstated, .. } => {
                format!("if it is a developer's own, set `kind = \"dev\"` under `[env.{environment}]` in prisma-safe.toml")
            }
            Reason::Kind { .. } => "to undo a migration here: `cargo prisma-safe resolve`, then a corrective migration".to_owned(),
            Reason::OtherEnvironment { which: Which::Shadow, .. } | Reason::ShadowIsTarget { .. } => {
                "give the shadow database a database of its own, or remove its URL: Prisma then makes one for each run".to_owned()
            }
            Reason::OtherEnvironment { name, .. } => format!(
                "see which URL comes from where: `cargo prisma-safe env show {environment}` and `cargo prisma-safe env show {}`",
                on_one_line(name)
            ),
            Reason::OtherUnreadable { name, .. } => {
                format!("correct the URL of `{0}`: `cargo prisma-safe env show {0}` says where it comes from", on_one_line(name))
            }
            Reason::Host { container: true, host, .. } => {
                format!("if your containers run it, add \"{}\" to `dev-hosts` in prisma-safe.toml", on_one_line(host))
            }
            Reason::Host { .. } => listed.to_owned(),
            Reason::PrismaCloud { .. } => {
                "for a database of your own run `prisma dev` and use the URL that it prints".to_owned()
            }
            Reason::SharedHost { .. } => {
                "use the direct URL, whose host belongs to the one database; then that host can be listed in `dev-hosts`".to_owned()
            }
            Reason::NoName { .. } => "add the database's name to the URL, behind the host: `…:5432/name`".to_owned(),
            Reason::EncodedName { .. } => "name the database with letters, digits and `_` only".to_owned(),
            Reason::SystemDatabase { .. } => "make a database for the application, and name it in the URL".to_owned(),
            Reason::DirectElsewhere { .. } => {
                format!("let both mean one database: `cargo prisma-safe env show {environment}` says where each comes from")
            }
            Reason::Marked(_) => {
                return vec![
                    format!("see where the URL comes from: `cargo prisma-safe env show {environment}`"),
                    format!(
                        "a mark travels with dumps: if this is your own copy, say so with `cargo prisma-safe env mark {environment}`"
                    ),
                ];
            }
            Reason::Unanswered(_) => {
                format!("start the database, then check: `cargo prisma-safe env show {environment}`")
            }
        };
        vec![hint]
    }
}
