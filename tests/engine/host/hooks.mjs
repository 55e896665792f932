// Test-only hooks, off unless their variables are set. They let a test wait for an event instead of sleeping, and stop the
// engine at an exact point, so that `kill -9` there is repeatable.
import { appendFileSync, existsSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

const PID_FILE = process.env.PRISMA_SAFE_TEST_ENGINE_PIDFILE;
const EVENTS_FILE = process.env.PRISMA_SAFE_TEST_ENGINE_EVENTS;
const PAUSE_AT = process.env.PRISMA_SAFE_TEST_ENGINE_PAUSE_AT;
const PAUSE_FILE = process.env.PRISMA_SAFE_TEST_ENGINE_PAUSE_FILE;

const PAUSE_POLL_MS = 5;

const timesReached = new Map();

/** Writes down the server's pid. The short-lived `cli` verbs do not, or they would overwrite the one a test wants to kill. */
export function recordPid() {
  if (PID_FILE) writeFileSync(PID_FILE, `${process.pid}\n`);
}

/** Appends `phase<TAB>pid<TAB>detail`. Synchronous: the line must be on disk before a kill that follows it. */
export function note(phase, detail = "") {
  if (EVENTS_FILE) appendFileSync(EVENTS_FILE, `${phase}\t${process.pid}\t${String(detail).replaceAll(/[\t\n]/g, " ")}\n`);
}

/** Notes the phase, then waits there while the pause file exists. `phase#2` means the second time that it is reached. */
export async function reach(phase, detail = "") {
  note(phase, detail);
  if (!PAUSE_AT || !PAUSE_FILE) return;

  const times = (timesReached.get(phase) ?? 0) + 1;
  timesReached.set(phase, times);
  const [wantedPhase, wantedTime = "1"] = PAUSE_AT.split("#");
  if (phase !== wantedPhase || times !== Number(wantedTime)) return;

  note("paused", phase);
  while (existsSync(PAUSE_FILE)) await sleep(PAUSE_POLL_MS);
  note("resumed", phase);
}
