// Prisma's schema engine behind the protocol: opens the right adapter for a call, and patches what the WebAssembly build does
// differently from native. README.md lists the patches.
import { readFile } from "node:fs/promises";
import { declaredDatasource, declaredProvider, providerOfUrl } from "./datasource.mjs";
import { EnginePanic, KnownError } from "./errors.mjs";
import { LedgerWatch } from "./ledger.mjs";
import { findPackages } from "./packages.mjs";
import { loadSchemaEngine } from "./wasm.mjs";

const PROVIDER_MODULES = { sqlite: "./sqlite.mjs", postgresql: "./postgres.mjs" };

/** Methods of the protocol that the engine has under another name. */
const RENAMED = { getDatabaseVersion: "version" };

export const versionLine = (argv) => `schema-engine-cli ${findPackages(argv).engineHash}`;

export const openBackend = (options) => new PrismaEngine(options);

async function providerModule(provider) {
  const module = PROVIDER_MODULES[provider];
  if (!module) throw new Error(`The test schema engine has no ${provider} connector: Prisma publishes none for WebAssembly.`);
  return import(module);
}

class PrismaEngine {
  #packages;
  #datasource;
  #datamodels;
  #watch = new LedgerWatch();
  #wasm = null;
  /** One engine for each database that a call looks at; the key is its URL, or `none:<provider>`. */
  #sessions = new Map();

  /** Calls that need more than being handed on. */
  #patched = {
    diff: (params, print) => this.#diff(params, print),
    reset: (params) => this.#reset(params),
    dbExecute: (params) => this.#dbExecute(params),
    diagnoseMigrationHistory: (params) => this.#diagnose(params),
    markMigrationRolledBack: (params) => this.#markRolledBack(params),
    createDatabase: (params) => this.#createDatabase(params),
    ensureConnectionValidity: (params) => this.#ensureConnectionValidity(params),
    createMigration: (params) => this.#diagnoseThen("createMigration", params),
    evaluateDataLoss: (params) => this.#diagnoseThen("evaluateDataLoss", params),
  };

  constructor({ argv, datasource, datamodels }) {
    this.#packages = findPackages(argv);
    this.#datasource = () => ({ ...datasource(), packages: this.#packages });
    this.#datamodels = datamodels;
  }

  async runVerb(verb) {
    const target = this.#mainTarget();
    const provider = await providerModule(providerOfUrl(target.url));
    if (verb === "can-connect-to-database") await provider.canConnect(target);
    if (verb === "create-database") await provider.createDatabase(target);
    if (verb === "drop-database") await provider.dropDatabase(target);
  }

  async call(method, params, { print }) {
    this.#watch.beginCall(print);
    try {
      const patched = this.#patched[method];
      return await (patched ? patched(params, print) : this.#forward(method, params, this.#mainTarget()));
    } catch (error) {
      throw this.#watch.explain(this.#translate(error));
    } finally {
      // The CLI kills the engine right after the reply, so a temporary shadow database must be gone before it.
      for (const session of this.#sessions.values()) await session.dropShadow();
    }
  }

  async dispose() {
    const sessions = [...this.#sessions.values()];
    this.#sessions.clear();
    await Promise.all(sessions.map((session) => session.dispose()));
  }

  async #forward(method, params, target) {
    const { engine } = await this.#session(target);
    return engine[RENAMED[method] ?? method](params);
  }

  /** On a fresh database the WebAssembly engine has its shadow database set up only by `devDiagnostic`. */
  async #diagnoseThen(method, params) {
    const { migrationsList, filters } = params;
    await this.#forward("devDiagnostic", { migrationsList, filters }, this.#mainTarget());
    return this.#forward(method, params, this.#mainTarget());
  }

  async #diagnose(params) {
    const diagnosis = await this.#forward("diagnoseMigrationHistory", params, this.#mainTarget());
    return { ...diagnosis, hasMigrationsTable: diagnosis.hasMigrationsTable && !this.#watch.ledgerIsMissing };
  }

  async #markRolledBack(params) {
    try {
      return await this.#forward("markMigrationRolledBack", params, this.#mainTarget());
    } catch (error) {
      if (!this.#watch.ledgerIsMissing) throw error;
      throw new Error("Invariant violation: called markMigrationRolledBack on a database without migrations table.");
    }
  }

  async #reset(params) {
    const target = this.#mainTarget();
    const provider = await providerModule(providerOfUrl(target.url));
    if (!provider.reset) return this.#forward("reset", params, target);
    await this.dispose();
    await provider.reset(target);
    return null;
  }

  async #dbExecute({ script, datasourceType }) {
    const target = this.#targetOf(datasourceType);
    return this.#forward("dbExecute", { script, datasourceType: { tag: "url", url: target.url } }, target);
  }

  async #createDatabase({ datasource }) {
    const target = this.#targetOf(datasource);
    const provider = await providerModule(providerOfUrl(target.url));
    return { databaseName: await provider.createDatabase(target) };
  }

  async #ensureConnectionValidity({ datasource }) {
    const target = this.#targetOf(datasource);
    await (await providerModule(providerOfUrl(target.url))).canConnect(target);
    return {};
  }

  /** The WebAssembly engine returns the text that native has the CLI print. */
  async #diff(params, print) {
    const sides = [params.from, params.to];
    const live = sides.filter(({ tag }) => tag === "schemaDatasource" || tag === "url").map((side) => this.#targetOf(side));
    if (new Set(live.map(({ url }) => url)).size > 1) {
      throw new Error("The test schema engine has one connection and cannot diff two different databases.");
    }
    const shadowUrl = params.shadowDatabaseUrl ?? this.#datasource().shadowUrl;
    const target = { ...(live[0] ?? { ...this.#datasource(), url: null, provider: this.#providerOfDiff(sides) }), shadowUrl };
    const { engine } = await this.#session(target);

    const { exitCode, stdout } = await engine.diff({
      ...params,
      from: withoutUrl(params.from),
      to: withoutUrl(params.to),
      exitCode: params.exitCode ?? null,
      shadowDatabaseUrl: null,
    });
    if (stdout) await print(stdout.replace(/\n$/, ""));
    return { exitCode, stdout: null };
  }

  #providerOfDiff(sides) {
    for (const side of sides) {
      const provider =
        side.tag === "schemaDatamodel"
          ? declaredProvider(side.files)
          : side.tag === "migrations" && side.lockfile.content?.match(/^provider\s*=\s*"([^"]*)"/m)?.[1];
      if (provider) return provider;
    }
    const { url } = this.#datasource();
    if (!url) throw new Error("Nothing in this diff tells which kind of database it is about.");
    return providerOfUrl(url);
  }

  #mainTarget() {
    const target = this.#datasource();
    if (!target.url) throw new Error("The datasource.url property is required in your Prisma config file.");
    return target;
  }

  /** The database that one parameter of a call means: a URL, or schema files that name one (6). */
  #targetOf({ url, files }) {
    const main = this.#datasource();
    if (url) return { ...main, url };
    const declared = declaredDatasource(files ?? []);
    return declared.url ? { ...main, ...declared } : this.#mainTarget();
  }

  async #session(target) {
    const provider = target.provider ?? providerOfUrl(target.url);
    const key = target.url ?? `none:${provider}`;
    if (!this.#sessions.has(key)) {
      const { open, openWithoutDatabase } = await providerModule(provider);
      const handle = await (target.url ? open : openWithoutDatabase)({ ...target, watch: this.#watch });
      this.#sessions.set(key, handle);
      handle.engine = await this.#newEngine(handle);
    }
    return this.#sessions.get(key);
  }

  async #newEngine(handle) {
    this.#wasm ??= await loadSchemaEngine(this.#packages);
    const { bindMigrationAwareSqlAdapterFactory } = this.#packages.require("@prisma/driver-adapter-utils");
    const factory = bindMigrationAwareSqlAdapterFactory(handle.factory);
    handle.errorRegistry = factory.errorRegistry;
    const datamodels = await Promise.all(this.#datamodels.map(async (path) => [path, await readFile(path, "utf8")]));
    return this.#wasm.SchemaEngine.new({ datamodels: datamodels.length > 0 ? datamodels : null }, () => {}, factory);
  }

  /** Turns what the WebAssembly build throws into an error of ours. */
  #translate(error) {
    if (error instanceof KnownError) return error;
    if (error instanceof WebAssembly.RuntimeError) return new EnginePanic(this.#wasm.lastPanic() ?? error.message);
    if (/^P\d{4}$/.test(error.code ?? "")) return new KnownError(error.code, error.message, error.meta);

    const adapterError = error.message?.match(/External error id#(\d+)/);
    if (!adapterError) return error;
    for (const { errorRegistry } of this.#sessions.values()) {
      const original = errorRegistry?.consumeError(Number(adapterError[1]))?.error;
      if (original) return original;
    }
    return error;
  }
}

/** 6 may name a live database by its URL alone, which the WebAssembly engine refuses; a schema that names it is the same thing. */
function withoutUrl(side) {
  if (side.tag !== "url") return side;
  const content = `datasource db {\n  provider = "${providerOfUrl(side.url)}"\n  url = ${JSON.stringify(side.url)}\n}\n`;
  return { tag: "schemaDatasource", files: [{ path: "schema.prisma", content }], configDir: process.cwd() };
}
