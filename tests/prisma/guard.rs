//! Prisma typed by hand, behind an installed guard.

use crate::bed::{Bed, GUARD, majors};
use crate::doubles::double;

#[test]
fn a_developers_own_database_gets_everything() {
    for major in majors() {
        let bed = Bed::new(major);
        bed.by_hand(&["migrate", "deploy"]).ended(0).says("All migrations have been successfully applied.");
        bed.by_hand(&["migrate", "reset", "--force"]).ended(0).says("Database reset successful");
        bed.by_hand(&["db", "push", "--force-reset"]).ended(0).says("now in sync");
        bed.write("x.sql", "CREATE TABLE extra (id INTEGER);");
        let execute: &[&str] = match major {
            6 => &["db", "execute", "--file", "x.sql", "--schema", "prisma/schema.prisma"],
            _ => &["db", "execute", "--file", "x.sql"],
        };
        bed.by_hand(execute).ended(0).says("Script executed successfully.");
    }
}

#[test]
fn a_real_database_gets_reading_only_and_keeps_every_byte() {
    for major in majors() {
        let bed = Bed::production(major).deployed();
        bed.write("x.sql", "DROP TABLE \"User\";");
        let before = bed.database_bytes("app.db");
        let execute: &[&str] = match major {
            6 => &["db", "execute", "--file", "x.sql", "--schema", "prisma/schema.prisma"],
            _ => &["db", "execute", "--file", "x.sql"],
        };
        let refused: [(&str, &[&str]); 8] = [
            ("reset", &["migrate", "reset", "--force"]),
            ("reset", &["db", "push", "--force-reset"]),
            ("schemaPush", &["db", "push"]),
            ("schemaPush", &["db", "push", "--accept-data-loss"]),
            ("dbExecute", execute),
            ("applyMigrations", &["migrate", "deploy"]),
            ("markMigrationApplied", &["migrate", "resolve", "--applied", "20260119090000_add_nickname"]),
            ("markMigrationRolledBack", &["migrate", "resolve", "--rolled-back", "20260119090000_add_nickname"]),
        ];
        for (call, arguments) in refused {
            bed.by_hand(arguments)
                .ended(1)
                .says(&format!("Error: refused by prisma-safe: `{call}`, because `production`"));
            assert!(bed.database_bytes("app.db") == before, "{arguments:?} of {major} changed the database");
        }
        bed.by_hand(&["migrate", "status"]).ended(0).says("Database schema is up to date!");
        bed.by_hand(&["db", "pull", "--print"]).ended(0).says("model User");
        assert!(bed.database_bytes("app.db") == before, "reading changed the database");
    }
}

#[test]
fn a_database_that_is_not_there_is_not_created_where_it_is_not_dev() {
    for major in majors() {
        let bed = Bed::production(major);
        for arguments in [&["migrate", "deploy"][..], &["migrate", "reset", "--force"], &["db", "push"]] {
            bed.by_hand(arguments).ended(1).says("refused by prisma-safe: `create-database`, because `production`");
            assert!(!bed.database("app.db").exists(), "{arguments:?}");
        }
    }
}

#[test]
fn what_prisma_prints_of_a_refusal() {
    for major in majors() {
        let bed = Bed::production(major).deployed();
        let ran = bed.by_hand(&["migrate", "reset", "--force"]).ended(1);
        let stderr = bed.plain(&ran.stderr);
        let error = &stderr[stderr.find("Error:").unwrap()..];
        let error = error.replace("prisma/app.db", "app.db").replace("[PROJECT]/", "");
        insta::allow_duplicates! {
            insta::assert_snapshot!(error, @r#"
Error: refused by prisma-safe: `reset`, because `production` (file:app.db) is not proven to be a developer's own database: its kind is `production` (set in prisma-safe.toml:2)
why: it would drop all data
hint: to undo a migration here: `cargo prisma-safe resolve`, then a corrective migration
"#);
        }
    }
}

#[test]
fn a_project_may_allow_deploys_without_gates_and_nothing_else() {
    for major in majors() {
        let bed = Bed::production(major);
        bed.write(
            "prisma-safe.toml",
            "[guard]\nungated-deploy = \"allow\"\n[env.production]\nkind = \"production\"\nurl-env = \"DATABASE_URL\"\n",
        );
        std::fs::write(bed.database("app.db"), "").unwrap();
        bed.by_hand(&["migrate", "deploy"]).ended(0).says("successfully applied");
        bed.by_hand(&["migrate", "reset", "--force"]).ended(1).says("refused by prisma-safe: `reset`");
    }
}

/// Nothing in the process environment can talk the guard into a reset.
#[test]
fn variables_do_not_make_a_database_dev() {
    for major in majors() {
        let mut bed = Bed::production(major).deployed();
        let elsewhere = tempfile::tempdir().unwrap();
        let lenient = elsewhere.path().join("lenient.toml");
        std::fs::write(&lenient, "[env.dev]\nkind = \"dev\"\nurl-env = \"DATABASE_URL\"\n").unwrap();
        bed.set("PRISMA_SAFE_CONFIG", lenient.to_str().unwrap());
        bed.set("PRISMA_SAFE_ENV", "dev");
        bed.by_hand(&["migrate", "reset", "--force"])
            .ended(1)
            .says("refused by prisma-safe: `reset`, because `production`");
        bed.set("PRISMA_SAFE_RUN", lenient.to_str().unwrap());
        bed.by_hand(&["migrate", "reset", "--force"]).ended(1).says("cannot be believed");
    }
}

#[test]
fn a_broken_settings_file_is_no_permission() {
    for major in majors() {
        let bed = Bed::new(major).deployed();
        bed.write("prisma-safe.toml", "[env.dev\n");
        bed.by_hand(&["migrate", "reset", "--force"]).ended(1).says("the settings cannot be used");
        bed.by_hand(&["migrate", "status"]).ended(0).says("up to date");
    }
}

/// 6 uses `directUrl` for migrations: both URLs must be a developer's own.
#[test]
fn a_direct_url_that_leads_elsewhere_is_judged_by_itself() {
    if majors().is_empty() {
        return;
    }
    let mut bed = Bed::new(6).deployed();
    let schema = std::fs::read_to_string(bed.path("prisma/schema.prisma")).unwrap();
    let url = schema.lines().find(|line| line.trim_start().starts_with("url")).unwrap().to_owned();
    bed.write("prisma/schema.prisma", &schema.replace(&url, &format!("{url}\n  directUrl = env(\"DIRECT_URL\")")));
    bed.write(
        "prisma-safe.toml",
        "[env.dev]\nkind = \"dev\"\nurl-env = \"DATABASE_URL\"\n[env.production]\nkind = \"production\"\nurl-env = \"DIRECT_URL\"\n",
    );
    std::fs::copy(bed.database("app.db"), bed.database("real.db")).unwrap();
    bed.set("DIRECT_URL", "file:./real.db");
    let before = bed.database_bytes("real.db");
    bed.by_hand(&["migrate", "reset", "--force"])
        .ended(1)
        .says("refused by prisma-safe: `reset`, because `production`");
    assert!(bed.database_bytes("real.db") == before);
}

/// A shadow database is wiped each time: it may be nobody's.
#[test]
fn a_shadow_database_that_is_a_real_one_is_not_wiped() {
    if majors().is_empty() {
        return;
    }
    let mut bed = Bed::new(7).deployed();
    bed.set("SHADOW_DATABASE_URL", "file:./other/../app.db");
    let before = bed.database_bytes("app.db");
    let diff = ["migrate", "diff", "--from-migrations", "prisma/migrations", "--to-schema", "prisma/schema.prisma"];
    bed.by_hand(&diff)
        .ended(1)
        .says("refused by prisma-safe: `diff`, because the shadow database is, or may be, the main database");
    assert!(bed.database_bytes("app.db") == before);
    bed.set("SHADOW_DATABASE_URL", "file:./shadow.db");
    bed.by_hand(&diff).ended(0).says("No difference detected");
}

/// Without the guard, Prisma takes an engine that dies at once for success.
#[test]
fn an_engine_that_dies_without_a_word_is_an_error() {
    for major in majors() {
        let mut bed = Bed::new(major).deployed();
        let dead =
            double(&bed.path(""), "dies-at-once", "case \" $* \" in *' cli '*) exit 0;; esac; read -r line; exit 0");
        bed.by_hand_through(dead.to_str().unwrap(), &["migrate", "deploy"]).ended(0);
        bed.set("PRISMA_SAFE_REAL_ENGINE", dead.to_str().unwrap());
        bed.by_hand(&["migrate", "deploy"]).ended(1).says("ended without an answer");
    }
}

#[test]
fn without_a_real_engine_prisma_says_how_to_get_one() {
    for major in majors() {
        let mut bed = Bed::new(major).deployed();
        bed.set("PRISMA_SAFE_REAL_ENGINE", "/nowhere/schema-engine");
        bed.by_hand(&["migrate", "deploy"]).ended(1).says("is not there or is no file");
        bed.set("PRISMA_SAFE_REAL_ENGINE", GUARD);
        bed.by_hand(&["migrate", "deploy"]).ended(1).says("is the engine guard itself");
    }
}
