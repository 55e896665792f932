//! A forward migration that takes an earlier one back: the SQL of its revert script as a new `migration.sql`, and the earlier migration's own SQL
//! as the new one's revert. Every environment gets it the same way, and the history stays a line.

use crate::project::Provider;
use crate::sql::analysis::{self, PrismaVersion};
use crate::sql::model::{Action, Operation, Script, Statement};
use crate::sql::{self, ReadError};

/// What the new migration is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undo {
    /// `migration.sql`.
    pub migration: String,
    /// The SQL of its revert, without a head.
    pub reverse: String,
    /// Statements of the earlier migration that its revert leaves out, by their lines there.
    pub left_out: Vec<usize>,
}

/// Writes both. `name` and `file`: the earlier migration and its revert script; `revert` and `original`: their SQL.
///
/// # Errors
/// [`ReadError`] when one of them is no text.
pub fn write(
    provider: Provider,
    prisma: Option<PrismaVersion>,
    (name, original): (&str, &[u8]),
    (file, revert): (&str, &[u8]),
) -> Result<Undo, ReadError> {
    let revert = sql::read(provider, revert)?;
    let original = sql::read(provider, original)?;
    let name = name.replace(['\n', '\r'], " ");
    let file = file.replace(['\n', '\r'], " ");
    let mut migration = format!(
        "-- Undoes: {name}\n--\n-- The SQL of its {file}, as a migration of its own: nothing is taken out of the history.\n-- schema.prisma has to be changed back with it.\n\n"
    );
    migration.push_str(&body(&revert, prisma));
    let (reverse, left_out) = again(&original);
    Ok(Undo { migration, reverse, left_out })
}

/// The script without the head that `new` writes and, where Prisma sends the file as one anyway, without its transaction: inside one Prisma
/// (issue 15295) loses the database's words when a statement fails.
fn body(script: &Script, prisma: Option<PrismaVersion>) -> String {
    let mut start = 0;
    if script.text.starts_with("-- Reverts:") {
        let first = script.statements.first().map_or(0, |statement| statement.span.start as usize);
        start = script.text.find("\n\n").map(|at| at + 2).filter(|at| *at <= first).unwrap_or(0);
    }
    let last = script.statements.len().saturating_sub(1);
    let is = |index: usize, wanted: &Action| {
        script
            .statements
            .get(index)
            .is_some_and(|statement| matches!(statement.operations.as_slice(), [only] if only.action == *wanted))
    };
    let mut end = script.text.len();
    if script.provider == Provider::Postgresql
        && last > 0
        && is(0, &Action::Begin)
        && is(last, &Action::Commit)
        && !analysis::is_split(script, prisma)
    {
        start = script.statements[0].range.end as usize;
        end = script.statements[last].span.start as usize;
    }
    script.text.get(start..end).unwrap_or(&script.text).trim().to_owned() + "\n"
}

/// The earlier migration once more. What changes rows is left out, as a comment: run a second time it would take what came in between for
/// what was there then.
fn again(script: &Script) -> (String, Vec<usize>) {
    let mut text = String::with_capacity(script.text.len());
    let mut left_out = Vec::new();
    for statement in &script.statements {
        let sql = script.slice(statement.range);
        if !changes_rows(script, statement) {
            text.push_str(sql);
            continue;
        }
        let line = script.line_column(statement.span.start).0;
        left_out.push(line);
        let lead = script.text.get(statement.range.start as usize..statement.span.start as usize).unwrap_or("");
        text.push_str(lead);
        text.push_str(
            "-- Left out: it changed rows, and those of now are others. Write here what has to happen instead.\n",
        );
        for line in script.slice(statement.span).lines() {
            text.push_str(&format!("--   {line}\n"));
        }
    }
    (text.trim().to_owned() + "\n", left_out)
}

fn changes_rows(script: &Script, statement: &Statement) -> bool {
    let new_column = |operation: &Operation| {
        match &operation.action {
        // What fills a column that the migration itself adds fills it again.
        Action::Update(update) => update.assignments.iter().all(|one| {
            script.operations().any(|(_, other)| {
                matches!(&other.action, Action::AddColumn { table, column, .. } if *table == update.table && column.name == one.column)
            })
        }),
        _ => false,
    }
    };
    statement.operations.iter().any(|operation| match &operation.action {
        Action::Insert(insert) => !script.operations().any(|(_, other)| {
            // The rows of a table that the migration makes are its own.
            matches!(&other.action, Action::CreateTable(create) if create.name == insert.table)
        }),
        Action::Update(_) => !new_column(operation),
        Action::Delete(_)
        | Action::Truncate { .. }
        | Action::Merge(_)
        | Action::Copy { into_table: true, .. }
        | Action::Call { .. }
        | Action::ExecuteDynamic { .. } => true,
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(prisma: (u16, u16), original: &str, revert: &str) -> String {
        let prisma = PrismaVersion { major: prisma.0, minor: Some(prisma.1) };
        let undo = write(
            Provider::Postgresql,
            Some(prisma),
            ("20260201090000_add_full_name", original.as_bytes()),
            ("revert_add_full_name.sql", revert.as_bytes()),
        )
        .unwrap();
        format!("{}=====\n{}===== {:?}", undo.migration, undo.reverse, undo.left_out)
    }

    const ORIGINAL: &str = "-- AlterTable\nALTER TABLE \"User\" ADD COLUMN \"fullName\" TEXT;\n\nUPDATE \"User\" SET \"fullName\" = \"nickname\";\n\n-- tidy\nDELETE FROM \"Post\"\nWHERE \"title\" = '';\nCREATE INDEX \"i\" ON \"User\"(\"fullName\");\n";
    const REVERT: &str = "-- Reverts: 20260201090000_add_full_name\n--\n-- A forward fix comes first.\n\nBEGIN;\n\n-- AlterTable\nALTER TABLE \"User\" DROP COLUMN \"fullName\";\n\nCOMMIT;\n";

    #[test]
    fn the_revert_becomes_the_migration_and_the_migration_the_revert() {
        insta::assert_snapshot!(written((6, 19), ORIGINAL, REVERT), @r#"
        -- Undoes: 20260201090000_add_full_name
        --
        -- The SQL of its revert_add_full_name.sql, as a migration of its own: nothing is taken out of the history.
        -- schema.prisma has to be changed back with it.

        -- AlterTable
        ALTER TABLE "User" DROP COLUMN "fullName";
        =====
        -- AlterTable
        ALTER TABLE "User" ADD COLUMN "fullName" TEXT;

        UPDATE "User" SET "fullName" = "nickname";

        -- tidy
        -- Left out: it changed rows, and those of now are others. Write here what has to happen instead.
        --   DELETE FROM "Post"
        --   WHERE "title" = ''

        CREATE INDEX "i" ON "User"("fullName");
        ===== [7]
        "#);
    }

    #[test]
    fn where_prisma_splits_the_file_the_transaction_stays() {
        insta::assert_snapshot!(written((7, 10), "SELECT 1;", REVERT), @r#"
        -- Undoes: 20260201090000_add_full_name
        --
        -- The SQL of its revert_add_full_name.sql, as a migration of its own: nothing is taken out of the history.
        -- schema.prisma has to be changed back with it.

        BEGIN;

        -- AlterTable
        ALTER TABLE "User" DROP COLUMN "fullName";

        COMMIT;
        =====
        SELECT 1;
        ===== []
        "#);
    }
}
