//! Changes to the text of a script, by place: each pass reads the text, collects edits and applies them.

use crate::sql::model::{Script, Statement};

/// Edits that do not overlap.
#[derive(Debug, Default)]
pub(super) struct Edits {
    list: Vec<(std::ops::Range<usize>, String)>,
}

impl Edits {
    /// Puts text in. Of two at one place the earlier one stands first.
    pub fn insert(&mut self, at: usize, text: impl Into<String>) {
        self.list.push((at..at, text.into()));
    }

    /// Puts text in the place of another.
    pub fn replace(&mut self, range: std::ops::Range<usize>, text: impl Into<String>) {
        self.list.push((range, text.into()));
    }

    /// Takes a whole statement out, its leading comment too.
    pub fn remove(&mut self, statement: &Statement) {
        self.replace(statement.range.range(), "");
    }

    /// Writes the clauses of an `ALTER TABLE` anew: what `write` gives stands in the place of each operation's clause, `None` takes it out.
    /// A statement without clauses is gone.
    pub fn clauses(
        &mut self,
        script: &Script,
        statement: &Statement,
        mut write: impl FnMut(usize, &str) -> Option<String>,
    ) {
        let written = statement.operations.iter().enumerate();
        let kept: Vec<String> = written.filter_map(|(at, clause)| write(at, script.slice(clause.span))).collect();
        let (Some(first), Some(last)) = (statement.operations.first(), statement.operations.last()) else { return };
        if kept.is_empty() {
            self.remove(statement);
        } else {
            self.replace(first.span.start as usize..last.span.end as usize, kept.join(",\n"));
        }
    }

    /// The text with all edits.
    pub fn apply(mut self, script: &Script) -> String {
        let mut text = script.text.clone();
        // From the back, so that the places before stay where they are; of two at one place the later one goes in first.
        self.list.sort_by_key(|(range, _)| (range.start, range.end));
        for (range, addition) in self.list.into_iter().rev() {
            text.replace_range(range, &addition);
        }
        text
    }
}

/// Behind the statement's semicolon.
pub(super) fn end_of(script: &Script, statement: &Statement) -> usize {
    let end = statement.span.end as usize;
    match script.text[end..].find(';') {
        Some(behind) if script.text[end..end + behind].trim().is_empty() => end + behind + 1,
        _ => statement.range.end as usize,
    }
}
