//! `REFERENCES` inside a column, which older servers ignore.

use super::shared_columns::MYSQL;
use crate::project::Provider;
use crate::rules::{Check, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::model::{Action, ColumnDef, ConstraintKind, Name};
use crate::sql::quote;

/// See its page.
pub const RULE: Rule = Rule {
    slug: "ignored-references",
    id: "PS511",
    hazards: &["M6"],
    databases: MYSQL,
    levels: Levels::DENY,
    fixable: Fixable::Never,
    summary: "a foreign key inside a column is ignored by MySQL before 9.0",
    page: r#"## What it catches
`REFERENCES` written inside a column's definition, unless the server is known to be MySQL 9.0 or MariaDB 10.5 or later.

## Why it hurts
MySQL before 9.0 and MariaDB before 10.5 read the clause and ignore it, without a warning: there is no foreign key. The same file then gives databases that differ, and Prisma reports drift.

## What to do instead
Write the foreign key as a constraint of the table.

## Example
```sql
ALTER TABLE `orders` ADD COLUMN `shop_id` BIGINT NULL;
ALTER TABLE `orders` ADD CONSTRAINT `orders_shop_id_fkey` FOREIGN KEY (`shop_id`) REFERENCES `shops`(`id`);
```

## When to allow it
Every server that the file runs on is MySQL 9.0, MariaDB 10.5 or later; tell the tool by `server` in the settings.

## Source
MySQL 9.0 release notes, "Inline foreign key specifications"; MariaDB, "Foreign Keys" (10.5).
"#,
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, findings: &mut Findings<'_>) {
    let honoured = view
        .facts()
        .server
        .is_some_and(|server| if server.mariadb { server.at_least(10, 5, 0) } else { server.at_least(9, 0, 0) });
    if honoured {
        return;
    }
    match view.action() {
        Action::AddColumn { table, column, .. } => report(table, column, findings),
        Action::CreateTable(create) => create.columns.iter().for_each(|column| report(&create.name, column, findings)),
        _ => {}
    }
}

fn report(table: &Name, column: &ColumnDef, findings: &mut Findings<'_>) {
    let inline = column.constraints.iter().filter(|constraint| constraint.kind == ConstraintKind::ForeignKey);
    for constraint in inline {
        let Some(references) = &constraint.references else { continue };
        let to: Vec<_> = references.columns.iter().map(|name| quote::ident(Provider::Mysql, &name.value)).collect();
        findings.push(
            Finding::new(
                constraint.span,
                Subject::column(table, &column.name),
                format!("MySQL before 9.0 ignores this: `{table}`.`{}` gets no foreign key", column.name),
            )
            .why(
                "MySQL before 9.0 and MariaDB before 10.5 read REFERENCES inside a column and do nothing, without a warning. Rows can then point nowhere, and \
                 databases on newer servers differ from those on older ones.",
            )
            .help(format!(
                "As a constraint of the table:\nALTER TABLE {} ADD CONSTRAINT {} FOREIGN KEY ({}) REFERENCES {}({});",
                quote::name(Provider::Mysql, table),
                quote::ident(Provider::Mysql, &format!("{}_{}_fkey", table.object, column.name)),
                quote::ident(Provider::Mysql, &column.name.value),
                quote::name(Provider::Mysql, &references.table),
                if to.is_empty() { "`id`".to_owned() } else { to.join(", ") },
            )),
        );
    }
}
