//! A foreign key or check that is checked under a lock against everybody.

use super::shared_sql::{SQLSERVER, ident, size_query, table as quoted};
use crate::rules::locks::shared_holds::is_old;
use crate::rules::{Check, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::model::{Action, ConstraintKind};

/// See its page.
pub const RULE: Rule = Rule {
    slug: "constraint-scan",
    id: "PS708",
    hazards: &["Q8"],
    databases: SQLSERVER,
    levels: Levels::WARN,
    fixable: Fixable::Never,
    summary: "a foreign key or check reads every row while nobody can use the table",
    page: r#"## What it catches
`ADD CONSTRAINT` of a foreign key or a check on a table that existed before the pending migrations, without `WITH NOCHECK`. A constraint over columns that the same deploy adds empty is left alone.

## Why it hurts
SQL Server checks every row while it holds a schema modification lock on the table (and on the one that is pointed at): nobody can read or write it meanwhile.

## What to do instead
Add it `WITH NOCHECK`, which looks at new rows only, and check the old ones in the next migration: that lets reads and writes go on, and makes the constraint trusted.

## Example
```sql
ALTER TABLE [orders] WITH NOCHECK ADD CONSTRAINT [orders_total_check] CHECK ([total] >= 0);
-- in the next migration
ALTER TABLE [orders] WITH CHECK CHECK CONSTRAINT [orders_total_check];
```

## When to allow it
The table is small.

## Source
SQL Server, ALTER TABLE, "WITH CHECK | WITH NOCHECK"; measured by Microsoft for 2 million rows: 521 ms against 1.5 ms.
"#,
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, findings: &mut Findings<'_>) {
    let Action::AddConstraint { table, constraint } = view.action() else { return };
    let context = view.context();
    let kind = match constraint.kind {
        ConstraintKind::ForeignKey => "foreign key",
        ConstraintKind::Check => "check",
        _ => return,
    };
    let empty = constraint.columns.iter().any(|column| {
        let known = context.column(table, column);
        known.is_some_and(|known| context.state.born_in_pending(known.born) && known.has_default != Some(true))
    });
    if constraint.not_valid || empty || !is_old(&context, table) {
        return;
    }
    let name = constraint.name.as_ref().map_or_else(|| "(no name)".to_owned(), |name| name.value.clone());
    let span = constraint.name.as_ref().map_or(constraint.span, |name| name.span);
    let sql = context.script.slice(constraint.span).trim();
    let sql = sql.strip_prefix("ADD ").unwrap_or(sql);
    let shown = constraint.name.as_ref().map_or_else(|| "…".to_owned(), ident);
    findings.push(
        Finding::new(
            span,
            Subject::named(Some(table), &name),
            format!("the {kind} `{name}` reads every row of `{table}` while nobody can use it"),
        )
        .why(format!(
            "SQL Server checks the rows under a schema modification lock on `{table}`: reads and writes wait until the last row is checked, and one row that does \
             not obey makes the migration fail."
        ))
        .help(format!(
            "Without a look at the old rows, and those in the next migration:\nALTER TABLE {t} WITH NOCHECK ADD {sql};\n\
             ALTER TABLE {t} WITH CHECK CHECK CONSTRAINT {shown};",
            t = quoted(table),
        ))
        .query(size_query(table)),
    );
}
