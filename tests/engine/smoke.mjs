#!/usr/bin/env node
// Proves that the test schema engine does what the tests build on: Prisma's real CLI, both majors, on private servers.
// Usage: node tests/engine/smoke.mjs [sqlite|postgres …]      (default: all; needs tests/prisma/install.sh)
import { skip, summary } from "./smoke/check.mjs";
import { openPostgres } from "./smoke/database.mjs";
import { Project } from "./smoke/project.mjs";
import { startPostgres, stopServers } from "./smoke/servers.mjs";
import { standardFlow } from "./smoke/standard-flow.mjs";

const MAJORS = [7, 6];
const SUITES = { sqlite, postgres };

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
  await Promise.all(
    MAJORS.map(async (major) => {
      const project = new Project({ provider: "sqlite", major, url: "file:./dev.db" });
      await standardFlow(project, { leavesFirstStatement: true });
    }),
  );
}

async function postgres() {
  const server = await startPostgres();
  if (!server) return skip("postgres", "no PostgreSQL server is installed");
  await Promise.all(
    MAJORS.map(async (major) => {
      const shadowUrl = server.url(`shadow_${major}`);
      const project = new Project({ provider: "postgres", major, url: server.url(`app_${major}`), shadowUrl });
      const admin = await openPostgres(project, server.url("postgres"));
      await admin.query(`CREATE DATABASE shadow_${major}`).finally(() => admin.end());
      // 7 sends a script that its parser understands statement by statement; 6 sends it whole, as one transaction.
      await standardFlow(project, { leavesFirstStatement: major === 7 });
    }),
  );
}
