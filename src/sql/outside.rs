//! What a script does beyond its own database: other databases, roles, settings of the whole server. On a server of somebody's such a
//! script is not tried.

use super::lex::{Kind, Lexer, Source, Token};
use super::model::{Script, Span};
use crate::project::Provider;

/// A place in a script that reaches out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beyond {
    /// The line, from 1.
    pub line: usize,
    /// The words: `CREATE ROLE`, `` `other` ``.
    pub what: String,
}

/// Two words behind each other that are about the server. The names of tables and columns stand in quotes or behind other words.
const PAIRS: [(&[&str], &[&str]); 4] = [
    (
        &["CREATE", "ALTER", "DROP", "RENAME"],
        &["ROLE", "USER", "DATABASE", "TABLESPACE", "SUBSCRIPTION", "GROUP", "LOGFILE", "UNDO", "INSTANCE"],
    ),
    (&["ALTER"], &["SYSTEM"]),
    (&["SET", "RESET"], &["GLOBAL", "PERSIST", "PERSIST_ONLY", "MASTER", "PASSWORD", "REPLICA", "SLAVE"]),
    (&["ON"], &["DATABASE", "TABLESPACE"]),
];
/// First words of statements that are about the server, in MySQL: what is granted stays when the database goes.
const MYSQL: [&str; 15] = [
    "USE",
    "GRANT",
    "REVOKE",
    "FLUSH",
    "KILL",
    "SHUTDOWN",
    "RESTART",
    "INSTALL",
    "UNINSTALL",
    "PURGE",
    "RESET",
    "CHANGE",
    "CLONE",
    "LOAD",
    "HANDLER",
];

/// The first place that reaches out. `databases` are the others of that server.
#[must_use]
pub fn beyond(script: &Script, databases: &[String]) -> Option<Beyond> {
    let source = Source { text: &script.text, base: 0 };
    let looker = Looker { provider: script.provider, databases };
    script.statements.iter().find_map(|statement| {
        let found = looker.look(source, statement.range, false)?;
        Some(Beyond { line: script.line_column(found.0).0, what: found.1 })
    })
}

struct Looker<'a> {
    provider: Provider,
    databases: &'a [String],
}

impl Looker<'_> {
    fn look(&self, source: Source<'_>, part: Span, is_body: bool) -> Option<(u32, String)> {
        let mut lexer = Lexer::new(self.provider, source, part);
        let tokens: Vec<Token> = std::iter::from_fn(|| lexer.next()).collect();
        let upper = |token: &Token| source.slice(token.span()).to_ascii_uppercase();
        let word = |at: usize| tokens.get(at).filter(|token| token.kind == Kind::Word).map(upper);
        let first = word(0).unwrap_or_default();
        if self.provider == Provider::Mysql && !is_body && MYSQL.contains(&&*first) {
            return Some((tokens[0].start, first));
        }
        let runs_text = is_body || matches!(&*first, "DO" | "PREPARE" | "EXECUTE" | "SET");
        for (at, token) in tokens.iter().enumerate() {
            let text = source.slice(token.span());
            let inside = match token.kind {
                Kind::Dollar => inside_dollars(text),
                Kind::Text if runs_text => Some(text.trim_matches('\'')),
                _ => None,
            };
            if let Some(inside) = inside {
                let body = Source { text: inside, base: token.start };
                if let Some((_, what)) = self.look(body, body.span(), true) {
                    return Some((token.start, what));
                }
            }
            if let (Some(one), Some(two)) = (word(at), word(at + 1)) {
                let fits = |(ones, twos): &(&[&str], &[&str])| ones.contains(&&*one) && twos.contains(&&*two);
                // `DROP USER` where a column is meant has more words in between, or quotes.
                if PAIRS.iter().any(fits) {
                    return Some((token.start, format!("{one} {two}")));
                }
            }
            let sets_global = first == "SET" && text.to_ascii_uppercase().starts_with("@@GLOBAL");
            let is_program = text.eq_ignore_ascii_case("PROGRAM")
                && tokens.get(at + 1).is_some_and(|next| next.kind == Kind::Text)
                && at.checked_sub(1).and_then(word).is_some_and(|before| before == "FROM" || before == "TO");
            if sets_global || is_program {
                return Some((token.start, text.to_owned()));
            }
            if self.names_other(source, &tokens, at) {
                return Some((token.start, text.to_owned()));
            }
        }
        None
    }

    /// `other.table`: MySQL only; elsewhere a database sees no other.
    fn names_other(&self, source: Source<'_>, tokens: &[Token], at: usize) -> bool {
        let is_name = |token: &Token| matches!(token.kind, Kind::Word | Kind::Quoted);
        let qualifies = self.provider == Provider::Mysql
            && is_name(&tokens[at])
            && tokens.get(at + 1).is_some_and(|token| token.kind == Kind::Dot)
            && !(at > 0 && tokens[at - 1].kind == Kind::Dot);
        let name = source.slice(tokens[at].span()).trim_matches('`');
        qualifies && self.databases.iter().any(|database| database.eq_ignore_ascii_case(name))
    }
}

fn inside_dollars(text: &str) -> Option<&str> {
    let tag = text.get(..text.get(1..)?.find('$')? + 2)?;
    text.strip_prefix(tag)?.strip_suffix(tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(provider: Provider, sql: &str) -> String {
        let script = crate::sql::read(provider, sql.as_bytes()).expect("SQL");
        beyond(&script, &["shop".to_owned()])
            .map_or("nothing".to_owned(), |at| format!("{} in line {}", at.what, at.line))
    }

    #[test]
    fn what_is_about_the_server_is_found_and_nothing_else() {
        let postgres = |sql| found(Provider::Postgresql, sql);
        assert_eq!(postgres("CREATE TABLE a (\"user\" INT);\nCREATE ROLE x;"), "CREATE ROLE in line 2");
        assert_eq!(postgres("DO $$ BEGIN EXECUTE 'ALTER ROLE x SUPERUSER'; END $$;"), "ALTER ROLE in line 1");
        assert_eq!(postgres("ALTER SYSTEM SET a = 1"), "ALTER SYSTEM in line 1");
        assert_eq!(postgres("COMMENT ON DATABASE x IS ''"), "ON DATABASE in line 1");
        assert_eq!(postgres("COPY a FROM PROGRAM 'ls'"), "PROGRAM in line 1");
        assert_eq!(
            postgres("-- drop user\nALTER TABLE \"User\" DROP COLUMN role; INSERT INTO a VALUES ('drop user')"),
            "nothing"
        );
        assert_eq!(postgres("GRANT SELECT ON a TO reader; ALTER TABLE shop.a ADD b INT"), "nothing");
        assert_eq!(postgres("ALTER TABLE a RENAME COLUMN b TO program"), "nothing");
        let mysql = |sql| found(Provider::Mysql, sql);
        assert_eq!(mysql("SELECT 1;\nUPDATE `shop`.`a` SET b = 1"), "`shop` in line 2");
        assert_eq!(mysql("USE shop"), "USE in line 1");
        assert_eq!(mysql("SET GLOBAL a = 1"), "SET GLOBAL in line 1");
        assert_eq!(mysql("GRANT ALL ON a TO b"), "GRANT in line 1");
        assert_eq!(mysql("UPDATE a JOIN b ON a.id = b.id SET a.x = b.shop"), "nothing");
        assert_eq!(mysql("/*!40101 SET @a = 1 */; DROP TABLE `user`"), "nothing");
    }
}
