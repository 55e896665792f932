// PostgreSQL's errors in native's words. These texts are ours, written after native's source.
import { accessDenied, noSuchDatabase, notReachable, wrongCredentials } from "./errors.mjs";

/** The lines shown before the one with the error. */
const CONTEXT_LINES = 5;

export function connectionError(error, { host, port, user, database }) {
  switch (error.code) {
    case "28P01":
      return wrongCredentials(host, user);
    case "28000":
      return accessDenied(user, database);
    case "3D000":
      return noSuchDatabase(database);
    default:
      return isServerError(error) ? new Error(messageOf(error)) : notReachable(host, port);
  }
}

/** `{ databaseCode, message }` of a failed script; `offset` is where the failed statement begins in it. */
export function scriptError(error, script, offset = 0) {
  if (!isServerError(error)) return Object.assign(new Error(error.message), { databaseCode: "none" });
  const position = error.position === undefined ? "" : positionIn(script, offset + Number(error.position));
  return Object.assign(new Error(`${messageOf(error)}${position}\n\n${debugText(error)}`), { databaseCode: error.code });
}

export function messageOf({ severity, message, detail, hint }) {
  return `${severity}: ${message}${detail ? `\nDETAIL: ${detail}` : ""}${hint ? `\nHINT: ${hint}` : ""}`;
}

function isServerError(error) {
  return typeof error.severity === "string";
}

/** The block that shows the failed line with those before it, in ANSI colours as native prints them. */
function positionIn(script, position) {
  const lines = script.split("\n");
  let end = 0;
  const index = lines.findIndex((line) => position <= (end += line.length + 1));
  if (index < 0) return "";

  const shown = [];
  for (let number = Math.max(0, index + 1 - CONTEXT_LINES); number <= index; number += 1) {
    const line = number === 0 ? "" : lines[number - 1];
    shown.push(`\x1b[1m${String(number).padStart(3)}\x1b[0m${line === "" ? "" : " "}${line}`);
  }
  return `\n\nPosition:\n${shown.join("\n")}\n\x1b[1m${String(index + 1).padStart(3)}\x1b[1;31m ${lines[index]}\x1b[0m`;
}

/** Rust's debug form of the driver's error. */
function debugText(error) {
  const text = (value) => (value === undefined ? "None" : `Some(${JSON.stringify(value)})`);
  const severity = error.severity[0] + error.severity.slice(1).toLowerCase();
  const fields = [
    `severity: ${JSON.stringify(error.severity)}`,
    `parsed_severity: Some(${severity})`,
    `code: SqlState(E${error.code})`,
    `message: ${JSON.stringify(error.message)}`,
    `detail: ${text(error.detail)}`,
    `hint: ${text(error.hint)}`,
    `position: ${error.position === undefined ? "None" : `Some(Original(${error.position}))`}`,
    `where_: ${text(error.where)}`,
    `schema: ${text(error.schema)}`,
    `table: ${text(error.table)}`,
    `column: ${text(error.column)}`,
    `datatype: ${text(error.dataType)}`,
    `constraint: ${text(error.constraint)}`,
    `file: ${text(error.file)}`,
    `line: ${error.line === undefined ? "None" : `Some(${error.line})`}`,
    `routine: ${text(error.routine)}`,
  ];
  return `DbError { ${fields.join(", ")} }`;
}
