//! Which migration took which step on which table, so that a contract step finds the expand step that it closes.
//!
//! A pair of them rarely shares a column (one adds the new one, the other drops the old one), so a dropped or renamed column, and a dropped
//! table, look for the last step that gave their table something new or moved its rows; what tightens a column (`NOT NULL`, a type, a
//! default) looks only for what touched that column or moved rows. One step too many is found rather than one too few: the directive
//! `-- prisma-safe: contract-of <migration>` names the pair.

use crate::sql::analysis::{Judgement, Phase};
use crate::sql::directive::DirectiveKind;
use crate::sql::model::{Action, Ident, Name, Script};

/// A step that opens the way: it adds, or moves rows.
#[derive(Debug, Clone)]
pub struct OpeningStep {
    table: Name,
    /// The column that it is about; `None`: the table or its rows.
    column: Option<Ident>,
    /// It gives the table something that can stand in for something else: a column, rows, the table itself.
    brings: bool,
}

/// A step that closes it: it takes away, renames or tightens.
#[derive(Debug, Clone)]
pub struct ClosingStep {
    /// The table, as far as the text tells.
    pub table: Option<Name>,
    /// The column.
    pub column: Option<Ident>,
    /// It only tightens the column.
    tightens: bool,
    /// Why it is one, in words for people.
    pub why: &'static str,
}

impl ClosingStep {
    /// What it is about, for people.
    #[must_use]
    pub fn subject(&self) -> String {
        match (&self.table, &self.column) {
            (Some(table), Some(column)) => format!("`{table}`.`{column}`"),
            (Some(table), None) => format!("`{table}`"),
            _ => "something without a table".to_owned(),
        }
    }

    /// Whether a step may be the one that this closes.
    #[must_use]
    pub fn closes(&self, step: &OpeningStep) -> bool {
        if self.table.as_ref() != Some(&step.table) {
            return false;
        }
        match &step.column {
            None => true,
            Some(column) if self.tightens => self.column.as_ref() == Some(column),
            Some(column) => step.brings || self.column.as_ref() == Some(column),
        }
    }
}

/// The opening steps of a migration.
#[must_use]
pub fn opening(script: &Script, judgement: &Judgement) -> Vec<OpeningStep> {
    let mut steps = Vec::new();
    for (statement, operation) in script.operations() {
        let phase = judgement.statements.get(statement.index).map_or(Phase::Neutral, |(phase, _)| *phase);
        if matches!(phase, Phase::Neutral | Phase::Contract) {
            continue;
        }
        let action = &operation.action;
        let Some(table) = action.table() else { continue };
        let (column, brings) = match action {
            Action::AddColumn { column, .. } => (Some(column.name.clone()), true),
            Action::CreateTable(_) | Action::RebuildTable(_) => (None, true),
            Action::Insert(_) | Action::Update(_) | Action::Delete(_) | Action::Merge(_) | Action::Copy { .. } => {
                (None, true)
            }
            other => match column_of(other) {
                Some(column) => (Some(column.clone()), false),
                None => continue,
            },
        };
        steps.push(OpeningStep { table: table.clone(), column, brings });
    }
    steps
}

/// The closing steps of a migration.
#[must_use]
pub fn closing(script: &Script, judgement: &Judgement) -> Vec<ClosingStep> {
    let mut steps = Vec::new();
    for statement in &script.statements {
        let Some((phase, why)) = judgement.statements.get(statement.index) else { continue };
        if !matches!(phase, Phase::Contract | Phase::Mixed) {
            continue;
        }
        let before = steps.len();
        for operation in &statement.operations {
            let action = &operation.action;
            let mut push = |table: &Name, column: Option<&Ident>, tightens| {
                steps.push(ClosingStep { table: Some(table.clone()), column: column.cloned(), tightens, why });
            };
            match action {
                Action::DropTable { names, .. } => names.iter().for_each(|name| push(name, None, false)),
                Action::DropColumn { table, column, .. } | Action::RenameColumn { table, column, .. } => {
                    push(table, Some(column), false);
                }
                Action::Step { .. } => {}
                other => match (other.table(), column_of(other)) {
                    (Some(table), Some(column)) => push(table, Some(column), true),
                    (Some(table), None) if *phase == Phase::Contract => push(table, None, false),
                    _ => {}
                },
            }
        }
        // A type, a right, a schema: no table to go by.
        if steps.len() == before && *phase == Phase::Contract {
            steps.push(ClosingStep { table: None, column: None, tightens: false, why });
        }
    }
    steps
}

/// The migrations that it says it closes.
#[must_use]
pub fn named(script: &Script) -> Vec<String> {
    let name = |kind: &DirectiveKind| match kind {
        DirectiveKind::ContractOf { migration, .. } => Some(migration.clone()),
        _ => None,
    };
    script.directives.iter().filter_map(|directive| name(&directive.kind)).collect()
}

fn column_of(action: &Action) -> Option<&Ident> {
    match action {
        Action::AlterColumnType { column, .. }
        | Action::SetNotNull { column, .. }
        | Action::DropNotNull { column, .. }
        | Action::SetDefault { column, .. }
        | Action::DropDefault { column, .. }
        | Action::ModifyColumn { column, .. }
        | Action::ColumnOption { column, .. } => Some(column),
        _ => None,
    }
}
