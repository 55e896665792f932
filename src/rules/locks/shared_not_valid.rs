//! `NOT VALID` now and `VALIDATE CONSTRAINT` in the next migration: the two halves that rules on constraints write.

use super::shared_sql::{ident, slug, table as quoted_table};
use crate::rules::{Edit, Fix, FollowUp, OperationView};
use crate::sql::model::{Constraint, Name, Span, Within};

/// `ALTER TABLE … VALIDATE CONSTRAINT …;`
pub(super) fn validate(table: &Name, constraint: &str) -> String {
    format!("ALTER TABLE {} VALIDATE CONSTRAINT {constraint};", quoted_table(table))
}

/// What to write instead of a constraint that is checked at once; both halves.
pub(super) fn help(view: &OperationView<'_>, table: &Name, constraint: &Constraint) -> String {
    let script = view.context().script;
    let clause = script.slice(constraint.span).trim();
    let name = constraint.name.as_ref().map_or_else(|| "\"…\"".to_owned(), ident);
    format!(
        "Add it unchecked, which takes a moment:\nALTER TABLE {} ADD {clause} NOT VALID;\n\
         Check the rows in the next migration, while reads and writes go on:\n{}",
        quoted_table(table),
        validate(table, &name)
    )
}

/// The same as edits. `None` for a constraint without a name, which could not be validated by name.
pub(super) fn fix(view: &OperationView<'_>, table: &Name, constraint: &Constraint) -> Option<Fix> {
    let name = constraint.name.as_ref()?;
    if view.operation.within != Within::File {
        return None;
    }
    let end = constraint.span.end;
    Some(Fix {
        title: "add it NOT VALID, and validate it in a migration of its own".to_owned(),
        edits: vec![Edit { span: Span::new(end, end), text: " NOT VALID".to_owned() }],
        follow_ups: vec![FollowUp {
            slug: slug(&["validate", &name.value]),
            sql: format!("{}\n", validate(table, &ident(name))),
        }],
    })
}
