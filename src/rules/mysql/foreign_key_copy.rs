//! A foreign key on a table that is in use.

use super::shared_algorithms::{Shape, says};
use super::shared_columns::MYSQL;
use crate::project::Provider;
use crate::rules::locks::shared_holds::is_old;
use crate::rules::{Check, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::model::{Action, ConstraintKind, Ident, Name, References};
use crate::sql::quote;

/// See its page.
pub const RULE: Rule = Rule {
    slug: "foreign-key-copy",
    id: "PS503",
    hazards: &["M8"],
    databases: MYSQL,
    levels: Levels::DENY,
    fixable: Fixable::Never,
    summary: "a foreign key copies the whole table while writes wait, or is not checked",
    page: r#"## What it catches
`ADD … FOREIGN KEY` on a table that existed before the pending migrations, while `foreign_key_checks` is on; and with `foreign_key_checks = 0` in the same deploy, where the key is added without a look at the rows. A statement that says
`ALGORITHM=INPLACE` or `NOCOPY` there is taken as meant. A key over a column that the same deploy adds is reported too: the copy does not depend on the rows.

## Why it hurts
With the checks on, the server copies the whole table and every write waits until that is done. With the checks off it is quick, but rows that point nowhere stay, and the constraint looks as if it held.

## What to do instead
Look for orphans with the query of the finding, then add the key with the checks off and `ALGORITHM=INPLACE, LOCK=NONE`, and set the checks on again. Or let the copy run in a quiet hour.

## Example
```sql
SET foreign_key_checks = 0;
ALTER TABLE `orders` ADD CONSTRAINT `orders_customer_id_fkey` FOREIGN KEY (`customer_id`) REFERENCES `customers`(`id`), ALGORITHM=INPLACE, LOCK=NONE;
SET foreign_key_checks = 1;
```

## When to allow it
The table is small.

## Source
MySQL manual, "Online DDL Operations", foreign key operations; proven on MariaDB in `docs/locks.md`.
"#,
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, findings: &mut Findings<'_>) {
    let Action::AddConstraint { table, constraint } = view.action() else { return };
    let context = view.context();
    if constraint.kind != ConstraintKind::ForeignKey || !is_old(&context, table) {
        return;
    }
    let Some(references) = &constraint.references else { return };
    let unchecked = context.state.setting("foreign_key_checks").is_some_and(|setting| is_off(&setting.value));
    let meant = matches!(context.statement.algorithm(), Some("INPLACE" | "NOCOPY"));
    if unchecked && meant {
        return;
    }
    let name = constraint.name.as_ref().map_or_else(|| "(no name)".to_owned(), |name| name.value.clone());
    let span = constraint.name.as_ref().map_or(constraint.span, |name| name.span);
    let (message, why) = if unchecked {
        (
            format!("`{name}` is added without a look at the rows of `{table}`"),
            format!(
                "`foreign_key_checks` is 0, so rows of `{table}` that point nowhere stay, while the constraint looks as if it held: deletes and joins then \
                 go wrong, and a dump cannot be restored with checks on."
            ),
        )
    } else {
        (format!("adding `{name}` copies all of `{table}` while writes wait"), says(Shape::AddForeignKey, table))
    };
    let sql = context.script.slice(constraint.span).trim();
    let sql = sql.strip_prefix("ADD ").unwrap_or(sql);
    findings.push(
        Finding::new(span, Subject::named(Some(table), &name), message)
            .why(why)
            .help(format!(
                "When the query finds no orphan, and the application writes none:\nSET foreign_key_checks = 0;\n\
                 ALTER TABLE {} ADD {sql}, ALGORITHM=INPLACE, LOCK=NONE;\nSET foreign_key_checks = 1;",
                quote::name(Provider::Mysql, table)
            ))
            .query(orphans(table, &constraint.columns, references)),
    );
}

fn is_off(value: &str) -> bool {
    matches!(value.trim().to_ascii_lowercase().as_str(), "0" | "off" | "false")
}

/// Counts rows that point nowhere.
fn orphans(table: &Name, columns: &[Ident], references: &References) -> String {
    let quoted = |name: &Ident| quote::ident(Provider::Mysql, &name.value);
    let pairs: Vec<_> = columns
        .iter()
        .zip(&references.columns)
        .map(|(own, other)| format!("parent.{} = child.{}", quoted(other), quoted(own)))
        .collect();
    let filled: Vec<_> = columns.iter().map(|own| format!("child.{} IS NOT NULL", quoted(own))).collect();
    format!(
        "SELECT count(*) FROM {} child\nWHERE {} AND NOT EXISTS (SELECT 1 FROM {} parent WHERE {});",
        quote::name(Provider::Mysql, table),
        filled.join(" AND "),
        quote::name(Provider::Mysql, &references.table),
        if pairs.is_empty() { "TRUE".to_owned() } else { pairs.join(" AND ") },
    )
}
