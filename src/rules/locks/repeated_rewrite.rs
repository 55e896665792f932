//! The same table written again by several statements.

use super::shared_holds::{holds, is_old, row};
use super::shared_lock_table::Work;
use super::shared_sql::{POSTGRESQL, table as quoted_table};
use crate::rules::{Check, Finding, Findings, Fixable, Levels, Rule, StatementView, Subject};
use crate::sql::model::{Name, Statement};

/// See its page.
pub const RULE: Rule = Rule {
    slug: "repeated-rewrite",
    id: "PS231",
    hazards: &["L32"],
    databases: POSTGRESQL,
    levels: Levels::WARN,
    fixable: Fixable::Never,
    summary: "several statements write the same table again, where one would do",
    page: r#"## What it catches
Two or more statements of a migration that each write all of the same table again (type changes, volatile defaults, stored columns), on a table that existed before the pending migrations.

## Why it hurts
Each one copies the whole table and builds all its indexes under an ACCESS EXCLUSIVE lock. One `ALTER TABLE` with all clauses does it once.

## What to do instead
Put the clauses into one `ALTER TABLE`.

## Example
```sql
ALTER TABLE "orders" ALTER COLUMN "total" TYPE BIGINT, ALTER COLUMN "tax" TYPE BIGINT;
```

## When to allow it
The table is small.

## Source
PostgreSQL manual, ALTER TABLE: "multiple table scans or rewrites can thereby be combined into a single pass over the table".
"#,
    check: Check::Statement(check),
};

fn check(view: &StatementView<'_>, findings: &mut Findings<'_>) {
    let statement = view.statement();
    let Some(table) = rewrites(view, statement) else { return };
    let earlier = &view.script().statements[..statement.index];
    let Some(first) = earlier.iter().find(|other| rewrites(view, other) == Some(table)) else { return };
    let clauses = |of: &Statement| {
        let texts: Vec<_> = of.operations.iter().map(|o| clause(view.script().slice(o.span))).collect();
        texts.join(", ")
    };
    let line = view.script().line_column(first.span.start).0;
    findings.push(
        Finding::new(table.span(), Subject::table(table), format!("`{table}` is written again here for a second time"))
            .why(format!(
                "Line {line} already writes the whole table and all its indexes again while nobody can use it; this statement does the same once more."
            ))
            .help(format!(
                "One statement does both at once:\nALTER TABLE {} {}, {};",
                quoted_table(table),
                clauses(first),
                clauses(statement)
            )),
    );
}

fn rewrites<'a>(view: &StatementView<'_>, statement: &'a Statement) -> Option<&'a Name> {
    statement.operations.iter().find_map(|operation| {
        let row = row(&view.context, view.facts, &operation.action)?;
        if row.work != Work::Rewrite {
            return None;
        }
        let held = holds(&view.context, view.facts, &operation.action);
        held.first().map(|hold| hold.table).filter(|table| is_old(&view.context, table))
    })
}

/// A clause without the `ALTER TABLE name` before it.
fn clause(sql: &str) -> &str {
    let upper = sql.to_ascii_uppercase();
    let starts = ["ALTER COLUMN ", "ADD COLUMN ", "SET "].iter().filter_map(|word| upper.find(word));
    starts.min().map_or(sql.trim(), |at| sql[at..].trim())
}
