//! Environments that a project's `.env*` files speak of: by the file's name (`.env.staging`), or by a variable in it
//! (`STAGING_DATABASE_URL`). Names only; no value is looked at.

use super::{Project, UrlReference, names_in, read_text};
use crate::environment::EnvironmentKind;

/// Words that people use, the name we give the environment, and its kind.
const WORDS: [(&str, &str, EnvironmentKind); 9] = [
    ("production", "production", EnvironmentKind::Production),
    ("prod", "production", EnvironmentKind::Production),
    ("live", "production", EnvironmentKind::Production),
    ("staging", "staging", EnvironmentKind::Staging),
    ("stage", "staging", EnvironmentKind::Staging),
    ("preprod", "staging", EnvironmentKind::Staging),
    ("uat", "staging", EnvironmentKind::Staging),
    ("preview", "preview", EnvironmentKind::Preview),
    ("test", "test", EnvironmentKind::Dev),
];

struct Named {
    name: &'static str,
    kind: EnvironmentKind,
    variable: Option<String>,
    evidence: String,
    file: String,
}

/// What the files speak of.
#[derive(Default)]
pub struct EnvironmentNames(Vec<Named>);

impl EnvironmentNames {
    /// Reads the names in the `.env*` files beside the project and beside its schema.
    pub(super) fn find(project: &Project) -> Self {
        let mut names = EnvironmentNames::default();
        let mut folders = vec![project.root.as_path()];
        if project.schema.datasource_folder() != project.root {
            folders.push(project.schema.datasource_folder());
        }
        for folder in folders {
            let mut files: Vec<String> = std::fs::read_dir(folder)
                .into_iter()
                .flatten()
                .flatten()
                .filter(|entry| entry.path().is_file())
                .filter_map(|entry| entry.file_name().into_string().ok())
                .filter(|name| name == ".env" || name.starts_with(".env."))
                .collect();
            files.sort();
            for file in files {
                let own = project.urls.url.as_ref().and_then(UrlReference::variable).unwrap_or("DATABASE_URL");
                // A file that cannot be read names nothing; Prisma or the deploy will say what is wrong with it.
                let variables = read_text(&folder.join(&file)).map(|text| names_in(&text)).unwrap_or_default();
                names.add_file(&file, &variables, own);
            }
        }
        names.0.sort_by_key(|named| order(named.kind));
        names
    }

    fn add_file(&mut self, file: &str, variables: &[String], own: &str) {
        for variable in variables.iter().filter(|variable| *variable != own && is_database_url(variable)) {
            let words = variable.split('_').map(str::to_ascii_lowercase).collect::<Vec<_>>();
            if let Some(found) = WORDS.iter().find(|(word, ..)| words.iter().any(|part| part == word)) {
                self.add(found, Some(variable), file, format!("names {variable}"));
            }
        }
        for suffix in file.split('.').skip(2) {
            if let Some(found) = WORDS.iter().find(|(word, ..)| suffix.eq_ignore_ascii_case(word)) {
                self.add(
                    found,
                    None,
                    file,
                    format!("so there is a {} environment; Prisma never reads this file", found.1),
                );
            }
        }
    }

    fn add(
        &mut self,
        (_, name, kind): &(&'static str, &'static str, EnvironmentKind),
        variable: Option<&String>,
        file: &str,
        evidence: String,
    ) {
        match self.0.iter_mut().find(|named| named.name == *name) {
            Some(named) => {
                if named.variable.is_none() {
                    named.variable = variable.cloned();
                }
            }
            None => {
                self.0.push(Named { name, kind: *kind, variable: variable.cloned(), evidence, file: file.to_owned() })
            }
        }
    }

    /// The names and their kinds: test, preview, staging, production.
    pub fn all(&self) -> impl Iterator<Item = (&str, EnvironmentKind)> {
        self.0.iter().map(|named| (named.name, named.kind))
    }

    /// The variable that holds an environment's URL: the one that was found, else the usual one.
    pub(super) fn variable(&self, name: &str) -> String {
        let found = self.0.iter().find(|named| named.name == name).and_then(|named| named.variable.clone());
        found.unwrap_or_else(|| format!("{}_DATABASE_URL", name.to_ascii_uppercase()))
    }

    /// The files that speak of environments, and how.
    pub(super) fn evidence(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|named| (named.file.as_str(), named.evidence.as_str()))
    }
}

const fn order(kind: EnvironmentKind) -> u8 {
    match kind {
        EnvironmentKind::Dev => 0,
        EnvironmentKind::Preview => 1,
        EnvironmentKind::Staging => 2,
        EnvironmentKind::Production => 3,
        EnvironmentKind::Unstated => 4,
    }
}

/// Whether a variable most likely holds a database's URL, not an API's. Direct and shadow URLs are other URLs of a database that
/// has one already.
fn is_database_url(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let database = ["DATABASE", "DB", "POSTGRES", "PG", "MYSQL", "SQLITE", "SQLSERVER", "MSSQL"]
        .iter()
        .any(|word| name.split('_').any(|part| part == *word));
    database
        && name.split('_').any(|part| matches!(part, "URL" | "URI"))
        && !name.contains("SHADOW")
        && !name.contains("DIRECT")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(files: &[(&str, &[&str])]) -> String {
        let mut names = EnvironmentNames::default();
        for (file, variables) in files {
            let variables: Vec<String> = variables.iter().map(ToString::to_string).collect();
            names.add_file(file, &variables, "DATABASE_URL");
        }
        let all: Vec<String> =
            names.all().map(|(name, kind)| format!("{name}/{kind}/{}", names.variable(name))).collect();
        all.join(" ")
    }

    #[test]
    fn files_and_variables_name_environments() {
        assert_eq!(found(&[(".env", &["DATABASE_URL", "PORT"])]), "");
        assert_eq!(found(&[(".env.staging", &["DATABASE_URL"])]), "staging/staging/STAGING_DATABASE_URL");
        assert_eq!(found(&[(".env", &["PROD_DB_URL"])]), "production/production/PROD_DB_URL");
        assert_eq!(found(&[(".env.example", &["DATABASE_URL_STAGING"])]), "staging/staging/DATABASE_URL_STAGING");
        assert_eq!(
            found(&[(".env.production.local", &[]), (".env", &["LIVE_POSTGRES_URL"])]),
            "production/production/LIVE_POSTGRES_URL"
        );
        assert_eq!(found(&[(".env.test", &["DATABASE_URL"])]), "test/dev/TEST_DATABASE_URL");
        assert_eq!(found(&[(".env", &["STAGING_API_URL", "STAGING_SHADOW_DATABASE_URL", "PRODUCT_DATABASE_URL"])]), "");
    }
}
