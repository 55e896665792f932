// What only PostgreSQL has: the advisory lock, transactions over a script, schemas, and shadow databases on a server.
import assert from "node:assert/strict";
import { check, expectCall } from "./check.mjs";
import { ledger, openPostgres, query, tableNames } from "./database.mjs";
import { Project } from "./project.mjs";

const ADVISORY_LOCK = "SELECT pg_advisory_lock(72707369)";
const NEW = "20260126090000_new";

export async function postgresFlow({ major, server }) {
  const name = `postgres ${major}`;
  const newProject = (database, parameters = "") =>
    new Project({ provider: "postgres", major, url: server.url(`${database}_${major}`) + parameters });
  const deploy = (project, options) => project.run(["migrate", "deploy"], options);
  const deployed = async (project) => {
    expectCall(await deploy(project), { code: 0, has: "successfully applied" });
    return project;
  };

  await check(`${name}: two deploys at once`, async () => {
    const project = newProject("together");
    await deployed(project);
    project.addMigration(NEW, 'SELECT pg_sleep(1);\nCREATE TABLE "New" ("id" INTEGER);\n');
    const calls = await Promise.all([deploy(project), deploy(project)]);
    assert.deepEqual(calls.map(({ code }) => code), [0, 0], calls.map(({ out }) => out).join("\n---\n"));
    assert.equal(calls.filter(({ out }) => out.includes("successfully applied")).length, 1);
    assert.equal(calls.filter(({ out }) => out.includes("No pending migrations")).length, 1);
    assert.equal((await ledger(project)).filter((row) => row.migration_name === NEW).length, 1);
  });

  await check(`${name}: a held lock times out after ten seconds`, async () => {
    const project = await deployed(newProject("locked"));
    const holder = await openPostgres(project);
    await holder.query(ADVISORY_LOCK);
    try {
      const start = Date.now();
      expectCall(await deploy(project), { code: 1, has: ["P1002", "advisory lock"] });
      assert.ok(Date.now() - start > 10_000, "it gave up early");
      const unlocked = await deploy(project, { env: { PRISMA_SCHEMA_DISABLE_ADVISORY_LOCK: "1" } });
      expectCall(unlocked, { code: 0, has: "No pending migrations" });
    } finally {
      await holder.end();
    }
  });

  await check(`${name}: a script with a DO block is one transaction on both majors`, async () => {
    const project = await deployed(newProject("block"));
    project.addMigration(NEW, `CREATE TABLE "First" ("id" INTEGER);\nDO $$ BEGIN RAISE EXCEPTION 'stop; here'; END $$;\n`);
    expectCall(await deploy(project), { code: 1, has: ["P3018", "Database error code: P0001", "ERROR: stop; here", "DbError {"] });
    assert.ok(!(await tableNames(project)).includes("First"));
  });

  await check(`${name}: the position of a syntax error`, async () => {
    const project = await deployed(newProject("position"));
    project.addMigration(NEW, '-- one\nCREATE TABLE "First" ("id" INTEGER);\n\nALTER TABEL "First" ADD COLUMN "a" TEXT;\n');
    expectCall(await deploy(project), { code: 1, has: ["Database error code: 42601", "Position:", '4\x1b[1;31m ALTER TABEL'] });
  });

  await check(`${name}: concurrent index builds`, async () => {
    const project = await deployed(newProject("concurrently"));
    const index = (column) => `CREATE INDEX CONCURRENTLY "User_${column}_idx" ON "User" ("${column}");\n`;
    project.addMigration(NEW, index("email"));
    await deployed(project);
    project.addMigration("20260202090000_two", index("nickname") + index("id"));
    // 7 sends the two one by one; 6 sends them as one transaction, where they are not allowed.
    expectCall(await deploy(project), major === 7 ? { code: 0, has: "successfully applied" } : { code: 1, has: "25001" });
  });

  await check(`${name}: an error inside BEGIN hides itself`, async () => {
    const project = await deployed(newProject("aborted"));
    project.addMigration(NEW, 'BEGIN;\nINSERT INTO "Missing" VALUES (1);\nCOMMIT;\n');
    expectCall(await deploy(project), { code: 1, has: "current transaction is aborted" });
    const row = (await ledger(project)).at(-1);
    assert.deepEqual([row.finished_at, row.logs], [null, null]);
  });

  await check(`${name}: ?schema= is created and used`, async () => {
    const project = await deployed(newProject("schemas", "?schema=tenant"));
    const rows = await query(project, "SELECT schemaname AS s FROM pg_tables WHERE tablename IN ('_prisma_migrations', 'User')");
    assert.deepEqual(rows.map(({ s }) => s), ["tenant", "tenant"]);
  });

  await check(`${name}: connection settings in the URL reach the session`, async () => {
    const project = await deployed(newProject("options"));
    const holder = await openPostgres(project);
    await holder.query('BEGIN; LOCK TABLE "User" IN ACCESS EXCLUSIVE MODE');
    project.addMigration(NEW, 'ALTER TABLE "User" ADD COLUMN "late" TEXT;\n');
    const url = `${project.url}?options=-c%20lock_timeout%3D200`;
    expectCall(await deploy(project, { env: { DATABASE_URL: url } }), { code: 1, has: ["P3018", "55P03", "lock timeout"] });
    await holder.end();
  });

  await check(`${name}: a temporary shadow database is made and dropped`, async () => {
    const project = await deployed(newProject("temporary"));
    const shadows = () => query(project, "SELECT datname FROM pg_database WHERE datname LIKE 'prisma_migrate_shadow_db_%'");
    const answers = await pipeRpc(project, [{ method: "devDiagnostic", params: devParams(project) }]);
    assert.deepEqual(answers[0].result, { action: { tag: "createMigration" } });
    const made = project.events(project.path("events")).filter(({ phase }) => phase === "shadow-created");
    assert.ok(made.length > 0, "no shadow database was made");
    assert.deepEqual(await shadows(), []);
  });

  await check(`${name}: a migration that fails on the shadow database`, async () => {
    const project = await deployed(newProject("shadowed"));
    project.addMigration(NEW, 'ALTER TABLE "Missing" ADD COLUMN "a" TEXT;\n');
    const [{ error }] = await pipeRpc(project, [{ method: "devDiagnostic", params: devParams(project) }]);
    assert.equal(error.data.error_code, "P3006");
    assert.match(error.data.message, /^Migration `20260126090000_new` failed to apply cleanly/);
    // 6 runs the script there as a plain command, whose error is the engine's own; 7 as a migration, whose error we word.
    const inner = major === 7 ? /Error code: P3018[^]*"Missing" does not exist/ : /Error code: P1014[^]*`Missing`/;
    assert.match(error.data.message, inner);
  });

  await check(`${name}: an unreachable server`, async () => {
    const project = newProject("nowhere");
    const env = { DATABASE_URL: "postgresql://postgres@127.0.0.1:1/app" };
    const status = (url) => project.run(["migrate", "status"], { env: { DATABASE_URL: url } });
    expectCall(await status(env.DATABASE_URL), { code: 1, has: "P1001: Can't reach database server at `127.0.0.1:1`" });
    expectCall(await status("postgresql://u:p%@h/app"), { code: 1, has: "P1013" });
    const diff = major === 7 ? ["--to-schema"] : ["--to-schema-datamodel"];
    const call = await project.run(["migrate", "diff", "--from-empty", ...diff, "prisma/schema.prisma"], { env });
    expectCall(call, { code: 0, has: "[+] Added tables" });
  });
}

/** `migrate dev` needs a terminal, so its first call is made here as the CLI makes it. */
async function pipeRpc(project, requests) {
  return project.rpc(requests, { env: { PRISMA_SAFE_TEST_ENGINE_EVENTS: project.path("events") } });
}

const devParams = (project) => ({ migrationsList: project.migrationsList(), filters: { externalTables: [], externalEnums: [] } });
