// Prisma's migration commands as we imitate them for MySQL, written after the source of its engine. NOT Prisma's code: a test
// that passes here shows that Prisma's CLI and we agree with this file.
import { KnownError, scriptFailed } from "../host/errors.mjs";
import { reach } from "../host/hooks.mjs";
import { isFailed, matchesChecksum } from "./ledger.mjs";

const CONNECTOR = "mysql";
const LOCK = "SELECT GET_LOCK('prisma_migrate', 10)";

export async function applyMigrations({ migrationsList, filters }, { connection, ledger, print }) {
  assertSameProvider(migrationsList);
  await acquireLock(connection);
  const rows = (await ledger.rows()) ?? (await initialize(ledger, filters));

  const failed = rows.filter(isFailed);
  if (failed.length > 0) throw foundFailed(failed);

  const appliedMigrationNames = [];
  for (const directory of migrationsList.migrationDirectories) {
    const name = directory.path;
    if (rows.some((row) => row.migration_name === name && row.rolled_back_at === null)) continue;
    const script = scriptOf(directory);
    const id = await ledger.recordStarted(name, script);
    await reach("row-inserted", name);
    await print(`Applying migration \`${name}\``);
    try {
      await connection.runScript(script);
    } catch (error) {
      const failure = scriptFailed(name, String(error.errno ?? "none"), databaseError(error));
      await ledger.recordFailed(id, failure.message);
      await reach("row-updated", name);
      throw failure;
    }
    await ledger.recordFinished(id);
    await reach("row-updated", name);
    appliedMigrationNames.push(name);
  }
  return { appliedMigrationNames };
}

export async function diagnoseMigrationHistory({ migrationsList }, { ledger }) {
  assertSameProvider(migrationsList);
  const stored = await ledger.rows();
  const rows = stored ?? [];
  const directories = migrationsList.migrationDirectories;
  const names = directories.map(({ path }) => path);

  const edited = directories.filter((directory) => {
    const row = rows.find(({ migration_name }) => migration_name === directory.path);
    return row && !matchesChecksum(scriptOf(directory), row.checksum);
  });
  return {
    history: historyDiagnostic(names, rows.map(({ migration_name }) => migration_name)),
    failedMigrationNames: rows.filter(isFailed).map(({ migration_name }) => migration_name),
    editedMigrationNames: edited.map(({ path }) => path),
    hasMigrationsTable: stored !== null,
  };
}

export async function markMigrationApplied({ migrationName, migrationsList }, { connection, ledger }) {
  assertSameProvider(migrationsList);
  await acquireLock(connection);
  const directory = migrationsList.migrationDirectories.find(({ path }) => path === migrationName);
  if (!directory || directory.migrationFile.content.tag !== "ok") throw notOnDisk(migrationName);

  const stored = await ledger.rows();
  if (stored === null) await ledger.create();
  const rows = (stored ?? []).filter(({ migration_name }) => migration_name === migrationName);
  if (rows.some(({ finished_at }) => finished_at !== null)) throw alreadyApplied(migrationName);

  for (const { id } of rows.filter(isFailed)) await ledger.recordRolledBack(id);
  await ledger.recordApplied(migrationName, scriptOf(directory));
  return {};
}

export async function markMigrationRolledBack({ migrationName }, { connection, ledger }) {
  await acquireLock(connection);
  const stored = await ledger.rows();
  if (stored === null) {
    throw new Error("Invariant violation: called markMigrationRolledBack on a database without migrations table.");
  }
  const rows = stored.filter(({ migration_name }) => migration_name === migrationName);
  if (rows.length === 0) throw neverApplied(migrationName);
  if (rows.every(({ finished_at }) => finished_at !== null)) throw notFailed(migrationName);

  for (const { id } of rows.filter(isFailed)) await ledger.recordRolledBack(id);
  return {};
}

/** Prisma does not look at the lock's result: after ten seconds it goes on without it. */
async function acquireLock(connection) {
  const disabled = process.env.PRISMA_SCHEMA_DISABLE_ADVISORY_LOCK ?? "";
  if (disabled !== "" && disabled !== "0") return;
  await reach("lock-wait");
  await connection.query(LOCK);
  await reach("lock-acquired");
}

async function initialize(ledger, filters) {
  const external = new Set(filters?.externalTables ?? []);
  if ((await ledger.otherTables()).some((name) => !external.has(name))) throw schemaNotEmpty();
  await ledger.create();
  return [];
}

function scriptOf({ path, migrationFile }) {
  if (migrationFile.content.tag === "ok") return migrationFile.content.value;
  throw new KnownError(
    "P3015",
    `Could not find the migration file at ${migrationFile.path}. Please delete the directory or restore the migration file.`,
    { migration_file_path: `${path}/${migrationFile.path}` },
  );
}

function databaseError({ errno, message, sqlMessage, statementNumber }) {
  if (errno === undefined) return message;
  return `${sqlMessage}\n\nPlease check the query number ${statementNumber} from the migration file.`;
}

function historyDiagnostic(onDisk, inLedger) {
  const unappliedMigrationNames = onDisk.filter((name) => !inLedger.includes(name));
  const unpersistedMigrationNames = inLedger.filter((name) => !onDisk.includes(name));
  if (unpersistedMigrationNames.length === 0) {
    return unappliedMigrationNames.length === 0 ? null : { diagnostic: "databaseIsBehind", unappliedMigrationNames };
  }
  if (unappliedMigrationNames.length === 0) return { diagnostic: "migrationsDirectoryIsBehind", unpersistedMigrationNames };
  const lastCommonMigrationName = onDisk[onDisk.indexOf(unappliedMigrationNames[0]) - 1] ?? null;
  return { diagnostic: "historiesDiverge", lastCommonMigrationName, unpersistedMigrationNames, unappliedMigrationNames };
}

function assertSameProvider({ lockfile }) {
  const expected = lockfile.content?.match(/^provider\s*=\s*"([^"]*)"/m)?.[1];
  if (!expected || expected === CONNECTOR) return;
  throw new KnownError(
    "P3019",
    `The datasource provider \`${CONNECTOR}\` specified in your schema does not match the one specified in the migration_lock.toml, ` +
      `\`${expected}\`. Please remove your current migration directory and start a new migration history with prisma migrate dev. ` +
      "Read more: https://pris.ly/d/migrate-provider-switch",
    { provider: CONNECTOR, expected_provider: expected },
  );
}

function foundFailed(rows) {
  const at = (date) => `${date.toISOString().replace("T", " ").replace("Z", "")} UTC`;
  const details = rows.map((row) => `The \`${row.migration_name}\` migration started at ${at(row.started_at)} failed\n`).join("");
  return new KnownError(
    "P3009",
    "migrate found failed migrations in the target database, new migrations will not be applied. Read more about how to resolve " +
      `migration issues in a production database: https://pris.ly/d/migrate-resolve\n${details}`,
    { details },
  );
}

const schemaNotEmpty = () =>
  new KnownError(
    "P3005",
    "The database schema is not empty. Read more about how to baseline an existing production database: https://pris.ly/d/migrate-baseline",
  );

const alreadyApplied = (name) =>
  new KnownError("P3008", `The migration \`${name}\` is already recorded as applied in the database.`, { migration_name: name });

const neverApplied = (name) =>
  new KnownError(
    "P3011",
    `Migration \`${name}\` cannot be rolled back because it was never applied to the database. ` +
      'Hint: did you pass in the whole migration name? (example: "20201207184859_initial_migration")',
    { migration_name: name },
  );

const notFailed = (name) =>
  new KnownError("P3012", `Migration \`${name}\` cannot be rolled back because it is not in a failed state.`, { migration_name: name });

const notOnDisk = (name) =>
  new KnownError(
    "P3017",
    `The migration ${name} could not be found. Please make sure that the migration exists, and that you included the whole name ` +
      'of the directory. (example: "20201207184859_initial_migration")',
    { migration_name: name },
  );
