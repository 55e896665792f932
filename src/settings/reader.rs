//! Reads tables of a settings file key by key, so that every value knows its line and every key that nobody asked for is an
//! error that names the nearest one that exists.
//!
//! A section asks for each key it knows and then calls [`Table::finish`]: the keys it asked for *are* the keys that exist, there
//! is no second list to keep in step. Problems are collected, so that one run shows all of them.

use std::cell::RefCell;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::duration::{DURATION_HELP, parse_duration};
use super::origin::{Origin, Sourced};
use super::problem::{Place, Problem, looks_like_url};
use super::size::{SIZE_HELP, parse_size};

/// Where a document comes from, for the origin of its values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DocumentKind {
    SettingsFile,
    CargoManifest,
}

/// One parsed file and what is wrong in it.
pub(super) struct Document<'t> {
    text: &'t str,
    shown: PathBuf,
    kind: DocumentKind,
    problems: RefCell<Vec<Problem>>,
}

impl<'t> Document<'t> {
    pub fn new(text: &'t str, shown: &Path, kind: DocumentKind) -> Self {
        Document { text, shown: shown.to_owned(), kind, problems: RefCell::default() }
    }

    pub fn complain(&self, span: Range<usize>, message: String, help: Option<String>) {
        let problem = Problem::new(&self.shown, self.text, span, message, help);
        self.problems.borrow_mut().push(problem);
    }

    pub fn into_problems(self) -> Vec<Problem> {
        let mut problems = self.problems.into_inner();
        problems.sort_by_key(|problem| (problem.line, problem.column));
        problems
    }

    /// Parses the text; the syntax errors become problems.
    pub fn parse(&self) -> Option<DeTable<'t>> {
        match DeTable::parse(self.text) {
            Ok(table) => Some(table.into_inner()),
            Err(error) => {
                let span = error.span().unwrap_or(0..0);
                let message = error.message().lines().collect::<Vec<_>>().join(", ");
                self.complain(span, format!("this is not TOML: {message}"), None);
                None
            }
        }
    }

    fn origin(&self, span: &Range<usize>, dotted: &str) -> Origin {
        match self.kind {
            DocumentKind::SettingsFile => {
                Origin::File { path: self.shown.clone(), line: Place::of(self.text, span).line }
            }
            DocumentKind::CargoManifest => {
                Origin::CargoMetadata { manifest: self.shown.clone(), key: dotted.to_owned() }
            }
        }
    }
}

/// A table being read.
pub(super) struct Table<'d, 't> {
    document: &'d Document<'t>,
    table: &'d DeTable<'t>,
    path: String,
    span: Range<usize>,
    asked: Vec<&'static str>,
}

impl<'d, 't> Table<'d, 't> {
    pub fn new(document: &'d Document<'t>, table: &'d DeTable<'t>, path: &str) -> Self {
        Table { document, table, path: path.to_owned(), span: 0..0, asked: Vec::new() }
    }

    /// Complains about the table as a whole.
    pub fn complain(&self, message: String, help: Option<String>) {
        self.document.complain(self.span.clone(), message, help);
    }

    /// Complains about the value of a key, or about the table when the key is not there.
    pub fn complain_at(&self, key: &str, message: String, help: Option<String>) {
        let span = self.table.get(key).map_or(self.span.clone(), Spanned::span);
        self.document.complain(span, message, help);
    }

    /// `[env.dev]`, as the file names it; the whole file has no name.
    pub fn heading(&self) -> String {
        if self.path.is_empty() { "the settings".to_owned() } else { format!("[{}]", self.path) }
    }

    fn dotted(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    fn get(&mut self, key: &'static str) -> Option<&'d Spanned<DeValue<'t>>> {
        self.asked.push(key);
        self.table.get(key)
    }

    fn wrong_type(&self, value: &Spanned<DeValue<'t>>, key: &str, wanted: &str) {
        let found = value.get_ref().type_str();
        self.document.complain(value.span(), format!("`{key}` must be {wanted}, not {found}"), None);
    }

    fn sourced<T>(&self, key: &str, span: &Range<usize>, value: T) -> Sourced<T> {
        Sourced { value, origin: self.document.origin(span, &self.dotted(key)) }
    }

    fn text_of(&self, key: &str, value: &Spanned<DeValue<'t>>, wanted: &str) -> Option<String> {
        let Some(text) = value.get_ref().as_str() else {
            self.wrong_type(value, key, wanted);
            return None;
        };
        if looks_like_url(text) {
            self.document.complain(
                value.span(),
                format!("`{key}` holds a URL"),
                Some("URLs are never written in the settings: name a variable (`url-env`), a file (`url-file`) or a command (`url-command`)".to_owned()),
            );
            return None;
        }
        if text.trim().is_empty() {
            self.document.complain(value.span(), format!("`{key}` is empty"), None);
            return None;
        }
        Some(text.to_owned())
    }

    /// A text that is not empty and no URL.
    pub fn string(&mut self, key: &'static str) -> Option<Sourced<String>> {
        let value = self.get(key)?;
        let text = self.text_of(key, value, "a string")?;
        Some(self.sourced(key, &value.span(), text))
    }

    /// A list of texts.
    pub fn strings(&mut self, key: &'static str) -> Option<Sourced<Vec<String>>> {
        let value = self.get(key)?;
        let Some(array) = value.get_ref().as_array() else {
            self.wrong_type(value, key, "a list of strings");
            return None;
        };
        let texts = array.iter().filter_map(|item| self.text_of(key, item, "a list of strings")).collect();
        Some(self.sourced(key, &value.span(), texts))
    }

    /// A switch.
    pub fn boolean(&mut self, key: &'static str) -> Option<Sourced<bool>> {
        let value = self.get(key)?;
        let Some(on) = value.get_ref().as_bool() else {
            self.wrong_type(value, key, "`true` or `false`");
            return None;
        };
        Some(self.sourced(key, &value.span(), on))
    }

    /// A whole number from `lowest` up.
    pub fn number(&mut self, key: &'static str, lowest: u64) -> Option<Sourced<u64>> {
        let value = self.get(key)?;
        let Some(integer) = value.get_ref().as_integer() else {
            self.wrong_type(value, key, "a whole number");
            return None;
        };
        match u64::from_str_radix(integer.as_str(), integer.radix()) {
            Ok(number) if number >= lowest => Some(self.sourced(key, &value.span(), number)),
            _ => {
                self.document.complain(value.span(), format!("`{key}` must be a whole number from {lowest} up"), None);
                None
            }
        }
    }

    /// A span of time.
    pub fn duration(&mut self, key: &'static str) -> Option<Sourced<Duration>> {
        let value = self.get(key)?;
        let text = self.text_of(key, value, "a span of time such as \"2s\" or \"24h\"")?;
        match parse_duration(&text) {
            Ok(duration) => Some(self.sourced(key, &value.span(), duration)),
            Err(error) => {
                self.document.complain(value.span(), error.to_string(), Some(DURATION_HELP.to_owned()));
                None
            }
        }
    }

    /// A size, in bytes.
    pub fn size(&mut self, key: &'static str) -> Option<Sourced<u64>> {
        let value = self.get(key)?;
        let text = self.text_of(key, value, "a size such as \"500MB\"")?;
        match parse_size(&text) {
            Some(bytes) => Some(self.sourced(key, &value.span(), bytes)),
            None => {
                self.document.complain(value.span(), format!("`{text}` is not a size"), Some(SIZE_HELP.to_owned()));
                None
            }
        }
    }

    /// One word of a list.
    pub fn word<T: Copy>(&mut self, key: &'static str, words: &[(&str, T)]) -> Option<Sourced<T>> {
        let value = self.get(key)?;
        let text = self.text_of(key, value, "a string")?;
        let found = self.word_of(value, key, &text, words)?;
        Some(self.sourced(key, &value.span(), found))
    }

    fn word_of<T: Copy>(&self, value: &Spanned<DeValue<'t>>, key: &str, text: &str, words: &[(&str, T)]) -> Option<T> {
        if let Some((_, found)) = words.iter().find(|(word, _)| *word == text) {
            return Some(*found);
        }
        let list = words.iter().map(|(word, _)| format!("`{word}`")).collect::<Vec<_>>().join(", ");
        let help = match nearest(text, words.iter().map(|(word, _)| *word)) {
            Some(word) => format!("did you mean `{word}`? one of {list}"),
            None => format!("one of {list}"),
        };
        self.document.complain(value.span(), format!("`{key}` cannot be `{text}`"), Some(help));
        None
    }

    /// A table inside this one.
    pub fn table(&mut self, key: &'static str) -> Option<Table<'d, 't>> {
        let value = self.get(key)?;
        self.as_table(key, value)
    }

    fn as_table(&self, key: &str, value: &'d Spanned<DeValue<'t>>) -> Option<Table<'d, 't>> {
        let Some(table) = value.get_ref().as_table() else {
            self.wrong_type(value, key, "a table");
            return None;
        };
        Some(Table { document: self.document, table, path: self.dotted(key), span: value.span(), asked: Vec::new() })
    }

    /// Every key of a table whose keys are names given by the user: the name with its origin and where it is, in the order of
    /// the file.
    pub fn names(&self) -> Vec<(Sourced<String>, Range<usize>)> {
        let mut names: Vec<_> = self
            .table
            .keys()
            .map(|key| (self.sourced(key.get_ref(), &key.span(), key.get_ref().to_string()), key.span()))
            .collect();
        names.sort_by_key(|(_, span)| span.start);
        names
    }

    /// The table under a name given by the user.
    pub fn named_table(&self, name: &str) -> Option<Table<'d, 't>> {
        let value = self.table.get(name)?;
        let mut table = self.as_table(name, value)?;
        // The whole table would underline too much: its name is the place.
        table.span = self.table.keys().find(|key| key.get_ref() == name).map_or(value.span(), Spanned::span);
        Some(table)
    }

    /// Whether the value under a name given by the user is a table.
    pub fn is_table(&self, name: &str) -> bool {
        self.table.get(name).is_some_and(|value| value.get_ref().is_table())
    }

    /// The text under a name given by the user.
    pub fn named_string(&self, name: &str) -> Option<Sourced<String>> {
        let value = self.table.get(name)?;
        let text = self.text_of(name, value, "a string")?;
        Some(self.sourced(name, &value.span(), text))
    }

    /// Complains about a place of the file.
    pub fn complain_span(&self, span: Range<usize>, message: String, help: Option<String>) {
        self.document.complain(span, message, help);
    }

    /// The word under a name given by the user.
    pub fn named_word<T: Copy>(&self, name: &str, words: &[(&str, T)]) -> Option<Sourced<T>> {
        let value = self.table.get(name)?;
        let text = self.text_of(name, value, "a string")?;
        let found = self.word_of(value, name, &text, words)?;
        Some(self.sourced(name, &value.span(), found))
    }

    /// Whether any of these keys is there, however wrong its value.
    pub fn mentions(&self, keys: &[&str]) -> bool {
        keys.iter().any(|key| self.table.get(*key).is_some())
    }

    /// Complains about every key that nobody asked for.
    pub fn finish(self) {
        for key in self.table.keys() {
            let name: &str = key.get_ref();
            if self.asked.contains(&name) {
                continue;
            }
            let message = format!("unknown key `{name}` in {}", self.heading());
            let help = if matches!(name, "url" | "direct-url" | "database-url" | "shadow-database-url") {
                Some("URLs are never written in the settings: name a variable (`url-env`), a file (`url-file`) or a command (`url-command`)".to_owned())
            } else {
                match nearest(name, self.asked.iter().copied()) {
                    Some(near) => Some(format!("did you mean `{near}`?")),
                    None => {
                        let mut known = self.asked.clone();
                        known.sort_unstable();
                        Some(format!("known keys: {}", known.join(", ")))
                    }
                }
            };
            self.document.complain(key.span(), message, help);
        }
    }
}

/// The candidate that `name` was most likely meant to be.
#[must_use]
pub fn nearest<'c>(name: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let plain = |text: &str| text.to_ascii_lowercase().replace(['_', ' '], "-");
    let name = plain(name);
    candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(&name, &plain(candidate)), candidate))
        .filter(|(score, _)| *score > 0.8)
        .max_by(|(left, _), (right, _)| left.total_cmp(right))
        .map(|(_, candidate)| candidate)
}
