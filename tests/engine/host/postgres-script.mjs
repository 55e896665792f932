// How a migration script reaches PostgreSQL. Up to 7.3 native sends the file whole: one simple query, which the server runs as
// one transaction. From 7.4 it sends statement by statement if its SQL parser understands the whole file, and else whole.

const TOKEN = new RegExp(
  [
    /--[^\n]*/, // comment
    /[eE]'(?:[^'\\]|\\[^]|'')*'?/, // string with escapes
    /'(?:[^']|'')*'?/, // string
    /"(?:[^"]|"")*"?/, // quoted name
    /\$([A-Za-z_]\w*)?\$[^]*?(?:\$\1\$|$)/, // dollar-quoted string
    /[A-Za-z_][\w$]*/, // word: a dollar in it begins no string
    /\/\*|;|\s+|[^]/,
  ]
    .map(({ source }) => source)
    .join("|"),
  "g",
);

/** The pieces to send, each with its offset in the script. */
export async function piecesToSend(script, packages) {
  const whole = [{ text: script, offset: 0 }];
  if (packages.major < 7) return whole;

  const count = await parsedStatementCount(script, packages);
  const statements = splitPostgresScript(script);
  // A parser that counts differently saw something that the splitter did not; whole is the safe answer.
  return count === statements.length && count > 0 ? statements : whole;
}

async function parsedStatementCount(script, { require }) {
  const parser = require("@guanmingchiu/sqlparser-ts");
  await parser.init();
  try {
    return parser.parse(script, "postgresql").length;
  } catch {
    return null;
  }
}

export function splitPostgresScript(script) {
  const statements = [];
  let start = 0;
  let hasContent = false;

  TOKEN.lastIndex = 0;
  for (let match; (match = TOKEN.exec(script)); ) {
    const [token] = match;
    if (token === "/*") {
      TOKEN.lastIndex = endOfComment(script, match.index);
    } else if (token === ";") {
      if (hasContent) statements.push({ text: script.slice(start, match.index + 1), offset: start });
      start = match.index + 1;
      hasContent = false;
    } else if (!/^(\s|--)/.test(token)) {
      hasContent = true;
    }
  }
  if (hasContent) statements.push({ text: script.slice(start), offset: start });
  return statements;
}

/** PostgreSQL's block comments nest, which a regular expression cannot follow. */
function endOfComment(script, start) {
  const mark = /\/\*|\*\//g;
  mark.lastIndex = start;
  let depth = 0;
  for (let match; (match = mark.exec(script)); ) {
    depth += match[0] === "/*" ? 1 : -1;
    if (depth === 0) return mark.lastIndex;
  }
  return script.length;
}
