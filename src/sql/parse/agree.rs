//! Whether the lowering and `sqlparser` read the same.
//!
//! Compared is what a wrong reading would make dangerous: which statement it is, how many clauses, and that each table and column is the
//! very same token. What `sqlparser` has no words for is left alone.

use sqlparser::ast::{
    AlterColumnOperation, AlterTableOperation, FromTable, ObjectName, ObjectNamePart, ObjectType, Query, SetExpr,
    Statement, TableFactor, TableObject, TableWithJoins,
};

use super::tokens::offset;
use crate::sql::model::{Action, Ident, Name, Operation, TableOption, Within};

/// `Err` names what differs.
pub(in crate::sql) fn agree(ast: &Statement, operations: &[Operation]) -> Result<(), &'static str> {
    let [first, rest @ ..] = operations else { return Err("nothing was read") };
    match ast {
        Statement::AlterTable(alter) => alter_table(&alter.name, &alter.operations, operations),
        Statement::CreateTable(create) => match &first.action {
            Action::CreateTable(read) => {
                same_name(&create.name, &read.name)?;
                let columns = create.columns.len() == read.columns.len() || read.columns.is_empty();
                yes(columns, "the number of columns")?;
                for (theirs, ours) in create.columns.iter().zip(&read.columns) {
                    same(theirs.name.span, &ours.name, "a column")?;
                }
                let known = read.constraints.len() + read.indexes.len();
                yes(create.constraints.len() == known || read.source.is_some(), "the number of constraints")
            }
            _ => Err("a created table"),
        },
        Statement::CreateIndex(create) => match &first.action {
            Action::CreateIndex(read) => {
                same_name(&create.table_name, &read.table)?;
                yes(create.unique == read.unique, "a unique index")?;
                yes(create.concurrently == read.concurrently, "a concurrent index")?;
                yes(create.columns.len() == read.columns.len(), "the columns of an index")?;
                yes(create.predicate.is_some() == read.condition.is_some(), "the condition of an index")
            }
            _ => Err("a created index"),
        },
        Statement::Drop { object_type, names, cascade, .. } => drop(*object_type, names, *cascade, &first.action),
        Statement::Query(query) => self::query(query, operations),
        Statement::Insert(_) | Statement::Update(_) | Statement::Delete(_) | Statement::Merge(_) => {
            data(ast, &first.action)
        }
        Statement::Truncate(truncate) => match &first.action {
            Action::Truncate { tables, .. } => {
                yes(truncate.table_names.len() == tables.len(), "the truncated tables")?;
                truncate.table_names.iter().zip(tables).try_for_each(|(theirs, ours)| same_name(&theirs.name, ours))
            }
            _ => Err("a truncate"),
        },
        Statement::CreateView(view) => match &first.action {
            Action::CreateView { name, materialized, .. } => {
                yes(view.materialized == *materialized, "a materialized view")?;
                same_name(&view.name, name)
            }
            _ => Err("a created view"),
        },
        Statement::StartTransaction { .. } => {
            yes(matches!(first.action, Action::Begin | Action::Nothing { .. }), "a begin")
        }
        Statement::Commit { .. } => yes(matches!(first.action, Action::Commit | Action::Nothing { .. }), "a commit"),
        Statement::Rollback { .. } => yes(matches!(first.action, Action::Rollback { .. }), "a rollback"),
        Statement::AlterType(_) => yes(
            rest.is_empty()
                && matches!(
                    first.action,
                    Action::AddEnumValue { .. }
                        | Action::RenameEnumValue { .. }
                        | Action::RenameType { .. }
                        | Action::AlterObject { .. }
                        | Action::SetSchema { .. }
                ),
            "an altered type",
        ),
        // The lowering must not take for harmless what the parser calls by another name, and these are the harmful ones.
        _ => yes(
            !matches!(
                first.action,
                Action::Select(_) | Action::CreateTable(_) | Action::AddColumn { .. } | Action::Begin | Action::Commit
            ) || matches!(
                ast,
                Statement::CreateVirtualTable { .. }
                    | Statement::CreateForeignTable(_)
                    | Statement::Prepare { .. }
                    | Statement::Call(_)
            ) || first.within == Within::Dynamic,
            "the kind of statement",
        ),
    }
}

fn yes(same: bool, what: &'static str) -> Result<(), &'static str> {
    if same { Ok(()) } else { Err(what) }
}

/// The very same token.
fn same(theirs: sqlparser::tokenizer::Span, ours: &Ident, what: &'static str) -> Result<(), &'static str> {
    match offset(theirs) {
        Some(start) => yes(start == ours.span.start, what),
        None => Ok(()),
    }
}

fn same_name(theirs: &ObjectName, ours: &Name) -> Result<(), &'static str> {
    match theirs.0.last() {
        Some(ObjectNamePart::Identifier(ident)) => same(ident.span, &ours.object, "a table"),
        _ => Ok(()),
    }
}

fn drop(kind: ObjectType, names: &[ObjectName], cascade: bool, read: &Action) -> Result<(), &'static str> {
    let ours = match (kind, read) {
        (ObjectType::Table | ObjectType::ForeignTable, Action::DropTable { names, cascade: ours, .. })
        | (ObjectType::Type, Action::DropType { names, cascade: ours, .. })
        | (ObjectType::Index, Action::DropIndex { names, cascade: ours, .. }) => {
            yes(cascade == *ours, "cascade")?;
            names
        }
        (ObjectType::Table | ObjectType::Type | ObjectType::Index, _) => return Err("what is dropped"),
        (_, Action::DropObject { names, .. }) => names,
        _ => return Err("what is dropped"),
    };
    yes(names.len() == ours.len(), "the number of dropped objects")?;
    names.iter().zip(ours).try_for_each(|(theirs, ours)| same_name(theirs, ours))
}

/// A query may write: in its body or in a `WITH`.
fn query(query: &Query, operations: &[Operation]) -> Result<(), &'static str> {
    let writing =
        |e: &SetExpr| matches!(e, SetExpr::Insert(_) | SetExpr::Update(_) | SetExpr::Delete(_) | SetExpr::Merge(_));
    let in_with =
        query.with.as_ref().map_or(0, |with| with.cte_tables.iter().filter(|cte| writing(&cte.query.body)).count());
    let ours = operations
        .iter()
        .filter(|o| matches!(o.action, Action::Insert(_) | Action::Update(_) | Action::Delete(_) | Action::Merge(_)))
        .count();
    yes(ours == in_with + usize::from(writing(&query.body)), "the writes of a query")?;
    let Some(last) = operations.last() else { return Err("nothing was read") };
    match &*query.body {
        SetExpr::Insert(statement)
        | SetExpr::Update(statement)
        | SetExpr::Delete(statement)
        | SetExpr::Merge(statement) => match data(statement, &last.action) {
            // The lowering looks through a common table expression to the table under it, which stands before the statement's own name.
            Err("a table") if query.with.is_some() && is_under_with(statement, &last.action) => Ok(()),
            other => other,
        },
        SetExpr::Select(select) if select.into.is_some() => match &last.action {
            Action::CreateTable(_) | Action::Select(_) => Ok(()),
            _ => Err("a select into"),
        },
        _ => yes(matches!(last.action, Action::Select(_)), "a query"),
    }
}

/// The lowering looks through a common table expression to the table under it, which stands before the statement's own name.
fn is_under_with(statement: &Statement, read: &Action) -> bool {
    let target = match statement {
        Statement::Update(update) => &update.table,
        Statement::Delete(delete) => match &delete.from {
            FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from) => match from.as_slice() {
                [one] => one,
                _ => return false,
            },
        },
        _ => return false,
    };
    let TableFactor::Table { name, .. } = &target.relation else { return false };
    let Some(ObjectNamePart::Identifier(ident)) = name.0.last() else { return false };
    let ours = read.table().map(|table| table.object.span.start);
    offset(ident.span).zip(ours).is_some_and(|(theirs, ours)| ours < theirs)
}

fn data(ast: &Statement, read: &Action) -> Result<(), &'static str> {
    match (ast, read) {
        (Statement::Insert(insert), Action::Insert(ours)) => {
            if let TableObject::TableName(name) = &insert.table {
                same_name(name, &ours.table)?;
            }
            let columns = ours.columns.as_ref().map_or(0, Vec::len);
            yes(insert.columns.len() == columns || insert.columns.is_empty(), "the columns of an insert")
        }
        (Statement::Update(update), Action::Update(ours)) => {
            yes(update.selection.is_some() == ours.condition.is_some(), "the condition of an update")?;
            if update.from.is_none() {
                table(&update.table, &ours.table)?;
            }
            yes(update.assignments.len() <= ours.assignments.len(), "the assignments of an update")
        }
        (Statement::Delete(delete), Action::Delete(ours)) => {
            yes(delete.selection.is_some() == ours.condition.is_some(), "the condition of a delete")?;
            let (FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from)) = &delete.from;
            match (from.as_slice(), ours.tables.as_slice()) {
                ([theirs], [ours]) if delete.tables.is_empty() && theirs.joins.is_empty() => table(theirs, ours),
                _ => Ok(()),
            }
        }
        (Statement::Merge(_), Action::Merge(_)) => Ok(()),
        _ => Err("what is written"),
    }
}

fn table(theirs: &TableWithJoins, ours: &Name) -> Result<(), &'static str> {
    match &theirs.relation {
        TableFactor::Table { name, .. } => same_name(name, ours),
        _ => Ok(()),
    }
}

fn alter_table(name: &ObjectName, theirs: &[AlterTableOperation], ours: &[Operation]) -> Result<(), &'static str> {
    if let Some(table) = ours.first().and_then(|o| o.action.table()) {
        same_name(name, table)?;
    }
    let columns: usize = theirs
        .iter()
        .map(|o| if let AlterTableOperation::DropColumn { column_names, .. } = o { column_names.len() } else { 1 })
        .sum();
    yes(columns == ours.len(), "the number of clauses")?;
    if theirs.len() != ours.len() {
        return Ok(());
    }
    theirs.iter().zip(ours).try_for_each(|(theirs, ours)| clause(theirs, &ours.action))
}

fn clause(theirs: &AlterTableOperation, ours: &Action) -> Result<(), &'static str> {
    use AlterTableOperation as Op;
    match (theirs, ours) {
        (Op::AddColumn { column_def, .. }, Action::AddColumn { column, .. }) => {
            same(column_def.name.span, &column.name, "an added column")
        }
        (Op::DropColumn { column_names, .. }, Action::DropColumn { column, .. }) => match column_names.as_slice() {
            [theirs] => same(theirs.span, column, "a dropped column"),
            _ => Ok(()),
        },
        (Op::RenameColumn { old_column_name, new_column_name }, Action::RenameColumn { column, to, .. }) => {
            same(old_column_name.span, column, "a renamed column")?;
            same(new_column_name.span, to, "a renamed column")
        }
        (Op::AlterColumn { column_name, op }, _) => alter_column(column_name.span, op, ours),
        (Op::ModifyColumn { col_name, .. }, Action::ModifyColumn { column, .. }) => {
            same(col_name.span, column, "a modified column")
        }
        (Op::ChangeColumn { old_name, .. }, Action::ModifyColumn { column, .. }) => {
            same(old_name.span, column, "a changed column")
        }
        (
            Op::DropConstraint { name, .. } | Op::DropForeignKey { name, .. },
            Action::DropConstraint { name: ours, .. },
        ) => same(name.span, ours, "a dropped constraint"),
        (Op::AddConstraint { not_valid, .. }, Action::AddConstraint { constraint, .. }) => {
            yes(*not_valid == constraint.not_valid, "not valid")
        }
        (Op::AddConstraint { .. }, Action::CreateIndex(_))
        | (Op::DropIndex { .. }, Action::DropIndex { .. })
        | (Op::DropPrimaryKey { .. }, Action::DropPrimaryKey { .. })
        | (Op::RenameTable { .. }, Action::RenameTable { .. }) => Ok(()),
        (
            Op::AddColumn { .. }
            | Op::DropColumn { .. }
            | Op::RenameColumn { .. }
            | Op::ModifyColumn { .. }
            | Op::ChangeColumn { .. }
            | Op::DropConstraint { .. }
            | Op::DropForeignKey { .. }
            | Op::AddConstraint { .. }
            | Op::DropIndex { .. }
            | Op::DropPrimaryKey { .. }
            | Op::RenameTable { .. },
            _,
        ) => Err("a clause"),
        (_, Action::AddColumn { .. } | Action::DropColumn { .. } | Action::RenameColumn { .. }) => Err("a clause"),
        (_, Action::TableOption { option: TableOption::Other(_), .. }) => Ok(()),
        _ => Ok(()),
    }
}

fn alter_column(
    place: sqlparser::tokenizer::Span,
    op: &AlterColumnOperation,
    ours: &Action,
) -> Result<(), &'static str> {
    let column = match (op, ours) {
        (AlterColumnOperation::SetNotNull, Action::SetNotNull { column, .. })
        | (AlterColumnOperation::DropNotNull, Action::DropNotNull { column, .. })
        | (AlterColumnOperation::SetDefault { .. }, Action::SetDefault { column, .. })
        | (AlterColumnOperation::DropDefault, Action::DropDefault { column, .. })
        | (AlterColumnOperation::SetDataType { .. }, Action::AlterColumnType { column, .. })
        | (
            AlterColumnOperation::AddGenerated { .. } | AlterColumnOperation::GenericOptions { .. },
            Action::ColumnOption { column, .. },
        ) => column,
        _ => return Err("an altered column"),
    };
    same(place, column, "an altered column")
}

#[cfg(test)]
mod tests {
    use super::agree;
    use crate::project::Provider;
    use crate::sql::lex::{Lexer, Source};
    use crate::sql::lower::{Out, cursor::Tokens, statement};
    use crate::sql::parse::parse;

    /// What `sqlparser` makes of one text beside what the lowering makes of another one.
    fn compare(parsed: &str, lowered: &str) -> Result<(), &'static str> {
        let provider = Provider::Postgresql;
        let read = |text| {
            let source = Source { text, base: 0 };
            let mut lexer = Lexer::new(provider, source, source.span());
            (source, std::iter::from_fn(move || lexer.next()).collect::<Vec<_>>())
        };
        let (source, list) = read(parsed);
        let ast = parse(provider, source, &Tokens::new(provider, source, &list)).expect("the parser reads it");
        let (source, list) = read(lowered);
        let mut out = Out::default();
        statement(&mut Tokens::new(provider, source, &list).cursor(), &mut out).expect("the lowering reads it");
        agree(&ast, &out.take().0)
    }

    #[test]
    fn a_wrong_reading_is_noticed() {
        for (right, wrong) in [
            ("ALTER TABLE t DROP COLUMN a", "ALTER TABLE t DROP COLUMN  a"),
            ("ALTER TABLE t DROP COLUMN a", "ALTER TABLE t DROP CONSTRAINT a"),
            ("ALTER TABLE t DROP COLUMN a, DROP COLUMN b", "ALTER TABLE t DROP COLUMN a"),
            ("ALTER TABLE t ALTER a SET NOT NULL", "ALTER TABLE t ALTER a DROP NOT NULL"),
            ("ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0)", "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID"),
            ("DROP TABLE t", "DROP VIEW  t"),
            ("DROP TABLE t, u", "DROP TABLE t"),
            ("DROP TABLE t CASCADE", "DROP TABLE t"),
            ("CREATE TABLE t (a int, b int)", "CREATE TABLE t (a int)"),
            ("CREATE UNIQUE INDEX i ON t (a)", "CREATE        INDEX i ON t (a)"),
            ("UPDATE t SET a = 1", "UPDATE t SET a = 1 WHERE b"),
            ("DELETE FROM t", "DELETE FROM t WHERE true"),
            ("DELETE FROM t", "DELETE FROM  t"),
            ("WITH x AS (DELETE FROM t) SELECT 1", "WITH x AS (SELECT 1) SELECT 1"),
            ("TRUNCATE t", "SELECT 1"),
            ("INSERT INTO t (a) VALUES (1)", "INSERT INTO  t (a) VALUES (1)"),
        ] {
            assert!(compare(right, wrong).is_err(), "{right} was taken for {wrong}");
            assert_eq!(compare(right, right), Ok(()), "{right}");
        }
    }
}
