//! `narrow-type`: a column's new type has no room for every old value.

use super::shared_redefined::redefined;
use super::shared_words::{column_of, type_sql, type_words};
use crate::project::Provider;
use crate::rules::{Check, Finding, Findings, Fixable, Levels, OperationView, Rule, Subject};
use crate::sql::history_state::State;
use crate::sql::model::{Action, DataType, Ident, Name, Span, TypeFamily};
use crate::sql::quote;

pub const RULE: Rule = Rule {
    slug: "narrow-type",
    id: "PS111",
    hazards: &["D12"],
    databases: &Provider::ALL,
    levels: Levels::DENY,
    fixable: Fixable::Never,
    summary: "a type change that can lose or refuse values",
    page: "\
## What it catches

A type change of an existing column where the new type is shorter, less precise or of another kind: `varchar(200)` to `varchar(50)`,
`bigint` to `int`, `text` to `integer`, `timestamp` to `date`, `numeric(12,4)` to `numeric(10,2)`. Widening is left alone. Where no
migration that was read says what the type was, it says that it cannot tell.

## Why it hurts

PostgreSQL and SQL Server stop with an error at the first value that does not fit, in production, since only there it exists; digits
behind the point are rounded without a word. MySQL in strict mode stops, and without strict mode cuts the values off. SQLite keeps
what does not convert as text, and the Prisma Client then fails on reading it.

## What to do instead

Add a column of the new type, write both, copy the values with an explicit conversion, compare, switch over, drop the old one later. At
the very least count the values that do not fit before the deploy.

## Example

```sql
-- bad
ALTER TABLE \"users\" ALTER COLUMN \"phone\" TYPE VARCHAR(20);
-- good
ALTER TABLE \"users\" ADD COLUMN \"phone_short\" VARCHAR(20);
```

## When to allow it

When the query of the finding gives 0 in production and the application can no longer write longer values.

## Source

PostgreSQL manual, `ALTER TABLE`; MySQL manual, \"Server SQL Modes\"; SQL Server, `ALTER COLUMN`; SQLite, \"Datatypes In SQLite\".
",
    check: Check::Operation(check),
};

fn check(view: &OperationView<'_>, found: &mut Findings<'_>) {
    let context = view.context();
    let provider = context.provider();
    for changed in redefined(view) {
        let Some(to) = changed.data_type else { continue };
        let known_new =
            context.table(changed.table).is_some_and(|t| t.temporary) || context.created_in_pending(changed.table);
        if known_new || context.state.born_in_pending(changed.before.and_then(|column| column.born)) {
            continue;
        }
        let from = changed.before.and_then(|column| column.data_type.as_ref());
        let loss = match from {
            Some(from) if keeps_enum_values(context.state, from, to) => None,
            Some(from) if becomes_json(view, from, to) => None,
            Some(from) => loss(provider, from, to),
            // A type that PostgreSQL and SQL Server write anew may widen as well as narrow; MySQL's MODIFY mostly repeats it.
            None if provider == Provider::Mysql => None,
            None => narrow_at_all(to)
                .then(|| "whether every old value fits cannot be told, since its old type is not known".to_owned()),
        };
        if let Some(loss) = loss {
            let change = Change { table: changed.table, column: changed.column, span: changed.span, from, to };
            found.push(finding(provider, &change, &loss));
        }
    }
}

struct Change<'a> {
    table: &'a Name,
    column: &'a Ident,
    span: Span,
    from: Option<&'a DataType>,
    to: &'a DataType,
}

/// A hand-written swap of an enum: the new type has every value of the old one.
fn keeps_enum_values(state: &State, from: &DataType, to: &DataType) -> bool {
    let of =
        |of: &DataType| of.user_type.as_ref().and_then(|name| state.enum_type(name)).filter(|known| known.complete);
    match (of(from), of(to)) {
        (Some(old), Some(new)) => old.values.iter().all(|(value, _)| new.values.iter().any(|(own, _)| own == value)),
        _ => false,
    }
}

/// `USING to_json(…)`: the value of any type, whole, as JSON.
fn becomes_json(view: &OperationView<'_>, from: &DataType, to: &DataType) -> bool {
    let Action::AlterColumnType { using: Some(using), .. } = view.action() else { return false };
    let json = |family| matches!(family, TypeFamily::Json | TypeFamily::Jsonb);
    let whole = |name: &str| matches!(name, "to_json" | "to_jsonb") || (from.array && name == "array_to_json");
    json(to.family)
        && !to.array
        && using.columns.len() == 1
        && matches!(using.calls.as_slice(), [only] if whole(&only.name))
}

/// Text without a limit takes everything.
fn narrow_at_all(to: &DataType) -> bool {
    match to.family {
        TypeFamily::Text => false,
        TypeFamily::VarChar => to.arguments.first().is_some_and(|limit| *limit != u64::MAX),
        _ => true,
    }
}

fn is_text(family: TypeFamily) -> bool {
    matches!(family, TypeFamily::Char | TypeFamily::VarChar | TypeFamily::Text)
}

/// What is lost on the way, in words; `None`: nothing.
fn loss(provider: Provider, from: &DataType, to: &DataType) -> Option<String> {
    if provider == Provider::Sqlite {
        return sqlite_loss(from, to);
    }
    if from.array != to.array {
        return (!is_text(to.family)).then(|| "a list and a single value do not convert into each other".to_owned());
    }
    if from.family == to.family || (is_text(from.family) && is_text(to.family)) {
        return same_kind_loss(provider, from, to);
    }
    let (from_digits, to_digits) = (whole_digits(from), whole_digits(to));
    match (from.family, to.family) {
        (_, TypeFamily::Text) => None,
        (_, TypeFamily::VarChar | TypeFamily::Char) => text_loss_of_others(provider, from, to),
        (TypeFamily::Integer(a) | TypeFamily::Serial(a), TypeFamily::Integer(b) | TypeFamily::Serial(b)) => {
            integer_loss(from, to, a, b)
        }
        (TypeFamily::Integer(_) | TypeFamily::Serial(_), TypeFamily::Decimal) => (from_digits > to_digits)
            .then(|| format!("numbers with more than {to_digits} digits before the point are refused")),
        (TypeFamily::Integer(a), TypeFamily::Float(b)) => {
            (a >= b).then(|| "large numbers lose their last digits".to_owned())
        }
        (TypeFamily::Boolean, TypeFamily::Integer(_)) | (TypeFamily::Float(4), TypeFamily::Float(8)) => None,
        (TypeFamily::Float(8), TypeFamily::Float(4)) => Some("numbers keep 6 digits instead of 15".to_owned()),
        (
            TypeFamily::Float(_) | TypeFamily::Decimal | TypeFamily::Money,
            TypeFamily::Integer(_) | TypeFamily::Boolean,
        ) => Some("what is behind the decimal point is lost".to_owned()),
        (TypeFamily::Date, TypeFamily::Timestamp | TypeFamily::TimestampTz)
        | (TypeFamily::Timestamp, TypeFamily::TimestampTz)
        | (TypeFamily::Json, TypeFamily::Jsonb)
        | (TypeFamily::Jsonb, TypeFamily::Json) => None,
        (TypeFamily::TimestampTz, TypeFamily::Timestamp) => Some("the offset of each point in time is lost".to_owned()),
        (TypeFamily::Timestamp | TypeFamily::TimestampTz, TypeFamily::Date) => {
            Some("the time of day is lost".to_owned())
        }
        (TypeFamily::Timestamp | TypeFamily::TimestampTz, TypeFamily::Time) => Some("the day is lost".to_owned()),
        (TypeFamily::Other, TypeFamily::Other) if from.name == to.name => None,
        // An enum of the same members by another name is a rename, and removed members are the matter of `remove-enum-value`.
        (TypeFamily::User, TypeFamily::User) => (from.user_type != to.user_type).then(|| refused(to)),
        _ => Some(refused(to)),
    }
}

fn refused(to: &DataType) -> String {
    format!("values that are no `{}` are refused or changed", to.name)
}

fn same_kind_loss(provider: Provider, from: &DataType, to: &DataType) -> Option<String> {
    match to.family {
        family if is_text(family) => {
            let (old, new) = (text_room(provider, from), text_room(provider, to));
            (new < old).then(|| format!("values longer than {new} are refused or cut off"))
        }
        TypeFamily::Bytes => {
            let (old, new) = (bytes_room(from), bytes_room(to));
            (new < old).then(|| format!("values longer than {new} bytes are refused or cut off"))
        }
        TypeFamily::Decimal => decimal_loss(from, to),
        TypeFamily::Integer(b) | TypeFamily::Serial(b) => integer_loss(from, to, b, b),
        TypeFamily::Time | TypeFamily::Timestamp | TypeFamily::TimestampTz => {
            let (old, new) = (from.arguments.first(), to.arguments.first());
            matches!((old, new), (Some(old), Some(new)) if new < old)
                .then(|| "fractions of a second are rounded".to_owned())
        }
        TypeFamily::User => (from.user_type != to.user_type).then(|| refused(to)),
        TypeFamily::Other => (from.name != to.name).then(|| refused(to)),
        _ => None,
    }
}

/// Characters that fit; MySQL's text types by their bytes.
fn text_room(provider: Provider, of: &DataType) -> u64 {
    let written = of.arguments.first().copied();
    match (of.family, of.name.as_str()) {
        (TypeFamily::Text, "tinytext") => 255,
        (TypeFamily::Text, "text") if provider == Provider::Mysql => written.unwrap_or(65_535),
        (TypeFamily::Text, "mediumtext") => 16_777_215,
        (TypeFamily::Text, _) => u64::MAX,
        (TypeFamily::Char, _) => written.unwrap_or(1),
        _ => written.unwrap_or(if provider == Provider::Sqlserver { 1 } else { u64::MAX }),
    }
}

fn bytes_room(of: &DataType) -> u64 {
    match of.name.as_str() {
        "tinyblob" => 255,
        "blob" => 65_535,
        "mediumblob" => 16_777_215,
        _ => of.arguments.first().copied().unwrap_or(u64::MAX),
    }
}

fn decimal_parts(of: &DataType) -> Option<(u64, u64)> {
    let precision = of.arguments.first()?;
    let scale = of.arguments.get(1).copied().unwrap_or(0);
    Some((precision.saturating_sub(scale), scale))
}

fn decimal_loss(from: &DataType, to: &DataType) -> Option<String> {
    // Without a precision PostgreSQL's numeric takes everything.
    let (new_whole, new_scale) = decimal_parts(to)?;
    let Some((old_whole, old_scale)) = decimal_parts(from) else {
        return Some(format!(
            "numbers with more than {new_whole} digits before the point are refused, others rounded to {new_scale} behind it"
        ));
    };
    if new_whole < old_whole {
        Some(format!("numbers with more than {new_whole} digits before the point are refused"))
    } else if new_scale < old_scale {
        Some(format!("numbers are rounded to {new_scale} digits behind the point"))
    } else {
        None
    }
}

fn integer_loss(from: &DataType, to: &DataType, old: u8, new: u8) -> Option<String> {
    if new < old {
        Some(format!("numbers that need more than {new} bytes are refused or cut off"))
    } else if to.unsigned && !from.unsigned {
        Some("negative numbers are refused or set to 0".to_owned())
    } else if from.unsigned && !to.unsigned && new <= old {
        Some("the upper half of the numbers is refused or cut off".to_owned())
    } else {
        None
    }
}

/// Digits before the point that a number type holds.
fn whole_digits(of: &DataType) -> u64 {
    match of.family {
        TypeFamily::Integer(1) => 3,
        TypeFamily::Integer(2) | TypeFamily::Serial(2) => 5,
        TypeFamily::Integer(3) => 8,
        TypeFamily::Integer(4) | TypeFamily::Serial(4) => 10,
        TypeFamily::Integer(_) | TypeFamily::Serial(_) => 19,
        TypeFamily::Decimal => decimal_parts(of).map_or(u64::MAX, |(whole, _)| whole),
        _ => u64::MAX,
    }
}

/// Other kinds written as text: only too short a text loses.
fn text_loss_of_others(provider: Provider, from: &DataType, to: &DataType) -> Option<String> {
    let room = text_room(provider, to);
    let needed = match from.family {
        TypeFamily::Integer(_) | TypeFamily::Serial(_) | TypeFamily::Decimal => whole_digits(from).saturating_add(1),
        TypeFamily::Boolean => 5,
        TypeFamily::Uuid => 36,
        TypeFamily::Date => 10,
        TypeFamily::Time => 18,
        TypeFamily::Timestamp | TypeFamily::TimestampTz => 34,
        TypeFamily::Float(_) => 24,
        TypeFamily::Enum | TypeFamily::Set => {
            from.members.iter().map(|member| member.chars().count() as u64).max().unwrap_or(0)
        }
        // A label of a PostgreSQL enum has at most 63 bytes.
        TypeFamily::User => 63,
        _ => u64::MAX,
    };
    (room < needed).then(|| format!("values longer than {room} are refused or cut off"))
}

/// SQLite keeps what does not convert; numbers become text and back.
fn sqlite_loss(from: &DataType, to: &DataType) -> Option<String> {
    let numeric = |family: TypeFamily| {
        matches!(
            family,
            TypeFamily::Integer(_)
                | TypeFamily::Serial(_)
                | TypeFamily::Decimal
                | TypeFamily::Float(_)
                | TypeFamily::Boolean
        )
    };
    let time = |family: TypeFamily| {
        matches!(family, TypeFamily::Date | TypeFamily::Time | TypeFamily::Timestamp | TypeFamily::TimestampTz)
    };
    let words = || {
        Some(format!(
            "values that are no `{}` stay what they were, and the Prisma Client fails on reading them",
            to.name
        ))
    };
    match (from.family, to.family) {
        (a, b) if is_text(a) && (numeric(b) || time(b) || b == TypeFamily::Bytes) => words(),
        (TypeFamily::Float(_) | TypeFamily::Decimal, TypeFamily::Integer(_) | TypeFamily::Boolean) => words(),
        (TypeFamily::Integer(_), TypeFamily::Boolean) => words(),
        (a, b) if time(a) != time(b) && !is_text(b) => words(),
        _ => None,
    }
}

fn finding(provider: Provider, change: &Change<'_>, loss: &str) -> Finding {
    let Change { table, column, span, from, to } = change;
    let words = column_of(table, column);
    let to_sql = type_words(to);
    let message = match from {
        Some(from) => format!("changing {words} from `{}` to `{to_sql}`: {loss}", type_words(from)),
        None => format!("changing {words} to `{to_sql}`: {loss}"),
    };
    let why = match provider {
        Provider::Postgresql | Provider::Sqlserver => {
            "The database converts every row while the table is locked and stops at the first value that does not fit, which may exist in \
             production only; what is rounded or shortened is gone without an error."
        }
        Provider::Mysql => {
            "In strict mode MySQL stops at the first value that does not fit, which may exist in production only; without strict mode it \
             changes the values and only warns, and nobody reads warnings of a migration."
        }
        Provider::Sqlite => {
            "SQLite takes every value and converts what it can, so the migration succeeds and the application fails later, on the rows \
             that did not convert."
        }
    };
    let short = quote::ident(provider, &format!("{column}_new"));
    let (table_sql, column_sql) = (quote::name(provider, table), quote::ident(provider, &column.value));
    let add = if provider == Provider::Sqlserver { "ADD" } else { "ADD COLUMN" };
    let finding = Finding::new(*span, Subject::column(table, column), message).why(why).help(format!(
        "expand, migrate, contract: add a column of the new type, write both, copy with an explicit conversion, drop the old one later:\n\
         ALTER TABLE {table_sql} {add} {short} {};",
        type_sql(provider, to)
    ));
    match not_fitting(provider, &column_sql, *from, to) {
        Some(condition) => finding.query(format!("SELECT count(*) FROM {table_sql} WHERE {condition};")),
        None => finding,
    }
}

/// A condition for the values that do not fit, where SQL can say it simply.
fn not_fitting(provider: Provider, column: &str, from: Option<&DataType>, to: &DataType) -> Option<String> {
    let from = from?;
    let integer = |of: &DataType| matches!(of.family, TypeFamily::Integer(_) | TypeFamily::Serial(_));
    if is_text(to.family) && is_text(from.family) {
        let room = text_room(provider, to);
        let length = match provider {
            Provider::Postgresql | Provider::Mysql => "char_length",
            Provider::Sqlite => "length",
            Provider::Sqlserver => "len",
        };
        return (room < u64::MAX).then(|| format!("{length}({column}) > {room}"));
    }
    if integer(from) && integer(to) {
        let (TypeFamily::Integer(bytes) | TypeFamily::Serial(bytes)) = to.family else { return None };
        let bits = u32::from(bytes) * 8;
        let (low, high) =
            if to.unsigned { (0, 2_i128.pow(bits) - 1) } else { (-(2_i128.pow(bits - 1)), 2_i128.pow(bits - 1) - 1) };
        return Some(format!("{column} NOT BETWEEN {low} AND {high}"));
    }
    match (provider, to.family) {
        (Provider::Sqlserver, _) => {
            Some(format!("{column} IS NOT NULL AND TRY_CAST({column} AS {}) IS NULL", type_words(to)))
        }
        (Provider::Postgresql, TypeFamily::Integer(_)) if is_text(from.family) => {
            Some(format!("{column} !~ '^\\s*[-+]?\\d+\\s*$'"))
        }
        (Provider::Sqlite, TypeFamily::Integer(_)) => {
            Some(format!("CAST(CAST({column} AS INTEGER) AS TEXT) <> CAST({column} AS TEXT)"))
        }
        _ => None,
    }
}
