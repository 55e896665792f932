//! How Prisma started the engine: which database, and what for.
//!
//! | | 7 | 6, 5 |
//! |---|---|---|
//! | checks | `--datasource '{"url":…}' cli <word>` | `cli --datasource <url> <word>` |
//! | server | `--datamodels <file>… --datasource '{"url":…,"shadowDatabaseUrl":…}'` | `--datamodels <file>…`, and `--datasource` JSON when a config file names one |
//!
//! Without `--datasource` the URL stands in the schema's datasource block, as text or as the name of a variable, and a `file:` URL starts from the
//! schema's folder; else it starts from the working directory. Nothing is guessed: what is not understood makes the target unknown.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use crate::project::{Datasource, UrlReference};

/// What the engine is asked to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Form {
    /// A JSON-RPC server on stdin and stdout.
    Server,
    /// One word after `cli`.
    Word(String),
    /// `--version`, `--help`: no database.
    About,
}

/// Where the engine's URL was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Written {
    /// In `--datasource`, as JSON.
    Json,
    /// In `--datasource`, as it is.
    Argument,
    /// In a request.
    Request,
    /// In the schema, as the name of a variable.
    Variable(String),
    /// In the schema itself.
    Schema,
}

impl std::fmt::Display for Written {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Written::Json | Written::Argument => f.write_str("Prisma's config or schema"),
            Written::Request => f.write_str("the command itself"),
            Written::Variable(name) => write!(f, "the variable `{name}` that the schema names"),
            Written::Schema => f.write_str("the schema itself"),
        }
    }
}

/// A URL that the engine would use.
#[derive(Debug, Clone)]
pub struct FoundUrl {
    /// The text.
    pub text: SecretString,
    /// What a relative `file:` URL starts from.
    pub base: PathBuf,
    /// Where it was written.
    pub written: Written,
}

impl FoundUrl {
    /// The raw text.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.text.expose_secret()
    }
}

/// The databases that an engine would use.
#[derive(Debug, Clone, Default)]
pub struct Databases {
    /// `url`.
    pub url: Option<FoundUrl>,
    /// `directUrl` (5, 6): what the engine uses instead of `url`.
    pub direct_url: Option<FoundUrl>,
    /// `shadowDatabaseUrl`.
    pub shadow_url: Option<FoundUrl>,
    /// Why they are not all known: then anything may be the target.
    pub doubt: Option<String>,
}

impl Databases {
    /// The one that the engine connects to.
    #[must_use]
    pub fn target(&self) -> Option<&FoundUrl> {
        self.direct_url.as_ref().or(self.url.as_ref())
    }

    /// Every one that stands for the target: all of them must be a developer's own.
    pub fn targets(&self) -> impl Iterator<Item = &FoundUrl> {
        self.direct_url.iter().chain(&self.url)
    }

    fn doubtful(reason: impl Into<String>) -> Self {
        Databases { doubt: Some(reason.into()), ..Databases::default() }
    }
}

/// The engine's command line, understood.
#[derive(Debug, Clone)]
pub struct Entry {
    /// What it is asked to be.
    pub form: Form,
    /// Its databases.
    pub databases: Databases,
    /// Where the JSON of `--datasource` is in the arguments.
    pub json_at: Option<JsonPlace>,
    /// Where the schema files are.
    pub schema_folders: Vec<PathBuf>,
}

/// An argument that holds the datasource JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JsonPlace {
    /// Its index.
    pub index: usize,
    /// Whether it is written as `--datasource=…`.
    pub joined: bool,
}

/// The JSON of `--datasource`. Another key than these could name a database that we do not see.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct JsonDatasource {
    url: Option<String>,
    direct_url: Option<String>,
    shadow_database_url: Option<String>,
}

const DATASOURCE: &str = "--datasource";
const DATAMODELS: [&str; 3] = ["--datamodels", "--datamodel", "-d"];
const WITH_VALUE: [&str; 2] = ["--enabled-preview-features", "--extension-types"];
const ABOUT: [&str; 4] = ["--version", "-V", "--help", "-h"];

/// Reads a variable of the process.
pub type Lookup<'a> = &'a dyn Fn(&str) -> Option<OsString>;

impl Entry {
    /// Reads the arguments. `directory` is the working directory.
    #[must_use]
    pub fn read(arguments: &[OsString], directory: &Path, variable: Lookup<'_>) -> Self {
        let mut form = Form::Server;
        let mut given: Option<(String, Option<JsonPlace>)> = None;
        let mut schemas: Vec<PathBuf> = Vec::new();
        let mut doubt = None;
        let mut doubts = |reason: &str| doubt = Some(reason.to_owned());
        let mut words = arguments.iter().enumerate();
        let mut after_cli = false;
        while let Some((index, word)) = words.next() {
            let Some(text) = word.to_str() else {
                doubts("an argument of the engine is not UTF-8");
                continue;
            };
            let (flag, joined) = match text.split_once('=') {
                Some((flag, value)) if flag.starts_with('-') => (flag, Some(value.to_owned())),
                _ => (text, None),
            };
            let is_joined = joined.is_some();
            let mut value = || match &joined {
                Some(value) => Some((index, value.clone())),
                None => words.next().and_then(|(index, word)| Some((index, word.to_str()?.to_owned()))),
            };
            if ABOUT.contains(&flag) {
                form = Form::About;
            } else if flag == DATASOURCE {
                match value() {
                    Some(_) if given.is_some() => doubts("`--datasource` is given twice"),
                    Some((index, text)) if text.trim_start().starts_with('{') => {
                        given = Some((text, Some(JsonPlace { index, joined: is_joined })));
                    }
                    Some((_, text)) => given = Some((text, None)),
                    None => doubts("`--datasource` has no value"),
                }
            } else if DATAMODELS.contains(&flag) {
                match value() {
                    Some((_, file)) => schemas.push(directory.join(file)),
                    None => doubts("`--datamodels` has no value"),
                }
            } else if WITH_VALUE.contains(&flag) {
                value();
            } else if text == "cli" && form == Form::Server && !after_cli {
                after_cli = true;
            } else if after_cli && form == Form::Server && !text.starts_with('-') {
                form = Form::Word(text.to_owned());
            } else {
                doubts("the engine was started with an argument that this version of the guard does not know");
            }
        }
        if after_cli && form == Form::Server {
            form = Form::Word(String::new());
        }
        let json_at = given.as_ref().and_then(|(_, place)| *place);
        let mut databases = match given {
            Some((text, Some(_))) => from_json(&text, directory),
            Some((text, None)) => {
                Databases { url: Some(found(text, directory, Written::Argument)), ..Databases::default() }
            }
            None => from_files(&schemas, variable),
        };
        databases.doubt = doubt.or(databases.doubt);
        let schema_folders = schemas.iter().filter_map(|file| file.parent()).map(Path::to_path_buf).collect();
        Entry { form, databases, json_at, schema_folders }
    }
}

/// As Prisma's engine takes it: without the white space around it.
fn found(text: impl Into<SecretString>, base: &Path, written: Written) -> FoundUrl {
    FoundUrl { text: text.into(), base: base.to_path_buf(), written }
}

fn from_json(text: &str, base: &Path) -> Databases {
    let Ok(json) = serde_json::from_str::<JsonDatasource>(text) else {
        return Databases::doubtful("the datasource that Prisma gave its engine was not understood");
    };
    let place = |url: Option<String>| url.filter(|url| !url.is_empty()).map(|url| found(url, base, Written::Json));
    Databases {
        url: place(json.url),
        direct_url: place(json.direct_url),
        shadow_url: place(json.shadow_database_url),
        doubt: None,
    }
}

fn from_files(files: &[PathBuf], variable: Lookup<'_>) -> Databases {
    for file in files {
        let text = match std::fs::read(file) {
            Ok(bytes) => match String::from_utf8(bytes) {
                Ok(text) => text,
                Err(_) => return Databases::doubtful("a schema file is not UTF-8"),
            },
            Err(_) => return Databases::doubtful("a schema file cannot be read"),
        };
        let base = file.parent().unwrap_or(Path::new("."));
        if let Some(databases) = from_schema(&text, base, variable) {
            return databases;
        }
    }
    Databases::default()
}

/// The databases of a schema's datasource block. `None` when there is no block.
fn from_schema(text: &str, base: &Path, variable: Lookup<'_>) -> Option<Databases> {
    let block = Datasource::find(text)?;
    let mut doubt = None;
    let mut place = |reference: Option<UrlReference>| match reference? {
        UrlReference::Literal(url) => Some(found(url, base, Written::Schema)),
        UrlReference::Variable(name) => match variable(&name).map(OsString::into_string) {
            Some(Ok(url)) if !url.is_empty() => Some(found(url, base, Written::Variable(name))),
            // The engine will say so by itself.
            None | Some(Ok(_)) => None,
            Some(Err(_)) => {
                doubt = Some(format!("the variable `{name}` is not UTF-8"));
                None
            }
        },
        UrlReference::Unreadable => {
            doubt = Some("the datasource block of the schema was not understood".to_owned());
            None
        }
    };
    let url = place(block.url);
    let direct_url = place(block.direct_url);
    let shadow_url = place(block.shadow_database_url);
    Some(Databases { url, direct_url, shadow_url, doubt })
}

/// A database that a request names by itself: `datasourceType`, `datasource`, one side of a diff.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct InRequest {
    tag: Option<String>,
    url: Option<String>,
    #[serde(default)]
    files: Vec<SchemaFile>,
    config_dir: Option<PathBuf>,
    /// Before 5.15: a path.
    schema: Option<PathBuf>,
}

#[derive(Deserialize)]
struct SchemaFile {
    path: PathBuf,
    content: Option<String>,
}

/// The databases that a part of a request names. `directory` is the engine's working directory.
#[must_use]
pub fn in_request(json: &str, directory: &Path, variable: Lookup<'_>) -> Databases {
    let Ok(part) = serde_json::from_str::<InRequest>(json) else {
        return Databases::doubtful("the request names its database in a way that was not understood");
    };
    match part.tag.as_deref() {
        Some("empty" | "schemaDatamodel" | "migrations") => Databases::default(),
        Some("url" | "ConnectionString" | "connectionString") => match part.url {
            Some(url) => Databases { url: Some(found(url, directory, Written::Request)), ..Databases::default() },
            None => Databases::doubtful("the request names no URL"),
        },
        Some("schema" | "schemaDatasource" | "Schema") => {
            for file in &part.files {
                let base = match (&part.config_dir, file.path.parent()) {
                    (Some(folder), _) => directory.join(folder),
                    (None, Some(folder)) => directory.join(folder),
                    (None, None) => directory.to_path_buf(),
                };
                if let Some(databases) = from_schema(file.content.as_deref().unwrap_or(""), &base, variable) {
                    return databases;
                }
            }
            match part.schema {
                Some(file) => from_files(&[directory.join(file)], variable),
                None => Databases::doubtful("the request names no database"),
            }
        }
        _ => {
            Databases::doubtful("the request names its database in a way that this version of the guard does not know")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &[&str]) -> Entry {
        let words: Vec<OsString> = words.iter().map(OsString::from).collect();
        Entry::read(&words, Path::new("/app"), &|name| {
            (name == "DATABASE_URL").then(|| "postgres://h/from-variable".into())
        })
    }

    fn shown(databases: &Databases) -> String {
        let url = |url: &Option<FoundUrl>| {
            url.as_ref().map_or("-".to_owned(), |url| {
                format!("{} from {} ({:?})", url.expose(), url.base.display(), url.written)
            })
        };
        format!(
            "url {} · direct {} · shadow {} · {}",
            url(&databases.url),
            url(&databases.direct_url),
            url(&databases.shadow_url),
            databases.doubt.as_deref().unwrap_or("sure")
        )
    }

    #[test]
    fn prisma_7_gives_json() {
        let json = r#"{"url":"postgres://h/a","shadowDatabaseUrl":"postgres://h/s"}"#;
        let server =
            read(&["--datamodels", "/app/prisma/schema.prisma", "--datasource", json, "--extension-types", "[]"]);
        assert_eq!(server.form, Form::Server);
        assert_eq!(server.json_at, Some(JsonPlace { index: 3, joined: false }));
        insta::assert_snapshot!(shown(&server.databases), @"url postgres://h/a from /app (Json) · direct - · shadow postgres://h/s from /app (Json) · sure");
        let check = read(&["--datasource", r#"{"url":"file:./dev.db"}"#, "cli", "can-connect-to-database"]);
        assert_eq!(check.form, Form::Word("can-connect-to-database".into()));
        insta::assert_snapshot!(shown(&check.databases), @"url file:./dev.db from /app (Json) · direct - · shadow - · sure");
        insta::assert_snapshot!(shown(&read(&[&format!("--datasource={json}")]).databases), @"url postgres://h/a from /app (Json) · direct - · shadow postgres://h/s from /app (Json) · sure");
    }

    #[test]
    fn prisma_6_gives_a_bare_url_after_cli() {
        let check = read(&["cli", "--datasource", "file:./dev.db?x={1}", "drop-database"]);
        assert_eq!((check.form, check.json_at), (Form::Word("drop-database".into()), None));
        insta::assert_snapshot!(shown(&check.databases), @"url file:./dev.db?x={1} from /app (Argument) · direct - · shadow - · sure");
    }

    #[test]
    fn prisma_6_and_5_give_schema_files() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path.to_str().unwrap().to_owned()
        };
        let models = write("a.prisma", "model A { id Int @id }\n");
        let cases = [
            "datasource db {\n provider = \"postgresql\"\n url = env(\"DATABASE_URL\")\n directUrl = \"postgres://direct/d\"\n}",
            "datasource db {\n provider = \"sqlite\"\n url = \"file:./dev.db\"\n shadowDatabaseUrl = env(\"UNSET\")\n}",
            "datasource db {\n url = whatever()\n}",
            "// datasource db {\n//  url = \"postgres://commented/out\"\n// }\n",
        ];
        let mut text = String::new();
        for case in cases {
            let main = write("main.prisma", case);
            let entry = read(&["--datamodels", &models, "--datamodels", &main]);
            text.push_str(&shown(&entry.databases).replace(folder.path().to_str().unwrap(), "[SCHEMA]"));
            text.push('\n');
        }
        insta::assert_snapshot!(text, @r#"
url postgres://h/from-variable from [SCHEMA] (Variable("DATABASE_URL")) · direct postgres://direct/d from [SCHEMA] (Schema) · shadow - · sure
url file:./dev.db from [SCHEMA] (Schema) · direct - · shadow - · sure
url - · direct - · shadow - · the datasource block of the schema was not understood
url - · direct - · shadow - · sure
"#);
        let missing = read(&["--datamodels", "/nowhere/schema.prisma"]);
        assert_eq!(missing.databases.doubt.as_deref(), Some("a schema file cannot be read"));
    }

    #[test]
    fn whatever_is_not_understood_is_a_doubt() {
        for words in [
            &["--datasource", "{\"url\":\"postgres://h/d\",\"urls\":[]}"][..],
            &["--datasource", "{\"url\":\"postgres://h/a\",\"url\":\"postgres://h/b\"}"],
            &["--datasource", "{not json"],
            &["--datasource"],
            &["--datasource", "{}", "--datasource", "{}"],
            &["--some-new-flag"],
            &["--datamodels"],
            &["extra"],
            &["cli", "create-database", "extra"],
            &["cli", "--force", "create-database"],
        ] {
            assert!(read(words).databases.doubt.is_some(), "{words:?}");
        }
        #[cfg(unix)]
        {
            use std::os::unix::ffi::OsStringExt as _;
            let odd = [OsString::from_vec(vec![0xff])];
            assert!(Entry::read(&odd, Path::new("/"), &|_| None).databases.doubt.is_some());
        }
        assert_eq!(read(&["--version"]).form, Form::About);
        assert_eq!(read(&["cli"]).form, Form::Word(String::new()));
    }

    #[test]
    fn requests_that_name_a_database() {
        let show = |json: &str| shown(&in_request(json, Path::new("/app"), &|_| Some("postgres://h/variable".into())));
        insta::assert_snapshot!(show(r#"{"tag":"url","url":"postgres://h/d"}"#), @"url postgres://h/d from /app (Request) · direct - · shadow - · sure");
        insta::assert_snapshot!(show(r#"{"tag":"schema","files":[{"path":"/app/prisma/s.prisma","content":"datasource db {\n url = env(\"X\")\n}"}],"configDir":"/app/prisma"}"#), @r#"url postgres://h/variable from /app/prisma (Variable("X")) · direct - · shadow - · sure"#);
        insta::assert_snapshot!(show(r#"{"tag":"schemaDatasource","files":[{"path":"p/s.prisma","content":"datasource db {\n url = \"file:d.db\"\n}"}],"configDir":"p"}"#), @"url file:d.db from /app/p (Schema) · direct - · shadow - · sure");
        insta::assert_snapshot!(show(r#"{"tag":"migrations","baseDir":"x","migrationDirectories":[]}"#), @"url - · direct - · shadow - · sure");
        insta::assert_snapshot!(show(r#"{"tag":"somethingNew"}"#), @"url - · direct - · shadow - · the request names its database in a way that this version of the guard does not know");
        insta::assert_snapshot!(show(r#"[]"#), @"url - · direct - · shadow - · the request names its database in a way that was not understood");
    }

    proptest::proptest! {
        #[test]
        fn never_panics(words in proptest::collection::vec("(--datasource|--datamodels|cli|=|\\{|\\}|\"url\"|:|drop-database|é|.){0,8}", 0..6)) {
            let words: Vec<OsString> = words.into_iter().map(OsString::from).collect();
            let _ = Entry::read(&words, Path::new("/nowhere"), &|_| None);
        }
    }
}
