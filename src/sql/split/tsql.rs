//! Transact-SQL: statements without `;`, batches, blocks, and Prisma's wrapper.
//!
//! A statement ends at its `;`, or before a reserved word that begins another one and cannot go on with this one. `IF` and `WHILE` keep
//! what they govern. `TRY` blocks and plain blocks at the top are laid open: their marks become pieces of their own, so what is inside
//! is judged like any other statement. A `CATCH` block stays whole.

use super::{Piece, Splitter, is_one_of, is_word};
use crate::sql::lex::{Kind, Source, Token};
use crate::sql::model::Span;

/// How deep `IF` and blocks may nest before the rest is taken as it comes.
const DEEPEST: u32 = 64;

/// Reserved words that begin a statement.
const STARTERS: &[&str] = &[
    "ALTER",
    "BACKUP",
    "BEGIN",
    "BREAK",
    "BULK",
    "CHECKPOINT",
    "CLOSE",
    "COMMIT",
    "CONTINUE",
    "CREATE",
    "DBCC",
    "DEALLOCATE",
    "DECLARE",
    "DELETE",
    "DENY",
    "DROP",
    "ELSE",
    "END",
    "EXEC",
    "EXECUTE",
    "FETCH",
    "GOTO",
    "GRANT",
    "IF",
    "INSERT",
    "KILL",
    "MERGE",
    "OPEN",
    "PRINT",
    "RAISERROR",
    "RETURN",
    "REVOKE",
    "ROLLBACK",
    "SAVE",
    "SELECT",
    "SET",
    "THROW",
    "TRUNCATE",
    "UPDATE",
    "USE",
    "WAITFOR",
    "WHILE",
];

/// Whether a word is one that begins a statement.
pub(in crate::sql) fn starts_statement(text: Source<'_>, token: Token) -> bool {
    is_one_of(text, token, STARTERS)
}

/// What a simple statement has shown so far.
struct Seen {
    head: Head,
    select: bool,
    set: bool,
    cases: u32,
    previous: Option<Token>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Head {
    Alter,
    AlterDatabase,
    Grant,
    Insert,
    Merge,
    Update,
    With,
    Guardable,
    Other,
}

impl Splitter<'_> {
    pub(super) fn next_tsql(&mut self, tokens: &mut Vec<Token>) -> Option<Piece> {
        if !self.started {
            self.started = true;
            self.open_wrapper();
        }
        self.close_wrapper();
        while self.look(0)?.kind == Kind::Semicolon {
            self.take();
            self.close_wrapper();
        }
        let first = self.look(0)?;
        let comments = self.comments_before(first);
        if self.is_go(first) {
            self.push(tokens);
            if self.look(0).is_some_and(|t| t.kind == Kind::Number && !self.newline_between(first, t)) {
                self.push(tokens);
            }
            let end = tokens[tokens.len() - 1].end;
            let piece = self.piece(tokens, comments, end);
            self.batch += 1;
            return Some(piece);
        }
        if first.kind == Kind::Client {
            self.push(tokens);
            return Some(self.piece(tokens, comments, first.end));
        }
        if self.opens_block(first) && !self.ahead_is(1, "CATCH") {
            self.push(tokens);
            if self.ahead_is(0, "TRY") {
                self.push(tokens);
            }
        } else if self.is(first, "END") {
            self.push(tokens);
            if self.ahead_is(0, "TRY") || self.ahead_is(0, "CATCH") {
                self.push(tokens);
            }
        } else {
            self.statement(tokens, 0);
        }
        let end = self.terminator().unwrap_or(tokens[tokens.len() - 1].end);
        while tokens.len() > 1 && tokens[tokens.len() - 1].kind == Kind::Semicolon {
            tokens.pop();
        }
        Some(self.piece(tokens, comments, end))
    }

    /// Comments that stand before a token which may have been looked at ahead.
    fn comments_before(&self, token: Token) -> usize {
        let seen = self.lexer.comments();
        let mut count = seen.len();
        while count > 0 && seen[count - 1].span.start >= token.start {
            count -= 1;
        }
        count
    }

    fn push(&mut self, tokens: &mut Vec<Token>) {
        if let Some(token) = self.take() {
            tokens.push(token);
        }
    }

    fn ahead_is(&mut self, n: usize, word: &str) -> bool {
        self.look(n).is_some_and(|t| is_word(self.text, t, word))
    }

    fn terminator(&mut self) -> Option<u32> {
        let token = self.look(0)?;
        if token.kind != Kind::Semicolon {
            return None;
        }
        self.take();
        Some(token.end)
    }

    fn newline_between(&self, a: Token, b: Token) -> bool {
        self.text.slice(Span::new(a.end, b.start)).contains('\n')
    }

    /// `GO` alone on its line.
    fn is_go(&mut self, token: Token) -> bool {
        if !self.is(token, "GO") {
            return false;
        }
        let whole = self.text.span();
        let before = self.text.slice(Span::new(whole.start, token.start));
        if !before.bytes().rev().take_while(|&b| b != b'\n').all(|b| b.is_ascii_whitespace()) {
            return false;
        }
        let rest = self.text.slice(Span::new(token.end, whole.end));
        rest.bytes().take_while(|&b| b != b'\n').all(|b| b.is_ascii_whitespace() || b.is_ascii_digit() || b == b';')
    }

    /// `BEGIN` of a block rather than of a transaction or a dialog.
    fn opens_block(&mut self, token: Token) -> bool {
        self.is(token, "BEGIN")
            && !self.look(1).is_some_and(|t| {
                is_one_of(self.text, t, &["TRAN", "TRANSACTION", "DISTRIBUTED", "DIALOG", "CONVERSATION"])
            })
    }

    /// `BEGIN TRY BEGIN TRAN` before anything else.
    fn open_wrapper(&mut self) {
        let Some(first) = self.look(0) else { return };
        if !(self.is(first, "BEGIN") && self.ahead_is(1, "TRY")) {
            return;
        }
        let after = 2 + usize::from(self.look(2).is_some_and(|t| t.kind == Kind::Semicolon));
        if !(self.ahead_is(after, "BEGIN")
            && (self.ahead_is(after + 1, "TRAN") || self.ahead_is(after + 1, "TRANSACTION")))
        {
            return;
        }
        let mut end = first.end;
        for _ in 0..after + 2 {
            end = self.take().map_or(end, |t| t.end);
        }
        end = self.terminator().unwrap_or(end);
        self.wrapper_opening = Some(Span::new(first.start, end));
        self.last_end = end;
        // Comments above the wrapper belong to the first statement inside: Prisma writes its warnings there.
    }

    /// `[COMMIT TRAN] END TRY BEGIN CATCH … END CATCH`.
    fn close_wrapper(&mut self) {
        if !self.in_wrapper() {
            return;
        }
        let Some(first) = self.look(0) else { return };
        let mut skip = 0;
        if self.is(first, "COMMIT") {
            skip = 1;
            if self.ahead_is(1, "TRAN") || self.ahead_is(1, "TRANSACTION") {
                skip = 2;
            }
            if self.look(skip).is_some_and(|t| t.kind == Kind::Semicolon) {
                skip += 1;
            }
        }
        if !(self.ahead_is(skip, "END") && self.ahead_is(skip + 1, "TRY")) {
            return;
        }
        let mut end = first.end;
        for _ in 0..skip + 2 {
            end = self.take().map_or(end, |t| t.end);
        }
        end = self.terminator().unwrap_or(end);
        if self.ahead_is(0, "BEGIN") && self.ahead_is(1, "CATCH") {
            let mut block = Vec::new();
            self.statement(&mut block, 0);
            end = block.last().map_or(end, |t| t.end);
            end = self.terminator().unwrap_or(end);
        }
        self.wrapper_closing = Some(Span::new(first.start, end));
        self.last_end = end;
    }

    /// One statement with all it governs, without its terminator at the top.
    fn statement(&mut self, tokens: &mut Vec<Token>, depth: u32) {
        let Some(first) = self.look(0) else { return };
        if depth >= DEEPEST {
            self.simple(tokens);
        } else if self.is(first, "IF") || self.is(first, "WHILE") {
            self.push(tokens);
            self.condition(tokens);
            self.statement(tokens, depth + 1);
            if self.is(first, "IF") {
                self.otherwise(tokens, depth);
            }
        } else if self.opens_block(first) {
            self.block(tokens, depth);
        } else {
            self.simple(tokens);
        }
    }

    fn otherwise(&mut self, tokens: &mut Vec<Token>, depth: u32) {
        let semicolon = usize::from(self.look(0).is_some_and(|t| t.kind == Kind::Semicolon));
        if !self.ahead_is(semicolon, "ELSE") {
            return;
        }
        for _ in 0..=semicolon {
            self.push(tokens);
        }
        self.statement(tokens, depth + 1);
    }

    fn block(&mut self, tokens: &mut Vec<Token>, depth: u32) {
        self.push(tokens);
        if self.ahead_is(0, "TRY") || self.ahead_is(0, "CATCH") {
            self.push(tokens);
        }
        while let Some(token) = self.look(0) {
            if self.is_go(token) {
                return;
            }
            if token.kind == Kind::Semicolon {
                self.push(tokens);
            } else if self.is(token, "END") {
                self.push(tokens);
                if self.ahead_is(0, "TRY") || self.ahead_is(0, "CATCH") {
                    self.push(tokens);
                }
                return;
            } else {
                self.statement(tokens, depth + 1);
            }
        }
    }

    /// The condition of `IF` or `WHILE`: up to what it governs.
    fn condition(&mut self, tokens: &mut Vec<Token>) {
        let mut parens = 0_u32;
        let mut cases = 0_u32;
        while let Some(token) = self.look(0) {
            match token.kind {
                Kind::Open => parens += 1,
                Kind::Close => parens = parens.saturating_sub(1),
                Kind::Semicolon => return,
                Kind::Word if parens == 0 && self.is(token, "CASE") => cases += 1,
                Kind::Word if cases > 0 && self.is(token, "END") => cases -= 1,
                Kind::Word
                    if parens == 0 && cases == 0 && (is_one_of(self.text, token, STARTERS) || self.is_go(token)) =>
                {
                    return;
                }
                _ => {}
            }
            self.push(tokens);
        }
    }

    fn simple(&mut self, tokens: &mut Vec<Token>) {
        let Some(first) = self.look(0) else { return };
        if self.takes_the_batch(first) {
            while let Some(token) = self.look(0) {
                if self.is_go(token) {
                    return;
                }
                self.push(tokens);
            }
            return;
        }
        self.push(tokens);
        let mut parens = 0_u32;
        let mut seen = Seen { head: self.head(first), select: false, set: false, cases: 0, previous: Some(first) };
        while let Some(token) = self.look(0) {
            match token.kind {
                Kind::Semicolon => return,
                Kind::Open => parens += 1,
                Kind::Close => parens = parens.saturating_sub(1),
                Kind::Word if parens == 0 && (self.is_go(token) || self.begins_another(token, &mut seen)) => return,
                _ => {}
            }
            seen.previous = Some(token);
            self.push(tokens);
        }
    }

    /// By the first token, which is passed already.
    fn head(&mut self, first: Token) -> Head {
        let text = self.text;
        let is = |words: &[&str]| is_one_of(text, first, words);
        match () {
            () if is(&["ALTER"]) && self.ahead_is(0, "DATABASE") => Head::AlterDatabase,
            () if is(&["ALTER"]) => Head::Alter,
            () if is(&["GRANT", "REVOKE", "DENY"]) => Head::Grant,
            () if is(&["INSERT"]) => Head::Insert,
            () if is(&["MERGE"]) => Head::Merge,
            () if is(&["UPDATE"]) => Head::Update,
            () if is(&["WITH"]) => Head::With,
            () if is(&["DROP", "CREATE"]) => Head::Guardable,
            () => Head::Other,
        }
    }

    /// `CREATE|ALTER [OR ALTER] PROCEDURE|FUNCTION|TRIGGER|VIEW`: the server takes all up to the end of the batch for it.
    fn takes_the_batch(&mut self, first: Token) -> bool {
        if !is_one_of(self.text, first, &["CREATE", "ALTER"]) {
            return false;
        }
        let at = if self.ahead_is(1, "OR") && self.ahead_is(2, "ALTER") { 3 } else { 1 };
        self.look(at).is_some_and(|t| is_one_of(self.text, t, &["PROC", "PROCEDURE", "FUNCTION", "TRIGGER", "VIEW"]))
    }

    /// Whether a word at the top level begins another statement.
    fn begins_another(&mut self, token: Token, seen: &mut Seen) -> bool {
        let text = self.text;
        if self.is(token, "CASE") {
            seen.cases += 1;
            return false;
        }
        if seen.cases > 0 {
            if self.is(token, "END") {
                seen.cases -= 1;
            }
            return false;
        }
        if !is_one_of(text, token, STARTERS) {
            return false;
        }
        let after = |words: &[&str]| seen.previous.is_some_and(|t| is_one_of(text, t, words));
        if seen.previous.is_some_and(|t| t.kind == Kind::Dot) || after(&["AS"]) {
            return false;
        }
        let head = seen.head;
        let next = |s: &mut Self, words: &[&str]| s.look(1).is_some_and(|t| is_one_of(text, t, words));
        let is = |words: &[&str]| is_one_of(text, token, words);
        if head == Head::Grant {
            return is(&["BEGIN", "COMMIT", "DECLARE", "GRANT", "IF", "REVOKE", "ROLLBACK", "SET", "USE", "END"]);
        }
        if is(&["SELECT"]) {
            let goes_on = after(&["UNION", "ALL", "EXCEPT", "INTERSECT", "FOR"])
                || (matches!(head, Head::Insert | Head::With) && !seen.select);
            seen.select = true;
            return !goes_on;
        }
        if is(&["INSERT", "UPDATE", "DELETE"]) {
            let goes_on = after(&["ON", "THEN", "FOR", "AFTER", "OF"]) || (head == Head::With && !seen.select);
            if head == Head::With {
                seen.select = true;
            }
            return !goes_on;
        }
        if is(&["SET"]) {
            let goes_on =
                after(&["DELETE", "UPDATE"]) || (matches!(head, Head::Update | Head::Merge | Head::With) && !seen.set);
            let option = head == Head::AlterDatabase
                || head == Head::Alter && self.look(1).is_some_and(|t| t.kind == Kind::Open);
            seen.set = head != Head::Merge;
            return !(goes_on || option || head == Head::Merge);
        }
        if is(&["ALTER"]) {
            return !(head == Head::Alter && next(self, &["COLUMN"]));
        }
        if is(&["DROP"]) {
            let another = next(
                self,
                &[
                    "TABLE",
                    "INDEX",
                    "VIEW",
                    "PROCEDURE",
                    "PROC",
                    "FUNCTION",
                    "TRIGGER",
                    "TYPE",
                    "SCHEMA",
                    "DATABASE",
                    "SEQUENCE",
                    "SYNONYM",
                ],
            );
            return head != Head::Alter || another;
        }
        if is(&["EXEC", "EXECUTE"]) {
            return !(after(&["WITH"]) || (head == Head::Insert && !seen.select));
        }
        if is(&["IF"]) {
            return !(matches!(head, Head::Guardable | Head::Alter) && next(self, &["EXISTS"]));
        }
        if is(&["MERGE"]) {
            return !after(&["LEFT", "RIGHT", "INNER", "FULL"]) && head != Head::With;
        }
        if is(&["FETCH"]) {
            return !after(&["ROW", "ROWS"]);
        }
        true
    }
}
