//! Whether the effect of a statement exists in the catalogue: one arm for each kind of statement in our model.
//!
//! To add one: an arm in `claims`, a line in the test. A claim is something that the catalogue shows exactly when the statement is done.
//! What it cannot show is [`Seen::CannotTell`]: never a guess.

use super::catalogue::{Attributes, Catalogue};
use super::types;
use crate::sql::model::{
    Action, ColumnDef, Constraint, ConstraintKind, CreateIndex, CreateTable, DataType, Ident, Name, ObjectKind, Script,
};

/// What the catalogue says of one statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Seen {
    /// Its effect is there.
    Done,
    /// Its effect is not there.
    NotDone,
    /// The catalogue does not show it.
    CannotTell,
    /// It leaves nothing behind: `BEGIN`, `SET`, a comment.
    NoEffect,
}

/// What something is called, for finding the statements that are about the same thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Subject {
    kind: &'static str,
    /// Its table, for what belongs to one.
    of: String,
    name: String,
}

impl Subject {
    /// Whether a change to `other` changes this too: the same thing, or the table that it is in.
    pub(super) fn hangs_on(&self, other: &Subject) -> bool {
        self == other
            || (other.kind == "table" && (self.of == other.name || self.name == other.name && self.kind == "table"))
    }
}

/// One thing that the catalogue shows, or does not.
#[derive(Debug, Clone)]
pub(super) struct Claim {
    pub subject: Subject,
    pub seen: Seen,
    /// What was seen, for people.
    pub says: String,
    /// The statement makes the thing, rather than taking it away or changing it.
    pub makes: bool,
}

struct Look<'a> {
    script: &'a Script,
    catalogue: &'a Catalogue,
}

/// What an operation claims. Empty: the catalogue shows nothing of it. One arm for each kind, so it is longer than a page.
pub(super) fn claims(script: &Script, catalogue: &Catalogue, action: &Action) -> Vec<Claim> {
    let look = Look { script, catalogue };
    match action.alone() {
        Action::CreateTable(create) => vec![look.created_table(create)],
        Action::DropTable { names, .. } => names.iter().map(|name| look.table(name, false)).collect(),
        Action::RenameTable { table, to } => {
            let to = beside(table, to);
            vec![look.table(table, false), look.table(&to, true)]
        }
        Action::AddColumn { table, column, .. } => vec![look.added_column(table, column)],
        Action::DropColumn { table, column, .. } => vec![look.column(table, column, false)],
        Action::RenameColumn { table, column, to } => {
            vec![look.column(table, column, false), look.column(table, to, true)]
        }
        Action::AlterColumnType { table, column, to, .. } => {
            vec![look.attribute(table, column, |attributes| look.of_type(to, attributes))]
        }
        Action::SetNotNull { table, column } => vec![look.attribute(table, column, |found| nullability(found, false))],
        Action::DropNotNull { table, column } => vec![look.attribute(table, column, |found| nullability(found, true))],
        Action::SetDefault { table, column, default } => vec![look.attribute(table, column, |found| {
            let wanted = script.slice(default.span);
            match default_of(found) {
                None => (Seen::NotDone, "it has no default".to_owned()),
                Some(now) if same_expression(now, wanted) => (Seen::Done, format!("its default is {now}")),
                Some(now) => (Seen::CannotTell, format!("its default is {now}, the file says {wanted}")),
            }
        })],
        Action::DropDefault { table, column } => {
            vec![look.attribute(table, column, |found| match default_of(found) {
                None => (Seen::Done, "it has no default".to_owned()),
                Some(now) => (Seen::NotDone, format!("its default is {now}")),
            })]
        }
        Action::ModifyColumn { table, column, definition, .. } => look.modified(table, column, definition),
        Action::AddConstraint { table, constraint } => look.added_constraint(table, constraint),
        Action::ValidateConstraint { table, name } => vec![look.validated(table, name)],
        Action::DropConstraint { table, name, kind, .. } => vec![look.constraint(table, name, *kind, false)],
        Action::DropPrimaryKey { table } => vec![look.primary_key(table, false)],
        Action::RenameConstraint { table, name, to } => {
            vec![look.constraint(table, name, None, false), look.constraint(table, to, None, true)]
        }
        Action::CreateIndex(index) => look.created_index(index).into_iter().collect(),
        Action::DropIndex { names, table, .. } => {
            names.iter().map(|name| look.index(table.as_ref(), name, false)).collect()
        }
        Action::RenameIndex { table, index, to } => {
            let to = Name { object: to.clone(), ..index.clone() };
            vec![look.index(table.as_ref(), index, false), look.index(table.as_ref(), &to, true)]
        }
        other => of_other_objects(&look, other),
    }
}

/// Types, views, routines and what else stands beside tables.
fn of_other_objects(look: &Look<'_>, action: &Action) -> Vec<Claim> {
    const TYPES: [&str; 3] = ["enum", "domain", "type"];
    const VIEWS: [&str; 2] = ["view", "materialized view"];
    let catalogue = look.catalogue;
    match action {
        Action::CreateEnum { name, values } => {
            let values: Vec<&str> = values.iter().map(|value| &*value.value).collect();
            vec![look.enum_with(name, &values)]
        }
        Action::SwapEnum(swap) => {
            let values: Vec<&str> = swap.values.iter().map(String::as_str).collect();
            vec![look.enum_with(&swap.type_name, &values)]
        }
        Action::AddEnumValue { type_name, value, .. } => vec![look.enum_value(type_name, &value.value, true)],
        Action::RenameEnumValue { type_name, from, to } => {
            vec![look.enum_value(type_name, &from.value, false), look.enum_value(type_name, &to.value, true)]
        }
        Action::RenameType { type_name, to } => {
            let to = Name { object: to.clone(), ..type_name.clone() };
            vec![look.alone("type", &TYPES, type_name, false), look.alone("type", &TYPES, &to, true)]
        }
        Action::DropType { names, .. } => names.iter().map(|name| look.alone("type", &TYPES, name, false)).collect(),
        Action::CreateDomain { name, .. } => vec![look.alone("type", &TYPES, name, true)],
        Action::CreateView { name, or_replace, .. } => {
            vec![replaced(look.alone("view", &VIEWS, name, true), *or_replace)]
        }
        Action::CreateTrigger { name, table, or_replace } => {
            let found = catalogue.belonging("trigger", table.as_ref(), name).is_some();
            vec![replaced(look.claim("trigger", "", &name.to_string(), found, true), *or_replace)]
        }
        Action::CreateRoutine { name, or_replace, .. } => {
            let found = catalogue.routines(name) > 0;
            vec![replaced(look.claim("function", "", &name.to_string(), found, true), *or_replace)]
        }
        Action::RowSecurity { table, enabled, forced: None } => {
            let now = catalogue.table(table).map(|attributes| attributes.contains_key("row security"));
            let says = format!("row security of `{table}` is {}", if now == Some(true) { "on" } else { "off" });
            let seen = if now == Some(*enabled) { Seen::Done } else { Seen::NotDone };
            vec![Claim { subject: look.subject("row security", "", &catalogue.shown(table)), seen, says, makes: false }]
        }
        Action::CreateObject { kind, name, or_replace, table, .. } => {
            let claim = look.object(*kind, name, table.as_ref(), true);
            claim.map(|claim| replaced(claim, *or_replace)).into_iter().collect()
        }
        Action::DropObject { kind, names, table, .. } => {
            names.iter().filter_map(|name| look.object(*kind, name, table.as_ref(), false)).collect()
        }
        Action::RenameObject { kind, name, to } => {
            let to = Name { object: to.clone(), ..name.clone() };
            [look.object(*kind, name, None, false), look.object(*kind, &to, None, true)].into_iter().flatten().collect()
        }
        // The passing table of a rebuild, and the lasting one: see `rebuilt`.
        Action::RebuildTable(rebuild) => vec![look.created_table(&rebuild.definition)],
        _ => Vec::new(),
    }
}

/// Whether the lasting table of a rebuild is the new one: its own claim, since a table of that name was there before.
pub(super) fn rebuilt(script: &Script, catalogue: &Catalogue, table: &Name, definition: &CreateTable) -> Claim {
    let lasting = CreateTable { name: table.clone(), ..definition.clone() };
    let look = Look { script, catalogue };
    let mut claim = look.created_table(&lasting);
    // That there are columns of these names says little; types and nullability say more.
    let differs = definition.columns.iter().find_map(|column| {
        let found = catalogue.column(table, &column.name)?;
        if let Some(data_type) = &column.data_type
            && let (Seen::NotDone, says) = look.of_type(data_type, found)
        {
            return Some(format!("`{}`: {says}", column.name));
        }
        // The columns of a key are shown as each database pleases.
        if is_of_the_key(definition, column) {
            return None;
        }
        let (seen, says) = nullability(found, column.nullable != Some(false));
        if seen == Seen::NotDone {
            return Some(format!("`{}`: {says}", column.name));
        }
        let word = |has: bool| if has { "a default" } else { "no default" };
        let (now, wanted) = (default_of(found).is_some(), column.default.is_some());
        (now != wanted).then(|| format!("`{}` has {}", column.name, word(now)))
    });
    let differs = differs.or_else(|| {
        let made_of = definition.columns.len();
        let columns = catalogue.names_of("column", table).len();
        if columns != made_of {
            return Some(format!("it has {columns} columns, the new one {made_of}"));
        }
        let inside = || definition.columns.iter().flat_map(|column| &column.constraints).chain(&definition.constraints);
        [(ConstraintKind::ForeignKey, "foreign key"), (ConstraintKind::Check, "check")].into_iter().find_map(
            |(kind, word)| {
                let (now, wanted) =
                    (catalogue.names_of(word, table).len(), inside().filter(|one| one.kind == kind).count());
                (now != wanted).then(|| format!("it has {}, the new one {wanted}", crate::shell::count(now, word)))
            },
        )
    });
    match differs {
        Some(difference) => {
            claim.seen = Seen::NotDone;
            claim.says = format!("`{table}` is still the old one: {difference}");
        }
        None if claim.seen == Seen::CannotTell => {
            claim.seen = Seen::NotDone;
        }
        None => {}
    }
    claim
}

fn is_of_the_key(definition: &CreateTable, column: &ColumnDef) -> bool {
    let is_key = |constraint: &&Constraint| constraint.kind == ConstraintKind::PrimaryKey;
    let inside = column.constraints.iter().any(|constraint| is_key(&constraint));
    inside || definition.constraints.iter().filter(is_key).any(|constraint| constraint.columns.contains(&column.name))
}

/// A new name in the schema of the old one, where none is written.
fn beside(table: &Name, to: &Name) -> Name {
    if to.is_qualified() { to.clone() } else { Name { object: to.object.clone(), ..table.clone() } }
}

/// What is there may be what was there before.
fn replaced(mut claim: Claim, or_replace: bool) -> Claim {
    if or_replace && claim.seen == Seen::Done {
        claim.seen = Seen::CannotTell;
        claim.says.push_str("; which version of it, its text tells");
    }
    claim
}

fn nullability(found: &Attributes, nullable: bool) -> (Seen, String) {
    let now = found.get("nullability").map_or("", String::as_str);
    let wanted = if nullable { "NULL" } else { "NOT NULL" };
    let says = if now == "NULL" { "it may be NULL" } else { "it is NOT NULL" };
    (if now == wanted { Seen::Done } else { Seen::NotDone }, says.to_owned())
}

/// MariaDB writes the default of a column that has none as `NULL`.
fn default_of(found: &Attributes) -> Option<&String> {
    found.get("default").filter(|text| !text.eq_ignore_ascii_case("NULL"))
}

/// Casts, outer brackets, quotes of keywords and case are the database's way of writing.
fn same_expression(one: &str, other: &str) -> bool {
    let plain = |text: &str| {
        let text = text.trim();
        let text = text.split("::").next().unwrap_or(text).trim();
        let inner = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).unwrap_or(text);
        let inner = inner.trim().to_ascii_lowercase();
        inner.strip_suffix("()").unwrap_or(&inner).trim_matches('\'').to_owned()
    };
    plain(one) == plain(other)
}

impl Look<'_> {
    fn subject(&self, kind: &'static str, of: &str, name: &str) -> Subject {
        let fold = |text: &str| {
            if self.catalogue.same("a", "A") { text.to_ascii_lowercase() } else { text.to_owned() }
        };
        Subject { kind, of: fold(of), name: fold(name) }
    }

    fn claim(&self, kind: &'static str, of: &str, name: &str, found: bool, wanted: bool) -> Claim {
        let subject = self.subject(kind, of, name);
        let place = if of.is_empty() { String::new() } else { format!(" of `{of}`") };
        let says = format!("{kind} `{name}`{place} is {}", if found { "there" } else { "not there" });
        let seen = if found == wanted { Seen::Done } else { Seen::NotDone };
        Claim { subject, seen, says, makes: wanted }
    }

    fn table(&self, name: &Name, wanted: bool) -> Claim {
        let shown = self.catalogue.shown(name);
        let found = self.catalogue.table(name).is_some() || self.catalogue.alone(&["view"], name).is_some();
        self.claim("table", "", &shown, found, wanted)
    }

    fn created_table(&self, create: &CreateTable) -> Claim {
        let mut claim = self.table(&create.name, true);
        if claim.seen != Seen::Done {
            return claim;
        }
        let missing: Vec<String> = create
            .columns
            .iter()
            .filter(|column| self.catalogue.column(&create.name, &column.name).is_none())
            .map(|column| format!("`{}`", column.name))
            .collect();
        if !missing.is_empty() {
            claim.seen = Seen::CannotTell;
            claim.says = format!("a table of that name is there, without {}", missing.join(", "));
        }
        claim
    }

    fn column(&self, table: &Name, column: &Ident, wanted: bool) -> Claim {
        let of = self.catalogue.shown(table);
        let found = self.catalogue.column(table, column).is_some();
        let mut claim = self.claim("column", &of, &column.value, found, wanted);
        if self.catalogue.table(table).is_none() {
            claim.says = format!("there is no table `{of}`");
            claim.seen = if wanted { Seen::NotDone } else { Seen::CannotTell };
        }
        claim
    }

    fn added_column(&self, table: &Name, column: &ColumnDef) -> Claim {
        let mut claim = self.column(table, &column.name, true);
        if let (Some(found), Some(data_type)) = (self.catalogue.column(table, &column.name), column.data_type.as_ref())
        {
            let (seen, says) = self.of_type(data_type, found);
            if seen == Seen::NotDone {
                claim.seen = Seen::CannotTell;
                claim.says = format!("a column of that name is there, {says}");
            }
        }
        claim
    }

    fn of_type(&self, wanted: &DataType, found: &Attributes) -> (Seen, String) {
        let now = found.get("type").map_or("", String::as_str);
        let seen = match types::same(self.script, wanted, now) {
            Some(true) => Seen::Done,
            Some(false) => Seen::NotDone,
            None => Seen::CannotTell,
        };
        (seen, format!("its type is {now}"))
    }

    fn attribute(&self, table: &Name, column: &Ident, judge: impl FnOnce(&Attributes) -> (Seen, String)) -> Claim {
        let of = self.catalogue.shown(table);
        let subject = self.subject("column", &of, &column.value);
        let (seen, says) = match self.catalogue.column(table, column) {
            Some(found) => judge(found),
            None => (Seen::CannotTell, format!("there is no column `{of}`.`{column}`")),
        };
        Claim { subject, seen, says: format!("`{of}`.`{column}`: {says}"), makes: false }
    }

    fn modified(&self, table: &Name, column: &Ident, definition: &ColumnDef) -> Vec<Claim> {
        let mut claims = Vec::new();
        if *column != definition.name {
            claims.push(self.column(table, column, false));
        }
        if *column != definition.name && self.catalogue.column(table, &definition.name).is_none() {
            claims.push(self.column(table, &definition.name, true));
            return claims;
        }
        claims.push(self.attribute(table, &definition.name, |found| {
            let (of_type, says) = match &definition.data_type {
                Some(data_type) => self.of_type(data_type, found),
                None => (Seen::CannotTell, String::new()),
            };
            let (null, also) = nullability(found, definition.nullable != Some(false));
            let seen = match (of_type, null) {
                (Seen::Done, Seen::Done) => Seen::Done,
                (Seen::NotDone, _) | (_, Seen::NotDone) => Seen::NotDone,
                _ => Seen::CannotTell,
            };
            (seen, format!("{says}, {also}"))
        }));
        claims
    }

    fn constraint(&self, table: &Name, name: &Ident, kind: Option<ConstraintKind>, wanted: bool) -> Claim {
        let found = self.catalogue.constraint(table, name, kind).is_some();
        self.claim("constraint", &self.catalogue.shown(table), &name.value, found, wanted)
    }

    fn primary_key(&self, table: &Name, wanted: bool) -> Claim {
        let found = self.catalogue.has_primary_key(table);
        self.claim("primary key", &self.catalogue.shown(table), "PRIMARY KEY", found, wanted)
    }

    fn added_constraint(&self, table: &Name, constraint: &Constraint) -> Vec<Claim> {
        let Some(name) = &constraint.name else {
            let is_key = constraint.kind == ConstraintKind::PrimaryKey;
            return if is_key { vec![self.primary_key(table, true)] } else { Vec::new() };
        };
        let kind = Some(constraint.kind);
        let mut claim = self.constraint(table, name, kind, true);
        if let Some((_, found)) = self.catalogue.constraint(table, name, kind)
            && found.get("definition").is_some_and(|text| text.ends_with("NOT VALID"))
            && !constraint.not_valid
        {
            claim.seen = Seen::CannotTell;
            claim.says.push_str(", NOT VALID");
        }
        vec![claim]
    }

    fn validated(&self, table: &Name, name: &Ident) -> Claim {
        let mut claim = self.constraint(table, name, None, true);
        claim.makes = false;
        match self.catalogue.constraint(table, name, None) {
            Some((_, found)) if found.get("definition").is_some_and(|text| text.ends_with("NOT VALID")) => {
                claim.seen = Seen::NotDone;
                claim.says = format!("constraint `{name}` is NOT VALID");
            }
            Some(_) => claim.says = format!("constraint `{name}` is valid"),
            None => claim.seen = Seen::CannotTell,
        }
        claim
    }

    fn index(&self, table: Option<&Name>, name: &Name, wanted: bool) -> Claim {
        let found = self.catalogue.index(table, name);
        let of = found.map(|(object, _)| object.of.clone());
        let of = of.or_else(|| table.map(|table| self.catalogue.shown(table))).unwrap_or_default();
        self.claim("index", &of, &name.object.value, found.is_some(), wanted)
    }

    fn created_index(&self, index: &CreateIndex) -> Option<Claim> {
        // An index lives in its table's schema, which is written with the table.
        let name = &Name { object: index.name.as_ref()?.object.clone(), ..index.table.clone() };
        let mut claim = self.index(Some(&index.table), name, true);
        claim.subject.of = self.subject("table", "", &self.catalogue.shown(&index.table)).name;
        let Some((_, found)) = self.catalogue.index(Some(&index.table), name) else { return Some(claim) };
        if found.get("validity").is_some_and(|validity| validity == "not valid") {
            claim.seen = Seen::NotDone;
            claim.says = format!("index `{}` is there and INVALID: it is of no use", name.object);
            return Some(claim);
        }
        let definition = found.get("definition").map_or("", String::as_str);
        let unique = found.get("uniqueness").map_or(definition.starts_with("CREATE UNIQUE"), |text| text == "unique");
        let list = found.get("column list").map_or(definition, String::as_str);
        let shaped = index
            .columns
            .iter()
            .filter_map(|part| part.column.as_ref())
            .all(|column| list.to_ascii_lowercase().contains(&column.value.to_ascii_lowercase()));
        if unique != index.unique || !shaped {
            claim.seen = Seen::CannotTell;
            claim.says = format!("an index `{}` is there, of another shape", name.object);
        }
        Some(claim)
    }

    fn alone(&self, kind: &'static str, kinds: &[&str], name: &Name, wanted: bool) -> Claim {
        let shown = self.catalogue.shown(name);
        self.claim(kind, "", &shown, self.catalogue.alone(kinds, name).is_some(), wanted)
    }

    fn enum_with(&self, name: &Name, values: &[&str]) -> Claim {
        let mut claim = self.alone("type", &["enum"], name, true);
        if let Some(found) = self.catalogue.alone(&["enum"], name) {
            let now = found.get("list of values").map_or("", String::as_str);
            if now != values.join(", ") {
                claim.seen = Seen::CannotTell;
                claim.says = format!("type `{name}` is there, with the values {now}");
            }
        }
        claim
    }

    fn enum_value(&self, type_name: &Name, value: &str, wanted: bool) -> Claim {
        let shown = self.catalogue.shown(type_name);
        let Some(found) = self.catalogue.alone(&["enum"], type_name) else {
            let subject = self.subject("value", &shown, value);
            return Claim {
                subject,
                seen: Seen::CannotTell,
                says: format!("there is no type `{shown}`"),
                makes: wanted,
            };
        };
        let has = found.get("list of values").is_some_and(|list| list.split(", ").any(|known| known == value));
        self.claim("value", &shown, value, has, wanted)
    }

    fn object(&self, kind: ObjectKind, name: &Name, table: Option<&Name>, wanted: bool) -> Option<Claim> {
        let catalogue = self.catalogue;
        let alone = |kind, kinds: &[&str]| Some(self.alone(kind, kinds, name, wanted));
        let plain = |kind| {
            let found = catalogue.unqualified(kind, name).is_some();
            Some(self.claim(kind, "", &name.object.value, found, wanted))
        };
        let belonging = |kind| {
            let found = catalogue.belonging(kind, table, name).is_some();
            Some(self.claim(kind, "", &name.object.value, found, wanted))
        };
        match kind {
            ObjectKind::Schema => plain("schema"),
            ObjectKind::Extension => plain("extension"),
            ObjectKind::Sequence => alone("sequence", &["sequence"]),
            ObjectKind::View | ObjectKind::MaterializedView => alone("view", &["view", "materialized view"]),
            ObjectKind::Type | ObjectKind::Domain => alone("type", &["enum", "domain", "type"]),
            ObjectKind::Table | ObjectKind::ForeignTable => Some(self.table(name, wanted)),
            ObjectKind::Trigger => belonging("trigger"),
            ObjectKind::Policy => belonging("policy"),
            ObjectKind::Function | ObjectKind::Procedure => {
                // One of several of that name may be meant.
                let found = catalogue.routines(name);
                let mut claim = self.claim("function", "", &name.to_string(), found > 0, wanted);
                if found > 1 {
                    claim.seen = Seen::CannotTell;
                }
                Some(claim)
            }
            _ => None,
        }
    }
}
