//! How the family's rules call things: `users`.`name` in sentences, quoted names in SQL.

use crate::project::Provider;
use crate::sql::model::{DataType, Ident, Name};
use crate::sql::quote;

/// `` `users`.`name` `` for a sentence.
pub(crate) fn column_of(table: &Name, column: &Ident) -> String {
    format!("`{table}`.`{column}`")
}

/// `` `a`, `b` and `c` `` for a sentence.
pub(crate) fn listed<T: AsRef<str>>(words: &[T]) -> String {
    let quoted: Vec<_> = words.iter().map(|word| format!("`{}`", word.as_ref())).collect();
    match quoted.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [head @ .., last] => format!("{} and {last}", head.join(", ")),
    }
}

/// A query that counts rows; `condition` without `WHERE`, empty for all.
pub(crate) fn count_query(provider: Provider, table: &Name, condition: &str) -> String {
    let table = quote::name(provider, table);
    if condition.is_empty() {
        format!("SELECT count(*) FROM {table};")
    } else {
        format!("SELECT count(*) FROM {table} WHERE {condition};")
    }
}

/// The line that accepts a finding on purpose, for the end of a `help`.
pub(crate) fn allow_line(slug: &str, reason: &str) -> String {
    format!("-- prisma-safe: allow {slug} reason=\"{reason}\"")
}

/// The same name with another last part, such as `users` → `users_old`.
pub(crate) fn with_object(name: &Name, object: String) -> Name {
    let mut other = name.clone();
    other.object.value = object;
    other
}

/// How a table gets another name.
pub(crate) fn rename_table_sql(provider: Provider, table: &Name, to: &str) -> String {
    match provider {
        Provider::Sqlserver => {
            let full = quote::name(provider, table);
            format!("EXEC sp_rename {}, {};", quote::text(provider, &full), quote::text(provider, to))
        }
        _ => format!("ALTER TABLE {} RENAME TO {};", quote::name(provider, table), quote::ident(provider, to)),
    }
}

/// The type as SQL takes it: the members of MySQL's `ENUM` and `SET` written out.
pub(crate) fn type_sql(provider: Provider, of: &DataType) -> String {
    if of.members.is_empty() {
        return type_words(of);
    }
    let members: Vec<_> = of.members.iter().map(|member| quote::text(provider, member)).collect();
    format!("{}({})", of.name, members.join(", "))
}

/// The type as a reader knows it.
pub(crate) fn type_words(of: &DataType) -> String {
    let arguments: Vec<_> =
        of.arguments.iter().map(|n| if *n == u64::MAX { "max".to_owned() } else { n.to_string() }).collect();
    let arguments = if arguments.is_empty() { String::new() } else { format!("({})", arguments.join(",")) };
    format!("{}{arguments}{}{}", of.name, if of.unsigned { " unsigned" } else { "" }, if of.array { "[]" } else { "" })
}
