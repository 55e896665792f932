//! The revert script of a draft, in the shape of `templates/sql/revert_migration_template.sql`: a head that says what it restores, what it
//! cannot and how it was made, then the SQL, in one transaction where the database has transactional DDL.

use std::fmt::Write as _;

use super::placeholder::Placeholder;
use super::{Draft, Origin, archive};
use crate::deploy::plan::loss;
use crate::project::Provider;
use crate::sql;
use crate::sql::model::{Action, Script};

/// What a script that nobody has written yet says of itself.
pub const UNWRITTEN_MARK: &str = "TODO(revert)";
/// Stands in a script that nobody has written yet. A revert with this line is no revert.
pub const NOT_WRITTEN: &str = "-- TODO(revert): not written yet";

/// Writes the script.
#[must_use]
pub fn write(draft: &Draft) -> String {
    let mut text = head(draft);
    match &draft.reverse {
        Some(reverse) => text.push_str(&in_one_transaction(draft.script.provider, reverse)),
        None => {
            let _ = writeln!(text, "{NOT_WRITTEN}. Undo every statement of migration.sql, last one first.");
            if draft.keeps {
                let back = archive::restore::alone(&draft.archive, &draft.script);
                let _ = writeln!(
                    text,
                    "-- What the migration keeps comes back with these, once the tables have their old shape:\n--"
                );
                for line in back.lines() {
                    let _ = writeln!(text, "--   {line}");
                }
            }
        }
    }
    text
}

fn head(draft: &Draft) -> String {
    let mut text = format!("-- Reverts: {}\n--\n", draft.name);
    let _ = writeln!(text, "-- What this undoes:  {}", one_line(&draft.title));
    text.push_str(&what_comes_back(draft));
    for Placeholder { table, column, value } in &draft.placeholders {
        let filled = if draft.keeps {
            format!("`{table}`.`{column}` may not be NULL: rows that have no kept value get {value}")
        } else {
            format!("`{table}`.`{column}` may not be NULL and gets {value}: put the kept values there instead")
        };
        let _ = writeln!(text, "-- Placeholder:       {}", one_line(&filled));
    }
    let made = match draft.origin {
        Origin::Database => "Prisma's reverse difference, from schema.prisma back to the database as it was",
        Origin::Migrations => "Prisma's reverse difference, from schema.prisma back to the migrations before this one",
        Origin::Nothing => "Prisma's reverse difference, from schema.prisma back to an empty database",
        Origin::Undo => "the SQL of the migration that this one undoes, but for what changed rows",
        Origin::Hand | Origin::Empty => {
            "by hand: Prisma was not asked for this migration, so it does not know the way back"
        }
    };
    let _ = writeln!(text, "-- Made:              {made}");
    let _ = writeln!(text, "-- Proven on:         nowhere yet: `cargo prisma-safe verify`");
    let _ = writeln!(text, "--");
    let _ = writeln!(
        text,
        "-- A forward fix comes first; this script is for when there is none. Test it on staging before anyone needs it.\n"
    );
    text
}

/// With an archive: the schema and what is kept. Without: the schema, and what has to be done for the rest.
fn what_comes_back(draft: &Draft) -> String {
    let mut text = String::new();
    let mut line = |label: &str, rest: &str| {
        let _ = writeln!(text, "-- {label:<18} {}", one_line(rest));
    };
    if draft.judgement.destructions.is_empty() {
        line("What comes back:", "the schema; what was written to new tables and columns since is lost");
        return text;
    }
    if draft.keeps {
        line("What comes back:", "the schema, and from the archive that the migration fills:");
        for kept in &draft.archive.kept {
            let what = if kept.whole { "every row of " } else { "the values of " };
            line("", &format!("  {what}{} (`{}`)", kept.shown(), kept.archive));
        }
        line(
            "What does not:",
            "what was written to new tables and columns since, and to old ones in the moment between copy and change",
        );
    } else {
        line(
            "What comes back:",
            "the schema only. The data that the migration destroys has to be kept before it and put back here:",
        );
    }
    for lost in &draft.judgement.destructions {
        let why = draft.archive.leaves_out(lost);
        match why {
            Some(why) => line("", &format!("  it {}: {why}", loss(lost))),
            None if !draft.keeps => line("", &format!("  it {}", loss(lost))),
            None => {}
        }
    }
    text
}

/// A name with a line break in it must not end the comment.
fn one_line(text: &str) -> String {
    text.replace(['\n', '\r'], " ")
}

/// PostgreSQL has transactional DDL and Prisma's script for it has none of its own, mostly. SQLite's rebuilds switch a pragma that does nothing
/// inside a transaction, MySQL commits at each DDL statement, and scripts for SQL Server bring their own wrapper.
fn in_one_transaction(provider: Provider, sql: &str) -> String {
    if provider != Provider::Postgresql {
        return sql.to_owned();
    }
    match sql::read(provider, sql.as_bytes()) {
        Ok(script) if allows_transaction(&script) => format!("BEGIN;\n\n{}\n\nCOMMIT;\n", sql.trim_end()),
        _ => sql.to_owned(),
    }
}

fn allows_transaction(script: &Script) -> bool {
    !script.operations().any(|(_, operation)| {
        matches!(&operation.action, Action::Begin | Action::Commit | Action::Vacuum { .. } | Action::Unknown)
            || matches!(&operation.action, Action::CreateIndex(index) if index.concurrently)
            || matches!(&operation.action, Action::DropIndex { concurrently: true, .. })
            || matches!(&operation.action, Action::AddEnumValue { .. })
    })
}
