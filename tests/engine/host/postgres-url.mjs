// Prisma's meaning of a PostgreSQL URL, as the settings of the `pg` client.
import { decoded, parseUrl } from "./datasource.mjs";
import { invalidUrl } from "./errors.mjs";

const DEFAULT_PORT = 5432;
const DEFAULT_CONNECT_TIMEOUT_S = 5;

export function parsePostgresUrl(text) {
  const url = parseUrl(text);
  const parameter = (name) => url.searchParams.get(name) ?? undefined;
  const host = parameter("host") ?? decoded(url.hostname);
  if (host === "") throw invalidUrl("empty host in database URL.");

  return {
    schema: parameter("schema") ?? "public",
    client: {
      host,
      port: Number(url.port) || DEFAULT_PORT,
      user: decoded(url.username) || undefined,
      password: decoded(url.password) || undefined,
      database: decoded(url.pathname.slice(1)) || "postgres",
      options: parameter("options"),
      application_name: parameter("application_name"),
      connectionTimeoutMillis: Number(parameter("connect_timeout") ?? DEFAULT_CONNECT_TIMEOUT_S) * 1000,
      // Native's `prefer` tries TLS and goes on without it; here only `require` asks for TLS.
      ssl: parameter("sslmode") === "require" ? { rejectUnauthorized: parameter("sslaccept") === "strict" } : false,
    },
  };
}
