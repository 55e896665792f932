// PostgreSQL for the engine: Prisma's pg adapter over one held connection, as native holds one. A pool would drop the session
// after any SQL error, and with it the advisory lock and an open transaction.
import { randomUUID } from "node:crypto";
import { databaseExists, shadowNotCreated } from "./errors.mjs";
import { note, reach } from "./hooks.mjs";
import { connectionError, messageOf, scriptError } from "./postgres-error.mjs";
import { piecesToSend } from "./postgres-script.mjs";
import { parsePostgresUrl } from "./postgres-url.mjs";

/** Databases that exist on most servers, from which another can be created. */
const ADMIN_DATABASES = ["postgres", "template1", "defaultdb"];
const ADVISORY_LOCK = "pg_advisory_lock(72707369)";
const TEXT_OID = 25;
const TIME_WITHOUT_ZONE = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?$/;
/** `"char"` and `name`, which the adapter of 6 does not know. */
const OIDS_READ_AS_TEXT = new Set([18, 19]);

export async function canConnect({ url, packages }) {
  const client = await openSession(packages, parsePostgresUrl(url));
  await client.end();
}

export async function createDatabase({ url, packages }) {
  const target = parsePostgresUrl(url);
  const { client: settings } = target;
  const admin = await connectAsAdmin(packages, settings);
  try {
    await admin.query(`CREATE DATABASE ${quote(settings.database)}`);
  } catch (error) {
    throw error.code === "42P04" ? databaseExists(settings.database) : new Error(messageOf(error));
  } finally {
    await admin.end();
  }
  await (await openSession(packages, target)).end();
  return settings.database;
}

export async function dropDatabase({ url, packages }) {
  const { client: settings } = parsePostgresUrl(url);
  const admin = await connectAsAdmin(packages, settings);
  await admin.query(`DROP DATABASE ${quote(settings.database)}`).finally(() => admin.end());
}

/** Opens the main database and gives the factory that the engine asks for adapters. */
export async function open({ packages, url, shadowUrl, watch }) {
  const { client: settings, schema } = parsePostgresUrl(url);
  const client = await openSession(packages, { client: settings, schema });
  await reach("connected");
  const main = watch.watchMain(await makeAdapter(packages, client, schema), (script) => runScript(client, script, packages));
  const shadows = new ShadowDatabases({ packages, watch, url, shadowUrl, settings, admin: client });
  return {
    factory: makeFactory(main, shadows),
    dropShadow: () => shadows.drop(),
    dispose: async () => {
      await shadows.drop();
      await client.end();
    },
  };
}

/** The factory for a diff that looks at no database: the engine connects all the same, so it gets an adapter that only looks so. */
export async function openWithoutDatabase({ packages, shadowUrl, watch }) {
  const { ColumnTypeEnum } = packages.require("@prisma/driver-adapter-utils");
  const nothing = { columnNames: [], columnTypes: [], rows: [] };
  const server = {
    columnNames: ["exists", "version", "numeric_version"],
    columnTypes: [ColumnTypeEnum.Boolean, ColumnTypeEnum.Text, ColumnTypeEnum.Int32],
    rows: [[true, "PostgreSQL 15.0", 150000]],
  };
  const adapter = {
    provider: "postgres",
    adapterName: "@prisma/adapter-pg",
    queryRaw: async ({ sql }) => (sql.includes("version()") ? server : nothing),
    executeRaw: async () => 0,
    executeScript: async () => {},
    startTransaction: async () => adapter,
    getConnectionInfo: () => ({ schemaName: "public", supportsRelationJoins: true }),
    dispose: async () => {},
  };
  const shadows = new ShadowDatabases({ packages, watch, shadowUrl });
  return { factory: makeFactory(adapter, shadows), dropShadow: () => shadows.drop(), dispose: () => shadows.drop() };
}

function makeFactory(main, shadows) {
  return {
    provider: "postgres",
    adapterName: "@prisma/adapter-pg",
    connect: async () => main,
    connectToShadowDb: () => shadows.connect(),
  };
}

/** The shadow database: the configured one, wiped as native wipes it, or a temporary one on the main server. */
class ShadowDatabases {
  #options;
  #open = [];

  constructor(options) {
    this.#options = options;
  }

  async connect() {
    const { packages, watch } = this.#options;
    const { client, schema, name } = this.#options.shadowUrl ? await this.#openConfigured() : await this.#createTemporary();
    this.#open.push({ client, name });
    const adapter = await makeAdapter(packages, client, schema);
    return watch.watchShadow(adapter, (script) => runScript(client, script, packages));
  }

  async drop() {
    for (const { client, name } of this.#open.splice(0)) {
      await client.end();
      if (!name) continue;
      await this.#options.admin.query(`DROP DATABASE IF EXISTS ${quote(name)}`);
      note("shadow-dropped", name);
    }
  }

  async #openConfigured() {
    const { packages, url, shadowUrl } = this.#options;
    if (url === shadowUrl) {
      throw new Error(
        "The shadow database you configured appears to be the same as the main database. Please specify another shadow database.",
      );
    }
    const target = parsePostgresUrl(shadowUrl);
    const client = await openSession(packages, target);
    await client.query(`DROP SCHEMA ${quote(target.schema)} CASCADE`);
    await client.query(`CREATE SCHEMA ${quote(target.schema)}`);
    return { client, schema: target.schema };
  }

  async #createTemporary() {
    const { packages, settings, admin } = this.#options;
    if (!admin) throw new Error("A shadow database is needed, but neither datasource.url nor datasource.shadowDatabaseUrl is set.");
    const name = `prisma_migrate_shadow_db_${randomUUID()}`;
    await admin.query(`CREATE DATABASE ${quote(name)}`).catch((error) => Promise.reject(shadowNotCreated(messageOf(error))));
    note("shadow-created", name);
    return { client: await connect(packages, { ...settings, database: name }), schema: "public", name };
  }
}

async function runScript(client, script, packages) {
  const pieces = await piecesToSend(script, packages);
  for (const [index, { text, offset }] of pieces.entries()) {
    const position = `${index + 1}/${pieces.length}`;
    await reach("statement-begin", position);
    await client.query(text).catch((error) => Promise.reject(scriptError(error, script, offset)));
    await reach("statement-end", position);
  }
}

/** A session in the URL's schema. Native makes the schema where it is missing, even for a command that only reads. */
async function openSession(packages, { client: settings, schema }) {
  const client = await connect(packages, settings);
  // Asked first: IF NOT EXISTS needs the right to create even where there is nothing to create.
  const { rowCount } = await client.query("SELECT 1 FROM pg_namespace WHERE nspname = $1", [schema]);
  if (rowCount === 0) await client.query(`CREATE SCHEMA ${quote(schema)}`);
  await client.query(`SET search_path = ${quote(schema)}`);
  return client;
}

async function connect({ require }, settings) {
  const { Client } = require("pg");
  const client = new Client(settings);
  // Without a listener a connection that breaks while idle would end the process; the next query reports it.
  client.on("error", (error) => note("connection-lost", error.message));
  try {
    await client.connect();
  } catch (error) {
    throw connectionError(error, settings);
  }
  return client;
}

async function connectAsAdmin(packages, settings) {
  let failure;
  for (const database of ADMIN_DATABASES) {
    try {
      return await connect(packages, { ...settings, database });
    } catch (error) {
      failure = error;
      // Only a database that is missing or closed to us makes the next one worth a try.
      if (error.code !== "P1003" && error.code !== "P1010") break;
    }
  }
  throw failure;
}

async function makeAdapter(packages, client, schema) {
  const { PrismaPg } = packages.require("@prisma/adapter-pg");
  const { Pool } = packages.require("pg");

  /** Looks like a pool to the adapter, but every query goes to the held client. */
  class HeldClientPool extends Pool {
    async query(config) {
      if (!config.text.includes(ADVISORY_LOCK)) return readNamesAsText(await client.query(withUtcTimes(config)));
      if (isAdvisoryLockDisabled()) return client.query({ ...config, text: "SELECT 1" });
      await reach("lock-wait");
      const result = await client.query(config);
      await reach("lock-acquired");
      return result;
    }

    async connect() {
      return Object.assign(Object.create(client), { release() {} });
    }
  }
  return new PrismaPg(new HeldClientPool(), { schema }).connect();
}

/** The WebAssembly engine cannot see the environment, and so not this switch. */
function isAdvisoryLockDisabled() {
  const value = process.env.PRISMA_SCHEMA_DISABLE_ADVISORY_LOCK ?? "";
  return value !== "" && value !== "0";
}

/** The adapter writes times without a zone, which the server would read in the session's zone; they are UTC. */
function withUtcTimes(config) {
  if (!config.text.includes("_prisma_migrations")) return config;
  const values = config.values?.map((value) => (TIME_WITHOUT_ZONE.test(value) ? `${value}+00` : value));
  return { ...config, values };
}

function readNamesAsText(result) {
  // A query of several statements has several results.
  for (const { fields } of [result].flat()) {
    for (const field of fields) if (OIDS_READ_AS_TEXT.has(field.dataTypeID)) field.dataTypeID = TEXT_OID;
  }
  return result;
}

const quote = (name) => `"${name.replaceAll('"', '""')}"`;
