//! Markdown for a comment on a pull request. What comes from migrations and databases stands in code, where neither Markdown nor mentions
//! are read. The text is cut where GitHub would refuse it.

use std::io::{self, Write};

use super::{Document, human, word};
use crate::report::lint::markdown::{code, fenced};
use crate::revert::prove::{Proof, Verdict};
use crate::shell::count;

/// GitHub takes 65,536 characters; the head and the foot need some.
const LIMIT: usize = 60_000;

pub(super) fn write(out: &mut (dyn Write + Send), found: &Document<'_>) -> io::Result<()> {
    let failed = found.proofs.iter().filter(|proof| proof.failed).count();
    let schema_only = found.proofs.iter().any(|proof| proof.verdict == Verdict::SchemaOnly);
    let mark = match (failed, schema_only) {
        (0, false) => "✅",
        (0, true) => "⚠️",
        _ => "❌",
    };
    // A bot finds its own comment again by the first line.
    writeln!(out, "<!-- prisma-safe-verify -->\n### {mark} Reverts\n")?;
    let ground = match found.server {
        Some(server) => format!(
            "{} on {}, rows from seed {}",
            count(found.proofs.len(), "migration"),
            code(&format!("{} {}", server.product, server.version)),
            found.row_seed
        ),
        None => "Nothing to verify".to_owned(),
    };
    writeln!(out, "{ground}: {} failed.\n", failed)?;
    let mut body = String::new();
    let mut left_out = 0;
    for proof in found.proofs {
        let one = migration(proof);
        if body.len() + one.len() > LIMIT {
            left_out += 1;
        } else {
            body.push_str(&one);
        }
    }
    out.write_all(body.as_bytes())?;
    if left_out > 0 {
        writeln!(out, "{} left out here: run `cargo prisma-safe verify`", count(left_out, "migration"))?;
    }
    out.flush()
}

fn migration(proof: &Proof) -> String {
    let mark = match (proof.failed, proof.verdict) {
        (true, _) => "❌",
        (_, Verdict::SchemaOnly) => "⚠️",
        (_, Verdict::NotNeeded) => "➖",
        _ => "✅",
    };
    let mut text = format!("{mark} **{}** {}\n\n", word(proof.verdict), code(&proof.name));
    let sentences = human::sentences(proof);
    if !sentences.is_empty() {
        text.push_str(&fenced("text", &sentences.join("\n")));
    }
    text
}
