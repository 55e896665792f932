//! `ALTER DOMAIN` that checks the rows of every table with the domain.

use super::shared_sql::{POSTGRESQL, table as quoted_table, text};
use crate::rules::{Check, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::lock_facts::postgres::Shape;
use crate::sql::model::Action;

/// See its page.
pub const RULE: Rule = Rule {
    slug: "domain-scan",
    id: "PS229",
    hazards: &["L29"],
    databases: POSTGRESQL,
    levels: Levels::DENY,
    fixable: Fixable::Never,
    summary: "a domain's new rule is checked on all tables that use it while their writes wait",
    page: r#"## What it catches
`ALTER DOMAIN … ADD CONSTRAINT` without `NOT VALID` and `ALTER DOMAIN … SET NOT NULL`, for a domain that was not created in the same file. (Creating an enum or a domain is no finding: Prisma does it for every
`enum`.)

## Why it hurts
PostgreSQL reads every row of every table that has a column of the domain, under a SHARE lock on each: writes to all of them wait together.

## What to do instead
`NOT VALID`, and `VALIDATE CONSTRAINT` in a later migration. Even that holds a SHARE lock per table, so prefer a `CHECK` on the table: it can be validated without stopping writes.

## Example
```sql
ALTER DOMAIN "email" ADD CONSTRAINT "email_has_at" CHECK (VALUE LIKE '%@%') NOT VALID;
```

## When to allow it
All tables with the domain are small.

## Source
PostgreSQL manual, ALTER DOMAIN; proven in `docs/locks.md`.
"#,
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, findings: &mut Findings<'_>) {
    let Action::AlterDomain { name, adds_check, sets_not_null, not_valid } = view.action() else { return };
    let context = view.context();
    let scans = *sets_not_null || (*adds_check && !*not_valid);
    let fresh =
        context.earlier().any(|(_, o)| matches!(&o.action, Action::CreateDomain { name: made, .. } if made == name));
    if !scans || fresh {
        return;
    }
    let shape = if *sets_not_null { Shape::DomainNotNull } else { Shape::DomainCheck };
    let help = if *sets_not_null {
        format!(
            "As a CHECK that is not tested on old rows at once, validated in a later migration:\n\
             ALTER DOMAIN {} ADD CONSTRAINT … CHECK (VALUE IS NOT NULL) NOT VALID;",
            quoted_table(name)
        )
    } else {
        format!(
            "Without testing old rows at once; validate it in a later migration:\n{} NOT VALID;",
            context.script.slice(view.operation.span).trim()
        )
    };
    findings.push(
        Finding::new(
            name.span(),
            Subject::named(None, name),
            format!("every table with the domain `{name}` is read while its writes wait"),
        )
        .why(shape.row().says_of("each of them"))
        .help(help)
        .query(format!(
            "SELECT attrelid::regclass AS table, attname AS column FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid\n\
             WHERE t.typname = {};",
            text(&name.object.value)
        )),
    );
}
