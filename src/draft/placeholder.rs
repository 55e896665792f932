//! A required column without a default cannot come back to a table that has rows: Prisma's reverse difference stops there. Here it gets a
//! placeholder for the rows that are there, and the default goes again at once. The head of the script names each, since the true values are gone.
//!
//! Left as they are: columns of foreign keys (a placeholder would point nowhere) and types that no neutral value is known for.

use super::edit::{Edits, end_of};
use crate::project::Provider;
use crate::sql::history_state::State;
use crate::sql::model::{
    Action, ColumnDef, ConstraintKind, DataType, Ident, Name, RebuildTable, Script, Span, TypeFamily,
};
use crate::sql::{self, quote};

/// A column that comes back without its values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placeholder {
    /// The table.
    pub table: String,
    /// The column.
    pub column: String,
    /// SQL that gives its value.
    pub value: String,
}

/// Adds placeholders to a reverse difference.
#[must_use]
pub fn add(provider: Provider, sql: &str, before: &State) -> (String, Vec<Placeholder>) {
    let Ok(script) = sql::read(provider, sql.as_bytes()) else { return (sql.to_owned(), Vec::new()) };
    let mut additions = Edits::default();
    let mut placeholders = Vec::new();
    for (statement, operation) in script.operations() {
        match &operation.action {
            Action::AddColumn { table, column, .. } if provider == Provider::Postgresql => {
                let Some(value) = value_for(&script, before, table, column) else { continue };
                additions.insert(column.span.end as usize, format!(" DEFAULT {value}"));
                additions.insert(end_of(&script, statement), drop_default(table, &column.name));
                placeholders.push(placeholder(table, &column.name, value));
            }
            Action::RebuildTable(rebuild) if provider == Provider::Sqlite => {
                rebuilt(&script, before, rebuild, &mut additions, &mut placeholders);
            }
            _ => {}
        }
    }
    (additions.apply(&script), placeholders)
}

fn placeholder(table: &Name, column: &Ident, value: String) -> Placeholder {
    Placeholder { table: table.object.value.clone(), column: column.value.clone(), value }
}

fn drop_default(table: &Name, column: &Ident) -> String {
    let provider = Provider::Postgresql;
    let (table, column) = (quote::name(provider, table), quote::ident(provider, &column.value));
    format!("\nALTER TABLE {table} ALTER COLUMN {column} DROP DEFAULT;")
}

/// SQLite fills the new table from the old one, which lacks the column.
fn rebuilt(
    script: &Script,
    before: &State,
    rebuild: &RebuildTable,
    additions: &mut Edits,
    placeholders: &mut Vec<Placeholder>,
) {
    let Some(copy) = rebuild.copy else { return };
    let Some((columns, values)) = lists_of(script, copy) else { return };
    let keys = rebuild.definition.constraints.iter().filter(|constraint| constraint.kind == ConstraintKind::ForeignKey);
    let in_keys: Vec<&Ident> = keys.flat_map(|key| &key.columns).collect();
    for column in &rebuild.definition.columns {
        if rebuild.copied.iter().any(|copied| copied.to == column.name) || in_keys.contains(&&column.name) {
            continue;
        }
        let Some(value) = value_for(script, before, &rebuild.table, column) else { continue };
        additions.insert(columns, format!("{}, ", quote::ident(Provider::Sqlite, &column.name.value)));
        additions.insert(values, format!("{value}, "));
        placeholders.push(placeholder(&rebuild.table, &column.name, value));
    }
}

/// Where the lists of `INSERT INTO t (…) SELECT …` begin.
pub(super) fn lists_of(script: &Script, copy: Span) -> Option<(usize, usize)> {
    let text = script.slice(copy);
    let columns = text.find('(')? + 1;
    let select = text.find(") SELECT ")? + ") SELECT ".len();
    // A list that is not plain is left alone.
    (!text[columns..select].contains('\'')).then_some((copy.start as usize + columns, copy.start as usize + select))
}

/// The placeholder of a required column without a default; `None`: it needs none, or gets none.
pub(super) fn value_for(script: &Script, before: &State, table: &Name, column: &ColumnDef) -> Option<String> {
    let needs_value = column.nullable == Some(false)
        && column.default.is_none()
        && column.generated.is_none()
        && !column.identity
        && !column
            .constraints
            .iter()
            .any(|c| matches!(c.kind, ConstraintKind::PrimaryKey | ConstraintKind::ForeignKey));
    if !needs_value || is_in_key(script, table, &column.name) {
        return None;
    }
    let data_type = column.data_type.as_ref()?;
    let unique = script.operations().any(|(_, operation)| match &operation.action {
        Action::CreateIndex(index) => {
            let columns: Vec<_> = index.columns.iter().filter_map(|part| part.column.as_ref()).collect();
            index.unique && index.table.object == table.object && columns == [&column.name]
        }
        _ => false,
    });
    if unique { one_per_row(script.provider, data_type) } else { neutral(script, before, data_type) }
}

/// A placeholder in a foreign or primary key would point nowhere, or be there twice.
fn is_in_key(script: &Script, table: &Name, column: &Ident) -> bool {
    script.operations().any(|(_, operation)| match &operation.action {
        Action::AddConstraint { table: of, constraint } => {
            matches!(constraint.kind, ConstraintKind::ForeignKey | ConstraintKind::PrimaryKey)
                && of.object == table.object
                && constraint.columns.contains(column)
        }
        _ => false,
    })
}

fn one_per_row(provider: Provider, data_type: &DataType) -> Option<String> {
    let long_enough = data_type.arguments.first().is_none_or(|length| *length >= 32);
    match (provider, data_type.family) {
        _ if data_type.array => None,
        (Provider::Postgresql, TypeFamily::Text | TypeFamily::VarChar) if long_enough => {
            Some("md5(random()::text || clock_timestamp()::text)".to_owned())
        }
        (Provider::Postgresql, TypeFamily::Uuid) => {
            Some("md5(random()::text || clock_timestamp()::text)::uuid".to_owned())
        }
        (Provider::Sqlite, TypeFamily::Text | TypeFamily::VarChar) => Some("lower(hex(randomblob(16)))".to_owned()),
        _ => None,
    }
}

fn neutral(script: &Script, before: &State, data_type: &DataType) -> Option<String> {
    let sqlite = script.provider == Provider::Sqlite;
    if data_type.array {
        return Some("'{}'".to_owned());
    }
    Some(
        match data_type.family {
            TypeFamily::Integer(_) | TypeFamily::Decimal | TypeFamily::Money | TypeFamily::Float(_) => "0",
            TypeFamily::Boolean if sqlite => "0",
            TypeFamily::Boolean => "false",
            TypeFamily::Char | TypeFamily::VarChar | TypeFamily::Text => "''",
            TypeFamily::Bytes if sqlite => "X''",
            TypeFamily::Bytes => "''",
            TypeFamily::Date | TypeFamily::Timestamp | TypeFamily::TimestampTz => "CURRENT_TIMESTAMP",
            TypeFamily::Time => "'00:00:00'",
            TypeFamily::Interval => "'0'",
            TypeFamily::Uuid => "'00000000-0000-0000-0000-000000000000'",
            TypeFamily::Json | TypeFamily::Jsonb => "'{}'",
            TypeFamily::User => return first_value(script, before, data_type.user_type.as_ref()?),
            _ => return None,
        }
        .to_owned(),
    )
}

/// The first value of an enum that the history or the script itself makes.
fn first_value(script: &Script, before: &State, name: &Name) -> Option<String> {
    let here = script.operations().find_map(|(_, operation)| match &operation.action {
        Action::CreateEnum { name: made, values } if made.object == name.object => {
            values.first().map(|value| value.value.clone())
        }
        _ => None,
    });
    let known = || before.enum_type(name).and_then(|found| found.values.first()).map(|(value, _)| value.clone());
    here.or_else(known).map(|value| quote::text(script.provider, &value))
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    fn with_placeholders(provider: Provider, sql: &str) -> String {
        let (text, placeholders) = add(provider, sql, &State::new(provider));
        let named: Vec<String> =
            placeholders.iter().map(|p| format!("-- {}.{}: {}", p.table, p.column, p.value)).collect();
        format!("{text}\n{}", named.join("\n"))
    }

    #[test]
    fn postgres_gets_a_default_that_goes_again() {
        let sql = "CREATE TYPE \"Role\" AS ENUM ('USER', 'ADMIN');\n-- AlterTable\nALTER TABLE \"User\" DROP COLUMN \"x\",\nADD COLUMN     \"age\" INTEGER NOT NULL,\nADD COLUMN \"role\" \"Role\" NOT NULL;\n\
            ALTER TABLE \"User\" ADD COLUMN \"key\" TEXT NOT NULL, ADD COLUMN \"n\" TEXT, ADD COLUMN \"d\" TEXT NOT NULL DEFAULT 'd', ADD COLUMN \"teamId\" INTEGER NOT NULL;\n\
            CREATE UNIQUE INDEX \"User_key_key\" ON \"User\"(\"key\");\nALTER TABLE \"User\" ADD CONSTRAINT \"f\" FOREIGN KEY (\"teamId\") REFERENCES \"Team\"(\"id\");\n";
        assert_snapshot!(with_placeholders(Provider::Postgresql, sql), @r#"
        CREATE TYPE "Role" AS ENUM ('USER', 'ADMIN');
        -- AlterTable
        ALTER TABLE "User" DROP COLUMN "x",
        ADD COLUMN     "age" INTEGER NOT NULL DEFAULT 0,
        ADD COLUMN "role" "Role" NOT NULL DEFAULT 'USER';
        ALTER TABLE "User" ALTER COLUMN "age" DROP DEFAULT;
        ALTER TABLE "User" ALTER COLUMN "role" DROP DEFAULT;
        ALTER TABLE "User" ADD COLUMN "key" TEXT NOT NULL DEFAULT md5(random()::text || clock_timestamp()::text), ADD COLUMN "n" TEXT, ADD COLUMN "d" TEXT NOT NULL DEFAULT 'd', ADD COLUMN "teamId" INTEGER NOT NULL;
        ALTER TABLE "User" ALTER COLUMN "key" DROP DEFAULT;
        CREATE UNIQUE INDEX "User_key_key" ON "User"("key");
        ALTER TABLE "User" ADD CONSTRAINT "f" FOREIGN KEY ("teamId") REFERENCES "Team"("id");

        -- User.age: 0
        -- User.role: 'USER'
        -- User.key: md5(random()::text || clock_timestamp()::text)
        "#);
    }

    #[test]
    fn sqlite_gets_it_in_the_copy() {
        let sql = "PRAGMA foreign_keys=OFF;\nCREATE TABLE \"new_User\" (\"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, \"email\" TEXT NOT NULL, \"age\" INTEGER NOT NULL, \"teamId\" INTEGER NOT NULL, CONSTRAINT \"f\" FOREIGN KEY (\"teamId\") REFERENCES \"Team\" (\"id\"));\n\
            INSERT INTO \"new_User\" (\"email\", \"id\") SELECT \"email\", \"id\" FROM \"User\";\nDROP TABLE \"User\";\nALTER TABLE \"new_User\" RENAME TO \"User\";\nPRAGMA foreign_keys=ON;\n";
        assert_snapshot!(with_placeholders(Provider::Sqlite, sql), @r#"
        PRAGMA foreign_keys=OFF;
        CREATE TABLE "new_User" ("id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, "email" TEXT NOT NULL, "age" INTEGER NOT NULL, "teamId" INTEGER NOT NULL, CONSTRAINT "f" FOREIGN KEY ("teamId") REFERENCES "Team" ("id"));
        INSERT INTO "new_User" ("age", "email", "id") SELECT 0, "email", "id" FROM "User";
        DROP TABLE "User";
        ALTER TABLE "new_User" RENAME TO "User";
        PRAGMA foreign_keys=ON;

        -- User.age: 0
        "#);
    }
}
