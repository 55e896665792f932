// Where the databases are: from `--datasource` (7, and 6 with a config file) or from the schema's datasource block (6).
import { readFileSync } from "node:fs";
import { dirname, isAbsolute, resolve } from "node:path";
import { invalidUrl, KnownError } from "./errors.mjs";

const PROVIDER_OF_SCHEME = {
  file: "sqlite",
  sqlite: "sqlite",
  postgres: "postgresql",
  postgresql: "postgresql",
  mysql: "mysql",
};

/** `{ url, shadowUrl, baseDir }` of a server or a verb; `url` is null when nothing names one (diffs without a database). */
export function datasourceFromArguments({ datasource, datamodels }) {
  const declared = declaredDatasource(datamodels.map((path) => ({ path, content: readFileSync(path, "utf8") })));
  if (datasource === null) return declared;
  const given = datasource.startsWith("{") ? JSON.parse(datasource) : { url: datasource };
  return {
    url: given.directUrl ?? given.url ?? declared.url,
    shadowUrl: given.shadowDatabaseUrl ?? declared.shadowUrl,
    // Prisma starts the engine in the directory that relative file URLs are meant from.
    baseDir: process.cwd(),
  };
}

/** The datasource block of 6. In 7 the block has no URL, and every value here is null. */
export function declaredDatasource(files) {
  for (const { path, content } of files) {
    const block = datasourceBlock(content);
    if (!block) continue;
    return {
      url: stringValue(block, "directUrl") ?? stringValue(block, "url"),
      shadowUrl: stringValue(block, "shadowDatabaseUrl"),
      baseDir: dirname(path),
    };
  }
  return { url: null, shadowUrl: null, baseDir: process.cwd() };
}

/** The provider named in a schema, or null. */
export function declaredProvider(files) {
  for (const { content } of files) {
    const provider = datasourceBlock(content)?.match(/^\s*provider\s*=\s*"([^"]*)"/m)?.[1];
    if (provider) return provider === "postgres" ? "postgresql" : provider;
  }
  return null;
}

/** The provider that a URL's scheme means. */
export function providerOfUrl(url) {
  const provider = PROVIDER_OF_SCHEME[url.slice(0, url.indexOf(":"))];
  if (!provider) throw invalidUrl("The scheme is not recognized in database URL.");
  return provider;
}

const NOT_ENCODED = "The URL could not be parsed. Please make sure that its user name and password are percent-encoded.";

export function parseUrl(text) {
  try {
    return new URL(text);
  } catch {
    throw invalidUrl(NOT_ENCODED);
  }
}

/** A part of a URL with its percent-encoding undone. */
export function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    throw invalidUrl(NOT_ENCODED);
  }
}

/** The path of a SQLite URL; relative ones are meant from `baseDir`. */
export function sqlitePath(url, baseDir) {
  const path = url.replace(/^(file|sqlite):(\/\/)?/, "").replace(/\?.*$/, "");
  return path === ":memory:" || isAbsolute(path) ? path : resolve(baseDir, path);
}

function datasourceBlock(content) {
  return content.match(/^\s*datasource\s+\w+\s*\{([^}]*)\}/m)?.[1];
}

function stringValue(block, key) {
  const line = block.match(new RegExp(`^\\s*${key}\\s*=\\s*(?:env\\("([^"]+)"\\)|"([^"]*)")`, "m"));
  if (!line) return null;
  const [, variable, literal] = line;
  if (variable === undefined) return literal;
  const value = process.env[variable];
  if (!value) throw new KnownError("P1012", `error: Environment variable not found: ${variable}.`, { full_error: variable });
  return value;
}
