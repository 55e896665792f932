//! How much of the corpus is understood.

use std::collections::BTreeMap;

use prisma_safe::project::Provider;
use prisma_safe::sql::{self, model::Read};

#[derive(Default)]
struct Counts {
    migrations: usize,
    statements: usize,
    parsed: usize,
    keywords: usize,
    unknown: usize,
}

/// The share that must be understood, in statements of a thousand.
fn goal(provider: Provider) -> usize {
    match provider {
        Provider::Postgresql => 999,
        Provider::Mysql | Provider::Sqlite => 1000,
        Provider::Sqlserver => 995,
    }
}

#[test]
fn the_corpus_is_understood() {
    let mut table: BTreeMap<Provider, Counts> = BTreeMap::new();
    let mut unknown = Vec::new();
    for source in super::corpus::sources() {
        let counts = table.entry(source.provider).or_default();
        for (name, bytes) in &source.migrations {
            let script = sql::read(source.provider, bytes).expect("the corpus is UTF-8");
            counts.migrations += 1;
            for statement in &script.statements {
                counts.statements += 1;
                if !statement.is_understood() {
                    counts.unknown += 1;
                    let head: String = script.slice(statement.span).chars().take(160).collect();
                    let why = match &statement.read {
                        Read::Unknown(why) => why.as_str(),
                        _ => "a part of it",
                    };
                    unknown.push(format!("{}/{name}: {why}: {}", source.name, head.replace('\n', " ")));
                } else if statement.read == Read::Parsed {
                    counts.parsed += 1;
                } else {
                    counts.keywords += 1;
                }
            }
        }
    }
    eprintln!("provider      migrations statements parsed keywords unknown understood");
    for (provider, c) in &table {
        let share = (c.statements - c.unknown) as f64 * 100.0 / c.statements.max(1) as f64;
        eprintln!(
            "{:<13} {:>10} {:>10} {:>6} {:>8} {:>7} {share:>9.3} %",
            provider.as_str(),
            c.migrations,
            c.statements,
            c.parsed,
            c.keywords,
            c.unknown
        );
    }
    for line in unknown.iter().take(60) {
        eprintln!("unknown: {line}");
    }
    for (provider, c) in &table {
        assert!(
            (c.statements - c.unknown) * 1000 >= c.statements * goal(*provider),
            "{provider}: {} unknown",
            c.unknown
        );
    }
}
