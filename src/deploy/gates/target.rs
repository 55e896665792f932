//! *Target is what it claims to be*: the database's marker, the other environments' URLs, and whether it takes writes at all.

use super::{Facts, Gate, Outcome, Verdict};
use crate::environment::Comparison;

/// See the module.
pub struct TargetGate;

const NAME: &str = "target";

impl Gate for TargetGate {
    fn name(&self) -> &'static str {
        NAME
    }

    fn judge(&self, facts: &Facts<'_>) -> Verdict {
        let target = facts.target;
        let server = &target.survey().server;
        let place = target.url().redacted();
        let name = target.name();
        if !target.exists() {
            return Verdict::pass(NAME, format!("`{place}` does not exist yet and will be created"));
        }
        if let Some(why) = &server.read_only {
            return Verdict::block(
                NAME,
                format!("`{place}` takes no writes: {why}"),
                format!("name the primary server in the URL of `{name}`"),
            );
        }
        if server.system_database {
            return Verdict::block(
                NAME,
                format!("`{}` is one of the server's own databases", server.database),
                format!("name the application's database in the URL of `{name}`"),
            );
        }
        for (other, url) in target.others() {
            let verdict = match target.url().identity().same_database(url.identity()) {
                Comparison::Same => Outcome::Block,
                Comparison::CannotTell(_) if !target.kind().is_dev() => Outcome::Warn,
                Comparison::CannotTell(_) | Comparison::Different => continue,
            };
            let evidence = match verdict {
                Outcome::Block => format!("`{place}` is also the database of the environment `{}`", other),
                _ => format!("`{place}` may be the same database as that of the environment `{}`", other),
            };
            let hint =
                format!("give one of them another URL; `cargo prisma-safe env show {name}` says where it comes from");
            return Verdict { gate: NAME, outcome: verdict, evidence, hint: Some(hint) };
        }
        marker(facts, &place)
    }
}

fn marker(facts: &Facts<'_>, place: &str) -> Verdict {
    let target = facts.target;
    let (name, kind) = (target.name(), target.kind());
    match &target.survey().marker {
        Some(marker) if marker.environment != name => Verdict::block(
            NAME,
            format!("`{place}` is marked as the environment `{}`, not `{name}`", marker.environment),
            format!(
                "check the URL: `cargo prisma-safe env show {name}`; if the mark is wrong: `cargo prisma-safe env mark {name} --replace`"
            ),
        ),
        Some(marker) if marker.kind.is_some_and(|marked| marked != kind) => Verdict::block(
            NAME,
            format!(
                "`{place}` is marked as kind `{}`, the settings say `{kind}`",
                marker.kind.map_or("unknown", crate::environment::EnvironmentKind::as_str)
            ),
            format!(
                "correct `kind` of `{name}` in the settings, or mark it anew: `cargo prisma-safe env mark {name} --replace`"
            ),
        ),
        Some(_) => Verdict::pass(NAME, format!("`{place}`, marked as `{name}`")),
        None if kind.is_dev() || facts.provider == crate::project::Provider::Sqlite => {
            Verdict::pass(NAME, format!("`{place}`"))
        }
        None if target.survey().ledger.is_none() => {
            Verdict::pass(NAME, format!("`{place}`, no migrations yet: this deploy marks it as `{name}`"))
        }
        None => Verdict::warn(
            NAME,
            format!(
                "`{place}` has migrations and carries no mark of its environment; this deploy marks it as `{name}`"
            ),
            format!("if that is not `{name}`, stop here: `cargo prisma-safe env show {name}`"),
        ),
    }
}
