//! What each shape of `ALTER TABLE` costs, in the words of findings. The table itself is [`crate::sql::lock_facts::innodb`].

use crate::project::Provider;
use crate::sql::lock_facts::innodb::{Algorithm, Lock, of};
use crate::sql::model::Name;
use crate::sql::quote;

pub(super) use crate::sql::lock_facts::innodb::Shape;

/// What the shape means for those who use the table, in whole sentences.
pub(super) fn says(shape: Shape, table: &Name) -> String {
    let (algorithm, lock) = of(shape).mysql;
    match (algorithm, lock) {
        (Algorithm::Copy, _) => format!(
            "MySQL and MariaDB can do this only with ALGORITHM=COPY: all rows of `{table}` are written into a new table, with the disk space for a second \
             one, and every INSERT, UPDATE and DELETE waits until that is done."
        ),
        (_, Lock::Shared) => {
            format!("This needs LOCK=SHARED: every INSERT, UPDATE and DELETE on `{table}` waits until it is done.")
        }
        (Algorithm::InPlace, Lock::None) => format!(
            "The whole of `{table}` is written again beside the running writes, which takes the disk space for a second one and holds replicas up for as long."
        ),
        _ => format!("This changes `{table}` beside the running statements."),
    }
}

/// How to do it without stopping writes, for a column.
pub(super) const ONLINE_TOOL: &str = "On a large table let an online schema change tool (gh-ost, pt-online-schema-change) do it, and record the migration with `cargo prisma-safe resolve`.";

/// A query for the size and the estimated rows of a table.
pub(super) fn size_query(name: &Name) -> String {
    let text = |value: &str| quote::text(Provider::Mysql, value);
    let schema = name.schema.as_ref().map_or_else(|| "DATABASE()".to_owned(), |schema| text(&schema.value));
    format!(
        "SELECT table_rows, ROUND((data_length + index_length) / 1048576) AS mebibytes\n\
         FROM information_schema.tables WHERE table_schema = {schema} AND table_name = {};",
        text(&name.object.value)
    )
}
