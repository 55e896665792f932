//! All rules over the corpus of real migrations: nothing panics, almost everything is understood, and how often each rule speaks.
//! `cargo test --test rules corpus -- --nocapture` prints the table.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use prisma_safe::lint::sources::{self, Source};
use prisma_safe::lint::{LevelBook, Linter, Summary};
use prisma_safe::project::Provider;
use prisma_safe::rules::Facts;

/// What has to be understood at least, in statements of ten thousand.
const COVERAGE: [(Provider, usize); 4] =
    [(Provider::Postgresql, 9990), (Provider::Mysql, 10_000), (Provider::Sqlite, 10_000), (Provider::Sqlserver, 9950)];

fn sources() -> Option<Vec<(Provider, PathBuf)>> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    let mut sources: Vec<(Provider, PathBuf)> = std::fs::read_dir(corpus)
        .ok()?
        .flatten()
        .filter_map(|entry| {
            let word = std::fs::read_to_string(entry.path().join("PROVIDER")).ok()?;
            let provider = Provider::from_prisma(word.trim()).expect("the corpus names known providers");
            Some((provider, entry.path()))
        })
        .collect();
    sources.sort();
    Some(sources)
}

#[derive(Default)]
struct Table {
    summaries: BTreeMap<Provider, Summary>,
    /// Hits per rule and database.
    hits: BTreeMap<(&'static str, &'static str), BTreeMap<Provider, usize>>,
}

fn judge(table: &mut Table, provider: Provider, folder: &Path) {
    let facts = Facts {
        provider,
        server: None,
        prisma: None,
        kind: None,
        today: jiff::civil::date(2026, 11, 24),
        // As a deploy through this tool does.
        lock_timeout: Some(prisma_safe::rules::LockLimit {
            time: std::time::Duration::from_secs(2),
            origin: "the default".to_owned(),
        }),
    };
    let levels = LevelBook::default();
    let batch =
        Source::Migrations { folder: folder.to_owned(), only: None }.open(facts).expect("the corpus can be listed");
    let summary = table.summaries.entry(provider).or_default();
    let hits = &mut table.hits;
    Linter::new(&levels, None, &sources::load)
        .run(&batch, &mut |judged| {
            summary.count(&judged);
            for found in &judged.findings {
                let length = u32::try_from(judged.text.len()).expect("small files");
                assert!(found.finding.span.end <= length, "{}: {} is outside", judged.file, found.rule.slug);
                *hits.entry((found.rule.id, found.rule.slug)).or_default().entry(provider).or_default() += 1;
            }
            Ok(())
        })
        .expect("the sink takes everything");
}

fn show(table: &Table) -> String {
    let mut text = format!("{:36}", "rule");
    for provider in Provider::ALL {
        let _ = write!(text, "{:>12}", provider.as_str());
    }
    for ((id, slug), hits) in &table.hits {
        let _ = write!(text, "\n{:36}", format!("{id} {slug}"));
        for provider in Provider::ALL {
            let _ = write!(text, "{:>12}", hits.get(&provider).map(ToString::to_string).unwrap_or_default());
        }
    }
    for (what, count) in [
        ("migrations", (|s| s.migrations) as fn(&Summary) -> usize),
        ("statements", |s| s.statements),
        ("not understood", |s| s.unknown),
        ("findings at deny", |s| s.deny),
        ("findings at warn", |s| s.warn),
    ] {
        let _ = write!(text, "\n{what:36}");
        for provider in Provider::ALL {
            let _ = write!(text, "{:>12}", table.summaries.get(&provider).map_or(0, count));
        }
    }
    text
}

#[test]
fn corpus_is_understood_and_counted() {
    let Some(sources) = sources() else {
        return crate::support::skip_or_fail("../shared/corpus is missing: rules are not run on real migrations");
    };
    let mut table = Table::default();
    for (provider, folder) in &sources {
        judge(&mut table, *provider, folder);
    }
    // Straight to the stream: a line of its own even when the harness captures.
    let _ = std::io::Write::write_all(&mut std::io::stdout(), format!("{}\n", show(&table)).as_bytes());
    for (provider, wanted) in COVERAGE {
        let summary = table.summaries.get(&provider).copied().unwrap_or_default();
        assert!(summary.statements > 0, "the corpus has migrations for {provider}");
        assert!(
            summary.understood * 10_000 >= wanted * summary.statements,
            "{provider}: {} of {} statements understood",
            summary.understood,
            summary.statements
        );
    }
}
