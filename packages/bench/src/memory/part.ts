/**
 * Memory of an idle connection. "objects": the heap that the engine and the objects of the driver take, without sockets.
 * "idle" and "idle-after-message": resident memory of a server's process, as the operating system counts it, per connection
 * between 2,000 and 10,000 connections, because the first ones pay for what the process takes once. Each server has a process
 * of its own for each figure, collects its garbage before it is asked, and its clients are another process.
 */
import { startChild } from "../child-process.ts";
import { SMALL } from "../echo/cases.ts";
import type { LoadCalls } from "../echo/load-process.ts";
import type { ServerCalls } from "../echo/server-process.ts";
import { CANDIDATES, type Candidate, DEFAULT, mainPeer } from "../echo/subjects.ts";
import { loadUrl, serverUrl } from "../echo/throughput.ts";
import type { Part, Settings } from "../part.ts";
import { type Program, programNamed } from "../programs.ts";
import type { Row } from "../results.ts";
import { compareCosts, median } from "../rounds.ts";
import { targetOf } from "../targets.ts";
import { AFTER_LARGE, afterLargeRows } from "./after-large.ts";
import type { ObjectCalls } from "./objects-process.ts";

const FIRST = 2_000;
const ALL = 10_000;
/** ms until what was under way has ended. */
const SILENCE = 500;
const OBJECTS = "objects";
const IDLE = "idle";
const AFTER_MESSAGE = "idle-after-message";
const MOST_BYTES_OF_OBJECTS = 500;

interface Slopes {
  readonly idle: number[];
  readonly afterMessage: number[];
}

async function measureSlopes(
  program: Program,
  { subject, env }: Candidate,
  slopes: Slopes,
): Promise<void> {
  const load = startChild<LoadCalls>(loadUrl, programNamed("bun"));
  const server = startChild<ServerCalls>(
    serverUrl,
    { path: program.path, flags: program.collecting },
    env,
  );
  const memory = async (): Promise<number> => {
    await new Promise((resolve) => setTimeout(resolve, SILENCE));
    return await server.call("memory");
  };
  try {
    const port = await server.call("listen", subject, SMALL.name);
    await load.call("prepare", SMALL.name);
    await load.call("open", port, FIRST);
    await load.call("exchange", 0);
    const before = await memory();
    await load.call("open", port, ALL - FIRST);
    slopes.idle.push(((await memory()) - before) / (ALL - FIRST));
    await load.call("exchange", 0);
    slopes.afterMessage.push(((await memory()) - before) / (ALL - FIRST));
  } finally {
    load.stop();
    server.stop();
  }
}

async function socketRows(program: Program, { isQuick, tell, wants }: Settings): Promise<Row[]> {
  const { label, runtime } = program;
  const peer = mainPeer(runtime, false);
  const candidates = CANDIDATES[runtime].filter(
    ({ name, side }) => name === DEFAULT || name === peer || side === "raw",
  );
  const all = new Map<string, Slopes>(
    candidates.map(({ name }) => [name, { idle: [], afterMessage: [] }]),
  );
  for (let round = 1; round <= (isQuick ? 1 : 2); round += 1) {
    for (const candidate of candidates) {
      tell(`${label}: ${ALL} connections to ${candidate.name}, round ${round}`);
      await measureSlopes(program, candidate, all.get(candidate.name)!);
    }
  }
  const rowsOf = (
    name: string,
    pick: (slopes: Slopes) => number[],
    peerId: string | null,
  ): Row[] =>
    wants(name)
      ? candidates.slice(1).map((other) => {
          const id = other.name === peer ? peerId : null;
          const own = pick(all.get(DEFAULT)!);
          const others = pick(all.get(other.name)!);
          return {
            name: `${label}/memory/${name}`,
            id,
            runtime: label,
            value: median(own),
            unit: "bytes/connection",
            peer: other.name,
            peerValue: median(others),
            ...compareCosts(own, others),
            target: targetOf(id, runtime),
            note: "",
          };
        })
      : [];
  return [
    ...rowsOf(IDLE, ({ idle }) => idle, null),
    ...rowsOf(AFTER_MESSAGE, ({ afterMessage }) => afterMessage, "M2"),
  ];
}

async function objectRows({ label, runtime, path, collecting }: Program): Promise<Row[]> {
  const process = startChild<ObjectCalls>(new URL("./objects-process.js", import.meta.url), {
    path,
    flags: collecting,
  });
  const row = (name: string, bytes: number, id: string | null): Row => ({
    name: `${label}/memory/${name}`,
    id,
    runtime: label,
    value: bytes,
    unit: "bytes/connection",
    peer: "the limit",
    peerValue: MOST_BYTES_OF_OBJECTS,
    ratio: MOST_BYTES_OF_OBJECTS / bytes,
    spread: null,
    target: targetOf(id, runtime),
    note: "",
  });
  try {
    return [
      row("objects/engine", await process.call("bytesPerEndpoint"), null),
      row(OBJECTS, await process.call("bytesPerConnection"), "M1"),
    ];
  } finally {
    process.stop();
  }
}

export const memory: Part = {
  name: "memory",
  measures:
    "memory of an idle connection, at 10,000 connections; what is kept a minute after large messages",
  cases: [OBJECTS, IDLE, AFTER_MESSAGE, AFTER_LARGE],
  isPerRuntime: true,
  async run(settings) {
    const { programs, wants, tell } = settings;
    const rows: Row[] = [];
    for (const program of programs) {
      if (wants(OBJECTS)) {
        tell(`${program.label}: objects`);
        rows.push(...(await objectRows(program)));
      }
      if (wants(IDLE) || wants(AFTER_MESSAGE)) rows.push(...(await socketRows(program, settings)));
      if (wants(AFTER_LARGE)) {
        tell(`${program.label}: 100 messages of 16 MiB, and a minute of silence`);
        rows.push(...(await afterLargeRows(program, settings)));
      }
    }
    return { rows, details: [] };
  },
};
