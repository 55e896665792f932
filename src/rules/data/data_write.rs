//! `data-write`: a file that changes the schema writes rows too.

use super::shared_writes::{Extent, FileWrites, Write};
use crate::project::Provider;
use crate::rules::{Check, Finding, Findings, Fixable, Levels, MigrationView, Rule, Subject};
use crate::sql::analysis::Phase;

pub const RULE: Rule = Rule {
    slug: "data-write",
    id: "PS110",
    hazards: &["D9"],
    databases: &Provider::ALL,
    levels: Levels::WARN,
    fixable: Fixable::Never,
    summary: "rows are written in a file that also changes the schema",
    page: "\
## What it catches

`INSERT`, `UPDATE`, `DELETE`, `MERGE` and `COPY` into a table that exists before this deploy, in a file that also changes the schema. Rows
for a table that the same pending migrations created are left alone. When the file alters the very table and the number of rows is open,
`backfill-beside-ddl` says so instead.

## Why it hurts

Schema and rows fail for different reasons, and here one failure stops both: a duplicate key in the seed row keeps the column from
production. Where the file is not one transaction, half of it stays, and running it again repeats the rows or stops at the schema.

## What to do instead

Put the rows into a migration of their own, written so that a second run changes nothing: `ON CONFLICT DO NOTHING`, `WHERE NOT EXISTS`,
`WHERE new_column IS NULL`.

## Example

```sql
-- bad
ALTER TABLE \"users\" ADD COLUMN \"role_id\" INTEGER;
INSERT INTO \"roles\" (\"id\", \"name\") VALUES (3, 'auditor');
-- good: the rows alone; the column in the migration before
INSERT INTO \"roles\" (\"id\", \"name\") VALUES (3, 'auditor') ON CONFLICT DO NOTHING;
```

## When to allow it

When the rows are part of the schema's meaning, are few, and the statement can run twice.

## Source

The policy, \"Expand, migrate, contract\" and \"Deterministic, idempotent SQL\".
",
    check: Check::Migration(check),
};

fn check(view: &MigrationView<'_>, found: &mut Findings<'_>) {
    let judgement = view.judgement;
    if matches!(judgement.phase, Phase::Migrate | Phase::Neutral) {
        return;
    }
    let changes = |(phase, _): &(Phase, &str)| matches!(phase, Phase::Expand | Phase::Contract);
    let Some(schema) = judgement.statements.iter().position(changes).and_then(|at| view.script.statements.get(at))
    else {
        return;
    };
    let line = view.script.line_column(schema.span.start).0;
    let Some(file) = FileWrites::of(view) else { return };
    for (statement, write) in file.each() {
        if write.extent == Extent::Bounded || file.altered(write.table).is_none() {
            let mut finding = finding(view.facts.provider, &write, line);
            finding.statement = Some(statement.index);
            found.push(finding);
        }
    }
}

fn finding(provider: Provider, write: &Write<'_>, line: usize) -> Finding {
    let (verb, table) = (write.verb, write.table);
    let repeatable = match (verb, provider) {
        ("INSERT", Provider::Mysql) => "INSERT … ON DUPLICATE KEY UPDATE",
        ("INSERT", Provider::Sqlserver) => "INSERT … SELECT … WHERE NOT EXISTS",
        ("INSERT", _) => "ON CONFLICT DO NOTHING",
        _ => "a WHERE that no longer matches once it has run",
    };
    Finding::new(
        table.span(),
        Subject::table(table),
        format!("this {verb} writes rows of `{table}` in a file that also changes the schema (line {line})"),
    )
    .why(
        "Rows and schema now fail together: bad data keeps the schema change from production, and where the file is not one \
         transaction a second run repeats whichever half had worked.",
    )
    .help(format!("move the {verb} into a migration of its own, written so that a second run changes nothing ({repeatable})"))
}
