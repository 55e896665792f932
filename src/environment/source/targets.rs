//! Many URLs in one text: a JSON array, a JSON object, or lines. Nothing of the text is ever in a message but names.
//!
//! ```text
//! acme=postgresql://…          {"acme": "postgresql://…"}          [{"name": "acme", "url": "postgresql://…"}]
//! postgresql://…/globex        (named after its database)          ["postgresql://…/globex"]
//! # a comment
//! ```

use secrecy::SecretString;
use serde::Deserialize;

/// One of many databases before its URL is read.
pub(super) struct Listed {
    /// What the text calls it.
    pub name: Option<String>,
    pub url: SecretString,
}

/// What a JSON array may hold.
#[derive(Deserialize)]
#[serde(untagged)]
enum Item {
    Url(String),
    Named { name: String, url: String },
}

/// Reads the text.
///
/// # Errors
/// What is wrong with it, in words that hold nothing of it.
pub(super) fn read(text: &str) -> Result<Vec<Listed>, String> {
    let text = text.trim_start_matches('\u{feff}').trim();
    let listed = match text.chars().next() {
        None => return Err("is empty".to_owned()),
        Some('[') => json::<Vec<Item>>(text)?
            .into_iter()
            .map(|item| match item {
                Item::Url(url) => Listed { name: None, url: url.into() },
                Item::Named { name, url } => Listed { name: Some(name), url: url.into() },
            })
            .collect(),
        // Not a map: it would swallow a name that is there twice.
        Some('{') => pairs(text)?,
        Some(_) => lines(text)?,
    };
    match listed.iter().filter_map(|one| one.name.as_deref()).find(|name| !is_name(name)) {
        Some(bad) if bad.contains("://") => Err("has a URL where a name belongs".to_owned()),
        Some(bad) => Err(format!("calls a database `{bad}`: names have letters, digits, `-`, `_` and `.`")),
        None if listed.is_empty() => Err("names no database".to_owned()),
        None => Ok(listed),
    }
}

/// A parser's own message may quote what it read, so only the place is told.
fn json<'t, T: Deserialize<'t>>(text: &'t str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        format!(
            "is not the JSON that was expected, at line {line}, column {column}: an array of URLs or of `{{\"name\", \"url\"}}`, or an object of names and URLs"
        )
    })
}

fn pairs(text: &str) -> Result<Vec<Listed>, String> {
    struct Pairs(Vec<Listed>);
    struct Visitor;
    impl<'de> serde::de::Visitor<'de> for Visitor {
        type Value = Pairs;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("names and URLs")
        }

        fn visit_map<M: serde::de::MapAccess<'de>>(self, mut map: M) -> Result<Pairs, M::Error> {
            let mut listed = Vec::new();
            while let Some((name, url)) = map.next_entry::<String, String>()? {
                listed.push(Listed { name: Some(name), url: url.into() });
            }
            Ok(Pairs(listed))
        }
    }
    impl<'de> Deserialize<'de> for Pairs {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            deserializer.deserialize_map(Visitor)
        }
    }
    json::<Pairs>(text).map(|pairs| pairs.0)
}

fn lines(text: &str) -> Result<Vec<Listed>, String> {
    let mut listed = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        match line.split_once('=') {
            Some((name, url)) if is_name(name.trim()) => {
                listed.push(Listed { name: Some(name.trim().to_owned()), url: url.trim().into() });
            }
            _ if line.contains(':') => listed.push(Listed { name: None, url: line.into() }),
            _ => return Err(format!("has a line {} that is neither `name=URL` nor a URL", number + 1)),
        }
    }
    Ok(listed)
}

/// As the name of an environment: it stands in commands, file names and marks.
pub(super) fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    fn told(text: &str) -> String {
        match read(text) {
            Ok(listed) => listed
                .iter()
                .map(|one| format!("{}={}", one.name.as_deref().unwrap_or("?"), one.url.expose_secret()))
                .collect::<Vec<_>>()
                .join(" "),
            Err(problem) => problem,
        }
    }

    #[test]
    fn every_form_is_read() {
        for (text, expected) in [
            ("a=file:./a.db\n\n# not now: b=file:./b.db\r\n c = file:./c.db ", "a=file:./a.db c=file:./c.db"),
            ("postgresql://u:p=1@h/a?schema=x\npostgres://h/b", "?=postgresql://u:p=1@h/a?schema=x ?=postgres://h/b"),
            ("a=postgresql://u:p=1@h/a?schema=x", "a=postgresql://u:p=1@h/a?schema=x"),
            ("[\"file:./a.db\", {\"name\": \"b\", \"url\": \"file:./b.db\"}]", "?=file:./a.db b=file:./b.db"),
            ("\u{feff}{\"b\": \"file:./b.db\", \"a\": \"file:./a.db\"}", "b=file:./b.db a=file:./a.db"),
            ("{\"a\": \"file:./1.db\", \"a\": \"file:./2.db\"}", "a=file:./1.db a=file:./2.db"),
            ("sqlserver://h;database=x", "?=sqlserver://h;database=x"),
        ] {
            assert_eq!(told(text), expected, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_told_without_a_word_of_it() {
        for (text, expected) in [
            (" \n", "is empty"),
            ("# nobody\n#", "names no database"),
            ("[]", "names no database"),
            ("a=file:./a.db\nhunter2", "has a line 2 that is neither `name=URL` nor a URL"),
            ("{\"a b\": \"file:hunter2\"}", "calls a database `a b`: names have letters, digits, `-`, `_` and `.`"),
            ("{\"postgres://u:hunter2@h/d\": \"a\"}", "has a URL where a name belongs"),
            ("{\"../a\": \"file:hunter2\"}", "calls a database `../a`: names have letters, digits, `-`, `_` and `.`"),
        ] {
            assert_eq!(told(text), expected, "{text}");
        }
        for text in ["[\"file:hunter2\"", "{\"a\": [\"hunter2\"]}", "[1, \"hunter2\"]", "[{\"url\": \"hunter2\"}]"] {
            let problem = told(text);
            assert!(problem.contains("at line 1") && !problem.contains("hunter2"), "{problem}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics_and_no_secret_is_told(text in "[\\[{\"a-z=:/,#\n]{0,40}") {
            let text = format!("{text}hunter2/secret");
            if let Err(problem) = read(&text) {
                // A name may be told, and only a whole name is one.
                proptest::prop_assert!(!problem.contains("hunter2/secret") || problem.starts_with("calls"), "{}", problem);
            }
        }
    }
}
