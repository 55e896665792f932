//! Finding the project, the schema and Prisma in every layout that package managers make.

use insta::assert_snapshot;

use crate::support::project::TestProject;

#[test]
fn nothing_here_and_hints_to_what_is_below() {
    assert_snapshot!(TestProject::empty().run(&["env", "list"]).all(), @r#"
    stderr:
    error: no Prisma schema found in `[ROOT]` or above it
    hint: name it: `schema = "path/to/schema.prisma"` under `[prisma]` in prisma-safe.toml
    exit code: 2
    "#);
    let monorepo = TestProject::empty()
        .file("packages/db/prisma/schema.prisma", "datasource db {\n  provider = \"sqlite\"\n}\n")
        .file("packages/db/node_modules/x/schema.prisma", "");
    assert_snapshot!(monorepo.run(&["env", "list"]).all(), @r#"
    stderr:
    error: no Prisma schema found in `[ROOT]` or above it
    hint: found `packages/db/prisma/schema.prisma`: add `--project packages/db`
    hint: or name it: `schema = "path/to/schema.prisma"` under `[prisma]` in prisma-safe.toml
    exit code: 2
    "#);
    assert_snapshot!(monorepo.run(&["env", "list", "--project", "nowhere"]).all(), @"
    stderr:
    error: there is no folder `nowhere`
    hint: correct `--project`
    exit code: 2
    ");
    let said = monorepo.variable("DATABASE_URL", "file:./a.db").run(&["env", "list", "--project", "packages/db"]);
    assert_snapshot!(said.all(), @"
    stdout:
    ENVIRONMENT  KIND  URL FROM            DATABASE
    dev          dev   not available here  neither the schema `packages/db/prisma/schema.prisma` nor a Prisma config says where the database is
    stderr:
    No settings: the project's own URL is `dev`. `cargo prisma-safe init` writes a prisma-safe.toml
    exit code: 0
    ");
}

#[test]
fn the_project_is_found_from_the_folders_below_it() {
    for folder in ["", "src/deep", "prisma", "prisma/migrations/20240101000000_x"] {
        let said = TestProject::with_prisma("6.19.3")
            .variable("DATABASE_URL", "file:./dev.db")
            .start_in(folder)
            .run(&["env", "list"]);
        assert!(said.stdout.contains("[ROOT]/prisma/dev.db"), "{folder}: {}", said.all());
    }
}

#[test]
fn a_prisma_that_is_not_supported_is_refused() {
    assert_snapshot!(TestProject::with_prisma("8.0.0-rc.19").run(&["env", "list"]).all(), @"
    stderr:
    error: Prisma 8.0.0-rc.19 is not supported; this tool knows 5, 6 and 7
    why: Prisma 8 migrates by another system, with other commands, files and tables, so this tool's checks would be blind
    hint: installed in `node_modules/prisma`
    hint: install a supported one: `npm install --save-dev prisma@7`
    exit code: 2
    ");
    assert_snapshot!(TestProject::with_prisma("4.16.2").run(&["env", "list"]).all(), @"
    stderr:
    error: Prisma 4.16.2 is not supported; this tool knows 5, 6 and 7
    why: its commands and tables differ from those that this tool was checked against
    hint: installed in `node_modules/prisma`
    hint: install a supported one: `npm install --save-dev prisma@7`
    exit code: 2
    ");
    let other = TestProject::with_prisma("7.10.1")
        .file("node_modules/prisma/package.json", "{\"name\": \"not-prisma\", \"version\": \"1.0.0\"}");
    assert_snapshot!(other.run(&["env", "list"]).all(), @"
    stderr:
    error: `node_modules/prisma/package.json` is not the package of Prisma's CLI
    why: its name is `not-prisma`
    hint: look at `node_modules/prisma/package.json`
    exit code: 2
    ");
}

#[test]
fn other_databases_are_refused() {
    for provider in ["cockroachdb", "mongodb"] {
        let project = TestProject::with_prisma("6.19.3");
        let schema = project.read("prisma/schema.prisma").replace("sqlite", provider);
        let said = project.file("prisma/schema.prisma", &schema).run(&["env", "list"]);
        assert_eq!(said.code, 2);
        assert!(said.stderr.contains(&format!("the provider `{provider}` is not supported")), "{}", said.all());
    }
    assert_snapshot!(TestProject::with_prisma("6.19.3").file("prisma/schema.prisma", "model A {\n id Int @id\n}\n").run(&["env", "list"]).all(), @r#"
    stderr:
    error: the schema `prisma/schema.prisma` has no `datasource` block with a provider
    why: what a migration does depends on the database it is for
    hint: add `datasource db { provider = "postgresql" }` to the schema, or name the schema's folder
    exit code: 2
    "#);
}

#[test]
fn schemas_that_are_named_must_exist() {
    let project =
        TestProject::with_prisma("7.10.1").file("prisma-safe.toml", "[prisma]\nschema = \"db/schema.prisma\"\n");
    assert_snapshot!(project.run(&["env", "list"]).all(), @"
    stderr:
    error: the schema `db/schema.prisma` does not exist
    why: it was set in prisma-safe.toml:2
    hint: correct the path where it is named
    exit code: 2
    ");
    let project = TestProject::with_prisma("7.10.1");
    let config = project.read("prisma.config.ts").replace("prisma/schema.prisma", "db");
    assert_snapshot!(project.file("prisma.config.ts", &config).run(&["env", "list"]).all(), @"
    stderr:
    error: the schema `db` does not exist
    why: it was named in `prisma.config.ts`
    hint: correct the path where it is named
    exit code: 2
    ");
    let config = config.replace("schema: \"db\"", "schema: schemaPath()");
    let project = TestProject::with_prisma("7.10.1").file("prisma.config.ts", &config);
    assert_snapshot!(project.run(&["env", "list"]).all(), @r#"
    stderr:
    error: the schema's path in `prisma.config.ts` can only be told by running it
    why: the tool does not run code of the project to find out what it is about
    hint: name it: `schema = "prisma/schema.prisma"` under `[prisma]` in prisma-safe.toml
    exit code: 2
    "#);
}
