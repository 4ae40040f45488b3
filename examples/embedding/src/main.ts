/** `node dist/main.js [--port N]`: serves the example until SIGTERM or SIGINT. */
import type { AddressInfo } from "node:net";
import { parseArgs } from "node:util";
import { start } from "./server.ts";
import { createSite } from "./site.ts";

const USAGE = "usage: start [--port N]   N from 0 to 65535, 0 for any free one; default 8080";

function portOf(args: string[]): number {
  const { values } = parseArgs({ args, options: { port: { type: "string", default: "8080" } } });
  const port = Number(values.port);
  if (!/^\d+$/.test(values.port) || port > 65_535) throw new Error(`--port ${values.port}`);
  return port;
}

async function main(): Promise<void> {
  let port: number;
  try {
    port = portOf(process.argv.slice(2));
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n${USAGE}`);
    process.exitCode = 2;
    return;
  }
  try {
    const { server, stop } = await start(port, createSite());
    console.log(`listening on http://localhost:${(server.address() as AddressInfo).port}`);
    for (const signal of ["SIGTERM", "SIGINT"]) process.once(signal, stop);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const hint = code === "EADDRINUSE" ? `port ${port} is taken; try --port 0` : String(error);
    console.error(`cannot listen: ${hint}`);
    process.exitCode = 1;
  }
}

await main();
