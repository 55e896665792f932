// The hooks that fault tests build on: the engine stops where it is told, says where it is, and dies cleanly or at once.
import assert from "node:assert/strict";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { check, expectCall } from "./check.mjs";
import { ledger, tableNames } from "./database.mjs";

const NEW = "20260126090000_new";
const EVENT_LIMIT_MS = 60_000;

/** `sql` is a migration of two statements that make the tables First and Second. */
export async function faultFlow(project, { sql, name, pausesInScript = true }) {
  const files = { events: project.path("events"), pid: project.path("engine.pid"), pause: project.path("pause") };
  const hooks = (pauseAt) => ({
    PRISMA_SAFE_TEST_ENGINE_EVENTS: files.events,
    PRISMA_SAFE_TEST_ENGINE_PIDFILE: files.pid,
    PRISMA_SAFE_TEST_ENGINE_PAUSE_AT: pauseAt,
    PRISMA_SAFE_TEST_ENGINE_PAUSE_FILE: files.pause,
  });
  const startPaused = async (pauseAt) => {
    for (const file of [files.events, files.pid]) rmSync(file, { force: true });
    writeFileSync(files.pause, "");
    const { child, done } = project.start(["migrate", "deploy"], { env: hooks(pauseAt) });
    await eventually(() => project.events(files.events).some(({ phase }) => phase === "paused"), `a pause at ${pauseAt}`);
    return { child, done, pid: Number(readFileSync(files.pid, "utf8")) };
  };
  const isAlive = (pid) => existsSync(`/proc/${pid}`);

  expectCall(await project.run(["migrate", "deploy"]), { code: 0, has: "successfully applied" });
  project.addMigration(NEW, sql);

  await check(`${name}: kill -9 before the script`, async () => {
    const { done, pid } = await startPaused("row-inserted");
    process.kill(pid, "SIGKILL");
    // Not asserted: the exit code. Prisma's CLI takes the death of its engine for success (0) or not (1), as timing has it.
    expectCall(await done, { hasNot: ["successfully applied", "No pending migrations"] });
    const row = (await ledger(project)).at(-1);
    assert.deepEqual([row.migration_name, row.finished_at, row.logs], [NEW, null, null]);
    assert.ok(!(await tableNames(project)).includes("First"));
  });
  await project.run(["migrate", "resolve", "--rolled-back", NEW]);

  if (pausesInScript) {
    await check(`${name}: kill -9 between two statements`, async () => {
      const { done, pid } = await startPaused("statement-begin#2");
      process.kill(pid, "SIGKILL");
      await done;
      const tables = await tableNames(project);
      assert.ok(tables.includes("First") && !tables.includes("Second"), tables.join());
    });
    await project.run(["migrate", "resolve", "--rolled-back", NEW]);
    project.addMigration(NEW, sql.replaceAll("First", "First2").replaceAll("Second", "Second2"));
  }

  await check(`${name}: kill -9 after the script, before the row says so`, async () => {
    const { done, pid } = await startPaused("script-end");
    process.kill(pid, "SIGKILL");
    await done;
    const row = (await ledger(project)).at(-1);
    assert.deepEqual([row.migration_name, row.finished_at, row.logs], [NEW, null, null]);
    assert.ok((await tableNames(project)).some((table) => table.startsWith("Second")));
  });
  await project.run(["migrate", "resolve", "--applied", NEW]);

  await check(`${name}: goes on when the pause ends`, async () => {
    const { done } = await startPaused("rpc:applyMigrations");
    rmSync(files.pause);
    expectCall(await done, { code: 0, has: "No pending migrations" });
  });

  await check(`${name}: SIGTERM ends it in order, with 0`, async () => {
    const { done, pid } = await startPaused("connected");
    process.kill(pid, "SIGTERM");
    await done;
    await eventually(() => !isAlive(pid), "the engine's end");
    assert.deepEqual(lastEvent(project, files.events), { phase: "exit", pid, detail: "0" });
  });

  await check(`${name}: no orphan after the CLI was killed`, async () => {
    const { child, done, pid } = await startPaused("connected");
    child.kill("SIGKILL");
    await done;
    await eventually(() => !isAlive(pid), "the engine's end");
    assert.equal(lastEvent(project, files.events).phase, "exit");
  });
}

function lastEvent(project, file) {
  return project.events(file).at(-1);
}

async function eventually(isTrue, what) {
  const deadline = Date.now() + EVENT_LIMIT_MS;
  while (!isTrue()) {
    if (Date.now() > deadline) throw new Error(`waited in vain for ${what}`);
    await sleep(10);
  }
}
