// Finds the npm packages that the engine is made of. They must be those of the CLI that calls, since the two majors speak
// slightly different protocols.
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const OWN_PROJECTS = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "prisma");

/**
 * The directory whose node_modules to use: the one that the variable names; else the nearest above the working directory,
 * where Prisma starts the engine; else ours, with the major told from the form of the arguments.
 */
function prismaDirectory(argv) {
  if (process.env.PRISMA_SAFE_TEST_PRISMA_DIR) return process.env.PRISMA_SAFE_TEST_PRISMA_DIR;

  for (let directory = process.cwd(); ; directory = dirname(directory)) {
    if (existsSync(join(directory, "node_modules", "@prisma", "schema-engine-wasm"))) return directory;
    if (directory === dirname(directory)) break;
  }
  const datasource = argv.indexOf("--datasource");
  const rawUrl = datasource >= 0 && !argv[datasource + 1]?.startsWith("{");
  const schemaOnly = datasource < 0 && argv.includes("--datamodels");
  return join(OWN_PROJECTS, rawUrl || schemaOnly ? "6" : "7");
}

export function findPackages(argv) {
  const directory = prismaDirectory(argv);
  const require = createRequire(join(directory, "package.json"));
  const prismaManifest = require.resolve("prisma/package.json");
  return {
    require,
    major: Number(require(prismaManifest).version.split(".")[0]),
    engineHash: require("@prisma/engines-version/package.json").prisma.enginesVersion,
    /** The CLI's own copy: for 7.10.1 no package of exactly that engine is published. */
    wasmFile: join(dirname(prismaManifest), "build", "schema_engine_bg.wasm"),
    wasmGlue: pathToFileURL(require.resolve("@prisma/schema-engine-wasm/schema_engine_bg")).href,
  };
}
