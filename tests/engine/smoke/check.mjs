// Counts what held and what did not, and says which.
import assert from "node:assert/strict";

const counts = { passed: 0, failed: 0, skipped: 0 };

/** Runs one check; a failure is printed and counted, and the run goes on. */
export async function check(name, body) {
  try {
    await body();
    counts.passed += 1;
    console.log(`ok   ${name}`);
  } catch (error) {
    counts.failed += 1;
    console.log(`FAIL ${name}\n${indent(error.message)}`);
  }
}

export function skip(name, why) {
  counts.skipped += 1;
  console.log(`skip ${name}: ${why}`);
}

/** Asserts on a finished call: its exit code, unless any will do, and what its output has and has not. */
export function expectCall(call, { code, has = [], hasNot = [] }) {
  const shown = `exit ${call.code}\n${call.out}`;
  if (code !== undefined) assert.equal(call.code, code, `expected exit ${code}, got ${shown}`);
  for (const text of [has].flat()) assert.ok(call.out.includes(text), `expected «${text}» in ${shown}`);
  for (const text of [hasNot].flat()) assert.ok(!call.out.includes(text), `did not expect «${text}» in ${shown}`);
}

export function summary() {
  const { passed, failed, skipped } = counts;
  console.log(`\n${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ""}`);
  return failed === 0;
}

const indent = (text) => text.replaceAll(/^/gm, "     ");
