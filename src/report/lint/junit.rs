//! JUnit XML. The counts stand in front, so this format keeps its findings until the end.

use std::io::{self, Write};

use quick_junit::{NonSuccessKind, Property, Report as Document, TestCase, TestCaseStatus, TestSuite};

use super::{Report, explain_command};
use crate::lint::{Judged, Reported, Summary};
use crate::rules::Level;
use crate::shell::printable;

/// Collects suites: one per migration.
#[derive(Default)]
pub(super) struct Junit {
    suites: Vec<TestSuite>,
}

impl Report for Junit {
    fn migration(&mut self, _: &mut dyn Write, judged: &Judged) -> io::Result<()> {
        let mut suite = TestSuite::new(safe(&judged.name));
        suite.add_property(Property::new("file", safe(&judged.file)));
        for found in &judged.findings {
            suite.add_test_case(case(judged, found));
        }
        if judged.findings.is_empty() {
            let mut case = TestCase::new("no findings", TestCaseStatus::success());
            case.set_classname(safe(&judged.file));
            suite.add_test_case(case);
        }
        self.suites.push(suite);
        Ok(())
    }

    fn end(&mut self, out: &mut dyn Write, summary: &Summary) -> io::Result<()> {
        let mut document = Document::new("prisma-safe lint");
        let mut totals = TestSuite::new("summary");
        for (name, value) in
            [("statements", summary.statements), ("understood", summary.understood), ("unknown", summary.unknown)]
        {
            totals.add_property(Property::new(name, value.to_string()));
        }
        document.add_test_suites(self.suites.drain(..));
        document.add_test_suite(totals);
        document.serialize(&mut *out).map_err(io::Error::other)?;
        Ok(())
    }
}

fn case(judged: &Judged, found: &Reported) -> TestCase {
    let (finding, at) = (&found.finding, found.location);
    let details = format!(
        "{}:{}:{}: {}\nwhy: {}\nhelp: {}\nmore: {}",
        judged.file,
        at.line,
        at.column,
        finding.message,
        finding.why,
        finding.help,
        explain_command(found.rule.slug)
    );
    let mut status = match found.level {
        Level::Deny => TestCaseStatus::non_success(NonSuccessKind::Failure),
        Level::Warn | Level::Allow => TestCaseStatus::success(),
    };
    let fails = found.level == Level::Deny;
    if fails {
        status.set_message(safe(&finding.message));
        status.set_type(found.rule.slug);
        status.set_description(safe(&details));
    }
    let mut case = TestCase::new(format!("{} line {}", found.rule.slug, at.line), status);
    case.set_classname(safe(&judged.file));
    if !fails {
        case.set_system_out(safe(&format!("warning: {details}")));
    }
    case
}

/// Visible escapes for what XML 1.0 cannot hold.
fn safe(text: &str) -> String {
    printable(text).replace('\u{fffe}', "\\u{fffe}").replace('\u{ffff}', "\\u{ffff}")
}
