/**
 * An echo under permessage-deflate, end to end over loopback: ours against `ws` on Node, and against `Bun.serve` on Bun.
 * (Deno's own server does not compress.)
 *
 * The figure is the CPU time of the server's process per message, user and system, all threads: `ws` compresses in the
 * threads of libuv. The generator sends frames that were compressed before anything is measured, so its own CPU does not
 * count, and it inflates and compares only the first round. Servers take turns, medians over the rounds.
 *
 * "takeover" puts both servers on equal terms: contexts kept both ways, level 3, every message compressed. (Bun's own server
 * has no option for its level.) "defaults" is what each does when it is told to compress, and no more; ours then keeps no
 * context for sending, and leaves messages below 1 KiB as they are.
 */
import { type Child, startChild } from "../child-process.ts";
import type { Part, Settings } from "../part.ts";
import { type Program, programNamed } from "../programs.ts";
import type { Row } from "../results.ts";
import { compareCosts, median } from "../rounds.ts";
import { targetOf } from "../targets.ts";
import { CASES, type DeflateCase } from "./cases.ts";
import type { LoadCalls } from "./load-process.ts";
import type { ServerCalls, SubjectName } from "./server-process.ts";

const CONNECTIONS = 50;

interface Match {
  readonly ours: SubjectName;
  readonly peer: SubjectName;
}

function matchOf({ runtime }: Program): Match | null {
  if (runtime === "node") return { ours: "sansocket-node", peer: "ws" };
  if (runtime === "bun") return { ours: "sansocket-bun", peer: "bun-serve" };
  return null;
}

interface Runner {
  readonly server: Child<ServerCalls>;
  readonly port: number;
  /** CPU of the server, ns per message. */
  readonly costs: number[];
}

async function pass(
  load: Child<LoadCalls>,
  { server, port, costs }: Runner,
  { name }: DeflateCase,
  duration: number,
): Promise<void> {
  await load.call("open", name, port, CONNECTIONS);
  await load.call("exchange", duration / 3); // warm-up
  const before = await server.call("usedCpu");
  const { messages } = await load.call("exchange", duration);
  costs.push(((await server.call("usedCpu")) - before) / messages);
  await load.call("close");
}

async function measure(
  program: Program,
  { ours, peer }: Match,
  deflateCase: DeflateCase,
  { isQuick, tell }: Settings,
): Promise<Row> {
  const load = startChild<LoadCalls>(
    new URL("./load-process.js", import.meta.url),
    programNamed("node"),
  );
  const runners: Runner[] = [];
  try {
    for (const subject of [ours, peer]) {
      const server = startChild<ServerCalls>(
        new URL("./server-process.js", import.meta.url),
        program,
      );
      const port = await server.call("listen", subject, deflateCase.name);
      runners.push({ server, port, costs: [] });
    }
    for (let round = 1; round <= (isQuick ? 1 : 3); round += 1) {
      tell(`${program.label} ${deflateCase.name}, round ${round}`);
      for (const runner of runners) await pass(load, runner, deflateCase, isQuick ? 300 : 700);
    }
  } finally {
    load.stop();
    for (const { server } of runners) server.stop();
  }
  const [own = [], peers = []] = runners.map(({ costs }) => costs);
  const { id } = deflateCase;
  return {
    name: `${program.label}/deflate/${deflateCase.name}`,
    id,
    runtime: program.label,
    value: median(own),
    unit: "ns CPU/message",
    peer: peer === "ws" ? "ws" : "Bun.serve",
    peerValue: median(peers),
    ...compareCosts(own, peers),
    target: targetOf(id, program.runtime),
    note: "",
  };
}

export const deflate: Part = {
  name: "deflate",
  measures: "CPU of an echo server per message under permessage-deflate",
  cases: CASES.map(({ name }) => name),
  isPerRuntime: true,
  async run(settings) {
    const rows: Row[] = [];
    for (const program of settings.programs) {
      const match = matchOf(program);
      if (match === null) continue;
      for (const deflateCase of CASES) {
        if (!settings.wants(deflateCase.name)) continue;
        rows.push(await measure(program, match, deflateCase, settings));
      }
    }
    return { rows, details: [] };
  },
};
