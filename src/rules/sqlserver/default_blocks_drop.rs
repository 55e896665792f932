//! A column that its default holds.

use super::shared_sql::{SQLSERVER, table as quoted};
use crate::project::Provider;
use crate::rules::data::shared_words::column_of;
use crate::rules::{Check, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::model::{Action, ConstraintKind, Ident, Name};
use crate::sql::quote;

/// See its page.
pub const RULE: Rule = Rule {
    slug: "default-blocks-drop",
    id: "PS701",
    hazards: &["Q1"],
    databases: SQLSERVER,
    levels: Levels::DENY,
    fixable: Fixable::Never,
    summary: "a column is dropped while its default constraint holds it",
    page: r#"## What it catches
`DROP COLUMN` of a column that has a default, as far as the history tells, where nothing before it in the file drops that default.

## Why it hurts
A default is a constraint of its own on SQL Server and holds the column: the statement fails with messages 5074 and 4922. Where the default was not given a name, it has another one in every database, so the file that works in
development does not work in production.

## What to do instead
Drop the constraint first; look its name up where the server made it up.

## Example
```sql
ALTER TABLE [orders] DROP CONSTRAINT [orders_state_df];
ALTER TABLE [orders] DROP COLUMN [state];
```

## When to allow it
The default is gone by a way that the history does not show.

## Source
SQL Server, ALTER TABLE, "DROP COLUMN"; Prisma issues 18003 and 25325.
"#,
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, findings: &mut Findings<'_>) {
    let Action::DropColumn { table, column, .. } = view.action() else { return };
    let context = view.context();
    if context.column(table, column).is_none_or(|known| known.has_default != Some(true)) {
        return;
    }
    let same = context.statement.operations.iter();
    let dropped =
        context.earlier().map(|(_, operation)| operation).chain(same).any(|operation| match &operation.action {
            Action::DropConstraint { table: of, kind, .. } => {
                of == table && matches!(kind, None | Some(ConstraintKind::Default))
            }
            // Prisma's own way to find a name that the server made up.
            Action::ExecuteDynamic { .. } => true,
            _ => false,
        });
    if dropped {
        return;
    }
    let named = default_name(view, table, column);
    let help = match named {
        Some(name) => format!(
            "First:\nALTER TABLE {} DROP CONSTRAINT {};",
            quoted(table),
            quote::ident(Provider::Sqlserver, &name)
        ),
        None => format!(
            "First, with the name that this database made up:\nDECLARE @SQL NVARCHAR(MAX);\nSELECT @SQL = N'ALTER TABLE {} DROP CONSTRAINT ' + QUOTENAME(name)\n\
             FROM sys.default_constraints WHERE parent_object_id = OBJECT_ID({}) AND COL_NAME(parent_object_id, parent_column_id) = {};\nEXEC sp_executesql @SQL;",
            quoted(table),
            quote::text(Provider::Sqlserver, &quoted(table)),
            quote::text(Provider::Sqlserver, &column.value),
        ),
    };
    findings.push(
        Finding::new(
            column.span,
            Subject::column(table, column),
            format!("{} has a default, which holds the column: the drop fails", column_of(table, column)),
        )
        .why("SQL Server stops with messages 5074 and 4922: a default constraint depends on the column. The migration is failed until somebody resolves it.")
        .help(help),
    );
}

/// The default's name, where an `ADD CONSTRAINT … DEFAULT … FOR` gave it.
fn default_name(view: &OperationView<'_>, table: &Name, column: &Ident) -> Option<String> {
    let context = view.context();
    let known = context.table(table)?;
    let constraint =
        known.constraints_of(ConstraintKind::Default).find(|known| known.constraint.columns.contains(column))?;
    constraint.constraint.name.as_ref().map(|name| name.value.clone())
}
