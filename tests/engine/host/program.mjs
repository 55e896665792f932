// What both engines have in common: arguments in, a verb or a server, and an orderly end.
import { parseArguments } from "./arguments.mjs";
import { datasourceFromArguments } from "./datasource.mjs";
import { KnownError } from "./errors.mjs";
import { note, reach, recordPid } from "./hooks.mjs";
import * as log from "./log.mjs";

/** How long an orderly end may take before it is cut short; native has the same limit. */
const SHUTDOWN_LIMIT_MS = 4000;

export async function run({ name, backend: backendModule }) {
  const argv = process.argv.slice(2);
  let args;
  try {
    args = parseArguments(argv);
  } catch (error) {
    process.stderr.write(`error: ${error.message}\n`);
    process.exit(1);
  }

  const { openBackend, versionLine } = await import(backendModule);
  if (args.version) {
    process.stdout.write(`${versionLine(argv)}\n`);
    return;
  }
  // The CLI drops the first line of a verb's log, so there has to be one before the error.
  log.info(`Starting ${name}`);

  let backend = null;
  const exit = exitOnce(() => backend?.dispose());
  process.on("SIGTERM", () => exit(0));
  process.on("SIGINT", () => exit(0));

  try {
    backend = openBackend({ argv, datasource: () => datasourceFromArguments(args), datamodels: args.datamodels });
    if (args.verb) {
      await reach(`cli:${args.verb}`);
      await backend.runVerb(args.verb);
      return exit(0);
    }
  } catch (error) {
    log.error(error.message, error instanceof KnownError ? { error_code: error.code } : {});
    return exit(1);
  }

  recordPid();
  await reach("start", name);
  const { serve } = await import("./rpc.mjs");
  serve({ call: (...call) => backend.call(...call), exit });
}

/** The CLI closes stdin and sends SIGTERM at once, so the end is asked for twice; a clean-up must run once and be waited for. */
function exitOnce(dispose) {
  let ending = false;
  return async (code) => {
    if (ending) return;
    ending = true;
    setTimeout(() => process.exit(1), SHUTDOWN_LIMIT_MS).unref();
    await Promise.resolve(dispose()).catch((error) => log.error(`Clean-up failed: ${error.message}`));
    note("exit", code);
    process.exitCode = code;
    // Replies may still be in the pipe's buffer: leave only after they are out.
    process.stdout.write("", () => process.stderr.write("", () => process.exit(code)));
  };
}
