// A SQLite database without `_prisma_migrations`. Native takes it for one that Migrate has not touched yet; the WebAssembly
// engine gives up with P1014. So its questions are answered as from an empty table, and a baseline makes the table.

const TABLE = "_prisma_migrations";
const COLUMNS = "id checksum finished_at migration_name logs rolled_back_at started_at applied_steps_count".split(" ");
const CREATE_TABLE = `CREATE TABLE "${TABLE}" (
    "id"                    TEXT PRIMARY KEY NOT NULL,
    "checksum"              TEXT NOT NULL,
    "finished_at"           DATETIME,
    "migration_name"        TEXT NOT NULL,
    "logs"                  TEXT,
    "rolled_back_at"        DATETIME,
    "started_at"            DATETIME NOT NULL DEFAULT current_timestamp,
    "applied_steps_count"   INTEGER UNSIGNED NOT NULL DEFAULT 0
);`;

export function tolerateMissingLedger(adapter, { client, watch, textType }) {
  for (const method of ["queryRaw", "executeRaw"]) {
    const original = adapter[method].bind(adapter);
    adapter[method] = async (query) => {
      try {
        return await original(query);
      } catch (error) {
        if (!error.message.endsWith(`no such table: ${TABLE}`)) throw error;
        if (/^\s*SELECT/i.test(query.sql)) {
          watch.ledgerIsMissing = true;
          return { columnNames: COLUMNS, columnTypes: COLUMNS.map(() => textType), rows: [] };
        }
        // `applyMigrations` makes the table itself before it writes, so this is `resolve --applied`.
        if (!/^\s*INSERT/i.test(query.sql)) throw error;
        await client.executeMultiple(CREATE_TABLE);
        return original(query);
      }
    };
  }
  return adapter;
}
