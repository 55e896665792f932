//! What whole settings files become.

use std::path::Path;

use super::*;
use crate::environment::EnvironmentKind;

fn read(text: &str) -> Result<Settings, SettingsError> {
    Settings::from_toml(text, Path::new("/work/prisma-safe.toml"))
}

/// The complaints, one a line: where, what.
fn complaints(text: &str) -> String {
    match read(text) {
        Ok(_) => "none".to_owned(),
        Err(SettingsError::Invalid { problems }) => {
            let lines: Vec<String> = problems
                .iter()
                .map(|problem| format!("{}:{} {}", problem.line, problem.column, problem.message))
                .collect();
            lines.join("\n")
        }
        Err(other) => other.to_string(),
    }
}

#[test]
fn every_value_knows_its_line() {
    let settings = read(
        "dev-hosts = [\"devbox.lan\"]\n[prisma]\nschema = \"db/schema.prisma\"\ncommand = [\"pnpm\", \"exec\", \"prisma\"]\n\
         [env.dev]\nkind = \"dev\"\nurl-env = \"DATABASE_URL\"\n[env.production]\nurl-command = [\"op\", \"read\"]\nsoak = \"1d12h\"\n\
         [guard]\nungated-deploy = \"allow\"\n",
    )
    .unwrap();
    let line = |origin: &Origin| match origin {
        Origin::File { path, line } => {
            assert_eq!(path, Path::new("/work/prisma-safe.toml"));
            *line
        }
        other => panic!("{other}"),
    };
    let schema = settings.prisma.schema.unwrap();
    assert_eq!((schema.value.as_path(), line(&schema.origin)), (Path::new("/work/db/schema.prisma"), 3));
    assert_eq!(line(&settings.prisma.command.unwrap().origin), 4);
    let [dev, production] = settings.environments.as_slice() else { panic!("two environments") };
    assert_eq!((dev.kind.value, line(&dev.kind.origin), line(&dev.name.origin)), (EnvironmentKind::Dev, 6, 5));
    // No kind is not dev.
    assert_eq!((production.kind.value, &production.kind.origin), (EnvironmentKind::Unstated, &Origin::Default));
    assert_eq!(production.url.value, UrlSource::Command(vec!["op".to_owned(), "read".to_owned()]));
    assert_eq!(production.soak.as_ref().map(|soak| soak.value.as_secs()), Some(129_600));
    assert_eq!(
        (settings.guard.ungated_deploy.value, line(&settings.guard.ungated_deploy.origin)),
        (UngatedDeploy::Allow, 12)
    );
    assert_eq!(settings.guard.ungated_deploy.origin.to_string(), "set in /work/prisma-safe.toml:12");
    assert_eq!(settings.dev_hosts.origin(), Some("set in /work/prisma-safe.toml:1"));
}

#[test]
fn nothing_said_is_the_safe_default() {
    let settings = read("").unwrap();
    assert_eq!(settings.guard.ungated_deploy.value, UngatedDeploy::Refuse);
    assert_eq!(settings.environments, vec![EnvironmentSettings::implicit_dev()]);
    // Environments that are named replace the implicit one.
    let settings = read("[env.staging]\nurl-env = \"X\"\n").unwrap();
    assert!(settings.environment("dev").is_err());
}

#[test]
fn environments_cannot_wait_for_each_other_in_a_ring() {
    let environment =
        |name: &str, requires: &str| format!("[env.{name}]\nurl-env = \"X\"\nrequires = [\"{requires}\"]\n");
    assert_eq!(complaints(&environment("a", "a")), "3:12 `a` and `a` wait for each other");
    let ring = format!("{}{}{}", environment("a", "b"), environment("b", "c"), environment("c", "a"));
    assert_eq!(
        complaints(&ring),
        "3:12 `a` and `b` wait for each other\n6:12 `b` and `c` wait for each other\n9:12 `c` and `a` wait for each other"
    );
    // Beside a ring, and towards one, is not in it.
    let beside = format!("{}{}", environment("a", "b"), "[env.b]\nurl-env = \"X\"\n");
    assert_eq!(complaints(&beside), "none");
}

#[test]
fn what_an_environment_must_say() {
    for (text, expected) in [
        ("[env.dev]\nkind = \"dev\"\n", "none"),
        ("[env.staging]\nkind = \"staging\"\n", "1:6 [env.staging] does not say where its URL comes from"),
        ("[env.\"a b\"]\nurl-env = \"X\"\n", "1:6 `a b` cannot be the name of an environment"),
        ("[env.a]\nurl-env = \"\"\n", "2:11 `url-env` is empty"),
        ("[env.a]\nurl-command = []\n", "2:15 `url-command` is empty"),
        ("[env.a]\nurl-command = \"op read x\"\n", "2:15 `url-command` must be a list of strings, not string"),
        ("[env.a]\nurl-env = \"1X\"\n", "2:11 `url-env` must be the name of a variable"),
        ("env = 1\n", "1:7 `env` must be a table, not integer"),
        ("dev-hosts = [\"*.example.com\"]\n", "1:13 `dev-hosts` must name hosts: `*.example.com` is not one"),
    ] {
        assert_eq!(complaints(text), expected, "{text}");
    }
}

#[test]
fn levels_of_rules_in_every_form() {
    let settings = read(
        "[lint.rules]\nb = \"deny\"\na = { level = \"warn\", production = \"deny\", dev = \"allow\", paths = { \"2023*\" = \"allow\" } }\n",
    )
    .unwrap();
    let [b, a] = settings.lint.rules.as_slice() else { panic!("two rules, in the order of the file") };
    assert_eq!((b.slug.value.as_str(), b.level.as_ref().map(|level| level.value)), ("b", Some(Level::Deny)));
    assert_eq!(a.level.as_ref().map(|level| level.value), Some(Level::Warn));
    let kinds: Vec<_> = a.kinds.iter().map(|(kind, level)| (*kind, level.value)).collect();
    assert_eq!(kinds, [(EnvironmentKind::Dev, Level::Allow), (EnvironmentKind::Production, Level::Deny)]);
    assert_eq!((a.paths[0].0.value.as_str(), a.paths[0].1.value), ("2023*", Level::Allow));
    for (text, expected) in [
        ("[lint.rules]\na = \"error\"\n", "2:5 `a` cannot be `error`"),
        ("[lint.rules]\na = true\n", "2:5 `a` must be a string, not boolean"),
        ("[lint.rules]\na = {}\n", "2:1 `a` sets no level"),
        (
            "[lint.rules]\na = { levle = \"deny\" }\n",
            "2:1 `a` sets no level\n2:7 unknown key `levle` in [lint.rules.a]",
        ),
        ("[lint]\nrule = {}\n", "2:1 unknown key `rule` in [lint]"),
    ] {
        assert_eq!(complaints(text), expected, "{text}");
    }
}

#[test]
fn unknown_environments_name_the_nearest() {
    let settings = read("[env.staging]\nurl-env = \"X\"\n[env.production]\nurl-env = \"Y\"\n").unwrap();
    for (asked, meant) in
        [("prod", Some("production")), ("Staging", Some("staging")), ("stgaing", Some("staging")), ("qa", None)]
    {
        match settings.environment(asked) {
            Err(SettingsError::UnknownEnvironment { nearest, .. }) => assert_eq!(nearest.as_deref(), meant, "{asked}"),
            other => panic!("{asked}: {other:?}"),
        }
    }
}

#[test]
fn the_documentation_names_every_key() {
    let documentation = include_str!("../../docs/settings.md");
    for section in ["", "[prisma]\n", "[env.a]\nurl-env = \"X\"\n", "[guard]\n", "[lint]\n"] {
        let Err(SettingsError::Invalid { problems }) = read(&format!("{section}zzzzzz = 1\n")) else {
            panic!("{section}")
        };
        let help = problems.iter().find_map(|problem| problem.help.as_deref()?.strip_prefix("known keys: "));
        for key in help.expect("nothing is near to zzzzzz").split(", ") {
            assert!(
                documentation.contains(&format!("`{key}`")) || documentation.contains(&format!("[{key}")),
                "{section}{key}"
            );
        }
    }
}

proptest::proptest! {
    #[test]
    fn never_panics_and_always_points_into_the_file(text in "(?s)(\\[env\\.a\\]|\\[prisma\\]|\\[lint.rules\\]|\n|\r\n|kind|url-env|requires|soak| = |\"|'|\\[|\\]|\\{|\\}|,|é|1|dev|true|\t){0,30}") {
        if let Err(SettingsError::Invalid { problems }) = read(&text) {
            assert!(!problems.is_empty());
            for problem in problems {
                assert!(problem.line <= text.matches('\n').count() + 1);
                let _ = problem.to_string();
            }
        }
    }
}
