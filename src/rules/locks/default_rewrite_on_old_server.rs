//! `ADD COLUMN` on a server that rewrites the table for it.

use super::shared_holds::is_old;
use super::shared_new_column::in_steps;
use crate::project::Provider;
use crate::rules::{Check, Facts, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::model::{Action, Volatility};
use crate::sql::quote;

/// See its page.
pub const RULE: Rule = Rule {
    slug: "default-rewrite-on-old-server",
    id: "PS216",
    hazards: &["L16"],
    databases: &[Provider::Postgresql, Provider::Mysql],
    levels: Levels::DENY,
    fixable: Fixable::Never,
    summary: "on an old server a new column rewrites the whole table",
    page: r#"## What it catches
On a server that is known to be old: PostgreSQL before 11 and `ADD COLUMN … DEFAULT` with any value but NULL; MySQL before 8.0.12 and MariaDB before 10.3.2 and any `ADD COLUMN` that does not say
how it is to be done. Without a known version the rule is silent.

## Why it hurts
The whole table is written again. PostgreSQL stops all use of it meanwhile; MySQL and MariaDB let writes go on where they can, use the disk space of a second copy, and fall back to
blocking writes where they cannot.

## What to do instead
PostgreSQL: add the column without default, set the default in a second statement, fill the rows in batches. MySQL: say `ALGORITHM=INPLACE, LOCK=NONE`, so that the statement fails instead of blocking, or use
an online schema change tool.

## Example
```sql
ALTER TABLE `orders` ADD COLUMN `note` VARCHAR(191) NOT NULL DEFAULT '', ALGORITHM=INPLACE, LOCK=NONE;
```

## When to allow it
The table is small.

## Source
PostgreSQL release notes 11; MySQL manual 8.0, "Online DDL Operations" (INSTANT since 8.0.12); MariaDB, "Instant ADD COLUMN for InnoDB" (10.3.2).
"#,
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, findings: &mut Findings<'_>) {
    let Action::AddColumn { table, column, .. } = view.action() else { return };
    let context = view.context();
    if !is_old(&context, table) {
        return;
    }
    let default = column.default.as_ref().filter(|default| !default.is_null());
    match context.provider() {
        Provider::Postgresql => {
            let Some(default) = default.filter(|d| d.volatility < Volatility::Unknown) else { return };
            if !view.facts().server_before(11, 0, 0) {
                return;
            }
            findings.push(
                Finding::new(
                    default.span,
                    Subject::column(table, &column.name),
                    format!("before PostgreSQL 11 a default on a new column writes all of `{table}` again"),
                )
                .why(format!(
                    "The server is older than 11, where a default is stored in every row: `ADD COLUMN … DEFAULT` holds an ACCESS EXCLUSIVE \
                     lock on `{table}` while the whole table and all its indexes are written again: nobody can read or write it."
                ))
                .help(in_steps(context.script, table, column, context.script.slice(default.span).trim())),
            );
        }
        _ => {
            let Some(since) = instant_since(view.facts()) else { return };
            let online =
                context.statement.algorithm() == Some("INPLACE") && context.statement.lock_clause() == Some("NONE");
            if online {
                return;
            }
            let written = context.script.slice(column.span).trim();
            findings.push(
                Finding::new(
                    column.name.span,
                    Subject::column(table, &column.name),
                    format!("before {since} a new column writes all of `{table}` again"),
                )
                .why(format!(
                    "The server is older than {since}, the first that adds a column by the catalogue alone. Here the whole table is copied, with the \
                     disk space for a second one, and where that cannot be done in place writes to `{table}` wait for all of it."
                ))
                .help(format!(
                    "Say how, so that the statement fails instead of blocking writes:\n\
                     ALTER TABLE {} ADD COLUMN {written}, ALGORITHM=INPLACE, LOCK=NONE;",
                    quote::name(Provider::Mysql, table)
                )),
            );
        }
    }
}

/// The first version with instant `ADD COLUMN`, when the server is known to be older.
fn instant_since(facts: &Facts) -> Option<&'static str> {
    let server = facts.server?;
    if server.mariadb {
        (!server.at_least(10, 3, 2)).then_some("MariaDB 10.3.2")
    } else {
        (!server.at_least(8, 0, 12)).then_some("MySQL 8.0.12")
    }
}
