/**
 * `pnpm bench:deflate [--quick] [--json] [--only NAME] [--runtime node|bun]`: an echo under permessage-deflate, end to end
 * over loopback: ours against `ws` on Node, and against `Bun.serve` on Bun.
 *
 * The figure is the CPU time of the server's process per message, user and system, all threads: `ws` compresses in the
 * threads of libuv. The generator sends frames that were compressed before anything is measured, so its own CPU does not
 * count, and it inflates and compares only the first round. Servers take turns, medians over the rounds.
 *
 * "takeover" puts both servers on equal terms: contexts kept both ways, level 3, every message compressed. (Bun's own server
 * has no option for its level.) "defaults" is what each does when it is told to compress, and no more; ours then keeps no
 * context for sending, and leaves messages below 1 KiB as they are.
 */
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { type Child, startChild } from "../echo/child-process.ts";
import { printRows, type Row } from "../report.ts";
import { CASES, caseNamed, type DeflateCase } from "./cases.ts";
import type { LoadCalls } from "./load-process.ts";
import { programOf } from "./programs.ts";
import type { ServerCalls, SubjectName } from "./server-process.ts";

const { values: flags } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    only: { type: "string" },
    runtime: { type: "string" },
  },
});
const ROUNDS = flags.quick ? 1 : 5;
const DURATION_MS = flags.quick ? 500 : 1_500;
const CONNECTIONS = 50;

interface Match {
  readonly runtime: "node" | "bun";
  readonly ours: SubjectName;
  readonly peer: SubjectName;
}

const MATCHES: readonly Match[] = [
  { runtime: "node", ours: "sansocket-node", peer: "ws" },
  { runtime: "bun", ours: "sansocket-bun", peer: "bun-serve" },
];

interface Runner {
  readonly subject: SubjectName;
  readonly server: Child<ServerCalls>;
  readonly port: number;
  /** CPU of the server, ns per message. */
  readonly passes: number[];
}

async function pass(load: Child<LoadCalls>, runner: Runner, { name }: DeflateCase): Promise<void> {
  await load.call("open", name, runner.port, CONNECTIONS);
  await load.call("exchange", DURATION_MS / 3); // warm-up
  const before = await runner.server.call("usedCpu");
  const { messages } = await load.call("exchange", DURATION_MS);
  const used = (await runner.server.call("usedCpu")) - before;
  await load.call("close");
  runner.passes.push(used / messages);
}

function median(figures: readonly number[]): number {
  return [...figures].sort((one, other) => one - other)[figures.length >> 1]!;
}

async function measure(deflateCase: DeflateCase, match: Match): Promise<Row> {
  const load = startChild<LoadCalls>(new URL("./load-process.js", import.meta.url));
  const runners: Runner[] = [];
  try {
    for (const subject of [match.ours, match.peer]) {
      const server = startChild<ServerCalls>(
        new URL("./server-process.js", import.meta.url),
        programOf(match.runtime),
      );
      const port = await server.call("listen", subject, deflateCase.name);
      runners.push({ subject, server, port, passes: [] });
    }
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const runner of runners) await pass(load, runner, deflateCase);
    }
  } finally {
    load.stop();
    for (const { server } of runners) server.stop();
  }
  const [ours, peer] = runners.map(({ passes }) => median(passes));
  return {
    name: `${match.runtime}/${deflateCase.name}`,
    value: ours! / 1_000,
    unit: "us CPU/message",
    peer: `${match.peer} ${(peer! / 1_000).toFixed(1)}`,
    ratio: peer! / ours!,
    target: match.runtime === "node" ? deflateCase.target : null,
  };
}

const rows: Row[] = [];
for (const match of MATCHES) {
  if (flags.runtime !== undefined && flags.runtime !== match.runtime) continue;
  for (const deflateCase of flags.only === undefined ? CASES : [caseNamed(flags.only)]) {
    rows.push(await measure(deflateCase, match));
  }
}
if (!flags.json) {
  const processors = cpus();
  const machine = `${process.platform}, ${processors.length} x ${processors[0]?.model.trim()}`;
  console.log(
    `${new Date().toISOString().slice(0, 10)}, Node ${process.versions.node}, ${machine}\n`,
  );
}
printRows(rows, flags.json);
