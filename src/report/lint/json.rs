//! JSON: the document of `docs/lint.schema.json`, streamed. Its names are API.

use std::io::{self, Write};

use serde::Serialize;

use super::Report;
use crate::lint::{Judged, Location, Reported, Summary};
use crate::rules::{Fixable, Subject};

/// The version of the document; a number never changes its meaning.
const SCHEMA_VERSION: u32 = 1;

/// Writes the document.
#[derive(Default)]
pub(super) struct Json {
    any: bool,
}

#[derive(Serialize)]
struct Finding<'a> {
    rule: &'a str,
    id: &'a str,
    level: crate::rules::Level,
    level_origin: String,
    migration: &'a str,
    location: Place<'a>,
    subject: &'a Subject,
    message: &'a str,
    why: &'a str,
    help: &'a str,
    query: Option<&'a str>,
    /// Whether `lint --fix` can write the safe form of this very finding.
    fixable: bool,
    fingerprint: String,
}

#[derive(Serialize)]
struct Place<'a> {
    file: &'a str,
    #[serde(flatten)]
    at: Location,
}

impl Report for Json {
    fn begin(&mut self, out: &mut dyn Write) -> io::Result<()> {
        write!(out, "{{\"schema_version\":{SCHEMA_VERSION},\"findings\":[")
    }

    fn migration(&mut self, out: &mut dyn Write, judged: &Judged) -> io::Result<()> {
        for found in &judged.findings {
            out.write_all(if self.any { b",\n" } else { b"\n" })?;
            self.any = true;
            serde_json::to_writer(&mut *out, &finding(judged, found))?;
        }
        Ok(())
    }

    fn end(&mut self, out: &mut dyn Write, summary: &Summary) -> io::Result<()> {
        out.write_all(if self.any { b"\n],\"summary\":" } else { b"],\"summary\":" })?;
        serde_json::to_writer(&mut *out, summary)?;
        out.write_all(b"}\n")
    }
}

fn finding<'a>(judged: &'a Judged, found: &'a Reported) -> Finding<'a> {
    Finding {
        rule: found.rule.slug,
        id: found.rule.id,
        level: found.level,
        level_origin: found.level_origin.to_string(),
        migration: &judged.name,
        location: Place { file: &judged.file, at: found.location },
        subject: &found.finding.subject,
        message: &found.finding.message,
        why: &found.finding.why,
        help: &found.finding.help,
        query: found.finding.query.as_deref(),
        fixable: found.finding.fix.is_some() && found.rule.fixable != Fixable::Never,
        fingerprint: found.fingerprint(&judged.name),
    }
}
