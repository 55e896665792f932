//! `prisma.config.*` (Prisma 6.4 and later), read without running it.
//!
//! Only literals can be read that way. What cannot is marked as such, and the engine guard sees the real URL in any case.

use std::path::{Path, PathBuf};

use super::javascript::{PathStart, Token, Value, calls, exported_object, expression, tokens};
use super::text_file::read_text;
use super::{ProjectError, UrlReference};

const EXTENSIONS: [&str; 6] = ["js", "ts", "mjs", "cjs", "mts", "cts"];

/// A path in the config.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConfigPath {
    /// Absolute.
    Known(PathBuf),
    /// Given by code.
    Unreadable,
}

/// Which `.env` files the config loads before Prisma reads a variable (7 loads none by itself).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DotenvLoading {
    /// None that could be seen.
    None,
    /// These, in this order; the first that has a variable wins. Absolute.
    Files(Vec<PathBuf>),
    /// Some, named by code.
    Unreadable,
}

/// What could be read of a Prisma config.
#[derive(Debug, Clone)]
pub struct PrismaConfig {
    /// The file; absolute.
    pub path: PathBuf,
    /// Whether the settings name it, so that Prisma must be given `--config`.
    pub named: bool,
    /// `schema`.
    pub schema: Option<ConfigPath>,
    /// `migrations.path`.
    pub migrations: Option<ConfigPath>,
    /// `datasource.url`: what migrations use in 7.
    pub url: Option<UrlReference>,
    /// `datasource.directUrl` (6, with `engine: "classic"`).
    pub direct_url: Option<UrlReference>,
    /// `datasource.shadowDatabaseUrl`.
    pub shadow_database_url: Option<UrlReference>,
    /// The `.env` files it loads.
    pub dotenv: DotenvLoading,
}

impl PrismaConfig {
    /// The config that Prisma would find in its working directory, in Prisma's order.
    #[must_use]
    pub fn locate(root: &Path) -> Option<PathBuf> {
        ["prisma.config", ".config/prisma", ".config/prisma.config"]
            .iter()
            .flat_map(|stem| EXTENSIONS.iter().map(move |extension| root.join(format!("{stem}.{extension}"))))
            .find(|path| path.is_file())
    }

    /// Reads a config. `root` is Prisma's working directory, which is where `dotenv` looks.
    ///
    /// # Errors
    /// [`ProjectError`] when the file cannot be read.
    pub fn read(path: &Path, root: &Path, named: bool) -> Result<Self, ProjectError> {
        Ok(Self::parse(&read_text(path)?, path, root, named))
    }

    fn parse(source: &str, path: &Path, root: &Path, named: bool) -> Self {
        let tokens = tokens(source);
        let folder = path.parent().unwrap_or(root);
        let object = exported_object(&tokens);
        let get = |keys: &[&str]| keys.iter().try_fold(object.as_ref()?, |value, key| value.get(key));
        // A spread or a shorthand may bring any key.
        let hidden = |keys: &[&str]| {
            let outer = keys[..keys.len() - 1].iter().try_fold(object.as_ref()?, |value, key| value.get(key))?;
            matches!(outer, Value::Unreadable).then_some(Value::Unreadable)
        };
        let find = |keys: &[&str]| get(keys).cloned().or_else(|| hidden(keys));
        PrismaConfig {
            path: path.to_owned(),
            named,
            schema: find(&["schema"]).map(|value| config_path(&value, folder, root)),
            migrations: find(&["migrations", "path"]).map(|value| config_path(&value, folder, root)),
            url: find(&["datasource", "url"]).map(reference),
            direct_url: find(&["datasource", "directUrl"]).map(reference),
            shadow_database_url: find(&["datasource", "shadowDatabaseUrl"]).map(reference),
            dotenv: dotenv_loading(&tokens, folder, root),
        }
    }

    /// The folder that relative paths of the config start from.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new("."))
    }
}

fn reference(value: Value) -> UrlReference {
    match value {
        Value::Text(url) => UrlReference::Literal(url.into()),
        Value::Variable(name) => UrlReference::Variable(name),
        Value::Path { .. } | Value::Object(_) | Value::List(_) | Value::Unreadable => UrlReference::Unreadable,
    }
}

/// Paths of the config start from its folder.
fn config_path(value: &Value, folder: &Path, root: &Path) -> ConfigPath {
    path_of(value, folder, folder, root).map_or(ConfigPath::Unreadable, ConfigPath::Known)
}

/// The path that a value says; `open` is where a relative one starts.
fn path_of(value: &Value, open: &Path, folder: &Path, root: &Path) -> Option<PathBuf> {
    match value {
        Value::Text(path) => Some(clean(&open.join(path))),
        Value::Path { parts, start } => {
            let start = match start {
                PathStart::Open => open,
                PathStart::File => folder,
                PathStart::WorkingDirectory => root,
            };
            Some(clean(&parts.iter().fold(start.to_owned(), |path, part| path.join(part))))
        }
        Value::Variable(_) | Value::Object(_) | Value::List(_) | Value::Unreadable => None,
    }
}

/// Takes `.` and `..` out of a path, by its text: links are not followed, as in Node's `path.join`.
#[must_use]
pub fn clean(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::CurDir => {}
            std::path::Component::ParentDir => {
                clean.pop();
            }
            other => clean.push(other),
        }
    }
    clean
}

/// Paths of `dotenv` start from the working directory, unlike those of the config.
fn dotenv_loading(tokens: &[Token], folder: &Path, root: &Path) -> DotenvLoading {
    let mut files = Vec::new();
    let mut unreadable = false;
    let imports = |name: &str| tokens.iter().any(|token| matches!(token, Token::Text(text) if text == name));
    let mut load = |value: Option<&Value>| match value {
        None => files.push(root.join(".env")),
        Some(value) => match path_of(value, root, folder, root) {
            Some(path) => files.push(path),
            None => unreadable = true,
        },
    };
    if ["dotenv/config", "dotenv/config.js", "@dotenvx/dotenvx/config"].iter().any(|name| imports(name)) {
        load(None);
    }
    if imports("dotenv") || imports("@dotenvx/dotenvx") {
        for call in calls(tokens, "config") {
            match call.first().map(|options| expression(options)) {
                Some(options @ Value::Object(_)) => match options.get("path") {
                    Some(Value::List(paths)) => paths.iter().for_each(|path| load(Some(path))),
                    path => load(path),
                },
                options => load(options.as_ref()),
            }
        }
    }
    for call in calls(tokens, "loadEnvFile") {
        load(call.first().map(|path| expression(path)).as_ref());
    }
    unreadable |=
        imports("@next/env") || imports("dotenv-flow") || imports("dotenv-flow/config") || imports("dotenv-cli");
    match (unreadable, files.is_empty()) {
        (true, _) => DotenvLoading::Unreadable,
        (false, true) => DotenvLoading::None,
        (false, false) => DotenvLoading::Files(files),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(source: &str) -> PrismaConfig {
        PrismaConfig::parse(source, Path::new("/app/config/prisma.config.ts"), Path::new("/app"), false)
    }

    #[test]
    fn reads_the_config_that_prisma_init_writes() {
        let config = parse(
            "// This file was generated by Prisma.\nimport \"dotenv/config\";\nimport { defineConfig, env } from \"prisma/config\";\n\n\
             export default defineConfig({\n  schema: \"prisma/schema.prisma\",\n  migrations: {\n    path: \"prisma/migrations\",\n    seed: `tsx prisma/seed.ts`,\n  },\n\
             \n  datasource: {\n    url: env(\"DATABASE_URL\"),\n    shadowDatabaseUrl: process.env.SHADOW_URL,\n  },\n});\n",
        );
        assert_eq!(config.schema, Some(ConfigPath::Known("/app/config/prisma/schema.prisma".into())));
        assert_eq!(config.migrations, Some(ConfigPath::Known("/app/config/prisma/migrations".into())));
        assert_eq!(config.url.as_ref().and_then(UrlReference::variable), Some("DATABASE_URL"));
        assert_eq!(config.shadow_database_url.as_ref().and_then(UrlReference::variable), Some("SHADOW_URL"));
        assert_eq!(config.dotenv, DotenvLoading::Files(vec!["/app/.env".into()]));
    }

    #[test]
    fn says_what_it_cannot_read() {
        let config = parse("export default defineConfig({ schema: schemaPath, datasource: { url: await secret() } })");
        assert_eq!(config.schema, Some(ConfigPath::Unreadable));
        assert!(matches!(config.url, Some(UrlReference::Unreadable)));
        assert!(matches!(parse("export default defineConfig({ datasource })").url, Some(UrlReference::Unreadable)));
        assert!(parse("export default defineConfig({})").url.is_none());
    }

    #[test]
    fn sees_how_env_files_are_loaded() {
        for (source, expected) in [
            ("import 'dotenv/config'", DotenvLoading::Files(vec!["/app/.env".into()])),
            ("import dotenv from 'dotenv'; dotenv.config()", DotenvLoading::Files(vec!["/app/.env".into()])),
            (
                "import { config } from 'dotenv'; config({ path: '.env.local' })",
                DotenvLoading::Files(vec!["/app/.env.local".into()]),
            ),
            (
                "require('dotenv').config({ path: ['.env.local', '.env'] })",
                DotenvLoading::Files(vec!["/app/.env.local".into(), "/app/.env".into()]),
            ),
            (
                "import d from 'dotenv'; d.config({ path: path.resolve(__dirname, '../.env') })",
                DotenvLoading::Files(vec!["/app/.env".into()]),
            ),
            ("process.loadEnvFile()", DotenvLoading::Files(vec!["/app/.env".into()])),
            ("process.loadEnvFile('./.env.dev')", DotenvLoading::Files(vec!["/app/.env.dev".into()])),
            ("import d from 'dotenv'; d.config({ path: `.env.${process.env.NODE_ENV}` })", DotenvLoading::Unreadable),
            ("import { loadEnvConfig } from '@next/env'", DotenvLoading::Unreadable),
            ("// import 'dotenv/config'", DotenvLoading::None),
            ("app.config({ path: '.env' })", DotenvLoading::None),
        ] {
            assert_eq!(parse(source).dotenv, expected, "{source}");
        }
    }
}
