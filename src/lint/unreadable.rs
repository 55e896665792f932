//! `unreadable-migration`: what cannot be read cannot be judged. The driver finds it, since no rule ever sees such a file.

use crate::project::Provider;
use crate::rules::{Check, Fixable, Level, Levels, Rule};

/// The rule. It is in no family: there is no SQL to match on.
pub const RULE: Rule = Rule {
    slug: "unreadable-migration",
    id: "PS000",
    hazards: &[],
    databases: &Provider::ALL,
    levels: Levels::everywhere(Level::Deny),
    fixable: Fixable::Never,
    summary: "a migration whose file is missing, may not be read, or is no UTF-8 text",
    page: "\
## What it catches

A directory in the migrations folder without `migration.sql`, a `migration.sql` that may not be read, a file that is not UTF-8 text,
and one that is larger than 4 GiB. The other migrations are judged all the same.

## Why it hurts

Prisma takes every directory in the migrations folder for a migration, and `migrate deploy` stops at one it cannot read (P3015), after it
has applied those before it. What was not read here was not judged either: unknown is never safe.

## What to do instead

Restore the file from version control, remove the stray directory, or save the file as UTF-8.

## Example

```text
prisma/migrations/20260101120000_add_name/            (no migration.sql)
prisma/migrations/20260101120000_add_name/migration.sql
```

## When to allow it

Never for a migration that is still to be applied.

## Source

Prisma's `listMigrations` (6.6 to 7.10) and error P3015; measured with Prisma 7.10.1.
",
    check: Check::Migration(|_, _| {}),
};
