//! Every rule against its own examples, and against those of all others. See `src/rules/README.md`.

#[path = "../support/mod.rs"]
mod support;

#[allow(dead_code, reason = "`tests/database` executes the examples, too")]
mod case;
mod corpus;
mod docs;
mod fixes;
mod registry;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use prisma_safe::project::Provider;
use prisma_safe::rules;

use case::Case;

pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rules")
}

/// `bad` or `good` files of a rule's folder with their provider.
pub(crate) fn examples(slug: &str, which: &str) -> Vec<(Provider, PathBuf)> {
    let mut found = Vec::new();
    for provider in Provider::ALL {
        let path = folder().join(slug).join(format!("{which}.{provider}.sql"));
        if path.is_file() {
            found.push((provider, path));
        }
    }
    found
}

/// The finding is shown as its author has to see it: place, underlined text, every sentence, and what its fix makes of the file.
#[test]
fn every_bad_example_is_found() {
    let mut silent = Vec::new();
    for rule in rules::all() {
        for (provider, path) in examples(rule.slug, "bad") {
            let case = Case::read(provider, &path);
            let found = case.check();
            let own: Vec<_> = found.iter().filter(|(by, _)| by.slug == rule.slug).collect();
            if own.is_empty() {
                silent.push(format!("{} on {provider}", rule.slug));
                continue;
            }
            for (_, finding) in &own {
                case.assert_well_formed(rule, finding);
            }
            let text = own.iter().map(|(rule, finding)| case.show(rule, finding)).collect::<Vec<_>>().join("\n");
            let mut settings = insta::Settings::clone_current();
            settings.set_snapshot_path(folder().join(rule.slug));
            settings.set_prepend_module_to_snapshot(false);
            settings.set_omit_expression(true);
            settings.bind(|| insta::assert_snapshot!(format!("bad.{provider}"), text));
        }
    }
    assert!(silent.is_empty(), "these rules do not find their own bad.sql: {silent:#?}");
}

#[test]
fn every_good_example_is_clean_under_all_rules() {
    let mut alarms = Vec::new();
    for rule in rules::all() {
        for (provider, path) in examples(rule.slug, "good") {
            let case = Case::read(provider, &path);
            for (by, finding) in case.check() {
                alarms.push(format!("{}/good.{provider}.sql: {}", rule.slug, case.show(by, &finding)));
            }
        }
    }
    assert!(alarms.is_empty(), "findings on good examples:\n{}", alarms.join("\n"));
}

/// What looks like the hazard and is none. Other rules may speak about it.
#[test]
fn every_quiet_example_leaves_its_own_rule_silent() {
    let mut alarms = Vec::new();
    for rule in rules::all() {
        for (provider, path) in examples(rule.slug, "quiet") {
            let case = Case::read(provider, &path);
            for (by, finding) in case.check().into_iter().filter(|(by, _)| by.slug == rule.slug) {
                alarms.push(format!("{}/quiet.{provider}.sql: {}", rule.slug, case.show(by, &finding)));
            }
        }
    }
    assert!(alarms.is_empty(), "false alarms:\n{}", alarms.join("\n"));
}

#[test]
fn every_folder_belongs_to_a_rule() {
    let slugs: BTreeSet<_> = rules::all().map(|rule| rule.slug.to_owned()).collect();
    let folders: BTreeSet<_> = std::fs::read_dir(folder())
        .expect("tests/rules is there")
        .filter_map(|entry| entry.ok().filter(|entry| entry.path().is_dir()))
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    assert_eq!(folders, slugs, "left: folders of tests/rules; right: registered rules");
}
