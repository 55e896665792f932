//! What SQL Server refuses inside a transaction.

use super::shared_sql::SQLSERVER;
use crate::rules::{Check, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::model::{Action, ObjectKind, SpecialIndex};

/// See its page.
pub const RULE: Rule = Rule {
    slug: "refused-in-transaction",
    id: "PS713",
    hazards: &["Q13"],
    databases: SQLSERVER,
    levels: Levels::DENY,
    fixable: Fixable::Never,
    summary: "SQL Server refuses this statement inside a transaction",
    page: r#"## What it catches
In a transaction (the file's own, or the wrapper that Prisma writes): `CREATE INDEX … WITH (RESUMABLE = ON)`, `ALTER DATABASE`, `CREATE` and `DROP DATABASE`, full-text catalogues and indexes.

## Why it hurts
SQL Server refuses them inside a transaction (messages 574, 226 and others). The migration fails and stays failed.

## What to do instead
A migration of its own, written by hand without `BEGIN TRAN`.

## Example
```sql
CREATE NONCLUSTERED INDEX [orders_customer_id_idx] ON [orders]([customer_id]) WITH (ONLINE = ON, RESUMABLE = ON);
```

## When to allow it
Never: it cannot work.

## Source
SQL Server, "Guidelines for resumable index operations", ALTER DATABASE, CREATE FULLTEXT INDEX.
"#,
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, findings: &mut Findings<'_>) {
    if !view.context().in_explicit_transaction() {
        return;
    }
    let what = match view.action() {
        Action::CreateIndex(index) if index.resumable => "a resumable index build",
        Action::AlterObject { kind: ObjectKind::Database, .. } => "`ALTER DATABASE`",
        Action::CreateObject { kind: ObjectKind::Database, .. } => "`CREATE DATABASE`",
        Action::DropObject { kind: ObjectKind::Database, .. } => "`DROP DATABASE`",
        Action::CreateObject { kind: ObjectKind::FulltextCatalog, .. }
        | Action::AlterObject { kind: ObjectKind::FulltextCatalog, .. }
        | Action::DropObject { kind: ObjectKind::FulltextCatalog, .. } => "full-text DDL",
        Action::CreateIndex(index) if index.special == Some(SpecialIndex::FullText) => "full-text DDL",
        _ => return,
    };
    let sql = view.context().script.slice(view.operation.span).trim().trim_end_matches(';');
    let subject = view.action().table().map_or_else(Subject::default, Subject::table);
    findings.push(
        Finding::new(view.operation.span, subject, format!("{what} is refused inside a transaction"))
            .why("SQL Server stops here with an error: the migration is failed, and Prisma refuses every further deploy until somebody resolves it.")
            .help(format!("In a migration of its own, without BEGIN TRAN around it:\n{sql};")),
    );
}
