//! `unknown-statement`: what is not understood is not safe.

use crate::project::Provider;
use crate::rules::{Check, Finding, Findings, Fixable, Levels, Rule, StatementView, Subject};
use crate::sql::model::{Action, Read, Span};

pub const RULE: Rule = Rule {
    slug: "unknown-statement",
    id: "PS005",
    hazards: &["H17", "L38"],
    databases: &Provider::ALL,
    levels: Levels::DENY,
    fixable: Fixable::Never,
    summary: "a statement that could not be understood, or SQL put together at run time",
    page: "\
## What it catches

A statement that neither the SQL parser nor the keyword reader understood, in whole or in part, and SQL that is put together at run time
(`EXECUTE` of a built string, `PREPARE` of a variable, `sp_executesql @sql`). A literal that is run (`EXEC('DROP TABLE t')`) is read like any
other SQL and is not dynamic.

## Why it hurts

Every other rule is silent about it, and so are the phase, the revert and the lock budget. A tool that says nothing about what it did not
read gives false confidence: here it is said.

## What to do instead

Write the SQL out. Where a name must be looked up (SQL Server's default constraints), keep the built part as small as that, and allow it with
the reason.

## Example

```sql
-- bad
DO $$ BEGIN EXECUTE 'DROP TABLE ' || 'users'; END $$;
-- good
DO $$ BEGIN PERFORM 1; END $$;
```

## When to allow it

When a person has read the statement and says in the reason what it does.

## Source

The policy; hazard H17: a statement that cannot be read must not pass as safe.
",
    check: Check::Statement(check),
};

fn check(view: &StatementView<'_>, found: &mut Findings<'_>) {
    let statement = view.statement();
    let mut spans: Vec<(Span, bool)> = Vec::new();
    for operation in &statement.operations {
        match operation.action.alone() {
            Action::Unknown => spans.push((operation.span, false)),
            Action::ExecuteDynamic { .. } => spans.push((operation.span, true)),
            _ => {}
        }
    }
    if let (Read::Unknown(_), true) = (&statement.read, spans.iter().all(|(_, dynamic)| *dynamic)) {
        spans.insert(0, (statement.span, false));
    }
    for (span, is_dynamic) in spans {
        found.push(if is_dynamic { dynamic(view, span) } else { unknown(view, span) });
    }
}

fn unknown(view: &StatementView<'_>, span: Span) -> Finding {
    let reason = match &view.statement().read {
        Read::Unknown(words) if !words.is_empty() => format!(" ({words})"),
        _ => String::new(),
    };
    Finding::new(span, Subject::default(), format!("this statement was not understood{reason}"))
        .why(
            "What it drops, locks or rewrites is not known, so no other rule, gate or revert says anything about it: it may do anything.",
        )
        .help(
            "if it is a mistake in the SQL, mend it; else split it into plainer statements, or read it yourself and say so:\n\
             -- prisma-safe: allow unknown-statement reason=\"read by …: it only …\"",
        )
}

fn dynamic(view: &StatementView<'_>, span: Span) -> Finding {
    let provider = view.facts.provider;
    let how = match provider {
        Provider::Postgresql => "EXECUTE of a built string",
        Provider::Mysql => "PREPARE of a built string",
        _ => "EXEC of a built string",
    };
    Finding::new(span, Subject::default(), format!("SQL that is put together at run time ({how}) cannot be judged"))
        .why("What it drops, locks or rewrites is only known when it runs, in production: no rule, gate or revert says anything about it.")
        .help(
            "write the SQL out; where a name must be looked up, keep the built part as small as that, read it yourself and say so:\n\
             -- prisma-safe: allow unknown-statement reason=\"read by …: it only …\"",
        )
}
