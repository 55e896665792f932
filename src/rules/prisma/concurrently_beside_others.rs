//! A statement that refuses transactions, in a file that Prisma sends as one.

use crate::rules::locks::shared_sql::{POSTGRESQL, move_out, slug};
use crate::rules::locks::shared_transaction::{Sending, sending};
use crate::rules::{Check, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::model::{Action, ObjectKind, Within};

/// See its page.
pub const RULE: Rule = Rule {
    slug: "concurrently-beside-others",
    id: "PS403",
    hazards: &["P3"],
    databases: POSTGRESQL,
    levels: Levels::DENY,
    fixable: Fixable::Sometimes,
    summary: "a statement that refuses transactions is not alone in its file",
    page: r#"## What it catches
`CREATE INDEX CONCURRENTLY`, `DROP INDEX CONCURRENTLY`, `REINDEX … CONCURRENTLY`, `DETACH PARTITION … CONCURRENTLY`, `VACUUM` and `CREATE` or `DROP DATABASE` beside other statements of the file, where
the project's Prisma sends such a file as one query:

- up to 7.3 always, 7.4 perhaps;
- later, when Prisma's own parser does not read every statement. `DROP INDEX CONCURRENTLY` is one that it does not read, so that must be alone with any version;
- 7.5 to 7.7 when it replays the history on the shadow database.

Where the version is not known it judges for the newest.

## Why it hurts
PostgreSQL takes one query with several statements for one transaction and refuses these statements in it with error 25001. The deploy stops with P3018, and Prisma refuses every further one until somebody
resolves it.

## What to do instead
Put the statement alone into a migration of its own.

## Example
```sql
-- 20260301_add_status
ALTER TABLE "orders" ADD COLUMN "status" TEXT;
-- 20260302_index_status
CREATE INDEX CONCURRENTLY "orders_status_idx" ON "orders"("status");
```

## When to allow it
Never: it cannot work.

## Source
PostgreSQL manual 55.2.2, "Multiple Statements in a Simple Query"; Prisma issues 14456 and 22922, prisma-engines 5767, 5799 and 5847.
"#,
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, findings: &mut Findings<'_>) {
    let Some(what) = refuses(view.action()) else { return };
    let context = view.context();
    let (script, statement) = (context.script, context.statement);
    // Between BEGIN and COMMIT, and in a DO block, another rule speaks.
    if script.statements.len() < 2 || context.in_explicit_transaction() || view.operation.within == Within::DoBlock {
        return;
    }
    let facts = view.facts();
    let unread = matches!(view.action(), Action::DropIndex { .. });
    let whole = unread || sending(script, facts) == Sending::Whole;
    let shadow_only = !whole && facts.prisma.is_some() && !facts.prisma_at_least(7, 8);
    if !whole && !shadow_only {
        return;
    }
    let sql = script.slice(view.operation.span).trim();
    let subject = view.action().table().map_or_else(Subject::default, Subject::table);
    let message = format!("`{what}` fails beside the other statements of this file");
    let mut finding = Finding::new(view.operation.span, subject, message)
        .why(format!(
            "{} PostgreSQL takes that for one transaction and refuses `{what}` in it with error 25001.",
            reason(whole, unread, facts.prisma_at_least(7, 4), facts.prisma_at_least(7, 5))
        ))
        .help(format!("Alone in a migration of its own:\n{sql};"));
    if statement.index + 1 == script.statements.len() && statement.operations.len() == 1 {
        finding = finding.fix(move_out(
            script,
            statement,
            "put the statement into a migration of its own",
            slug(&[first_words(sql), view.action().table().map_or("", |table| table.object.value.as_str())]),
            format!("{sql};\n"),
        ));
    }
    findings.push(finding);
}

fn reason(whole: bool, unread: bool, from_7_4: bool, from_7_5: bool) -> &'static str {
    match (whole, from_7_4) {
        (false, _) => {
            "`migrate deploy` of this Prisma sends the statements one by one, but `migrate dev` and `migrate diff` before 7.8 send the file to the \
             shadow database as one query and stop with P3006."
        }
        (true, false) => "Prisma before 7.4 sends the whole file as one query.",
        (true, true) if unread => {
            "Prisma's parser does not read this statement, so every version of Prisma sends the whole file as one query."
        }
        (true, true) if !from_7_5 => "Prisma 7.4 may send the whole file as one query.",
        (true, true) => {
            "Prisma's parser does not read every statement of this file, so Prisma sends the whole file as one query."
        }
    }
}

fn refuses(action: &Action) -> Option<&'static str> {
    Some(match action {
        Action::CreateIndex(index) if index.concurrently => "CREATE INDEX CONCURRENTLY",
        Action::DropIndex { concurrently: true, .. } => "DROP INDEX CONCURRENTLY",
        Action::Reindex { concurrently: true, .. } => "REINDEX CONCURRENTLY",
        Action::DetachPartition { concurrently: true, .. } => "DETACH PARTITION CONCURRENTLY",
        Action::Vacuum { .. } => "VACUUM",
        Action::CreateObject { kind: ObjectKind::Database, .. } => "CREATE DATABASE",
        Action::DropObject { kind: ObjectKind::Database, .. } => "DROP DATABASE",
        _ => return None,
    })
}

fn first_words(sql: &str) -> &'static str {
    let upper = sql.trim_start().to_ascii_uppercase();
    match () {
        () if upper.starts_with("CREATE") => "create_index",
        () if upper.starts_with("DROP") => "drop_index",
        () if upper.starts_with("REINDEX") => "reindex",
        () => "maintain",
    }
}
