//! The pages of the rules in `docs/` are those of the rules. `PRISMA_SAFE_BLESS=1 cargo test --test rules docs` writes them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use prisma_safe::{lint, report};

fn expected(docs: &Path) -> BTreeMap<PathBuf, String> {
    let pages = lint::all_rules()
        .map(|rule| (docs.join("rules").join(format!("{}.md", rule.slug)), report::lint::explain(rule)))
        .chain([(docs.join("rules.md"), report::lint::index())]);
    pages.collect()
}

#[test]
fn docs_of_the_rules_are_not_stale() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let expected = expected(&docs);
    let there = std::fs::read_dir(docs.join("rules")).into_iter().flatten().flatten().map(|entry| entry.path());
    let left_over: Vec<PathBuf> = there.filter(|path| !expected.contains_key(path)).collect();
    let stale: Vec<&PathBuf> = expected
        .iter()
        .filter(|(path, text)| {
            std::fs::read_to_string(path).map(|now| now.replace("\r\n", "\n")).ok().as_ref() != Some(*text)
        })
        .map(|(path, _)| path)
        .collect();
    if std::env::var_os("PRISMA_SAFE_BLESS").is_some_and(|value| value == "1") {
        std::fs::create_dir_all(docs.join("rules")).expect("docs can be written");
        for path in stale {
            std::fs::write(path, &expected[path]).expect("docs can be written");
        }
        for path in left_over {
            std::fs::remove_file(path).expect("docs can be written");
        }
        return;
    }
    assert!(
        stale.is_empty() && left_over.is_empty(),
        "run `PRISMA_SAFE_BLESS=1 cargo test --test rules docs`; stale: {stale:#?}, of no rule: {left_over:#?}"
    );
}
