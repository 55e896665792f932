//! `write-new-enum-value`: rows get a value that the running application cannot read.

use super::shared_redefined::redefined;
use super::shared_words::column_of;
use super::shared_writes::has_old_rows;
use crate::project::Provider;
use crate::rules::{Check, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::model::{Action, Expr, Ident, InsertSource, Literal, Name};
use crate::sql::quote;

pub const RULE: Rule = Rule {
    slug: "write-new-enum-value",
    id: "PS127",
    hazards: &["D28"],
    databases: &[Provider::Postgresql, Provider::Mysql],
    levels: Levels::DENY,
    fixable: Fixable::Never,
    summary: "a new enum value is written in the deploy that adds it",
    page: "\
## What it catches

An `INSERT`, an `UPDATE` or a `DEFAULT` with an enum value that the same deploy adds to an existing enum. On MySQL the value has to be added
in the same file.

## Why it hurts

The Prisma Client of the running application has the list of values built in. A row with another value makes the whole query fail
(\"Value 'X' not found in enum 'Y'\"), not only that row. While the deploy lasts, the migration has run and the old application still reads.

## What to do instead

Deploy the readers before the writers: add the value in one deploy, together with an application that knows it; write it, or make it the
default, in the next.

## Example

```sql
-- bad
ALTER TYPE \"Status\" ADD VALUE 'ARCHIVED';
UPDATE \"posts\" SET \"status\" = 'ARCHIVED' WHERE \"id\" = 7;
-- good: this deploy
ALTER TYPE \"Status\" ADD VALUE 'ARCHIVED';
```

## When to allow it

When no deployed application reads the table through Prisma.

## Source

Prisma, generated client, enum validation of results; PostgreSQL manual, `ALTER TYPE` (\"cannot be used until the transaction has been committed\").
",
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, found: &mut Findings<'_>) {
    if view.facts().provider == Provider::Mysql {
        check_mysql(view, found);
        return;
    }
    for (table, column, value) in writes(view.action()) {
        if let Some(text) = text_of(value)
            && is_new_value(view, table, column, text)
            && has_old_rows(view.context(), table)
        {
            found.push(finding(table, column, text, value));
        }
    }
}

/// Values that an action writes into named columns, defaults among them.
fn writes(action: &Action) -> Vec<(&Name, &Ident, &Expr)> {
    match action {
        Action::Update(update) => update.assignments.iter().map(|a| (&update.table, &a.column, &a.value)).collect(),
        Action::SetDefault { table, column, default } => vec![(table, column, default)],
        Action::Insert(insert) => {
            let (Some(columns), InsertSource::Values { values, .. }) = (&insert.columns, &insert.source) else {
                return Vec::new();
            };
            let pairs = values.iter().flat_map(|row| columns.iter().zip(row));
            pairs.map(|(column, value)| (&insert.table, column, value)).collect()
        }
        _ => Vec::new(),
    }
}

fn text_of(value: &Expr) -> Option<&str> {
    match &value.literal {
        Some(Literal::Text(text)) => Some(text),
        _ => None,
    }
}

fn is_new_value(view: &OperationView<'_>, table: &Name, column: &Ident, text: &str) -> bool {
    let context = view.context();
    let user_type = context.column(table, column).and_then(|known| known.data_type.as_ref()?.user_type.as_ref());
    let Some(known) = user_type.and_then(|name| context.state.enum_type(name)) else { return false };
    let born = known.values.iter().find(|(value, _)| value == text).map(|(_, born)| *born);
    context.state.born_in_pending(born) && !context.state.born_in_pending(known.born)
}

/// Members that this statement adds, written by it as the default or by a later statement of the file.
fn check_mysql(view: &OperationView<'_>, found: &mut Findings<'_>) {
    let Action::ModifyColumn { definition, .. } = view.action() else { return };
    for changed in redefined(view) {
        let before = changed.before.and_then(|column| column.data_type.as_ref()).map_or(&[][..], |old| &old.members);
        let after = changed.data_type.map_or(&[][..], |new| &new.members);
        if before.is_empty() || !has_old_rows(view.context(), changed.table) {
            continue;
        }
        let is_added = |text: &str| after.iter().any(|m| m == text) && !before.iter().any(|m| m == text);
        if let Some((default, text)) =
            definition.default.as_ref().and_then(|default| Some((default, text_of(default)?)))
            && is_added(text)
        {
            found.push(finding(changed.table, changed.column, text, default));
        }
        for (statement, later) in view.context().later() {
            for (table, column, value) in writes(&later.action) {
                let Some(text) = text_of(value) else { continue };
                if table == changed.table && column == changed.column && is_added(text) {
                    let mut finding = finding(table, column, text, value);
                    finding.statement = Some(statement.index);
                    found.push(finding);
                }
            }
        }
    }
}

fn finding(table: &Name, column: &Ident, text: &str, value: &Expr) -> Finding {
    let words = column_of(table, column);
    let shown = quote::text(Provider::Postgresql, text);
    Finding::new(
        value.span,
        Subject::column(table, column),
        format!("{words} gets the enum value {shown}, which this same deploy adds"),
    )
    .why(format!(
        "The running Prisma Client does not know {shown}: every query that reads such a row fails as a whole until its last process is replaced."
    ))
    .help(format!(
        "add the value now, together with an application that knows it, and write {shown} in the next deploy, when no older application runs"
    ))
}
