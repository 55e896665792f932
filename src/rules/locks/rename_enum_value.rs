//! `ALTER TYPE … RENAME VALUE`.

use super::shared_sql::{POSTGRESQL, table as quoted_table, text};
use crate::rules::{Check, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::model::Action;

/// See its page.
pub const RULE: Rule = Rule {
    slug: "rename-enum-value",
    id: "PS228",
    hazards: &["L28"],
    databases: POSTGRESQL,
    levels: Levels::DENY,
    fixable: Fixable::Never,
    summary: "the application that still runs writes and expects the old name of an enum value",
    page: r#"## What it catches
`ALTER TYPE … RENAME VALUE` of a type that was not created in the pending migrations.

## Why it hurts
The change is instant for all rows. The application that still runs writes the old name and gets error 22P02, and Prisma Client throws when it reads the new one.

## What to do instead
Add the new value, deploy code that reads both and writes the new one, move the rows in batches, and leave the old value unused. Where only the name in code matters, `@map` in the Prisma schema renames it
without any SQL.

## Example
```sql
ALTER TYPE "Status" ADD VALUE 'CANCELLED';
-- next migration, in batches
UPDATE "orders" SET "status" = 'CANCELLED' WHERE "status" = 'CANCELED';
```

## When to allow it
No running application uses the value.

## Source
PostgreSQL manual, ALTER TYPE, "RENAME VALUE".
"#,
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, findings: &mut Findings<'_>) {
    let Action::RenameEnumValue { type_name, from, to } = view.action() else { return };
    let context = view.context();
    if context.state.enum_type(type_name).is_some_and(|known| context.state.born_in_pending(known.born)) {
        return;
    }
    findings.push(
        Finding::new(
            from.span,
            Subject::named(None, type_name),
            format!("the running application still writes `{}` to `{type_name}`, which will be called `{}`", from.value, to.value),
        )
        .why(format!(
            "All rows change at once. Until every instance is replaced, writing `{}` fails with error 22P02, and an old Prisma Client throws when it \
             reads `{}`.",
            from.value, to.value
        ))
        .help(format!(
            "Add the new value, write it from new code, move the rows, and leave the old one unused:\nALTER TYPE {} ADD VALUE {};\n\
             Where only the name in code matters, no SQL is needed: `{} @map(\"{}\")` in the Prisma schema.",
            quoted_table(type_name),
            text(&to.value),
            to.value,
            from.value
        )),
    );
}
