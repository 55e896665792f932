//! A `FULLTEXT` or `SPATIAL` index on a table that is in use.

use super::shared_algorithms::{ONLINE_TOOL, Shape, says, size_query};
use super::shared_columns::MYSQL;
use crate::rules::locks::shared_holds::is_old;
use crate::rules::{Check, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::model::{Action, SpecialIndex};

/// See its page.
pub const RULE: Rule = Rule {
    slug: "blocking-special-index",
    id: "PS505",
    hazards: &["M10"],
    databases: MYSQL,
    levels: Levels::DENY,
    fixable: Fixable::Never,
    summary: "a FULLTEXT or SPATIAL index is built while all writes to its table wait",
    page: r#"## What it catches
`FULLTEXT` and `SPATIAL` indexes on a table that existed before the pending migrations.

## Why it hurts
Other indexes are built beside running writes; these are not: every write waits for the whole build. The first `FULLTEXT` index of a table writes the whole table again as well.

## What to do instead
Build it in a quiet hour, or let an online schema change tool do it. An index that comes with its table costs nothing.

## Example
```sql
ALTER TABLE `orders` ADD FULLTEXT INDEX `orders_note_idx`(`note`); -- writes wait
```

## When to allow it
The table is small.

## Source
MySQL manual, "Online DDL Operations", index operations; proven on MariaDB in `docs/locks.md`.
"#,
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, findings: &mut Findings<'_>) {
    let Action::CreateIndex(index) = view.action() else { return };
    let Some(special) = index.special else { return };
    if !is_old(&view.context(), &index.table) {
        return;
    }
    let table = &index.table;
    let (shape, kind) = match special {
        SpecialIndex::FullText => (Shape::AddFulltext, "FULLTEXT"),
        SpecialIndex::Spatial => (Shape::AddSpatial, "SPATIAL"),
    };
    let name = index.name.as_ref().map_or_else(|| "(no name)".to_owned(), |name| name.object.value.clone());
    findings.push(
        Finding::new(
            index.name.as_ref().map_or(index.span, |name| name.span()),
            Subject::named(Some(table), &name),
            format!("building the {kind} index `{name}` stops all writes to `{table}`"),
        )
        .why(says(shape, table))
        .help(format!("Build it in a quiet hour. {ONLINE_TOOL}"))
        .query(size_query(table)),
    );
}
