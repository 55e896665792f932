//! Every gate that can refuse, refusing: each names the gate, what it saw, the setting with its file and line, and the command that gets on.

use std::collections::{BTreeMap, BTreeSet};

use super::bench::Bench;
use super::{GATES, Outcome};
use crate::database::{Activity, LockState, LongTransaction};
use crate::deploy::evidence::lint::Denied;
use crate::deploy::evidence::reverts::{Proof, Revert, Script};
use crate::deploy::evidence::rows::ExpectedRows;
use crate::deploy::evidence::{Drift, Git, ImpactEvidence, LintEvidence};
use crate::environment::Marker;

const A: (&str, &str) = ("20260101000000_a", "CREATE TABLE \"User\" (id INTEGER PRIMARY KEY, email TEXT);\n");
const INDEX: (&str, &str) = ("20260201000000_b", "CREATE INDEX i ON \"User\" (email);\n");
const DROP: (&str, &str) = ("20260202000000_c", "ALTER TABLE \"User\" DROP COLUMN email;\n");

fn bench(more: &str) -> Bench {
    let settings = format!(
        "[env.eu]\nkind = \"production\"\nurl-env = \"E\"\n{more}[env.st]\nkind = \"staging\"\nurl-env = \"S\"\n"
    );
    let mut bench = Bench::new(&settings, "eu", &[A, INDEX, DROP]);
    bench.ledger(&[(A.0, A.1, 3600)]);
    bench
}

/// A scene for each reason to refuse: the gate, and what is in its way.
fn scenes() -> Vec<(&'static str, Bench)> {
    let mut scenes = Vec::new();
    let mut add = |gate: &'static str, more: &str, change: &dyn Fn(&mut Bench)| {
        let mut bench = bench(more);
        change(&mut bench);
        scenes.push((gate, bench));
    };
    let other = || Some(Marker { environment: "us".to_owned(), kind: None });
    add("target", "", &|bench| bench.marker = other());
    add("target", "", &|bench| bench.read_only = Some("this server is a replica".to_owned()));
    add("target", "", &|bench| bench.system_database = true);
    add("history", "", &|bench| bench.ledger(&[(A.0, "edited", 3600)]));
    add("history", "", &|bench| bench.ledger(&[(INDEX.0, INDEX.1, 3600)]));
    add("history", "", &|bench| bench.ledger(&[("20250101000000_gone", "", 3600)]));
    add("history", "", &|bench| bench.evidence.git = Git::Uncommitted { paths: vec!["a.sql".to_owned()] });
    add("drift", "", &|bench| {
        let differences = vec!["table `x` is in the database and not in the migrations".to_owned()];
        bench.evidence.drift = Some(Ok(Drift { place: "a throwaway server".to_owned(), alike: true, differences }));
    });
    add("lint", "", &|bench| {
        let denied = Denied {
            rule: "drop-column",
            place: "m.sql:1".to_owned(),
            message: "drops".to_owned(),
            origin: "the default".to_owned(),
        };
        bench.evidence.lint = Some(LintEvidence { denied: vec![denied], ..LintEvidence::default() });
    });
    add("revert", "", &|bench| {
        bench.evidence.reverts =
            vec![Revert { migration: DROP.0.to_owned(), script: Script::Missing, proof: Proof::None }];
    });
    add("staged", "requires = [\"st\"]\n", &|bench| bench.stage_ledger("st", &[]));
    add("staged", "requires = [\"st\"]\n", &|bench| bench.stage_receipts("st", "no answer", Vec::new()));
    add("stabilization", "stabilization = \"14d\"\n", &|_| {});
    add("impact", "", &|bench| {
        bench.evidence.impact = Some(ImpactEvidence { sizes: Ok(BTreeMap::new()), checks: Vec::new() });
    });
    add("window", "[env.eu.window]\ntime-zone = \"UTC\"\nallowed = [\"sun 01:00-02:00\"]\n", &|_| {});
    add("activity", "", &|bench| bench.lock = LockState::Held { by: "somebody".to_owned(), since: None });
    add("activity", "transaction-limit = \"5s\"\n", &|bench| {
        let long = LongTransaction {
            by: "user `ada`".to_owned(),
            age: std::time::Duration::from_secs(60),
            state: "active".to_owned(),
        };
        bench.evidence.activity = Some(Ok(Activity { long: vec![long], hidden: None }));
    });
    add("rows", "", &|bench| {
        bench.evidence.rows = vec![ExpectedRows {
            migration: DROP.0.to_owned(),
            checksum: String::new(),
            line: 1,
            table: "User".to_owned(),
            min: 1,
            max: Some(2),
            counted: Ok(9),
            staged: Vec::new(),
        }];
    });
    add("approval", APPROVALS, &|_| {});
    add("backup", "", &|_| {});
    add("backup", "[env.eu.backup]\npitr = true\n", &|_| {});
    add("backup", "[env.eu.backup]\ncheck = [\"x\"]\n", &|bench| {
        bench.evidence.latest_backup = Some(Err("it failed".to_owned()));
    });
    scenes
}

const APPROVALS: &str = "approvals = 1\n[approvers]\nalice = \"ed25519:0000000000000000000000000000000000000000000000000000000000000001\"\n";

#[test]
fn every_refusal_says_what_it_goes_by_and_how_to_get_on() {
    let mut refused = BTreeSet::new();
    for (name, bench) in scenes() {
        let gate = GATES.iter().find(|gate| gate.name() == name).unwrap();
        let verdict = bench.verdict(*gate);
        let hint = verdict.hint.clone().unwrap_or_default();
        assert_eq!((verdict.gate, verdict.outcome), (name, Outcome::Block), "{}", verdict.evidence);
        assert!(
            verdict.evidence.contains("set in /work/prisma-safe.toml:") || verdict.evidence.contains("the default"),
            "{name} names no setting: {}",
            verdict.evidence
        );
        assert!(hint.contains("`cargo prisma-safe "), "{name} names no command: {hint}");
        refused.insert(name);
    }
    let all: BTreeSet<_> = GATES.iter().map(|gate| gate.name()).collect();
    assert_eq!(refused, all, "a gate that never refuses");
}
