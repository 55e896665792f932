//! What a `MODIFY` does not repeat.

use super::shared_columns::{MYSQL, Modified, modified};
use crate::project::Provider;
use crate::rules::data::shared_words::{column_of, listed};
use crate::rules::{Check, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::quote;

/// See its page.
pub const RULE: Rule = Rule {
    slug: "modify-drops-attributes",
    id: "PS512",
    hazards: &["M21"],
    databases: MYSQL,
    levels: Levels::WARN,
    fixable: Fixable::Never,
    summary: "MODIFY leaves out an attribute that the column had",
    page: r#"## What it catches
`MODIFY` and `CHANGE` that leave out what the column had: `AUTO_INCREMENT`, `ON UPDATE CURRENT_TIMESTAMP`, its default, its comment. It needs to know what the column was, so it is silent when no migration
that was read created it. That the column begins to take NULL is `drop-not-null`.

## Why it hurts
MySQL writes the whole definition anew: what is not repeated is gone, without a word. Inserts then fail for want of a number or a default, or a time stamp stops moving.

## What to do instead
Repeat all of it, or change only the one thing: `ALTER COLUMN … SET DEFAULT`, `RENAME COLUMN`.

## Example
```sql
-- was: `updated` DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3)
ALTER TABLE `orders` MODIFY `updated` DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6);
```

## When to allow it
The attribute is meant to go: Prisma writes it so when it went from the schema.

## Source
MySQL manual, ALTER TABLE: "attributes present in the original definition but not specified for the new definition are not carried forward".
"#,
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, findings: &mut Findings<'_>) {
    let Some(Modified { table, column, after, before }) = modified(view) else { return };
    let Some(was) = &before.definition else { return };
    let mut lost: Vec<(&str, &str)> = Vec::new();
    if was.identity && !after.identity {
        lost.push(("AUTO_INCREMENT", "inserts that do not name the number fail"));
    }
    if was.on_update.is_some() && after.on_update.is_none() {
        lost.push(("ON UPDATE CURRENT_TIMESTAMP", "the time stamp stops moving"));
    }
    let default = was.default.as_ref().is_some_and(|default| !default.is_null());
    if default && before.has_default != Some(false) && after.default.is_none() && !after.identity {
        let effect = if after.nullable == Some(false) {
            "inserts that do not name the column fail"
        } else {
            "inserts that do not name the column write NULL"
        };
        lost.push(("DEFAULT", effect));
    }
    if was.comment.as_ref().is_some_and(|text| !text.is_empty()) && after.comment.is_none() {
        lost.push(("COMMENT", "what it says is gone"));
    }
    if lost.is_empty() {
        return;
    }
    let words = column_of(table, column);
    let names: Vec<_> = lost.iter().map(|(what, _)| *what).collect();
    let effects: Vec<_> = lost.iter().map(|(what, effect)| format!("without {what} {effect}")).collect();
    findings.push(
        Finding::new(
            after.span,
            Subject::column(table, column),
            format!("{words} loses its {}, which this does not repeat", listed(&names)),
        )
        .why(format!(
            "MODIFY and CHANGE write the whole definition anew, and what is left out is gone: {}.",
            effects.join("; ")
        ))
        .help(format!(
            "Repeat what is to stay:\nALTER TABLE {} MODIFY {} {} …;",
            quote::name(Provider::Mysql, table),
            quote::ident(Provider::Mysql, &after.name.value),
            names
                .iter()
                .map(|name| if *name == "AUTO_INCREMENT" { (*name).to_owned() } else { format!("{name} …") })
                .collect::<Vec<_>>()
                .join(" "),
        )),
    );
}
