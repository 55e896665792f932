//! What the operations at hand lock: from the statement model to the rows of the lock table.

use super::postgres::{LockMode, On, Row, Shape, Work};
use super::types::{TypeChange, type_change};
use crate::sql::ServerVersion;
use crate::sql::history_state::Context;
use crate::sql::model::{
    Action, ColumnDef, Constraint, ConstraintKind, CreateIndex, DataType, Ident, Name, ObjectKind, TableOption,
    TypeFamily, Volatility,
};

/// One table that an operation locks.
pub struct Hold<'a> {
    /// The table.
    pub table: &'a Name,
    /// How hard.
    pub mode: LockMode,
    /// What the statement does while it holds the lock.
    pub work: Work,
    /// The table that this is done to; `None`: the text does not name it.
    pub worked: Option<&'a Name>,
    /// For people: the statement with `…` for what does not matter.
    pub sql: &'static str,
}

/// A shape with the tables that it is about.
struct Touch<'a> {
    shape: Shape,
    table: &'a Name,
    /// The table referred to, or the partition.
    other: Option<&'a Name>,
}

/// The table is in the database before the pending migrations run, as far as the text tells: locking it stops somebody.
pub fn is_old(context: &Context<'_>, table: &Name) -> bool {
    let temporary = context.table(table).is_some_and(|known| known.temporary);
    !temporary && !context.created_in_pending(table)
}

/// The tables that an operation locks on PostgreSQL, those left out that the pending set itself creates.
pub fn holds<'a>(context: &Context<'_>, server: Option<ServerVersion>, action: &'a Action) -> Vec<Hold<'a>> {
    let mut holds = Vec::new();
    for touch in touches(context, server, action) {
        let row = touch.shape.row();
        let named = |on: On| match on {
            On::Table => Some(touch.table),
            On::Referenced | On::Partition => touch.other,
            On::DefaultPartition | On::Users | On::Sources => None,
        };
        // A new table is empty or small: working through it takes a moment.
        let quick = named(row.works_on).is_some_and(|table| !is_old(context, table));
        let work = if quick { Work::Metadata } else { row.work };
        for (on, mode) in row.locks {
            if let Some(table) = named(*on).filter(|table| is_old(context, table)) {
                holds.push(Hold { table, mode: *mode, work, worked: named(row.works_on), sql: row.sql });
            }
        }
    }
    holds
}

/// The row of the lock table for an operation on one table; `None` when it locks nothing worth a word.
pub fn row(context: &Context<'_>, server: Option<ServerVersion>, action: &Action) -> Option<&'static Row> {
    touches(context, server, action).first().map(|touch| touch.shape.row())
}

fn touches<'a>(context: &Context<'_>, server: Option<ServerVersion>, action: &'a Action) -> Vec<Touch<'a>> {
    let alone = |shape, table| vec![Touch { shape, table, other: None }];
    let beside = |shape, table, other| vec![Touch { shape, table, other }];
    let each = |shape, tables: &'a [Name]| tables.iter().map(|table| Touch { shape, table, other: None }).collect();
    match action {
        Action::DropTable { names, temporary: false, .. } => each(Shape::DropTable, names),
        Action::Truncate { tables, .. } => each(Shape::Truncate, tables),
        Action::Vacuum { tables, full } => each(if *full { Shape::VacuumFull } else { Shape::Vacuum }, tables),
        Action::Analyze { tables } => each(Shape::Analyze, tables),
        Action::LockTable { tables, mode, .. } => match mode.as_deref().map(LockMode::parse) {
            Some(Some(mode)) if !mode.stops_writes() => Vec::new(),
            _ => each(Shape::LockTable, tables),
        },
        Action::AddColumn { table, column, .. } => {
            let refers = column.constraints.iter().find_map(|c| c.references.as_ref());
            beside(add_column(server, column), table, refers.map(|to| &to.table))
        }
        Action::AddConstraint { table, constraint } => match add_constraint(context, table, constraint) {
            Some(shape) => beside(shape, table, constraint.references.as_ref().map(|to| &to.table)),
            None => Vec::new(),
        },
        Action::CreateTable(create) => {
            let inside = create.columns.iter().flat_map(|column| &column.constraints);
            let refers = inside.chain(&create.constraints).filter_map(|c| c.references.as_ref());
            refers
                .map(|to| Touch { shape: Shape::CreateTableReferences, table: &create.name, other: Some(&to.table) })
                .collect()
        }
        Action::AttachPartition { table, partition, .. } => beside(Shape::AttachPartition, table, Some(partition)),
        Action::DetachPartition { table, partition, concurrently: false } => {
            beside(Shape::DetachPartition, table, Some(partition))
        }
        _ => plain(context, server, action).map_or_else(Vec::new, |(shape, table)| alone(shape, table)),
    }
}

/// Actions on one table.
fn plain<'a>(context: &Context<'_>, server: Option<ServerVersion>, action: &'a Action) -> Option<(Shape, &'a Name)> {
    let table = action.table();
    let shape = match action {
        Action::CreateIndex(index) => create_index(context, index),
        Action::DropIndex { concurrently: false, .. } => Shape::DropIndex,
        Action::Reindex { target: Some(target), concurrently: false } => return Some((Shape::Reindex, target)),
        Action::DropColumn { .. } => Shape::DropColumn,
        Action::RenameColumn { .. } => Shape::RenameColumn,
        Action::AlterColumnType { table, column, to, using, .. } => change_type(
            context,
            table,
            column,
            type_change(context.script, type_before(context, table, column, to), to, using.as_ref()),
        ),
        Action::SetNotNull { table, column } => {
            let proven = proves_not_null(context, table, column) && !is_before(server, 12);
            if proven { Shape::SetNotNullProven } else { Shape::SetNotNull }
        }
        Action::DropNotNull { .. } => Shape::DropNotNull,
        Action::SetDefault { .. } | Action::DropDefault { .. } => Shape::SetDefault,
        Action::ValidateConstraint { table, name } => {
            let known = context.table(table).and_then(|table| table.constraint(name));
            match known.map(|known| known.constraint.kind) {
                Some(ConstraintKind::ForeignKey) => Shape::ValidateForeignKey,
                _ => Shape::ValidateCheck,
            }
        }
        Action::DropConstraint { table, name, kind, .. } => {
            let known = context.table(table).and_then(|table| table.constraint(name));
            match kind.or(known.map(|known| known.constraint.kind)) {
                Some(ConstraintKind::ForeignKey) => Shape::DropForeignKey,
                _ => Shape::DropConstraint,
            }
        }
        Action::RenameConstraint { .. } => Shape::RenameConstraint,
        Action::RenameTable { .. } => Shape::RenameTable,
        Action::SetSchema { kind: ObjectKind::Table, name, .. } => return Some((Shape::SetSchema, name)),
        Action::TableOption { option, .. } => table_option(option)?,
        Action::Cluster { .. } => Shape::Cluster,
        Action::RefreshView { concurrently, .. } => {
            if *concurrently {
                Shape::RefreshViewConcurrently
            } else {
                Shape::RefreshView
            }
        }
        Action::CreateTrigger { .. } => Shape::CreateTrigger,
        Action::DropObject { kind: ObjectKind::Trigger, table: Some(table), .. } => {
            return Some((Shape::DropTrigger, table));
        }
        Action::ToggleTrigger { .. } => Shape::ToggleTrigger,
        Action::RowSecurity { .. } => Shape::RowSecurity,
        _ => return None,
    };
    table.map(|table| (shape, table))
}

/// A column's type before a change. Where the state is already past the change, the type that it was defined with.
fn type_before<'a>(context: &Context<'a>, table: &Name, column: &Ident, to: &DataType) -> Option<&'a DataType> {
    let known = context.column(table, column)?;
    let now = known.data_type.as_ref()?;
    if now.span == to.span && now.name == to.name {
        return known.definition.as_ref()?.data_type.as_ref().filter(|defined| *defined != now);
    }
    Some(now)
}

fn create_index(context: &Context<'_>, index: &CreateIndex) -> Shape {
    let partitioned = context.table(&index.table).is_some_and(|table| table.partitioned);
    match (index.concurrently, partitioned, index.only) {
        (true, _, _) => Shape::CreateIndexConcurrently,
        (false, true, true) => Shape::CreateIndexOnlyParent,
        (false, true, false) => Shape::CreateIndexPartitioned,
        (false, false, _) => Shape::CreateIndex,
    }
}

/// The shape of the hardest thing that a new column asks for.
fn add_column(server: Option<ServerVersion>, column: &ColumnDef) -> Shape {
    let has = |kind| column.constraints.iter().any(|constraint| constraint.kind == kind);
    let serial = column.data_type.as_ref().is_some_and(|t| matches!(t.family, TypeFamily::Serial(_)));
    let default = column.default.as_ref().filter(|default| !default.is_null());
    if serial || column.identity {
        Shape::AddColumnIdentity
    } else if column.generated.as_ref().is_some_and(|generated| generated.stored) {
        Shape::AddColumnStored
    } else if default.is_some_and(|default| default.volatility >= Volatility::Unknown)
        || (default.is_some() && is_before(server, 11))
    {
        Shape::AddColumnVolatileDefault
    } else if has(ConstraintKind::Unique) || has(ConstraintKind::PrimaryKey) {
        Shape::AddColumnUnique
    } else if has(ConstraintKind::Check) {
        Shape::AddColumnCheck
    } else if has(ConstraintKind::ForeignKey) {
        if default.is_some() { Shape::AddColumnReferencesDefault } else { Shape::AddColumnReferences }
    } else {
        Shape::AddColumn
    }
}

/// The shape of `ADD CONSTRAINT`; `None` for one that PostgreSQL does not have.
fn add_constraint(context: &Context<'_>, table: &Name, constraint: &Constraint) -> Option<Shape> {
    let quick = constraint.not_valid || constraint.not_enforced;
    Some(match (constraint.kind, quick, constraint.using_index.is_some()) {
        (ConstraintKind::ForeignKey, true, _) => Shape::AddForeignKeyNotValid,
        (ConstraintKind::ForeignKey, false, _) => Shape::AddForeignKey,
        (ConstraintKind::Check, true, _) => Shape::AddCheckNotValid,
        (ConstraintKind::Check, false, _) => Shape::AddCheck,
        (ConstraintKind::Unique, _, true) => Shape::AddUniqueUsingIndex,
        (ConstraintKind::Unique, _, false) => Shape::AddUnique,
        (ConstraintKind::PrimaryKey, _, true) => {
            if nullable_index_column(context, table, constraint).is_some() {
                Shape::AddPrimaryKeyUsingNullableIndex
            } else {
                Shape::AddPrimaryKeyUsingIndex
            }
        }
        (ConstraintKind::PrimaryKey, _, false) => Shape::AddPrimaryKey,
        (ConstraintKind::Exclude, _, _) => Shape::AddExclude,
        (ConstraintKind::NotNull, true, _) => Shape::AddCheckNotValid,
        (ConstraintKind::NotNull, false, _) => Shape::SetNotNull,
        (ConstraintKind::Default, _, _) => return None,
    })
}

/// The first column of the index behind `PRIMARY KEY USING INDEX` that is known to take NULL.
pub fn nullable_index_column<'a>(context: &Context<'a>, table: &Name, constraint: &Constraint) -> Option<&'a Ident> {
    let name = constraint.using_index.as_ref()?;
    let known = context.table(table)?;
    let index = known.indexes.iter().find(|index| index.name.as_ref().is_some_and(|own| own.object == *name))?;
    index
        .index
        .columns
        .iter()
        .filter_map(|part| part.column.as_ref())
        .find(|column| known.column(column).is_some_and(|column| column.nullable == Some(true)))
}

fn table_option(option: &TableOption) -> Option<Shape> {
    Some(match option {
        TableOption::Logged(_) => Shape::SetLogged,
        TableOption::Tablespace(_) => Shape::SetTablespace,
        TableOption::AccessMethod(_) => Shape::SetAccessMethod,
        TableOption::Parameters(_) => Shape::SetParameters,
        TableOption::ReplicaIdentity(_) => Shape::ReplicaIdentity,
        _ => return None,
    })
}

/// What a type change comes to, with what hangs on the column.
pub fn change_type(context: &Context<'_>, table: &Name, column: &Ident, change: TypeChange) -> Shape {
    match change {
        TypeChange::Rewrite | TypeChange::ZoneDecides | TypeChange::Unknown => Shape::ChangeType,
        TypeChange::InPlace if index_reads(context, table, column).is_some() => Shape::ChangeTypeIndexed,
        TypeChange::InPlace if check_reads(context, table, column).is_some() => Shape::ChangeTypeRecheck,
        TypeChange::InPlace => Shape::ChangeTypeInPlace,
    }
}

/// A known CHECK that reads the column.
pub fn check_reads<'a>(context: &Context<'a>, table: &Name, column: &Ident) -> Option<&'a Constraint> {
    let known = context.table(table)?;
    let mut checks = known.constraints_of(ConstraintKind::Check).map(|check| &check.constraint);
    checks.find(|check| check.expr.as_ref().is_some_and(|expr| expr.columns.contains(column)))
}

/// A known index that reads the column in an expression or its condition: a plain key column is kept as it is.
pub fn index_reads<'a>(context: &Context<'a>, table: &Name, column: &Ident) -> Option<&'a Name> {
    let known = context.table(table)?;
    let reads = |index: &&crate::sql::history_state::KnownIndex| {
        index.index.condition.as_ref().is_some_and(|condition| condition.expr.columns.contains(column))
    };
    known.indexes.iter().find(reads).and_then(|index| index.name.as_ref())
}

/// A validated CHECK proves that the column holds no NULL: PostgreSQL 12 and later then skip the scan of `SET NOT NULL`.
pub fn proves_not_null(context: &Context<'_>, table: &Name, column: &Ident) -> bool {
    context.table(table).is_some_and(|known| {
        known.constraints.iter().any(|check| check.validated && says_not_null(&check.constraint, column))
    })
}

/// The constraint is `CHECK (column IS NOT NULL)`, or the `NOT NULL` constraint of PostgreSQL 18.
pub fn says_not_null(constraint: &Constraint, column: &Ident) -> bool {
    match constraint.kind {
        ConstraintKind::NotNull => constraint.columns.contains(column),
        ConstraintKind::Check => constraint.expr.as_ref().is_some_and(|expr| expr.not_null.contains(column)),
        _ => false,
    }
}

/// The server is known to be older than this major version.
fn is_before(server: Option<ServerVersion>, major: u16) -> bool {
    server.is_some_and(|server| !server.at_least(major, 0, 0))
}
