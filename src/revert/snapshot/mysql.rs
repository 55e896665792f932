//! MySQL 5.7 and newer, MariaDB 10.2 and newer: `information_schema`, and `SHOW CREATE` for what has a body.
//!
//! Every query gives rows of kind, table, name, attribute, value; a NULL value is no attribute. The two servers have other columns for the
//! same things; which ones there are is asked first.

use super::{LEDGER, Snapshot};
use crate::project::Provider;
use crate::revert::throwaway::{Session, SqlFailure};
use crate::sql::quote;

const DATABASE: &str = "SELECT 'database', '', 'defaults', 'character set', default_character_set_name FROM information_schema.schemata WHERE schema_name = DATABASE() \
    UNION ALL SELECT 'database', '', 'defaults', 'collation', default_collation_name FROM information_schema.schemata WHERE schema_name = DATABASE()";

const TABLES: &str = "SELECT table_name, table_type, engine, table_collation, table_comment, create_options \
    FROM information_schema.tables WHERE table_schema = DATABASE() AND table_type <> 'VIEW' ORDER BY table_name";

const COLUMNS: &str = "SELECT c.table_name, c.column_name, c.column_type, c.is_nullable, c.column_default, c.character_set_name, c.collation_name, \
    c.extra, c.column_comment, nullif(c.generation_expression, '') \
    FROM information_schema.columns c JOIN information_schema.tables t ON t.table_schema = c.table_schema AND t.table_name = c.table_name AND t.table_type <> 'VIEW' \
    WHERE c.table_schema = DATABASE() ORDER BY c.table_name, c.ordinal_position";

const KEYS: &str = "SELECT k.table_name, k.constraint_name, group_concat(k.column_name ORDER BY k.ordinal_position SEPARATOR ', '), min(k.referenced_table_name), \
    group_concat(k.referenced_column_name ORDER BY k.ordinal_position SEPARATOR ', '), min(r.delete_rule), min(r.update_rule) \
    FROM information_schema.key_column_usage k JOIN information_schema.referential_constraints r \
      ON r.constraint_schema = k.constraint_schema AND r.constraint_name = k.constraint_name AND r.table_name = k.table_name \
    WHERE k.table_schema = DATABASE() AND k.referenced_table_name IS NOT NULL GROUP BY k.table_name, k.constraint_name";

const PARTITIONS: &str = "SELECT table_name, partition_name, subpartition_name, partition_method, partition_expression, partition_description, \
    subpartition_method, subpartition_expression FROM information_schema.partitions \
    WHERE table_schema = DATABASE() AND partition_name IS NOT NULL ORDER BY table_name, partition_ordinal_position, subpartition_ordinal_position";

const TRIGGERS: &str = "SELECT event_object_table, trigger_name, concat_ws(' ', action_timing, event_manipulation), action_statement, cast(action_order AS char), sql_mode \
    FROM information_schema.triggers WHERE trigger_schema = DATABASE()";

const GRANTS: &str = "SELECT table_name, grantee, group_concat(concat(privilege_type, if(is_grantable = 'YES', ' with grant option', '')) ORDER BY privilege_type SEPARATOR ', ') \
      FROM information_schema.table_privileges WHERE table_schema = DATABASE() GROUP BY table_name, grantee \
    UNION ALL SELECT '', grantee, group_concat(concat(privilege_type, if(is_grantable = 'YES', ' with grant option', '')) ORDER BY privilege_type SEPARATOR ', ') \
      FROM information_schema.schema_privileges WHERE table_schema = DATABASE() GROUP BY grantee \
    UNION ALL SELECT concat(table_name, '.', column_name), grantee, group_concat(privilege_type ORDER BY privilege_type SEPARATOR ', ') \
      FROM information_schema.column_privileges WHERE table_schema = DATABASE() GROUP BY table_name, column_name, grantee";

pub(super) fn take(session: &mut dyn Session) -> Result<Snapshot, SqlFailure> {
    let mut snapshot = Snapshot::default();
    // Lists have no end, and numbers of rows are not to be remembered from yesterday.
    session.execute("SET group_concat_max_len = 16777216")?;
    let has = features(session)?;
    for row in session.query(DATABASE)? {
        let [kind, of, name, attribute, value] = fields(row);
        snapshot.put(&kind, &of, &name).insert(attribute, value);
    }
    tables(session, &mut snapshot)?;
    for row in session.query(COLUMNS)? {
        column(&mut snapshot, row);
    }
    indexes(session, &mut snapshot, &has)?;
    for row in session.query(KEYS)? {
        let [table, name, from, to, columns, on_delete, on_update] = fields(row);
        let key = snapshot.put("foreign key", &table, &name);
        key.insert("definition".to_owned(), format!("({from}) to {to} ({columns})"));
        key.insert("action on delete".to_owned(), on_delete);
        key.insert("action on update".to_owned(), on_update);
    }
    checks(session, &mut snapshot, &has)?;
    for row in session.query(PARTITIONS)? {
        let [table, name, sub, method, expression, description, sub_method, sub_expression] = fields(row);
        let name = if sub.is_empty() { name } else { format!("{name}.{sub}") };
        let text = format!("{method} {expression} {description} {sub_method} {sub_expression}");
        snapshot.put("partition", &table, &name).insert("definition".to_owned(), text.trim().to_owned());
    }
    bodies(session, &mut snapshot)?;
    for row in session.query(GRANTS)? {
        let [table, grantee, privileges] = fields(row);
        snapshot.put("grants", &table, &grantee).insert("list of privileges".to_owned(), privileges);
    }
    snapshot.objects.retain(|object, _| object.of != LEDGER && object.name != LEDGER);
    snapshot.order.remove(LEDGER);
    Ok(snapshot)
}

/// Columns of `information_schema` that not every server has.
struct Features {
    /// `statistics.expression`, `statistics.is_visible`: MySQL 8.
    expressions: bool,
    /// `statistics.ignored`: MariaDB 10.6.
    ignored: bool,
    /// `check_constraints`: MySQL 8.0.16, MariaDB 10.2.
    checks: bool,
    /// `check_constraints.table_name`: MariaDB.
    check_tables: bool,
    /// `table_constraints.enforced`: MySQL 8.0.16.
    enforced: bool,
}

fn features(session: &mut dyn Session) -> Result<Features, SqlFailure> {
    let rows = session.query(
        "SELECT lower(concat(table_name, '.', column_name)) FROM information_schema.columns WHERE table_schema = 'information_schema' \
         AND lower(table_name) IN ('statistics', 'check_constraints', 'table_constraints')",
    )?;
    let names: Vec<String> = rows.into_iter().flatten().flatten().collect();
    let has = |name: &str| names.iter().any(|found| found == name);
    Ok(Features {
        expressions: has("statistics.expression"),
        ignored: has("statistics.ignored"),
        checks: has("check_constraints.check_clause"),
        check_tables: has("check_constraints.table_name"),
        enforced: has("table_constraints.enforced"),
    })
}

fn tables(session: &mut dyn Session, snapshot: &mut Snapshot) -> Result<(), SqlFailure> {
    for row in session.query(TABLES)? {
        let [name, kind, engine, collation, comment, options] = fields(row);
        if kind == "SEQUENCE" {
            let text = show(session, "SEQUENCE", &name, 1)?;
            snapshot.put("sequence", "", &name).insert("definition".to_owned(), text);
            continue;
        }
        let table = snapshot.put("table", "", &name);
        let mut put = |attribute: &str, value: String| {
            if !value.is_empty() {
                table.insert(attribute.to_owned(), value);
            }
        };
        put("kind", kind);
        put("engine", engine);
        put("collation", collation);
        put("comment", comment);
        put("options", options);
    }
    Ok(())
}

fn column(snapshot: &mut Snapshot, row: Vec<Option<String>>) {
    let default = row.get(4).cloned().flatten();
    let [table, name, data_type, nullable, _, charset, collation, extra, comment, expression] = fields(row);
    let order = snapshot.order.entry(table.clone()).or_default();
    order.push_str(if order.is_empty() { "" } else { ", " });
    order.push_str(&name);
    let column = snapshot.put("column", &table, &name);
    let mut put = |attribute: &str, value: String| {
        if !value.is_empty() {
            column.insert(attribute.to_owned(), value);
        }
    };
    put("type", data_type);
    put("nullability", if nullable == "YES" { "NULL" } else { "NOT NULL" }.to_owned());
    put("character set", charset);
    put("collation", collation);
    put("comment", comment);
    put("expression", expression);
    let extra = extra.to_lowercase();
    let words = |wanted: &str| extra.contains(wanted);
    if words("auto_increment") {
        put("AUTO_INCREMENT", "on".to_owned());
    }
    if words("virtual generated") || words("stored generated") || words("persistent") {
        put("way of being computed", if words("virtual") { "virtual" } else { "stored" }.to_owned());
    }
    if words("default_generated") {
        put("kind of default", "expression".to_owned());
    }
    if words("invisible") {
        put("visibility", "invisible".to_owned());
    }
    if let Some((_, update)) = extra.split_once("on update ") {
        put("ON UPDATE", update.split_whitespace().next().unwrap_or_default().to_owned());
    }
    if let Some(default) = default {
        // An empty text is a default too. MariaDB says NULL for none, where there may be one.
        column.insert("default".to_owned(), if default.is_empty() { "''".to_owned() } else { default });
    }
}

fn indexes(session: &mut dyn Session, snapshot: &mut Snapshot, has: &Features) -> Result<(), SqlFailure> {
    let part = if has.expressions { "coalesce(column_name, concat('(', expression, ')'))" } else { "column_name" };
    let visible = match (has.expressions, has.ignored) {
        (true, _) => "min(is_visible)",
        (false, true) => "if(min(ignored) = 'YES', 'NO', 'YES')",
        (false, false) => "'YES'",
    };
    let query = format!(
        "SELECT table_name, index_name, cast(min(non_unique) AS char), min(index_type), {visible}, min(index_comment), \
         group_concat(concat({part}, coalesce(concat('(', sub_part, ')'), ''), if(collation = 'D', ' DESC', '')) ORDER BY seq_in_index SEPARATOR ', ') \
         FROM information_schema.statistics WHERE table_schema = DATABASE() GROUP BY table_name, index_name"
    );
    for row in session.query(&query)? {
        let [table, name, not_unique, kind, visible, comment, columns] = fields(row);
        let index = if name == "PRIMARY" {
            snapshot.put("primary key", &table, &name)
        } else {
            let index = snapshot.put("index", &table, &name);
            index.insert("uniqueness".to_owned(), if not_unique == "0" { "unique" } else { "not unique" }.to_owned());
            index
        };
        index.insert("column list".to_owned(), columns);
        index.insert("type".to_owned(), kind);
        if visible == "NO" {
            index.insert("visibility".to_owned(), "invisible".to_owned());
        }
        if !comment.is_empty() {
            index.insert("comment".to_owned(), comment);
        }
    }
    Ok(())
}

fn checks(session: &mut dyn Session, snapshot: &mut Snapshot, has: &Features) -> Result<(), SqlFailure> {
    if !has.checks {
        return Ok(());
    }
    let query = if has.check_tables {
        "SELECT table_name, constraint_name, check_clause, 'YES' FROM information_schema.check_constraints WHERE constraint_schema = DATABASE()".to_owned()
    } else {
        format!(
            "SELECT t.table_name, c.constraint_name, c.check_clause, {} FROM information_schema.check_constraints c \
             JOIN information_schema.table_constraints t ON t.constraint_schema = c.constraint_schema AND t.constraint_name = c.constraint_name \
             AND t.constraint_type = 'CHECK' WHERE c.constraint_schema = DATABASE()",
            if has.enforced { "t.enforced" } else { "'YES'" }
        )
    };
    for row in session.query(&query)? {
        let [table, name, clause, enforced] = fields(row);
        let check = snapshot.put("check", &table, &name);
        check.insert("definition".to_owned(), clause);
        if enforced == "NO" {
            check.insert("enforcement".to_owned(), "off".to_owned());
        }
    }
    Ok(())
}

/// What has a body: views, triggers, routines, events.
fn bodies(session: &mut dyn Session, snapshot: &mut Snapshot) -> Result<(), SqlFailure> {
    let database = session.query("SELECT DATABASE()")?.into_iter().flatten().flatten().next().unwrap_or_default();
    // The database is another one each time.
    let own = format!("{}.", quote::ident(Provider::Mysql, &database));
    for row in session.query("SELECT table_name FROM information_schema.views WHERE table_schema = DATABASE()")? {
        let [name] = fields(row);
        let text = show(session, "VIEW", &name, 1)?.replace(&own, "");
        snapshot.put("view", "", &name).insert("definition".to_owned(), text);
    }
    for row in session.query(TRIGGERS)? {
        let [table, name, moment, body, order, mode] = fields(row);
        let trigger = snapshot.put("trigger", &table, &name);
        trigger.insert("moment".to_owned(), moment);
        trigger.insert("definition".to_owned(), body);
        trigger.insert("place among others".to_owned(), order);
        trigger.insert("SQL mode".to_owned(), mode);
    }
    let routines = "SELECT routine_type, routine_name FROM information_schema.routines WHERE routine_schema = DATABASE() AND routine_type IN ('FUNCTION', 'PROCEDURE')";
    for row in session.query(routines)? {
        let [kind, name] = fields(row);
        let text = show(session, &kind, &name, 2)?;
        snapshot.put(&kind.to_lowercase(), "", &name).insert("definition".to_owned(), text);
    }
    for row in session.query("SELECT event_name FROM information_schema.events WHERE event_schema = DATABASE()")? {
        let [name] = fields(row);
        let text = show(session, "EVENT", &name, 3)?;
        snapshot.put("event", "", &name).insert("definition".to_owned(), text);
    }
    Ok(())
}

fn show(session: &mut dyn Session, kind: &str, name: &str, at: usize) -> Result<String, SqlFailure> {
    let rows = session.query(&format!("SHOW CREATE {kind} {}", quote::ident(Provider::Mysql, name)))?;
    Ok(rows.into_iter().next().and_then(|row| row.into_iter().nth(at).flatten()).unwrap_or_default())
}

fn fields<const N: usize>(row: Vec<Option<String>>) -> [String; N] {
    let mut cells = row.into_iter();
    std::array::from_fn(|_| cells.next().flatten().unwrap_or_default())
}
