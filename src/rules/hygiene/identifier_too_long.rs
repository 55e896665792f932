//! A name that the database cuts off or refuses.

use crate::project::Provider;
use crate::rules::{Check, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::model::{Action, Ident};
use crate::sql::quote;

/// See its page.
pub const RULE: Rule = Rule {
    slug: "identifier-too-long",
    id: "PS311",
    hazards: &["H11"],
    databases: &[Provider::Postgresql, Provider::Mysql, Provider::Sqlserver],
    levels: Levels::WARN,
    fixable: Fixable::Never,
    summary: "a name is longer than the database allows",
    page: r#"## What it catches
A name that the file creates (table, column, index, constraint, enum) and that is longer than the database allows: 63 bytes on PostgreSQL, 64 characters on MySQL, 128 on SQL Server.

## Why it hurts
PostgreSQL cuts it off with a notice that Prisma does not show: two long names can become the same one, later statements that write it in full still work, but Prisma compares it with its schema and sees a difference for ever. MySQL and
SQL Server refuse the statement.

## What to do instead
Give a shorter name, in the Prisma schema by `map:`.

## Example
```sql
CREATE INDEX "orders_customer_created_idx" ON "orders"("customer_id", "created_at"); -- @@index([...], map: "orders_customer_created_idx")
```

## When to allow it
Never with good reason.

## Source
PostgreSQL manual 4.1.1 (NAMEDATALEN); MySQL manual, "Identifier Length Limits"; SQL Server, "Database identifiers".
"#,
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, findings: &mut Findings<'_>) {
    let provider = view.context().provider();
    let mut names: Vec<&Ident> = Vec::new();
    match view.action() {
        Action::CreateTable(create) => {
            names.push(&create.name.object);
            names.extend(create.columns.iter().map(|column| &column.name));
            names.extend(create.constraints.iter().filter_map(|constraint| constraint.name.as_ref()));
            names.extend(create.indexes.iter().filter_map(|index| index.name.as_ref().map(|name| &name.object)));
        }
        Action::AddColumn { column, .. } => names.push(&column.name),
        Action::AddConstraint { constraint, .. } => names.extend(constraint.name.as_ref()),
        Action::CreateIndex(index) => names.extend(index.name.as_ref().map(|name| &name.object)),
        Action::CreateEnum { name, .. } => names.push(&name.object),
        Action::RenameTable { to, .. } => names.push(&to.object),
        Action::RenameColumn { to, .. } | Action::RenameConstraint { to, .. } | Action::RenameIndex { to, .. } => {
            names.push(to);
        }
        _ => {}
    }
    for name in names {
        let (length, limit, unit) = match provider {
            Provider::Postgresql => (name.value.len(), 63, "bytes"),
            Provider::Mysql => (name.value.chars().count(), 64, "characters"),
            Provider::Sqlserver => (name.value.chars().count(), 128, "characters"),
            Provider::Sqlite => return,
        };
        if length <= limit {
            continue;
        }
        let short: String = name.value.chars().take(limit / 2).collect();
        let (what, why) = if provider == Provider::Postgresql {
            (
                format!("this name has {length} bytes and is cut off after {limit}"),
                "PostgreSQL goes on with the shorter name and a notice that Prisma does not show. Prisma then sees another name than its schema has, in every \
                 comparison from now on.",
            )
        } else {
            (
                format!("this name has {length} {unit}, and {limit} are allowed"),
                "The server refuses the statement, and the migration is failed.",
            )
        };
        let subject = Subject::named(view.action().table(), &name.value);
        findings.push(Finding::new(name.span, subject, what).why(why).help(format!(
            "A shorter name, and the same in the Prisma schema by `map:`:\n{}",
            quote::ident(provider, short.trim_end_matches('_'))
        )));
    }
}
