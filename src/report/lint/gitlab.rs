//! GitLab code quality: a JSON array.

use std::collections::HashMap;
use std::io::{self, Write};

use serde::Serialize;

use super::Report;
use crate::lint::{Judged, Summary};
use crate::rules::Level;

/// Writes the array.
#[derive(Default)]
pub(super) struct Gitlab {
    any: bool,
}

#[derive(Serialize)]
struct Issue<'a> {
    description: String,
    check_name: &'a str,
    fingerprint: String,
    severity: &'static str,
    location: Place<'a>,
}

#[derive(Serialize)]
struct Place<'a> {
    path: &'a str,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: usize,
    end: usize,
}

impl Report for Gitlab {
    fn begin(&mut self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(b"[")
    }

    fn migration(&mut self, out: &mut dyn Write, judged: &Judged) -> io::Result<()> {
        // GitLab drops issues whose fingerprint it has seen.
        let mut seen: HashMap<String, usize> = HashMap::new();
        for found in &judged.findings {
            let base = found.fingerprint(&judged.file);
            let times = seen.entry(base.clone()).or_default();
            let fingerprint = format!("{base}-{}{times}", if judged.again { "h" } else { "" });
            *times += 1;
            let issue = Issue {
                description: format!("{}: {}", found.rule.id, found.finding.message),
                check_name: found.rule.slug,
                fingerprint,
                severity: match found.level {
                    Level::Deny => "critical",
                    Level::Warn | Level::Allow => "minor",
                },
                location: Place {
                    path: &judged.file,
                    lines: Lines { begin: found.location.line, end: found.location.end_line },
                },
            };
            out.write_all(if self.any { b",\n" } else { b"\n" })?;
            self.any = true;
            serde_json::to_writer(&mut *out, &issue)?;
        }
        Ok(())
    }

    fn end(&mut self, out: &mut dyn Write, _: &Summary) -> io::Result<()> {
        out.write_all(if self.any { b"\n]\n" } else { b"]\n" })
    }
}
