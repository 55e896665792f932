//! `drop-schema`: a schema or a database goes with everything in it.

use crate::project::Provider;
use crate::rules::{Check, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::model::{Action, Name, ObjectKind};
use crate::sql::quote;

pub const RULE: Rule = Rule {
    slug: "drop-schema",
    id: "PS103",
    hazards: &["D3"],
    databases: &[Provider::Postgresql, Provider::Mysql, Provider::Sqlserver],
    levels: Levels::DENY,
    fixable: Fixable::Never,
    summary: "a schema or a database is dropped with all its tables",
    page: "\
## What it catches

`DROP DATABASE`, MySQL's `DROP SCHEMA` (the same thing there) and PostgreSQL's `DROP SCHEMA … CASCADE`. A `DROP SCHEMA` without
`CASCADE` on PostgreSQL and SQL Server only works on an empty schema and is left alone.

## Why it hurts

One statement deletes every table, view and function inside, named or not, seen in review or not. Nothing of it can be undone but by a
restore of the backup.

## What to do instead

Drop the tables by name, each in its own time, each with its revert script. What remains at last is an empty schema, and dropping that
without `CASCADE` fails harmlessly when something was forgotten.

## Example

```sql
-- bad
DROP SCHEMA \"archive\" CASCADE;
-- good
DROP SCHEMA \"archive\" RESTRICT;
```

## When to allow it

Hardly ever in a migration. For the schema of a tenant that left: when its dump was restored somewhere and looked at.

## Source

PostgreSQL manual, `DROP SCHEMA`, `DROP DATABASE`; MySQL manual, `DROP DATABASE`; SQL Server, `DROP SCHEMA`, `DROP DATABASE`.
",
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, found: &mut Findings<'_>) {
    let Action::DropObject { kind, names, cascade, .. } = view.action() else { return };
    let provider = view.facts().provider;
    let word = match kind {
        ObjectKind::Database => "database",
        ObjectKind::Schema if provider == Provider::Mysql => "database",
        ObjectKind::Schema if *cascade && provider == Provider::Postgresql => "schema",
        _ => return,
    };
    for name in names {
        found.push(finding(provider, word, name));
    }
}

fn finding(provider: Provider, word: &str, name: &Name) -> Finding {
    let inside = match provider {
        Provider::Postgresql if word == "schema" => format!(
            "SELECT relname, reltuples FROM pg_class WHERE relnamespace = to_regnamespace({}) AND relkind IN ('r', 'p', 'm');",
            quote::text(provider, &quote::name(provider, name))
        ),
        _ => format!(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = {};",
            quote::text(provider, &name.object.value)
        ),
    };
    let quoted = quote::name(provider, name);
    let help = match provider {
        Provider::Mysql => {
            "drop the tables by name, each with a revert script, and leave the empty database to its owner".to_owned()
        }
        Provider::Sqlserver => format!(
            "leave the database to its owner; in a migration drop tables by name, each with a revert script, then what is empty:\n\
             DROP SCHEMA IF EXISTS {quoted};"
        ),
        _ if word == "schema" => format!(
            "drop its tables by name, each with a revert script; an empty schema goes without CASCADE, and that fails when something is \
             left in it:\nDROP SCHEMA {quoted} RESTRICT;"
        ),
        _ => {
            "leave the database to its owner; in a migration drop tables by name, each with a revert script".to_owned()
        }
    };
    Finding::new(name.span(), Subject::named(None, name), format!("dropping the {word} `{name}` deletes every table in it"))
        .why(format!(
            "Everything inside `{name}` is gone at once, also what this migration does not name; only a restore of the backup brings it back."
        ))
        .help(help)
        .query(inside)
}
