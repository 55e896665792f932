// Loads Prisma's schema engine, the WebAssembly build, into this process.
import { readFile } from "node:fs/promises";

export async function loadSchemaEngine({ wasmFile, wasmGlue }) {
  const panicMessages = [];
  // The engine's panic hook calls this global; without it a panic is only "unreachable".
  globalThis.PRISMA_WASM_PANIC_REGISTRY = { set_message: (message) => panicMessages.push(message) };

  const [glue, bytes] = await Promise.all([import(wasmGlue), readFile(wasmFile)]);
  const { instance } = await WebAssembly.instantiate(bytes, { "./schema_engine_bg.js": glue });
  glue.__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start();
  return { SchemaEngine: glue.SchemaEngine, lastPanic: () => panicMessages.at(-1) };
}
