// Errors with a code (P1001, P3018, …) and their texts. Only what the WebAssembly engine cannot say itself is here: it has no
// connection of its own, so everything about reaching a server or failing in it is lost on the way through the adapter.

export class KnownError extends Error {
  constructor(code, message, meta = {}) {
    super(message);
    this.code = code;
    this.meta = meta;
  }
}

/** The engine died of a bug. Native prints it on stderr and exits with 101. */
export class EnginePanic extends Error {}

export const PANIC_EXIT_CODE = 101;

export const wrongCredentials = (host, user) =>
  new KnownError(
    "P1000",
    `Authentication failed against database server, the provided database credentials for \`${user}\` are not valid.\n\n` +
      `Please make sure to provide valid database credentials for the database server at the configured address.`,
    { database_user: user, database_host: host },
  );

export const notReachable = (host, port) =>
  new KnownError(
    "P1001",
    `Can't reach database server at \`${host}:${port}\`\n\n` +
      `Please make sure your database server is running at \`${host}:${port}\`.`,
    { database_location: `${host}:${port}` },
  );

export const noSuchDatabase = (name) =>
  new KnownError("P1003", `Database \`${name}\` does not exist`, { database_name: name });

export const databaseExists = (name) =>
  new KnownError("P1009", `Database \`${name}\` already exists`, { database_name: name });

export const accessDenied = (user, database) =>
  new KnownError("P1010", `User was denied access on the database \`${database}\``, {
    database_user: user,
    database_name: database,
  });

export const invalidUrl = (details) =>
  new KnownError("P1013", `The provided database string is invalid. ${details}`, { details });

export const shadowNotCreated = (inner) =>
  new KnownError(
    "P3014",
    "Prisma Migrate could not create the shadow database. Please make sure the database user has permission to create databases. " +
      `Read more about the shadow database (and workarounds) at https://pris.ly/d/migrate-shadow\n\nOriginal error: \n${inner}`,
  );

export const failedOnShadow = (migrationName, inner) =>
  new KnownError(
    "P3006",
    `Migration \`${migrationName}\` failed to apply cleanly to the shadow database. \n` +
      `Error code: ${inner.code}\nError:\n${inner.message}`,
    { migration_name: migrationName, inner_error: { message: inner.message, error_code: inner.code } },
  );

export const scriptFailed = (migrationName, databaseCode, databaseError) =>
  new KnownError(
    "P3018",
    "A migration failed to apply. New migrations cannot be applied before the error is recovered from. " +
      "Read more about how to resolve migration issues in a production database: https://pris.ly/d/migrate-resolve\n\n" +
      `Migration name: ${migrationName}\n\nDatabase error code: ${databaseCode}\n\nDatabase error:\n${databaseError}\n`,
    { migration_name: migrationName, database_error_code: databaseCode, database_error: databaseError },
  );
