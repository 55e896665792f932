//! `drop-cascade`: a drop takes objects along that nobody named.

use crate::project::Provider;
use crate::rules::{Check, Edit, Finding, Findings, Fix, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::model::{Action, Name, ObjectKind, Span};
use crate::sql::quote;

pub const RULE: Rule = Rule {
    slug: "drop-cascade",
    id: "PS105",
    hazards: &["D4"],
    databases: &[Provider::Postgresql],
    levels: Levels::DENY,
    fixable: Fixable::Always,
    summary: "CASCADE drops objects that the migration does not name",
    page: "\
## What it catches

`CASCADE` on PostgreSQL's `DROP TABLE`, `DROP COLUMN`, `DROP CONSTRAINT`, `DROP TYPE`, `DROP INDEX`, `DROP VIEW`, `DROP FUNCTION` and the
like, on objects that exist before this deploy. `DROP SCHEMA … CASCADE` is the matter of `drop-schema`, `TRUNCATE … CASCADE` that of `truncate`.
On MySQL the word is allowed and does nothing; SQL Server and SQLite do not have it.

## Why it hurts

PostgreSQL silently drops every view, foreign key, column or function that depends on the object, also those that another team made
or that exist in production only. Nobody who reads the migration can see which.

## What to do instead

Leave `CASCADE` out. The statement then fails and lists what depends on the object, before anything is lost. Drop those by name, in
order.

## Example

```sql
-- bad
DROP VIEW \"active_users\" CASCADE;
-- good
DROP VIEW \"active_users_by_day\";
DROP VIEW \"active_users\";
```

## When to allow it

When the objects that go are listed in the reason and were looked up in production.

## Source

PostgreSQL manual, \"Dependency Tracking\".
",
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, found: &mut Findings<'_>) {
    let is_new = |name: &Name| view.context().created_in_pending(name);
    let (what, name, table) = match view.action() {
        Action::DropTable { names, cascade: true, temporary: false, .. } => {
            match names.iter().find(|name| !is_new(name)) {
                Some(name) => ("table", name.to_string(), Some(name)),
                None => return,
            }
        }
        Action::DropColumn { table, column, cascade: true, .. } if !is_new(table) => {
            ("column", column.to_string(), Some(table))
        }
        Action::DropConstraint { table, name, cascade: true, .. } if !is_new(table) => {
            ("constraint", name.to_string(), Some(table))
        }
        Action::DropIndex { names, cascade: true, .. } => ("index", joined(names), None),
        Action::DropType { names, cascade: true, .. } => ("type", joined(names), None),
        Action::DropObject { kind, names, cascade: true, .. } if *kind != ObjectKind::Schema => {
            (kind_word(*kind), joined(names), None)
        }
        _ => return,
    };
    let provider = view.facts().provider;
    let span = cascade_word(view).unwrap_or(view.operation.span);
    let subject = table.map(|table| quote::name(provider, table));
    let mut finding = Finding::new(
        span,
        Subject::named(table, &name),
        format!("CASCADE also drops whatever depends on the {what} `{name}`"),
    )
    .why(
        "PostgreSQL drops every view, foreign key, function and column that depends on it without naming them, those that exist in \
         production only among them; what used them fails from then on.",
    )
    .help(
        "leave CASCADE out: when something depends on it, the statement fails and lists it before anything is lost; then drop those by \
         name in a statement each",
    )
    .query(dependants(what, &name, subject.as_deref()));
    if span != view.operation.span {
        let edits =
            vec![Edit { span: with_space_before(view.statement.script().text.as_str(), span), text: String::new() }];
        finding = finding.fix(Fix { title: "leave CASCADE out".to_owned(), edits, follow_ups: Vec::new() });
    }
    found.push(finding);
}

fn joined(names: &[Name]) -> String {
    names.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

const fn kind_word(kind: ObjectKind) -> &'static str {
    match kind {
        ObjectKind::View => "view",
        ObjectKind::MaterializedView => "materialized view",
        ObjectKind::Function => "function",
        ObjectKind::Procedure => "procedure",
        ObjectKind::Sequence => "sequence",
        ObjectKind::Trigger => "trigger",
        ObjectKind::Extension => "extension",
        _ => "object",
    }
}

/// Where the clause writes `CASCADE`, its last word.
fn cascade_word(view: &OperationView<'_>) -> Option<Span> {
    let text = view.statement.script().slice(view.operation.span).trim_end();
    let start = text.len().checked_sub("CASCADE".len())?;
    let word = text.get(start..)?;
    let at = view.operation.span.start + u32::try_from(start).ok()?;
    word.eq_ignore_ascii_case("CASCADE").then(|| Span::new(at, at + 7))
}

fn with_space_before(text: &str, span: Span) -> Span {
    let before = &text[..span.start as usize];
    let blank = before.len() - before.trim_end().len();
    Span::new(span.start - u32::try_from(blank).unwrap_or(0), span.end)
}

fn dependants(what: &str, name: &str, table: Option<&str>) -> String {
    let object = match (what, table) {
        ("table" | "column" | "constraint", Some(table)) => {
            format!("to_regclass({})", quote::text(Provider::Postgresql, table))
        }
        ("type", _) => format!("to_regtype({})", quote::text(Provider::Postgresql, &format!("\"{name}\""))),
        _ => format!("to_regclass({})", quote::text(Provider::Postgresql, &format!("\"{name}\""))),
    };
    format!(
        "SELECT DISTINCT pg_describe_object(classid, objid, objsubid) FROM pg_depend WHERE refobjid = {object} AND deptype = 'n';"
    )
}
