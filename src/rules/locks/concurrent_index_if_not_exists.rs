//! `CREATE INDEX CONCURRENTLY IF NOT EXISTS`: a failed build looks done.

use super::shared_sql::{POSTGRESQL, after_index_keyword, quoted, text};
use crate::rules::{Check, Edit, Finding, Findings, Fix, Fixable, Levels, MigrationView, Rule, Subject};
use crate::sql::model::{Action, Name, Script, Span};

/// See its page.
pub const RULE: Rule = Rule {
    slug: "concurrent-index-if-not-exists",
    id: "PS206",
    hazards: &["L6"],
    databases: POSTGRESQL,
    levels: Levels::WARN,
    fixable: Fixable::Sometimes,
    summary: "IF NOT EXISTS takes the broken index of a failed build for done",
    page: r#"## What it catches
`CREATE INDEX CONCURRENTLY IF NOT EXISTS`, unless the same deploy drops an index of that name first.

## Why it hurts
A concurrent build that fails (a duplicate, a deadlock, a timeout, a killed deploy) leaves an INVALID index of that name behind. The next try finds the name and skips
the build: the migration counts as applied, queries do not use the index, and a unique index may guard nothing.

## What to do instead
Leave `IF NOT EXISTS` out, so that a second try fails loudly. Before trying again, drop what was left: `DROP INDEX CONCURRENTLY IF EXISTS` alone in a migration
before this one, or by hand.

## Example
```sql
CREATE INDEX CONCURRENTLY IF NOT EXISTS "orders_customer_id_idx" ON "orders"("customer_id");
-- better
CREATE INDEX CONCURRENTLY "orders_customer_id_idx" ON "orders"("customer_id");
```

## When to allow it
Something looks at `pg_index.indisvalid` after each deploy.

## Source
PostgreSQL manual, CREATE INDEX, "Building Indexes Concurrently": the index is left behind, ignored for queries, still updated.
"#,
    check: Check::Migration(check),
};

fn check(view: &MigrationView<'_>, findings: &mut Findings<'_>) {
    for (statement, operation) in view.script.operations() {
        let Action::CreateIndex(index) = &operation.action else { continue };
        let Some(name) = index.name.as_ref().filter(|_| index.concurrently && index.if_not_exists) else { continue };
        let dropped = view.pending_before.iter().any(|(_, script)| drops(script, name))
            || drops_before(view.script, statement.index, name);
        if dropped {
            continue;
        }
        let guard = guard_span(view.script, operation.span);
        let plain = after_index_keyword(view.script, operation.span, "").map_or_else(
            || "CREATE INDEX CONCURRENTLY …".to_owned(),
            |_| without_guard(view.script, operation.span, guard),
        );
        let mut finding = Finding::new(
            guard.unwrap_or(name.span()),
            Subject::named(Some(&index.table), name),
            format!("if a build of `{name}` failed before, this takes the broken index for done"),
        )
        .why(format!(
            "A concurrent build that fails leaves an INVALID index `{name}` behind. IF NOT EXISTS then skips the build: the migration \
             counts as applied while queries on `{}` cannot use the index{}.",
            index.table,
            if index.unique { " and duplicates may already be in" } else { "" }
        ))
        .help(format!(
            "Without the guard a second try fails loudly:\n{plain};\nWhat a failed build left goes first, alone in a migration:\n\
             DROP INDEX CONCURRENTLY IF EXISTS {};",
            quoted(&name.object.value)
        ))
        .query(format!(
            "SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid\nWHERE NOT i.indisvalid AND c.relname = {};",
            text(&name.object.value)
        ));
        finding.statement = Some(statement.index);
        if let Some(span) = guard {
            finding = finding.fix(Fix {
                title: "leave IF NOT EXISTS out".to_owned(),
                edits: vec![Edit { span, text: String::new() }],
                follow_ups: Vec::new(),
            });
        }
        findings.push(finding);
    }
}

fn drops(script: &Script, index: &Name) -> bool {
    drops_before(script, usize::MAX, index)
}

fn drops_before(script: &Script, before: usize, index: &Name) -> bool {
    script.operations().take_while(|(statement, _)| statement.index < before).any(|(_, operation)| {
        matches!(&operation.action, Action::DropIndex { names, .. } if names.iter().any(|name| name.object == index.object))
    })
}

/// `IF NOT EXISTS` with the space after it.
fn guard_span(script: &Script, span: Span) -> Option<Span> {
    let sql = script.slice(span).to_ascii_lowercase();
    let start = sql.find("if not exists")?;
    let end = start + "if not exists".len();
    let space = sql[end..].len() - sql[end..].trim_start().len();
    let offset = |at: usize| u32::try_from(at).ok().map(|at| span.start + at);
    Some(Span::new(offset(start)?, offset(end + space)?))
}

fn without_guard(script: &Script, span: Span, guard: Option<Span>) -> String {
    match guard {
        Some(guard) => {
            format!(
                "{}{}",
                script.slice(Span::new(span.start, guard.start)),
                script.slice(Span::new(guard.end, span.end))
            )
        }
        None => script.slice(span).to_owned(),
    }
}
