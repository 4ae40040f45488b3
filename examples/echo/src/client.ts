/**
 * An echo client: `client.js --url ws://... [--protocol NAME]... [--ca FILE] [--insecure]`. Sends every message back, as the
 * type that it came as, until the peer closes.
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { adapter, LIMITS } from "./adapter.ts";
import { readArguments, run } from "./one-line.ts";

const USAGE =
  "echo:client [--runtime node|deno|bun] --url ws://host:port/path [--protocol NAME]... [--ca FILE] [--insecure]";
const { values } = readArguments(USAGE, () => {
  const parsed = parseArgs({
    options: {
      url: { type: "string" },
      ca: { type: "string" },
      insecure: { type: "boolean", default: false },
      protocol: { type: "string", multiple: true, default: [] },
    },
  });
  const { url } = parsed.values;
  if (url === undefined) throw new Error("--url is missing");
  return { values: { ...parsed.values, url } };
});
const { connect } = await adapter();
await run(async () => {
  const socket = await connect(values.url, {
    limits: LIMITS,
    protocols: values.protocol,
    tls: {
      ...(values.ca === undefined ? {} : { ca: readFileSync(values.ca, "utf8") }),
      rejectUnauthorized: !values.insecure,
    },
  });
  for await (const message of socket) {
    if (socket.write(message) === "pressure") await socket.ready();
  }
  const { code, reason } = await socket.closed;
  console.log(`closed with ${code}${reason === "" ? "" : `: ${reason}`}`);
});
