/**
 * An echo server: `server.js [--port N] [--host H] [--cert FILE --key FILE]`, until SIGTERM or SIGINT. Plain as it is, it
 * stops reading from a peer who does not read.
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { adapter, LIMITS } from "./adapter.ts";
import { readArguments } from "./usage.ts";

const USAGE =
  "echo [--runtime node|deno|bun] [--port N] [--host H] [--tls | --cert FILE --key FILE]";
const { values } = readArguments(USAGE, () =>
  parseArgs({
    options: {
      port: { type: "string", default: "9001" },
      host: { type: "string", default: "127.0.0.1" },
      cert: { type: "string" },
      key: { type: "string" },
    },
  }),
);
const { serve } = await adapter();
const { cert, key } = values;
const server = await serve({
  port: Number(values.port),
  hostname: values.host,
  ...(cert && key
    ? { tls: { cert: readFileSync(cert, "utf8"), key: readFileSync(key, "utf8") } }
    : {}),
  limits: LIMITS,
  dangerouslyAllowAnyOrigin: true, // there is nothing here to protect
  lend: true, // the message is written back before the hook returns
  message(socket, message) {
    socket.write(message);
  },
});

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.once(signal, () => void server.shutdown().then(() => process.exit(0)));
}
console.log(`listening on ${server.url}`);
