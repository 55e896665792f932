//! JUnit XML: one test case a migration.

use std::io::{self, Write};
use std::time::Duration;

use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite};

use super::{Document, human, word};
use crate::revert::prove::{Proof, Verdict};
use crate::shell::printable;

pub(super) fn write(out: &mut (dyn Write + Send), found: &Document<'_>) -> io::Result<()> {
    let mut report = Report::new("prisma-safe verify");
    let mut suite = TestSuite::new("reverts");
    if let Some(server) = found.server {
        suite.add_property(Property::new("server", safe(&format!("{} {}", server.product, server.version))));
    }
    suite.add_property(Property::new("seed", found.row_seed.to_string()));
    for seed in found.seeds {
        suite.add_property(Property::new("seed-file", safe(&format!("{} {}", seed.shown(), seed.checksum))));
    }
    suite.add_test_cases(found.proofs.iter().map(case));
    report.add_test_suite(suite);
    report.serialize(&mut *out).map_err(io::Error::other)?;
    out.flush()
}

fn case(proof: &Proof) -> TestCase {
    let details = human::sentences(proof).join("\n");
    let mut status = if proof.failed {
        TestCaseStatus::non_success(NonSuccessKind::Failure)
    } else if proof.verdict == Verdict::NotNeeded {
        TestCaseStatus::skipped()
    } else {
        TestCaseStatus::success()
    };
    if proof.failed || proof.verdict == Verdict::NotNeeded {
        status.set_message(word(proof.verdict));
    }
    if proof.failed {
        status.set_type(word(proof.verdict).replace(' ', "-"));
        status.set_description(safe(&details));
    }
    let mut case = TestCase::new(safe(&proof.name), status);
    case.set_classname("verify");
    case.set_time(Duration::from_secs_f64(proof.seconds.max(0.0)));
    if !proof.failed && !details.is_empty() {
        case.set_system_out(safe(&details));
    }
    case
}

/// Visible escapes for what XML 1.0 cannot hold.
fn safe(text: &str) -> String {
    printable(text).replace('\u{fffe}', "\\u{fffe}").replace('\u{ffff}', "\\u{ffff}")
}
