//! `[approvers]`: who may approve a plan, each with a public key.

use super::origin::Sourced;
use super::reader::Table;
use crate::hex;

/// How a public key is written: `ed25519:` and 64 hexadecimal digits.
pub const KEY_PREFIX: &str = "ed25519:";

/// One person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approver {
    /// The name, and where it is declared.
    pub name: Sourced<String>,
    /// The public key.
    pub key: Sourced<[u8; 32]>,
    /// `git`: names and addresses under which this person commits, beside the name itself.
    pub git: Vec<String>,
}

/// Reads `[approvers]`: `alice = "ed25519:…"`, or `[approvers.alice]` with `key` and `git`.
pub(super) fn read_all(table: &mut Table<'_, '_>) -> Vec<Approver> {
    let mut approvers: Vec<Approver> = Vec::new();
    for (name, span) in table.names() {
        let found = if table.is_table(&name.value) {
            table.named_table(&name.value).and_then(|mut own| {
                let key = own.string("key");
                if key.is_none() && !own.mentions(&["key"]) {
                    own.complain(format!("{} has no `key`", own.heading()), Some(help(&name.value)));
                }
                let git = own.strings("git").map_or_else(Vec::new, |names| names.value);
                own.finish();
                Some((key?, git))
            })
        } else {
            table.named_string(&name.value).map(|key| (key, Vec::new()))
        };
        let Some((text, git)) = found else { continue };
        let Some(key) = parse_public_key(&text.value) else {
            let message = format!("the key of `{}` cannot be read", name.value);
            table.complain_span(span, message, Some(help(&name.value)));
            continue;
        };
        if let Some(other) = approvers.iter().find(|other| other.key.value == key) {
            let message = format!("`{}` and `{}` have the same key", other.name.value, name.value);
            table.complain_span(span, message, Some("two approvals must come from two people".to_owned()));
            continue;
        }
        approvers.push(Approver { key: text.map(|_| key), name, git });
    }
    approvers
}

fn help(name: &str) -> String {
    format!("`cargo prisma-safe approve keygen --as {name}` makes a pair and prints the line to put here")
}

/// Reads a public key.
#[must_use]
pub fn parse_public_key(text: &str) -> Option<[u8; 32]> {
    hex::parse(text.trim().strip_prefix(KEY_PREFIX)?)
}
