//! A foreign key that is smaller than the key it points at.

use crate::project::Provider;
use crate::rules::{Check, Finding, Findings, Fixable, Levels, MigrationView, Rule, Subject};
use crate::sql::model::{Action, Constraint, ConstraintKind, Ident, Name, TypeFamily};
use crate::sql::quote;

/// See its page.
pub const RULE: Rule = Rule {
    slug: "foreign-key-type-mismatch",
    id: "PS303",
    hazards: &["H3"],
    databases: &[Provider::Postgresql, Provider::Sqlserver],
    levels: Levels::WARN,
    fixable: Fixable::Never,
    summary: "a foreign key is of a smaller type than the key it points at",
    page: r#"## What it catches
A foreign key between integer columns of different size, where the history tells both types: `INTEGER` that points at `BIGINT`. MySQL refuses such a key, so the rule is for the other databases.

## Why it hurts
It works until the key's numbers outgrow the smaller column: from then on every insert that points at a new row fails. Joins convert values on the way.

## What to do instead
Give both columns the type of the key.

## Example
```sql
ALTER TABLE "orders" ADD COLUMN "customer_id" BIGINT;
```

## When to allow it
The key's table will never hold many rows.

## Source
PostgreSQL manual, "Numeric Types"; SQL Server, "int, bigint, smallint, and tinyint".
"#,
    check: Check::Migration(check),
};

fn check(view: &MigrationView<'_>, findings: &mut Findings<'_>) {
    for (statement, operation) in view.script.operations() {
        let keys: Vec<(&Name, &Constraint)> = match &operation.action {
            Action::AddConstraint { table, constraint } => vec![(table, &**constraint)],
            Action::CreateTable(create) => create.constraints.iter().map(|key| (&create.name, key)).collect(),
            _ => continue,
        };
        for (table, key) in keys.into_iter().filter(|(_, key)| key.kind == ConstraintKind::ForeignKey) {
            if let Some(mut finding) = mismatch(view, table, key) {
                finding.statement = Some(statement.index);
                findings.push(finding);
            }
        }
    }
}

fn mismatch(view: &MigrationView<'_>, table: &Name, key: &Constraint) -> Option<Finding> {
    let references = key.references.as_ref()?;
    let width = |table: &Name, column: &Ident| {
        let known = view.state.table(table)?.column(column)?.data_type.as_ref()?;
        match known.family {
            TypeFamily::Integer(bytes) | TypeFamily::Serial(bytes) => Some((bytes, known.name.clone())),
            _ => None,
        }
    };
    key.columns.iter().zip(&references.columns).find_map(|(own, other)| {
        let (narrow, own_type) = width(table, own)?;
        let (wide, other_type) = width(&references.table, other)?;
        if narrow >= wide {
            return None;
        }
        let span = key.name.as_ref().map_or(key.span, |name| name.span);
        let largest = if narrow >= 4 { "2147483647" } else { "32767" };
        Some(
            Finding::new(
                span,
                Subject::column(table, own),
                format!("`{table}`.`{own}` is `{own_type}` and points at `{}`.`{other}`, which is `{other_type}`", references.table),
            )
            .why(format!(
                "As soon as `{}` has a row with a number over {largest}, no row of `{table}` can point at it: such inserts fail.",
                references.table
            ))
            .help(format!("Give `{own}` the type of the key it points at: `{}`.", if wide > 4 { "BIGINT" } else { "INTEGER" }))
            .query(format!(
                "SELECT max({}) FROM {};",
                quote::ident(view.script.provider, &other.value),
                quote::name(view.script.provider, &references.table)
            )),
        )
    })
}
