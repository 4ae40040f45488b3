/**
 * Servers in turn on one case: CPU time of the server's process per message, user and system, all threads, as the operating
 * system counts it. It does not depend on who waits for whom, as messages per second do. It is asked for when nothing is under
 * way, before and after the messages that are counted.
 *
 * The load generator must not be what is measured. Its own busy share stands beside the server's. A server that was busy for
 * less than 80 % of the time waited for the generator, and its row says "generator-bound": its CPU per message holds, though a
 * server that idles finds fewer sockets ready per poll, which costs it something; its messages per second are the generator's.
 * A pass in which both were idle for longer than that is "machine-bound": something else had the processors. There are two
 * rounds more for a server that has not enough quiet passes, and those that come nearest to it count.
 */
import { type Child, startChild } from "../child-process.ts";
import type { Settings } from "../part.ts";
import type { Share } from "../profile/profiler.ts";
import { type Program, programNamed } from "../programs.ts";
import type { Detail, Row } from "../results.ts";
import { compareCosts, median } from "../rounds.ts";
import { targetOf } from "../targets.ts";
import type { EchoCase } from "./cases.ts";
import type { LoadCalls } from "./load-process.ts";
import type { ServerCalls } from "./server-process.ts";
import {
  CANDIDATES,
  type Candidate,
  candidatesOf,
  DATA_EVENTS,
  DEFAULT,
  LENDING,
  mainPeer,
  WS,
} from "./subjects.ts";

const BUSY = 0.8;
/** For a server that was disturbed. */
const EXTRA_ROUNDS = 2;

/** Of one pass, or medians. */
export interface Figures {
  /** CPU of the server, ns per message. */
  readonly user: number;
  readonly system: number;
  /** CPU of the load generator, ns per message. */
  readonly generator: number;
  /** Messages per second. */
  readonly rate: number;
}

const cpuOf = ({ user, system }: Figures): number => user + system;
/** Above 1 when other threads are at work too. */
const serverBusy = (figures: Figures): number => (cpuOf(figures) * figures.rate) / 1e9;
const generatorBusy = ({ generator, rate }: Figures): number => (generator * rate) / 1e9;
const busiest = (figures: Figures): number => Math.max(serverBusy(figures), generatorBusy(figures));

interface Runner {
  readonly candidate: Candidate;
  readonly server: Child<ServerCalls>;
  readonly port: number;
  readonly passes: Figures[];
}

export const loadUrl = new URL("./load-process.js", import.meta.url);
export const serverUrl = new URL("./server-process.js", import.meta.url);

async function pass(
  load: Child<LoadCalls>,
  { server, port }: Runner,
  duration: number,
): Promise<Figures> {
  await load.call("open", port, null);
  await load.call("exchange", duration / 4); // compiled before it counts
  const before = await server.call("usage");
  const { messages, wall, cpu } = await load.call("exchange", duration);
  const after = await server.call("usage");
  await load.call("close");
  return {
    user: (after.user - before.user) / messages,
    system: (after.system - before.system) / messages,
    generator: cpu / messages,
    rate: messages / (wall / 1e9),
  };
}

/** Where the time of ours goes in one pass of so many ms, behind a pass that lets it compile its code. */
export async function profileOf(
  program: Program,
  echoCase: EchoCase,
  duration: number,
): Promise<Share[]> {
  const { subject, env } = CANDIDATES[program.runtime].find(({ name }) => name === DEFAULT)!;
  const load = startChild<LoadCalls>(loadUrl, programNamed("bun"));
  const server = startChild<ServerCalls>(serverUrl, program, env);
  try {
    const port = await server.call("listen", subject, echoCase.name);
    await load.call("prepare", echoCase.name);
    await load.call("open", port, null);
    await load.call("exchange", duration / 4);
    await server.call("startSampling");
    await load.call("exchange", duration);
    return await server.call("stopSampling");
  } finally {
    load.stop();
    server.stop();
  }
}

async function startServers(program: Program, echoCase: EchoCase): Promise<Runner[]> {
  return await Promise.all(
    candidatesOf(program.runtime, echoCase).map(async (candidate) => {
      const server = startChild<ServerCalls>(serverUrl, program, candidate.env);
      const port = await server.call("listen", candidate.subject, echoCase.name);
      return { candidate, server, port, passes: [] };
    }),
  );
}

const isQuiet = (figures: Figures): boolean => busiest(figures) >= BUSY;

/** Those in which nothing else had the processors; where they are too few, those that come nearest to it. */
function quietest(passes: readonly Figures[], rounds: number): Figures[] {
  const quiet = passes.filter(isQuiet);
  if (quiet.length >= rounds) return quiet.slice(0, rounds);
  return [...passes].sort((one, other) => busiest(other) - busiest(one)).slice(0, rounds);
}

async function measure(
  program: Program,
  echoCase: EchoCase,
  { isQuick, tell }: Settings,
): Promise<Map<string, Figures[]>> {
  const rounds = isQuick ? 1 : 3;
  const duration = isQuick ? 250 : 600;
  const load = startChild<LoadCalls>(loadUrl, programNamed("bun"));
  let runners: Runner[] = [];
  try {
    runners = await startServers(program, echoCase);
    await load.call("prepare", echoCase.name);
    for (let round = 1; round <= (isQuick ? 1 : rounds + EXTRA_ROUNDS); round += 1) {
      for (const runner of runners) {
        if (runner.passes.filter(isQuiet).length >= rounds) continue;
        tell(`${program.label} ${echoCase.name}: ${runner.candidate.name}, round ${round}`);
        try {
          runner.passes.push(await pass(load, runner, duration));
        } catch (cause) {
          const { name } = runner.candidate;
          throw new Error(`${name} on ${program.label} fails in ${echoCase.name}`, { cause });
        }
      }
    }
  } finally {
    load.stop();
    for (const { server } of runners) server.stop();
  }
  return new Map(
    runners.map(({ candidate, passes }) => [candidate.name, quietest(passes, rounds)]),
  );
}

function medians(passes: readonly Figures[]): Figures {
  return {
    user: median(passes.map(({ user }) => user)),
    system: median(passes.map(({ system }) => system)),
    generator: median(passes.map(({ generator }) => generator)),
    rate: median(passes.map(({ rate }) => rate)),
  };
}

/** The reason why the server was not busy; "" when it was. */
function noteOf(figures: Figures): string {
  if (serverBusy(figures) >= BUSY) return "";
  return isQuiet(figures) ? "generator-bound" : "machine-bound";
}

const OURS: readonly (readonly [candidate: string, suffix: string])[] = [
  [DEFAULT, ""],
  [LENDING, "/lend"],
  [DATA_EVENTS, "/data"],
];

function rowsOf(
  part: string,
  { label, runtime }: Program,
  echoCase: EchoCase,
  figures: Map<string, Figures[]>,
): Row[] {
  const main = mainPeer(runtime, echoCase.isAgainstBufferutil);
  const rows: Row[] = [];
  for (const [ours, suffix] of OURS) {
    const passes = figures.get(ours);
    if (passes === undefined) continue;
    const costs = passes.map(cpuOf);
    for (const { name: peer, side } of candidatesOf(runtime, echoCase)) {
      if (side === "ours") continue;
      const peers = figures.get(peer)!.map(cpuOf);
      let id: string | null = null;
      if (side === "raw") id = echoCase.rawId;
      else if (peer === main) id = echoCase.id;
      if (ours === DATA_EVENTS) id = peer === WS ? "N6" : null;
      rows.push({
        name: `${label}/${part}/${echoCase.name}${suffix}`,
        id,
        runtime: label,
        value: median(costs),
        unit: "ns CPU/message",
        peer,
        peerValue: median(peers),
        ...compareCosts(costs, peers),
        target: targetOf(id, runtime),
        note: noteOf(medians(passes)),
      });
    }
  }
  return rows;
}

function detailsOf(
  { label }: Program,
  { name }: EchoCase,
  figures: Map<string, Figures[]>,
): Detail[] {
  const percent = (share: number): string => `${(share * 100).toFixed(0)} %`;
  return [...figures].map(([candidate, passes]) => {
    const figure = medians(passes);
    return {
      name: `${label}/${name}/${candidate}`,
      cells: {
        case: `${label} ${name}`,
        server: candidate,
        "CPU ns/message": cpuOf(figure).toFixed(0),
        user: figure.user.toFixed(0),
        system: figure.system.toFixed(0),
        "messages/s": figure.rate.toFixed(0),
        "server busy": percent(serverBusy(figure)),
        "generator busy": percent(generatorBusy(figure)),
        note: noteOf(figure),
      },
    };
  });
}

/** All cases that are asked for, on all runtimes that are asked for. */
export async function measureThroughput(
  part: string,
  cases: readonly EchoCase[],
  settings: Settings,
): Promise<{ readonly rows: Row[]; readonly details: Detail[] }> {
  const rows: Row[] = [];
  const details: Detail[] = [];
  for (const program of settings.programs) {
    for (const echoCase of cases) {
      if (!settings.wants(echoCase.name)) continue;
      const figures = await measure(program, echoCase, settings);
      rows.push(...rowsOf(part, program, echoCase, figures));
      details.push(...detailsOf(program, echoCase, figures));
    }
  }
  return { rows, details };
}
