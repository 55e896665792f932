//! `data-write`: a file that changes the schema writes rows too.

use super::backfill_beside_ddl::ddl_beside;
use super::shared_writes::{Extent, write_to_old_table};
use crate::project::Provider;
use crate::rules::{Check, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
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
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, found: &mut Findings<'_>) {
    let Some(write) = write_to_old_table(view) else { return };
    if write.extent == Extent::Open && ddl_beside(view, &write).is_some() {
        return;
    }
    let judgement = view.statement.judgement;
    if matches!(judgement.phase, Phase::Migrate | Phase::Neutral) {
        return;
    }
    let phases = &judgement.statements;
    let schema = phases.iter().position(|(phase, _)| matches!(phase, Phase::Expand | Phase::Contract | Phase::Mixed));
    let Some(changing) = schema.and_then(|index| view.statement.script().statements.get(index)) else { return };
    let line = view.statement.script().line_column(changing.span.start).0;
    let table = write.table;
    found.push(
        Finding::new(
            table.span(),
            Subject::table(table),
            format!("this {} writes rows of `{table}` in a file that also changes the schema (line {line})", write.verb),
        )
        .why(
            "Rows and schema now fail together: bad data keeps the schema change from production, and where the file is not one \
             transaction a second run repeats whichever half had worked.",
        )
        .help(format!(
            "move the {} into a migration of its own, written so that a second run changes nothing ({})",
            write.verb,
            match (write.verb, view.facts().provider) {
                ("INSERT", Provider::Mysql) => "INSERT … ON DUPLICATE KEY UPDATE",
                ("INSERT", Provider::Sqlserver) => "INSERT … SELECT … WHERE NOT EXISTS",
                ("INSERT", _) => "ON CONFLICT DO NOTHING",
                _ => "a WHERE that no longer matches once it has run",
            }
        )),
    );
}
