//! Environments, for people and for scripts. Holds nothing that may not be printed.

use serde::Serialize;

use crate::environment::EnvironmentKind;
use crate::shell::printable;

/// The version of the JSON document; a number never changes its meaning.
const SCHEMA_VERSION: u32 = 1;

/// One environment.
#[derive(Debug, Clone, Serialize)]
pub struct EnvironmentReport {
    /// Its name.
    pub name: String,
    /// Who declared it.
    pub origin: String,
    /// Its kind.
    pub kind: EnvironmentKind,
    /// Who said so.
    pub kind_origin: String,
    /// The URL.
    pub url: UrlReport,
    /// The direct URL, where there is one; migrations go there.
    pub direct_url: Option<UrlReport>,
    /// What the settings ask of it, in the order of the documentation.
    pub policy: Vec<PolicyReport>,
    /// What the database said; `None` when it was not asked.
    pub database: Option<DatabaseReport>,
}

/// A URL without its secrets.
#[derive(Debug, Clone, Default, Serialize)]
pub struct UrlReport {
    /// Whether it is available here and could be read.
    pub available: bool,
    /// Why not.
    pub problem: Option<String>,
    /// Where it comes from.
    pub from: Option<String>,
    /// Scheme, host, port, database and schema, or the file.
    pub redacted: Option<String>,
    /// The provider.
    pub provider: Option<String>,
    /// The host.
    pub host: Option<String>,
    /// The port.
    pub port: Option<u16>,
    /// The database's name.
    pub database: Option<String>,
    /// The schema in it.
    pub schema: Option<String>,
    /// The file.
    pub path: Option<String>,
}

/// One value that the settings set.
#[derive(Debug, Clone, Serialize)]
pub struct PolicyReport {
    /// The key of the settings.
    pub key: &'static str,
    /// The value, as the settings write it.
    pub value: String,
    /// Who set it.
    pub origin: String,
}

/// What a database said when it was asked.
#[derive(Debug, Clone, Default, Serialize)]
pub struct DatabaseReport {
    /// Whether it answered.
    pub reachable: bool,
    /// Why not.
    pub problem: Option<String>,
    /// Product and version.
    pub server: Option<String>,
    /// The environment that it says it belongs to.
    pub marker: Option<MarkerReport>,
    /// Whether it could carry a mark at all (SQLite has no comments: its path is its identity).
    pub can_be_marked: bool,
}

/// The environment that a database says it belongs to.
#[derive(Debug, Clone, Serialize)]
pub struct MarkerReport {
    /// Its name.
    pub environment: String,
    /// Its kind at the time.
    pub kind: Option<EnvironmentKind>,
}

#[derive(Serialize)]
struct Document<'r> {
    schema_version: u32,
    environments: &'r [EnvironmentReport],
}

/// The JSON document, with a line end.
#[must_use]
pub fn json(environments: &[EnvironmentReport]) -> String {
    let document = Document { schema_version: SCHEMA_VERSION, environments };
    let mut text = serde_json::to_string_pretty(&document).expect("plain structs with string keys become JSON");
    text.push('\n');
    text
}

/// One line per environment. The database comes last, because a file's path can be long.
#[must_use]
pub fn table(environments: &[EnvironmentReport]) -> String {
    let mut rows = vec![["ENVIRONMENT", "KIND", "URL FROM", "DATABASE"].map(str::to_owned)];
    for environment in environments {
        let url = environment.direct_url.as_ref().unwrap_or(&environment.url);
        let (from, database) = match (&url.redacted, &url.problem) {
            (Some(redacted), _) => (url.from.clone().unwrap_or_default(), redacted.clone()),
            (None, problem) => ("not available here".to_owned(), problem.clone().unwrap_or_default()),
        };
        rows.push([environment.name.clone(), environment.kind.to_string(), from, database]);
    }
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths = [width(0), width(1), width(2)];
    let mut text = String::new();
    for [name, kind, from, database] in &rows {
        let line = format!("{name:0$}  {kind:1$}  {from:2$}  {database}", widths[0], widths[1], widths[2]);
        text.push_str(&printable(line.trim_end()));
        text.push('\n');
    }
    text
}

/// One environment, a line per value.
#[must_use]
pub fn details(environment: &EnvironmentReport) -> String {
    let mut lines: Vec<(&str, String)> = vec![("kind", format!("{}, {}", environment.kind, environment.kind_origin))];
    add_url(&mut lines, "url", &environment.url);
    if let Some(direct) = &environment.direct_url {
        add_url(&mut lines, "direct url", direct);
    }
    if let Some(database) = &environment.database {
        lines.push(("database", database.problem.clone().or(database.server.clone()).unwrap_or_default()));
        if database.reachable && database.can_be_marked {
            let marker = match &database.marker {
                Some(MarkerReport { environment, kind: Some(kind) }) => format!("{environment} ({kind})"),
                Some(MarkerReport { environment, kind: None }) => environment.clone(),
                None => "none".to_owned(),
            };
            lines.push(("marker", marker));
        }
    }
    for policy in &environment.policy {
        lines.push((policy.key, format!("{}, {}", policy.value, policy.origin)));
    }
    let width = lines.iter().map(|(key, _)| key.len()).max().unwrap_or(0);
    let mut text = format!("{}\n", printable(&environment.name));
    for (key, value) in lines {
        text.push_str(format!("  {key:width$}  {}", printable(&value)).trim_end());
        text.push('\n');
    }
    text
}

fn add_url(lines: &mut Vec<(&'static str, String)>, key: &'static str, url: &UrlReport) {
    lines.push((key, url.redacted.clone().unwrap_or_else(|| "not available here".to_owned())));
    if let Some(from) = url.from.as_ref().or(url.problem.as_ref()) {
        lines.push(("", from.clone()));
    }
}
