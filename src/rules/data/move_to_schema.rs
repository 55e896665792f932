//! `move-to-schema`: an object moves away from under its name.

use super::shared_words::allow_line;
use super::shared_writes::has_old_rows;
use crate::project::Provider;
use crate::rules::{Check, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::model::{Action, Ident, Name, ObjectKind};
use crate::sql::quote;

pub const RULE: Rule = Rule {
    slug: "move-to-schema",
    id: "PS124",
    hazards: &["D24"],
    databases: &[Provider::Postgresql, Provider::Mysql, Provider::Sqlserver],
    levels: Levels::DENY,
    fixable: Fixable::Never,
    summary: "a table moves into another schema or database while the old application runs",
    page: "\
## What it catches

`ALTER TABLE … SET SCHEMA` (PostgreSQL; types, views and functions too), MySQL's rename into another database, SQL Server's `ALTER SCHEMA …
TRANSFER`, on what exists before this deploy. It is left alone when the same file puts a view or a synonym under the old name.

## Why it hurts

Prisma writes the schema into every query (`\"public\".\"users\"`), so all queries of the running application fail from this moment, whatever the
search path says.

## What to do instead

Leave a view (PostgreSQL, MySQL) or a synonym (SQL Server) under the old name until no old application runs.

## Example

```sql
-- bad
ALTER TABLE \"users\" SET SCHEMA \"accounts\";
-- good
ALTER TABLE \"users\" SET SCHEMA \"accounts\";
CREATE VIEW \"public\".\"users\" AS SELECT \"id\", \"email\" FROM \"accounts\".\"users\";
```

## When to allow it

When the application is stopped for the deploy, or no deployed application uses the object.

## Source

PostgreSQL manual, `ALTER TABLE`; MySQL manual, `RENAME TABLE`; SQL Server, `ALTER SCHEMA`; Prisma, multi-schema.
",
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, found: &mut Findings<'_>) {
    let context = view.context();
    let (kind, name, to) = match view.action() {
        Action::SetSchema { kind, name, to } => (*kind, name, to),
        // MySQL: the new name is in another database.
        Action::RenameTable { table, to } => match &to.schema {
            Some(schema) if moves(table, to) => (ObjectKind::Table, table, schema),
            _ => return,
        },
        _ => return,
    };
    // Sequences and indexes follow their table and are in no query.
    if matches!(kind, ObjectKind::Sequence | ObjectKind::Index | ObjectKind::Extension) || !has_old_rows(context, name)
    {
        return;
    }
    let stands_in = view.statement.script().operations().any(|(_, other)| match &other.action {
        Action::CreateView { name: own, .. } | Action::CreateObject { kind: ObjectKind::Synonym, name: own, .. } => {
            own == name
        }
        _ => false,
    });
    if !stands_in {
        found.push(finding(context.provider(), name, to));
    }
}

/// The same name in another schema.
pub(super) fn moves(from: &Name, to: &Name) -> bool {
    to.schema.is_some() && from.schema != to.schema && from.object == to.object
}

fn finding(provider: Provider, name: &Name, to: &Ident) -> Finding {
    let place = if provider == Provider::Mysql { "database" } else { "schema" };
    let old = quote::name(provider, name);
    let new = format!("{}.{}", quote::ident(provider, &to.value), quote::ident(provider, &name.object.value));
    let bridge = match provider {
        Provider::Sqlserver => format!("CREATE SYNONYM {old} FOR {new};"),
        _ => format!("CREATE VIEW {old} AS SELECT … FROM {new};"),
    };
    Finding::new(
        name.span().to(to.span),
        Subject::table(name),
        format!("moving `{name}` into the {place} `{to}` breaks the application that still runs"),
    )
    .why(format!(
        "Prisma names the {place} in every query, so all queries of the running application that use `{name}` fail from this moment until its \
         last process is replaced."
    ))
    .help(format!(
        "leave something under the old name while an old application runs:\n{bridge}\n\
         if the application is stopped for it: {}",
        allow_line("move-to-schema", "downtime announced for …")
    ))
}
