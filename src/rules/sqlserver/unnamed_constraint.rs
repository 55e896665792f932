//! A constraint without a name.

use super::shared_sql::SQLSERVER;
use crate::project::Provider;
use crate::rules::{Check, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::model::{Action, ColumnDef, Constraint, ConstraintKind, Ident, Name, Span};
use crate::sql::quote;

/// See its page.
pub const RULE: Rule = Rule {
    slug: "unnamed-constraint",
    id: "PS714",
    hazards: &["Q14"],
    databases: SQLSERVER,
    levels: Levels::WARN,
    fixable: Fixable::Never,
    summary: "a constraint without a name is called otherwise in every database",
    page: r#"## What it catches
A primary key, unique, check or foreign key without a name, and a `DEFAULT` without `CONSTRAINT name` before it, in a table that stays.

## Why it hurts
SQL Server makes a name up, another one in every database (`DF__orders__state__3B75D760`). No later migration can name it: it works where it was written and fails elsewhere, and Prisma reports drift.

## What to do instead
Name each, as Prisma does.

## Example
```sql
ALTER TABLE [orders] ADD [state] INT NOT NULL CONSTRAINT [orders_state_df] DEFAULT 0;
```

## When to allow it
The table goes again in the same deploy.

## Source
SQL Server, "Unique constraints and check constraints", CREATE TABLE.
"#,
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, findings: &mut Findings<'_>) {
    match view.action() {
        Action::CreateTable(create) if !create.temporary => {
            for constraint in &create.constraints {
                unnamed(&create.name, constraint, findings);
            }
            for column in &create.columns {
                in_column(view, &create.name, column, findings);
            }
        }
        Action::AddConstraint { table, constraint } => unnamed(table, constraint, findings),
        Action::AddColumn { table, column, .. } => in_column(view, table, column, findings),
        _ => {}
    }
}

fn in_column(view: &OperationView<'_>, table: &Name, column: &ColumnDef, findings: &mut Findings<'_>) {
    for constraint in &column.constraints {
        unnamed(table, constraint, findings);
    }
    let Some(default) = &column.default else { return };
    let script = view.context().script;
    let before = script.slice(Span::new(column.span.start, default.span.start)).to_ascii_uppercase();
    let named = before.rfind("CONSTRAINT").is_some_and(|at| {
        // `CONSTRAINT name DEFAULT`: nothing but the name between the two words.
        before[at..].split_whitespace().count() <= 3
    });
    if !named {
        push(
            table,
            &format!("{}_{}_df", table.object, column.name),
            "DEFAULT",
            default.span,
            Some(&column.name),
            findings,
        );
    }
}

fn unnamed(table: &Name, constraint: &Constraint, findings: &mut Findings<'_>) {
    let (kind, suffix) = match constraint.kind {
        ConstraintKind::PrimaryKey => ("PRIMARY KEY", "pkey"),
        ConstraintKind::Unique => ("UNIQUE", "key"),
        ConstraintKind::ForeignKey => ("FOREIGN KEY", "fkey"),
        ConstraintKind::Check => ("CHECK", "check"),
        ConstraintKind::Default => ("DEFAULT", "df"),
        _ => return,
    };
    if constraint.name.is_some() {
        return;
    }
    let columns: String = constraint.columns.iter().map(|column| format!("{column}_")).collect();
    let columns = if kind == "PRIMARY KEY" { String::new() } else { columns };
    let name = format!("{}_{columns}{suffix}", table.object);
    push(table, &name, kind, constraint.span, constraint.columns.first(), findings);
}

fn push(table: &Name, name: &str, kind: &str, span: Span, column: Option<&Ident>, findings: &mut Findings<'_>) {
    let subject = column.map_or_else(|| Subject::table(table), |column| Subject::column(table, column));
    findings.push(
        Finding::new(span, subject, format!("this {kind} of `{table}` has no name: each database makes up another one"))
            .why("No later migration can drop or change it by name: what works in development fails in production, and Prisma reports drift between them.")
            .help(format!("Name it:\nCONSTRAINT {} {kind} …", quote::ident(Provider::Sqlserver, name))),
    );
}
