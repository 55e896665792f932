// SQLite for the engine: Prisma's libSQL adapter over a client of ours, which holds one connection as native does.
import { closeSync, existsSync, mkdirSync, openSync, rmSync } from "node:fs";
import { basename, dirname } from "node:path";
import { sqlitePath } from "./datasource.mjs";
import { noSuchDatabase } from "./errors.mjs";
import { reach } from "./hooks.mjs";
import { tolerateMissingLedger } from "./sqlite-ledger.mjs";
import { splitSqliteScript } from "./sqlite-script.mjs";

/** How long SQLite itself waits for another process's lock: the default of native's driver. */
const BUSY_TIMEOUT_MS = 5000;
/** The engine leaves out its lock when it sees the libSQL adapter's name, but this is a local file, where native takes it. */
const ADAPTER_NAME = "@prisma/adapter-better-sqlite3";

export async function canConnect({ url, baseDir }) {
  const path = sqlitePath(url, baseDir);
  if (!existsSync(path)) throw noSuchDatabase(basename(path));
}

export async function createDatabase({ url, baseDir }) {
  const path = sqlitePath(url, baseDir);
  if (!existsSync(path)) {
    mkdirSync(dirname(path), { recursive: true });
    closeSync(openSync(path, "a"));
  }
  return path;
}

export async function dropDatabase({ url, baseDir }) {
  rmSync(sqlitePath(url, baseDir));
}

/** The WebAssembly engine only empties the tables on a reset; native truncates the file. */
export async function reset({ url, baseDir }) {
  closeSync(openSync(sqlitePath(url, baseDir), "w"));
}

/** Opens the main database and gives the factory that the engine asks for adapters. */
export async function open({ packages, url, baseDir, watch }) {
  await canConnect({ url, baseDir });
  const client = new HeldClient(packages, sqlitePath(url, baseDir));
  await reach("connected");
  const textType = packages.require("@prisma/driver-adapter-utils").ColumnTypeEnum.Text;
  const adapter = tolerateMissingLedger(await makeAdapter(packages, client), { client, watch, textType });
  const main = watch.watchMain(adapter, async (script) => {
    await client.executeMultiple(script).catch(({ rawCode, message }) => {
      throw Object.assign(new Error(message), { databaseCode: String(rawCode) });
    });
  });
  return session(packages, main, client);
}

/** The factory for a diff that looks at no database. */
export async function openWithoutDatabase({ packages }) {
  const client = new HeldClient(packages, ":memory:");
  return session(packages, await makeAdapter(packages, client), client);
}

function session(packages, main, client) {
  const factory = {
    provider: "sqlite",
    adapterName: ADAPTER_NAME,
    connect: async () => main,
    // A shadow database is always a fresh one in memory, whatever URL is configured.
    connectToShadowDb: async () => makeAdapter(packages, new HeldClient(packages, ":memory:")),
  };
  return { factory, dropShadow: async () => {}, dispose: async () => client.close() };
}

async function makeAdapter(packages, client) {
  const exported = packages.require("@prisma/adapter-libsql");
  // The two majors spell the class differently.
  const Factory = exported.PrismaLibSql ?? exported.PrismaLibSQL;
  class FactoryWithClient extends Factory {
    createClient() {
      return client;
    }
  }
  // Native stores times as integer milliseconds.
  const adapter = await new FactoryWithClient({}, { timestampFormat: "unixepoch-ms" }).connect();
  adapter.adapterName = ADAPTER_NAME;
  return adapter;
}

/** The part of a libSQL client that the adapter uses, on one connection, with errors that keep SQLite's extended code. */
class HeldClient {
  #database;

  constructor({ require }, path) {
    const Database = require("libsql");
    this.#database = new Database(path, { timeout: BUSY_TIMEOUT_MS });
  }

  async execute(query) {
    try {
      return await this.#execute(query);
    } catch ({ code, message }) {
      // Native's words. Without SQLite's number the adapter passes them on instead of making an error kind of them.
      throw Object.assign(new Error(`SQLite database error\n${message}`), { code });
    }
  }

  async #execute({ sql, args }) {
    // A script without parameters may hold several statements, of which a prepared one would run only the first.
    if (args.length === 0 && splitSqliteScript(sql).length > 1) {
      await this.executeMultiple(sql);
      return { columns: [], columnTypes: [], rows: [], rowsAffected: 0 };
    }
    const statement = this.#database.prepare(sql);
    if (!statement.reader) {
      return { columns: [], columnTypes: [], rows: [], rowsAffected: statement.run(args).changes };
    }
    statement.safeIntegers(true).raw(true);
    const columns = statement.columns();
    return {
      columns: columns.map(({ name }) => name),
      columnTypes: columns.map(({ type }) => type ?? ""),
      rows: statement.all(args).map((row) => row.map(fromDriver)),
      rowsAffected: 0,
    };
  }

  async executeMultiple(script) {
    const statements = splitSqliteScript(script);
    for (const [index, statement] of statements.entries()) {
      const position = `${index + 1}/${statements.length}`;
      await reach("statement-begin", position);
      this.#database.exec(statement);
      await reach("statement-end", position);
    }
  }

  close() {
    // Statements that were not collected yet keep the connection open behind our back, and with it the lock and its journal.
    this.#database.exec("PRAGMA main.locking_mode=NORMAL; SELECT 1 FROM sqlite_master;");
    this.#database.close();
  }
}

function fromDriver(value) {
  if (typeof value === "bigint" && Number.isSafeInteger(Number(value))) return Number(value);
  if (Buffer.isBuffer(value)) return value.buffer.slice(value.byteOffset, value.byteOffset + value.byteLength);
  return value;
}
