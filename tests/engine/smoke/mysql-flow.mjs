// What the MySQL double imitates. It shows that Prisma's CLI agrees with the double, not what Prisma does on MySQL.
import assert from "node:assert/strict";
import { check, expectCall } from "./check.mjs";
import { ledger, query, tableNames } from "./database.mjs";

const LAST = "20260119090000_add_nickname";
const BROKEN = "20260126090000_broken";
const BROKEN_SQL = "CREATE TABLE `First` (`id` INT);\nINSERT INTO `Missing` VALUES (1);\nCREATE TABLE `Third` (`id` INT);\n";

export async function mysqlFlow(project) {
  const name = `mysql-double ${project.major}`;
  const execute = project.major === 6 ? ["--schema", "prisma/schema.prisma"] : [];
  const noSeed = project.major === 6 ? ["--skip-generate", "--skip-seed"] : [];
  const call = (title, args, expected, options) =>
    check(`${name}: ${title}`, async () => expectCall(await project.run(args, options), expected));

  await call("status without a database", ["migrate", "status"], { code: 1, has: "P1003" });
  await call("deploy creates the database and applies", ["migrate", "deploy"], {
    code: 0,
    has: [`Applying migration \`${LAST}\``, "All migrations have been successfully applied."],
  });
  await call("deploy again", ["migrate", "deploy"], { code: 0, has: "No pending migrations to apply.", hasNot: "Applying" });
  await call("status", ["migrate", "status"], { code: 0, has: "Database schema is up to date!" });

  project.addMigration(BROKEN, BROKEN_SQL);
  await call("status with a pending migration", ["migrate", "status"], { code: 1, has: ["not yet been applied", BROKEN] });
  await call("failing deploy", ["migrate", "deploy"], {
    code: 1,
    has: ["Error: P3018", "Database error code: 1146", "Please check the query number 2 from the migration file."],
  });
  await check(`${name}: earlier statements stay`, async () => {
    const tables = await tableNames(project);
    assert.ok(tables.includes("First") && !tables.includes("Third"), tables.join());
    const row = (await ledger(project)).at(-1);
    assert.deepEqual([row.finished_at, row.applied_steps_count], [null, 0]);
    assert.match(row.logs, /query number 2/);
  });
  await call("status with a failed migration", ["migrate", "status"], { code: 1, has: ["have failed", BROKEN] });
  await call("deploy after a failure", ["migrate", "deploy"], { code: 1, has: ["Error: P3009", BROKEN] });
  await call("resolve --rolled-back", ["migrate", "resolve", "--rolled-back", BROKEN], { code: 0, has: "marked as rolled back" });
  await call("deploy fails again, at its first statement", ["migrate", "deploy"], { code: 1, has: ["P3018", "query number 1 from"] });
  await call("resolve --applied", ["migrate", "resolve", "--applied", BROKEN], { code: 0, has: "marked as applied" });
  await call("deploy after resolve", ["migrate", "deploy"], { code: 0, has: "No pending migrations to apply." });
  await call("resolve --applied twice", ["migrate", "resolve", "--applied", LAST], { code: 1, has: "P3008" });
  await call("resolve --applied of nothing", ["migrate", "resolve", "--applied", "20260101000000_no"], { code: 1, has: "P3017" });
  await call("resolve --rolled-back of nothing", ["migrate", "resolve", "--rolled-back", "20260101000000_no"], {
    code: 1,
    has: "P3011",
  });
  await call("resolve --rolled-back of a good one", ["migrate", "resolve", "--rolled-back", LAST], { code: 1, has: "P3012" });

  const insert = "INSERT INTO `User` (`email`) VALUES ('a;b'); INSERT INTO `User` (`email`) VALUES ('c');";
  await call("db execute", ["db", "execute", "--stdin", ...execute], { code: 0, has: "executed successfully" }, { input: insert });
  await check(`${name}: db execute ran both statements`, async () => {
    assert.equal((await query(project, "SELECT * FROM `User`")).length, 2);
  });
  await call("db execute of bad SQL", ["db", "execute", "--stdin", ...execute], { code: 1, has: "Nowhere" }, {
    input: "DELETE FROM `Nowhere`;",
  });
  project.addMigration(BROKEN, "CREATE TABLE `First` (`id` INT);\nDROP TABLE `First`;\n");
  await call("reset --force", ["migrate", "reset", "--force", ...noSeed], { code: 0, has: "Database reset successful" });
  await check(`${name}: reset emptied the database`, async () => {
    assert.equal((await query(project, "SELECT * FROM `User`")).length, 0);
    assert.equal((await ledger(project)).length, 4);
  });
  await query(project, "DROP TABLE _prisma_migrations");
  await call("deploy on a database with tables but no ledger", ["migrate", "deploy"], { code: 1, has: "P3005" });
  await call("db push is refused", ["db", "push", ...noSeed.slice(0, 1)], { code: 1, has: "mysql-double does not imitate" });
}
