//! SARIF 2.1.0, streamed: the rules stand in front, results follow as they come. Lines and columns count from 1, columns in code points.

use std::io::{self, Write};

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::{Value, json};

use super::{Report, page_url};
use crate::lint::{Judged, Reported, Summary, all_rules};
use crate::rules::{Level, Rule};

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// What may not stand in the path of a URI.
const PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// Writes the log.
#[derive(Default)]
pub(super) struct Sarif {
    any: bool,
}

impl Report for Sarif {
    fn begin(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let rules: Vec<Value> = all_rules().map(descriptor).collect();
        let driver = json!({
            "name": "prisma-safe",
            "fullName": "cargo prisma-safe lint",
            "version": env!("CARGO_PKG_VERSION"),
            "semanticVersion": env!("CARGO_PKG_VERSION"),
            "rules": rules,
        });
        write!(
            out,
            "{{\"$schema\":\"{SCHEMA}\",\"version\":\"2.1.0\",\"runs\":[{{\"tool\":{{\"driver\":{driver}}},\"columnKind\":\"unicodeCodePoints\",\"results\":["
        )
    }

    fn migration(&mut self, out: &mut dyn Write, judged: &Judged) -> io::Result<()> {
        for found in &judged.findings {
            out.write_all(if self.any { b",\n" } else { b"\n" })?;
            self.any = true;
            serde_json::to_writer(&mut *out, &result(judged, found))?;
        }
        Ok(())
    }

    fn end(&mut self, out: &mut dyn Write, summary: &Summary) -> io::Result<()> {
        let summary = serde_json::to_string(summary)?;
        writeln!(out, "\n],\"properties\":{{\"summary\":{summary}}}}}]}}")
    }
}

fn level(level: Level) -> &'static str {
    match level {
        Level::Deny => "error",
        Level::Warn => "warning",
        Level::Allow => "none",
    }
}

fn descriptor(rule: &'static Rule) -> Value {
    let mut descriptor = json!({
        "id": rule.id,
        "name": rule.slug,
        "shortDescription": { "text": rule.summary },
        "fullDescription": { "text": rule.summary },
        "help": { "text": rule.page, "markdown": rule.page },
        "defaultConfiguration": { "level": level(rule.levels.elsewhere) },
        "properties": { "tags": rule.databases.iter().map(|provider| provider.as_str()).collect::<Vec<_>>() },
    });
    if let Some(url) = page_url(rule.slug) {
        descriptor["helpUri"] = url.into();
    }
    descriptor
}

fn result(judged: &Judged, found: &Reported) -> Value {
    let (finding, at) = (&found.finding, found.location);
    let index = all_rules().position(|rule| rule.id == found.rule.id);
    json!({
        "ruleId": found.rule.id,
        "ruleIndex": index,
        "level": level(found.level),
        "message": { "text": format!("{}\n\n{}\n\n{}", finding.message, finding.why, finding.help) },
        "locations": [{
            "physicalLocation": {
                "artifactLocation": { "uri": uri(&judged.file) },
                "region": {
                    "startLine": at.line,
                    "startColumn": at.column,
                    "endLine": at.end_line,
                    "endColumn": at.end_column,
                },
            },
            "logicalLocations": [{ "name": judged.name, "kind": "module" }],
        }],
        "partialFingerprints": { "prismaSafe/v1": found.fingerprint(&judged.name) },
        "properties": {
            "level_origin": found.level_origin.to_string(),
            "subject": finding.subject,
            "query": finding.query,
        },
    })
}

/// A relative reference for a path below the current folder, a `file:` URI for any other.
fn uri(path: &str) -> String {
    let encoded = utf8_percent_encode(path, PATH).to_string();
    if encoded.starts_with('/') {
        return format!("file://{encoded}");
    }
    let bytes = encoded.as_bytes();
    if bytes.get(1) == Some(&b':') && bytes.get(2) == Some(&b'/') {
        return format!("file:///{encoded}");
    }
    // A colon in the first segment would be taken for a scheme.
    match encoded.split_once('/') {
        Some((first, _)) if first.contains(':') => format!("./{encoded}"),
        None if encoded.contains(':') => format!("./{encoded}"),
        _ => encoded,
    }
}
