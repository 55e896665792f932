//! `recreate-join-table`: the links of an implicit relation are lost.

use super::shared_words::count_query;
use super::shared_writes::has_old_rows;
use crate::project::Provider;
use crate::rules::{Check, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::likeness::name_likeness;
use crate::sql::model::{Action, CreateTable, InsertSource, Name, Script};
use crate::sql::quote;

pub const RULE: Rule = Rule {
    slug: "recreate-join-table",
    id: "PS128",
    hazards: &["D30"],
    databases: &Provider::ALL,
    levels: Levels::DENY,
    fixable: Fixable::Never,
    summary: "Prisma's join table is dropped beside the creation of another",
    page: "\
## What it catches

The drop of an implicit many-to-many join table (`_TagToPost` with the columns `A` and `B`) in a file that also creates a table for such
links: another join table, or a table of two foreign keys. It is left alone when the file copies the rows over.

## Why it hurts

Prisma derives the join table's name from the model or relation names. After a rename, or when the relation becomes a model of its own, it
drops the old table and creates an empty one. All links are gone: every post has lost its tags.

## What to do instead

Create the new table, copy the links, and drop the old one in a later migration. Mind the order of the columns: `A` is the model that comes
first in the alphabet, so after a rename `A` and `B` may have changed places.

## Example

```sql
-- bad
DROP TABLE \"_PostToTag\";
CREATE TABLE \"_ArticleToTag\" (\"A\" INTEGER NOT NULL, \"B\" INTEGER NOT NULL);
-- good: the drop follows later
CREATE TABLE \"_ArticleToTag\" (\"A\" INTEGER NOT NULL, \"B\" INTEGER NOT NULL, CONSTRAINT \"_ArticleToTag_AB_pkey\" PRIMARY KEY (\"A\", \"B\"));
INSERT INTO \"_ArticleToTag\" (\"A\", \"B\") SELECT \"A\", \"B\" FROM \"_PostToTag\";
```

## When to allow it

When the links are worthless, or kept elsewhere.

## Source

Prisma, \"Many-to-many relations\", implicit relation tables.
",
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, found: &mut Findings<'_>) {
    let Action::DropTable { names, .. } = view.action() else { return };
    let (context, script) = (view.context(), view.statement.script());
    for old in names.iter().filter(|name| is_join_table(view, name) && has_old_rows(context, name)) {
        let like = |new: &&CreateTable| name_likeness(&old.object.value, &new.name.object.value);
        let candidates = script.operations().filter_map(|(_, operation)| takes_links(&operation.action, old));
        if let Some(create) = candidates.max_by(|a, b| like(a).total_cmp(&like(b)))
            && !is_copied(script, old)
        {
            found.push(finding(context.provider(), old, &create.name));
        }
    }
}

fn is_join_table(view: &OperationView<'_>, name: &Name) -> bool {
    let columns_fit = view.context().table(name).is_none_or(|known| {
        !known.complete || (known.columns.len() == 2 && known.columns.iter().all(|c| c.name.is("A") || c.name.is("B")))
    });
    name.object.value.starts_with('_') && columns_fit
}

/// A table of links: `A` and `B`, or two foreign keys over columns of its own.
fn takes_links<'a>(action: &'a Action, old: &Name) -> Option<&'a CreateTable> {
    let Action::CreateTable(create) = action else { return None };
    let of_prisma = create.name.object.value.starts_with('_')
        && create.columns.len() == 2
        && create.columns.iter().all(|column| column.name.is("A") || column.name.is("B"));
    let ids = create.columns.iter().filter(|column| {
        let name = column.name.value.replace('_', "").to_ascii_lowercase();
        name.len() > 2
            && name.ends_with("id")
            && old.object.value.to_ascii_lowercase().contains(&name[..name.len() - 2])
    });
    (create.name != *old && (of_prisma || ids.count() >= 2)).then_some(create.as_ref())
}

fn is_copied(script: &Script, old: &Name) -> bool {
    script.operations().any(|(_, operation)| match &operation.action {
        Action::Insert(insert) => matches!(&insert.source, InsertSource::Select(select) if select.from.contains(old)),
        Action::CreateTable(create) => create.source.as_ref().is_some_and(|select| select.from.contains(old)),
        _ => false,
    })
}

fn finding(provider: Provider, old: &Name, new: &Name) -> Finding {
    let (old_sql, new_sql) = (quote::name(provider, old), quote::name(provider, new));
    let (a, b) = (quote::ident(provider, "A"), quote::ident(provider, "B"));
    Finding::new(
        old.span(),
        Subject::table(old),
        format!("dropping the join table `{old}` beside the creation of `{new}` loses every link"),
    )
    .why(format!(
        "Prisma makes the name of a join table from model and relation names and does not move its rows: the migration succeeds, `{new}` \
         begins empty, and every relation that `{old}` held is gone."
    ))
    .help(format!(
        "create `{new}` here, copy the links, and drop `{old}` in a later migration (after a rename A and B may have changed places: A is the \
         model that comes first in the alphabet):\n\
         INSERT INTO {new_sql} (…, …) SELECT {a}, {b} FROM {old_sql};"
    ))
    .query(count_query(provider, old, ""))
}
