//! `env mark` as a user sees it.

use crate::fixture::{SQLITE_TABLE, each_server, open, table};
use crate::project::Project;
use crate::support::servers::{self, Kind, TestDatabase};

const SETTINGS: &str = "[env.dev]\nkind = \"dev\"\nurl-env = \"DEV_URL\"\n\
    [env.rehearsal]\nkind = \"staging\"\nurl-env = \"REHEARSAL_URL\"\n\
    [env.production]\nkind = \"production\"\nurl-env = \"PRODUCTION_URL\"\n";

fn project(database: &TestDatabase) -> Project {
    let mut project = Project::new(match database.server.kind {
        Kind::Postgres => "postgresql",
        Kind::MariaDb => "mysql",
    });
    project.write("prisma-safe.toml", SETTINGS);
    project.hide_server(database).set("PRODUCTION_URL", &database.url()).set("REHEARSAL_URL", &database.url());
    project
}

fn mark_of(database: &TestDatabase) -> Option<String> {
    open(&database.url()).expect("it answers").marker().expect("readable").map(|marker| marker.environment)
}

#[test]
fn from_the_first_mark_to_a_replaced_one() {
    for server in each_server() {
        let database = server.database();
        let project = project(&database);
        let mut said = Vec::new();
        let mut run = |arguments: &[&str]| {
            let run = project.run(arguments);
            said.push(format!("$ {}\n{}", arguments.join(" "), run.shown()));
        };
        run(&["env", "mark", "production", "--yes"]);
        database.execute(table(server.kind));
        run(&["env", "mark", "production"]);
        assert_eq!(mark_of(&database), None, "nothing was decided silently");
        run(&["env", "mark", "production", "--yes"]);
        assert_eq!(mark_of(&database).as_deref(), Some("production"));
        run(&["env", "mark", "--env", "production"]);
        run(&["env", "mark", "rehearsal", "--yes"]);
        assert_eq!(mark_of(&database).as_deref(), Some("production"), "and it stays");
        run(&["env", "mark", "rehearsal", "--yes", "--replace"]);
        assert_eq!(mark_of(&database).as_deref(), Some("rehearsal"));
        let text =
            said.join("\n").replace("postgresql://[SERVER]", "[DATABASE]").replace("mysql://[SERVER]", "[DATABASE]");
        insta::allow_duplicates! { insta::assert_snapshot!(text, @r"
        $ env mark production --yes
        exit 5
        --- stdout
        --- stderr
        error: [DATABASE] has no table `_prisma_migrations` to carry the mark
        why: the mark is a comment on that table, and Prisma makes the table in the first deploy
        hint: deploy first: the first gated deploy sets the mark by itself

        $ env mark production
        exit 2
        --- stdout
        --- stderr
        error: this needs an answer, and there is no terminal to ask on: mark [DATABASE] as `production`? Type `production` to do it
        why: in a script nothing is decided silently
        hint: add `--yes` to answer it in a script

        $ env mark production --yes
        exit 0
        --- stdout
        --- stderr
              Marked [DATABASE] as `production`, in the comment of `_prisma_migrations`

        $ env mark --env production
        exit 0
        --- stdout
        --- stderr
        [DATABASE] carries the mark of `production` already

        $ env mark rehearsal --yes
        exit 3
        --- stdout
        --- stderr
        error: [DATABASE] says that it is `production`, not `rehearsal`
        why: the URL may point at the wrong database, or this one was copied from there; a mark that is gone protects nothing
        hint: check the URL: `cargo prisma-safe env show rehearsal`
        hint: if it really is `rehearsal`: `cargo prisma-safe env mark rehearsal --replace`

        $ env mark rehearsal --yes --replace
        exit 0
        --- stdout
        --- stderr
              Marked [DATABASE] as `rehearsal` (staging), in the comment of `_prisma_migrations`
        before, it said `production`
        "); }
    }
}

#[test]
fn on_a_terminal_production_wants_its_name_typed() {
    let Some(server) = servers::postgres() else { return };
    for (typed, marked) in [("prod", None), ("production", Some("production"))] {
        let database = server.database();
        database.execute(table(Kind::Postgres));
        let project = project(&database);
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_cargo-prisma-safe"));
        command.args(["env", "mark", "production"]).current_dir(project.root()).env("PRODUCTION_URL", database.url());
        let mut terminal = rexpect::session::spawn_command(command, Some(20_000)).expect("it starts");
        terminal.exp_string("Type `production` to do it").expect("it asks");
        terminal.send_line(typed).expect("it reads");
        terminal.exp_eof().expect("it ends");
        assert_eq!(mark_of(&database).as_deref(), marked);
    }
}

#[test]
fn sqlite_needs_none() {
    let mut project = Project::new("sqlite");
    project.write("prisma-safe.toml", SETTINGS);
    project.sqlite("prisma/production.db", SQLITE_TABLE);
    project.set("PRODUCTION_URL", "file:./production.db");
    insta::assert_snapshot!(project.run(&["env", "mark", "production"]).shown(), @r"
    exit 0
    --- stdout
    --- stderr
    `production` at file:[ROOT]/prisma/production.db needs no mark, and none was written
    SQLite has no comments on tables; the file's real path is its identity
    ");
}

#[test]
fn what_belongs_to_another_environment_is_not_marked_as_dev() {
    let Some(server) = servers::postgres() else { return };
    let database = server.database();
    database.execute(table(Kind::Postgres));
    let mut project = project(&database);
    project.set("DEV_URL", &database.socket_url());
    project.hide(server.socket.display().to_string(), "[SOCKET]").hide(database.name.clone(), "[NAME]");
    insta::assert_snapshot!(project.run(&["env", "mark", "dev", "--yes", "--replace"]).shown(), @r"
    exit 3
    --- stdout
    --- stderr
    error: `dev` (postgresql:///[NAME]?host=[SOCKET]) is not proven to be a developer's own database: its URL (DEV_URL, from the process environment) may mean, because a unix socket and a port of this machine can lead to one server, the database of `rehearsal`, kind staging (set in prisma-safe.toml:6): postgresql://[SERVER]
    why: what is unknown is never safe: it may be the database that others live on; nothing was changed
    hint: see which URL comes from where: `cargo prisma-safe env show dev` and `cargo prisma-safe env show rehearsal`
    ");
    project.set("REHEARSAL_URL", "").set("PRODUCTION_URL", "");
    assert_eq!(project.run(&["env", "mark", "dev", "--yes"]).code, 0);
    assert_eq!(mark_of(&database).as_deref(), Some("dev"));
}
