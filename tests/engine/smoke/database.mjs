// Looks into the databases with the drivers themselves, past Prisma and past the engine under test.
import { join } from "node:path";

const BUSY_TIMEOUT_MS = 5000;

/** The rows of a query against a project's database, as objects. */
export async function query(project, sql, url = project.url) {
  switch (project.provider) {
    case "sqlite":
      return querySqlite(project, sql);
    case "postgres":
      return queryPostgres(project, sql, url);
    default:
      return queryMysql(project, sql, url);
  }
}

export async function tableNames(project) {
  const sql =
    project.provider === "sqlite"
      ? "SELECT name FROM sqlite_master WHERE type = 'table'"
      : `SELECT table_name AS name FROM information_schema.tables
         WHERE table_schema = ${project.provider === "postgres" ? "current_schema()" : "DATABASE()"}`;
  return (await query(project, sql)).map(({ name }) => name);
}

export const ledger = (project) => query(project, "SELECT * FROM _prisma_migrations ORDER BY started_at, migration_name");

/** A connection that a check holds open: to keep a lock, or to create databases. */
export async function openPostgres(project, url = project.url) {
  const { Client } = project.require("pg");
  const client = new Client({ connectionString: url });
  await client.connect();
  return client;
}

function querySqlite(project, sql) {
  const Database = project.require("libsql");
  // Relative URLs are meant from the config file in 7, from the schema in 6.
  const path = project.major === 6 ? join(project.directory, "prisma", "dev.db") : join(project.directory, "dev.db");
  // Prisma's CLI does not wait for its engine to end, so the engine's lock may outlive a call by some milliseconds.
  const database = new Database(path, { timeout: BUSY_TIMEOUT_MS });
  try {
    const statement = database.prepare(sql);
    return statement.reader ? statement.all() : (statement.run(), []);
  } finally {
    database.close();
  }
}

async function queryPostgres(project, sql, url) {
  const client = await openPostgres(project, url);
  return (await client.query(sql).finally(() => client.end())).rows;
}

async function queryMysql(project, sql, url) {
  const connection = await project.require("mysql2/promise").createConnection(url);
  const [rows] = await connection.query(sql).finally(() => connection.end());
  return Array.isArray(rows) ? rows : [];
}
