//! `remove-enum-value`: rows and running code may still hold the value.

use super::shared_redefined::redefined;
use super::shared_words::{column_of, listed};
use super::shared_writes::has_old_rows;
use crate::project::Provider;
use crate::rules::{Check, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::model::{Action, Ident, Name, SwapEnum};
use crate::sql::quote;

pub const RULE: Rule = Rule {
    slug: "remove-enum-value",
    id: "PS126",
    hazards: &["D27", "P7"],
    databases: &[Provider::Postgresql, Provider::Mysql],
    levels: Levels::DENY,
    fixable: Fixable::Never,
    summary: "a value is taken out of an enum that rows may hold",
    page: "\
## What it catches

Prisma's swap of a PostgreSQL enum (new type, cast of every column, rename, drop of the old type) when values are missing from the new one,
and MySQL's `MODIFY` of an `ENUM` or `SET` column with members left out.

## Why it hurts

One row with the value makes the cast fail on PostgreSQL; the whole table is rewritten under ACCESS EXCLUSIVE before that shows. MySQL
in strict mode fails, without it writes ''. And the running application still writes the value: each of those writes fails.

## What to do instead

Stop writing the value and deploy that. Map the rows that hold it in a migration of its own. Take it out last, or leave it: an unused value
costs nothing.

## Example

```sql
-- bad: 'GUEST' is gone
CREATE TYPE \"Role_new\" AS ENUM ('USER', 'ADMIN');
-- good: the migration before it
UPDATE \"users\" SET \"role\" = 'USER' WHERE \"id\" IN (SELECT \"id\" FROM \"users\" WHERE \"role\" = 'GUEST' ORDER BY \"id\" LIMIT 10000);
```

## When to allow it

When the query of the finding gave 0 in production and no deployed application writes the value.

## Source

PostgreSQL manual, \"Enumerated Types\"; MySQL manual, \"The ENUM Type\"; Prisma, generated migrations for enums.
",
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, found: &mut Findings<'_>) {
    match view.action() {
        Action::SwapEnum(swap) => check_swap(view, swap, found),
        Action::ModifyColumn { .. } => check_members(view, found),
        _ => {}
    }
}

fn check_swap(view: &OperationView<'_>, swap: &SwapEnum, found: &mut Findings<'_>) {
    let context = view.context();
    let known = context.state.enum_type(&swap.type_name);
    if context.state.born_in_pending(known.and_then(|known| known.born)) {
        return;
    }
    let complete = known.filter(|known| known.complete);
    let removed: Vec<String> = complete.map_or_else(Vec::new, |known| {
        known.values.iter().map(|(value, _)| value.clone()).filter(|value| !swap.values.contains(value)).collect()
    });
    if complete.is_some() && removed.is_empty() {
        return;
    }
    let provider = context.provider();
    let (message, condition) = if removed.is_empty() {
        (
            format!(
                "the enum `{}` is made anew: rows that hold a value outside of {} make this fail",
                swap.type_name,
                listed(&swap.values)
            ),
            format!("::text NOT IN ({})", literals(provider, &swap.values)),
        )
    } else {
        (
            format!("{} {} taken out of the enum `{}`", listed(&removed), is_are(&removed), swap.type_name),
            format!("::text IN ({})", literals(provider, &removed)),
        )
    };
    let query = |(table, column): &(Name, Ident)| {
        let (table, column) = (quote::name(provider, table), quote::ident(provider, &column.value));
        format!("SELECT count(*) FROM {table} WHERE {column}{condition};")
    };
    let queries: Vec<_> = swap.columns.iter().map(query).collect();
    let finding = Finding::new(view.operation.span, Subject::named(None, &swap.type_name), message)
        .why(
            "One row that holds such a value makes the cast fail; until then each table that uses the type is rewritten under ACCESS EXCLUSIVE, \
             so its readers and writers wait. The application that still runs fails on each write of such a value.",
        )
        .help(help(provider, swap.columns.first().map(|(table, column)| (table, column)), &removed));
    found.push(if queries.is_empty() { finding } else { finding.query(queries.join("\n")) });
}

fn check_members(view: &OperationView<'_>, found: &mut Findings<'_>) {
    for changed in redefined(view) {
        let before = changed.before.and_then(|column| column.data_type.as_ref()).map_or(&[][..], |old| &old.members);
        let after = changed.data_type.map_or(&[][..], |new| &new.members);
        let removed: Vec<String> = before.iter().filter(|member| !after.contains(member)).cloned().collect();
        // Another type altogether is the matter of `narrow-type`.
        if after.is_empty() || removed.is_empty() || !has_old_rows(view.context(), changed.table) {
            continue;
        }
        let provider = view.facts().provider;
        let span = changed.data_type.map_or(changed.span, |new| new.span);
        found.push(
            Finding::new(
                span,
                Subject::column(changed.table, changed.column),
                format!("{} {} taken out of {}", listed(&removed), is_are(&removed), column_of(changed.table, changed.column)),
            )
            .why(
                "In strict mode one row that holds such a value makes the migration fail; without strict mode MySQL writes '' over it. The \
                 application that still runs fails on each write of such a value.",
            )
            .help(help(provider, Some((changed.table, changed.column)), &removed))
            .query(format!(
                "SELECT count(*) FROM {} WHERE {} IN ({});",
                quote::name(provider, changed.table),
                quote::ident(provider, &changed.column.value),
                literals(provider, &removed)
            )),
        );
    }
}

const fn is_are(values: &[String]) -> &'static str {
    if values.len() == 1 { "is" } else { "are" }
}

fn literals(provider: Provider, values: &[String]) -> String {
    values.iter().map(|value| quote::text(provider, value)).collect::<Vec<_>>().join(", ")
}

fn help(provider: Provider, place: Option<(&Name, &Ident)>, removed: &[String]) -> String {
    let lead = "stop writing it and deploy that; then map the rows in batches in a migration before this one; an unused value may as well stay";
    match (place, removed.is_empty()) {
        (Some((table, column)), false) => format!(
            "{lead}:\nUPDATE {} SET {column} = '…' WHERE {column} IN ({});",
            quote::name(provider, table),
            literals(provider, removed),
            column = quote::ident(provider, &column.value),
        ),
        _ => lead.to_owned(),
    }
}
