//! `DROP INDEX` of an index that a constraint stands on.

use super::shared_sql::ident as postgres_ident;
use crate::project::Provider;
use crate::rules::{Check, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::history_state::{Context, KnownIndex, Table};
use crate::sql::model::{Action, ConstraintKind, CreateIndex, Ident, Name};
use crate::sql::quote;

/// See its page.
pub const RULE: Rule = Rule {
    slug: "constraint-index-drop",
    id: "PS238",
    hazards: &["L40"],
    databases: &[Provider::Postgresql, Provider::Mysql],
    levels: Levels::DENY,
    fixable: Fixable::Never,
    summary: "an index is dropped that a constraint needs, which the server refuses",
    page: r#"## What it catches
`DROP INDEX` of an index that belongs to a primary key, unique or exclusion constraint (PostgreSQL), of the only unique index that a foreign key points at (PostgreSQL), and of the only index that a foreign key of the table
stands on (MySQL), as far as the migrations tell.

## Why it hurts
The server refuses it (PostgreSQL 2BP01, MySQL 1553): the deploy stops and the migration stays failed.

## What to do instead
PostgreSQL: drop the constraint, which takes its index along. MySQL: create the other index first, or drop the foreign key first.

## Example
```sql
ALTER TABLE "users" DROP CONSTRAINT "users_email_key";
```

## When to allow it
The migrations do not tell the whole truth, and the database has another index.

## Source
PostgreSQL manual, DROP INDEX; MySQL manual, "FOREIGN KEY Constraints": indexes are required and "ER_DROP_INDEX_FK".
"#,
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, findings: &mut Findings<'_>) {
    let Action::DropIndex { names, table, .. } = view.action() else { return };
    let context = view.context();
    for name in names {
        let found = match context.provider() {
            Provider::Mysql => table.as_ref().and_then(|table| needed_on_mysql(&context, table, name)),
            _ => needed_on_postgresql(&context, name),
        };
        if let Some(finding) = found {
            findings.push(finding);
        }
    }
}

fn needed_on_postgresql(context: &Context<'_>, name: &Name) -> Option<Finding> {
    for table in context.state.tables() {
        let backs = |kind: ConstraintKind| {
            matches!(kind, ConstraintKind::PrimaryKey | ConstraintKind::Unique | ConstraintKind::Exclude)
        };
        if let Some(known) = table.constraint(&name.object).filter(|known| backs(known.constraint.kind)) {
            let kind = match known.constraint.kind {
                ConstraintKind::PrimaryKey => "the primary key",
                ConstraintKind::Exclude => "an exclusion constraint",
                _ => "a unique constraint",
            };
            return Some(
                Finding::new(
                    name.span(),
                    Subject::named(Some(&table.name), name),
                    format!("`{name}` belongs to {kind} of `{}` and cannot be dropped as an index", table.name),
                )
                .why("PostgreSQL refuses it with error 2BP01, CASCADE or not: the deploy stops and the migration stays failed.")
                .help(format!(
                    "Drop the constraint, which takes its index along:\nALTER TABLE {} DROP CONSTRAINT {};",
                    quote::name(Provider::Postgresql, &table.name),
                    postgres_ident(&name.object)
                )),
            );
        }
        let index = table.indexes.iter().find(|index| index.name.as_ref().is_some_and(|own| own.object == name.object));
        if let Some(index) = index.filter(|index| index.index.unique)
            && let Some((from, key)) = pointed_at(context, table, index)
        {
            return Some(
                Finding::new(
                    name.span(),
                    Subject::named(Some(&table.name), name),
                    format!("the foreign key `{key}` of `{from}` needs the unique index `{name}`"),
                )
                .why("PostgreSQL refuses it with error 2BP01: the deploy stops and the migration stays failed. With CASCADE the foreign key would be gone too.")
                .help(format!(
                    "Drop the foreign key first, if it is to go:\nALTER TABLE {} DROP CONSTRAINT {};",
                    quote::name(Provider::Postgresql, from),
                    quote::ident(Provider::Postgresql, &key)
                )),
            );
        }
    }
    None
}

/// A foreign key that points at exactly the columns of this unique index, when nothing else makes them unique.
fn pointed_at<'a>(context: &Context<'a>, table: &Table, index: &KnownIndex) -> Option<(&'a Name, String)> {
    let columns = columns(&index.index);
    let same = |other: &[&Ident]| other.len() == columns.len() && columns.iter().all(|column| other.contains(column));
    let twice = table.indexes.iter().any(|other| {
        other.name != index.name
            && other.index.unique
            && other.index.condition.is_none()
            && same(&self::columns(&other.index))
    }) || table.constraints.iter().any(|c| {
        matches!(c.constraint.kind, ConstraintKind::PrimaryKey | ConstraintKind::Unique)
            && same(&c.constraint.columns.iter().collect::<Vec<_>>())
    });
    if twice {
        return None;
    }
    context.state.tables().find_map(|from| {
        let key = from.constraints_of(ConstraintKind::ForeignKey).find(|key| {
            key.constraint.references.as_ref().is_some_and(|to| {
                to.table == table.name && !to.columns.is_empty() && same(&to.columns.iter().collect::<Vec<_>>())
            })
        })?;
        let name = key.constraint.name.as_ref().map(ToString::to_string).or_else(|| key.likely_name.clone())?;
        Some((&from.name, name))
    })
}

fn columns(index: &CreateIndex) -> Vec<&Ident> {
    index.columns.iter().filter_map(|part| part.column.as_ref()).collect()
}

fn needed_on_mysql(context: &Context<'_>, table: &Name, name: &Name) -> Option<Finding> {
    let known = context.table(table).filter(|known| known.complete)?;
    let index = known.indexes.iter().find(|index| index.name.as_ref().is_some_and(|own| own.object == name.object))?;
    let leads = |own: &[&Ident], wanted: &[Ident]| {
        own.len() >= wanted.len() && wanted.iter().zip(own).all(|(wanted, own)| wanted == *own)
    };
    let key = known.constraints_of(ConstraintKind::ForeignKey).find(|key| {
        let wanted = &key.constraint.columns;
        let others = known.indexes.iter().filter(|other| other.name != index.name);
        let covered = others.map(|other| columns(&other.index)).any(|own| leads(&own, wanted))
            || known.constraints.iter().any(|c| {
                matches!(c.constraint.kind, ConstraintKind::PrimaryKey | ConstraintKind::Unique)
                    && leads(&c.constraint.columns.iter().collect::<Vec<_>>(), wanted)
            });
        leads(&columns(&index.index), wanted) && !covered
    })?;
    let label = key.constraint.name.as_ref().map(ToString::to_string).or_else(|| key.likely_name.clone())?;
    // The same statement may drop the key or bring another index.
    let helped = context.statement.operations.iter().any(|operation| match &operation.action {
        Action::DropConstraint { name, .. } => name.is(&label),
        Action::CreateIndex(new) => leads(&columns(new), &key.constraint.columns),
        _ => false,
    });
    if helped {
        return None;
    }
    let wanted = quote::list(Provider::Mysql, &key.constraint.columns);
    Some(
        Finding::new(
            name.span(),
            Subject::named(Some(table), name),
            format!("the foreign key `{label}` of `{table}` stands on the index `{name}`"),
        )
        .why("MySQL refuses to drop it (error 1553): the deploy stops, and the statements before it stay done.")
        .help(format!(
            "Create the index that takes its place first:\nCREATE INDEX {} ON {}({wanted});\nor drop the foreign key before it.",
            quote::ident(Provider::Mysql, &format!("{}_new", name.object.value)),
            quote::name(Provider::Mysql, table)
        )),
    )
}
