//! *Somebody else has read it*: as many people as `approvals` says, none of them an author of what is pending, have signed exactly this plan,
//! not too long ago.
//!
//! A signature counts when it is that of the key in `[approvers]`. An author is whoever git names as author or co-author of the pending
//! migrations' files; an approver is one when the settings' `git` names them, or when the names look alike: better one person too many.

use std::time::Duration;

use super::{Facts, Gate, Verdict, age};
use crate::deploy::approval::Approval;
use crate::deploy::evidence::ApprovalEvidence;
use crate::deploy::evidence::git::Author;
use crate::settings::{Approver, format_duration};
use crate::shell::count;

/// See the module.
pub struct ApprovalGate;

const NAME: &str = "approval";
/// How far clocks may differ.
const SKEW: Duration = Duration::from_secs(300);

impl Gate for ApprovalGate {
    fn name(&self) -> &'static str {
        NAME
    }

    fn judge(&self, facts: &Facts<'_>) -> Verdict {
        let environment = facts.target.environment();
        let name = facts.target.name();
        let Some(wanted) = environment.approvals.as_ref().filter(|approvals| approvals.value > 0) else {
            return Verdict::pass(NAME, format!("`{name}` asks for none"));
        };
        if facts.plan.migrations.is_empty() {
            return Verdict::pass(NAME, "nothing is pending");
        }
        let setting = format!("`approvals = {}`, {}", wanted.value, wanted.origin);
        let hint = format!(
            "somebody of `[approvers]` who wrote none of it runs `cargo prisma-safe approve --env {name} --plan {} --as NAME --key FILE`",
            facts.hash
        );
        let Some(evidence) = &facts.evidence.approvals else {
            return Verdict::block(NAME, format!("nobody looked for approvals ({setting})"), hint);
        };
        if let Err(said) = &evidence.authors {
            return Verdict::block(
                NAME,
                format!("who wrote what is pending cannot be told, so nobody can be somebody else: {said} ({setting})"),
                "deploy from a git checkout with the history of the migrations: commit them, or `git fetch --unshallow`, then `cargo prisma-safe plan` again",
            );
        }
        let mut good: Vec<(&str, String)> = Vec::new();
        let mut reasons: Vec<String> = Vec::new();
        for approval in &evidence.approvals {
            if good.iter().any(|(known, _)| *known == approval.approver) {
                continue;
            }
            match judge(facts, evidence, approval) {
                Ok(()) => good.push((&approval.approver, age(approval.approved_at, facts.evidence.now))),
                Err(reason) => reasons.push(reason),
            }
        }
        let enough = usize::try_from(wanted.value).is_ok_and(|wanted| good.len() >= wanted);
        let by: Vec<String> = good.iter().map(|(approver, when)| format!("`{approver}` {when}")).collect();
        if enough {
            return Verdict::pass(NAME, format!("approved by {} ({setting})", by.join(", ")));
        }
        let so_far = if by.is_empty() { "nobody".to_owned() } else { by.join(", ") };
        reasons.dedup();
        let reasons = if reasons.is_empty() { String::new() } else { format!("; {}", reasons.join("; ")) };
        let needed = count(usize::try_from(wanted.value).unwrap_or(usize::MAX), "approval");
        Verdict::block(NAME, format!("{needed} of this plan needed, approved by {so_far}{reasons} ({setting})"), hint)
    }
}

/// Why an approval does not count.
fn judge(facts: &Facts<'_>, evidence: &ApprovalEvidence, approval: &Approval) -> Result<(), String> {
    let name = &approval.approver;
    let environment = facts.target.environment();
    let Some(approver) = facts.settings.approvers.iter().find(|approver| approver.name.value == *name) else {
        return Err(format!("an approval in the name of `{name}` does not count: `[approvers]` does not name them"));
    };
    if approval.environment != facts.target.name() || !approval.is_signed_by(&approver.key.value) {
        return Err(format!(
            "an approval in the name of `{name}` does not count: it is not signed with their key ({}), or it was changed since",
            approver.key.origin
        ));
    }
    if approval.plan != facts.hash {
        return Err(format!("`{name}` approved another plan: something it rests on has changed since"));
    }
    let since = facts.evidence.now.duration_since(approval.approved_at);
    let limit = &environment.approval_max_age;
    match Duration::try_from(since) {
        Ok(old) if old > limit.value => {
            return Err(format!(
                "the approval of `{name}` is over: it was given {} (`approval-max-age = \"{}\"`, {})",
                age(approval.approved_at, facts.evidence.now),
                format_duration(limit.value),
                limit.origin
            ));
        }
        Err(_) if since.unsigned_abs() > SKEW => {
            return Err(format!(
                "the approval of `{name}` does not count: it was given {}",
                age(approval.approved_at, facts.evidence.now)
            ));
        }
        _ => {}
    }
    let authors = evidence.authors.as_deref().unwrap_or_default();
    if let Some(author) = authors.iter().find(|author| is_same(approver, author)) {
        return Err(format!("`{name}` wrote some of it (as {author}), and nobody approves their own"));
    }
    Ok(())
}

/// Whether an author of git may be this approver.
fn is_same(approver: &Approver, author: &Author) -> bool {
    let mut known = approver.git.iter().map(String::as_str).chain([approver.name.value.as_str()]);
    known.any(|known| {
        let known = known.trim();
        author.address.eq_ignore_ascii_case(known)
            || author.name.eq_ignore_ascii_case(known)
            || words(&author.name).any(|word| word.eq_ignore_ascii_case(known))
            || author.address.split('@').next().is_some_and(|local| {
                local.eq_ignore_ascii_case(known) || words(local).any(|word| word.eq_ignore_ascii_case(known))
            })
    })
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::deploy::approval::key::PrivateKey;
    use crate::deploy::gates::bench::Bench;

    const MIGRATION: (&str, &str) = ("20260101000000_a", "CREATE TABLE a (id INTEGER);\n");

    struct Scene {
        bench: Bench,
        alice: PrivateKey,
        bob: PrivateKey,
    }

    fn scene(approvals: u64) -> Scene {
        let folder = tempfile::tempdir().unwrap();
        let key = |name: &str| PrivateKey::generate(&folder.path().join(name)).unwrap();
        let (alice, bob) = (key("alice"), key("bob"));
        let settings = format!(
            "[env.eu]\nkind = \"production\"\nurl-env = \"E\"\napprovals = {approvals}\napproval-max-age = \"48h\"\n\
             [approvers]\nalice = \"{}\"\n[approvers.bob]\nkey = \"{}\"\ngit = [\"robert@example.com\"]\n",
            alice.public_line(),
            bob.public_line()
        );
        let mut bench = Bench::new(&settings, "eu", &[MIGRATION]);
        bench.evidence.approvals = Some(ApprovalEvidence {
            approvals: Vec::new(),
            authors: Ok(vec![Author { name: "Carol Jones".to_owned(), address: "carol@example.com".to_owned() }]),
        });
        Scene { bench, alice, bob }
    }

    impl Scene {
        fn at(&self, hours: i64) -> Timestamp {
            self.bench.ago(hours * 3600)
        }

        fn put(&mut self, approvals: Vec<Approval>) -> String {
            self.bench.evidence.approvals.as_mut().unwrap().approvals = approvals;
            // Keys differ from run to run; nothing of them is shown.
            self.bench.judge(&ApprovalGate)
        }

        fn written_by(&mut self, name: &str, address: &str) {
            let author = Author { name: name.to_owned(), address: address.to_owned() };
            self.bench.evidence.approvals.as_mut().unwrap().authors = Ok(vec![author]);
        }

        fn alice_says(&self, hours: i64) -> Approval {
            Approval::sign("eu", crate::deploy::gates::bench::HASH, "alice", self.at(hours), &self.alice)
        }

        fn bob_says(&self, hours: i64) -> Approval {
            Approval::sign("eu", crate::deploy::gates::bench::HASH, "bob", self.at(hours), &self.bob)
        }
    }

    #[test]
    fn as_many_people_as_are_asked_for() {
        let mut one = scene(1);
        insta::assert_snapshot!(one.put(Vec::new()), @r"
        block: 1 approval of this plan needed, approved by nobody (`approvals = 1`, set in /work/prisma-safe.toml:4)
        → somebody of `[approvers]` who wrote none of it runs `cargo prisma-safe approve --env eu --plan abababababababababababababababababababababababababababababababab --as NAME --key FILE`
        ");
        let alice = one.alice_says(2);
        insta::assert_snapshot!(one.put(vec![alice]), @r"pass: approved by `alice` 2h ago (`approvals = 1`, set in /work/prisma-safe.toml:4)");
        let mut two = scene(2);
        let (first, again, bob) = (two.alice_says(2), two.alice_says(1), two.bob_says(1));
        insta::assert_snapshot!(two.put(vec![first.clone(), again]), @r"
        block: 2 approvals of this plan needed, approved by `alice` 2h ago (`approvals = 2`, set in /work/prisma-safe.toml:4)
        → somebody of `[approvers]` who wrote none of it runs `cargo prisma-safe approve --env eu --plan abababababababababababababababababababababababababababababababab --as NAME --key FILE`
        ");
        insta::assert_snapshot!(two.put(vec![first, bob]), @r"pass: approved by `alice` 2h ago, `bob` 1h ago (`approvals = 2`, set in /work/prisma-safe.toml:4)");
        insta::assert_snapshot!(scene(0).put(Vec::new()), @r"pass: `eu` asks for none");
    }

    #[test]
    fn what_does_not_count_says_why() {
        let mut s = scene(1);
        let mut tampered = s.alice_says(2);
        tampered.approved_at = s.at(1);
        insta::assert_snapshot!(s.put(vec![tampered]), @r"
        block: 1 approval of this plan needed, approved by nobody; an approval in the name of `alice` does not count: it is not signed with their key (set in /work/prisma-safe.toml:7), or it was changed since (`approvals = 1`, set in /work/prisma-safe.toml:4)
        → somebody of `[approvers]` who wrote none of it runs `cargo prisma-safe approve --env eu --plan abababababababababababababababababababababababababababababababab --as NAME --key FILE`
        ");
        let forged = Approval::sign("eu", crate::deploy::gates::bench::HASH, "alice", s.at(1), &s.bob);
        assert!(s.put(vec![forged]).contains("not signed with their key"));
        let stranger = Approval::sign("eu", crate::deploy::gates::bench::HASH, "mallory", s.at(1), &s.bob);
        insta::assert_snapshot!(s.put(vec![stranger]), @r"
        block: 1 approval of this plan needed, approved by nobody; an approval in the name of `mallory` does not count: `[approvers]` does not name them (`approvals = 1`, set in /work/prisma-safe.toml:4)
        → somebody of `[approvers]` who wrote none of it runs `cargo prisma-safe approve --env eu --plan abababababababababababababababababababababababababababababababab --as NAME --key FILE`
        ");
        let other = Approval::sign("eu", &"0".repeat(64), "alice", s.at(1), &s.alice);
        insta::assert_snapshot!(s.put(vec![other]), @r"
        block: 1 approval of this plan needed, approved by nobody; `alice` approved another plan: something it rests on has changed since (`approvals = 1`, set in /work/prisma-safe.toml:4)
        → somebody of `[approvers]` who wrote none of it runs `cargo prisma-safe approve --env eu --plan abababababababababababababababababababababababababababababababab --as NAME --key FILE`
        ");
        let old = s.alice_says(49);
        insta::assert_snapshot!(s.put(vec![old]), @r#"
        block: 1 approval of this plan needed, approved by nobody; the approval of `alice` is over: it was given 2d1h ago (`approval-max-age = "2d"`, set in /work/prisma-safe.toml:5) (`approvals = 1`, set in /work/prisma-safe.toml:4)
        → somebody of `[approvers]` who wrote none of it runs `cargo prisma-safe approve --env eu --plan abababababababababababababababababababababababababababababababab --as NAME --key FILE`
        "#);
        let future = s.alice_says(-3);
        assert!(s.put(vec![future]).contains("still to come"));
        let elsewhere = Approval::sign("us", crate::deploy::gates::bench::HASH, "alice", s.at(1), &s.alice);
        assert!(s.put(vec![elsewhere]).starts_with("block"));
    }

    #[test]
    fn nobody_approves_their_own() {
        for (name, address) in [
            ("alice", "x@example.com"),
            ("Alice Smith", "x@example.com"),
            ("A. Smith", "alice@example.com"),
            ("A. Smith", "alice.smith@example.com"),
        ] {
            let mut s = scene(1);
            s.written_by(name, address);
            let alice = s.alice_says(1);
            assert!(s.put(vec![alice]).contains("nobody approves their own"), "{name} {address}");
        }
        let mut s = scene(1);
        s.written_by("Robert Tables", "robert@example.com");
        let bob = s.bob_says(1);
        insta::assert_snapshot!(s.put(vec![bob]), @r"
        block: 1 approval of this plan needed, approved by nobody; `bob` wrote some of it (as Robert Tables <robert@example.com>), and nobody approves their own (`approvals = 1`, set in /work/prisma-safe.toml:4)
        → somebody of `[approvers]` who wrote none of it runs `cargo prisma-safe approve --env eu --plan abababababababababababababababababababababababababababababababab --as NAME --key FILE`
        ");
        let mut s = scene(1);
        s.bench.evidence.approvals.as_mut().unwrap().authors =
            Err("`20260101000000_a`: git is not installed".to_owned());
        let alice = s.alice_says(1);
        insta::assert_snapshot!(s.put(vec![alice]), @r"
        block: who wrote what is pending cannot be told, so nobody can be somebody else: `20260101000000_a`: git is not installed (`approvals = 1`, set in /work/prisma-safe.toml:4)
        → deploy from a git checkout with the history of the migrations: commit them, or `git fetch --unshallow`, then `cargo prisma-safe plan` again
        ");
    }
}
