//! Where things are in the file, and what they are called.

use std::borrow::Cow;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Range;

/// A byte range of the file, counted from its first byte (a byte order mark counts).
///
/// `u32`: a file is at most 4 GiB, see [`crate::sql::ReadError::TooLarge`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// A span; `end` is never below `start`.
    #[must_use]
    pub const fn new(start: u32, end: u32) -> Self {
        Span { start, end: if end < start { start } else { end } }
    }

    /// For slicing the file.
    #[must_use]
    pub const fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    /// Length in bytes.
    #[must_use]
    pub const fn len(self) -> usize {
        (self.end - self.start) as usize
    }

    /// Nothing between start and end.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// Whether `other` lies wholly inside.
    #[must_use]
    pub const fn contains(self, other: Span) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// The smallest span around both. An empty default span adds nothing.
    #[must_use]
    pub fn to(self, other: Span) -> Span {
        match (self == Span::default(), other == Span::default()) {
            (true, _) => other,
            (_, true) => self,
            _ => Span::new(self.start.min(other.start), self.end.max(other.end)),
        }
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.start, self.end)
    }
}

/// One identifier as the database will see it.
///
/// Two identifiers are equal when the database takes them for the same name: where it is written (`span`) and whether it was
/// quoted do not count. PostgreSQL folds unquoted names to lower case and compares exactly, MySQL compares table names
/// exactly (its default on Linux) and column names without case, SQLite and SQL Server compare without (ASCII) case.
#[derive(Clone)]
pub struct Ident {
    /// The name without quotes; for PostgreSQL already folded to lower case when it was not quoted.
    pub value: String,
    /// It stood in quotes, back-ticks or brackets.
    pub quoted: bool,
    /// Upper and lower case are different names.
    pub case_sensitive: bool,
    /// Where it is written, quotes included. Findings underline exactly this.
    pub span: Span,
}

impl Ident {
    /// The form to compare and to hash by.
    #[must_use]
    pub fn key(&self) -> Cow<'_, str> {
        if self.case_sensitive || !self.value.bytes().any(|b| b.is_ascii_uppercase()) {
            Cow::Borrowed(&self.value)
        } else {
            Cow::Owned(self.value.to_ascii_lowercase())
        }
    }

    /// Whether it is called so, by the database's own way of comparing.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        if self.case_sensitive { self.value == name } else { self.value.eq_ignore_ascii_case(name) }
    }
}

impl PartialEq for Ident {
    fn eq(&self, other: &Self) -> bool {
        if self.case_sensitive && other.case_sensitive {
            self.value == other.value
        } else {
            self.value.eq_ignore_ascii_case(&other.value)
        }
    }
}

impl Eq for Ident {}

impl Hash for Ident {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

impl fmt::Display for Ident {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.value)
    }
}

impl fmt::Debug for Ident {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}@{:?}", self.value, self.span)
    }
}

/// The name of a table, type, index or other object with up to three parts.
///
/// Equal names are the same object as far as the text tells: the default schema (`public`, `dbo`, `main`) counts as not
/// written. A name without schema and one in another schema are different: better one finding too many than one too few.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Name {
    /// Database or server part of a three-part name.
    pub catalog: Option<Ident>,
    /// Schema (MySQL: database). `None` when not written **or** when it is the provider's default one.
    pub schema: Option<Ident>,
    /// The object itself.
    pub object: Ident,
    /// The default schema was written out (`public.users`); only for printing, equality does not look at it.
    pub default_schema: DefaultSchema,
}

/// Remembers a default schema that was written, without taking part in comparisons.
#[derive(Clone, Debug, Default)]
pub struct DefaultSchema(pub Option<Ident>);

impl PartialEq for DefaultSchema {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for DefaultSchema {}

impl Hash for DefaultSchema {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

impl Name {
    /// A name of one part.
    #[must_use]
    pub fn bare(object: Ident) -> Self {
        Name { catalog: None, schema: None, object, default_schema: DefaultSchema::default() }
    }

    /// From the first written part to the last one, quotes included.
    #[must_use]
    pub fn span(&self) -> Span {
        let mut span = self.object.span;
        for part in [&self.catalog, &self.schema, &self.default_schema.0].into_iter().flatten() {
            span = span.to(part.span);
        }
        span
    }

    /// A schema was written, the default one or another.
    #[must_use]
    pub fn is_qualified(&self) -> bool {
        self.schema.is_some() || self.default_schema.0.is_some()
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(catalog) = &self.catalog {
            write!(f, "{catalog}.")?;
        }
        if let Some(schema) = &self.schema {
            write!(f, "{schema}.")?;
        }
        write!(f, "{}", self.object)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{self}`@{:?}", self.span())
    }
}
