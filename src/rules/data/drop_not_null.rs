//! `drop-not-null`: the running application may read NULL where it never was.

use super::shared_redefined::redefined;
use super::shared_words::{allow_line, column_of};
use super::shared_writes::has_old_rows;
use crate::project::Provider;
use crate::rules::{Check, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::history_state::Column;
use crate::sql::model::{Action, Ident, Name, Span};

pub const RULE: Rule = Rule {
    slug: "drop-not-null",
    id: "PS117",
    hazards: &["D19"],
    databases: &Provider::ALL,
    levels: Levels::WARN,
    fixable: Fixable::Never,
    summary: "a required column begins to take NULL",
    page: "\
## What it catches

`DROP NOT NULL`, a `MODIFY` (MySQL) or `ALTER COLUMN` (SQL Server) without `NOT NULL`, and a table rebuild that makes an existing required
column optional. A column whose old form is not known, or that the same deploy added, is left alone except for a plain `DROP NOT NULL`.

## Why it hurts

The statement itself is cheap. But a Prisma Client generated with a required field fails with an error on the first row that holds NULL
there, and it fails for the whole query, not for that row. During a deploy the old application still runs while the new one may already write
NULL.

## What to do instead

Deploy an application that can read NULL in the field and does not write it yet, then drop the constraint, then let it write.

## Example

```sql
-- bad
ALTER TABLE \"users\" ALTER COLUMN \"phone\" DROP NOT NULL;
-- good: an optional column beside it, read by the new application only
ALTER TABLE \"users\" ADD COLUMN \"phone_optional\" TEXT;
```

## When to allow it

When every deployed application already reads the field as optional. That is the common case after a deploy of its own; say so in the reason.

## Source

Prisma, error P2032 (\"error converting field … of expected non-nullable type\"); the policy, \"Expand\".
",
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, found: &mut Findings<'_>) {
    let context = view.context();
    if let Action::DropNotNull { table, column } = view.action() {
        let before = context.column(table, column);
        let optional_before = before.is_some_and(|column| column.nullable == Some(true));
        if !optional_before && is_old(view, table, before) {
            found.push(finding(table, column, column.span));
        }
        return;
    }
    for changed in redefined(view).into_iter().filter(|changed| changed.nullable == Some(true)) {
        let required_before = changed.before.is_some_and(|before| before.nullable == Some(false));
        if required_before && is_old(view, changed.table, changed.before) {
            found.push(finding(changed.table, changed.column, changed.span));
        }
    }
}

fn is_old(view: &OperationView<'_>, table: &Name, column: Option<&Column>) -> bool {
    let context = view.context();
    let goes = context.later().any(|(_, later)| match &later.action {
        Action::DropColumn { table: of, column: which, .. } => {
            of == table && column.is_some_and(|column| column.name == *which)
        }
        Action::DropTable { names, .. } => names.contains(table),
        _ => false,
    });
    !goes && has_old_rows(context, table) && !context.state.born_in_pending(column.and_then(|column| column.born))
}

fn finding(table: &Name, column: &Ident, span: Span) -> Finding {
    let words = column_of(table, column);
    Finding::new(span, Subject::column(table, column), format!("{words} begins to take NULL, which the running application does not expect"))
        .why(format!(
            "A Prisma Client that has `{column}` as a required field fails the whole query (P2032) as soon as one of its rows holds NULL; \
             while the deploy lasts, the old application reads what the new one writes."
        ))
        .help(format!(
            "deploy an application that can read NULL in `{column}` first, then run this, then let it write NULL; when that is done:\n{}",
            allow_line("drop-not-null", "every deployed application reads it as optional since …")
        ))
}
