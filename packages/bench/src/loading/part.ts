/**
 * Loading: what a program pays for the import of our adapter, beside `ws`. The CPU of the process until the package is there, and
 * the heap behind a collection, both with those of a process that imports node:net alone taken away. Deno and Bun have their
 * servers inside, so there is no peer to load.
 */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Part, Settings } from "../part.ts";
import type { Program } from "../programs.ts";
import type { Row } from "../results.ts";
import { compareCosts, median } from "../rounds.ts";

const OURS = "@sansocket/node";
const PEER = "ws";
const FLOOR = "node:net";
const ROUNDS = 9;

const CASES = { time: "time", heap: "heap" } as const;

/** Prints the figures of the import of its argument. */
const PROGRAM = `
  await import(process.argv[1]);
  const { user, system } = process.cpuUsage();
  globalThis.gc();
  globalThis.gc();
  console.log(JSON.stringify({ time: user + system, heap: process.memoryUsage().heapUsed }));
`;

interface Loaded {
  /** CPU in us, from the start of the process. */
  readonly time: number;
  /** bytes */
  readonly heap: number;
}

function load({ path, flags }: Program, module: string): Loaded {
  const printed = execFileSync(
    path,
    [...flags, "--expose-gc", "--input-type=module", "--eval", PROGRAM, module],
    { cwd: fileURLToPath(new URL("../..", import.meta.url)), encoding: "utf8" },
  );
  return JSON.parse(printed) as Loaded;
}

function measure(program: Program, { isQuick, tell, wants }: Settings): Row[] {
  const loads: Record<string, Loaded[]> = { [FLOOR]: [], [PEER]: [], [OURS]: [] };
  for (let round = 1; round <= (isQuick ? 1 : ROUNDS); round += 1) {
    tell(`${program.label}: imports, round ${round}`);
    for (const module of Object.keys(loads)) loads[module]!.push(load(program, module));
  }
  return Object.values(CASES)
    .filter(wants)
    .map((name) => {
      const floor = median(loads[FLOOR]!.map((loaded) => loaded[name]));
      const above = (module: string): number[] =>
        loads[module]!.map((loaded) => Math.max(1, loaded[name] - floor));
      const [ours, peers] = [above(OURS), above(PEER)];
      return {
        name: `${program.label}/loading/${name}`,
        id: null,
        runtime: program.label,
        value: median(ours),
        unit: name === CASES.time ? "us CPU" : "bytes of heap",
        peer: PEER,
        peerValue: median(peers),
        ...compareCosts(ours, peers),
        target: null,
        note: "",
      };
    });
}

export const loading: Part = {
  name: "loading",
  measures: "what the import of the adapter of Node takes, above that of node:net",
  cases: Object.values(CASES),
  isPerRuntime: true,
  async run(settings) {
    const programs = settings.programs.filter(({ runtime }) => runtime === "node");
    return { rows: programs.flatMap((program) => measure(program, settings)), details: [] };
  },
};
