//! A setting of the session that the file does not take back.

use super::shared_settings::closing_line;
use crate::project::Provider;
use crate::rules::{Check, Finding, Findings, Fix, Fixable, Levels, MigrationView, Rule, Subject};
use crate::sql::model::{Action, Operation, Script, SetScope, Within};

/// See its page.
pub const RULE: Rule = Rule {
    slug: "setting-left-behind",
    id: "PS405",
    hazards: &["P4"],
    databases: &Provider::ALL,
    levels: Levels::WARN,
    fixable: Fixable::Sometimes,
    summary: "a setting of the session stays on for the migrations after this one",
    page: r#"## What it catches
A setting for the session that is still on when the file ends, of those that change what later files do: PostgreSQL `lock_timeout`, `statement_timeout`, `search_path` (by `set_config` too), `role`,
`session_replication_role`, `row_security`; MySQL `foreign_key_checks`, `unique_checks`, `sql_mode`, `sql_log_bin`, the lock timeouts; SQLite `PRAGMA foreign_keys=OFF`, `ignore_check_constraints`, `legacy_alter_table`; SQL Server
`LOCK_TIMEOUT`, `IDENTITY_INSERT`, `QUOTED_IDENTIFIER OFF`.

## Why it hurts
Prisma runs all pending migrations of a deploy on one connection. What one file sets, the next ones run with, but only in those environments where they happen to run in one deploy: checks are off, a
timeout stops a build that needs its time, or, with another `search_path`, Prisma no longer finds its own table and the deploy breaks.

## What to do instead
Take it back at the end of the file.

## Example
```sql
SET lock_timeout = '2s';
ALTER TABLE "orders" ADD COLUMN "note" TEXT;
RESET lock_timeout;
```

## When to allow it
Never with good reason; the line at the end costs nothing.

## Source
Prisma issue 1122 (search_path); PostgreSQL manual, SET; MySQL manual, "SET Syntax for Variable Assignment".
"#,
    check: Check::Migration(check),
};

fn check(view: &MigrationView<'_>, findings: &mut Findings<'_>) {
    let script = view.script;
    for (statement, operation) in script.operations() {
        if operation.within != Within::File || operation.conditional {
            continue;
        }
        let Some(left) = left(script, operation) else { continue };
        let taken_back = script
            .operations()
            .skip_while(|(other, _)| other.index <= statement.index)
            .any(|(_, later)| takes_back(script, &left, later));
        if taken_back {
            continue;
        }
        let mut finding = Finding::new(
            operation.span,
            Subject::named(None, &left.name),
            format!(
                "`{}` stays {} for every migration that the same deploy runs after this one",
                left.name, left.state
            ),
        )
        .why(format!("Prisma runs all pending migrations on one connection. {}", left.effect))
        .help(format!("At the end of the file:\n{}", left.back))
        .fix(Fix {
            title: format!("take `{}` back at the end", left.name),
            edits: vec![closing_line(script, &left.back)],
            follow_ups: Vec::new(),
        });
        finding.statement = Some(statement.index);
        findings.push(finding);
    }
}

struct Left {
    name: String,
    state: String,
    effect: &'static str,
    back: String,
}

fn left(script: &Script, operation: &Operation) -> Option<Left> {
    match &operation.action {
        Action::Set { name, value, scope: SetScope::Session } => set(script.provider, name, value),
        Action::Pragma { name, value: Some(value) } => pragma(name, value),
        Action::IdentityInsert { table, on: true } => Some(Left {
            name: "IDENTITY_INSERT".to_owned(),
            state: format!("on for `{table}`"),
            effect: "SQL Server allows it for one table at a time: the next file that needs it for another one fails with error 8107.",
            back: format!("SET IDENTITY_INSERT {} OFF;", crate::sql::quote::name(Provider::Sqlserver, table)),
        }),
        Action::Select(select) if select.calls.iter().any(|call| call.name == "set_config") => {
            let text = script.slice(operation.span).to_ascii_lowercase();
            let session = text.contains("search_path") && text.contains("false");
            session.then(|| Left {
                name: "search_path".to_owned(),
                state: "changed".to_owned(),
                effect: SEARCH_PATH,
                back: "RESET search_path;".to_owned(),
            })
        }
        _ => None,
    }
}

const SEARCH_PATH: &str = "With another `search_path` Prisma does not find its own table `_prisma_migrations` when it records this migration as done, and the \
                           deploy breaks here.";
const CHECKS_OFF: &str = "What the next files write is not checked, and rows that break the rules stay in the table.";
const LIMIT: &str =
    "The next files run under this limit, which was chosen for this one: a long index build among them is cut off.";
const OTHER_RULES: &str = "The next files run under other rules than they were tested with.";

fn set(provider: Provider, name: &str, value: &str) -> Option<Left> {
    let is_off = matches!(value.to_ascii_lowercase().as_str(), "0" | "off" | "false");
    let effect = match (provider, name) {
        (Provider::Postgresql, "search_path") => SEARCH_PATH,
        // 0 is what the server has by itself, and what every dump begins with.
        (
            Provider::Postgresql,
            "lock_timeout" | "statement_timeout" | "idle_in_transaction_session_timeout" | "transaction_timeout",
        ) if value != "0" => LIMIT,
        (Provider::Postgresql, "session_replication_role") if !value.eq_ignore_ascii_case("origin") => CHECKS_OFF,
        (Provider::Postgresql, "role" | "session authorization") => {
            "The next files, and Prisma's own records, run as another user, who owns what they create."
        }
        (Provider::Postgresql, "row_security") if is_off => OTHER_RULES,
        (Provider::Mysql, "foreign_key_checks" | "unique_checks") if is_off => CHECKS_OFF,
        (Provider::Mysql, "sql_mode") => OTHER_RULES,
        (Provider::Mysql, "sql_log_bin") if is_off => "What the next files do never reaches the replicas.",
        (Provider::Mysql, "lock_wait_timeout" | "innodb_lock_wait_timeout" | "max_statement_time") => LIMIT,
        (Provider::Sqlserver, "lock_timeout") if value != "-1" => LIMIT,
        (Provider::Sqlserver, "quoted_identifier" | "ansi_nulls") if is_off => OTHER_RULES,
        _ => return None,
    };
    let back = match provider {
        Provider::Mysql if matches!(name, "foreign_key_checks" | "unique_checks" | "sql_log_bin") => {
            format!("SET {name} = 1;")
        }
        Provider::Mysql => format!("SET SESSION {name} = DEFAULT;"),
        Provider::Sqlserver if name == "lock_timeout" => "SET LOCK_TIMEOUT -1;".to_owned(),
        Provider::Sqlserver => format!("SET {} ON;", name.to_ascii_uppercase()),
        _ if name == "session authorization" => "RESET SESSION AUTHORIZATION;".to_owned(),
        _ => format!("RESET {name};"),
    };
    let state = if is_off { "off".to_owned() } else { format!("at {}", shown(value)) };
    Some(Left { name: name.to_owned(), state, effect, back })
}

fn shown(value: &str) -> String {
    if value.is_empty() { "''".to_owned() } else { value.chars().take(40).collect() }
}

fn pragma(name: &str, value: &str) -> Option<Left> {
    let value = value.trim_matches(['\'', '"']).to_ascii_lowercase();
    let off = matches!(value.as_str(), "0" | "off" | "false" | "no");
    let back = match (name, off) {
        ("foreign_keys", true) => "PRAGMA foreign_keys=ON;",
        ("ignore_check_constraints", false) => "PRAGMA ignore_check_constraints=OFF;",
        ("legacy_alter_table", false) => "PRAGMA legacy_alter_table=OFF;",
        ("writable_schema", false) => "PRAGMA writable_schema=OFF;",
        _ => return None,
    };
    let effect = if name == "foreign_keys" || name == "ignore_check_constraints" { CHECKS_OFF } else { OTHER_RULES };
    Some(Left {
        name: name.to_owned(),
        state: if off { "off" } else { "on" }.to_owned(),
        effect,
        back: back.to_owned(),
    })
}

/// The same setting once more, or all of them back.
fn takes_back(script: &Script, left: &Left, later: &Operation) -> bool {
    match &later.action {
        Action::Set { name, .. } | Action::Pragma { name, .. } => *name == left.name,
        Action::Reset { name } => name.as_ref().is_none_or(|name| *name == left.name),
        Action::IdentityInsert { on, .. } => !on && left.name == "IDENTITY_INSERT",
        Action::Nothing { what: "discard" } => true,
        Action::Select(select) => {
            select.calls.iter().any(|call| call.name == "set_config")
                && script.slice(later.span).to_ascii_lowercase().contains(&left.name)
        }
        _ => false,
    }
}
