//! `env show` on a database that answers.

use crate::fixture::{each_server, table};
use crate::project::Project;
use crate::support::servers::Kind;

#[test]
fn it_says_what_answered_and_which_environment_that_is() {
    for server in each_server() {
        let database = server.database();
        database.execute(table(server.kind));
        let (provider, product) = match server.kind {
            Kind::Postgres => ("postgresql", "PostgreSQL "),
            Kind::MariaDb => ("mysql", "MariaDB "),
        };
        let mut project = Project::new(provider);
        project.write(
            "prisma-safe.toml",
            "[env.a]\nkind = \"staging\"\nurl-env = \"X_URL\"\n[env.b]\nurl-env = \"X_URL\"\n",
        );
        project.hide_server(&database).set("X_URL", &database.url());
        let line = |run: &crate::project::Run, key: &str| {
            let found = run.stdout.lines().find_map(|line| line.trim_start().strip_prefix(key));
            found.map(|value| value.trim().to_owned())
        };

        let unmarked = project.run(&["env", "show", "a"]);
        assert_eq!((unmarked.code, unmarked.stderr.as_str()), (0, ""), "{}", unmarked.shown());
        assert!(line(&unmarked, "database").is_some_and(|value| value.starts_with(product)), "{}", unmarked.shown());
        assert_eq!(line(&unmarked, "marker").as_deref(), Some("none"));

        assert_eq!(project.run(&["env", "mark", "a", "--yes"]).code, 0);
        let marked = project.run(&["env", "show", "a"]);
        assert_eq!((line(&marked, "marker").as_deref(), marked.stderr.as_str()), (Some("a (staging)"), ""));

        let other = project.run(&["env", "show", "b"]);
        assert_eq!(other.code, 0, "{}", other.shown());
        insta::allow_duplicates! { insta::assert_snapshot!(other.stderr, @"
        warning: the database says that it is `a`, not `b`
        hint: correct the URL; or, if it really is `b`: `cargo prisma-safe env mark b --replace`
        ") };
        let json: serde_json::Value =
            serde_json::from_str(&project.run(&["env", "show", "b", "--format", "json"]).stdout).unwrap();
        assert_eq!(json["environments"][0]["database"]["marker"]["environment"], "a");
        assert_eq!(line(&project.run(&["env", "show", "b", "--offline"]), "marker"), None);
    }
}
