// A copy of a fixture project in a temporary directory, and Prisma's CLI run in it.
import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { temporaryDirectory } from "./servers.mjs";

const ENGINE_DIRECTORY = join(dirname(fileURLToPath(import.meta.url)), "..");
const PRISMA_DIRECTORY = join(ENGINE_DIRECTORY, "..", "prisma");
const CALL_LIMIT_MS = 180_000;

export class Project {
  constructor({ provider, major, url, shadowUrl, engine = "schema-engine" }) {
    Object.assign(this, { provider, major, url, shadowUrl });
    this.directory = temporaryDirectory(`${provider}-${major}`);
    cpSync(join(PRISMA_DIRECTORY, "projects", `${provider}-${major}`), this.directory, { recursive: true });
    symlinkSync(join(PRISMA_DIRECTORY, String(major), "node_modules"), join(this.directory, "node_modules"));
    this.environment = {
      // Nothing else of the caller's environment: it may name databases, or make the CLI behave as under an agent.
      PATH: process.env.PATH,
      HOME: this.directory,
      PRISMA_SCHEMA_ENGINE_BINARY: join(ENGINE_DIRECTORY, engine),
      // 6 looks for its query engine before `migrate status`, which does not use it.
      ...(major === 6 ? { PRISMA_QUERY_ENGINE_LIBRARY: "/bin/true" } : {}),
      CHECKPOINT_DISABLE: "1",
      PRISMA_HIDE_UPDATE_MESSAGE: "1",
      NO_COLOR: "1",
      DATABASE_URL: url,
      ...(shadowUrl ? { SHADOW_DATABASE_URL: shadowUrl } : {}),
    };
    this.require = createRequire(join(PRISMA_DIRECTORY, String(major), "package.json"));
  }

  path(...parts) {
    return join(this.directory, ...parts);
  }

  addMigration(name, sql) {
    const directory = this.path("prisma", "migrations", name);
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, "migration.sql"), sql);
  }

  /** Starts `prisma <args>`; `done` resolves to `{ code, signal, stdout, stderr, out }`. */
  start(args, { env = {}, input = "" } = {}) {
    const cli = join(this.directory, "node_modules", "prisma", "build", "index.js");
    const child = spawn(process.execPath, [cli, ...args], {
      cwd: this.directory,
      env: { ...this.environment, ...env },
      timeout: CALL_LIMIT_MS,
      stdio: ["pipe", "pipe", "pipe"],
    });
    child.stdin.end(input);
    const output = { stdout: "", stderr: "" };
    for (const stream of ["stdout", "stderr"]) child[stream].setEncoding("utf8").on("data", (text) => (output[stream] += text));
    const done = new Promise((resolve) => {
      child.on("close", (code, signal) => resolve({ code, signal, ...output, out: output.stdout + output.stderr }));
    });
    return { child, done };
  }

  run(args, options) {
    return this.start(args, options).done;
  }

  /** Speaks with the engine itself, as the CLI does; resolves to its answers. Only 7's form of the arguments. */
  async rpc(requests, { env = {} } = {}) {
    const datasource = JSON.stringify({ url: this.url, ...(this.shadowUrl ? { shadowDatabaseUrl: this.shadowUrl } : {}) });
    const args = ["--datamodels", this.path("prisma", "schema.prisma"), "--datasource", datasource];
    const child = spawn(this.environment.PRISMA_SCHEMA_ENGINE_BINARY, args, {
      cwd: this.directory,
      env: { ...this.environment, ...env },
      stdio: ["pipe", "pipe", "ignore"],
    });
    const ended = new Promise((resolve) => child.on("close", resolve));
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const answers = [];
    for (const [id, request] of requests.entries()) {
      child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", id, ...request })}\n`);
      const { value } = await lines.next();
      answers.push(JSON.parse(value));
    }
    child.stdin.end();
    await ended;
    return answers;
  }

  /** The migrations folder in the form that the CLI sends it. */
  migrationsList() {
    const baseDir = this.path("prisma", "migrations");
    const names = readdirSync(baseDir, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name);
    return {
      baseDir,
      lockfile: { path: "migration_lock.toml", content: readFileSync(join(baseDir, "migration_lock.toml"), "utf8") },
      shadowDbInitScript: "",
      migrationDirectories: names.sort().map((path) => ({
        path,
        migrationFile: {
          path: "migration.sql",
          content: { tag: "ok", value: readFileSync(join(baseDir, path, "migration.sql"), "utf8") },
        },
      })),
    };
  }

  events(file) {
    if (!existsSync(file)) return [];
    const lines = readFileSync(file, "utf8").trimEnd().split("\n");
    return lines.map((line) => line.split("\t")).map(([phase, pid, detail]) => ({ phase, pid: Number(pid), detail }));
  }
}
