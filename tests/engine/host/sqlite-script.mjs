// Cuts a SQLite script into statements, by the rules of SQLite's own `sqlite3_complete`: a semicolon ends a statement unless it
// stands in a string, a quoted name, a comment or the body of a trigger. Native steps through a script in the same pieces.

const TOKEN = /\s+|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|'(?:[^']|'')*'?|"(?:[^"]|"")*"?|`(?:[^`]|``)*`?|\[[^\]]*\]?|[A-Za-z_][\w$]*|;|[^]/g;
const TRIGGER_HEAD = /^(?:EXPLAIN )?CREATE (?:TEMP |TEMPORARY )?TRIGGER /;

export function splitSqliteScript(script) {
  const statements = [];
  let start = 0;
  let words = "";
  let hasContent = false;
  let endSeen = false;

  for (const { 0: token, index } of script.matchAll(TOKEN)) {
    if (/^(\s|--|\/\*)/.test(token)) continue;
    if (token !== ";") {
      hasContent = true;
      endSeen = token.toUpperCase() === "END";
      // Only the first words tell whether this is a trigger.
      if (words.length < 64) words += `${token.toUpperCase()} `;
      continue;
    }
    // In a trigger only the semicolon after END ends the statement.
    if (TRIGGER_HEAD.test(words) && !endSeen) continue;
    if (hasContent) statements.push(script.slice(start, index + 1));
    start = index + 1;
    words = "";
    hasContent = false;
    endSeen = false;
  }
  if (hasContent) statements.push(script.slice(start));
  return statements;
}
