// The engine's command line. 7 writes `--datasource <json> cli <verb>`, 6 writes `cli --datasource <url> <verb>`; a server has
// no verb. The order is free, so one pass serves both.

const VERBS = new Set(["can-connect-to-database", "create-database", "drop-database"]);
const IGNORED_WITH_VALUE = new Set(["--enabled-preview-features", "--extension-types"]);

export function parseArguments(argv) {
  const parsed = { version: false, verb: null, datamodels: [], datasource: null };

  for (let i = 0; i < argv.length; i += 1) {
    const argument = argv[i];
    if (argument === "--version" || argument === "-V") parsed.version = true;
    else if (argument === "--datamodels" || argument === "-d") {
      // Several files may follow one flag; the next flag or the word `cli` ends them.
      while (i + 1 < argv.length && !argv[i + 1].startsWith("-") && argv[i + 1] !== "cli") parsed.datamodels.push(argv[(i += 1)]);
    } else if (argument === "--datasource") parsed.datasource = argv[(i += 1)];
    else if (IGNORED_WITH_VALUE.has(argument)) i += 1;
    else if (VERBS.has(argument)) parsed.verb = argument;
    else if (argument !== "cli") throw new Error(`Found argument '${argument}' which wasn't expected, or isn't valid in this context`);
  }
  return parsed;
}
