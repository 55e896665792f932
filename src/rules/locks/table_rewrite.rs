//! Statements whose only work is to write a table again.

use super::shared_holds::is_old;
use super::shared_sql::{POSTGRESQL, size_query, table as quoted_table};
use crate::rules::{Check, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::lock_facts::postgres::Shape;
use crate::sql::model::{Action, Name, TableOption};

/// See its page.
pub const RULE: Rule = Rule {
    slug: "table-rewrite",
    id: "PS220",
    hazards: &["L21"],
    databases: POSTGRESQL,
    levels: Levels::DENY,
    fixable: Fixable::Never,
    summary: "the whole table is written again while nobody can use it",
    page: r#"## What it catches
`SET LOGGED`, `SET UNLOGGED`, `SET TABLESPACE`, `SET ACCESS METHOD`, `CLUSTER` and `VACUUM FULL` on a table that existed before the pending migrations.

## Why it hurts
Each writes the whole table and its indexes anew under an ACCESS EXCLUSIVE lock and needs the disk space of a second copy. An UNLOGGED table is, on top, empty after a crash and absent on replicas.

## What to do instead
`VACUUM FULL` and `CLUSTER`: an online tool such as pg_repack, outside of migrations. The others: a new table, written beside the old one, filled in batches, then renamed; or an
announced window.

## Example
```sql
VACUUM FULL "orders";
-- instead: plain VACUUM, which stops nobody, and pg_repack where the space must come back
VACUUM "orders";
```

## When to allow it
The table is small, or the deploy runs in an announced window.

## Source
PostgreSQL manual, ALTER TABLE, CLUSTER, VACUUM; proven in `docs/locks.md`.
"#,
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, findings: &mut Findings<'_>) {
    match view.action() {
        Action::TableOption { table, option } => {
            let (shape, what) = match option {
                TableOption::Logged(true) => (Shape::SetLogged, "SET LOGGED"),
                TableOption::Logged(false) => (Shape::SetLogged, "SET UNLOGGED"),
                TableOption::Tablespace(_) => (Shape::SetTablespace, "SET TABLESPACE"),
                TableOption::AccessMethod(_) => (Shape::SetAccessMethod, "SET ACCESS METHOD"),
                _ => return,
            };
            let loses = if *option == TableOption::Logged(false) {
                " From then on a crash empties the table, and replicas and most backups do not have its rows."
            } else {
                ""
            };
            report(view, findings, Some(table), shape, what, loses);
        }
        Action::Cluster { table } => report(view, findings, table.as_ref(), Shape::Cluster, "CLUSTER", ""),
        Action::Vacuum { tables, full: true } if tables.is_empty() => {
            report(view, findings, None, Shape::VacuumFull, "VACUUM FULL", "");
        }
        Action::Vacuum { tables, full: true } => {
            for table in tables {
                report(view, findings, Some(table), Shape::VacuumFull, "VACUUM FULL", "");
            }
        }
        _ => {}
    }
}

fn report(
    view: &OperationView<'_>,
    findings: &mut Findings<'_>,
    table: Option<&Name>,
    shape: Shape,
    what: &str,
    more: &str,
) {
    let context = view.context();
    if table.is_some_and(|table| !is_old(&context, table)) {
        return;
    }
    let shown = table.map_or_else(|| "every table".to_owned(), |table| format!("`{table}`"));
    let help = match (shape, table) {
        (Shape::VacuumFull, Some(table)) => {
            format!(
                "Outside of migrations. Plain VACUUM stops nobody; where the space must go back to the disk, use pg_repack:\nVACUUM {};",
                quoted_table(table)
            )
        }
        (Shape::VacuumFull | Shape::Cluster, _) => {
            "Outside of migrations, with an online tool:\npg_repack --table=… --order-by=…".to_owned()
        }
        (_, Some(table)) => format!(
            "A new table beside the old one, filled in batches and then renamed, or an announced window:\n\
             CREATE TABLE … (LIKE {} INCLUDING ALL);",
            quoted_table(table)
        ),
        _ => "Do it in an announced window, outside of migrations.".to_owned(),
    };
    let mut finding = Finding::new(
        table.map_or(view.operation.span, |table| table.span()),
        table.map_or_else(Subject::default, Subject::table),
        format!("`{what}` writes all of {shown} again while nobody can use it"),
    )
    .why(format!("{}{more}", shape.row().says_of(&shown)))
    .help(help);
    if let Some(table) = table {
        finding = finding.query(size_query(table));
    }
    findings.push(finding);
}
