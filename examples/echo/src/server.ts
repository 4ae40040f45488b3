/**
 * An echo server: `server.js [--port N] [--host H] [--cert FILE --key FILE] [--deflate[=PARAMETERS]]`, until SIGTERM or
 * SIGINT. Plain as it is, it stops reading from a peer who does not read.
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { adapter, LIMITS } from "./adapter.ts";
import {
  DEFLATE,
  DEFLATE_HELP,
  DEFLATE_USAGE,
  deflateOptions,
  withEmptyDeflate,
} from "./deflate-argument.ts";
import { HELP, readArguments, run, tellUsage } from "./one-line.ts";

const USAGE: string =
  "echo [--runtime node|deno|bun] [--port N] [--host H] [--tls | --cert FILE --key FILE] " +
  `${DEFLATE_USAGE}\nN of --port from 0 to 65535; default 9001. ${DEFLATE_HELP}`;
const { port, host, tls, compression } = readArguments(USAGE, () => {
  const { values } = parseArgs({
    args: withEmptyDeflate(process.argv.slice(2)),
    options: {
      ...HELP,
      ...DEFLATE,
      port: { type: "string", default: "9001" },
      host: { type: "string", default: "127.0.0.1" },
      cert: { type: "string" },
      key: { type: "string" },
    },
  });
  if (values.help) tellUsage(USAGE);
  const { cert, key } = values;
  const port = Number(values.port);
  if (!/^\d+$/.test(values.port) || port > 65_535) {
    throw new Error(`--port ${values.port} is no port`);
  }
  if ((cert === undefined) !== (key === undefined)) {
    throw new Error("--cert and --key are given together, or not at all");
  }
  const compression = deflateOptions("server", values.deflate);
  return { port, host: values.host, tls: cert && key ? { cert, key } : null, compression };
});
const { deflate, serve } = await adapter();
await run(async () => {
  const server = await serve({
    port,
    hostname: host,
    ...(tls && {
      tls: { cert: readFileSync(tls.cert, "utf8"), key: readFileSync(tls.key, "utf8") },
    }),
    perMessageDeflate: compression !== null && deflate(compression),
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
});
