//! Real histories: for every destructive migration of a PostgreSQL source a revert is made from the catalogue and proven. It takes minutes, so it
//! is not run by itself:
//!
//! ```sh
//! cargo test --release --test revert -- --ignored --nocapture real_histories
//! ```
//!
//! `PRISMA_SAFE_SOURCE` names the source [default: `formbricks__formbricks`]. `docs/verify.md` holds what it printed.

#![allow(clippy::disallowed_macros, reason = "tables of measurements go to the test's own output")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Instant;

use prisma_safe::migrations::MigrationsFolder;
use prisma_safe::project::Provider;
use prisma_safe::revert::prove::{Demands, Job, Proof, Verdict, prove};
use prisma_safe::revert::rows::SEED;
use prisma_safe::revert::throwaway;
use prisma_safe::sql::analysis::{self, PrismaVersion};
use prisma_safe::sql::history_state::State;

use crate::postgres::has_server;
use crate::support::skip_or_fail;

/// Without the names that only this source has.
fn reason(proof: &Proof) -> String {
    let mut text = match proof.verdict {
        Verdict::SchemaOnly if !proof.data_lost.is_empty() => {
            return "values that the migration drops are not in it".to_owned();
        }
        Verdict::SchemaOnly => format!("not tried on rows: {}", proof.data_not_proven[0].1),
        _ => proof.notes.last().or(proof.differences.last()).cloned().unwrap_or_default(),
    };
    for quote in ['`', '"'] {
        let parts: Vec<&str> = text.split(quote).collect();
        text = parts.iter().enumerate().map(|(at, part)| if at % 2 == 1 { "…" } else { part }).collect();
    }
    let mut words: Vec<String> = text.split(' ').map(str::to_owned).collect();
    for word in &mut words {
        if word.chars().any(|c| c.is_ascii_digit()) {
            "…".clone_into(word);
        }
    }
    words.join(" ")
}

#[test]
#[ignore = "minutes"]
fn real_histories() {
    let source = std::env::var("PRISMA_SAFE_SOURCE").unwrap_or_else(|_| "formbricks__formbricks".to_owned());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus").join(&source);
    if !path.is_dir() {
        return skip_or_fail("no corpus: reverts of real migrations are not proven");
    }
    if !has_server() {
        return;
    }
    let folder = MigrationsFolder::read(&path).expect("a folder of migrations");
    let prisma = Some(PrismaVersion { major: 6, minor: Some(19) });
    let mut chosen = BTreeSet::new();
    let mut state = State::new(Provider::Postgresql);
    for migration in &folder.migrations {
        let Ok(bytes) = &migration.script else { continue };
        let Ok(script) = prisma_safe::sql::read(Provider::Postgresql, bytes) else { continue };
        if analysis::judge(&script, &state, prisma).is_destructive() {
            chosen.insert(migration.name.clone());
        }
        state.begin_migration(&migration.name, false);
        script.statements.iter().for_each(|statement| state.apply(&script, statement));
    }
    let began = Instant::now();
    let mut place = throwaway::open(Provider::Postgresql).expect("a server");
    let job = Job {
        folder: &folder,
        provider: Provider::Postgresql,
        prisma,
        chosen: &chosen,
        row_seed: SEED,
        seeds: &[],
        demands: Demands::default(),
        draft: true,
        prisma_diff: None,
    };
    let verbose = std::env::var_os("PRISMA_SAFE_VERBOSE").is_some();
    let proofs = prove(&job, &mut *place, |proof| {
        if verbose {
            println!("{}", prisma_safe::report::verify::human::proof(proof, false));
        }
    })
    .expect("the server answers");
    let seconds = began.elapsed().as_secs_f64();
    assert_eq!(proofs.len(), chosen.len());
    let mut verdicts: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
    for proof in &proofs {
        let why = if proof.verdict == Verdict::Proven { "schema and data".to_owned() } else { reason(proof) };
        let word = prisma_safe::report::verify::word(proof.verdict);
        *verdicts.entry(word.to_owned()).or_default().entry(why).or_default() += 1;
    }
    println!("{source}: {} migrations, {} destructive, {seconds:.1} s", folder.migrations.len(), chosen.len());
    for (verdict, reasons) in &verdicts {
        println!("| {verdict} | {} |", reasons.values().sum::<usize>());
        let mut reasons: Vec<_> = reasons.iter().collect();
        reasons.sort_by_key(|(why, number)| (std::cmp::Reverse(**number), (*why).clone()));
        for (why, number) in reasons {
            println!("|   {number} × {why} |");
        }
    }
    // Each step costs the same, whether it is the first one or the last.
    let (early, late) = proofs.split_at(proofs.len() / 2);
    let mean = |proofs: &[Proof]| proofs.iter().map(|proof| proof.seconds).sum::<f64>() / proofs.len().max(1) as f64;
    println!("a proof: {:.2} s in the first half, {:.2} s in the second", mean(early), mean(late));
}
