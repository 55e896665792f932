//! A table whose rows nothing tells apart.

use crate::project::Provider;
use crate::rules::{Check, Finding, Findings, Fixable, Levels, MigrationView, Rule, Subject};
use crate::sql::model::{Action, ConstraintKind};

/// See its page.
pub const RULE: Rule = Rule {
    slug: "table-without-key",
    id: "PS305",
    hazards: &["H5"],
    databases: &Provider::ALL,
    levels: Levels::WARN,
    fixable: Fixable::Never,
    summary: "a new table has neither a primary key nor a unique one",
    page: r#"## What it catches
A new table with neither a primary key nor a unique key. The link tables that Prisma makes for many-to-many relations (`_AToB` with `A` and `B`) are left alone.

## Why it hurts
Nothing tells its rows apart: replication cannot pass on changes (PostgreSQL refuses UPDATE and DELETE on a published table, MySQL searches the whole table for each row), batched work and online schema change tools cannot walk over
it, and a row that is there twice cannot be repaired.

## What to do instead
Give it a primary key.

## Example
```sql
CREATE TABLE "events" ("id" BIGSERIAL PRIMARY KEY, "what" TEXT NOT NULL);
```

## When to allow it
The table holds a passing load that is read once as a whole.

## Source
PostgreSQL manual 31.1, "Publication"; MySQL manual, "sql_require_primary_key".
"#,
    check: Check::Migration(check),
};

fn check(view: &MigrationView<'_>, findings: &mut Findings<'_>) {
    for (statement, operation) in view.script.operations() {
        let Action::CreateTable(create) = &operation.action else { continue };
        let derived = create.temporary
            || create.source.is_some()
            || create.like.is_some()
            || create.partition_of.is_some()
            || !create.inherits.is_empty();
        let link = create.name.object.value.starts_with('_');
        if derived || link || create.columns.is_empty() {
            continue;
        }
        let is_key = |kind: ConstraintKind| matches!(kind, ConstraintKind::PrimaryKey | ConstraintKind::Unique);
        let written = create.constraints.iter().any(|constraint| is_key(constraint.kind))
            || create.columns.iter().any(|column| column.constraints.iter().any(|constraint| is_key(constraint.kind)))
            || create.indexes.iter().any(|index| index.unique);
        // Later statements of the file may rename it, drop it, or give it a key.
        let Some(known) = view.state.table(&create.name) else { continue };
        let later = known.constraints.iter().any(|known| is_key(known.constraint.kind))
            || known.indexes.iter().any(|known| known.index.unique);
        if written || later {
            continue;
        }
        let mut finding = Finding::new(
            create.name.span(),
            Subject::table(&create.name),
            format!("`{}` has neither a primary key nor a unique one", create.name),
        )
        .why("Nothing tells its rows apart: replication and batched work need a key, and a row that is there twice cannot be repaired.")
        .help("Give it a primary key, in its definition:\nPRIMARY KEY (…)");
        finding.statement = Some(statement.index);
        findings.push(finding);
    }
}
