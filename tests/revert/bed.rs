//! Projects with a history and migrations to prove.

use std::fmt::Write as _;

use serde_json::Value;

use crate::support::project::TestProject;

/// The name of the one migration of [`project`].
pub const LAST: &str = "20260102000000_last";

/// A project of that provider with these migrations: name, SQL, revert script (`None`: there is none).
pub fn project_of(provider: &str, migrations: &[(String, String, Option<String>)]) -> TestProject {
    let schema = format!("datasource db {{\n  provider = \"{provider}\"\n  url = env(\"DATABASE_URL\")\n}}\n");
    let project = TestProject::with_prisma("6.19.3")
        .file("prisma/schema.prisma", &schema)
        .file("prisma/migrations/migration_lock.toml", &format!("provider = \"{provider}\"\n"));
    migrations.iter().fold(project, |project, (name, sql, revert)| {
        let slug = name.split_once('_').map_or("", |(_, slug)| slug);
        let project = project.file(&format!("prisma/migrations/{name}/migration.sql"), sql);
        match revert {
            Some(revert) => project.file(&format!("prisma/migrations/{name}/revert_{slug}.sql"), revert),
            None => project,
        }
    })
}

/// An earlier migration and the one that is looked at.
pub fn project(provider: &str, earlier: &str, migration: &str, revert: Option<&str>) -> TestProject {
    let first = ("20260101000000_init".to_owned(), earlier.to_owned(), None);
    project_of(provider, &[first, (LAST.to_owned(), migration.to_owned(), revert.map(str::to_owned))])
}

/// What `verify` found, and the exit code.
pub fn verify(project: &TestProject, arguments: &[&str]) -> (Vec<Value>, i32) {
    let said = project.run(&[&["verify", "--format", "json"], arguments].concat());
    let document: Value = serde_json::from_str(&said.stdout).unwrap_or_else(|error| panic!("{error}: {}", said.all()));
    assert_eq!(document["schema_version"], 1);
    (document["migrations"].as_array().expect("an array").clone(), said.code)
}

/// One migration in a few lines: verdict, exit code, and everything that was found.
pub fn summary(project: &TestProject) -> String {
    let (found, code) = verify(project, &[]);
    assert_eq!(found.len(), 1);
    format!("{}exit code {code}", told(&found[0]))
}

/// What a report says of a migration.
pub fn told(found: &Value) -> String {
    let mut text = format!("{}\n", found["verdict"].as_str().expect("a word"));
    let list = |name: &str| found[name].as_array().expect("an array").clone();
    for difference in list("differences") {
        let _ = writeln!(text, "- {}", difference.as_str().expect("a sentence"));
    }
    for lost in list("data_lost") {
        let column = lost["column"].as_str().unwrap_or("whole rows");
        let _ = writeln!(
            text,
            "- lost {} {}: {} of {}",
            lost["table"].as_str().expect("a name"),
            column,
            lost["lost"],
            lost["of"]
        );
    }
    for table in list("data_not_proven") {
        let _ = writeln!(
            text,
            "- not proven {}: {}",
            table["table"].as_str().unwrap_or("*"),
            table["why"].as_str().expect("why")
        );
    }
    for note in list("notes") {
        let _ = writeln!(text, "- note: {}", note.as_str().expect("a sentence"));
    }
    text
}
