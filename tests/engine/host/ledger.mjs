// Watches what the engine does to `_prisma_migrations` through an adapter, and says what native says but the WebAssembly build
// cannot: which migration is being applied, and why its script failed. The rows themselves are the engine's.
import { failedOnShadow, KnownError, scriptFailed } from "./errors.mjs";
import { reach } from "./hooks.mjs";

const LEDGER = "_prisma_migrations";
/** Where the trace begins that the engine appends to the `logs` column; what stands before it is the error's text. */
const TRACE_START = /^ {3}0: /m;

export class LedgerWatch {
  /** Prints a line through the CLI; set for the time of a call. */
  print = () => {};
  /** Whether this call found no ledger, where the engine was told of an empty one. */
  ledgerIsMissing = false;
  #migration = null;
  #failure = null;
  #shadowFailure = null;

  beginCall(print) {
    this.print = print;
    this.ledgerIsMissing = false;
    this.#migration = null;
    this.#failure = null;
    this.#shadowFailure = null;
  }

  /** Wraps the adapter of the main database. `runScript` throws `{ databaseCode, message }` in the words of the database. */
  watchMain(adapter, runScript) {
    for (const method of ["queryRaw", "executeRaw"]) {
      const original = adapter[method].bind(adapter);
      adapter[method] = (query) => this.#forward(query, original);
    }
    adapter.executeScript = async (script) => {
      const migration = this.#migration;
      if (migration) await this.print(`Applying migration \`${migration}\``);
      await reach("script-begin", migration ?? "");
      try {
        await runScript(script);
      } catch (error) {
        this.#failure = scriptFailed(migration, error.databaseCode, error.message);
        await reach("script-failed", error.databaseCode);
        throw error;
      }
      await reach("script-end", migration ?? "");
    };
    return adapter;
  }

  /** Wraps a shadow database's adapter, for a provider whose shadow migrations come as scripts: they fail there too. */
  watchShadow(adapter, runScript) {
    adapter.executeScript = async (script) => {
      try {
        await runScript(script);
      } catch (error) {
        this.#shadowFailure = error;
        throw error;
      }
    };
    return adapter;
  }

  /** The error that native reports where the engine here only knows of an "external connector error". */
  explain(error) {
    if (this.#failure && !(error instanceof KnownError)) return this.#failure;
    const shadowMigration = error.code === "P3006" && error.message.match(/^Migration `(.*)` failed to apply/)?.[1];
    if (shadowMigration && this.#shadowFailure) {
      const { databaseCode, message } = this.#shadowFailure;
      return failedOnShadow(shadowMigration, scriptFailed(shadowMigration, databaseCode, message));
    }
    return error;
  }

  async #forward(query, original) {
    if (!query.sql.includes(LEDGER)) return original(query);

    if (/^\s*INSERT/i.test(query.sql)) {
      const result = await original(query);
      this.#migration = migrationNameIn(query);
      await reach("row-inserted", this.#migration ?? "");
      return result;
    }
    if (/^\s*UPDATE/i.test(query.sql)) {
      const result = await original(this.#failure ? withLogs(query, this.#failure) : query).catch((error) => {
        // As in native, a row that cannot be written hides why the script failed: the session is in an aborted transaction.
        this.#failure = null;
        throw error;
      });
      await reach("row-updated", this.#migration ?? "");
      return result;
    }
    return original(query);
  }
}

/** The value that an INSERT gives to `migration_name`. */
function migrationNameIn({ sql, args }) {
  const columns = sql.match(/\(([^)]*)\)/)?.[1].split(",").map((column) => column.trim().replaceAll(/["`]/g, ""));
  const index = columns?.indexOf("migration_name") ?? -1;
  return index < 0 ? null : args[index];
}

/** Replaces the head of the `logs` value, "external connector error", by the real error. The trace stays the engine's. */
function withLogs(query, failure) {
  if (!/SET\s+["`]?logs["`]?\s*=/i.test(query.sql)) return query;
  const [logs, ...others] = query.args;
  const trace = String(logs).slice(String(logs).search(TRACE_START));
  return { ...query, args: [failure.message + (TRACE_START.test(logs) ? trace : ""), ...others] };
}
