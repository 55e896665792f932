#!/usr/bin/env node
// Proves that the test schema engine does what the tests build on: Prisma's real CLI, both majors, on private servers.
// Usage: node tests/engine/smoke.mjs [sqlite|postgres|mysql …]      (default: all; needs tests/prisma/install.sh)
import { skip, summary } from "./smoke/check.mjs";
import { openPostgres } from "./smoke/database.mjs";
import { faultFlow } from "./smoke/fault-flow.mjs";
import { mysqlFlow } from "./smoke/mysql-flow.mjs";
import { postgresFlow } from "./smoke/postgres-flow.mjs";
import { Project } from "./smoke/project.mjs";
import { startMariadb, startPostgres, stopServers } from "./smoke/servers.mjs";
import { sqliteFlow } from "./smoke/sqlite-flow.mjs";
import { standardFlow } from "./smoke/standard-flow.mjs";

const MAJORS = [7, 6];
const TWO_TABLES = 'CREATE TABLE "First" ("id" INTEGER);\nCREATE TABLE "Second" ("id" INTEGER);\n';
const SUITES = { sqlite, postgres, mysql };

for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(130));

const wanted = process.argv.slice(2);
try {
  for (const [name, suite] of Object.entries(SUITES)) {
    if (wanted.length === 0 || wanted.includes(name)) await suite();
  }
} finally {
  await stopServers();
}
process.exitCode = summary() ? 0 : 1;

async function sqlite() {
  await forEachMajor(async (major) => {
    const newProject = () => new Project({ provider: "sqlite", major, url: "file:./dev.db" });
    await standardFlow(newProject(), { leavesFirstStatement: true });
    await sqliteFlow(newProject());
    await faultFlow(newProject(), { name: `sqlite ${major}`, sql: TWO_TABLES });
  });
}

async function postgres() {
  const server = await startPostgres();
  if (!server) return skip("postgres", "no PostgreSQL server is installed");
  await forEachMajor(async (major) => {
    const newProject = (database) =>
      new Project({ provider: "postgres", major, url: server.url(`${database}_${major}`), shadowUrl: server.url(`shadow_${major}`) });
    const project = newProject("app");
    const admin = await openPostgres(project, server.url("postgres"));
    await admin.query(`CREATE DATABASE shadow_${major}`).finally(() => admin.end());
    // 7 sends a script that its parser understands statement by statement; 6 sends it whole, as one transaction.
    await standardFlow(project, { leavesFirstStatement: major === 7 });
    await postgresFlow({ major, server });
    await faultFlow(newProject("faults"), { name: `postgres ${major}`, sql: TWO_TABLES, pausesInScript: major === 7 });
  });
}

async function mysql() {
  const server = await startMariadb();
  if (!server) return skip("mysql", "no MariaDB server is installed");
  await forEachMajor(async (major) => {
    const newProject = (database) =>
      new Project({ provider: "mysql", major, url: server.url(`${database}_${major}`), engine: "mysql-double" });
    await mysqlFlow(newProject("app"));
    const sql = TWO_TABLES.replaceAll('"', "`");
    await faultFlow(newProject("faults"), { name: `mysql-double ${major}`, sql, pausesInScript: false });
  });
}

/** The majors side by side: most of a call's time is one process starting. */
async function forEachMajor(body) {
  await Promise.all(MAJORS.map(body));
}
