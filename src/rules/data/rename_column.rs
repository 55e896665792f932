//! `rename-column`: old and new application cannot both work.

use super::shared_words::{allow_line, column_of};
use super::shared_writes::has_old_rows;
use crate::project::Provider;
use crate::rules::{Check, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::model::{Action, Ident, Name, Span};
use crate::sql::quote;

pub const RULE: Rule = Rule {
    slug: "rename-column",
    id: "PS119",
    hazards: &["D21"],
    databases: &Provider::ALL,
    levels: Levels::DENY,
    fixable: Fixable::Never,
    summary: "a column gets another name while the old application runs",
    page: "\
## What it catches

`RENAME COLUMN`, MySQL's `CHANGE old new`, SQL Server's `sp_rename … 'COLUMN'`, and a table rebuild that copies a column into one of another
name, on a table that exists before this deploy.

## Why it hurts

No moment exists at which both applications work: the one that runs names the old column in every query of the table, the new one the new
column. From the rename until the last old process is gone, one of them fails.

## What to do instead

When only the name in the code should change, leave the database alone: rename the field and map it, `fullName String @map(\"name\")`.
Else expand, migrate, contract: add the new column, write both, copy, read the new one, drop the old one after the soak time.

## Example

```sql
-- bad
ALTER TABLE \"users\" RENAME COLUMN \"name\" TO \"full_name\";
-- good: the first of the three steps
ALTER TABLE \"users\" ADD COLUMN \"full_name\" TEXT;
```

## When to allow it

When the application is stopped for the deploy, or no deployed application uses the column.

## Source

Prisma, \"Customizing migrations\" and `@map`; the policy, \"Expand, migrate, contract\".
",
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, found: &mut Findings<'_>) {
    let context = view.context();
    let provider = context.provider();
    let mut push = |table: &Name, from: &Ident, to: &Ident, span: Span| {
        let born = context.column(table, from).and_then(|column| column.born);
        if has_old_rows(context, table) && !context.state.born_in_pending(born) {
            found.push(finding(provider, table, from, to, span));
        }
    };
    match view.action() {
        Action::RenameColumn { table, column, to } => {
            // The two arguments of sp_rename are not next to each other in a readable way.
            let span = if provider == Provider::Sqlserver { view.operation.span } else { column.span.to(to.span) };
            push(table, column, to, span);
        }
        Action::ModifyColumn { table, column, definition, .. } if definition.name != *column => {
            push(table, column, &definition.name, column.span.to(definition.name.span));
        }
        Action::RebuildTable(rebuild) => {
            for copied in &rebuild.copied {
                let Some(from) = &copied.from else { continue };
                let stays = rebuild.definition.columns.iter().any(|column| column.name == *from);
                if !stays && *from != copied.to {
                    push(&rebuild.table, from, &copied.to, copied.span);
                }
            }
        }
        _ => {}
    }
}

fn finding(provider: Provider, table: &Name, from: &Ident, to: &Ident, span: Span) -> Finding {
    let add = if provider == Provider::Sqlserver { "ADD" } else { "ADD COLUMN" };
    let words = column_of(table, from);
    Finding::new(span, Subject::column(table, from), format!("renaming {words} to `{to}` breaks the application that still runs"))
        .why(format!(
            "Every query of `{table}` that the running application sends names `{from}` and fails from this moment until its last process \
             is replaced; the new one cannot start before, since `{to}` does not exist yet."
        ))
        .help(format!(
            "if only the name in the code should change, write `{to} … @map(\"{from}\")` in the Prisma schema and no SQL; else add, write \
             both, copy, and drop the old one later:\n\
             ALTER TABLE {} {add} {} …;\n\
             if the application is stopped for it: {}",
            quote::name(provider, table),
            quote::ident(provider, &to.value),
            allow_line("rename-column", "downtime announced for …")
        ))
}
