//! `change-collation`: a column sorts and compares in another way.

use super::shared_redefined::redefined;
use super::shared_words::{column_of, type_words};
use crate::project::Provider;
use crate::rules::{Check, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::quote;

pub const RULE: Rule = Rule {
    slug: "change-collation",
    id: "PS112",
    hazards: &["D13"],
    databases: &[Provider::Postgresql, Provider::Mysql, Provider::Sqlserver],
    levels: Levels::DENY,
    fixable: Fixable::Never,
    summary: "an existing column gets another collation or character set",
    page: "\
## What it catches

`COLLATE` or `CHARACTER SET` on the new type of an existing column, when it differs from what the migrations say of it so far. MySQL's
`CONVERT TO CHARACTER SET` for a whole table is the matter of the family for MySQL.

## Why it hurts

Values that were different can become equal (`Müller` and `muller`), and then a unique index refuses the change; values that were equal
can become different, and then look-ups miss rows. Every index over the column is built again under a lock, and the order of lists
changes for users in the middle of paging. A character set that is smaller loses characters.

## What to do instead

Add a column with the new collation, fill it, look for values that are equal under the new one, then switch over.

## Example

```sql
-- bad
ALTER TABLE \"users\" ALTER COLUMN \"email\" TYPE TEXT COLLATE \"de-x-icu\";
-- good
ALTER TABLE \"users\" ADD COLUMN \"email_de\" TEXT COLLATE \"de-x-icu\";
```

## When to allow it

When the table is small, the column is in no unique index, and the new order is what users asked for.

## Source

PostgreSQL manual, \"Collation Support\"; MySQL manual, \"Character Sets, Collations, Unicode\"; SQL Server, \"Set or change the column collation\".
",
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, found: &mut Findings<'_>) {
    let context = view.context();
    let provider = context.provider();
    for changed in redefined(view) {
        let Some(to) = changed.data_type else { continue };
        let Some(word) = to.collation.as_ref().or(to.charset.as_ref()) else { continue };
        let before = changed.before.and_then(|column| column.data_type.as_ref());
        let as_before = before.is_some_and(|from| from.charset == to.charset && from.collation == to.collation);
        let is_new = context.created_in_pending(changed.table)
            || context.state.born_in_pending(changed.before.and_then(|column| column.born));
        if as_before || is_new {
            continue;
        }
        let words = column_of(changed.table, changed.column);
        let (table, column) = (quote::name(provider, changed.table), quote::ident(provider, &changed.column.value));
        let add = if provider == Provider::Sqlserver { "ADD" } else { "ADD COLUMN" };
        let collated = |column: &str| {
            to.collation.as_ref().map_or_else(
                || column.to_owned(),
                |name| {
                    let name = if provider == Provider::Postgresql {
                        quote::ident(provider, &name.value)
                    } else {
                        name.value.clone()
                    };
                    format!("{column} COLLATE {name}")
                },
            )
        };
        found.push(
            Finding::new(
                word.span,
                Subject::column(changed.table, changed.column),
                format!("{words} is changed to `{word}`: its values compare and sort in another way"),
            )
            .why(
                "Values that were different may become equal, and a unique index then refuses the change; look-ups that found a row may \
                 miss it. Every index over the column is built anew while the table is locked.",
            )
            .help(format!(
                "add a column with the new collation, fill and compare it, switch over, drop the old one later:\n\
                 ALTER TABLE {table} {add} {} {};",
                quote::ident(provider, &format!("{}_new", changed.column)),
                collated(&type_words(to)),
            ))
            .query(format!(
                "SELECT {}, count(*) FROM {table} GROUP BY {} HAVING count(DISTINCT {column}) > 1;",
                collated(&format!("min({column})")),
                collated(&column),
            )),
        );
    }
}
