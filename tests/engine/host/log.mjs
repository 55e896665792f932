// The engine's log: one JSON object a line on stderr, the only thing that Prisma's CLI accepts there.

function write(level, fields) {
  const line = { timestamp: new Date().toISOString(), level, fields, target: "schema_engine::logger" };
  process.stderr.write(`${JSON.stringify(line)}\n`);
}

export const info = (message, fields = {}) => write("INFO", { message, ...fields });

export const error = (message, fields = {}) => write("ERROR", { is_panic: false, message, ...fields });

export const panic = (message, backtrace) => write("ERROR", { is_panic: true, message, backtrace });
