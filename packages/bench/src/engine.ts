/**
 * `pnpm bench:engine [--quick] [--json]`: the engine alone against `ws` and `websocket-driver`, in one process, in turn.
 *
 * Every subject gets the same octets in fresh copies, reads the first and last octet of each payload, and must come to the
 * same count and checksum. Figures are CPU time of the process, medians over the rounds; ratios are what counts.
 */
import { parseArgs } from "node:util";
import { type Input, makeInput } from "./frames.ts";
import { bytesPerEndpoint, bytesPerWs, collectYoungGarbage } from "./idle-memory.ts";
import { printRows, type Row } from "./report.ts";
import { type Subject, sansocket, websocketDriver, ws } from "./subjects.ts";

const { values: flags } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});
const ROUNDS = flags.quick ? 7 : 31;
/** Small enough to stay in a cache, as what a kernel has just copied does. */
const STREAM_OCTETS = 2 ** 21;
const CHUNK_OCTETS = 65_536;
const SUBJECTS: readonly Subject[] = [sansocket, ws, websocketDriver];

interface Case {
  readonly name: string;
  readonly payloadOctets: number;
  readonly isEcho: boolean;
  /** 0: one frame per chunk. */
  readonly chunkOctets: number;
  /** How often ours must be faster than `ws`; null where nothing was promised. */
  readonly target: number | null;
}

const CASES: readonly Case[] = [
  { name: "in/16", payloadOctets: 16, isEcho: false, chunkOctets: CHUNK_OCTETS, target: 8 },
  { name: "in/125", payloadOctets: 125, isEcho: false, chunkOctets: CHUNK_OCTETS, target: 8 },
  { name: "in/1024", payloadOctets: 1024, isEcho: false, chunkOctets: CHUNK_OCTETS, target: 4 },
  { name: "echo/16", payloadOctets: 16, isEcho: true, chunkOctets: CHUNK_OCTETS, target: null },
  { name: "single/64", payloadOctets: 64, isEcho: true, chunkOctets: 0, target: null },
];

/**
 * One small run of each subject whose objects stay reachable: without a live connection the collection between two passes
 * would also collect what the engine of JavaScript has learnt about the shape of one, which no server ever forgets.
 */
const kept = SUBJECTS.map((subject) => subject.keepOne());

/** CPU time of one pass, in ns per frame. */
function pass(subject: Subject, input: Input, isEcho: boolean): number {
  const chunks = input.chunks();
  // Garbage of the pass before, and the making of the chunks, are not this subject's.
  collectYoungGarbage();
  const before = process.cpuUsage();
  const outcome = subject.run(chunks, isEcho);
  const { user, system } = process.cpuUsage(before);
  if (outcome.frames !== input.frames || outcome.checksum !== input.checksum) {
    throw new Error(
      `${subject.name} in ${input.name}: ${outcome.frames} frames and checksum ${outcome.checksum}, ` +
        `not ${input.frames} and ${input.checksum}`,
    );
  }
  const leastSent = isEcho ? input.frames * (input.payloadOctets + 2) : 0;
  if (outcome.sent < leastSent) throw new Error(`${subject.name} in ${input.name}: no echo`);
  return ((user + system) * 1000) / input.frames;
}

function median(figures: readonly number[]): number {
  return [...figures].sort((a, b) => a - b)[figures.length >> 1]!;
}

function measure({ name, payloadOctets, isEcho, chunkOctets, target }: Case): Row[] {
  const frames = Math.floor(STREAM_OCTETS / (payloadOctets + 8));
  const input = makeInput(name, payloadOctets, frames, chunkOctets);
  const figures = new Map<Subject, number[]>(SUBJECTS.map((subject) => [subject, []]));
  for (const subject of SUBJECTS) pass(subject, input, isEcho); // compiled before it counts
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const subject of SUBJECTS) figures.get(subject)!.push(pass(subject, input, isEcho));
  }
  const ours = median(figures.get(sansocket)!);
  return SUBJECTS.slice(1).map((peer) => ({
    name,
    value: ours,
    unit: "ns/frame",
    peer: peer.name,
    ratio: median(figures.get(peer)!) / ours,
    target: peer === ws ? target : null,
  }));
}

const MOST_BYTES_PER_ENDPOINT = 500;

function measureMemory(): Row[] {
  const ours = bytesPerEndpoint();
  const row = { name: "bytes-per-idle-endpoint", value: ours, unit: "bytes" };
  return [
    { ...row, peer: "limit of 500", ratio: MOST_BYTES_PER_ENDPOINT / ours, target: 1 },
    { ...row, peer: "ws", ratio: bytesPerWs() / ours, target: null },
  ];
}

if (kept.length !== SUBJECTS.length) throw new Error("bug: a subject keeps nothing");
// Memory first: what the other measurements leave behind would be collected in the middle of it.
const memory = measureMemory();
printRows([...CASES.flatMap(measure), ...memory], flags.json);
