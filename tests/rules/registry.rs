//! The registry holds what the folders hold, sorted, with pages under the fixed headings.

use std::collections::BTreeSet;
use std::path::Path;

use prisma_safe::rules::{self, FAMILIES, PAGE_HEADINGS};

#[test]
fn families_are_sorted_and_ids_are_theirs() {
    let mut ids = BTreeSet::new();
    for family in FAMILIES {
        let slugs: Vec<_> = family.rules.iter().map(|rule| rule.slug).collect();
        let mut sorted = slugs.clone();
        sorted.sort_unstable();
        assert_eq!(slugs, sorted, "sort `RULES` in src/rules/{}/mod.rs by slug", family.name);
        for rule in family.rules {
            let number: u16 = rule.id.strip_prefix("PS").and_then(|n| n.parse().ok()).unwrap_or(9999);
            assert_eq!(
                number / 100,
                family.hundred,
                "{} has the id {} outside its family's hundred",
                rule.slug,
                rule.id
            );
            assert!(ids.insert(rule.id), "the id {} is given twice", rule.id);
        }
    }
}

#[test]
fn every_file_is_registered() {
    for family in FAMILIES {
        let registered: BTreeSet<_> = family.rules.iter().map(|rule| rule.slug.replace('-', "_")).collect();
        let files: BTreeSet<_> =
            std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rules").join(family.name))
                .expect("the family's folder is there")
                .filter_map(|entry| entry.ok()?.path().file_stem()?.to_str().map(str::to_owned))
                // Files that start with an underscore-free shared name are listed in the family's module doc; none may look like a rule.
                .filter(|stem| stem != "mod" && !stem.starts_with("shared"))
                .collect();
        assert_eq!(files, registered, "left: files of src/rules/{}; right: its RULES", family.name);
    }
}

#[test]
fn every_page_has_the_headings_in_order() {
    for rule in rules::all() {
        let headings: Vec<_> = rule.page.lines().filter(|line| line.starts_with("## ")).collect();
        assert_eq!(headings, PAGE_HEADINGS, "the page of `{}`", rule.slug);
        for section in rule.page.split("\n## ").skip(1) {
            let body = section.split_once('\n').map_or("", |(_, body)| body);
            assert!(body.trim().len() > 10, "an empty section on the page of `{}`: {section}", rule.slug);
        }
        assert!(!rule.summary.ends_with('.'), "the summary of `{}` ends with a full stop", rule.slug);
        assert!(!rule.databases.is_empty(), "`{}` is for no database", rule.slug);
    }
}

#[test]
fn every_rule_has_both_examples_for_each_database() {
    let mut missing = Vec::new();
    for rule in rules::all() {
        for provider in rule.databases {
            for which in ["bad", "good"] {
                if !super::examples(rule.slug, which).iter().any(|(of, _)| of == provider) {
                    missing.push(format!("tests/rules/{}/{which}.{provider}.sql", rule.slug));
                }
            }
        }
    }
    assert!(missing.is_empty(), "missing: {missing:#?}");
}
