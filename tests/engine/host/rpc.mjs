// JSON-RPC 2.0 over stdio, one object a line, in both directions: the CLI asks, and the engine asks the CLI to print.
import { createInterface } from "node:readline";
import { EnginePanic, KnownError, PANIC_EXIT_CODE } from "./errors.mjs";
import { reach } from "./hooks.mjs";
import * as log from "./log.mjs";

const ENGINE_ERROR = 4466;

/** Serves until stdin ends. Like native, it does not wait for a call that is still running then. */
export function serve({ call, exit }) {
  const awaitedReplies = new Map();
  let nextId = 0;
  // One call at a time: the engine holds one connection, and the CLI never sends a second one early.
  let queue = Promise.resolve();

  const send = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);

  function print(text) {
    const id = nextId++;
    const acknowledged = new Promise((resolve) => awaitedReplies.set(id, resolve));
    send({ method: "print", params: { content: text }, id });
    return acknowledged;
  }

  async function answer({ id, method, params }) {
    try {
      await reach(`rpc:${method}`);
      const result = await call(method, params, { print });
      await reach(`reply:${method}`);
      send({ result: result ?? null, id });
    } catch (error) {
      if (error instanceof EnginePanic) {
        log.panic(error.message, error.stack);
        return exit(PANIC_EXIT_CODE);
      }
      await reach(`error:${method}`, error.code ?? "");
      send({
        error: { code: ENGINE_ERROR, message: "An error happened. Check the data field for details.", data: errorData(error) },
        id,
      });
    }
  }

  const lines = createInterface({ input: process.stdin });
  lines.on("line", (line) => {
    if (line.trim() === "") return;
    const message = JSON.parse(line);
    if (message.method) {
      queue = queue.then(() => answer(message));
    } else {
      awaitedReplies.get(message.id)?.(message.result);
      awaitedReplies.delete(message.id);
    }
  });
  lines.on("close", () => exit(0));
}

function errorData(error) {
  if (error instanceof KnownError) {
    return { is_panic: false, message: error.message, meta: error.meta, error_code: error.code };
  }
  return { is_panic: false, message: error.message, backtrace: null };
}
