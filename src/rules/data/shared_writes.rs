//! Statements that write rows, seen alike: which table, which rows, how bounded.

use std::collections::{HashMap, HashSet};

use crate::rules::MigrationView;
use crate::sql::history_state::Context;
use crate::sql::model::{Action, ConstraintKind, Ident, InsertSource, Name, Predicate, Script, Select, Statement};

/// How many rows a write touches, as far as the text tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// A number that the text limits: a key is compared with literals, `LIMIT`, `TOP`, `VALUES`.
    Bounded,
    /// Whatever matches.
    Open,
}

/// One write.
pub(super) struct Write<'a> {
    /// The verb as a sentence begins with it: `UPDATE`.
    pub(super) verb: &'static str,
    /// The table written to.
    pub(super) table: &'a Name,
    /// How many rows.
    pub(super) extent: Extent,
    /// Its `WHERE`.
    pub(super) condition: Option<&'a Predicate>,
}

/// The write that an action is, if it is one.
fn write_of<'a>(action: &'a Action, context: Context<'a>) -> Option<Write<'a>> {
    Some(match action {
        Action::Update(update) => Write {
            verb: "UPDATE",
            table: &update.table,
            extent: extent(context, &update.table, update.condition.as_ref(), update.limit),
            condition: update.condition.as_ref(),
        },
        Action::Delete(delete) => {
            let table = delete.tables.first()?;
            Write {
                verb: "DELETE",
                table,
                extent: extent(context, table, delete.condition.as_ref(), delete.limit),
                condition: delete.condition.as_ref(),
            }
        }
        Action::Insert(insert) => {
            let (extent, condition) = match &insert.source {
                InsertSource::Select(select) => (select_extent(select), select.condition.as_ref()),
                _ => (Extent::Bounded, None),
            };
            Write { verb: "INSERT", table: &insert.table, extent, condition }
        }
        Action::Merge(merge) => Write { verb: "MERGE", table: &merge.table, extent: Extent::Open, condition: None },
        Action::Copy { table: Some(table), into_table: true } => {
            Write { verb: "COPY", table, extent: Extent::Open, condition: None }
        }
        _ => return None,
    })
}

/// What [`write_of`] looks at.
fn is_write(action: &Action) -> bool {
    matches!(action, Action::Update(_) | Action::Delete(_) | Action::Insert(_) | Action::Merge(_) | Action::Copy { .. })
}

/// A query of literals gives the rows that it spells out, whatever its `WHERE` asks (`… SELECT 3, 'x' WHERE NOT EXISTS …`).
fn select_extent(select: &Select) -> Extent {
    let only_literals =
        select.star.is_none() && select.expressions.iter().all(|expr| expr.columns.is_empty() && !expr.subquery);
    if select.from.is_empty() || select.limit || only_literals { Extent::Bounded } else { Extent::Open }
}

fn extent(context: Context<'_>, table: &Name, condition: Option<&Predicate>, limit: bool) -> Extent {
    let bounded = limit || condition.is_some_and(|c| has_limit(context.script, c) || compares_key(context, table, c));
    if bounded { Extent::Bounded } else { Extent::Open }
}

/// The predicate picks its rows by a sub-query with a limit: a batch.
fn has_limit(script: &Script, condition: &Predicate) -> bool {
    condition.expr.subquery
        && words(script.slice(condition.expr.span))
            .any(|word| ["limit", "top", "fetch"].iter().any(|limit| word.eq_ignore_ascii_case(limit)))
}

/// The predicate compares a whole key with `=` or `IN` and literals only, so that the text itself says how many rows there are.
fn compares_key(context: Context<'_>, table: &Name, condition: &Predicate) -> bool {
    let expr = &condition.expr;
    if expr.subquery || !expr.calls.is_empty() || condition.always_true || expr.columns.is_empty() {
        return false;
    }
    let text = context.script.slice(expr.span);
    let widens = text.contains(['<', '>', '!', '~'])
        || words(text).any(|word| {
            ["like", "ilike", "between", "or", "not", "is", "similar", "regexp", "glob"]
                .iter()
                .any(|operator| word.eq_ignore_ascii_case(operator))
        });
    !widens && covers_key(context, table, &expr.columns)
}

fn covers_key(context: Context<'_>, table: &Name, columns: &[Ident]) -> bool {
    let Some(known) = context.table(table) else {
        // Prisma's habit, for a table that no read migration made.
        return columns.iter().any(|column| column.value.eq_ignore_ascii_case("id"));
    };
    let in_where = |key: &[Ident]| !key.is_empty() && key.iter().all(|column| columns.contains(column));
    let by_constraint = known.constraints.iter().any(|c| {
        matches!(c.constraint.kind, ConstraintKind::PrimaryKey | ConstraintKind::Unique)
            && in_where(&c.constraint.columns)
    });
    let by_index = known.indexes.iter().filter(|i| i.index.unique && i.index.condition.is_none()).any(|i| {
        let key: Option<Vec<Ident>> = i.index.columns.iter().map(|part| part.column.clone()).collect();
        key.is_some_and(|key| in_where(&key))
    });
    by_constraint
        || by_index
        || (!known.complete && columns.iter().any(|column| column.value.eq_ignore_ascii_case("id")))
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}

/// Rows that a deploy finds in the table: it was there before the pending set, and it is not temporary.
pub(super) fn has_old_rows(context: Context<'_>, table: &Name) -> bool {
    !context.created_in_pending(table) && !context.table(table).is_some_and(|known| known.temporary)
}

/// What a file does to tables that existed before it: whom it alters, and which rows it writes. Gathered once per file, since files with a
/// hundred thousand writes exist.
pub(super) struct FileWrites<'a> {
    view: MigrationView<'a>,
    created: HashSet<&'a Name>,
    altered: HashMap<&'a Name, Altered<'a>>,
}

/// The first statement of a file that alters a table.
pub(super) struct Altered<'a> {
    /// The statement.
    pub(super) statement: &'a Statement,
    /// Its line.
    pub(super) line: usize,
    /// PostgreSQL lets readers through (a foreign key takes SHARE ROW EXCLUSIVE only).
    pub(super) readers_pass: bool,
}

impl<'a> FileWrites<'a> {
    /// Gathers them; `None` for a file that writes no rows.
    pub(super) fn of(view: &MigrationView<'a>) -> Option<Self> {
        if !view.script.operations().any(|(_, operation)| is_write(&operation.action)) {
            return None;
        }
        let mut created = HashSet::new();
        let pending = view.pending_before.iter().flat_map(|(_, script)| script.operations());
        for (_, operation) in pending.chain(view.script.operations()) {
            if let Action::CreateTable(create) = &operation.action {
                created.insert(&create.name);
            }
        }
        let mut altered = HashMap::new();
        for (statement, operation) in view.script.operations() {
            if let Some(table) = altered_table(&operation.action) {
                altered.entry(table).or_insert_with(|| Altered {
                    statement,
                    line: view.script.line_column(statement.span.start).0,
                    readers_pass: is_foreign_key(&operation.action),
                });
            }
        }
        Some(FileWrites { view: *view, created, altered })
    }

    /// The statement that alters a table.
    pub(super) fn altered(&self, table: &Name) -> Option<&Altered<'a>> {
        self.altered.get(table)
    }

    /// Writes to rows that the application uses, in order.
    pub(super) fn each(&self) -> impl Iterator<Item = (&'a Statement, Write<'a>)> {
        let (script, state) = (self.view.script, self.view.state);
        script.operations().filter_map(move |(statement, operation)| {
            let context = Context { script, statement, state };
            let write = write_of(&operation.action, context)?;
            // A table that the file creates and drops again is no longer known at its end.
            let is_old = has_old_rows(context, write.table) && !self.created.contains(write.table);
            is_old.then_some((statement, write))
        })
    }
}

fn is_foreign_key(action: &Action) -> bool {
    matches!(action, Action::AddConstraint { constraint, .. } if constraint.kind == ConstraintKind::ForeignKey)
}

/// The table that an action changes the shape of, under a lock that its users feel.
fn altered_table(action: &Action) -> Option<&Name> {
    match action {
        Action::AddColumn { table, .. }
        | Action::DropColumn { table, .. }
        | Action::RenameColumn { table, .. }
        | Action::AlterColumnType { table, .. }
        | Action::SetNotNull { table, .. }
        | Action::DropNotNull { table, .. }
        | Action::SetDefault { table, .. }
        | Action::DropDefault { table, .. }
        | Action::ModifyColumn { table, .. }
        | Action::AddConstraint { table, .. }
        | Action::DropConstraint { table, .. }
        | Action::DropPrimaryKey { table }
        | Action::RenameTable { table, .. } => Some(table),
        Action::RebuildTable(rebuild) => Some(&rebuild.table),
        _ => None,
    }
}
