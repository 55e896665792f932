//! `GO`, and what must be alone in a batch.

use super::shared_sql::SQLSERVER;
use crate::rules::{Check, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::model::{Action, ObjectKind, Within};

/// See its page.
pub const RULE: Rule = Rule {
    slug: "batch-separator",
    id: "PS710",
    hazards: &["Q10"],
    databases: SQLSERVER,
    levels: Levels::DENY,
    fixable: Fixable::Never,
    summary: "GO, or a statement that must be alone in its batch",
    page: r#"## What it catches
`GO`; and `CREATE VIEW`, `CREATE PROCEDURE`, `CREATE FUNCTION`, `CREATE TRIGGER` and `CREATE SCHEMA` beside other statements of the file.

## Why it hurts
`GO` is a command of sqlcmd and SSMS, not of SQL Server. Prisma sends the whole file as one batch: the server fails at the `GO` with a syntax error, and a statement that must be alone in its batch with error 111. It works in
the tool in which it was written, and fails in the deploy.

## What to do instead
Leave `GO` out. Put what must be alone into a string: `EXEC('…')` is a batch of its own.

## Example
```sql
EXEC('CREATE VIEW [dbo].[open_orders] AS SELECT [id] FROM [dbo].[orders] WHERE [closed] = 0');
```

## When to allow it
Never: it cannot work.

## Source
SQL Server, "GO" and "Batches"; Prisma sends migrations as one raw batch.
"#,
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, findings: &mut Findings<'_>) {
    if view.operation.within != Within::File {
        return;
    }
    let script = view.context().script;
    let sql = script.slice(view.context().statement.span).trim().trim_end_matches(';');
    let what = match view.action() {
        Action::ClientCommand { command } if command.trim().eq_ignore_ascii_case("GO") => {
            findings.push(
                Finding::new(view.operation.span, Subject::default(), "`GO` is no SQL: the server fails at it")
                    .why(
                        "`GO` separates batches in sqlcmd and SSMS. Prisma sends the file as it is, in one batch, so SQL Server stops with a syntax error and the \
                         migration is failed.",
                    )
                    .help("Leave it out. What must be alone in a batch goes into a string:\nEXEC('CREATE VIEW …');"),
            );
            return;
        }
        Action::CreateView { .. } => "CREATE VIEW",
        Action::CreateRoutine { procedure: true, .. } => "CREATE PROCEDURE",
        Action::CreateRoutine { .. } => "CREATE FUNCTION",
        Action::CreateTrigger { .. } => "CREATE TRIGGER",
        Action::CreateObject { kind: ObjectKind::Schema, .. } => "CREATE SCHEMA",
        _ => return,
    };
    let alone = script.wrapper.is_none() && script.statements.len() == 1;
    if alone {
        return;
    }
    let first = sql.lines().next().unwrap_or(sql).trim();
    let short: String = first.chars().take(80).collect();
    let subject = view.action().table().map_or_else(Subject::default, Subject::table);
    findings.push(
        Finding::new(view.operation.span, subject, format!("`{what}` must be alone in its batch, and the whole file is one"))
            .why("Prisma sends the file in one batch. SQL Server stops with error 111 before it runs any of it, and the migration is failed.")
            .help(format!("In a string, which is a batch of its own:\nEXEC('{} …');", short.replace('\'', "''"))),
    );
}
