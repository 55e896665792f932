//! `backfill-beside-ddl`: rows are written while the same file changes the table's shape.

use super::shared_writes::{Extent, Write, altered_table, write_to_old_table};
use super::unbatched_backfill::size_query;
use crate::project::Provider;
use crate::rules::{Check, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::model::{Operation, Statement};

pub const RULE: Rule = Rule {
    slug: "backfill-beside-ddl",
    id: "PS109",
    hazards: &["D8"],
    databases: &Provider::ALL,
    levels: Levels::DENY,
    fixable: Fixable::Never,
    summary: "rows are backfilled in the file that changes their table",
    page: "\
## What it catches

An `UPDATE`, `DELETE`, `MERGE` or `INSERT … SELECT` with an open number of rows on a table that exists before this deploy, when the same
file also alters that table.

## Why it hurts

On PostgreSQL, where the file is one transaction (Prisma up to 7.3, or `BEGIN … COMMIT`), the `ALTER TABLE` takes ACCESS EXCLUSIVE and
keeps it while every row is written: the table is down for the whole backfill. Where the file is not one transaction (MySQL, SQLite, Prisma
from 7.5) a failure of the backfill leaves the shape changed, the rows half done and the migration failed, and running it again stops
at the first statement.

## What to do instead

Three migrations: expand (add the column), migrate (write the rows in batches), contract (tighten). Each can fail and be repeated
by itself, and the application writes both shapes in between.

## Example

```sql
-- bad
ALTER TABLE \"users\" ADD COLUMN \"full_name\" TEXT;
UPDATE \"users\" SET \"full_name\" = \"first_name\" || ' ' || \"last_name\";
ALTER TABLE \"users\" ALTER COLUMN \"full_name\" SET NOT NULL;
-- good: this migration; the backfill and the NOT NULL follow in their own
ALTER TABLE \"users\" ADD COLUMN \"full_name\" TEXT;
```

## When to allow it

When the table is small and stays small. A condition keeps that honest: `when=\"rows < 10000\"`.

## Source

PostgreSQL manual, \"Explicit Locking\"; MySQL manual, \"Statements That Cause an Implicit Commit\"; the policy, \"Expand, migrate, contract\".
",
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, found: &mut Findings<'_>) {
    let Some(write) = write_to_old_table(view) else { return };
    if write.extent == Extent::Bounded {
        return;
    }
    let Some(ddl) = ddl_beside(view, &write) else { return };
    let provider = view.facts().provider;
    let table = write.table;
    let line = view.statement.script().line_column(ddl.span.start).0;
    let locked = provider == Provider::Postgresql && ddl.before && holds_locks(view);
    let why = if locked {
        format!(
            "Line {line} takes ACCESS EXCLUSIVE on `{table}` and keeps it until the migration commits: every reader and writer of the \
             table waits while all these rows are written."
        )
    } else {
        format!(
            "When the {} fails half way, what the file did before it stays: `{table}` has neither its old nor its new shape, the rows are \
             half done, and running the migration again stops at what is already there.",
            write.verb
        )
    };
    found.push(
        Finding::new(
            table.span(),
            Subject::table(table),
            format!("this {} rewrites rows of `{table}` in the file that alters the table (line {line})", write.verb),
        )
        .why(why)
        .help(
            "make it three migrations: expand (add what is new), migrate (this write, in batches: `cargo prisma-safe backfill`), contract \
             (NOT NULL, constraints, drops) once no row is left",
        )
        .query(size_query(provider, table)),
    );
}

/// The statement of the file that alters the table.
pub(super) struct Beside {
    span: crate::sql::model::Span,
    before: bool,
}

/// The first statement of the same file that alters the table of a write.
pub(super) fn ddl_beside(view: &OperationView<'_>, write: &Write<'_>) -> Option<Beside> {
    let context = view.context();
    let alters = |(_, operation): &(&Statement, &Operation)| altered_table(&operation.action) == Some(write.table);
    let earlier = context.earlier().find(alters).map(|(statement, _)| Beside { span: statement.span, before: true });
    earlier
        .or_else(|| context.later().find(alters).map(|(statement, _)| Beside { span: statement.span, before: false }))
}

/// Whether locks of earlier statements are still held: PostgreSQL in one transaction.
fn holds_locks(view: &OperationView<'_>) -> bool {
    use crate::sql::analysis::{AfterFailure, Atomicity};
    if view.context().in_explicit_transaction() {
        return true;
    }
    let after = view.statement.judgement.after_failure.get(view.statement.statement().index);
    matches!(
        after,
        Some(AfterFailure::Unchanged { because: Atomicity::ImplicitTransaction | Atomicity::SplitterGivesUp })
    )
}
