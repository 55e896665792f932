// Cuts a SQLite script into statements, by the rules of SQLite's own `sqlite3_complete`: a semicolon ends a statement unless it
// stands in a string, a quoted name, a comment or the body of a trigger. Native steps through a script in the same pieces.

const TOKEN = /\s+|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|'(?:[^']|'')*'?|"(?:[^"]|"")*"?|`(?:[^`]|``)*`?|\[[^\]]*\]?|[A-Za-z_][\w$]*|;|[^]/g;
const TRIGGER_HEAD = /^(?:EXPLAIN )?CREATE (?:TEMP |TEMPORARY )?TRIGGER /;
/** Enough of a statement's first words to tell whether it is a trigger. */
const HEAD_LENGTH = 64;

export function splitSqliteScript(script) {
  const statements = [];
  let start = 0;
  let head = "";
  let last = "";
  let beforeLast = "";

  for (const { 0: token, index } of script.matchAll(TOKEN)) {
    if (/^(\s|--|\/\*)/.test(token)) continue;
    const endsTrigger = beforeLast === ";" && last === "END";
    if (token === ";" && !(TRIGGER_HEAD.test(head) && !endsTrigger)) {
      if (head !== "") statements.push(script.slice(start, index + 1));
      [start, head, last, beforeLast] = [index + 1, "", "", ""];
      continue;
    }
    [beforeLast, last] = [last, token.toUpperCase()];
    if (head.length < HEAD_LENGTH) head += `${last} `;
  }
  if (head !== "") statements.push(script.slice(start));
  return statements;
}
