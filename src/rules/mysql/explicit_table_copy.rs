//! `ALGORITHM=COPY` and locks that are asked for.

use super::shared_algorithms::size_query;
use super::shared_columns::MYSQL;
use crate::rules::locks::shared_holds::is_old;
use crate::rules::{Check, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::model::{Action, TableOption};

/// See its page.
pub const RULE: Rule = Rule {
    slug: "explicit-table-copy",
    id: "PS508",
    hazards: &["M1", "M2"],
    databases: MYSQL,
    levels: Levels::DENY,
    fixable: Fixable::Never,
    summary: "the statement itself asks for a copy or for a lock against writes",
    page: r#"## What it catches
`ALGORITHM=COPY`, `LOCK=SHARED` and `LOCK=EXCLUSIVE` written at an `ALTER TABLE`, `CREATE INDEX` or `DROP INDEX` of a table that existed before the pending migrations.

## Why it hurts
The clause asks for what everybody tries to avoid: a copy of all rows, or a lock against writes (`EXCLUSIVE`: against reads too), also where the server could do without.

## What to do instead
Ask for the opposite, so that the statement fails at once instead of blocking: `ALGORITHM=INSTANT`, else `ALGORITHM=INPLACE, LOCK=NONE`.

## Example
```sql
ALTER TABLE `orders` ADD INDEX `orders_total_idx`(`total`), ALGORITHM=INPLACE, LOCK=NONE;
```

## When to allow it
The server offers nothing else and the table is small.

## Source
MySQL manual, ALTER TABLE, "Performance and Space Requirements" and "Concurrency Control".
"#,
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, findings: &mut Findings<'_>) {
    let Action::TableOption { table, option } = view.action() else { return };
    let (clause, who) = match option {
        TableOption::Algorithm(word) if word == "COPY" => {
            ("ALGORITHM=COPY", "every write waits while all rows are copied")
        }
        TableOption::Lock(word) if word == "SHARED" => ("LOCK=SHARED", "every write waits"),
        TableOption::Lock(word) if word == "EXCLUSIVE" => ("LOCK=EXCLUSIVE", "every read and every write waits"),
        _ => return,
    };
    let algorithm = view.statement.statement().algorithm() == Some("COPY");
    // One finding for both clauses.
    if !is_old(&view.context(), table) || (algorithm && clause == "LOCK=SHARED") {
        return;
    }
    findings.push(
        Finding::new(view.operation.span, Subject::table(table), format!("`{clause}` blocks `{table}`: {who}"))
            .why(format!(
                "The clause asks the server for it, also where it could change `{table}` beside the running statements. Requests of the application pile up \
                 behind it for as long as it takes."
            ))
            .help("Ask for the opposite, so that the statement fails at once instead of blocking:\n…, ALGORITHM=INPLACE, LOCK=NONE;")
            .query(size_query(table)),
    );
}
