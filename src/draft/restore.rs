//! A revert script from what the database's catalogue said before and says after a migration: for SQL that was written by hand, where no
//! schema can be asked for the way back.
//!
//! It restores the schema, in an order that dependencies allow, and no data: what the migration has dropped is gone, and only an archive step in the
//! migration itself can keep it. Required columns come back with a placeholder. PostgreSQL only. What it cannot write it says.
//!
//! To add a kind: a function like the others, and its place in [`restore`], which is the order of the script.

use std::collections::BTreeMap;

use crate::project::Provider;
use crate::revert::snapshot::{Object, Snapshot};
use crate::sql::quote;

/// What was made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Restored {
    /// Statements without `;`, in order.
    pub statements: Vec<String>,
    /// What is different and has no statement here.
    pub cannot: Vec<String>,
}

impl Restored {
    /// The script.
    #[must_use]
    pub fn script(&self, migration: &str) -> String {
        let mut text = format!(
            "-- Reverts {migration}.\n-- Made from what the database's catalogue says before and after it. It restores the schema;\n\
             -- values that the migration has dropped are not in it.\n"
        );
        for what in &self.cannot {
            text.push_str(&format!("-- Not restored: {}\n", what.replace(['\n', '\r'], " ")));
        }
        text.push_str("BEGIN;\n");
        for statement in &self.statements {
            text.push_str(statement);
            text.push_str(";\n");
        }
        text.push_str("COMMIT;\n");
        text
    }
}

type Attributes = BTreeMap<String, String>;

/// Kinds whose definition is their statement's last part.
const CONSTRAINTS: [&str; 5] = ["primary key", "unique key", "check", "exclusion constraint", "foreign key"];

/// Writes what makes `before` of `after`.
#[must_use]
pub fn restore(before: &Snapshot, after: &Snapshot) -> Restored {
    let mut difference = Difference { before, after, out: Restored::default(), swapped: Vec::new() };
    difference.drop_what_depends();
    difference.types();
    difference.sequences();
    difference.tables();
    difference.columns();
    difference.owners();
    difference.drop_types();
    difference.constraints();
    difference.definitions();
    difference.comments();
    difference.rest();
    difference.out
}

struct Difference<'a> {
    before: &'a Snapshot,
    after: &'a Snapshot,
    out: Restored,
    /// Enums that are made anew.
    swapped: Vec<String>,
}

/// `schema.name` as snapshots write it, quoted.
fn quoted(shown: &str) -> String {
    match shown.split_once('.') {
        Some((schema, name)) => format!("{}.{}", ident(schema), ident(name)),
        None => ident(shown),
    }
}

fn ident(name: &str) -> String {
    quote::ident(Provider::Postgresql, name)
}

fn value<'v>(attributes: &'v Attributes, name: &str) -> Option<&'v str> {
    attributes.get(name).map(String::as_str)
}

impl<'a> Difference<'a> {
    fn run(&mut self, statement: String) {
        self.out.statements.push(statement);
    }

    fn of_kind(snapshot: &'a Snapshot, kind: &'a str) -> impl Iterator<Item = (&'a Object, &'a Attributes)> {
        snapshot.objects.iter().filter(move |(object, _)| object.kind == kind)
    }

    /// There before, and not the same now.
    fn to_make(&self, kind: &'a str) -> Vec<(&'a Object, &'a Attributes)> {
        let same = |object: &Object, old: &Attributes| {
            self.after.objects.get(object).is_some_and(|new| new.get("definition") == old.get("definition"))
        };
        Self::of_kind(self.before, kind).filter(|(object, old)| !same(object, old)).collect()
    }

    /// There now, and not the same before.
    fn to_drop(&self, kind: &'a str) -> Vec<&'a Object> {
        let same = |object: &Object, new: &Attributes| {
            self.before.objects.get(object).is_some_and(|old| new.get("definition") == old.get("definition"))
        };
        Self::of_kind(self.after, kind).filter(|(object, new)| !same(object, new)).map(|(object, _)| object).collect()
    }

    fn drop_what_depends(&mut self) {
        for (kind, word) in [("trigger", "TRIGGER"), ("policy", "POLICY"), ("rule", "RULE")] {
            for object in self.to_drop(kind) {
                self.run(format!("DROP {word} {} ON {}", ident(&object.name), quoted(&object.of)));
            }
        }
        for (kind, word) in [("view", "VIEW"), ("materialized view", "MATERIALIZED VIEW")] {
            for object in self.to_drop(kind) {
                self.run(format!("DROP {word} {}", quoted(&object.name)));
            }
        }
        // Foreign keys first: the keys that they need come after them.
        for kind in CONSTRAINTS.into_iter().rev() {
            for object in self.to_drop(kind).into_iter().filter(|object| self.before.has_table(&object.of)) {
                self.run(format!("ALTER TABLE {} DROP CONSTRAINT {}", quoted(&object.of), ident(&object.name)));
            }
        }
        for object in self.to_drop("index").into_iter().filter(|object| self.before.has_table(&object.of)) {
            let name = match object.of.split_once('.') {
                Some((schema, _)) => format!("{}.{}", ident(schema), ident(&object.name)),
                None => ident(&object.name),
            };
            self.run(format!("DROP INDEX {name}"));
        }
    }

    fn types(&mut self) {
        for (object, old) in Self::of_kind(self.before, "schema") {
            if !self.after.objects.contains_key(object) {
                let _ = old;
                self.run(format!("CREATE SCHEMA {}", ident(&object.name)));
            }
        }
        for (object, old) in Self::of_kind(self.before, "extension") {
            if !self.after.objects.contains_key(object) {
                let _ = old;
                self.run(format!("CREATE EXTENSION IF NOT EXISTS {}", ident(&object.name)));
            }
        }
        let list = |attributes: &Attributes| {
            let labels = value(attributes, "list of values").unwrap_or_default();
            let labels = labels.split(", ").filter(|label| !label.is_empty());
            labels.map(|label| quote::text(Provider::Postgresql, label)).collect::<Vec<_>>().join(", ")
        };
        for (object, old) in Self::of_kind(self.before, "enum") {
            match self.after.objects.get(object) {
                Some(new) if new.get("list of values") == old.get("list of values") => continue,
                Some(_) => {
                    let passing = passing_name(&object.name);
                    self.run(format!("ALTER TYPE {} RENAME TO {}", quoted(&object.name), ident(&passing)));
                    self.swapped.push(object.name.clone());
                }
                None => {}
            }
            self.run(format!("CREATE TYPE {} AS ENUM ({})", quoted(&object.name), list(old)));
        }
        for (object, old) in Self::of_kind(self.before, "domain") {
            if !self.after.objects.contains_key(object) {
                let definition = value(old, "definition").unwrap_or_default();
                self.run(format!("CREATE DOMAIN {} AS {definition}", quoted(&object.name)));
            }
        }
    }

    /// Those of identity columns come with them.
    fn sequences(&mut self) {
        for (object, old) in self.missing("sequence") {
            if self.is_of_identity(old) {
                continue;
            }
            let definition = value(old, "definition").unwrap_or_default();
            let words = format!(" {definition}")
                .replace(" by ", " INCREMENT ")
                .replace(" from ", " MINVALUE ")
                .replace(" to ", " MAXVALUE ")
                .replace(" start ", " START ")
                .replace(" cache ", " CACHE ");
            self.run(format!("CREATE SEQUENCE {} AS{words}", quoted(&object.name)));
        }
    }

    fn is_of_identity(&self, sequence: &Attributes) -> bool {
        let Some((table, column)) = value(sequence, "owner").and_then(|owner| owner.rsplit_once('.')) else {
            return false;
        };
        Self::of_kind(self.before, "column").any(|(object, attributes)| {
            object.name == column && object.of.rsplit('.').next() == Some(table) && attributes.contains_key("identity")
        })
    }

    fn owners(&mut self) {
        for (object, old) in self.missing("sequence") {
            if let Some((table, column)) = value(old, "owner").and_then(|owner| owner.rsplit_once('.'))
                && !self.is_of_identity(old)
            {
                let schema = object.name.split_once('.').map(|(schema, _)| format!("{}.", ident(schema)));
                let schema = schema.unwrap_or_default();
                let name = quoted(&object.name);
                self.run(format!("ALTER SEQUENCE {name} OWNED BY {schema}{}.{}", ident(table), ident(column)));
            }
        }
    }

    fn missing(&self, kind: &'a str) -> Vec<(&'a Object, &'a Attributes)> {
        Self::of_kind(self.before, kind).filter(|(object, _)| !self.after.objects.contains_key(*object)).collect()
    }

    fn tables(&mut self) {
        let added: Vec<&Object> = Self::of_kind(self.after, "table")
            .map(|(object, _)| object)
            .filter(|object| !self.before.objects.contains_key(*object))
            .collect();
        // They may point at each other.
        for kind in CONSTRAINTS.into_iter().rev().take(1) {
            for (object, _) in Self::of_kind(self.after, kind) {
                if added.iter().any(|table| table.name == object.of) {
                    self.run(format!("ALTER TABLE {} DROP CONSTRAINT {}", quoted(&object.of), ident(&object.name)));
                }
            }
        }
        for table in added {
            self.run(format!("DROP TABLE {}", quoted(&table.name)));
        }
        for (object, old) in self.missing("table") {
            if value(old, "kind") != Some("plain") {
                let kind = value(old, "kind").unwrap_or_default();
                self.out.cannot.push(format!("the {kind} table {}", object.name));
                continue;
            }
            let unlogged = if value(old, "persistence") == Some("u") { "UNLOGGED " } else { "" };
            let columns: Vec<String> = self
                .columns_in_order(&object.name)
                .into_iter()
                .map(|(column, attributes)| format!("    {}", definition(&column.name, attributes)))
                .collect();
            self.run(format!("CREATE {unlogged}TABLE {} (\n{}\n)", quoted(&object.name), columns.join(",\n")));
            if let Some(identity) = value(old, "row security") {
                let word = if identity == "forced" { "FORCE" } else { "ENABLE" };
                self.run(format!("ALTER TABLE {} {word} ROW LEVEL SECURITY", quoted(&object.name)));
            }
        }
    }

    fn columns_in_order(&self, table: &str) -> Vec<(&'a Object, &'a Attributes)> {
        let order: Vec<&str> =
            self.before.order.get(table).map(|order| order.split(", ").collect()).unwrap_or_default();
        let mut columns: Vec<_> =
            Self::of_kind(self.before, "column").filter(|(object, _)| object.of == table).collect();
        columns.sort_by_key(|(object, _)| order.iter().position(|name| *name == object.name));
        columns
    }

    fn columns(&mut self) {
        let kept: Vec<String> = Self::of_kind(self.before, "table")
            .map(|(object, _)| object)
            .filter(|object| self.after.objects.contains_key(*object))
            .map(|object| object.name.clone())
            .collect();
        for table in kept {
            let name = quoted(&table);
            for (column, old) in self.columns_in_order(&table) {
                match self.after.objects.get(column) {
                    None => self.add_column(&name, column, old),
                    Some(new) => self.change_column(&name, column, old, new),
                }
            }
            let added = Self::of_kind(self.after, "column")
                .filter(|(object, _)| object.of == table && !self.before.objects.contains_key(*object))
                .map(|(object, _)| format!("ALTER TABLE {name} DROP COLUMN {}", ident(&object.name)));
            let added: Vec<String> = added.collect();
            self.out.statements.extend(added);
        }
    }

    fn add_column(&mut self, table: &str, column: &Object, old: &Attributes) {
        let required = value(old, "nullability") == Some("NOT NULL");
        let filled = ["default", "identity", "expression"].iter().any(|name| old.contains_key(*name));
        let definition = definition(&column.name, old);
        if !required || filled {
            self.run(format!("ALTER TABLE {table} ADD COLUMN {definition}"));
            return;
        }
        let name = ident(&column.name);
        match self.placeholder(value(old, "type").unwrap_or_default()) {
            Some(placeholder) => {
                self.run(format!("ALTER TABLE {table} ADD COLUMN {definition} DEFAULT {placeholder}"));
                self.run(format!("ALTER TABLE {table} ALTER COLUMN {name} DROP DEFAULT"));
            }
            None => self.run(format!("ALTER TABLE {table} ADD COLUMN {definition}")),
        }
    }

    fn change_column(&mut self, table: &str, column: &Object, old: &Attributes, new: &Attributes) {
        let name = ident(&column.name);
        let same = |attribute: &str| old.get(attribute) == new.get(attribute);
        let data_type = value(old, "type").unwrap_or_default();
        if !same("expression") {
            self.run(format!("ALTER TABLE {table} DROP COLUMN {name}"));
            self.run(format!("ALTER TABLE {table} ADD COLUMN {}", definition(&column.name, old)));
            return;
        }
        let retyped = !same("type") || !same("collation") || self.is_swapped(data_type);
        if new.contains_key("identity") && !same("identity") {
            self.run(format!("ALTER TABLE {table} ALTER COLUMN {name} DROP IDENTITY"));
        }
        // A default of the old type may have no cast.
        if new.contains_key("default") && (retyped || !same("default")) {
            self.run(format!("ALTER TABLE {table} ALTER COLUMN {name} DROP DEFAULT"));
        }
        if retyped {
            let collation = value(old, "collation").map(|name| format!(" COLLATE {}", ident(name))).unwrap_or_default();
            let through = if self.is_enum(data_type) { "::text" } else { "" };
            let through = if data_type.ends_with("[]") && !through.is_empty() { "::text[]" } else { through };
            self.run(format!(
                "ALTER TABLE {table} ALTER COLUMN {name} TYPE {data_type}{collation} USING {name}{through}::{data_type}"
            ));
        }
        if let Some(default) = value(old, "default")
            && (retyped || !same("default"))
        {
            self.run(format!("ALTER TABLE {table} ALTER COLUMN {name} SET DEFAULT {default}"));
        }
        if !same("nullability") {
            let word = if value(old, "nullability") == Some("NOT NULL") { "SET" } else { "DROP" };
            self.run(format!("ALTER TABLE {table} ALTER COLUMN {name} {word} NOT NULL"));
        }
        if let Some(identity) = value(old, "identity")
            && !same("identity")
        {
            let identity = identity.to_uppercase();
            self.run(format!("ALTER TABLE {table} ALTER COLUMN {name} ADD GENERATED {identity} AS IDENTITY"));
        }
    }

    fn enum_named(&self, data_type: &str) -> Option<&'a Object> {
        let bare = data_type.trim_end_matches("[]");
        Self::of_kind(self.before, "enum")
            .map(|(object, _)| object)
            .find(|object| bare == object.name || bare.replace('"', "") == object.name)
    }

    fn is_enum(&self, data_type: &str) -> bool {
        self.enum_named(data_type).is_some()
    }

    fn is_swapped(&self, data_type: &str) -> bool {
        self.enum_named(data_type).is_some_and(|object| self.swapped.contains(&object.name))
    }

    /// A value for rows that are there.
    fn placeholder(&self, data_type: &str) -> Option<String> {
        if let Some(object) = self.enum_named(data_type).filter(|_| !data_type.ends_with("[]")) {
            let labels = value(self.before.objects.get(object)?, "list of values")?;
            return Some(quote::text(Provider::Postgresql, labels.split(", ").next()?));
        }
        let bare = data_type.split('(').next().unwrap_or(data_type).trim();
        Some(
            match bare {
                _ if data_type.ends_with("[]") => "'{}'",
                "text" | "character varying" | "character" | "citext" | "bytea" => "''",
                "boolean" => "false",
                "json" | "jsonb" => "'{}'",
                "uuid" => "'00000000-0000-0000-0000-000000000000'",
                "date" => "'1970-01-01'",
                "interval" => "'0'",
                _ if bare.starts_with("timestamp") => "'1970-01-01'",
                _ if bare.starts_with("time") => "'00:00'",
                "smallint" | "integer" | "bigint" | "numeric" | "real" | "double precision" => "0",
                _ => return None,
            }
            .to_owned(),
        )
    }

    fn drop_types(&mut self) {
        for name in self.swapped.clone() {
            let passing = passing_name(&name);
            let schema = name.split_once('.').map(|(schema, _)| format!("{}.", ident(schema))).unwrap_or_default();
            self.run(format!("DROP TYPE {schema}{}", ident(&passing)));
        }
        for (kind, word) in [("domain", "DOMAIN"), ("enum", "TYPE"), ("type", "TYPE")] {
            let added: Vec<&Object> = Self::of_kind(self.after, kind)
                .map(|(object, _)| object)
                .filter(|object| !self.before.objects.contains_key(*object))
                .collect();
            for object in added {
                self.run(format!("DROP {word} {}", quoted(&object.name)));
            }
        }
    }

    fn constraints(&mut self) {
        for kind in CONSTRAINTS {
            if kind == "foreign key" {
                // Unique indexes may be what they point at.
                for (_, attributes) in self.to_make("index") {
                    self.run(value(attributes, "definition").unwrap_or_default().to_owned());
                }
            }
            for (object, attributes) in self.to_make(kind) {
                let definition = value(attributes, "definition").unwrap_or_default();
                let (table, name) = (quoted(&object.of), ident(&object.name));
                self.run(format!("ALTER TABLE {table} ADD CONSTRAINT {name} {definition}"));
            }
        }
    }

    fn definitions(&mut self) {
        let changed = self.to_make("function");
        for (_, attributes) in changed {
            self.run(value(attributes, "definition").unwrap_or_default().trim().to_owned());
        }
        for (kind, word) in [("view", "VIEW"), ("materialized view", "MATERIALIZED VIEW")] {
            for (object, attributes) in self.to_make(kind) {
                let query = value(attributes, "definition").unwrap_or_default().trim().trim_end_matches(';');
                self.run(format!("CREATE {word} {} AS {query}", quoted(&object.name)));
            }
        }
        for kind in ["trigger", "rule"] {
            for (_, attributes) in self.to_make(kind) {
                let definition = value(attributes, "definition").unwrap_or_default();
                self.run(definition.trim().trim_end_matches(';').to_owned());
            }
        }
        let added: Vec<&Object> = Self::of_kind(self.after, "function")
            .map(|(object, _)| object)
            .filter(|object| !self.before.objects.contains_key(*object))
            .collect();
        for object in added {
            // Name and arguments are written as one.
            let (name, arguments) = object.name.split_once('(').unwrap_or((&object.name, ")"));
            self.run(format!("DROP ROUTINE {}({arguments}", quoted(name)));
        }
    }

    fn comments(&mut self) {
        for (object, old) in &self.before.objects {
            let Some(comment) = value(old, "comment") else { continue };
            let now = self.after.objects.get(object).and_then(|new| value(new, "comment"));
            if now == Some(comment) {
                continue;
            }
            let text = quote::text(Provider::Postgresql, comment);
            match &*object.kind {
                "table" => self.run(format!("COMMENT ON TABLE {} IS {text}", quoted(&object.name))),
                "column" => {
                    let column = format!("{}.{}", quoted(&object.of), ident(&object.name));
                    self.run(format!("COMMENT ON COLUMN {column} IS {text}"));
                }
                _ => self.out.cannot.push(format!("the comment on {} {}", object.kind, object.name)),
            }
        }
    }

    /// What is known to be different and has no statement above.
    fn rest(&mut self) {
        for kind in ["policy", "type", "aggregate", "statistics object", "collation", "event trigger", "publication"] {
            for (object, _) in self.to_make(kind) {
                self.out.cannot.push(format!("the {kind} {}", object.name));
            }
        }
        for (object, _) in Self::of_kind(self.after, "extension") {
            if !self.before.objects.contains_key(object) {
                self.run(format!("DROP EXTENSION {}", ident(&object.name)));
            }
        }
        for (object, _) in Self::of_kind(self.after, "schema") {
            if !self.before.objects.contains_key(object) {
                self.run(format!("DROP SCHEMA {}", ident(&object.name)));
            }
        }
        let added: Vec<&Object> = Self::of_kind(self.after, "sequence")
            .filter(|(object, new)| !self.before.objects.contains_key(*object) && !new.contains_key("owner"))
            .map(|(object, _)| object)
            .collect();
        for object in added {
            self.run(format!("DROP SEQUENCE {}", quoted(&object.name)));
        }
    }
}

fn passing_name(shown: &str) -> String {
    let name = shown.split_once('.').map_or(shown, |(_, name)| name);
    format!("{name}_before_revert")
}

/// A column as `CREATE TABLE` and `ADD COLUMN` write it.
fn definition(name: &str, attributes: &Attributes) -> String {
    let mut text = format!("{} {}", ident(name), value(attributes, "type").unwrap_or_default());
    if let Some(collation) = value(attributes, "collation") {
        text.push_str(&format!(" COLLATE {}", ident(collation)));
    }
    if let Some(expression) = value(attributes, "expression") {
        text.push_str(&format!(" GENERATED ALWAYS AS ({expression}) STORED"));
    }
    if let Some(identity) = value(attributes, "identity") {
        text.push_str(&format!(" GENERATED {} AS IDENTITY", identity.to_uppercase()));
    }
    if value(attributes, "nullability") == Some("NOT NULL") {
        text.push_str(" NOT NULL");
    }
    if let Some(default) = value(attributes, "default") {
        text.push_str(&format!(" DEFAULT {default}"));
    }
    text
}
