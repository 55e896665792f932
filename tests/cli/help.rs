//! The command line itself.

use insta::assert_snapshot;

use crate::support::project::TestProject;

#[test]
fn cargo_word_and_direct_call_are_the_same() {
    let project = TestProject::with_prisma("7.10.1").variable("DATABASE_URL", "file:./dev.db");
    let direct = project.run(&["env", "list"]);
    assert_eq!(direct.code, 0);
    assert_eq!(project.run(&["prisma-safe", "env", "list"]), direct);
    // Only the first word is Cargo's.
    assert_eq!(project.run(&["env", "prisma-safe"]).code, 2);
}

#[test]
fn help_and_version_are_no_failure_and_go_to_stdout() {
    let project = TestProject::empty();
    for arguments in [&["--help"][..], &["-h"], &["help", "env"], &["env", "list", "--help"], &["--version"], &["-V"]] {
        let said = project.run(arguments);
        assert_eq!((said.code, said.stderr.as_str()), (0, ""), "{arguments:?}");
        assert!(said.stdout.contains("prisma-safe"), "{arguments:?}: {}", said.stdout);
    }
    let help = project.run(&["--help"]).stdout;
    let codes = &help[help.find("Exit codes:").expect("the help lists the exit codes")..];
    assert_snapshot!(codes, @r"
    Exit codes:
        0  done
        1  findings, or a revert that is not proven
        2  wrong usage, settings or project
        3  refused by the guard, the dev test or a gate
        4  Prisma or its schema engine failed
        5  the database is not reachable or failed
        6  a failed migration waits for `resolve`
      130  interrupted
    ");
}

#[test]
fn wrong_usage_is_told_in_our_shape() {
    let project = TestProject::empty();
    assert_snapshot!(project.run(&["env", "lst"]).all(), @"
    stderr:
    error: unrecognized subcommand `lst`
    hint: a similar subcommand exists: `list`
    hint: usage: `cargo prisma-safe env [OPTIONS] <COMMAND>`
    hint: `--help` shows what the command takes
    exit code: 2
    ");
    assert_snapshot!(project.run(&["env", "list", "--fromat", "json"]).all(), @"
    stderr:
    error: unexpected argument `--fromat` found
    hint: a similar argument exists: `--format`
    hint: usage: `cargo prisma-safe env list --format <FORMAT>`
    hint: `--help` shows what the command takes
    exit code: 2
    ");
    assert_snapshot!(project.run(&["env", "list", "--format", "xml"]).all(), @"
    stderr:
    error: invalid value `xml` for `--format <FORMAT>` [possible values: human, json]
    hint: `--help` shows what the command takes
    exit code: 2
    ");
    assert_snapshot!(project.run(&["-q", "-v", "env", "list"]).all(), @"
    stderr:
    error: the argument `--quiet` cannot be used with `--verbose`
    hint: usage: `cargo prisma-safe --quiet <COMMAND>`
    hint: `--help` shows what the command takes
    exit code: 2
    ");
    let nothing = project.run(&[]);
    assert_eq!((nothing.code, nothing.stdout.as_str()), (2, ""));
    assert!(nothing.stderr.contains("Commands:"), "{}", nothing.stderr);
}

#[test]
#[cfg(unix)]
fn a_reader_that_goes_away_is_no_panic() {
    let project = TestProject::empty();
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let output = project.command(&["--help"]).stdout(writer).output().expect("the binary starts");
    let said = project.said(output);
    assert_eq!((said.code, said.stderr.as_str()), (0, ""));
}

#[test]
fn colour_is_only_what_was_asked_for() {
    let project = TestProject::empty();
    assert!(!project.run(&["env", "list"]).stderr.contains('\u{1b}'));
    assert!(project.run(&["env", "list", "--color", "always"]).stderr.contains('\u{1b}'));
}
