// One connection to MySQL or MariaDB, by Prisma's rules for its URLs, with errors in Prisma's codes.
import { decoded, parseUrl } from "../host/datasource.mjs";
import { accessDenied, databaseExists, KnownError, noSuchDatabase, notReachable, wrongCredentials } from "../host/errors.mjs";
import { note, reach } from "../host/hooks.mjs";

const DEFAULT_PORT = 3306;
const DEFAULT_CONNECT_TIMEOUT_S = 5;
const SYSTEM_DATABASES = new Set(["mysql", "information_schema", "performance_schema", "sys"]);
/** The database that every server has, from which another can be created. */
const ADMIN_DATABASE = "mysql";

export function parseMysqlUrl(text) {
  const url = parseUrl(text);
  const parameter = (name) => url.searchParams.get(name) ?? undefined;
  return {
    host: url.hostname || "localhost",
    port: Number(url.port) || DEFAULT_PORT,
    socketPath: parameter("socket")?.replace(/^\((.*)\)$/, "$1"),
    user: decoded(url.username) || "root",
    password: decoded(url.password) || undefined,
    database: decoded(url.pathname.slice(1)) || ADMIN_DATABASE,
    connectTimeout: Number(parameter("connect_timeout") ?? DEFAULT_CONNECT_TIMEOUT_S) * 1000,
    multipleStatements: true,
    // The ledger's times are UTC whatever the server's zone is.
    timezone: "Z",
  };
}

export class Connection {
  #client;
  #settings;

  static async open({ require }, settings) {
    if (SYSTEM_DATABASES.has(settings.database.toLowerCase())) {
      throw new KnownError(
        "P3004",
        `The \`${settings.database}\` database is a system database, it should not be altered with prisma migrate. ` +
          "Please connect to another database.",
        { database_name: settings.database },
      );
    }
    return Connection.openAny({ require }, settings);
  }

  /** Also opens a system database, for the work of an administrator. */
  static async openAny({ require }, settings) {
    const client = require("mysql2").createConnection(settings);
    await new Promise((resolve, reject) => {
      client.once("connect", resolve);
      client.once("error", (error) => reject(connectionError(error, settings)));
    });
    // Without a listener a connection that breaks while idle would end the process; the next query reports it.
    client.on("error", (error) => note("connection-lost", error.message));
    return new Connection(client, settings);
  }

  static openAsAdmin(packages, settings) {
    return Connection.openAny(packages, { ...settings, database: ADMIN_DATABASE });
  }

  constructor(client, settings) {
    this.#client = client;
    this.#settings = settings;
  }

  get database() {
    return this.#settings.database;
  }

  query(sql, values = []) {
    return new Promise((resolve, reject) => {
      this.#client.query(sql, values, (error, rows) => (error ? reject(error) : resolve(rows)));
    });
  }

  /** Sends a script as one text query. On failure the error knows the number of its statement, counted from 1. */
  async runScript(script) {
    await reach("script-begin");
    let finished = 0;
    await new Promise((resolve, reject) => {
      const query = this.#client.query(script);
      let failure = null;
      query.on("fields", () => note("statement-end", (finished += 1)));
      query.on("error", (error) => (failure = Object.assign(error, { statementNumber: finished + 1 })));
      query.on("end", () => (failure ? reject(failure) : resolve()));
    });
    await reach("script-end");
  }

  async recreateDatabase() {
    const name = quote(this.database);
    for (const sql of [`DROP DATABASE ${name}`, `CREATE DATABASE ${name}`, `USE ${name}`]) await this.query(sql);
  }

  close() {
    // Not `end`: that would wait for a running statement, and native drops its connection.
    this.#client.destroy();
  }
}

export async function createDatabase(packages, settings) {
  const admin = await Connection.openAsAdmin(packages, settings);
  try {
    await admin.query(`CREATE DATABASE ${quote(settings.database)} CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci`);
  } catch (error) {
    throw error.code === "ER_DB_CREATE_EXISTS" ? databaseExists(settings.database) : error;
  } finally {
    admin.close();
  }
}

export async function dropDatabase(packages, settings) {
  const admin = await Connection.openAsAdmin(packages, settings);
  await admin.query(`DROP DATABASE ${quote(settings.database)}`).finally(() => admin.close());
}

function connectionError(error, { host, port, user, database }) {
  switch (error.code) {
    case "ER_ACCESS_DENIED_ERROR":
      return wrongCredentials(host, user);
    case "ER_DBACCESS_DENIED_ERROR":
      return accessDenied(user, database);
    case "ER_BAD_DB_ERROR":
      return noSuchDatabase(database);
    default:
      return error.errno > 1000 ? error : notReachable(host, port);
  }
}

const quote = (name) => `\`${name.replaceAll("`", "``")}\``;
