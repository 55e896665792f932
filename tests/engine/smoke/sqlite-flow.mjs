// What only SQLite has: a lock on the whole file, and errors that native words in its own way.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { check, expectCall } from "./check.mjs";
import { ledger } from "./database.mjs";

const NEW = "20260126090000_new";
const SLOW = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 3000000) SELECT count(*) FROM c;\n";

export async function sqliteFlow(project) {
  const name = `sqlite ${project.major}`;
  const deploy = () => project.run(["migrate", "deploy"]);
  await deploy();

  await check(`${name}: two deploys at once`, async () => {
    project.addMigration(NEW, `${SLOW}CREATE TABLE "New" ("id" INTEGER);\n`);
    const calls = await Promise.all([deploy(), deploy()]);
    assert.equal(calls.filter(({ out }) => out.includes("successfully applied")).length, 1);
    // The other one waits five seconds for the file; whether that is enough is the machine's affair.
    assert.ok(calls.some(({ out }) => out.includes("No pending migrations") || out.includes("database is locked")));
    assert.equal((await ledger(project)).filter((row) => row.migration_name === NEW).length, 1);
  });

  await check(`${name}: times are integer milliseconds, and no journal stays`, async () => {
    for (const { started_at, finished_at } of await ledger(project)) {
      assert.ok(Number.isInteger(started_at) && Number.isInteger(finished_at));
    }
    const file = project.major === 7 ? project.path("dev.db") : project.path("prisma", "dev.db");
    assert.ok(!existsSync(`${file}-journal`));
  });

  await check(`${name}: triggers, strings and comments with semicolons`, async () => {
    project.addMigration(
      "20260202090000_trigger",
      `CREATE TRIGGER "t" AFTER INSERT ON "User" BEGIN
  UPDATE "User" SET "nickname" = 'a;b' WHERE "id" = NEW."id"; -- one; two
  UPDATE "User" SET "nickname" = CASE WHEN 1 THEN "nickname" END; /* three; */
END;
INSERT INTO "User" ("email") VALUES ('c;d');
`,
    );
    expectCall(await deploy(), { code: 0, has: "successfully applied" });
  });

  await check(`${name}: a migration that fails on the shadow database`, async () => {
    project.addMigration("20260209090000_shadow", 'ALTER TABLE "Missing" ADD COLUMN "a" TEXT;\n');
    const to = project.major === 7 ? "--to-schema" : "--to-schema-datamodel";
    const diff = ["migrate", "diff", "--from-migrations", "prisma/migrations", to, "prisma/schema.prisma"];
    expectCall(await project.run(diff), { code: 1, has: ["P3006", "20260209090000_shadow", "no such table: Missing"] });
  });
}
