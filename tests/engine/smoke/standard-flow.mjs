// The calls that every provider and major answers in the same way.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { check, expectCall } from "./check.mjs";
import { ledger, query, tableNames } from "./database.mjs";

const LAST = "20260119090000_add_nickname";
const BROKEN = "20260126090000_broken";
const BROKEN_SQL = 'CREATE TABLE "First" ("id" INTEGER);\nINSERT INTO "Missing" VALUES (1);\nCREATE TABLE "Third" ("id" INTEGER);\n';

/** What the two majors call the same argument. */
function argumentsOf({ major, shadowUrl }) {
  const schema = "prisma/schema.prisma";
  const shadow = major === 6 && shadowUrl ? ["--shadow-database-url", shadowUrl] : [];
  return major === 6
    ? {
        from: (path) => ["--from-schema-datamodel", path],
        to: (path) => ["--to-schema-datamodel", path],
        fromDatabase: ["--from-schema-datasource", schema],
        toDatabase: ["--to-schema-datasource", schema],
        fromMigrations: ["--from-migrations", "prisma/migrations", ...shadow],
        execute: ["--schema", schema],
        noGenerate: ["--skip-generate"],
        noSeed: ["--skip-seed"],
      }
    : {
        from: (path) => ["--from-schema", path],
        to: (path) => ["--to-schema", path],
        fromDatabase: ["--from-config-datasource"],
        toDatabase: ["--to-config-datasource"],
        fromMigrations: ["--from-migrations", "prisma/migrations"],
        execute: [],
        noGenerate: [],
        noSeed: [],
      };
}

/** `leavesFirstStatement`: whether a script that fails in the middle keeps what ran before. */
export async function standardFlow(project, { leavesFirstStatement }) {
  const name = `${project.provider} ${project.major}`;
  const schema = "prisma/schema.prisma";
  const { from, to, fromDatabase, toDatabase, fromMigrations, execute, noGenerate, noSeed } = argumentsOf(project);
  const call = (title, args, expected, options) =>
    check(`${name}: ${title}`, async () => expectCall(await project.run(args, options), expected));
  const diff = (...args) => ["migrate", "diff", ...args.flat()];

  const schemaText = readFileSync(project.path(schema), "utf8");
  const before = "prisma/before.prisma";
  writeFileSync(project.path(before), schemaText.replace(/.*nickname.*\n/, ""));

  // --- diffs that look at no database, and so work without one
  await call("diff empty to schema", diff("--from-empty", to(schema)), { code: 0, has: ["[+] Added tables", "User", "Post"] });
  await call("diff empty to schema as script", diff("--from-empty", to(schema), "--script"), {
    code: 0,
    has: ['CREATE TABLE "User"', 'CREATE UNIQUE INDEX "User_email_key"'],
  });
  await call("diff of equal schemas", diff(from(schema), to(schema), "--exit-code"), { code: 0, has: "No difference detected" });
  await call("diff of two schemas", diff(from(before), to(schema), "--script", "--exit-code"), {
    code: 2,
    has: 'ALTER TABLE "User" ADD COLUMN',
  });
  await call("diff schema to empty", diff(from(schema), "--to-empty", "--script"), { code: 0, has: ["DROP TABLE", '"User"'] });
  await call("diff migrations to schema", diff(fromMigrations, to(schema), "--exit-code"), {
    code: 0,
    has: "No difference detected",
  });
  await call("diff migrations to older schema", diff(fromMigrations, to(before), "--exit-code"), { code: 2, has: "User" });

  // --- deploy
  await call("status without a database", ["migrate", "status"], { code: 1, has: "P1003" });
  await call("deploy creates the database and applies", ["migrate", "deploy"], {
    code: 0,
    has: [`Applying migration \`${LAST}\``, "All migrations have been successfully applied."],
  });
  await call("deploy again", ["migrate", "deploy"], { code: 0, has: "No pending migrations to apply.", hasNot: "Applying" });
  await call("status", ["migrate", "status"], { code: 0, has: "Database schema is up to date!" });
  await check(`${name}: ledger rows of a good deploy`, async () => {
    const rows = await ledger(project);
    assert.equal(rows.length, 3);
    for (const row of rows) {
      assert.equal(row.applied_steps_count, 1);
      assert.equal(row.logs, null);
      assert.match(row.checksum, /^[0-9a-f]{64}$/);
      assert.ok(row.finished_at >= row.started_at);
    }
  });

  // --- diffs with the database
  await call("diff database to schema", diff(fromDatabase, to(schema), "--exit-code"), { code: 0, has: "No difference" });
  await call("diff schema to database", diff(from(schema), toDatabase, "--exit-code"), { code: 0, has: "No difference" });
  await call("diff migrations to database", diff(fromMigrations, toDatabase, "--exit-code"), { code: 0, has: "No difference" });
  await call("diff database to older schema", diff(fromDatabase, to(before), "--script", "--exit-code"), {
    code: 2,
    // SQLite redefines the table, PostgreSQL drops the column.
    has: '"User"',
  });
  await call("db pull", ["db", "pull", "--print"], { code: 0, has: ["model User", "nickname", "model Post"] });

  // --- a migration that fails, and the ways out
  project.addMigration(BROKEN, BROKEN_SQL);
  await call("status with a pending migration", ["migrate", "status"], { code: 1, has: ["not yet been applied", BROKEN] });
  await call("failing deploy", ["migrate", "deploy"], {
    code: 1,
    has: ["Error: P3018", `Migration name: ${BROKEN}`, "Database error code: ", "Missing"],
  });
  await check(`${name}: what a failed script leaves`, async () => {
    const tables = await tableNames(project);
    assert.equal(tables.includes("First"), leavesFirstStatement);
    assert.ok(!tables.includes("Third"));
    const row = (await ledger(project)).at(-1);
    assert.equal(row.finished_at, null);
    assert.equal(row.applied_steps_count, 0);
    assert.match(row.logs, /^A migration failed to apply\.[^]*Database error:[^]*Missing[^]*\n {3}0: /);
  });
  await call("status with a failed migration", ["migrate", "status"], { code: 1, has: ["have failed", BROKEN] });
  await call("deploy after a failure", ["migrate", "deploy"], { code: 1, has: ["Error: P3009", BROKEN] });
  await call("resolve --rolled-back", ["migrate", "resolve", "--rolled-back", BROKEN], { code: 0, has: "marked as rolled back" });
  await call("deploy fails again", ["migrate", "deploy"], { code: 1, has: "Error: P3018" });
  await call("resolve --applied", ["migrate", "resolve", "--applied", BROKEN], { code: 0, has: "marked as applied" });
  await call("deploy after resolve", ["migrate", "deploy"], { code: 0, has: "No pending migrations to apply." });
  await check(`${name}: ledger rows after resolving`, async () => {
    const rows = (await ledger(project)).filter((row) => row.migration_name === BROKEN);
    assert.deepEqual(rows.map((row) => row.rolled_back_at !== null), [true, true, false]);
    assert.deepEqual([rows[2].logs, rows[2].applied_steps_count], ["", 0]);
  });
  await call("resolve --applied twice", ["migrate", "resolve", "--applied", LAST], { code: 1, has: "P3008" });
  await call("resolve --applied of nothing", ["migrate", "resolve", "--applied", "20260101000000_no"], { code: 1, has: "P3017" });
  await call("resolve --rolled-back of nothing", ["migrate", "resolve", "--rolled-back", "20260101000000_no"], {
    code: 1,
    has: "P3011",
  });
  await call("resolve --rolled-back of a good one", ["migrate", "resolve", "--rolled-back", LAST], { code: 1, has: "P3012" });

  // --- a database that Migrate has not touched yet
  const ledgerRows = await ledger(project);
  await query(project, "DROP TABLE _prisma_migrations");
  await call("status without a ledger", ["migrate", "status"], { code: 1, has: "not yet been applied" });
  await call("resolve --rolled-back without a ledger", ["migrate", "resolve", "--rolled-back", LAST], {
    code: 1,
    has: "without migrations table",
  });
  await call("deploy without a ledger", ["migrate", "deploy"], { code: 1, has: "P3005" });
  await check(`${name}: baseline`, async () => {
    for (const migration of new Set(ledgerRows.map((row) => row.migration_name))) {
      expectCall(await project.run(["migrate", "resolve", "--applied", migration]), { code: 0, has: "marked as applied" });
    }
    expectCall(await project.run(["migrate", "status"]), { code: 0, has: "Database schema is up to date!" });
  });

  // --- the rest
  const insert = `INSERT INTO "User" ("email") VALUES ('a;b'); INSERT INTO "User" ("email") VALUES ('c');`;
  await call("db execute", ["db", "execute", "--stdin", ...execute], { code: 0, has: "executed successfully" }, { input: insert });
  await check(`${name}: db execute ran both statements`, async () => {
    assert.equal((await query(project, 'SELECT * FROM "User"')).length, 2);
  });
  await call("db execute of bad SQL", ["db", "execute", "--stdin", ...execute], { code: 1, has: "Nowhere" }, {
    input: 'DELETE FROM "Nowhere";',
  });
  await call("reset --force", ["migrate", "reset", "--force", ...noGenerate, ...noSeed], {
    code: 1,
    has: ["P3018", BROKEN],
  });
  project.addMigration(BROKEN, 'CREATE TABLE "First" ("id" INTEGER);\nDROP TABLE "First";\n');
  await call("reset --force of a good history", ["migrate", "reset", "--force", ...noGenerate, ...noSeed], {
    code: 0,
    has: "Database reset successful",
  });
  await check(`${name}: reset emptied the database`, async () => {
    assert.equal((await query(project, 'SELECT * FROM "User"')).length, 0);
    assert.equal((await ledger(project)).length, 4);
  });
  writeFileSync(project.path(schema), schemaText.replace("nickname String?", "nickname String?\n  phone    String?"));
  await call("db push", ["db", "push", ...noGenerate], { code: 0, has: "is now in sync with your Prisma schema" });
  await call("db push again", ["db", "push", ...noGenerate], { code: 0, has: "already in sync" });
}
