//! SQL that is put together at run time.

use crate::project::Provider;
use crate::rules::{Check, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::history_state::Context;
use crate::sql::model::Action;

/// See its page.
pub const RULE: Rule = Rule {
    slug: "dynamic-sql",
    id: "PS236",
    hazards: &["L38"],
    databases: &[Provider::Postgresql, Provider::Mysql, Provider::Sqlserver],
    levels: Levels::DENY,
    fixable: Fixable::Never,
    summary: "what the migration runs is put together at run time, so nothing can judge it",
    page: r#"## What it catches
`EXECUTE`, `PREPARE … FROM @variable`, `EXEC(@sql)` and `sp_executesql` with anything but a literal. Literal SQL in them is read like the rest of the file.

## Why it hurts
What it does is known only when it runs, on that database: no rule, no reviewer and no revert sees a table that it drops or locks.

## What to do instead
Write the statements out. Where they depend on what is there, write `IF EXISTS` and `IF NOT EXISTS`.

## Example
```sql
DO $$ BEGIN EXECUTE 'DROP TABLE ' || quote_ident('old_' || current_date); END $$;
-- instead
DROP TABLE IF EXISTS "old_orders";
```

## When to allow it
The names really differ per database (a constraint that the server named by itself), and somebody has read what will run.

## Source
The tool's own promise: what was not understood never counts as safe.
"#,
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, findings: &mut Findings<'_>) {
    let Action::ExecuteDynamic { .. } = view.action() else { return };
    let context = view.context();
    let text = context.script.slice(view.operation.span);
    // Prisma's own way to drop a default or key whose name SQL Server made up.
    if context.provider() == Provider::Sqlserver && drops_by_catalogue(&context) {
        return;
    }
    let span = if text.trim().is_empty() { context.statement.span } else { view.operation.span };
    findings.push(
        Finding::new(span, Subject::default(), "this runs SQL that is put together at run time and cannot be judged")
            .why(
                "What it drops, locks or rewrites is known only when it runs: neither this tool nor a reviewer can judge it, and no revert can be written for \
                 it.",
            )
            .help(help(context.provider())),
    );
}

/// The variable is put together by the statement before (or the same one) from the catalogue, to drop constraints and nothing else.
fn drops_by_catalogue(context: &Context<'_>) -> bool {
    let script = context.script;
    let first = context.statement.index.saturating_sub(2);
    let sql = script.slice(script.statements[first].span.to(context.statement.span)).to_ascii_lowercase();
    sql.contains("sys.")
        && sql.contains("drop constraint")
        && sql.matches("drop ").count() == sql.matches("drop constraint").count()
}

fn help(provider: Provider) -> &'static str {
    match provider {
        Provider::Sqlserver => {
            "Write the statement out, or as a literal, which is read:\nIF COL_LENGTH('orders', 'note') IS NULL EXEC('ALTER TABLE [orders] ADD [note] NVARCHAR(100)');"
        }
        Provider::Mysql => {
            "Write the statement out; MariaDB knows IF EXISTS and IF NOT EXISTS:\nALTER TABLE `orders` DROP COLUMN `note`;"
        }
        Provider::Postgresql | Provider::Sqlite => {
            "Write the statement out, with a guard where it depends on what is there:\nALTER TABLE \"orders\" DROP COLUMN IF EXISTS \"note\";"
        }
    }
}
