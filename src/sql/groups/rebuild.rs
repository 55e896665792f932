//! The table rebuild: `CREATE new`, `INSERT INTO new SELECT … FROM old`, `DROP old`, `RENAME new TO old`.

use std::collections::HashMap;

use super::{Place, action, mark, places};
use crate::sql::model::{
    Action, CopiedColumn, CreateTable, Expr, Ident, Insert, InsertSource, Name, RebuildTable, Select, Span, Statement,
};

struct Found {
    create: Place,
    copies: Vec<Place>,
    drop: Place,
    rename: Place,
    /// `SET IDENTITY_INSERT` of the new table.
    others: Vec<Place>,
}

/// Finds every rebuild of a file.
pub(super) fn find(text: &str, statements: &mut [Statement]) {
    let renames: Vec<(Place, Name, Name)> = places(statements, |a| match a {
        Action::RenameTable { table, to } => Some((table.clone(), to.clone())),
        _ => None,
    })
    .map(|(place, (table, to))| (place, table, to))
    .collect();
    if renames.is_empty() {
        return;
    }
    let index = Index::of(statements);
    let pragmas = Pragmas::of(statements);
    for (rename, passing, lasting) in renames {
        let Some(found) = index.rebuild(statements, rename, &passing, &lasting) else { continue };
        let Some(mut rebuild) = build(statements, &pragmas, &found, lasting) else { continue };
        let prelude = prelude(text, statements, found.create.0, &rebuild.table);
        for place in prelude.iter().chain(&found.copies).chain(&found.others).chain([&found.drop, &found.rename]) {
            mark(statements, *place, found.create.0);
        }
        rebuild.steps.splice(0..0, prelude.iter().map(|place| place.0));
        let operation = &mut statements[found.create.0].operations[found.create.1];
        operation.action = Action::RebuildTable(Box::new(rebuild));
    }
}

/// What Prisma writes before a rebuild on SQL Server: it gathers and runs `ALTER TABLE … DROP CONSTRAINT …` for every constraint of that table, in
/// three statements (declare, gather, run). Dropping the table would take them along anyway.
fn prelude(text: &str, statements: &[Statement], create: usize, table: &Name) -> Vec<Place> {
    let Some(first) = create.checked_sub(3) else { return Vec::new() };
    let single = |at: usize| match statements[at].operations.as_slice() {
        [only] => Some(&only.action),
        _ => None,
    };
    let shape = matches!(single(first), Some(Action::Nothing { what: "declare" }))
        && matches!(single(first + 1), Some(Action::Select(_)))
        && matches!(single(first + 2), Some(Action::ExecuteDynamic { what }) if what.starts_with('@'));
    let gathered = statements.get(first + 1).and_then(|s| text.get(s.span.range())).unwrap_or("");
    let about = format!("OBJECT_NAME(PARENT_OBJECT_ID) = '{}'", table.object.value);
    if !shape || !gathered.contains("' DROP CONSTRAINT '") || !gathered.contains(&about) {
        return Vec::new();
    }
    vec![(first, 0), (first + 1, 0), (first + 2, 0)]
}

/// Where tables are created, dropped and filled, so that many rebuilds in one file stay linear.
struct Index {
    created: HashMap<Name, Vec<Place>>,
    dropped: HashMap<Name, Vec<Place>>,
    filled: HashMap<Name, Vec<Place>>,
    identity: HashMap<Name, Vec<Place>>,
}

impl Index {
    fn of(statements: &[Statement]) -> Self {
        let mut index = Index {
            created: HashMap::new(),
            dropped: HashMap::new(),
            filled: HashMap::new(),
            identity: HashMap::new(),
        };
        let all = places(statements, |a| match a {
            Action::CreateTable(_) | Action::DropTable { .. } | Action::Insert(_) | Action::IdentityInsert { .. } => {
                a.table().map(|name| (a, name))
            }
            _ => None,
        });
        for (place, (action, name)) in all {
            let map = match action {
                Action::CreateTable(_) => &mut index.created,
                Action::DropTable { .. } => &mut index.dropped,
                Action::Insert(_) => &mut index.filled,
                _ => &mut index.identity,
            };
            map.entry(name.clone()).or_default().push(place);
        }
        index
    }

    fn rebuild(&self, statements: &[Statement], rename: Place, passing: &Name, lasting: &Name) -> Option<Found> {
        let created = self.created.get(passing)?;
        let create = *created.get(created.partition_point(|place| *place < rename).checked_sub(1)?)?;
        if !matches!(action(statements, create), Some(Action::CreateTable(_))) {
            return None;
        }
        let between = |map: &HashMap<Name, Vec<Place>>, name: &Name, to: Place| -> Vec<Place> {
            let Some(places) = map.get(name) else { return Vec::new() };
            let first = places.partition_point(|place| *place <= create);
            let last = places.partition_point(|place| *place < to);
            places.get(first..last).map_or_else(Vec::new, <[Place]>::to_vec)
        };
        let drop = *between(&self.dropped, lasting, rename).last()?;
        let copies = between(&self.filled, passing, drop)
            .into_iter()
            .filter(|p| match action(statements, *p) {
                Some(Action::Insert(insert)) => from(insert).is_some_and(|select| select.from.contains(lasting)),
                _ => false,
            })
            .collect();
        let others = between(&self.identity, passing, rename);
        Some(Found { create, copies, drop, rename, others })
    }
}

fn from(insert: &Insert) -> Option<&Select> {
    match &insert.source {
        InsertSource::Select(select) => Some(select),
        _ => None,
    }
}

fn build(statements: &[Statement], pragmas: &Pragmas, found: &Found, table: Name) -> Option<RebuildTable> {
    let Some(Action::CreateTable(definition)) = action(statements, found.create) else { return None };
    let span = |place: Place| statements[place.0].operations[place.1].span;
    let mut copied = Vec::new();
    let mut filters = false;
    for place in &found.copies {
        let Some(Action::Insert(insert)) = action(statements, *place) else { continue };
        let Some(select) = from(insert) else { continue };
        filters |= select.condition.is_some() || select.limit || select.from.len() > 1;
        copied.extend(columns(definition, insert, select));
    }
    let mut steps: Vec<usize> = found.copies.iter().chain(&found.others).map(|p| p.0).collect();
    steps.extend([found.create.0, found.drop.0, found.rename.0]);
    steps.sort_unstable();
    steps.dedup();
    Some(RebuildTable {
        foreign_keys_off: pragmas.off_before(found.create),
        foreign_key_check: pragmas.check_after(found.drop, &table),
        table,
        definition: (**definition).clone(),
        steps,
        copied,
        copy: found.copies.first().map(|p| span(*p)),
        copy_filters_rows: filters,
        drop: span(found.drop),
        rename: span(found.rename),
    })
}

/// Pairs the columns written with what the query gives.
fn columns(definition: &CreateTable, insert: &Insert, select: &Select) -> Vec<CopiedColumn> {
    let targets: Vec<Ident> = match &insert.columns {
        Some(columns) => columns.clone(),
        None => definition.columns.iter().map(|c| c.name.clone()).collect(),
    };
    if let Some(star) = select.star {
        // Every column of the old table, in its order: by name as far as the names go.
        let same = |to: Ident| CopiedColumn {
            from: Some(to.clone()),
            reads: vec![to.clone()],
            to,
            span: star,
            coalesced: false,
        };
        return targets.into_iter().map(same).collect();
    }
    let gives = select.output.iter().zip(&select.expressions);
    targets.into_iter().zip(gives).map(|(to, (from, expr))| copied_column(to, from.clone(), expr)).collect()
}

fn copied_column(to: Ident, from: Option<Ident>, expr: &Expr) -> CopiedColumn {
    let coalesced =
        expr.calls.first().is_some_and(|call| matches!(call.name.as_str(), "coalesce" | "ifnull" | "isnull"));
    CopiedColumn { to, from, reads: expr.columns.clone(), span: expr.span, coalesced }
}

/// Pragmas about foreign keys, looked up by place.
struct Pragmas {
    /// From this place on, what switches the checks off.
    off: Vec<(Place, Option<Span>)>,
    /// Checks by table in lower case; those of all tables under the empty name.
    checks: HashMap<String, Vec<(Place, Span)>>,
}

impl Pragmas {
    fn of(statements: &[Statement]) -> Self {
        let mut pragmas = Pragmas { off: Vec::new(), checks: HashMap::new() };
        let mut now = None;
        for (s, statement) in statements.iter().enumerate() {
            for (o, operation) in statement.operations.iter().enumerate() {
                let Action::Pragma { name, value } = &operation.action else { continue };
                let value = value.as_deref().unwrap_or("").to_ascii_lowercase();
                let on = matches!(value.as_str(), "on" | "1" | "true" | "yes");
                match name.as_str() {
                    "foreign_keys" => now = (!on).then_some(operation.span),
                    "defer_foreign_keys" if on => now = now.or(Some(operation.span)),
                    "foreign_key_check" => pragmas.checks.entry(value).or_default().push(((s, o), operation.span)),
                    _ => {}
                }
                pragmas.off.push(((s, o), now));
            }
        }
        pragmas
    }

    fn off_before(&self, at: Place) -> Option<Span> {
        let passed = self.off.partition_point(|(place, _)| *place < at);
        self.off.get(passed.checked_sub(1)?)?.1
    }

    fn check_after(&self, at: Place, table: &Name) -> Option<Span> {
        let first = |name: &str| {
            let list = self.checks.get(name)?;
            list.get(list.partition_point(|(place, _)| *place < at)).map(|(_, span)| *span)
        };
        first("").or_else(|| first(&table.object.value.to_ascii_lowercase()))
    }
}
