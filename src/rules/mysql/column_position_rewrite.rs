//! A position for a new column on a server that rewrites the table for it.

use super::shared_algorithms::{Shape, says, size_query};
use super::shared_columns::MYSQL;
use crate::project::Provider;
use crate::rules::locks::shared_holds::is_old;
use crate::rules::{Check, Facts, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::model::{Action, Position};
use crate::sql::quote;

/// See its page.
pub const RULE: Rule = Rule {
    slug: "column-position-rewrite",
    id: "PS514",
    hazards: &["M17"],
    databases: MYSQL,
    levels: Levels::WARN,
    fixable: Fixable::Never,
    summary: "on this server the position of a new column rewrites the table",
    page: r#"## What it catches
`ADD COLUMN … FIRST` and `ADD COLUMN … AFTER …` on a server that is known to be too old to do that by the catalogue alone: MySQL 8.0.12 to 8.0.28, MariaDB 10.3. On older ones every new column costs that, which is
`default-rewrite-on-old-server`.

## Why it hurts
The whole table is written again, for the place of a column that no query of Prisma looks at.

## What to do instead
Leave the position out: at the end the column is added at once.

## Example
```sql
ALTER TABLE `orders` ADD COLUMN `reference` VARCHAR(40) NULL;
```

## When to allow it
The table is small.

## Source
MySQL manual, "Online DDL Operations" (any position since 8.0.29); MariaDB, "Instant ADD COLUMN for InnoDB" (10.4).
"#,
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, findings: &mut Findings<'_>) {
    let Action::AddColumn { table, column, position: Some(position), .. } = view.action() else { return };
    let Some(since) = instant_since(view.facts()).filter(|_| is_old(&view.context(), table)) else { return };
    let (place, words) = match position {
        Position::First => (column.name.span, "FIRST".to_owned()),
        Position::After(other) => (other.span, format!("AFTER `{other}`")),
    };
    let written = view.context().script.slice(column.span).trim();
    findings.push(
        Finding::new(
            place,
            Subject::column(table, &column.name),
            format!("before {since} `{words}` writes all of `{table}` again for the new column"),
        )
        .why(format!(
            "At the end of the table the column would be added at once. {} The order of columns does not matter to Prisma, which names them.",
            says(Shape::Force, table)
        ))
        .help(format!("Without the position:\nALTER TABLE {} ADD COLUMN {written};", quote::name(Provider::Mysql, table)))
        .query(size_query(table)),
    );
}

/// The first version that adds a column anywhere at once, on a server that can do so at the end only.
fn instant_since(facts: &Facts) -> Option<&'static str> {
    let server = facts.server?;
    if server.mariadb {
        (server.at_least(10, 3, 2) && !server.at_least(10, 4, 0)).then_some("MariaDB 10.4")
    } else {
        (server.at_least(8, 0, 12) && !server.at_least(8, 0, 29)).then_some("MySQL 8.0.29")
    }
}
