//! *Destructive changes ship with their way back*: a pending migration that destroys has a revert script, written, and proven.

use super::{Facts, Gate, Outcome, Verdict};
use crate::deploy::evidence::reverts::{Proof, Revert, Script};
use crate::migrations::name::slug_of;
use crate::shell::count;

/// See the module.
pub struct RevertGate;

const NAME: &str = "revert";

impl Gate for RevertGate {
    fn name(&self) -> &'static str {
        NAME
    }

    fn judge(&self, facts: &Facts<'_>) -> Verdict {
        let reverts = &facts.evidence.reverts;
        if reverts.is_empty() {
            return Verdict::pass(NAME, "nothing that is pending destroys anything");
        }
        let problems: Vec<String> = reverts.iter().filter_map(problem).collect();
        if let Some(first) = reverts.iter().find(|revert| problem(revert).is_some()) {
            // A developer's own database is where scripts are still being written.
            let outcome = if facts.target.kind().is_dev() { Outcome::Warn } else { Outcome::Block };
            let path = match facts.folder.get(&first.migration) {
                Some(migration) => crate::settings::shown(&migration.path),
                None => facts.folder.path.join(&first.migration),
            };
            let hint = format!(
                "write `{}`: it brings back what `{}` takes away",
                path.join(format!("revert_{}.sql", slug_of(&first.migration))).display(),
                first.migration
            );
            return Verdict { gate: NAME, outcome, evidence: problems.join("; "), hint: Some(hint) };
        }
        let unproven: Vec<&str> = reverts
            .iter()
            .filter(|revert| revert.proof == Proof::None)
            .map(|revert| revert.migration.as_str())
            .collect();
        if let (true, Some(warning)) = (unproven.is_empty(), elsewhere(facts)) {
            return warning;
        }
        if unproven.is_empty() {
            return Verdict::pass(NAME, format!("{}, each proven", count(reverts.len(), "revert script")));
        }
        Verdict::warn(
            NAME,
            format!("written and not proven: the revert of {}", super::list(&unproven)),
            format!(
                "`cargo prisma-safe verify {}` runs it on a throwaway database and looks whether rows and schema are back",
                unproven.join(" ")
            ),
        )
    }
}

/// Proven on another kind of server than the one that it is for.
fn elsewhere(facts: &Facts<'_>) -> Option<Verdict> {
    let target = facts.target.exists().then(|| &facts.target.survey().server)?;
    let differs = facts.evidence.reverts.iter().find_map(|revert| match &revert.proof {
        Proof::Receipt(server) if !server.is_like(target) => Some((&revert.migration, server)),
        _ => None,
    });
    let (migration, server) = differs?;
    let evidence = format!(
        "the revert of `{migration}` is proven on {} {}, and this is {} {}",
        server.product, server.version, target.product, target.version
    );
    let hint = format!(
        "prove it on a server of that version: `server-env` of `[verify]` names one, then `cargo prisma-safe verify {migration}`"
    );
    Some(Verdict::warn(NAME, evidence, hint))
}

fn problem(revert: &Revert) -> Option<String> {
    let migration = &revert.migration;
    Some(match &revert.script {
        Script::Written(..) => return None,
        Script::Missing => format!("`{migration}` destroys and has no revert script"),
        Script::NotWritten(file) => format!("`{migration}` destroys and its `{file}` is not written yet"),
        Script::Unreadable(file, said) => format!("`{file}` of `{migration}` cannot be read: {said}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deploy::gates::bench::Bench;
    use crate::migrations::Checksum;
    use crate::revert::throwaway::Server;

    fn judge(kind: &str, scripts: Vec<(Script, Proof)>) -> String {
        let settings = format!("[env.eu]\nkind = \"{kind}\"\nurl-env = \"E\"\n");
        let mut bench = Bench::new(&settings, "eu", &[("20260101000000_drop_a", "DROP TABLE a;\n")]);
        let revert = |(script, proof)| Revert { migration: "20260101000000_drop_a".to_owned(), script, proof };
        bench.evidence.reverts = scripts.into_iter().map(revert).collect();
        bench.judge(&RevertGate)
    }

    #[test]
    fn what_destroys_needs_its_way_back() {
        let file = || "revert_drop_a.sql".to_owned();
        insta::assert_snapshot!(judge("production", Vec::new()), @r"pass: nothing that is pending destroys anything");
        insta::assert_snapshot!(judge("production", vec![(Script::Missing, Proof::None)]), @r"
        block: `20260101000000_drop_a` destroys and has no revert script (gate `revert` of [env.eu], which is set in /work/prisma-safe.toml:1; it blocks by default)
        → write `/work/prisma/migrations/20260101000000_drop_a/revert_drop_a.sql`: it brings back what `20260101000000_drop_a` takes away; then `cargo prisma-safe plan --env eu`
        ");
        insta::assert_snapshot!(judge("staging", vec![(Script::NotWritten(file()), Proof::None)]), @r"
        block: `20260101000000_drop_a` destroys and its `revert_drop_a.sql` is not written yet (gate `revert` of [env.eu], which is set in /work/prisma-safe.toml:1; it blocks by default)
        → write `/work/prisma/migrations/20260101000000_drop_a/revert_drop_a.sql`: it brings back what `20260101000000_drop_a` takes away; then `cargo prisma-safe plan --env eu`
        ");
        insta::assert_snapshot!(judge("dev", vec![(Script::Missing, Proof::None)]), @r"
        warn: `20260101000000_drop_a` destroys and has no revert script
        → write `/work/prisma/migrations/20260101000000_drop_a/revert_drop_a.sql`: it brings back what `20260101000000_drop_a` takes away
        ");
        let on =
            |version: &str| Proof::Receipt(Server { product: "PostgreSQL".to_owned(), version: version.to_owned() });
        let written = || Script::Written(file(), Checksum::of(b"CREATE TABLE a ();"));
        insta::assert_snapshot!(judge("production", vec![(written(), Proof::None)]), @r"
        warn: written and not proven: the revert of `20260101000000_drop_a`
        → `cargo prisma-safe verify 20260101000000_drop_a` runs it on a throwaway database and looks whether rows and schema are back
        ");
        insta::assert_snapshot!(judge("production", vec![(written(), on("15.18"))]), @r"pass: 1 revert script, each proven");
        insta::assert_snapshot!(judge("production", vec![(written(), on("14.2"))]), @r"
        warn: the revert of `20260101000000_drop_a` is proven on PostgreSQL 14.2, and this is PostgreSQL 15.4
        → prove it on a server of that version: `server-env` of `[verify]` names one, then `cargo prisma-safe verify 20260101000000_drop_a`
        ");
    }
}
