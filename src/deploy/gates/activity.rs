//! *Nobody is in the way*: no transaction that is open for long, and nobody who holds Prisma's lock.
//!
//! A migration that waits for a lock makes everybody wait who comes after it, readers too: a forgotten transaction turns a change of
//! milliseconds into an outage.

use std::time::Duration;

use super::{Facts, Gate, Verdict, age, span};
use crate::database::{LockState, LongTransaction};

/// See the module.
pub struct ActivityGate;

const NAME: &str = "activity";
/// What is told of where no limit is set.
pub const WORTH_TELLING: Duration = Duration::from_secs(60);

impl Gate for ActivityGate {
    fn name(&self) -> &'static str {
        NAME
    }

    fn judge(&self, facts: &Facts<'_>) -> Verdict {
        let name = facts.target.name();
        match &facts.target.survey().lock {
            LockState::Held { by, since } => {
                let since = since.map_or_else(String::new, |at| format!(", connected {}", age(at, facts.evidence.now)));
                return Verdict::block(
                    NAME,
                    format!(
                        "Prisma's migration lock is held by {by}{since}: Prisma would wait 10 seconds and give up (P1002)"
                    ),
                    format!("wait for it, then look: `cargo prisma-safe status --env {name}`"),
                );
            }
            LockState::Free | LockState::Unknown(_) => {}
        }
        let limit = &facts.target.environment().transaction_limit;
        let retry = || format!("let it end, or end it, then `cargo prisma-safe deploy --env {name}`");
        match &facts.evidence.activity {
            None => Verdict::pass(NAME, "nothing to wait for"),
            Some(Err(said)) => Verdict::warn(
                NAME,
                format!("who is at work there cannot be told: {said}"),
                "look by hand before you go on",
            ),
            Some(Ok(activity)) => match (activity.long.first(), limit, &activity.hidden) {
                (Some(_), Some(limit), _) => Verdict::block(
                    NAME,
                    format!(
                        "{} (`transaction-limit = \"{}\"`, {})",
                        told(&activity.long),
                        span(limit.value),
                        limit.origin
                    ),
                    retry(),
                ),
                (Some(_), None, _) => Verdict::warn(NAME, told(&activity.long), retry()),
                (None, _, Some(hidden)) => Verdict::warn(
                    NAME,
                    format!("no long transaction that this user may see: {hidden}"),
                    "look by hand before you go on",
                ),
                (None, _, None) => {
                    let limit = limit.as_ref().map_or(WORTH_TELLING, |limit| limit.value);
                    Verdict::pass(NAME, format!("no transaction is open for {} or longer", span(limit)))
                }
            },
        }
    }
}

fn told(long: &[LongTransaction]) -> String {
    const SHOWN: usize = 3;
    let mut parts: Vec<String> = long
        .iter()
        .take(SHOWN)
        .map(|one| format!("a transaction of {} is open for {} ({})", one.by, span(one.age), one.state))
        .collect();
    if long.len() > SHOWN {
        parts.push(format!("and {} more", long.len() - SHOWN));
    }
    parts.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::Activity;
    use crate::deploy::gates::bench::Bench;

    fn judge(limit: &str, activity: Option<Result<Activity, String>>, lock: LockState) -> String {
        let settings = format!("[env.eu]\nkind = \"production\"\nurl-env = \"E\"\n{limit}");
        let mut bench = Bench::new(&settings, "eu", &[("20260101000000_a", "SELECT 1;\n")]);
        bench.evidence.activity = activity;
        bench.lock = lock;
        bench.judge(&ActivityGate)
    }

    #[test]
    fn says_who_is_in_the_way() {
        let one = LongTransaction {
            by: "user `ada`, application `psql`, process 42 on the server".to_owned(),
            age: Duration::from_secs(3_700),
            state: "idle in transaction".to_owned(),
        };
        let busy = || Some(Ok(Activity { long: vec![one.clone()], hidden: None }));
        let quiet = Some(Ok(Activity::default()));
        let hidden = Activity { long: Vec::new(), hidden: Some("3 sessions are hidden".to_owned()) };
        let limit = "transaction-limit = \"30s\"\n";
        insta::assert_snapshot!(judge(limit, quiet.clone(), LockState::Free), @r"pass: no transaction is open for 30s or longer");
        insta::assert_snapshot!(judge(limit, busy(), LockState::Free), @r#"
        block: a transaction of user `ada`, application `psql`, process 42 on the server is open for 1h1m (idle in transaction) (`transaction-limit = "30s"`, set in /work/prisma-safe.toml:4)
        → let it end, or end it, then `cargo prisma-safe deploy --env eu`
        "#);
        insta::assert_snapshot!(judge("", busy(), LockState::Free), @r"
        warn: a transaction of user `ada`, application `psql`, process 42 on the server is open for 1h1m (idle in transaction)
        → let it end, or end it, then `cargo prisma-safe deploy --env eu`
        ");
        insta::assert_snapshot!(judge(limit, Some(Ok(hidden)), LockState::Free), @r"
        warn: no long transaction that this user may see: 3 sessions are hidden
        → look by hand before you go on
        ");
        insta::assert_snapshot!(judge(limit, Some(Err("no answer within 12 s".to_owned())), LockState::Free), @r"
        warn: who is at work there cannot be told: no answer within 12 s
        → look by hand before you go on
        ");
        let held = LockState::Held { by: "user `ada`, process 42 on the server".to_owned(), since: None };
        insta::assert_snapshot!(judge(limit, quiet, held), @r"
        block: Prisma's migration lock is held by user `ada`, process 42 on the server: Prisma would wait 10 seconds and give up (P1002) (gate `activity` of [env.eu], which is set in /work/prisma-safe.toml:1; it blocks by default)
        → wait for it, then look: `cargo prisma-safe status --env eu`
        ");
    }
}
