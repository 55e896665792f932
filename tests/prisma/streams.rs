//! The guard changes no byte of what it lets through: both sides of it, recorded during real runs.

use std::path::Path;

use crate::bed::{Bed, GUARD, majors, prismas_engine};
use crate::doubles::{double, recorder};

/// The commands of a whole flow on a developer's own database.
fn flow(major: u32) -> Vec<Vec<&'static str>> {
    let diff: &[&str] = match major {
        6 => &["--from-schema-datasource", "prisma/schema.prisma", "--to-empty"],
        _ => &["--from-config-datasource", "--to-empty"],
    };
    vec![
        vec!["migrate", "deploy"],
        vec!["migrate", "status"],
        [&["migrate", "diff", "--script"], diff].concat(),
        vec!["migrate", "resolve", "--applied", "20260119090000_add_nickname"],
        vec!["db", "push"],
        vec!["db", "pull", "--print"],
        vec!["migrate", "reset", "--force"],
        vec!["migrate", "deploy"],
    ]
}

fn read(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap_or_default()
}

#[test]
fn both_sides_of_the_guard_see_the_same_bytes() {
    for major in majors() {
        let mut bed = Bed::new(major);
        let records = tempfile::tempdir().unwrap();
        let behind = recorder(records.path(), "behind", &prismas_engine(major));
        let before = recorder(records.path(), "before", Path::new(GUARD));
        bed.set("PRISMA_SAFE_REAL_ENGINE", behind.to_str().unwrap());
        let plain = Bed::new(major);
        for arguments in flow(major) {
            let guarded = bed.by_hand_through(before.to_str().unwrap(), &arguments);
            let unguarded = plain.by_hand_through(prismas_engine(major).to_str().unwrap(), &arguments);
            // What the user sees is the same, too, but for times.
            assert_eq!(guarded.code, unguarded.code, "{arguments:?}: {}", guarded.stderr);
            assert_eq!(without_times(&guarded.stdout), without_times(&unguarded.stdout), "{arguments:?}");
            assert_eq!(without_times(&guarded.stderr), without_times(&unguarded.stderr), "{arguments:?}");
        }
        for stream in ["requests", "replies"] {
            let one = read(&records.path().join(format!("before.{stream}")));
            let other = read(&records.path().join(format!("behind.{stream}")));
            assert!(one == other, "{stream} of {major} differ:\n{}", String::from_utf8_lossy(&one));
            assert!(one.len() > 1000, "nothing was recorded");
        }
    }
}

fn without_times(text: &str) -> String {
    let is_time = |word: &str| {
        let number = word.trim_end_matches(['m', 's']);
        number.len() < word.len() && !number.is_empty() && number.chars().all(|c| c.is_ascii_digit() || c == '.')
    };
    text.split(' ').map(|word| if is_time(word.trim_end()) { "[TIME]" } else { word }).collect::<Vec<_>>().join(" ")
}

/// Settings of a run reach the real engine's URL and nothing else.
#[test]
fn a_lock_timeout_goes_into_the_url_of_the_engine() {
    for major in majors() {
        let mut bed = Bed::new(major);
        let (file, provider) = ("prisma/schema.prisma", "provider = \"postgresql\"");
        let text = std::fs::read_to_string(bed.path(file)).unwrap();
        bed.write(file, &text.replace("provider = \"sqlite\"", provider));
        let lock = "provider = \"postgresql\"\n";
        bed.write("prisma/migrations/migration_lock.toml", lock);
        let shown = bed.path("shown");
        // Notes the URL that it was given, in whichever way, and answers that it failed.
        let engine = double(
            &bed.path(""),
            "shows-its-url",
            &format!(
                "case \" $* \" in *' cli '*) exit 0;; esac\nprintf '%s\\n%s\\n' \"$*\" \"$DATABASE_URL\" > '{}'\n\
                 read -r line\nprintf '%s\\n' '{{\"id\":1,\"jsonrpc\":\"2.0\",\"error\":{{\"code\":4466,\"message\":\"x\",\"data\":{{\"is_panic\":false,\"message\":\"a double\",\"meta\":null,\"error_code\":\"P1001\"}}}}}}'\ncat >/dev/null",
                shown.display()
            ),
        );
        bed.set("PRISMA_SAFE_REAL_ENGINE", engine.to_str().unwrap());
        let url = "postgresql://app:s3cret@127.0.0.1:1/shop?schema=public";
        bed.set("DATABASE_URL", url);
        let invocation = prisma_safe::prisma::Invocation {
            command: vec![bed.path("node_modules/.bin/prisma").into()],
            major,
            directory: bed.path(""),
        };
        let pin =
            prisma_safe::prisma::guard::Pin::new("production", prisma_safe::environment::EnvironmentKind::Production)
                .allow(prisma_safe::prisma::guard::Permit::ApplyMigrations)
                .lock_timeout(Some(std::time::Duration::from_secs(2)));
        let variables = ["DATABASE_URL".to_owned()];
        let target = prisma_safe::prisma::Target { variables: &variables, url, file: None };
        // The test's own process is the wrapper here, so the engine's name goes through its environment: a script passes it on.
        let wrapper = double(
            &bed.path(""),
            "prisma-with-engine",
            &format!(
                "PRISMA_SAFE_REAL_ENGINE='{}' PRISMA_QUERY_ENGINE_LIBRARY=/bin/true exec '{}' \"$@\"",
                engine.display(),
                bed.path("node_modules/.bin/prisma").display()
            ),
        );
        let invocation = prisma_safe::prisma::Invocation { command: vec![wrapper.into()], ..invocation };
        let paths = prisma_safe::prisma::Paths::default();
        let run = prisma_safe::prisma::Run::command(&invocation, prisma_safe::prisma::Command::MigrateDeploy, &paths)
            .unwrap();
        let finished = run.target(target, pin).run().unwrap();
        let shown =
            std::fs::read_to_string(&shown).unwrap_or_else(|_| panic!("{}\n{}", finished.stdout, finished.stderr));
        let with = "postgresql://app:s3cret@127.0.0.1:1/shop?schema=public&options=-c%20lock_timeout=2000";
        assert!(shown.contains(with), "{shown}");
        for text in [&finished.stdout, &finished.stderr] {
            assert!(!text.contains("s3cret"), "{text}");
        }
    }
}
