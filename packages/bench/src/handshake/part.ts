/**
 * Opening handshakes: CPU of the server's process per connection that opens and leaves, 50 at a time. The clients leave
 * without a Close, so that only the opening is measured.
 */
import { type Child, startChild } from "../child-process.ts";
import { SMALL } from "../echo/cases.ts";
import type { LoadCalls } from "../echo/load-process.ts";
import type { ServerCalls } from "../echo/server-process.ts";
import { CANDIDATES, type Candidate, DATA_EVENTS, DEFAULT, LENDING } from "../echo/subjects.ts";
import { loadUrl, serverUrl } from "../echo/throughput.ts";
import type { Part, Settings } from "../part.ts";
import { type Program, programNamed } from "../programs.ts";
import type { Detail, Row } from "../results.ts";
import { compareCosts, median } from "../rounds.ts";

const AT_ONCE = 50;
const CASE = "open";

interface Runner {
  readonly candidate: Candidate;
  readonly server: Child<ServerCalls>;
  readonly port: number;
  /** CPU of the server, ns per handshake; and handshakes per second. */
  readonly costs: number[];
  readonly rates: number[];
  readonly generatorCosts: number[];
}

async function pass(load: Child<LoadCalls>, runner: Runner, count: number): Promise<void> {
  const { server, port } = runner;
  await load.call("handshakes", port, count / 4, AT_ONCE);
  const before = await server.call("usage");
  const { messages, wall, cpu } = await load.call("handshakes", port, count, AT_ONCE);
  const after = await server.call("usage");
  runner.costs.push((after.user - before.user + after.system - before.system) / messages);
  runner.rates.push(messages / (wall / 1e9));
  runner.generatorCosts.push(cpu / messages);
}

async function measure(program: Program, { isQuick, tell }: Settings): Promise<Runner[]> {
  const load = startChild<LoadCalls>(loadUrl, programNamed("bun"));
  const runners: Runner[] = [];
  try {
    await load.call("prepare", SMALL.name);
    for (const candidate of CANDIDATES[program.runtime]) {
      if (candidate.name === LENDING || candidate.name === DATA_EVENTS) continue;
      const server = startChild<ServerCalls>(serverUrl, program, candidate.env);
      const port = await server.call("listen", candidate.subject, SMALL.name);
      runners.push({ candidate, server, port, costs: [], rates: [], generatorCosts: [] });
    }
    for (let round = 1; round <= (isQuick ? 1 : 3); round += 1) {
      for (const runner of runners) {
        tell(`${program.label}: ${runner.candidate.name}, round ${round}`);
        await pass(load, runner, isQuick ? 400 : 2_000);
      }
    }
  } finally {
    load.stop();
    for (const { server } of runners) server.stop();
  }
  return runners;
}

function rowsOf({ label }: Program, runners: readonly Runner[]): Row[] {
  const own = runners.find(({ candidate }) => candidate.name === DEFAULT)!.costs;
  return runners
    .filter(({ candidate }) => candidate.side !== "ours")
    .map(({ candidate, costs }) => ({
      name: `${label}/handshake/${CASE}`,
      id: null,
      runtime: label,
      value: median(own),
      unit: "ns CPU/handshake",
      peer: candidate.name,
      peerValue: median(costs),
      ...compareCosts(own, costs),
      target: null,
      note: "",
    }));
}

function detailsOf({ label }: Program, runners: readonly Runner[]): Detail[] {
  return runners.map(({ candidate, costs, rates, generatorCosts }) => {
    const rate = median(rates);
    const percent = (cost: number): string => `${((cost * rate) / 1e7).toFixed(0)} %`;
    return {
      name: `${label}/${CASE}/${candidate.name}`,
      cells: {
        runtime: label,
        server: candidate.name,
        "CPU us/handshake": (median(costs) / 1_000).toFixed(1),
        "handshakes/s": rate.toFixed(0),
        "server busy": percent(median(costs)),
        "generator busy": percent(median(generatorCosts)),
      },
    };
  });
}

export const handshake: Part = {
  name: "handshake",
  measures: "CPU of a server per opening handshake",
  cases: [CASE],
  isPerRuntime: true,
  async run(settings) {
    const rows: Row[] = [];
    const details: Detail[] = [];
    for (const program of settings.programs) {
      const runners = await measure(program, settings);
      rows.push(...rowsOf(program, runners));
      details.push(...detailsOf(program, runners));
    }
    return { rows, details };
  },
};
