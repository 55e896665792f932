//! A fix silences its finding and adds none, in the file itself and in the migrations that it moves SQL into.

use std::collections::BTreeSet;

use prisma_safe::rules::{self, Finding, Rule};

use super::case::Case;
use super::examples;

fn key(rule: &Rule, finding: &Finding) -> (&'static str, Option<String>, Option<String>, Option<String>) {
    let subject = finding.subject.clone();
    (rule.slug, subject.table, subject.column, subject.name)
}

#[test]
fn every_fix_silences_its_finding_and_adds_none() {
    let mut wrong = Vec::new();
    let mut fixes = 0;
    for rule in rules::all() {
        for (provider, path) in examples(rule.slug, "bad") {
            let case = Case::read(provider, &path);
            let before = case.check();
            for (by, finding) in &before {
                let Some(fix) = &finding.fix else { continue };
                fixes += 1;
                let at = format!("the fix of `{}` ({})", by.slug, path.display());
                let Some(steps) = case.fixed(fix) else {
                    wrong.push(format!("{at}: its edits cannot be applied"));
                    continue;
                };
                let old: BTreeSet<_> = before.iter().map(|(by, finding)| key(by, finding)).collect();
                // The rule may find two of a kind; the file keeps the other one, a migration of its own keeps none.
                let own = key(by, finding);
                let mut allowed = before.iter().filter(|(by, finding)| key(by, finding) == own).count() - 1;
                for step in steps {
                    let after = step.check();
                    let left = after.iter().filter(|(by, finding)| key(by, finding) == own).count();
                    if left > allowed {
                        wrong.push(format!("{at} leaves it"));
                    }
                    allowed = 0;
                    let added = after.iter().filter(|(by, finding)| !old.contains(&key(by, finding)));
                    wrong.extend(added.map(|(by, finding)| format!("{at} adds: {}", step.show(by, finding))));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(fixes > 10, "only {fixes} fixes were tried");
}
