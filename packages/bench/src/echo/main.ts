/**
 * `pnpm bench:echo [--quick] [--json] [--only NAME]`: an echo server end to end over loopback, against `ws` and against a
 * plain `node:net` server that moves the same octets (subjects/net.ts says what it leaves out).
 *
 * The figure is the CPU time of the server's process per message, user and system, all threads: it does not depend on who
 * waits for whom, as messages per second do. It is asked for when nothing is under way, before and after the messages that
 * are counted. Every server has a process of its own per case, the load generator another; subjects take turns, medians over
 * the rounds.
 *
 * Several messages in flight are so many at any time: for every echo another message leaves, as pipelining clients do. A
 * server that writes every echo on its own (`ws`) then reads its input in smaller pieces too. In the case "bursts" the next
 * messages leave together when all echoes are back, so that every server gets the same input: it is kinder to `ws`.
 *
 * The load generator must not be what is measured. Its own CPU time per message stands beside the server's; with one message
 * under way it needs as many reads and writes as the server, so a server that does little besides them is waiting for it.
 * Such a row says "generator-bound" (the server's CPU was busy for less than 80 % of the time): its CPU per message holds,
 * though a server that idles finds fewer sockets ready per poll, which costs it something; its messages per second are the
 * generator's. A pass in which server and generator were both idle for longer than that is "machine-bound": something else
 * had the processors. There are up to twelve rounds until three passes of each server are quiet, and only those count; a row
 * says "machine-bound" when that was not enough, and is to be measured on a quieter machine.
 *
 * A target holds for what users get by default, too: messages of their own ("/owned"), where "sansocket" lends them.
 */
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { printRows, printTable, type Row } from "../report.ts";
import { CASES, caseNamed, type EchoCase } from "./cases.ts";
import { type Child, startChild } from "./child-process.ts";
import type { LoadCalls } from "./load-process.ts";
import type { ServerCalls, SubjectName } from "./server-process.ts";

const { values: flags } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    only: { type: "string" },
  },
});
const ROUNDS = flags.quick ? 1 : 3;
/** ms */
const DURATION = flags.quick ? 500 : 1200;
const BUSY = 0.8;
/** Until there are enough in which the machine was quiet. */
const MOST_ROUNDS = flags.quick ? 2 : 12;
const SUBJECTS: readonly SubjectName[] = ["sansocket", "sansocket-owned", "ws", "net"];

/** Of one pass, or medians. */
interface Figures {
  /** CPU of the server, ns per message. */
  readonly server: number;
  /** CPU of the load generator, ns per message. */
  readonly generator: number;
  /** Messages per second. */
  readonly rate: number;
  /** CPU time of the server by time passed: above 1 when its other threads are at work too. */
  readonly utilisation: number;
}

interface Runner {
  readonly subject: SubjectName;
  readonly server: Child<ServerCalls>;
  readonly port: number;
  readonly passes: Figures[];
}

async function pass(
  load: Child<LoadCalls>,
  { server, port }: Runner,
  { name }: EchoCase,
): Promise<Figures> {
  await load.call("open", name, port);
  const before = await server.call("usedCpu");
  const { messages, wall, cpu } = await load.call("exchange", DURATION);
  const used = (await server.call("usedCpu")) - before;
  await load.call("close");
  return {
    server: used / messages,
    generator: cpu / messages,
    rate: messages / (wall / 1e9),
    utilisation: used / wall,
  };
}

/** How much of the time the busier of both processes was at work. */
function busyness({ utilisation, generator, rate }: Figures): number {
  return Math.max(utilisation, (generator * rate) / 1e9);
}

/** Those in which nothing else had the processors; where they are too few, those that come nearest to it. */
function quietest(passes: readonly Figures[]): Figures[] {
  const quiet = passes.filter((one) => busyness(one) >= BUSY);
  if (quiet.length >= ROUNDS) return quiet;
  return [...passes].sort((a, b) => busyness(b) - busyness(a)).slice(0, ROUNDS);
}

function isMeasured({ passes }: Runner): boolean {
  return passes.filter((one) => busyness(one) >= BUSY).length >= ROUNDS;
}

function median(figures: readonly number[]): number {
  return [...figures].sort((a, b) => a - b)[figures.length >> 1]!;
}

function medians(passes: readonly Figures[]): Figures {
  return {
    server: median(passes.map((one) => one.server)),
    generator: median(passes.map((one) => one.generator)),
    rate: median(passes.map((one) => one.rate)),
    utilisation: median(passes.map((one) => one.utilisation)),
  };
}

const missing = new Map<SubjectName, string>();

async function startServers({ name }: EchoCase): Promise<Runner[]> {
  const runners: Runner[] = [];
  for (const subject of SUBJECTS) {
    const server = startChild<ServerCalls>(new URL("./server-process.js", import.meta.url));
    const listening = await server.call("listen", subject, name);
    if ("port" in listening) {
      runners.push({ subject, server, port: listening.port, passes: [] });
    } else {
      missing.set(subject, listening.missing);
      server.stop();
    }
  }
  return runners;
}

async function measure(echoCase: EchoCase): Promise<Map<SubjectName, Figures>> {
  const load = startChild<LoadCalls>(new URL("./load-process.js", import.meta.url));
  const runners = await startServers(echoCase);
  let current: SubjectName | null = null;
  try {
    for (let round = 0; round < MOST_ROUNDS; round += 1) {
      for (const runner of runners) {
        if (isMeasured(runner)) continue;
        current = runner.subject;
        runner.passes.push(await pass(load, runner, echoCase));
      }
    }
  } catch (cause) {
    throw new Error(`${current} in ${echoCase.name} fails`, { cause });
  } finally {
    load.stop();
    for (const { server } of runners) server.stop();
  }
  return new Map(runners.map(({ subject, passes }) => [subject, medians(quietest(passes))]));
}

/** What kept the server from being busy; "" when nothing did. */
function noteOf(figures: Figures): string {
  if (figures.utilisation >= BUSY) return "";
  return busyness(figures) >= BUSY ? "generator-bound" : "machine-bound";
}

interface EchoRow extends Row {
  readonly note: string;
}

function compare({ name, target }: EchoCase, figures: Map<SubjectName, Figures>): EchoRow[] {
  const [ours, owned, ws, net] = SUBJECTS.map((subject) => figures.get(subject));
  if (ours === undefined) return [];
  const note = noteOf(ours);
  const cpu = { name, value: ours.server, unit: "ns CPU/message", note };
  const rate = { name: `${name}/rate`, value: ours.rate, unit: "messages/s", note };
  const rows: EchoRow[] = [];
  if (ws !== undefined) {
    rows.push({ ...cpu, peer: "ws", ratio: ws.server / ours.server, target });
    if (owned !== undefined) {
      const value = owned.server;
      const ratio = ws.server / owned.server;
      const note = noteOf(owned);
      rows.push({ ...cpu, name: `${name}/owned`, value, peer: "ws", ratio, target, note });
    }
    rows.push({ ...rate, peer: "ws", ratio: ours.rate / ws.rate, target: null });
  }
  if (net !== undefined) {
    rows.push({ ...cpu, peer: "net", ratio: net.server / ours.server, target: null });
  }
  return rows;
}

function describe({ name }: EchoCase, figures: Map<SubjectName, Figures>): string[][] {
  return [...figures].map(([subject, figure]) => [
    name,
    subject,
    figure.server.toFixed(0),
    figure.rate.toFixed(0),
    figure.generator.toFixed(0),
    `${(figure.utilisation * 100).toFixed(0)} %`,
    noteOf(figure),
  ]);
}

const rows: EchoRow[] = [];
const details: string[][] = [];
for (const echoCase of flags.only === undefined ? CASES : [caseNamed(flags.only)]) {
  const figures = await measure(echoCase);
  rows.push(...compare(echoCase, figures));
  details.push(...describe(echoCase, figures));
}
if (!flags.json) {
  const heads = [
    "case",
    "server",
    "CPU ns/message",
    "messages/s",
    "generator's CPU",
    "server busy",
  ];
  const today = new Date().toISOString().slice(0, 10);
  const processors = cpus();
  const machine = `${process.platform}, ${processors.length} x ${processors[0]?.model.trim()}`;
  console.log(`${today}, Node ${process.versions.node}, ${machine}\n`);
  printTable([...heads, ""], details);
  console.log();
}
printRows(rows, flags.json);
for (const [subject, why] of missing) console.error(`${subject} was not measured: ${why}`);
