// The rows of `_prisma_migrations` as Prisma writes and reads them on MySQL.
import { createHash, randomUUID } from "node:crypto";

const CREATE_TABLE = `
CREATE TABLE _prisma_migrations (
    id                      VARCHAR(36) PRIMARY KEY NOT NULL,
    checksum                VARCHAR(64) NOT NULL,
    finished_at             DATETIME(3),
    migration_name          VARCHAR(255) NOT NULL,
    logs                    TEXT,
    rolled_back_at          DATETIME(3),
    started_at              DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
    applied_steps_count     INTEGER UNSIGNED NOT NULL DEFAULT 0
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci`;

const TABLE = "_prisma_migrations";

export const isFailed = (row) => row.finished_at === null && row.rolled_back_at === null;

export class Ledger {
  #connection;

  constructor(connection) {
    this.#connection = connection;
  }

  create() {
    return this.#connection.query(CREATE_TABLE);
  }

  /** The rows, oldest first, or null where the table does not exist. */
  async rows() {
    try {
      return await this.#connection.query(`SELECT * FROM ${TABLE} ORDER BY started_at ASC`);
    } catch (error) {
      if (error.code === "ER_NO_SUCH_TABLE") return null;
      throw error;
    }
  }

  async otherTables() {
    const sql = "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = ? AND table_type = 'BASE TABLE'";
    const rows = await this.#connection.query(sql, [this.#connection.database]);
    return rows.map(({ name }) => name).filter((name) => name !== TABLE);
  }

  async recordStarted(name, script) {
    const id = randomUUID();
    await this.#insert({ id, checksum: checksum(script), started_at: new Date(), migration_name: name });
    return id;
  }

  recordApplied(name, script) {
    const now = new Date();
    const times = { started_at: now, finished_at: now };
    return this.#insert({ id: randomUUID(), checksum: checksum(script), logs: "", ...times, migration_name: name });
  }

  async recordFinished(id) {
    await this.#connection.query(`UPDATE ${TABLE} SET applied_steps_count = applied_steps_count + 1 WHERE id = ?`, [id]);
    await this.#connection.query(`UPDATE ${TABLE} SET finished_at = ? WHERE id = ?`, [new Date(), id]);
  }

  recordFailed(id, logs) {
    return this.#connection.query(`UPDATE ${TABLE} SET logs = ? WHERE id = ?`, [logs, id]);
  }

  recordRolledBack(id) {
    return this.#connection.query(`UPDATE ${TABLE} SET rolled_back_at = ? WHERE id = ?`, [new Date(), id]);
  }

  #insert(row) {
    return this.#connection.query(`INSERT INTO ${TABLE} SET ?`, [row]);
  }
}

const checksum = (script) => createHash("sha256").update(script).digest("hex");

/** A file counts as unchanged whichever line endings it was checked out with. */
export function matchesChecksum(script, stored) {
  const unix = script.replaceAll("\r\n", "\n");
  return [script, unix, unix.replaceAll("\n", "\r\n")].some((variant) => checksum(variant) === stored);
}
