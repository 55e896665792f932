//! The `.env` files that Prisma would read, in its order, and what they say.
//!
//! The reader follows the rules of the `dotenv` package of npm, which Prisma uses, and not those of a shell: `NAME=a b c` is
//! `a b c`, lines that make no sense are skipped, back-ticks quote. Values of 5 and 6 are expanded as Prisma does it: `${NAME}`
//! only, the process environment first. 7 expands nothing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{DotenvLoading, Major, PrismaConfig, ProjectError, Variables};
use crate::settings::Upwards;

/// A variable found in a `.env` file.
#[derive(Clone, PartialEq, Eq)]
pub struct DotenvValue {
    /// The value, expanded as this Prisma major does it. May be a secret.
    pub value: String,
    /// The file.
    pub file: PathBuf,
}

/// The `.env` files of a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DotenvFiles {
    /// Those that this Prisma would read and that exist, first one first. Absolute.
    pub read: Vec<PathBuf>,
    /// `.env` beside the project that exists and that this Prisma does not read, with the reason: for error messages.
    pub ignored: Option<(PathBuf, &'static str)>,
    /// Whether the config loads files that cannot be told without running it.
    pub unreadable: bool,
    expands: bool,
}

impl DotenvFiles {
    /// The files that this major of Prisma reads when it is started in `root`.
    #[must_use]
    pub fn of(major: Major, root: &Path, schema_folder: &Path, config: Option<&PrismaConfig>) -> Self {
        let mut files =
            DotenvFiles { read: Vec::new(), ignored: None, unreadable: false, expands: major.is_before_seven() };
        let plain = root.join(".env");
        if let (Major::Seven, _) | (Major::Six, Some(_)) = (major, config) {
            match config.map(|config| &config.dotenv) {
                Some(DotenvLoading::Files(paths)) => {
                    files.read = paths.iter().filter(|path| path.is_file()).cloned().collect();
                }
                Some(DotenvLoading::Unreadable) => files.unreadable = true,
                Some(DotenvLoading::None) | None => {}
            }
            // What a config loads is loaded by the `dotenv` package itself.
            files.expands = false;
            if !files.read.contains(&plain) && plain.is_file() {
                let reason = match config {
                    Some(_) => {
                        "Prisma reads no `.env` by itself once there is a Prisma config, and the config does not load it"
                    }
                    None => "Prisma 7 reads no `.env` by itself",
                };
                files.ignored = Some((plain, reason));
            }
            return files;
        }
        let package_folder = Upwards::from(root).find(|folder| folder.join("package.json").is_file());
        let beside_package = package_folder.map(|folder| folder.join(".env")).filter(|path| path.is_file());
        let beside_schema = [schema_folder.join(".env"), root.join("prisma").join(".env"), plain]
            .into_iter()
            .find(|path| path.is_file());
        files.read.extend(beside_package);
        files.read.extend(beside_schema.filter(|path| !files.read.contains(path)));
        files
    }

    /// Looks a variable up. `None` when no file has it, or has it empty.
    ///
    /// # Errors
    /// [`ProjectError`] when a file cannot be read.
    pub fn get(&self, name: &str, process: &Variables) -> Result<Option<DotenvValue>, ProjectError> {
        for file in &self.read {
            let parsed = parse(&super::text_file::read_text(file)?);
            if let Some(raw) = parsed.get(name) {
                let value = if self.expands { expand(raw, &parsed, process, 0) } else { raw.clone() };
                return Ok((!value.is_empty()).then(|| DotenvValue { value, file: file.clone() }));
            }
        }
        Ok(None)
    }
}

/// Names only: values may be secrets.
#[must_use]
pub fn names_in(text: &str) -> Vec<String> {
    parse(text).into_keys().collect()
}

/// Variables of a `.env` file. A name that comes twice keeps its last value.
fn parse(text: &str) -> BTreeMap<String, String> {
    let mut variables = BTreeMap::new();
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut at = 0;
    while at < text.len() {
        let line_end = text[at..].find('\n').map_or(text.len(), |end| at + end);
        let line = &text[at..line_end];
        let mut next = line_end + 1;
        if let Some((name, value)) = assignment(line) {
            let value_at = line_end - value.len();
            // A quoted value may begin on a later line, too.
            let quoted_at = value_at + text[value_at..].len() - text[value_at..].trim_start().len();
            let raw = match quoted(&text[quoted_at..]) {
                Some(raw) => {
                    let closed = quoted_at + raw.len();
                    next = text[closed..].find('\n').map_or(text.len(), |end| closed + end) + 1;
                    raw
                }
                None => value.split('#').next().unwrap_or("").trim(),
            };
            variables.insert(name.to_owned(), unquote(raw));
        }
        at = next;
    }
    variables
}

/// A quoted value with its quotes; it may go on over line ends. `None` when the quote is never closed, or something else than a
/// comment follows it on its line: then the quotes are part of a plain value.
fn quoted(text: &str) -> Option<&str> {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\'' | '`'))?;
    let mut ends = Vec::new();
    for (at, _) in text.match_indices(quote).skip(1) {
        ends.push(at);
        if !text[..at].ends_with('\\') {
            break;
        }
    }
    // The first quote without a backslash before it closes; if that makes no sense, one with a backslash does.
    let closes = |end: &usize| {
        let behind = text[end + 1..].split('\n').next().unwrap_or("").trim_start();
        behind.is_empty() || behind.starts_with('#')
    };
    ends.into_iter().rev().find(closes).map(|end| &text[..=end])
}

/// Takes the quotes off. Only double quotes know escapes, and only those of line ends.
fn unquote(raw: &str) -> String {
    let quote = raw.chars().next().filter(|c| matches!(c, '"' | '\'' | '`'));
    let bare = quote.and_then(|quote| raw[1..].strip_suffix(quote)).unwrap_or(raw);
    if quote == Some('"') { bare.replace("\\n", "\n").replace("\\r", "\r") } else { bare.to_owned() }
}

/// `NAME=value`, `export NAME=value`, `NAME: value`: the name, and the rest of the line from the value on.
fn assignment(line: &str) -> Option<(&str, &str)> {
    let line = line.trim_start();
    let exported = |rest: &&str| rest.starts_with(char::is_whitespace) && !rest.trim_start().starts_with('=');
    let line = line.strip_prefix("export").filter(exported).unwrap_or(line).trim_start();
    let end = line.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'))).unwrap_or(line.len());
    let (name, rest) = line.split_at(end);
    if name.is_empty() {
        return None;
    }
    let value = match rest.strip_prefix(':') {
        Some(value) if value.starts_with(char::is_whitespace) => value,
        Some(_) => return None,
        None => rest.trim_start().strip_prefix('=')?,
    };
    Some((name, value.trim_start()))
}

/// Expands `${NAME}`; `\${NAME}` stays as `${NAME}`. Depth-limited, since two variables may name each other.
fn expand(value: &str, parsed: &BTreeMap<String, String>, process: &Variables, depth: usize) -> String {
    let mut expanded = String::new();
    let mut rest = value;
    while let Some(at) = rest.find("${") {
        let name_end = rest[at + 2..].find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).map(|end| at + 2 + end);
        let Some(end) = name_end.filter(|end| rest[*end..].starts_with('}')) else {
            expanded.push_str(&rest[..at + 2]);
            rest = &rest[at + 2..];
            continue;
        };
        if let Some(before) = rest[..at].strip_suffix('\\') {
            expanded.push_str(before);
            expanded.push_str(&rest[at..=end]);
        } else {
            expanded.push_str(&rest[..at]);
            let name = &rest[at + 2..end];
            let inner = process.get_os(name).and_then(|value| value.to_str()).or(parsed.get(name).map(String::as_str));
            if let Some(inner) = inner.filter(|_| depth < 16) {
                expanded.push_str(&expand(inner, parsed, process, depth + 1));
            }
        }
        rest = &rest[end + 1..];
    }
    expanded.push_str(rest);
    expanded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_files_as_the_dotenv_package_does() {
        for (text, expected) in [
            ("A=1", Some("1")),
            ("export A=1", Some("1")),
            ("A: 1", Some("1")),
            ("  A = b c  # comment", Some("b c")),
            ("A=\"b # c\" # comment", Some("b # c")),
            ("A='b\\n'", Some("b\\n")),
            ("A=\"b\\nc\"", Some("b\nc")),
            ("A=`it's \"b\"`", Some("it's \"b\"")),
            ("A=\"b\nc\"\nB=2", Some("b\nc")),
            ("B=\"x\ny\" \nA=2", Some("2")),
            ("A=\"b\" c", Some("\"b\" c")),
            ("A=\"never closed\nB=2", Some("\"never closed")),
            ("nonsense\n=x\nA=1\r\n", Some("1")),
            ("A=1\rB=2", Some("1")),
            ("A=1\nA=2", Some("2")),
            ("A=", Some("")),
            ("A=é", Some("é")),
            ("A=\n'b'", Some("b")),
            ("A=\"b\\\"c\"", Some("b\\\"c")),
            ("A=`b\\`", Some("b\\")),
            ("A=''b'", Some("'b")),
            ("A=\"b\\nc", Some("\"b\nc")),
            ("#A=1", None),
            ("AB=1", None),
            ("", None),
        ] {
            assert_eq!(parse(text).get("A").map(String::as_str), expected, "{text}");
        }
    }

    #[test]
    fn expands_as_prisma_5_and_6_do() {
        let process: Variables = [("HOST", "process")].into_iter().collect();
        let parsed = parse("HOST=file\nPASS=pa$word\nLOOP=${LOOP}x\n");
        for (value, expected) in [
            ("postgres://${HOST}/db", "postgres://process/db"),
            ("${PASS}!", "pa$word!"),
            ("$HOST", "$HOST"),
            ("\\${HOST}", "${HOST}"),
            ("${NOPE}", ""),
            ("${not a name}", "${not a name}"),
            ("${", "${"),
        ] {
            assert_eq!(expand(value, &parsed, &process, 0), expected, "{value}");
        }
        assert!(expand("${LOOP}", &parsed, &process, 0).len() < 64);
    }

    #[test]
    fn the_files_and_their_order_depend_on_the_major() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("packages/app");
        std::fs::create_dir_all(root.join("prisma")).unwrap();
        std::fs::create_dir(folder.path().join(".git")).unwrap();
        for file in ["package.json", "packages/app/.env", "packages/app/prisma/.env", ".env"] {
            std::fs::write(folder.path().join(file), "").unwrap();
        }
        let read = |major, config: Option<&PrismaConfig>| {
            let files = DotenvFiles::of(major, &root, &root.join("prisma"), config);
            let mut shown: Vec<String> = files
                .read
                .iter()
                .map(|path| path.strip_prefix(folder.path()).unwrap().to_string_lossy().replace('\\', "/"))
                .collect();
            if files.ignored.is_some() {
                shown.push("(ignored)".to_owned());
            }
            shown.join(" ")
        };
        assert_eq!(read(Major::Five, None), ".env packages/app/prisma/.env");
        assert_eq!(read(Major::Six, None), ".env packages/app/prisma/.env");
        assert_eq!(read(Major::Seven, None), "(ignored)");
        let config_path = root.join("prisma.config.ts");
        std::fs::write(&config_path, "import 'dotenv/config'").unwrap();
        let loading = PrismaConfig::read(&config_path, &root, false).unwrap();
        assert_eq!(read(Major::Seven, Some(&loading)), "packages/app/.env");
        std::fs::write(&config_path, "export default {}").unwrap();
        let silent = PrismaConfig::read(&config_path, &root, false).unwrap();
        assert_eq!(read(Major::Six, Some(&silent)), "(ignored)");
        assert_eq!(read(Major::Seven, Some(&silent)), "(ignored)");
        std::fs::remove_file(root.join("prisma/.env")).unwrap();
        assert_eq!(read(Major::Six, None), ".env packages/app/.env");
    }

    proptest::proptest! {
        #[test]
        fn never_panics(text in "(?s)(A|=|:|\"|'|`|#|\\\\|\n|\r|\\$\\{|\\}|é|export| ){0,40}") {
            let parsed = parse(&text);
            for value in parsed.values() {
                let _ = expand(value, &parsed, &Variables::default(), 0);
            }
        }
    }
}
