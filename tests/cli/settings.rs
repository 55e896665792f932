//! Settings: which count, and what is said about wrong ones.

use insta::assert_snapshot;

use crate::support::project::TestProject;

fn with_settings(text: &str) -> TestProject {
    TestProject::with_prisma("7.10.1").file(".env", "DATABASE_URL=file:./dev.db\n").file("prisma-safe.toml", text)
}

const TWO: &str = "[env.dev]\nkind = \"dev\"\nurl-env = \"DATABASE_URL\"\n\n[env.production]\nkind = \"production\"\nurl-env = \"PRODUCTION_DATABASE_URL\"\nrequires = [\"dev\"]\nsoak = \"24h\"\nlock-timeout = \"2s\"\n";

#[test]
fn everything_that_is_wrong_is_shown_on_its_line() {
    let project = with_settings(
        "dev-host = [\"db\"]\n\n[prisma]\nshema = \"x\"\n\n[env.dev]\nkind = \"developement\"\nurl-env = \"$DATABASE_URL\"\n\n\
         [env.production]\nkind = \"production\"\nurl = \"postgresql://u:hunter2@h/db\"\nsoak = 24\nrequires = [\"stagin\"]\n\n[env.staging]\nurl-env = \"STAGING\"\nurl-file = \"x\"\nlock-timeout = \"2\"\n",
    );
    assert_snapshot!(project.run(&["env", "list"]).all(), @r#"
    stderr:
    error: unknown key `dev-host` in the settings
     --> prisma-safe.toml:1:1
      |
    1 | dev-host = ["db"]
      | ^^^^^^^^
    unknown key `shema` in [prisma]
     --> prisma-safe.toml:4:1
      |
    4 | shema = "x"
      | ^^^^^
    `kind` cannot be `developement`
     --> prisma-safe.toml:7:8
      |
    7 | kind = "developement"
      |        ^^^^^^^^^^^^^^
    `url-env` must be the name of a variable
     --> prisma-safe.toml:8:11
      |
    8 | url-env = "$DATABASE_URL"
      |           ^^^^^^^^^^^^^^^
    unknown key `url` in [env.production]
      --> prisma-safe.toml:12:1
       |
    12 | url = "postgresql://…
       | ^^^
    `soak` must be a span of time such as "2s" or "24h", not integer
      --> prisma-safe.toml:13:8
       |
    13 | soak = 24
       |        ^^
    there is no environment `stagin`
      --> prisma-safe.toml:14:12
       |
    14 | requires = ["stagin"]
       |            ^^^^^^^^^^
    [env.staging] says more than once where its URL comes from
      --> prisma-safe.toml:16:6
       |
    16 | [env.staging]
       |      ^^^^^^^
    `2` has no unit
      --> prisma-safe.toml:19:16
       |
    19 | lock-timeout = "2"
       |                ^^^
    why: a setting that is not understood may be the one that protects production, so nothing runs
    hint: did you mean `dev-hosts`?
    hint: did you mean `schema`?
    hint: did you mean `dev`? one of `dev`, `preview`, `staging`, `production`
    hint: write the bare name, as in `url-env = "DATABASE_URL"`
    hint: URLs are never written in the settings: name a variable (`url-env`), a file (`url-file`) or a command (`url-command`)
    hint: did you mean `staging`?
    hint: keep one of `url-env`, `url-file`, `url-command`
    hint: write a number and a unit: `500ms`, `2s`, `15m`, `24h`, `7d`
    exit code: 2
    "#);
}

#[test]
fn a_file_that_is_not_toml_is_shown_where_it_breaks() {
    assert_snapshot!(with_settings("[env.dev\nkind = \"dev\"\n").run(&["env", "list"]).all(), @"
    stderr:
    error: this is not TOML: unclosed table, expected `]`
     --> prisma-safe.toml:1:9
      |
    1 | [env.dev
      |         ^
    why: a setting that is not understood may be the one that protects production, so nothing runs
    exit code: 2
    ");
    assert_snapshot!(with_settings("[env.dev]\nkind = \"dev\"\nkind = \"dev\"\n").run(&["env", "list"]).all(), @r#"
    stderr:
    error: this is not TOML: duplicate key
     --> prisma-safe.toml:3:1
      |
    3 | kind = "dev"
      | ^^^^
    why: a setting that is not understood may be the one that protects production, so nothing runs
    exit code: 2
    "#);
}

#[test]
fn no_secret_of_a_settings_file_is_ever_shown() {
    for text in [
        "[env.dev]\nurl = \"postgresql://u:hunter2@h/db\"\n",
        "[env.dev]\nurl-env = \"postgresql://u:hunter2@h/db\"\n",
        "[env.dev]\nurl-env = \"sqlserver://h;password=hunter2\"\n",
        "[env.dev]\nurl = \"postgresql://u:hunter2@h/db\n",
        "url postgresql://u:hunter2@h/db",
        "[prisma]\ncommand = [\"x\", \"postgresql://u:hunter2@h/db\"]\n",
    ] {
        let said = with_settings(text).run(&["env", "list"]);
        assert_eq!(said.code, 2, "{text}");
        assert!(!said.all().contains("hunter2"), "{text}: {}", said.all());
    }
}

#[test]
fn files_that_are_no_text_are_told_as_such() {
    let project = TestProject::with_prisma("7.10.1");
    let utf16: Vec<u8> = "\u{feff}[env.dev]".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_snapshot!(project.bytes("prisma-safe.toml", &utf16).run(&["env", "list"]).all(), @"
    stderr:
    error: the settings file `prisma-safe.toml` is not UTF-8 (line 1)
    why: without its settings the tool cannot tell production from a developer's database
    hint: it looks like UTF-16: save it as UTF-8
    exit code: 2
    ");
    let latin = b"# first\nschema = \"caf\xe9\"\n";
    assert_snapshot!(TestProject::empty().bytes("prisma-safe.toml", latin).run(&["env", "list"]).all(), @"
    stderr:
    error: the settings file `prisma-safe.toml` is not UTF-8 (line 2)
    why: without its settings the tool cannot tell production from a developer's database
    hint: save it as UTF-8
    exit code: 2
    ");
    let huge = "#".repeat(2 * 1024 * 1024);
    assert_snapshot!(TestProject::empty().file("prisma-safe.toml", &huge).run(&["env", "list"]).all(), @"
    stderr:
    error: the settings file `prisma-safe.toml` is larger than 1 MiB
    why: without its settings the tool cannot tell production from a developer's database
    hint: is this the right file? settings have a few dozen lines
    exit code: 2
    ");
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_do_no_harm() {
    let text = format!("\u{feff}{}", TWO.replace('\n', "\r\n"));
    let said = with_settings(&text).run(&["env", "list"]);
    assert_eq!(said, with_settings(TWO).run(&["env", "list"]));
    assert_eq!(said.code, 0);
    let wrong = "\u{feff}[env.dev]\r\nkimd = \"dev\"\r\nurl-env = \"DATABASE_URL\"\r\n";
    assert_snapshot!(with_settings(wrong).run(&["env", "list"]).all(), @r#"
    stderr:
    error: unknown key `kimd` in [env.dev]
     --> prisma-safe.toml:2:1
      |
    2 | kimd = "dev"
      | ^^^^
    why: a setting that is not understood may be the one that protects production, so nothing runs
    hint: did you mean `kind`?
    exit code: 2
    "#);
}

#[test]
fn the_nearest_file_upwards_counts_and_a_named_one_before_it() {
    let project = with_settings(TWO)
        .file("other.toml", "[env.other]\nurl-env = \"DATABASE_URL\"\n")
        .variable("DATABASE_URL", "file:./dev.db")
        .start_in("src/deep");
    assert_snapshot!(project.run(&["env", "list"]).all(), @"
    stdout:
    ENVIRONMENT  KIND        URL FROM                                    DATABASE
    dev          dev         DATABASE_URL, from the process environment  file:[ROOT]/dev.db
    production   production  not available here                          `PRODUCTION_DATABASE_URL`, the URL of `production`, is not set
    exit code: 0
    ");
    assert_snapshot!(project.run(&["env", "list", "--config", "../../other.toml"]).all(), @"
    stdout:
    ENVIRONMENT  KIND      URL FROM                                    DATABASE
    other        unstated  DATABASE_URL, from the process environment  file:[ROOT]/dev.db
    exit code: 0
    ");
    let by_variable = with_settings(TWO).variable("PRISMA_SAFE_CONFIG", "missing.toml");
    assert_snapshot!(by_variable.run(&["env", "list"]).all(), @"
    stderr:
    error: there is no settings file `missing.toml`
    why: going on without it would take every database for one without a policy
    hint: correct `PRISMA_SAFE_CONFIG`, or leave it out to use the nearest `prisma-safe.toml`
    exit code: 2
    ");
    assert_snapshot!(by_variable.run(&["env", "list", "--config", "nor-this.toml"]).all(), @"
    stderr:
    error: there is no settings file `nor-this.toml`
    why: going on without it would take every database for one without a policy
    hint: correct `--config`, or leave it out to use the nearest `prisma-safe.toml`
    exit code: 2
    ");
    let empty = with_settings(TWO).variable("PRISMA_SAFE_CONFIG", "");
    assert_eq!(empty.run(&["env", "list"]).code, 0);
}

#[test]
fn cargo_metadata_counts_where_there_is_no_file() {
    let workspace = "[workspace]\nmembers = [\"api\"]\nresolver = \"3\"\n\n[workspace.metadata.prisma-safe.env.dev]\nkind = \"dev\"\nurl-env = \"DATABASE_URL\"\nlock-timeout = \"2s\"\n";
    let member = "[package]\nname = \"api\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";
    let project = TestProject::with_prisma("7.10.1")
        .file(".env", "DATABASE_URL=file:./dev.db\n")
        .file("Cargo.toml", workspace)
        .file("api/Cargo.toml", member)
        .file("api/src/lib.rs", "");
    assert_snapshot!(project.run(&["env", "show", "dev"]).all(), @"
    stdout:
    dev
      kind          dev, set in Cargo.toml (workspace.metadata.prisma-safe.env.dev.kind)
      url           file:[ROOT]/dev.db
                    DATABASE_URL, from .env
      database      there is no database at file:[ROOT]/dev.db: the file `[ROOT]/dev.db` does not exist
      lock-timeout  2s, set in Cargo.toml (workspace.metadata.prisma-safe.env.dev.lock-timeout)
    exit code: 0
    ");
    // A package's own table comes before the workspace's.
    let project = project
        .file(
            "api/Cargo.toml",
            &format!("{member}\n[package.metadata.prisma-safe.env.mine]\nurl-env = \"DATABASE_URL\"\n"),
        )
        .variable("DATABASE_URL", "file:./dev.db")
        .start_in("api");
    assert_snapshot!(project.run(&["env", "list"]).all(), @"
    stdout:
    ENVIRONMENT  KIND      URL FROM                                    DATABASE
    mine         unstated  DATABASE_URL, from the process environment  file:[ROOT]/dev.db
    exit code: 0
    ");
    let project = project
        .file("api/Cargo.toml", &format!("{member}\n[package.metadata.prisma-safe.env.mine]\nkind = \"prod\"\n"));
    assert_snapshot!(project.run(&["env", "list"]).all(), @r#"
    stderr:
    error: [package.metadata.prisma-safe.env.mine] does not say where its URL comes from
     --> Cargo.toml:6:35
      |
    6 | [package.metadata.prisma-safe.env.mine]
      |                                   ^^^^
    `kind` cannot be `prod`
     --> Cargo.toml:7:8
      |
    7 | kind = "prod"
      |        ^^^^^^
    why: a setting that is not understood may be the one that protects production, so nothing runs
    hint: add `url-env = "MINE_DATABASE_URL"`
    hint: did you mean `production`? one of `dev`, `preview`, `staging`, `production`
    exit code: 2
    "#);
    let project = project.file("api/Cargo.toml", "[package]\nname = \"api\"\n# prisma-safe\nversion = 1\n");
    let said = project.run(&["env", "list"]);
    assert_eq!(said.code, 2);
    assert!(
        said.stderr.starts_with("error: `Cargo.toml` mentions `prisma-safe`, and Cargo cannot read it\n"),
        "{}",
        said.stderr
    );
}

#[test]
fn a_manifest_can_be_named_as_the_settings() {
    let manifest = "[package]\nname = \"api\"\nversion = \"0.1.0\"\n\n[package.metadata.prisma-safe.env.named]\nurl-env = \"DATABASE_URL\"\n";
    let project = with_settings(TWO).file("api/Cargo.toml", manifest);
    assert!(project.run(&["env", "list", "--config", "api/Cargo.toml"]).stdout.contains("\nnamed "));
}
