//! `reset`, `run`, `guard`, and the pin of a run, through the real command.

use crate::bed::{Bed, GUARD, majors, prismas_engine};
use crate::doubles::double;

const TWO: &str = "[env.dev]\nkind = \"dev\"\nurl-env = \"DATABASE_URL\"\n\
                   [env.production]\nkind = \"production\"\nurl-env = \"PRODUCTION_DATABASE_URL\"\n";

fn with_production(major: u32) -> Bed {
    let mut bed = Bed::new(major).deployed();
    bed.write("prisma-safe.toml", TWO);
    std::fs::copy(bed.database("app.db"), bed.database("real.db")).unwrap();
    bed.set("PRODUCTION_DATABASE_URL", "file:./real.db");
    bed
}

#[test]
fn reset_empties_a_developers_own_database() {
    for major in majors() {
        let bed = with_production(major);
        let ran = bed.safe(&["reset", "--yes"]).ended(0);
        let story = bed.plain(&ran.stderr).replace("/prisma/app.db", "/app.db");
        insta::allow_duplicates! {
            insta::assert_snapshot!(story, @r#"
  Target dev (dev): file:[PROJECT]/app.db
  Proven a developer's own database: its kind, its place and its mark agree
Applying 20260105090000_create_users
Applying 20260112090000_create_posts
Applying 20260119090000_add_nickname
   Reset dev: the database was emptied and the migrations applied
"#);
        }
    }
}

#[test]
fn reset_of_anything_else_ends_before_prisma_is_started() {
    for major in majors() {
        let bed = with_production(major);
        let started = bed.path("started");
        let trap = double(&bed.path(""), "prisma", &format!("touch '{}'", started.display()));
        let settings = format!("[prisma]\ncommand = [\"{}\"]\nversion = \"{major}.0.0\"\n{TWO}", trap.display());
        bed.write("prisma-safe.toml", &settings);
        let before = bed.database_bytes("real.db");
        let ran = bed.safe(&["reset", "--env", "production", "--yes"]).ended(3);
        let story = bed.plain(&ran.stderr).replace("/prisma/real.db", "/real.db");
        insta::allow_duplicates! {
            insta::assert_snapshot!(story, @r#"
error: `production` (file:[PROJECT]/real.db) is not proven to be a developer's own database: its kind is `production` (set in prisma-safe.toml:8)
why: what stands in it belongs to others and would be lost; nothing was changed
hint: to undo a migration here: `cargo prisma-safe resolve`, then a corrective migration
"#);
        }
        assert!(!started.exists() && bed.database_bytes("real.db") == before);
        // The trap works: where it is let through, it is started.
        bed.safe(&["reset", "--yes"]).ended(4);
        assert!(started.exists());
    }
}

#[test]
fn reset_asks_and_takes_silence_for_no() {
    for major in majors() {
        let bed = with_production(major);
        let before = bed.database_bytes("app.db");
        bed.safe(&["reset"]).ended(2).says("add `--yes`");
        bed.safe(&["reset", "--dry-run"]).ended(0).says("Would reset dev");
        assert!(bed.database_bytes("app.db") == before);
    }
}

#[test]
fn run_says_what_a_command_does_and_the_guard_judges_it() {
    for major in majors() {
        let bed = with_production(major);
        let before = bed.database_bytes("real.db");
        bed.safe(&["run", "--env", "production", "--", "migrate", "status"])
            .ended(0)
            .says("a reading command on production")
            .says("Database schema is up to date!");
        bed.safe(&["run", "--env", "production", "--", "migrate", "reset", "--force"])
            .ended(3)
            .says("a destructive command")
            .says("refused by prisma-safe: `reset`");
        bed.safe(&["run", "--env", "production", "--", "migrate", "deploy"])
            .ended(3)
            .says("checks first, then applies");
        assert!(bed.database_bytes("real.db") == before);
        bed.safe(&["run", "migrate", "reset", "--force"]).ended(0).says("Database reset successful");
        bed.safe(&["run", "--", "no-such-command"]).ended(4);
    }
}

/// Prisma's own error, with what it means and the next command below it.
#[test]
fn run_explains_prismas_codes() {
    for major in majors() {
        let bed = with_production(major);
        let ran = bed.safe(&["run", "--", "migrate", "resolve", "--applied", "20260119090000_add_nickname"]).ended(2);
        let after = ran.stderr.split("Error: P3008").nth(1).unwrap().trim_start();
        let explained = &after[after.find("why:").unwrap()..];
        insta::allow_duplicates! {
            insta::assert_snapshot!(explained, @r#"
why: nothing was changed; there is nothing to resolve about it
hint: `cargo prisma-safe status` shows what the ledger says
"#);
        }
    }
}

/// A config file or schema that takes its URL from somewhere else than the variable that was set.
#[test]
fn a_run_on_another_database_than_the_checked_one_is_refused() {
    for major in majors() {
        let bed = with_production(major);
        let (file, from, to) = match major {
            6 => ("prisma/schema.prisma", "env(\"DATABASE_URL\")", "\"file:./elsewhere.db\""),
            _ => ("prisma.config.ts", "process.env.DATABASE_URL", "\"file:./elsewhere.db\""),
        };
        let text = std::fs::read_to_string(bed.path(file)).unwrap();
        assert!(text.contains(from), "{text}");
        bed.write(file, &text.replace(from, to));
        for arguments in [&["migrate", "status"][..], &["migrate", "deploy"], &["migrate", "reset", "--force"]] {
            let all = [&["run", "--env", "dev", "--"], arguments].concat();
            bed.safe(&all).ended(3).says("this is not the database of `dev` that was checked");
            assert!(!bed.database("elsewhere.db").exists(), "{arguments:?}");
        }
    }
}

#[test]
fn a_gated_deploy_is_let_through_by_its_pin() {
    for major in majors() {
        let bed = Bed::production(major);
        bed.safe(&["deploy", "--env", "production", "--create-database", "--yes"])
            .ended(0)
            .says("3 migrations applied");
        bed.by_hand(&["migrate", "status"]).ended(0).says("up to date");
    }
}

#[test]
fn guard_status_proves_that_it_holds() {
    for major in majors() {
        let mut bed = with_production(major);
        bed.safe(&["guard", "status"]).ended(1).says("does not hold here");
        bed.set("PRISMA_SCHEMA_ENGINE_BINARY", GUARD);
        let ran = bed.safe(&["guard", "status", "--format", "json"]).ended(0);
        let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!(report["holds"], true);
        assert_eq!(report["guard"]["refused"], true);
        assert_eq!(report["guard"]["real_engine"], prismas_engine(major).to_str().unwrap());
        // Prisma's own engine in its place is no guard.
        bed.set("PRISMA_SCHEMA_ENGINE_BINARY", prismas_engine(major).to_str().unwrap());
        bed.safe(&["guard", "status"]).ended(1).says("is not the guard");
        bed.set("PRISMA_SCHEMA_ENGINE_BINARY", GUARD);
        bed.set("PRISMA_SAFE_REAL_ENGINE", "/nowhere");
        bed.safe(&["guard", "status"]).ended(1).says("let Prisma download it");
    }
}

#[test]
fn guard_install_writes_what_was_picked_and_uninstall_removes_it() {
    let Some(major) = majors().pop() else { return };
    let bed = Bed::new(major);
    bed.write(".envrc", "export A=1\n");
    bed.write("package.json", "{\n  \"scripts\": {\n    \"release\": \"prisma migrate deploy\"\n  }\n}\n");
    bed.safe(&["guard", "install"]).ended(2).says("add `--way envrc|package-json|shell|ci`");
    bed.safe(&["guard", "install", "--way", "envrc", "--print"]).ended(0).says("PRISMA_SCHEMA_ENGINE_BINARY");
    assert_eq!(std::fs::read_to_string(bed.path(".envrc")).unwrap(), "export A=1\n");
    bed.safe(&["guard", "install", "--way", "envrc"]).ended(0).says("direnv allow");
    bed.safe(&["guard", "install", "--way", "package-json"]).ended(0).says("past the guard: `release`");
    insta::assert_snapshot!(std::fs::read_to_string(bed.path(".envrc")).unwrap(), @r#"
export A=1
# >>> prisma-safe guard: Prisma's schema engine runs behind it
export PRISMA_SCHEMA_ENGINE_BINARY="$(command -v prisma-safe-engine || echo /prisma-safe-engine-is-not-installed)"
# <<< prisma-safe guard
"#);
    insta::assert_snapshot!(std::fs::read_to_string(bed.path("package.json")).unwrap(), @r#"
{
  "scripts": {
    "release": "prisma migrate deploy",
    "prisma": "cargo prisma-safe run --"
  }
}
"#);
    bed.safe(&["guard", "status"]).ended(1).says("envrc, package-json");
    bed.safe(&["guard", "uninstall"]).ended(0).says("Removed");
    assert_eq!(std::fs::read_to_string(bed.path(".envrc")).unwrap(), "export A=1\n");
    assert!(!std::fs::read_to_string(bed.path("package.json")).unwrap().contains("prisma-safe"));
    bed.safe(&["guard", "uninstall"]).ended(0).says("nothing of the guard was found");
}
