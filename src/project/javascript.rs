//! Just enough JavaScript and TypeScript to read literals out of a Prisma config without running it: tokens, and the values of an
//! object literal. What is not a plain literal becomes [`Value::Unreadable`]: running code to find out is Prisma's job, not ours.

/// A token; white space and comments are gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    Word(String),
    /// A string without placeholders, whatever its quotes.
    Text(String),
    Mark(char),
}

impl Token {
    pub fn is_word(&self, wanted: &str) -> bool {
        matches!(self, Token::Word(word) if word == wanted)
    }
}

/// Where a path starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PathStart {
    /// Nowhere: whoever uses it decides.
    Open,
    /// The file's own folder (`__dirname`, `import.meta.dirname`).
    File,
    /// The working directory (`path.resolve`, `process.cwd()`).
    WorkingDirectory,
}

/// A value of an object literal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Text(String),
    /// `process.env.NAME`, `process.env["NAME"]` or `env("NAME")`.
    Variable(String),
    /// Path parts given to `path.join` or `path.resolve`.
    Path {
        parts: Vec<String>,
        start: PathStart,
    },
    Object(Vec<(String, Value)>),
    List(Vec<Value>),
    Unreadable,
}

impl Value {
    /// The value of a key; the last one counts, as in JavaScript.
    pub fn get(&self, key: &str) -> Option<&Value> {
        match self {
            Value::Object(entries) => entries.iter().rev().find(|(name, _)| name == key).map(|(_, value)| value),
            _ => None,
        }
    }
}

pub(super) fn tokens(source: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut chars = source.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '/' if chars.peek() == Some(&'/') => while chars.next_if(|c| *c != '\n').is_some() {},
            '/' if chars.peek() == Some(&'*') => {
                chars.next();
                let mut last = ' ';
                for c in chars.by_ref() {
                    if last == '*' && c == '/' {
                        break;
                    }
                    last = c;
                }
            }
            '"' | '\'' | '`' => tokens.push(string(&mut chars, c)),
            c if c.is_whitespace() => {}
            c if c.is_alphanumeric() || matches!(c, '_' | '$') => {
                let mut word = String::from(c);
                while let Some(c) = chars.next_if(|c| c.is_alphanumeric() || matches!(c, '_' | '$')) {
                    word.push(c);
                }
                tokens.push(Token::Word(word));
            }
            c => tokens.push(Token::Mark(c)),
        }
    }
    tokens
}

fn string(chars: &mut std::iter::Peekable<std::str::Chars<'_>>, quote: char) -> Token {
    let mut text = String::new();
    let mut literal = true;
    while let Some(c) = chars.next() {
        match c {
            c if c == quote => break,
            // Only a template may have more than one line.
            '\n' if quote != '`' => break,
            '$' if quote == '`' && chars.peek() == Some(&'{') => literal = false,
            '\\' => match chars.next() {
                Some('n') => text.push('\n'),
                Some('t') => text.push('\t'),
                Some('\n') | None => {}
                Some('u' | 'x') => literal = false,
                Some(other) => text.push(other),
            },
            c => text.push(c),
        }
    }
    // A mark that starts no value: whoever reads it finds it unreadable.
    if literal { Token::Text(text) } else { Token::Mark('`') }
}

/// The object that a config file exports: `export default defineConfig({…})`, `export default {…}`, `module.exports = {…}`, or a
/// constant that one of these names.
pub(super) fn exported_object(tokens: &[Token]) -> Option<Value> {
    let after = tokens
        .windows(2)
        .position(|pair| pair[0].is_word("export") && pair[1].is_word("default"))
        .map(|at| at + 2)
        .or_else(|| {
            tokens
                .windows(4)
                .position(|four| {
                    four[0].is_word("module")
                        && four[1] == Token::Mark('.')
                        && four[2].is_word("exports")
                        && four[3] == Token::Mark('=')
                })
                .map(|at| at + 4)
        })?;
    object_at(tokens, after).or_else(|| {
        // `const config = …; export default config`
        let name = tokens[after..].iter().find_map(|token| match token {
            Token::Word(word) if word != "defineConfig" => Some(word.clone()),
            _ => None,
        })?;
        let at = tokens.windows(2).position(|pair| {
            matches!(&pair[0], Token::Word(word) if matches!(word.as_str(), "const" | "let" | "var"))
                && pair[1].is_word(&name)
        })?;
        let equals = at + tokens[at..].iter().position(|token| *token == Token::Mark('='))?;
        object_at(tokens, equals + 1)
    })
}

/// An object literal at this place, or as the first argument of a call at this place.
fn object_at(tokens: &[Token], at: usize) -> Option<Value> {
    let mut at = at;
    if let [Token::Word(_), Token::Mark('('), ..] = tokens.get(at..)? {
        at += 2;
    }
    (tokens.get(at) == Some(&Token::Mark('{'))).then(|| read_object(tokens, &mut at, 0))
}

/// No config nests deeper; a file that does is not read further down.
const DEPTH: usize = 32;

fn read_object(tokens: &[Token], at: &mut usize, depth: usize) -> Value {
    *at += 1;
    let mut entries = Vec::new();
    while let Some(token) = tokens.get(*at) {
        match token {
            Token::Mark('}') => {
                *at += 1;
                break;
            }
            Token::Mark(',') => *at += 1,
            Token::Word(name) | Token::Text(name) if tokens.get(*at + 1) == Some(&Token::Mark(':')) => {
                *at += 2;
                let value = read_value(tokens, at, depth + 1);
                entries.push((name.clone(), value));
            }
            // Shorthand, method, spread: its keys are there and cannot be read.
            other => {
                let name = match other {
                    Token::Word(name) | Token::Text(name) => name.clone(),
                    Token::Mark(_) => String::new(),
                };
                let start = *at;
                skip_value(tokens, at);
                // A bracket that closes nothing here.
                *at = (*at).max(start + 1);
                entries.push((name, Value::Unreadable));
            }
        }
    }
    Value::Object(entries)
}

fn read_value(tokens: &[Token], at: &mut usize, depth: usize) -> Value {
    let start = *at;
    if tokens.get(start) == Some(&Token::Mark('{')) && depth < DEPTH {
        let value = read_object(tokens, at, depth);
        let end = *at;
        skip_value(tokens, at);
        // `{…} as const` is still that object, `{…}.url` is not.
        return if tokens.get(end) == Some(&Token::Mark('.')) { Value::Unreadable } else { value };
    }
    skip_value(tokens, at);
    expression_at(&tokens[start..*at], depth)
}

/// What a complete expression says.
pub(super) fn expression(tokens: &[Token]) -> Value {
    expression_at(tokens, 0)
}

fn expression_at(tokens: &[Token], depth: usize) -> Value {
    match tokens {
        [Token::Mark('{' | '['), ..] if depth >= DEPTH => Value::Unreadable,
        [Token::Text(text)] => Value::Text(text.clone()),
        [Token::Text(text), Token::Word(keyword), ..] if matches!(keyword.as_str(), "as" | "satisfies") => {
            Value::Text(text.clone())
        }
        [Token::Mark('{'), ..] => read_object(tokens, &mut 0, depth),
        [Token::Mark('['), inner @ .., Token::Mark(']')] => {
            Value::List(arguments(inner).into_iter().map(|item| expression_at(item, depth + 1)).collect())
        }
        [Token::Word(process), Token::Mark('.'), Token::Word(env), rest @ ..]
            if process == "process" && env == "env" =>
        {
            match rest {
                [Token::Mark('.'), Token::Word(name), rest @ ..] if keeps_variable(rest) => {
                    Value::Variable(name.clone())
                }
                [Token::Mark('['), Token::Text(name), Token::Mark(']'), rest @ ..] if keeps_variable(rest) => {
                    Value::Variable(name.clone())
                }
                _ => Value::Unreadable,
            }
        }
        [Token::Word(env), rest @ ..] if env == "env" => {
            // `env<Env>("NAME")`: the type argument says nothing.
            let open = rest.iter().position(|token| *token == Token::Mark('('));
            match open.map(|open| &rest[open..]) {
                Some([Token::Mark('('), Token::Text(name), Token::Mark(')'), rest @ ..]) if keeps_variable(rest) => {
                    Value::Variable(name.clone())
                }
                _ => Value::Unreadable,
            }
        }
        _ => path_call(tokens).unwrap_or(Value::Unreadable),
    }
}

/// What may follow a variable without changing where the URL comes from when the variable is set: `!`, `as string`, and a
/// fallback, which only counts when it is not.
fn keeps_variable(rest: &[Token]) -> bool {
    match rest {
        [] => true,
        [Token::Mark('!'), rest @ ..] => keeps_variable(rest),
        [Token::Word(keyword), ..] => matches!(keyword.as_str(), "as" | "satisfies"),
        [Token::Mark('?'), Token::Mark('?'), ..] | [Token::Mark('|'), Token::Mark('|'), ..] => true,
        _ => false,
    }
}

/// `path.join("a", "b")`, `join(__dirname, "a")`, `resolve(import.meta.dirname, "a")`.
fn path_call(tokens: &[Token]) -> Option<Value> {
    let open = tokens.iter().position(|token| *token == Token::Mark('('))?;
    let (Token::Word(function), Token::Mark(')')) = (tokens.get(open.checked_sub(1)?)?, tokens.last()?) else {
        return None;
    };
    if !matches!(function.as_str(), "join" | "resolve") {
        return None;
    }
    let mut parts = Vec::new();
    let mut start = if function == "resolve" { PathStart::WorkingDirectory } else { PathStart::Open };
    for (index, argument) in arguments(&tokens[open + 1..tokens.len() - 1]).into_iter().enumerate() {
        match argument {
            [Token::Text(part)] => parts.push(part.clone()),
            [Token::Word(dirname)] if index == 0 && dirname == "__dirname" => start = PathStart::File,
            [Token::Word(import), Token::Mark('.'), Token::Word(meta), Token::Mark('.'), Token::Word(dirname)]
                if index == 0 && import == "import" && meta == "meta" && dirname == "dirname" =>
            {
                start = PathStart::File;
            }
            [Token::Word(process), Token::Mark('.'), Token::Word(cwd), Token::Mark('('), Token::Mark(')')]
                if index == 0 && process == "process" && cwd == "cwd" =>
            {
                start = PathStart::WorkingDirectory;
            }
            _ => return None,
        }
    }
    Some(Value::Path { parts, start })
}

/// The arguments of a call or the items of a list: split at the commas that are not inside brackets.
pub(super) fn arguments(tokens: &[Token]) -> Vec<&[Token]> {
    let mut list = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let start = at;
        skip_value(tokens, &mut at);
        if at > start {
            list.push(&tokens[start..at]);
        }
        at += 1;
    }
    list
}

/// Moves to the comma or the closing bracket that ends a value.
fn skip_value(tokens: &[Token], at: &mut usize) {
    let mut depth = 0_usize;
    while let Some(token) = tokens.get(*at) {
        match token {
            Token::Mark('{' | '(' | '[') => depth += 1,
            Token::Mark('}' | ')' | ']') if depth == 0 => return,
            Token::Mark('}' | ')' | ']') => depth -= 1,
            Token::Mark(',' | ';') if depth == 0 => return,
            _ => {}
        }
        *at += 1;
    }
}

/// The arguments of each call of `name` (`config`, `loadEnvFile`), wherever it stands.
pub(super) fn calls<'t>(tokens: &'t [Token], name: &str) -> Vec<Vec<&'t [Token]>> {
    let mut found = Vec::new();
    for (at, pair) in tokens.windows(2).enumerate() {
        if pair[0].is_word(name) && pair[1] == Token::Mark('(') {
            let mut end = at + 2;
            let mut depth = 0_usize;
            while let Some(token) = tokens.get(end) {
                match token {
                    Token::Mark('{' | '(' | '[') => depth += 1,
                    Token::Mark(')') if depth == 0 => break,
                    Token::Mark('}' | ')' | ']') => depth = depth.saturating_sub(1),
                    _ => {}
                }
                end += 1;
            }
            found.push(arguments(&tokens[at + 2..end.min(tokens.len())]));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(source: &str) -> Value {
        expression(&tokens(source))
    }

    #[test]
    fn reads_the_ways_to_name_a_variable() {
        for source in [
            "env('DATABASE_URL')",
            "env(\"DATABASE_URL\")",
            "env<Env>('DATABASE_URL')",
            "process.env.DATABASE_URL",
            "process.env.DATABASE_URL!",
            "process.env['DATABASE_URL'] as string",
            "process.env.DATABASE_URL ?? 'file:./dev.db'",
            "process.env[`DATABASE_URL`] || ''",
        ] {
            assert_eq!(value(source), Value::Variable("DATABASE_URL".to_owned()), "{source}");
        }
        for source in
            ["process.env.URL.replace('a', 'b')", "env(name)", "`file:${x}`", "getUrl()", "a ? 'b' : 'c'", "'a' + 'b'"]
        {
            assert_eq!(value(source), Value::Unreadable, "{source}");
        }
    }

    #[test]
    fn reads_paths() {
        let path =
            |parts: &[&str], start| Value::Path { parts: parts.iter().map(ToString::to_string).collect(), start };
        assert_eq!(value("path.join('prisma', 'schema.prisma')"), path(&["prisma", "schema.prisma"], PathStart::Open));
        assert_eq!(value("path.resolve('prisma')"), path(&["prisma"], PathStart::WorkingDirectory));
        assert_eq!(value("resolve(__dirname, 'db')"), path(&["db"], PathStart::File));
        assert_eq!(value("path.join(import.meta.dirname, 'db',)"), path(&["db"], PathStart::File));
        assert_eq!(value("path.join(process.cwd(), 'db')"), path(&["db"], PathStart::WorkingDirectory));
        assert_eq!(value("path.join(root, 'db')"), Value::Unreadable);
    }

    #[test]
    fn finds_the_exported_object() {
        for source in [
            "export default defineConfig({ schema: 'a' })",
            "export default { schema: 'a' } satisfies PrismaConfig",
            "module.exports = defineConfig({ schema: 'a' });",
            "const config: PrismaConfig = { schema: 'a' };\nexport default config",
            "const config = { schema: 'a' }\nexport default defineConfig(config)",
            "const other = {}; // export default {}\nexport default defineConfig({ seed() { return {} }, ...other, 'schema': `a`, })",
        ] {
            let object = exported_object(&tokens(source));
            assert_eq!(
                object.as_ref().and_then(|object| object.get("schema")),
                Some(&Value::Text("a".to_owned())),
                "{source}"
            );
        }
        assert_eq!(exported_object(&tokens("export const x = {}")), None);
    }

    proptest::proptest! {
        #[test]
        fn never_panics(source in "(?s)(export default|defineConfig|\\{|\\}|\\(|\\)|\\[|\\]|:|,|'|`|\\$\\{|\\\\|\"|env|process|\\.|path|join|//|/\\*|\n|a|é| ){0,60}") {
            let tokens = tokens(&source);
            let _ = exported_object(&tokens);
            let _ = expression(&tokens);
            let _ = calls(&tokens, "a");
        }
    }
}
