/**
 * An echo client: `client.js --url ws://... [--say TEXT]... [--protocol NAME]... [--ca FILE] [--insecure]
 * [--deflate[=PARAMETERS]]`. Sends every message back, as the type that it came as, until the peer closes. With `--say` it speaks first: it sends those texts, tells
 * what comes back for each, and closes.
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
  "echo:client [--runtime node|deno|bun] --url ws://host:port/path [--say TEXT]... [--protocol NAME]... [--ca FILE] [--insecure] " +
  `${DEFLATE_USAGE}\n` +
  "Sends every message back until the server closes. With --say it sends the texts, tells what comes back, and closes.\n" +
  DEFLATE_HELP;
const { values } = readArguments(USAGE, () => {
  const parsed = parseArgs({
    args: withEmptyDeflate(process.argv.slice(2)),
    options: {
      ...HELP,
      ...DEFLATE,
      url: { type: "string" },
      say: { type: "string", multiple: true, default: [] },
      ca: { type: "string" },
      insecure: { type: "boolean", default: false },
      protocol: { type: "string", multiple: true, default: [] },
    },
  });
  if (parsed.values.help) tellUsage(USAGE);
  const { url } = parsed.values;
  if (url === undefined) throw new Error("--url is missing");
  const compression = deflateOptions("client", parsed.values.deflate);
  return { values: { ...parsed.values, url, compression } };
});
const { connect } = await adapter();
await run(async () => {
  const socket = await connect(values.url, {
    perMessageDeflate: values.compression ?? true,
    limits: LIMITS,
    protocols: values.protocol,
    tls: {
      ...(values.ca === undefined ? {} : { ca: readFileSync(values.ca, "utf8") }),
      rejectUnauthorized: !values.insecure,
    },
  });
  const { say } = values;
  const purpose =
    say.length > 0
      ? ""
      : ": sends back what the server sends (--say TEXT speaks first, as to an echo)";
  console.log(`connected to ${socket.url}${purpose}`);
  for (const text of say) socket.write(text);
  let answers = 0;
  for await (const message of socket) {
    if (say.length === 0) {
      if (socket.write(message) === "pressure") await socket.ready();
      continue;
    }
    console.log(typeof message === "string" ? message : `${message.length} bytes`);
    answers += 1;
    if (answers === say.length) break;
  }
  if (answers > 0) await socket.close();
  const { code, reason } = await socket.closed;
  console.log(`closed with ${code}${reason === "" ? "" : `: ${reason}`}`);
});
