//! Tokens of one statement → operations of the model. One file per family of statements.
//!
//! Everything here is strict: a word that has no place makes the whole statement not understood. To add a shape: find the family's
//! file, read the words with the [`Cursor`], push an operation, and add the shape to `tests/sql/shapes.rs`.

mod alter_column;
mod alter_table;
mod alter_table_tsql;
mod column;
mod constraint;
mod create_table;
pub(super) mod cursor;
mod data_type;
mod dml;
mod dynamic;
mod expr;
mod functions;
mod index;
mod objects;
mod plausible;
mod plpgsql;
mod query;
mod routines;
mod session;
mod settings;
mod table_option;
mod tsql;
mod types;

use super::model::{Action, Operation, Span, Within};
use crate::project::Provider;
use cursor::Cursor;
pub(super) use plausible::plausible;

/// What the lowering of one statement has found so far.
#[derive(Default)]
pub(super) struct Out {
    pub operations: Vec<Operation>,
    pub guarded: bool,
    within: Within,
    conditional: bool,
    /// Inside PL/pgSQL: `SELECT … INTO` fills a variable.
    procedural: bool,
    /// How deep literals in literals go.
    depth: u32,
    /// Names prepared from a literal earlier in the file, lower case.
    prepared: Vec<String>,
}

impl Out {
    fn push(&mut self, action: Action, span: Span) {
        let operation = Operation { action, span, within: self.within, conditional: self.conditional };
        self.operations.push(operation);
    }

    /// Ready for the next statement; what was prepared stays known.
    pub fn take(&mut self) -> (Vec<Operation>, bool) {
        self.within = Within::File;
        self.conditional = false;
        self.procedural = false;
        self.depth = 0;
        // An exact copy: a grown vector keeps room for four, which is two kilobytes for each statement of a large file.
        let operations = self.operations.drain(..).collect();
        (operations, std::mem::take(&mut self.guarded))
    }

    /// Runs `f` with other surroundings.
    fn inside<T>(&mut self, within: Within, conditional: bool, procedural: bool, f: impl FnOnce(&mut Self) -> T) -> T {
        let before = (self.within, self.conditional, self.procedural);
        self.within = if before.0 == Within::Dynamic { before.0 } else { within };
        self.conditional |= conditional;
        self.procedural = procedural;
        self.depth += 1;
        let result = f(self);
        self.depth -= 1;
        (self.within, self.conditional, self.procedural) = before;
        result
    }
}

/// Reads one whole statement. `None`: not understood; what was pushed by then does not count.
pub(super) fn statement(c: &mut Cursor<'_>, out: &mut Out) -> Option<()> {
    if c.has_bad() && !c.is("DELIMITER") {
        return None;
    }
    let first = out.operations.len();
    let conditional = c.peek().is_some_and(|t| t.conditional);
    let before = (out.within, out.conditional);
    if conditional {
        (out.within, out.conditional) = (Within::ConditionalComment, true);
    }
    let read = dispatch(c, out);
    (out.within, out.conditional) = before;
    if read.is_none() || !c.done() || out.operations.len() == first {
        return None;
    }
    Some(())
}

fn dispatch(c: &mut Cursor<'_>, out: &mut Out) -> Option<()> {
    use super::lex::Kind;
    let span = c.span();
    let first = c.peek()?;
    if first.kind == Kind::Open {
        return dml::data(c, out);
    }
    if first.kind == Kind::Client {
        let command = c.slice(first).trim_end().to_owned();
        c.next();
        out.push(Action::ClientCommand { command }, span);
        return Some(());
    }
    if first.kind != Kind::Word {
        return None;
    }
    let mut buffer = [0_u8; 16];
    let word = c.slice(first);
    let upper = match buffer.get_mut(..word.len()) {
        Some(slot) => {
            slot.copy_from_slice(word.as_bytes());
            slot.make_ascii_uppercase();
            std::str::from_utf8(slot).ok()?
        }
        None => return None,
    };
    match upper {
        "SELECT" if has_into(c) && !out.procedural => dml_into(c, out),
        "SELECT" | "WITH" | "VALUES" | "INSERT" | "UPDATE" | "DELETE" | "MERGE" | "REPLACE" | "TABLE" => data(c, out),
        "CREATE" => objects::create(c, out),
        "DROP" => objects::drop(c, out),
        "ALTER" => objects::alter(c, out),
        "EXEC" | "EXECUTE" | "PREPARE" | "DEALLOCATE" | "DO" | "CALL" => dynamic::dynamic(c, out),
        _ if c.provider() == Provider::Sqlserver && tsql::statement(c, upper, out)? => Some(()),
        "SET" => settings::set(c, out),
        "RENAME" => rename_tables(c, out),
        _ => {
            let action = session::session(c, upper)?;
            out.push(action, span);
            Some(())
        }
    }
}

fn data(c: &mut Cursor<'_>, out: &mut Out) -> Option<()> {
    if c.is("UPDATE") && c.is_at(1, "STATISTICS") && c.provider() == Provider::Sqlserver {
        let span = c.span();
        c.next();
        c.next();
        let tables = vec![c.name()?];
        c.rest();
        out.push(Action::Analyze { tables }, span);
        return Some(());
    }
    dml::data(c, out)
}

/// MySQL `RENAME TABLE a TO b, c TO d`.
fn rename_tables(c: &mut Cursor<'_>, out: &mut Out) -> Option<()> {
    c.next();
    c.eat_any(&["TABLE", "TABLES"])?;
    c.if_exists();
    for mut pair in c.commas() {
        let span = pair.span();
        let table = pair.name()?;
        pair.need("TO")?;
        let to = pair.name()?;
        if !pair.done() {
            return None;
        }
        out.push(Action::RenameTable { table, to }, span);
    }
    Some(())
}

/// `SELECT … INTO` at the top of the first branch.
fn has_into(c: &Cursor<'_>) -> bool {
    let mut ahead = *c;
    ahead.until(&["INTO", "UNION", "EXCEPT", "INTERSECT"]);
    if !ahead.eat("INTO") {
        return false;
    }
    // MySQL's variables and files are no tables.
    !(ahead.is_any(&["OUTFILE", "DUMPFILE"]) || ahead.peek().is_some_and(|t| ahead.slice(t).starts_with('@')))
}

/// A `SELECT … INTO` that makes a table.
fn dml_into(c: &mut Cursor<'_>, out: &mut Out) -> Option<()> {
    let span = c.span();
    let mut ahead = *c;
    ahead.until(&["INTO"]);
    ahead.next();
    let temporary = ahead.eat_any(&["TEMP", "TEMPORARY"]).is_some();
    let unlogged = ahead.eat("UNLOGGED");
    ahead.eat("TABLE");
    let name = ahead.name()?;
    let mut table = create_table::blank(name);
    table.temporary = temporary || table.name.object.value.starts_with('#');
    table.unlogged = unlogged;
    table.source = Some(query::select(c.rest())?);
    out.push(Action::CreateTable(Box::new(table)), span);
    Some(())
}
