//! The `datasource` block of a Prisma schema, read without Prisma: enough of the grammar to find it behind comments, strings
//! and other blocks, tolerant of everything else.

use super::UrlReference;

/// A `datasource` block.
#[derive(Debug, Clone, Default)]
pub struct Datasource {
    /// Its name, mostly `db`.
    pub name: String,
    /// `provider`, as written.
    pub provider: Option<String>,
    /// `url`.
    pub url: Option<UrlReference>,
    /// `directUrl` (Prisma 5 and 6): what migrations use when it is there.
    pub direct_url: Option<UrlReference>,
    /// `shadowDatabaseUrl`.
    pub shadow_database_url: Option<UrlReference>,
    /// `schemas`: every database schema that the models live in; a reset empties all of them.
    pub schemas: Vec<String>,
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Word(String),
    Text(String),
    Mark(char),
    NewLine,
}

impl Datasource {
    /// The first `datasource` block of a schema file. `None` when the file has none.
    #[must_use]
    pub fn find(schema: &str) -> Option<Self> {
        let tokens = tokens(schema);
        let mut depth = 0_usize;
        let mut at = 0;
        while at < tokens.len() {
            match &tokens[at] {
                Token::Mark('{') => depth += 1,
                Token::Mark('}') => depth = depth.saturating_sub(1),
                Token::Word(word) if depth == 0 && word == "datasource" => {
                    if let (Some(Token::Word(name)), Some(Token::Mark('{'))) = (tokens.get(at + 1), tokens.get(at + 2))
                    {
                        return Some(Self::read(name, &tokens[at + 3..]));
                    }
                }
                _ => {}
            }
            at += 1;
        }
        None
    }

    fn read(name: &str, tokens: &[Token]) -> Self {
        let mut datasource = Datasource { name: name.to_owned(), ..Datasource::default() };
        let end = tokens.iter().position(|token| *token == Token::Mark('}')).unwrap_or(tokens.len());
        for line in lines(&tokens[..end]) {
            let [Token::Word(key), Token::Mark('='), value @ ..] = line.as_slice() else { continue };
            match key.as_str() {
                "provider" => datasource.provider = text(value),
                "url" => datasource.url = Some(reference(value)),
                "directUrl" => datasource.direct_url = Some(reference(value)),
                "shadowDatabaseUrl" => datasource.shadow_database_url = Some(reference(value)),
                "schemas" => {
                    datasource.schemas = value
                        .iter()
                        .filter_map(|token| if let Token::Text(schema) = token { Some(schema.clone()) } else { None })
                        .collect();
                }
                _ => {}
            }
        }
        datasource
    }
}

/// The lines of a block; a list may go over several.
fn lines(tokens: &[Token]) -> Vec<Vec<Token>> {
    let mut lines = vec![Vec::new()];
    let mut depth = 0_usize;
    for token in tokens {
        match token {
            Token::NewLine if depth == 0 => lines.push(Vec::new()),
            Token::NewLine => {}
            other => {
                match other {
                    Token::Mark('[' | '(') => depth += 1,
                    Token::Mark(']' | ')') => depth = depth.saturating_sub(1),
                    _ => {}
                }
                if let Some(line) = lines.last_mut() {
                    line.push(other.clone());
                }
            }
        }
    }
    lines
}

fn text(value: &[Token]) -> Option<String> {
    match value {
        [Token::Text(text)] => Some(text.clone()),
        // Very old schemas list providers; the first is the one.
        [Token::Mark('['), Token::Text(text), ..] => Some(text.clone()),
        _ => None,
    }
}

fn reference(value: &[Token]) -> UrlReference {
    match value {
        [Token::Text(url)] => UrlReference::Literal(url.clone().into()),
        [Token::Word(env), Token::Mark('('), Token::Text(name), Token::Mark(')')] if env == "env" => {
            UrlReference::Variable(name.clone())
        }
        _ => UrlReference::Unreadable,
    }
}

fn tokens(schema: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut chars = schema.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\n' => tokens.push(Token::NewLine),
            '/' if chars.peek() == Some(&'/') => while chars.next_if(|c| *c != '\n').is_some() {},
            '/' if chars.peek() == Some(&'*') => skip_block_comment(&mut chars),
            '"' => tokens.push(Token::Text(string(&mut chars))),
            c if c.is_whitespace() => {}
            c if c.is_alphanumeric() || c == '_' => {
                let mut word = String::from(c);
                while let Some(c) = chars.next_if(|c| c.is_alphanumeric() || matches!(c, '_' | '-')) {
                    word.push(c);
                }
                tokens.push(Token::Word(word));
            }
            c => tokens.push(Token::Mark(c)),
        }
    }
    tokens
}

fn skip_block_comment(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    chars.next();
    let mut last = ' ';
    for c in chars.by_ref() {
        if last == '*' && c == '/' {
            break;
        }
        last = c;
    }
}

/// The text up to the closing quote. A line end closes it too: a schema's strings have one line, and a forgotten quote must not
/// swallow the blocks behind it.
fn string(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> String {
    let mut text = String::new();
    while let Some(c) = chars.next_if(|c| *c != '\n') {
        match c {
            '"' => break,
            '\\' => match chars.next() {
                Some('n') => text.push('\n'),
                Some('r') => text.push('\r'),
                Some('t') => text.push('\t'),
                Some(other) => text.push(other),
                None => {}
            },
            c => text.push(c),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    fn summary(schema: &str) -> String {
        let Some(found) = Datasource::find(schema) else { return "none".to_owned() };
        let show = |reference: &Option<UrlReference>| match reference {
            None => "-".to_owned(),
            Some(UrlReference::Variable(name)) => format!("env {name}"),
            Some(UrlReference::Literal(url)) => format!("literal {}", url.expose_secret()),
            Some(UrlReference::Unreadable) => "unreadable".to_owned(),
        };
        format!(
            "{} {} | {} | {} | {}",
            found.name,
            found.provider.as_deref().unwrap_or("-"),
            show(&found.url),
            show(&found.direct_url),
            show(&found.shadow_database_url)
        )
    }

    #[test]
    fn reads_the_forms_that_schemas_have() {
        for (schema, expected) in [
            (
                "datasource db {\n  provider = \"sqlite\"\n  url = env(\"DATABASE_URL\")\n}",
                "db sqlite | env DATABASE_URL | - | -",
            ),
            (
                "datasource db {\r\n\tprovider=\"postgresql\"\r\n\turl=env( \"A\" )\r\n\tdirectUrl = env(\"B\")\r\n\tshadowDatabaseUrl = env(\"C\")\r\n}\r\n",
                "db postgresql | env A | env B | env C",
            ),
            (
                "datasource db {\n provider = \"mysql\" // \"sqlite\"\n // url = env(\"OLD\")\n url = \"mysql://u:p@h/d\" /* x */\n}",
                "db mysql | literal mysql://u:p@h/d | - | -",
            ),
            (
                "datasource db {\n provider = \"sqlite\"\n url = \"file:./a\\\"b.db\"\n}",
                "db sqlite | literal file:./a\"b.db | - | -",
            ),
            (
                "// datasource db { provider = \"mysql\" }\n/* datasource x {\n} */\nmodel A {\n datasource String\n}\ndatasource main {\n provider = \"postgres\"\n}",
                "main postgres | - | - | -",
            ),
            ("model datasource {\n id Int @default(dbgenerated(\"datasource db {\"))\n}\n", "none"),
            ("datasource db {\n url = process.env.X\n}", "db - | unreadable | - | -"),
            (
                "datasource db {\n provider = [\"postgresql\", \"sqlite\"]\n extensions = [pgcrypto, uuidOssp(map: \"uuid-ossp\")]\n}",
                "db postgresql | - | - | -",
            ),
            ("datasource db {\n provider = \"sqlite", "db sqlite | - | - | -"),
            ("", "none"),
        ] {
            assert_eq!(summary(schema), expected, "{schema}");
        }
    }

    #[test]
    fn reads_the_schemas_over_several_lines() {
        let found = Datasource::find(
            "datasource db {\n schemas = [\n  \"public\", // x\n  \"audit\"\n ]\n provider = \"postgresql\"\n}",
        );
        let found = found.unwrap();
        assert_eq!(found.schemas, ["public", "audit"]);
        assert_eq!(found.provider.as_deref(), Some("postgresql"));
    }

    proptest::proptest! {
        #[test]
        fn never_panics(schema in "(?s)(datasource|db|\\{|\\}|=|\"|\\\\|\n|//|/\\*|\\*/|env\\(|provider|url| |é){0,40}") {
            let _ = Datasource::find(&schema);
        }
    }
}
