/** The process in which engines are measured, on any runtime: all subjects in one, in turn. */
import { bun } from "../bun-globals.ts";
import { answerCalls } from "../child-process.ts";
import { heapBytesPerFrame } from "./allocation.ts";
import { caseNamed } from "./cases.ts";
import { type Input, makeInput } from "./frames.ts";
import {
  copyAll,
  hasKernels,
  SUBJECTS,
  type Subject,
  sansocketPlain,
  websocketDriver,
} from "./subjects.ts";

export const MEMCPY = "memcpy";

/**
 * One connection of each subject that stays reachable: without a live connection the collection between two passes would
 * also collect what the runtime has learnt about the shape of one, which no server ever forgets.
 */
const kept = SUBJECTS.map((subject) => subject.keepOne());

/** Young objects only, where the runtime can: full collections would also age compiled code until it is thrown away. */
function collectGarbage(): void {
  if ("Bun" in globalThis) {
    bun().gc(true);
    return;
  }
  const { gc } = globalThis as { gc?: (options: object) => void };
  if (gc === undefined) throw new Error("bug: started without --expose-gc");
  gc({ type: "minor" });
  gc({ type: "minor" });
}

/** CPU time, in ns. */
function timed(run: () => void): number {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) * 1_000;
}

/** One pass, in ns per frame. */
function pass(subject: Subject, input: Input, isEcho: boolean, payloadBytes: number): number {
  const chunks = input.chunks();
  // Garbage of the pass before, and the making of the chunks, are not this subject's.
  collectGarbage();
  let outcome = { frames: 0, checksum: 0, sent: 0 };
  const cost = timed(() => {
    outcome = subject.run(chunks, isEcho);
  });
  if (outcome.frames !== input.frames || outcome.checksum !== input.checksum) {
    throw new Error(
      `${subject.name}: ${outcome.frames} frames and checksum ${outcome.checksum}, ` +
        `not ${input.frames} and ${input.checksum}`,
    );
  }
  const leastSent = isEcho ? input.frames * (payloadBytes + 2) : 0;
  if (outcome.sent < leastSent) throw new Error(`${subject.name}: no echo`);
  return cost / input.frames;
}

/** ns of CPU after which a subject's code is compiled, and passes after which it is as well. */
const WARM = 80_000_000;
const MOST_WARM_PASSES = 30;

function warmUp(subject: Subject, input: Input, isEcho: boolean, payloadBytes: number): void {
  let used = 0;
  for (let count = 0; count < MOST_WARM_PASSES && used < WARM; count += 1) {
    used += pass(subject, input, isEcho, payloadBytes) * input.frames;
  }
}

function copyPass(input: Input): number {
  const chunks = input.chunks();
  collectGarbage();
  return timed(() => void copyAll(chunks)) / input.frames;
}

const calls = {
  /** For each subject ns per frame, by round. */
  measure(caseName: string, rounds: number): Record<string, number[]> {
    if (kept.length !== SUBJECTS.length) throw new Error("bug: a subject keeps nothing");
    const engineCase = caseNamed(caseName);
    const { isEcho, payloadBytes, id } = engineCase;
    const isPlainMeasured = hasKernels && id === "E1";
    const input = makeInput(engineCase);
    const costs: Record<string, number[]> = { [MEMCPY]: [] };
    const subjects = SUBJECTS.filter((one) => one !== sansocketPlain || isPlainMeasured);
    for (const subject of subjects) {
      costs[subject.name] = [];
      warmUp(subject, input, isEcho, payloadBytes);
    }
    for (let round = 0; round < rounds; round += 1) {
      for (const subject of subjects) {
        // Ten times as slow as the others: its figure needs no more rounds.
        if (subject === websocketDriver && round >= 2) continue;
        costs[subject.name]!.push(pass(subject, input, isEcho, payloadBytes));
      }
      costs[MEMCPY]!.push(copyPass(input));
    }
    return costs;
  },
  heapBytesPerFrame(): number {
    return heapBytesPerFrame();
  },
};

export type MeasureCalls = typeof calls;

answerCalls(calls);
