//! `rename-type`: an enum gets another name while the old application runs.

use super::shared_words::allow_line;
use crate::project::Provider;
use crate::rules::{Check, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::model::Action;

pub const RULE: Rule = Rule {
    slug: "rename-type",
    id: "PS121",
    hazards: &["D22"],
    databases: &[Provider::Postgresql],
    levels: Levels::DENY,
    fixable: Fixable::Never,
    summary: "an enum type gets another name while the old application runs",
    page: "\
## What it catches

`ALTER TYPE … RENAME TO` on a type that exists before this deploy, when it is not part of the swap by which Prisma takes values out of an
enum.

## Why it hurts

A type's name is part of the application's queries: Prisma Client writes enum values with a cast to the type by name. From the rename
on, every query of the running application that filters by or writes such a column fails with \"type does not exist\".

## What to do instead

Leave the type as it is and rename the enum in the Prisma schema only, with `@@map(\"old_name\")`.

## Example

```sql
-- bad
ALTER TYPE \"Role\" RENAME TO \"UserRole\";
-- good: no SQL; in the schema `enum UserRole { … @@map(\"Role\") }`
COMMENT ON TYPE \"Role\" IS 'UserRole in the Prisma schema';
```

## When to allow it

When the application is stopped for the deploy, or no deployed application uses the type.

## Source

PostgreSQL manual, `ALTER TYPE`; Prisma, `@@map` on enums.
",
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, found: &mut Findings<'_>) {
    let Action::RenameType { type_name, to } = view.action() else { return };
    let context = view.context();
    let born = context.state.enum_type(type_name).and_then(|known| known.born);
    // A hand-written swap puts another type under the old name.
    let stands_in = view.statement.script().operations().any(|(_, other)| match other.action.alone() {
        Action::CreateEnum { name, .. } => name == type_name,
        Action::RenameType { to, .. } => *to == type_name.object,
        _ => false,
    });
    if context.state.born_in_pending(born) || stands_in {
        return;
    }
    found.push(
        Finding::new(
            type_name.span().to(to.span),
            Subject::named(None, type_name),
            format!("renaming the type `{type_name}` to `{to}` breaks the application that still runs"),
        )
        .why(format!(
            "The running Prisma Client casts values to `{type_name}` by name, so its queries that filter by or write such a column fail with \
             \"type does not exist\" until its last process is replaced."
        ))
        .help(format!(
            "write no SQL; rename the enum in the Prisma schema only: `enum {to} {{ … @@map(\"{}\") }}`\n\
             if the application is stopped for it: {}",
            type_name.object,
            allow_line("rename-type", "downtime announced for …")
        )),
    );
}
