//! How a schema or a Prisma config names a URL.

use secrecy::SecretString;

/// What stands where a URL is due.
#[derive(Debug, Clone)]
pub enum UrlReference {
    /// `env("NAME")`, `process.env.NAME`.
    Variable(String),
    /// The URL itself.
    Literal(SecretString),
    /// Something that only running the code could tell.
    Unreadable,
}

impl UrlReference {
    /// The variable's name.
    #[must_use]
    pub fn variable(&self) -> Option<&str> {
        match self {
            UrlReference::Variable(name) => Some(name),
            UrlReference::Literal(_) | UrlReference::Unreadable => None,
        }
    }
}
