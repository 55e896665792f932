//! `backfill-beside-ddl`: rows are written while the same file changes the table's shape.

use super::shared_writes::{Altered, Extent, FileWrites, Write};
use super::unbatched_backfill::size_query;
use crate::project::Provider;
use crate::rules::{Check, Finding, Findings, Fixable, Levels, MigrationView, Rule, Subject};
use crate::sql::analysis::{AfterFailure, Atomicity};
use crate::sql::model::Statement;

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
from 7.5) a failure of the backfill leaves the shape changed, the rows as they were and the migration failed, and running it again stops
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
    check: Check::Migration(check),
};

fn check(view: &MigrationView<'_>, found: &mut Findings<'_>) {
    let Some(file) = FileWrites::of(view) else { return };
    for (statement, write) in file.each().filter(|(_, write)| write.extent == Extent::Open) {
        if let Some(altered) = file.altered(write.table) {
            let mut finding = finding(view, statement, &write, altered);
            finding.statement = Some(statement.index);
            found.push(finding);
        }
    }
}

fn finding(view: &MigrationView<'_>, statement: &Statement, write: &Write<'_>, altered: &Altered<'_>) -> Finding {
    let provider = view.facts.provider;
    let (table, line) = (write.table, altered.line);
    let is_held = altered.statement.index < statement.index && holds_locks(view, statement);
    let why = if provider == Provider::Postgresql && is_held {
        let (lock, waits) = if altered.readers_pass {
            ("SHARE ROW EXCLUSIVE", "every writer")
        } else {
            ("ACCESS EXCLUSIVE", "every reader and writer")
        };
        format!(
            "Line {line} takes {lock} on `{table}` and keeps it until the migration commits: {waits} of the table waits while all these rows \
             are written."
        )
    } else {
        format!(
            "When the {} fails, what the file did before it stays: `{table}` has its new shape with rows of the old one, and running the \
             migration again stops at what is already there.",
            write.verb
        )
    };
    Finding::new(
        table.span(),
        Subject::table(table),
        format!("this {} writes an open number of rows of `{table}` in the file that alters the table (line {line})", write.verb),
    )
    .why(why)
    .help(
        "make it three migrations: expand (add what is new), migrate (this write, in batches: `cargo prisma-safe backfill`), contract \
         (NOT NULL, constraints, drops) once no row is left",
    )
    .query(size_query(provider, table))
}

/// Whether locks of earlier statements are still held: everything is one transaction.
fn holds_locks(view: &MigrationView<'_>, statement: &Statement) -> bool {
    let after = view.judgement.after_failure.get(statement.index);
    statement.transaction.is_some()
        || matches!(
            after,
            Some(AfterFailure::Unchanged { because: Atomicity::ImplicitTransaction | Atomicity::SplitterGivesUp })
        )
}
