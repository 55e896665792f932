//! From a plan to a signed approval, and what an assistant has to bring: the real binary on a SQLite file, Prisma never started.

use std::process::Command;

use crate::project::Project;

const PLAN: [&str; 5] = ["plan", "--env", "production", "--format", "json"];

fn document(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error} in {text}"))
}

fn approval(project: &Project) -> (String, String, String) {
    let told = document(&project.run(&PLAN).stdout);
    let verdicts = told["verdicts"].as_array().expect("an array");
    let gate = verdicts.iter().find(|verdict| verdict["gate"] == "approval").expect("it is among them");
    let text = |value: &serde_json::Value| value.as_str().expect("a text").to_owned();
    (text(&told["plan"]), text(&gate["verdict"]), text(&gate["evidence"]))
}

fn git(project: &Project, author: &str, arguments: &[&str]) {
    let output = Command::new("git")
        .arg("-C")
        .arg(project.root())
        .args(["-c", &format!("user.name={author}"), "-c", &format!("user.email={author}@example.com")])
        .args(arguments)
        .output()
        .expect("git runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn settings(project: &Project, keys: &str) {
    project.write(
        "prisma-safe.toml",
        &format!(
            "[env.production]\nkind = \"production\"\nurl-env = \"PRODUCTION_URL\"\napprovals = 1\n[approvers]\n{keys}"
        ),
    );
}

#[test]
fn a_plan_is_approved_by_somebody_else_and_runs_as_it_was() {
    let mut project = Project::new("sqlite");
    let file = project.sqlite("prod.db", "CREATE TABLE t (x INTEGER);");
    project.set("PRODUCTION_URL", &format!("file:{}", file.path.display()));
    project.set("PATH", &std::env::var("PATH").unwrap());
    git(&project, "carol", &["init", "-q", "-b", "main"]);
    let mut keys = String::new();
    for name in ["alice", "bob"] {
        let made = project.run(&["approve", "keygen", "--as", name, "--out", &format!("{name}.key")]);
        assert_eq!(made.code, 0, "{}", made.shown());
        assert!(!made.shown().contains("ed25519-private"), "the private key is shown");
        keys.push_str(&made.stdout);
    }
    assert_eq!(project.run(&["approve", "keygen", "--as", "bob", "--out", "bob.key"]).code, 2, "never written over");
    settings(&project, &keys);
    git(&project, "carol", &["add", "prisma"]);
    git(&project, "carol", &["commit", "-q", "-m", "migrations"]);

    let (plan, verdict, evidence) = approval(&project);
    assert_eq!((plan.len(), verdict.as_str()), (64, "block"), "{evidence}");
    let markdown = project.run(&["plan", "--env", "production", "--format", "markdown"]);
    assert_eq!(markdown.code, 3);
    assert!(markdown.stdout.ends_with(&format!("Plan `{plan}`\n")), "{}", markdown.stdout);

    let approve = |name: &str, key: &str, plan: &str| {
        project.run(&["approve", "--env", "production", "--plan", plan, "--as", name, "--key", key, "--yes"])
    };
    let wrong = approve("alice", "bob.key", &plan);
    assert_eq!(wrong.code, 3);
    assert!(
        wrong.stderr.contains("is not the one that `[approvers]` has for `alice` (set in prisma-safe.toml:6)"),
        "{}",
        wrong.stderr
    );
    let unknown = approve("mallory", "bob.key", &plan);
    assert_eq!(unknown.code, 2);
    assert!(unknown.stderr.contains("known are: alice, bob"), "{}", unknown.stderr);
    assert_eq!(approve("alice", "alice.key", "abc").code, 2, "no hash");

    let done = approve("alice", "alice.key", &plan);
    assert_eq!(done.code, 0, "{}", done.shown());
    let receipt = done.stdout.trim().to_owned();
    let (again, verdict, evidence) = approval(&project);
    assert_eq!((again.as_str(), verdict.as_str()), (plan.as_str(), "pass"), "{evidence}");

    // Whoever may write the file cannot make it say something else.
    let signed = std::fs::read_to_string(project.root().join(&receipt)).unwrap();
    project.write(&receipt, &signed.replace("\"approver\": \"alice\"", "\"approver\": \"bob\""));
    let (_, verdict, evidence) = approval(&project);
    assert_eq!(verdict, "block");
    assert!(evidence.contains("in the name of `bob` does not count"), "{evidence}");
    project.write(&receipt, &signed);
    assert_eq!(approval(&project).1, "pass");

    // A changed file is another plan, committed or not.
    project.migration("20260106000000_f", "SELECT 7;");
    git(&project, "alice", &["commit", "-q", "-a", "-m", "another"]);
    let (other, verdict, evidence) = approval(&project);
    assert_ne!(other, plan);
    assert_eq!(verdict, "block");
    assert!(evidence.contains("`alice` approved another plan"), "{evidence}");
    // And alice wrote some of this one.
    assert_eq!(approve("alice", "alice.key", &other).code, 0);
    let (_, _, evidence) = approval(&project);
    assert!(
        evidence.contains("`alice` wrote some of it (as alice <alice@example.com>), and nobody approves their own"),
        "{evidence}"
    );
    assert_eq!(approve("bob", "bob.key", &other).code, 0);
    assert_eq!(approval(&project).1, "pass");
}

#[test]
fn an_assistant_must_bring_a_plan() {
    let mut project = Project::new("sqlite");
    let file = project.sqlite("prod.db", "CREATE TABLE t (x INTEGER);");
    project.set("PRODUCTION_URL", &format!("file:{}", file.path.display()));
    project.set("CRUSH", "1");
    project.write("prisma-safe.toml", "[env.production]\nkind = \"production\"\nurl-env = \"PRODUCTION_URL\"\n");
    let refused = project.run(&["deploy", "--env", "production", "--yes"]);
    insta::assert_snapshot!(refused.shown(), @r"
    exit 3
    --- stdout
    --- stderr
    error: a deploy to `production` that Crush starts needs the hash of a plan
    why: what runs there is what a person has read; nothing was run
    hint: `cargo prisma-safe plan --env production` shows it; let a person read it
    hint: then `cargo prisma-safe deploy --env production --plan HASH --yes`
    ");
    // Looking is free, and a wrong hash is refused as everybody's.
    let plan = project.run(&["plan", "--env", "production", "--format", "json"]);
    assert_eq!(plan.code, 0, "{}", plan.shown());
    let wrong = project.run(&["deploy", "--env", "production", "--yes", "--plan", &"0".repeat(64)]);
    assert_eq!(wrong.code, 3);
    assert!(wrong.stderr.contains("is not the one that was named"), "{}", wrong.stderr);
    assert!(wrong.stderr.contains("`cargo prisma-safe plan --env production`"), "{}", wrong.stderr);
}
