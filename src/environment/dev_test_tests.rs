//! The table of `tests/support/dev_test_table.rs` through the pure function.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use super::dev_hosts::DevHosts;
use super::dev_test::{DevClaim, MarkerLookup, OtherEnvironment, OtherUrl, StatedUrl, prove_dev};
use super::url::{DatabaseUrl, UrlError};
use super::{EnvironmentKind, Marker};
use crate::error::Error;
use crate::exit_code::ExitCode;
use crate::project::Provider;

#[path = "../../tests/support/dev_test_table.rs"]
mod table;

use table::{Answer, Expect, PASSING, REFUSED, Row, Setup};

/// What came of a row: `pass`, `refused: <slug>` or `bad url`, and the whole report.
struct Outcome {
    expect: String,
    report: String,
}

fn set_up(row: &Row, dir: &Path) {
    for item in row.setup {
        match item {
            Setup::File(path) => fs::write(dir.join(path), "").unwrap(),
            Setup::Folder(path) => fs::create_dir(dir.join(path)).unwrap(),
            Setup::HardLink(path, target) => fs::hard_link(dir.join(target), dir.join(path)).unwrap(),
            #[cfg(unix)]
            Setup::SymbolicLink(path, target) => std::os::unix::fs::symlink(target, dir.join(path)).unwrap(),
            #[cfg(windows)]
            Setup::SymbolicLink(path, target) => {
                std::os::windows::fs::symlink_file(dir.join(target), dir.join(path)).unwrap()
            }
        }
    }
}

/// Reads a row's settings as far as the dev test is concerned; the real reader has its own tests.
fn evaluate(row: &Row) -> Outcome {
    let temporary = tempfile::tempdir().unwrap();
    let dir = temporary.path();
    set_up(row, dir);
    let here = |text: &str| text.replace("{dir}", dir.to_str().unwrap());
    let variables: HashMap<&str, String> = row.variables.iter().map(|(name, value)| (*name, here(value))).collect();
    let provider = Provider::from_prisma(row.provider).unwrap();
    let parse = |text: &str| DatabaseUrl::parse(Some(provider), text, dir);
    let settings: toml::Table = here(row.settings).parse().unwrap();
    let environments = settings["env"].as_table().unwrap();
    let kind = |name: &str| {
        let word = environments[name].get("kind").and_then(toml::Value::as_str);
        word.map_or(EnvironmentKind::Unstated, |word| EnvironmentKind::from_word(word).unwrap())
    };
    let variable = |name: &str, key: &str| environments[name].get(key).and_then(toml::Value::as_str);
    let entries: Vec<&str> = settings
        .get("dev-hosts")
        .and_then(toml::Value::as_array)
        .map(|hosts| hosts.iter().map(|host| host.as_str().unwrap()).collect())
        .unwrap_or_default();
    let dev_hosts = DevHosts::parse(&entries, Some("prisma-safe.toml:1".to_owned())).unwrap();

    let others: Vec<OtherEnvironment> = environments
        .keys()
        .filter(|name| *name != row.environment)
        .flat_map(|name| ["url-env", "direct-url-env"].map(|key| (name, variable(name, key))))
        .filter_map(|(name, variable)| Some((name, variable?)))
        .map(|(name, variable)| OtherEnvironment {
            name: name.clone(),
            kind: kind(name),
            origin: Some(format!("`{variable}`")),
            url: match variables.get(variable).map(|text| parse(text)) {
                None => OtherUrl::NotHere(format!("`{variable}` is not set")),
                Some(Ok(url)) => OtherUrl::Known(Box::new(url)),
                Some(Err(problem)) => OtherUrl::Unreadable(problem.to_string()),
            },
        })
        .collect();

    let bad_url = |problem: UrlError| Outcome { expect: "bad url".to_owned(), report: Error::from(problem).report() };
    let main = variable(row.environment, "url-env").unwrap();
    let url = match parse(row.written_in_config.unwrap_or_else(|| &variables[main])) {
        Ok(url) => url,
        Err(problem) => return bad_url(problem),
    };
    let side = |name: &str| variables.get(name).map(|text| parse(text).unwrap());
    let (direct, shadow) = (side("DIRECT_URL"), side("SHADOW_DATABASE_URL"));
    let schemas: Vec<String> = row.schemas.iter().map(|schema| (*schema).to_owned()).collect();
    let claim = DevClaim {
        environment: row.environment,
        kind: kind(row.environment),
        kind_origin: Some("set in prisma-safe.toml:2"),
        url: StatedUrl { url: &url, origin: Some(main) },
        direct: direct.as_ref().map(|url| StatedUrl { url, origin: Some("DIRECT_URL") }),
        shadow: shadow.as_ref().map(|url| StatedUrl { url, origin: Some("SHADOW_DATABASE_URL") }),
        schemas: &schemas,
        others: &others,
        dev_hosts: &dev_hosts,
    };
    let marker = match row.answer {
        Answer::Comment(text) => Marker::parse(text).map_or(MarkerLookup::None, MarkerLookup::Found),
        Answer::NoMark => MarkerLookup::None,
        Answer::Nothing => MarkerLookup::Unanswered("connection refused".to_owned()),
        Answer::NoDatabase => MarkerLookup::NoDatabase,
    };
    match prove_dev(&claim, &marker) {
        Ok(proof) => {
            assert!(proof.covers(claim.migrated().url), "{}", row.name);
            Outcome { expect: "pass".to_owned(), report: proof.not_compared().join(", ") }
        }
        Err(refusal) => {
            let expect = format!("refused: {}", refusal.reason.slug());
            let error = Error::from(refusal);
            assert_eq!(error.exit_code(), ExitCode::Refused);
            Outcome { expect, report: error.report() }
        }
    }
}

fn wanted(row: &Row) -> String {
    match row.expect {
        Expect::Pass => "pass".to_owned(),
        Expect::Refused(slug) => format!("refused: {slug}"),
        Expect::BadUrl => "bad url".to_owned(),
    }
}

#[test]
fn every_row_of_the_table_ends_as_it_says() {
    let wrong: Vec<String> = REFUSED
        .iter()
        .chain(PASSING)
        .filter_map(|row| {
            let outcome = evaluate(row);
            let expected = wanted(row);
            (outcome.expect != expected)
                .then(|| format!("{}: expected {expected}, got {}\n{}", row.name, outcome.expect, outcome.report))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_table_keeps_its_promise() {
    assert!(REFUSED.len() >= 60 && PASSING.len() >= 15, "{} refused, {} passing", REFUSED.len(), PASSING.len());
    assert!(REFUSED.iter().all(|row| row.expect != Expect::Pass));
    assert!(PASSING.iter().all(|row| row.expect == Expect::Pass));
    let names: std::collections::HashSet<_> = REFUSED.iter().chain(PASSING).map(|row| row.name).collect();
    assert_eq!(names.len(), REFUSED.len() + PASSING.len(), "two rows have one name");
}

#[test]
fn every_reason_says_what_why_and_what_next() {
    let mut seen = std::collections::BTreeMap::new();
    for row in REFUSED {
        let outcome = evaluate(row);
        assert!(outcome.report.contains("\nwhy: ") && outcome.report.contains("\nhint: "), "{}", outcome.report);
        seen.entry(outcome.expect).or_insert(outcome.report);
    }
    let all: Vec<String> = seen.into_iter().map(|(reason, report)| format!("[{reason}]\n{report}")).collect();
    insta::assert_snapshot!(all.join("\n"), @r#"
    [bad url]
    error: the database URL names several hosts
    why: Prisma connects to exactly one host; which of them would be migrated could not be told
    hint: name the primary alone

    [refused: direct-elsewhere]
    error: `dev` (postgresql://localhost:5432/other) is not proven to be a developer's own database: `url` and `directUrl` mean two databases: postgresql://localhost:6432/app and postgresql://localhost:5432/other
    why: Migrate empties the one while the application uses the other; nothing was changed
    hint: let both mean one database: `cargo prisma-safe env show dev` says where each comes from

    [refused: encoded-name]
    error: `dev` (postgresql://localhost:5432/app) is not proven to be a developer's own database: its URL writes the database's name `app` percent-encoded, which not all versions of Prisma decode
    why: the database that was checked must be the one that Prisma empties; nothing was changed
    hint: name the database with letters, digits and `_` only

    [refused: host]
    error: `dev` (postgresql://other.example.com:5432/app) is not proven to be a developer's own database: its `directUrl` leads to `other.example.com`, which is neither this machine nor listed in `dev-hosts` (prisma-safe.toml:1)
    why: only a database on your own machine, or on a host that the team listed, is taken for one of your own; nothing was changed
    hint: if it is really yours, add the host to `dev-hosts` in prisma-safe.toml; that change is reviewed like any other

    [refused: kind]
    error: `production` (postgresql://localhost:5432/app) is not proven to be a developer's own database: its kind is `production` (set in prisma-safe.toml:2)
    why: what stands in it belongs to others and would be lost; nothing was changed
    hint: to undo a migration here: `cargo prisma-safe resolve`, then a corrective migration

    [refused: marked]
    error: `dev` (postgresql://localhost:5433/app) is not proven to be a developer's own database: it carries the mark of `production`, kind production
    why: what stands in it belongs to others and would be lost; nothing was changed
    hint: see where the URL comes from: `cargo prisma-safe env show dev`
    hint: a mark travels with dumps: if this is your own copy, say so with `cargo prisma-safe env mark dev`

    [refused: maybe-same-database]
    error: `dev` (postgresql:///app?host=/run/postgresql) is not proven to be a developer's own database: its URL (DATABASE_URL) may mean, because a unix socket and a port of this machine can lead to one server, the database of `production`, kind production (`PRODUCTION_DATABASE_URL`): postgresql://localhost:5432/app
    why: what is unknown is never safe: it may be the database that others live on; nothing was changed
    hint: see which URL comes from where: `cargo prisma-safe env show dev` and `cargo prisma-safe env show production`

    [refused: no-name]
    error: `dev` (postgresql://localhost:5432/postgres) is not proven to be a developer's own database: its URL names no database
    why: the database that was checked must be the one that Prisma empties; nothing was changed
    hint: add the database's name to the URL, behind the host: `…:5432/name`

    [refused: other-unreadable]
    error: `dev` (postgresql://localhost:5432/app) is not proven to be a developer's own database: it cannot be compared with `production` (`PRODUCTION_DATABASE_URL`), whose URL cannot be read: the database URL cannot be read: after the host comes no port number; often a `:`, `/`, `?` or `#` in the password is not encoded
    why: what is unknown is never safe: it may be the database that others live on; nothing was changed
    hint: correct the URL of `production`: `cargo prisma-safe env show production` says where it comes from

    [refused: prisma-cloud]
    error: `dev` (prisma+postgres://accelerate.prisma-data.net) is not proven to be a developer's own database: its URL leads to Prisma's cloud, where the key and not the host picks the database
    why: only a database on your own machine, or on a host that the team listed, is taken for one of your own; nothing was changed
    hint: for a database of your own run `prisma dev` and use the URL that it prints

    [refused: same-database]
    error: `dev` (postgresql://prod.example.com:5432/app) is not proven to be a developer's own database: its URL (DATABASE_URL) means the database of `production`, kind production (`PRODUCTION_DATABASE_URL`): postgresql://prod.example.com:5432/app
    why: what stands in it belongs to others and would be lost; nothing was changed
    hint: see which URL comes from where: `cargo prisma-safe env show dev` and `cargo prisma-safe env show production`

    [refused: shadow-is-target]
    error: `dev` (postgresql://localhost:5432/app) is not proven to be a developer's own database: its shadow database (SHADOW_DATABASE_URL) is, or may be, the database itself
    why: Prisma empties the shadow database without asking; nothing was changed
    hint: give the shadow database a database of its own, or remove its URL: Prisma then makes one for each run

    [refused: shared-host]
    error: `dev` (postgresql://db.prisma.io:5432/app) is not proven to be a developer's own database: its URL leads to `db.prisma.io`, where many databases answer and only the user tells them apart
    why: only a database on your own machine, or on a host that the team listed, is taken for one of your own; nothing was changed
    hint: use the direct URL, whose host belongs to the one database; then that host can be listed in `dev-hosts`

    [refused: system-database]
    error: `dev` (postgresql://localhost:5432/template1) is not proven to be a developer's own database: its URL means `template1`, which belongs to PostgreSQL itself
    why: the server, and every database on it, depends on it; nothing was changed
    hint: make a database for the application, and name it in the URL

    [refused: unanswered]
    error: `dev` (postgresql://localhost:5432/app) is not proven to be a developer's own database: it did not say what it is: connection refused
    why: a tunnel to production looks like a local database until it is asked; nothing was changed
    hint: start the database, then check: `cargo prisma-safe env show dev`
    "#);
}
