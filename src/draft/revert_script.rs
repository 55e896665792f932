//! The revert script of a draft, in the shape of `templates/sql/revert_migration_template.sql`: a head that says what it restores, what it
//! cannot and how it was made, then the SQL, in one transaction where the database has transactional DDL.

use std::fmt::Write as _;

use super::placeholder::Placeholder;
use super::{Draft, Origin};
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
        }
    }
    text
}

fn head(draft: &Draft) -> String {
    let mut text = format!("-- Reverts: {}\n--\n", draft.name);
    let _ = writeln!(text, "-- What this undoes:  {}", one_line(&draft.title));
    if draft.judgement.destructions.is_empty() {
        let _ = writeln!(
            text,
            "-- What comes back:   the schema; what was written to new tables and columns since is lost"
        );
    } else {
        let _ = writeln!(
            text,
            "-- What comes back:   the schema only. The data that the migration destroys has to be kept before it and put back here:"
        );
        for lost in &draft.judgement.destructions {
            let _ = writeln!(text, "--                      it {}", one_line(&loss(lost)));
        }
    }
    for Placeholder { table, column, value } in &draft.placeholders {
        let filled =
            format!("`{table}`.`{column}` may not be NULL and gets {value}: put the kept values there instead");
        let _ = writeln!(text, "-- Placeholder:       {}", one_line(&filled));
    }
    let made = match draft.origin {
        Origin::Database => "Prisma's reverse difference, from schema.prisma back to the database as it was",
        Origin::Migrations => "Prisma's reverse difference, from schema.prisma back to the migrations before this one",
        Origin::Nothing => "Prisma's reverse difference, from schema.prisma back to an empty database",
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
