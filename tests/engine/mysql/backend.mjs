// The double behind the protocol: which call does what, on one connection.
import { declaredDatasource } from "../host/datasource.mjs";
import { reach } from "../host/hooks.mjs";
import { findPackages } from "../host/packages.mjs";
import { Connection, createDatabase, dropDatabase, parseMysqlUrl } from "./connection.mjs";
import { Ledger } from "./ledger.mjs";
import * as migrations from "./migrations.mjs";

export const versionLine = () => "mysql-double (a test double, not Prisma's schema engine)";

export const openBackend = (options) => new MysqlDouble(options);

class MysqlDouble {
  #packages;
  #datasource;
  #connection = null;

  #methods = {
    ...migrations,
    ensureConnectionValidity: async () => ({}),
    reset: async (_, { connection }) => connection.recreateDatabase(),
    dbExecute: async ({ script }, { connection }) => connection.runScript(script),
    getDatabaseVersion: async (_, { connection }) => (await connection.query("SELECT VERSION() AS version"))[0].version,
  };

  constructor({ argv, datasource }) {
    this.#packages = findPackages(argv);
    this.#datasource = datasource;
  }

  async runVerb(verb) {
    const settings = parseMysqlUrl(this.#datasource().url);
    if (verb === "can-connect-to-database") (await Connection.open(this.#packages, settings)).close();
    if (verb === "create-database") await createDatabase(this.#packages, settings);
    if (verb === "drop-database") await dropDatabase(this.#packages, settings);
  }

  async call(method, params, { print }) {
    const settings = parseMysqlUrl(this.#urlOf(params));
    if (method === "createDatabase") {
      await createDatabase(this.#packages, settings);
      return { databaseName: settings.database };
    }
    const implementation = this.#methods[method];
    if (!implementation) throw new Error(`mysql-double does not imitate ${method}: Prisma publishes no MySQL engine for tests.`);

    if (!this.#connection) {
      this.#connection = await Connection.open(this.#packages, settings);
      await reach("connected");
    }
    return implementation(params, { connection: this.#connection, ledger: new Ledger(this.#connection), print });
  }

  async dispose() {
    this.#connection?.close();
  }

  /** The database that a call means: `db execute` of 6 names it by schema files, the others mean the main one. */
  #urlOf({ datasourceType, datasource } = {}) {
    const { url, files } = datasourceType ?? datasource ?? {};
    return url ?? (files && declaredDatasource(files).url) ?? this.#datasource().url;
  }
}
