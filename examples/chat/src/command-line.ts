/** `main-*.js [--port N]`: serves the chat until SIGTERM or SIGINT. The same on Node, Deno and Bun. */
import process from "node:process";
import { parseArgs } from "node:util";
import { type ChatOptions, startChat } from "./app.ts";
import { readPageFiles } from "./page-files.ts";

const USAGE =
  "usage: start [--runtime node|deno|bun] [--port N]   N from 0 to 65535, 0 for any free one; default 8080";

export async function run(adapter: Pick<ChatOptions, "serve" | "prepare">): Promise<void> {
  let port: number;
  try {
    const args = process.argv.slice(2);
    if (args.includes("--help")) {
      console.log(USAGE);
      return;
    }
    port = portOf(args);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n${USAGE}`);
    process.exitCode = 2;
    return;
  }
  try {
    const chat = await startChat({ ...adapter, files: readPageFiles(), port });
    console.log(`listening on ${chat.url}`);
    for (const signal of ["SIGTERM", "SIGINT"]) process.once(signal, () => void chat.shutdown());
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}

function portOf(args: string[]): number {
  const { values } = parseArgs({ args, options: { port: { type: "string", default: "8080" } } });
  const port = Number(values.port);
  if (!/^\d+$/.test(values.port) || port > 65_535) {
    throw new Error(`--port ${values.port} is no port`);
  }
  return port;
}
