//! Prisma's CLI in every layout that package managers make. The shapes are those that npm 11, pnpm 10, Yarn 4 and bun make.
#![cfg(unix)]

use std::path::{Path, PathBuf};

use prisma_safe::error::Explain as _;
use prisma_safe::project::{FoundBy, Major, MajorKnownBy, PrismaCli, Project, ProjectError};
use prisma_safe::settings::Settings;

use crate::support::project::TestProject;

fn project(test: &TestProject, folder: &str) -> Result<Project, ProjectError> {
    let start = test.path(folder);
    Project::find(&start, &Settings::find(&start, None).expect("the settings of the test are good"))
}

fn prisma(test: &TestProject, folder: &str) -> Result<PrismaCli, ProjectError> {
    project(test, folder)?.prisma().cloned()
}

/// The words that start it after the program, relative to the project.
fn started(test: &TestProject, cli: &PrismaCli) -> String {
    let words: Vec<String> = cli.invocation[1..].iter().map(|word| word.to_string_lossy().into_owned()).collect();
    words.join(" ").replace(&format!("{}/", test.root().display()), "")
}

fn program(cli: &PrismaCli) -> &str {
    Path::new(&cli.invocation[0]).file_name().and_then(|name| name.to_str()).expect("a program has a name")
}

const PNPM_SHIM: &str = "#!/bin/sh\nbasedir=$(dirname \"$(echo \"$0\" | sed -e 's,\\\\,/,g')\")\n\nif [ -x \"$basedir/node\" ]; then\n  exec \"$basedir/node\"  \"$basedir/../.pnpm/prisma@6.19.3/node_modules/prisma/build/index.js\" \"$@\"\nelse\n  exec node  \"$basedir/../.pnpm/prisma@6.19.3/node_modules/prisma/build/index.js\" \"$@\"\nfi\n";

#[test]
fn npm_yarn_with_node_modules_and_bun() {
    let test = TestProject::with_prisma("7.10.1").link("node_modules/.bin/prisma", "../prisma/build/index.js");
    let cli = prisma(&test, "").unwrap();
    assert_eq!(
        (cli.version.to_string().as_str(), cli.major, cli.found_by),
        ("7.10.1", Major::Seven, FoundBy::NodeModules)
    );
    assert_eq!((program(&cli), started(&test, &cli).as_str()), ("node", "node_modules/prisma/build/index.js"));
    assert_eq!(cli.package_dir, Some(test.path("node_modules/prisma")));
}

#[test]
fn hoisted_to_the_workspace_root() {
    let test = TestProject::empty()
        .installed("node_modules/prisma", "6.19.3")
        .file("packages/db/package.json", "{}")
        .file("packages/db/prisma/schema.prisma", "datasource db {\n provider = \"sqlite\"\n url = env(\"X\")\n}\n");
    let found = project(&test, "packages/db/prisma").unwrap();
    assert_eq!(found.root, test.path("packages/db"), "Prisma runs in the package that owns the schema");
    assert_eq!(started(&test, found.prisma().unwrap()), "node_modules/prisma/build/index.js");
    // A package's own Prisma comes before the workspace's.
    let test = test.installed("packages/db/node_modules/prisma", "5.22.0");
    assert_eq!(prisma(&test, "packages/db").unwrap().major, Major::Five);
}

#[test]
fn pnpm_links_into_its_store() {
    let store = "node_modules/.pnpm/prisma@6.19.3/node_modules";
    let test = TestProject::empty()
        .sqlite_schema("6.19.3")
        .installed(&format!("{store}/prisma"), "6.19.3")
        .link("node_modules/prisma", ".pnpm/prisma@6.19.3/node_modules/prisma")
        .file("node_modules/.bin/prisma", PNPM_SHIM);
    let cli = prisma(&test, "").unwrap();
    assert_eq!(started(&test, &cli), format!("{store}/prisma/build/index.js"));
    assert_eq!(cli.package_dir, Some(test.path(&format!("{store}/prisma"))), "links are resolved");
}

#[test]
fn only_the_command_is_in_node_modules() {
    let store = "node_modules/.pnpm/prisma@6.19.3/node_modules/prisma";
    // pnpm's shell script.
    let test = TestProject::empty()
        .sqlite_schema("6.19.3")
        .installed(store, "6.19.3")
        .file("node_modules/.bin/prisma", PNPM_SHIM);
    assert_eq!(started(&test, &prisma(&test, "").unwrap()), format!("{store}/build/index.js"));
    // A link, as npm makes for a package that lies elsewhere.
    let test = TestProject::empty()
        .sqlite_schema("7.10.1")
        .installed("vendor/prisma", "7.10.1")
        .link("node_modules/.bin/prisma", "../../vendor/prisma/build/index.js");
    assert_eq!(started(&test, &prisma(&test, "").unwrap()), "vendor/prisma/build/index.js");
    // Windows' batch file.
    let batch = "@ECHO off\r\nendLocal & goto #_undefined_# 2>NUL || title %COMSPEC% & \"%_prog%\"  \"%dp0%\\..\\..\\vendor\\prisma\\build\\index.js\" %*\r\n";
    let test = TestProject::empty()
        .sqlite_schema("7.10.1")
        .installed("vendor/prisma", "7.10.1")
        .file("node_modules/.bin/prisma.cmd", batch);
    assert_eq!(started(&test, &prisma(&test, "").unwrap()), "vendor/prisma/build/index.js");
}

#[test]
fn yarn_plug_n_play_runs_through_yarn() {
    let pnp = "      [\"packageDependencies\", [\\\n          [\"prisma\", null],\\\n          [\"prisma\", \"virtual:0460f86c#npm:6.19.3\"]\\\n        ]]\n    [\"prisma\", [\\\n      [\"npm:6.19.3\", {\\\n";
    let test = TestProject::empty().sqlite_schema("6.19.3").file(".pnp.cjs", pnp);
    let found = project(&test, "").unwrap();
    assert_eq!((found.major, found.major_known_by), (Major::Six, MajorKnownBy::Installed));
    match found.prisma() {
        Ok(cli) => {
            assert_eq!((program(cli), started(&test, cli).as_str()), ("yarn", "prisma"));
            assert_eq!((cli.found_by, cli.package_dir.clone()), (FoundBy::YarnPnp, None));
        }
        // This machine has no Yarn: that is what must be said.
        Err(error) => assert_eq!(error.to_string(), "`yarn` is needed to start Prisma and is not on the PATH"),
    }
}

#[test]
fn a_command_of_the_settings_comes_first() {
    let test =
        TestProject::with_prisma("6.19.3").file("prisma-safe.toml", "[prisma]\ncommand = [\"sh\", \"prisma.sh\"]\n");
    let cli = prisma(&test, "").unwrap();
    assert_eq!((program(&cli), started(&test, &cli).as_str(), cli.major), ("sh", "prisma.sh", Major::Six));
    assert_eq!(cli.found_by, FoundBy::Settings);
    // Its version must be known; where no package says it, the settings do.
    let bare = TestProject::empty().sqlite_schema("6.19.3").file("prisma-safe.toml", "[prisma]\ncommand = [\"sh\"]\n");
    assert_eq!(prisma(&bare, "").unwrap_err().to_string(), "the version of Prisma behind `sh` is not known");
    let stated = bare.file("prisma-safe.toml", "[prisma]\ncommand = [\"sh\"]\nversion = \"6.16.0\"\n");
    assert_eq!(prisma(&stated, "").unwrap().version.to_string(), "6.16.0");
    let missing = stated.file("prisma-safe.toml", "[prisma]\ncommand = [\"no-such-program\"]\nversion = \"6.16.0\"\n");
    let error = prisma(&missing, "").unwrap_err();
    assert_eq!(error.to_string(), "`no-such-program` is needed to start Prisma and is not on the PATH");
}

#[test]
fn cargo_prisma_of_prisma_client_rust() {
    let test = TestProject::empty()
        .file("prisma/schema.prisma", "datasource db {\n provider = \"sqlite\"\n url = \"file:dev.db\"\n}\n")
        .file(".cargo/config.toml", "[alias]\nprisma = \"run -p prisma-cli --\"\n");
    let error = prisma(&test, "").unwrap_err();
    assert_eq!(error.to_string(), "the version of Prisma behind `cargo prisma` is not known");
    assert_eq!(error.hints(), ["say it: `version = \"6.19.3\"` under `[prisma]` in prisma-safe.toml"]);
    let test = test.file("prisma-safe.toml", "[prisma]\nversion = \"5.1.0\"\n");
    let cli = prisma(&test, "").unwrap();
    assert_eq!((program(&cli), started(&test, &cli).as_str()), ("cargo", "prisma"));
    assert_eq!((cli.found_by, cli.major), (FoundBy::CargoAlias, Major::Five));
}

#[test]
fn nothing_installed_names_the_command_that_installs() {
    for (lock, command) in [
        ("pnpm-lock.yaml", "pnpm install"),
        ("yarn.lock", "yarn install"),
        ("bun.lock", "bun install"),
        ("package-lock.json", "npm ci"),
        ("README.md", "npm install"),
    ] {
        let test = TestProject::empty().sqlite_schema("7.10.1").file(lock, "");
        // The project is there all the same: nothing but running Prisma needs it.
        let found = project(&test, "").unwrap();
        assert_eq!((found.major, found.major_known_by), (Major::Seven, MajorKnownBy::Declared));
        let error = found.prisma().unwrap_err();
        assert_eq!(error.to_string(), format!("Prisma is not installed for `{}`", test.root().display()));
        assert_eq!(error.hints()[0], format!("`{command}`"), "{lock}");
    }
}

#[test]
fn an_incomplete_install_is_told() {
    let test = TestProject::with_prisma("7.10.1");
    std::fs::remove_file(test.path("node_modules/prisma/build/index.js")).unwrap();
    let error = prisma(&test, "").unwrap_err();
    assert!(error.why().is_some_and(|why| why.ends_with("build/index.js` is missing; install again")), "{error}");
}

#[test]
fn the_major_is_guessed_from_the_shape_when_nobody_says_it() {
    let schema = |url: &str| format!("datasource db {{\n provider = \"sqlite\"\n {url}\n}}\n");
    let old = TestProject::empty().file("prisma/schema.prisma", &schema("url = env(\"X\")"));
    let new = TestProject::empty()
        .file("prisma/schema.prisma", &schema(""))
        .file("prisma.config.ts", "export default { datasource: { url: process.env.X } }");
    for (test, major) in [(old, Major::Six), (new, Major::Seven)] {
        let found = project(&test, "").unwrap();
        assert_eq!((found.major, found.major_known_by), (major, MajorKnownBy::Guessed));
        assert_eq!(found.urls.variables(), ["X"]);
    }
}

/// Schema and migrations, relative to the project.
fn places(test: &TestProject, folder: &str) -> (PathBuf, PathBuf) {
    let found = project(test, folder).expect("a project that can be read");
    let relative = |path: &Path| path.strip_prefix(test.root()).expect("a path in the project").to_owned();
    (relative(&found.schema.path), relative(&found.migrations_dir))
}

#[test]
fn schema_and_migrations_by_the_rules_of_each_major() {
    let datasource = "datasource db {\n provider = \"sqlite\"\n url = env(\"X\")\n}\n";
    let is = |test: &TestProject, schema: &str, migrations: &str| {
        assert_eq!(places(test, ""), (PathBuf::from(schema), PathBuf::from(migrations)));
    };
    // One file, in the two usual places; the one beside `package.json` first.
    let test = TestProject::empty().installed("node_modules/prisma", "6.19.3").file("prisma/schema.prisma", datasource);
    is(&test, "prisma/schema.prisma", "prisma/migrations");
    let test = test.file("schema.prisma", datasource);
    is(&test, "schema.prisma", "migrations");
    // `package.json`, before 7 only.
    let test =
        test.file("package.json", "{\"prisma\": {\"schema\": \"db/main.prisma\"}}").file("db/main.prisma", datasource);
    is(&test, "db/main.prisma", "db/migrations");
    let test = test.installed("node_modules/prisma", "7.10.1");
    is(&test, "schema.prisma", "migrations");
    // A config before both.
    let test = test.file("prisma.config.ts", "import path from 'node:path'\nexport default { schema: path.join('db', 'main.prisma'), migrations: { path: './sql' } }");
    is(&test, "db/main.prisma", "sql");
    // Settings before everything.
    let test = test.file("prisma-safe.toml", "[prisma]\nschema = \"schema.prisma\"\nmigrations = \"elsewhere\"\n");
    is(&test, "schema.prisma", "elsewhere");
    // 5 reads no config.
    let test = TestProject::empty()
        .installed("node_modules/prisma", "5.22.0")
        .file("prisma/schema.prisma", datasource)
        .file("prisma.config.ts", "export default { schema: 'nowhere' }");
    is(&test, "prisma/schema.prisma", "prisma/migrations");
}

#[test]
fn schemas_of_many_files() {
    let datasource = "datasource db {\n provider = \"mysql\"\n url = env(\"X\")\n}\n";
    // 5: `prisma/schema/`, migrations beside the file with the datasource, in either place.
    let test = TestProject::empty()
        .installed("node_modules/prisma", "5.22.0")
        .file("prisma/schema/base/db.prisma", datasource)
        .file("prisma/schema/user.prisma", "model User {\n id Int @id\n}\n")
        .file("prisma/schema/migrations/migration_lock.toml", "provider = \"mysql\"\ngarbage }{");
    assert_eq!(places(&test, ""), ("prisma/schema".into(), "prisma/schema/migrations".into()));
    let found = project(&test, "").unwrap();
    assert_eq!(found.schema.datasource_file, test.path("prisma/schema/base/db.prisma"));
    assert_eq!(found.sqlite_base_dir(), test.path("prisma/schema/base"));
    assert_eq!(found.lock_provider.as_deref(), Some("mysql"));
    assert_eq!(found.schema.files().unwrap().len(), 2);
    // 7: the config names the folder; migrations are in it unless the config says otherwise.
    let test = TestProject::empty()
        .installed("node_modules/prisma", "7.10.1")
        .file("prisma/db.prisma", "datasource db {\n provider = \"mysql\"\n}\n")
        .file("prisma.config.ts", "export default defineConfig({ schema: 'prisma' })");
    assert_eq!(places(&test, ""), ("prisma".into(), "prisma/migrations".into()));
    // Links that go round end somewhere.
    let test = test.link("prisma/loop", ".");
    assert_eq!(project(&test, "").unwrap().schema.datasource.unwrap().name, "db");
}

#[test]
fn a_config_that_is_named_moves_the_base() {
    let test = TestProject::empty()
        .installed("node_modules/prisma", "7.10.1")
        .file("package.json", "{}")
        .file("config/prisma.ts", "export default { schema: '../db/schema.prisma', datasource: { url: env('X') } }")
        .file("db/schema.prisma", "datasource db {\n provider = \"sqlite\"\n}\n")
        .file("prisma-safe.toml", "[prisma]\nconfig = \"config/prisma.ts\"\n");
    let found = project(&test, "").unwrap();
    assert_eq!(found.root, test.root());
    assert_eq!(found.sqlite_base_dir(), test.path("config"));
    assert_eq!(found.config_argument(), Some(test.path("config/prisma.ts").as_path()));
    assert_eq!(found.schema_argument(), None);
}
