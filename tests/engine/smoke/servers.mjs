// Private database servers for one run: on a free loopback port, in a temporary directory, gone at the end whatever happens.
import { execFileSync, spawn } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const START_LIMIT_MS = 30_000;
const STARTED = new Set();
const DIRECTORIES = new Set();

// For a run that ends early; one that ends in order has stopped the servers before.
process.on("exit", () => {
  for (const { stop } of STARTED) stop();
  for (const directory of DIRECTORIES) rmSync(directory, { recursive: true, force: true });
});

/** A temporary directory that is removed when the process ends. */
export function temporaryDirectory(name) {
  const directory = mkdtempSync(join(tmpdir(), `prisma-safe-${name}-`));
  DIRECTORIES.add(directory);
  return directory;
}

/** `{ url(database) }`, or null where PostgreSQL is not installed. */
export async function startPostgres() {
  const bin = (program) => findProgram(program, postgresDirectories());
  if (!bin("initdb")) return null;

  const { directory, asUser } = serverDirectory("postgres", "postgres");
  const data = join(directory, "data");
  execFileSync(...asUser(bin("initdb"), ["--auth=trust", "--username=postgres", "--encoding=UTF8", "--no-sync", "-D", data]), {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const port = await freePort();
  // fsync off: the data is thrown away.
  const settings = ["-D", data, "-p", port, "-k", directory, "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"];
  await launch(asUser(bin("postgres"), settings.map(String)), { directory, port, stopSignal: "SIGINT" });
  return { url: (database) => `postgresql://postgres@127.0.0.1:${port}/${database}` };
}

/** `{ url(database) }`, or null where MariaDB is not installed. */
export async function startMariadb() {
  const server = findProgram("mariadbd");
  const install = findProgram("mariadb-install-db");
  if (!server || !install) return null;

  const { directory, asUser, user } = serverDirectory("mariadb", "mysql");
  const data = join(directory, "data");
  const common = ["--no-defaults", `--datadir=${data}`];
  execFileSync(...asUser(install, [...common, "--auth-root-authentication-method=normal", "--skip-test-db", `--user=${user}`]), {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const port = await freePort();
  const settings = [`--port=${port}`, "--bind-address=127.0.0.1", `--socket=${join(directory, "socket")}`, "--skip-name-resolve"];
  await launch(asUser(server, [...common, ...settings]), { directory, port, stopSignal: "SIGTERM" });
  return { url: (database) => `mysql://root@127.0.0.1:${port}/${database}` };
}

async function launch([program, args], { directory, port, stopSignal }) {
  const log = [];
  const server = spawn(program, args, { cwd: directory, stdio: ["ignore", "pipe", "pipe"] });
  for (const stream of [server.stdout, server.stderr]) stream.on("data", (chunk) => log.push(chunk));
  const stop = () => server.exitCode === null && server.kill(stopSignal);
  STARTED.add({ server, stop });

  const deadline = Date.now() + START_LIMIT_MS;
  while (!(await answers(port))) {
    if (server.exitCode !== null || Date.now() > deadline) {
      throw new Error(`${program} did not start:\n${Buffer.concat(log)}`);
    }
    await sleep(50);
  }
}

/** Stops every server and waits for its end, so that no process outlives the run. */
export async function stopServers() {
  for (const { server, stop } of STARTED) {
    if (server.exitCode !== null) continue;
    const ended = new Promise((resolve) => server.once("exit", resolve));
    stop();
    await ended;
  }
}

/** Servers refuse to run as root, so root hands the directory to the server's own user and becomes that user. */
function serverDirectory(name, user) {
  const directory = temporaryDirectory(name);
  if (process.getuid() !== 0) return { directory, asUser: (program, args) => [program, args], user: process.env.USER };

  const [, , uid, gid] = readFileSync("/etc/passwd", "utf8").match(new RegExp(`^${user}:.*$`, "m"))[0].split(":");
  chmodSync(directory, 0o755);
  mkdirSync(join(directory, "data"), { mode: 0o700 });
  for (const path of [directory, join(directory, "data")]) chownSync(path, Number(uid), Number(gid));
  const become = [`--reuid=${uid}`, `--regid=${gid}`, "--clear-groups"];
  return { directory, asUser: (program, args) => ["setpriv", [...become, program, ...args]], user };
}

function answers(port) {
  return import("node:net").then(
    ({ connect }) =>
      new Promise((resolve) => {
        const socket = connect(port, "127.0.0.1", () => socket.end(() => resolve(true)));
        socket.on("error", () => resolve(false));
      }),
  );
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

function findProgram(program, first = []) {
  const directories = [...first, ...(process.env.PATH ?? "").split(delimiter), "/usr/sbin"];
  return directories.map((directory) => join(directory, program)).find(existsSync);
}

/** Debian keeps the server's programs out of PATH, in a directory for each version. */
function postgresDirectories() {
  const root = "/usr/lib/postgresql";
  if (!existsSync(root)) return [];
  const versions = readdirSync(root).sort((a, b) => Number(b) - Number(a));
  return versions.map((version) => join(root, version, "bin"));
}
