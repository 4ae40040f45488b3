/**
 * The process in which one engine is measured with one case, on any runtime. Each has a process of its own: in one process
 * the engines shared its collections of garbage, and the compiled code of one fell victim to the next one's. One row then
 * gave 5 times as much as `ws` in one round, and 19 times in another.
 */
import { answerCalls } from "../child-process.ts";
import { type Share, startSampling, stopSampling } from "../profile/profiler.ts";
import { heapBytesPerFrame } from "./allocation.ts";
import { caseNamed, type EngineCase } from "./cases.ts";
import { type Input, makeInput } from "./frames.ts";
import { MEMCPY } from "./subject-names.ts";
import { copyAll, type Outcome, SUBJECTS, type Subject } from "./subjects.ts";

/** CPU time of the process in ns: the collector of garbage counts, on whatever thread. */
function timed(run: () => void): number {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) * 1_000;
}

/** ns of CPU after which the compilers have had the time that they need, and that one round takes at least. */
const WARM = 250_000_000;
const ROUND = 15_000_000;

interface Candidate {
  readonly engineCase: EngineCase;
  readonly input: Input;
  readonly chunks: readonly Uint8Array[];
  /**
   * null: the copy. Of an engine, one connection stays reachable: without it the collector would also collect what the
   * runtime has learnt about the shape of one, which no server ever forgets.
   */
  readonly subject: Subject | null;
  readonly kept: unknown;
}

let candidate: Candidate | null = null;

/** One run over the whole stream, in ns. */
function run({ engineCase, input, chunks, subject }: Candidate): number {
  // `ws` unmasks in the memory that it is given.
  input.fill(chunks);
  if (subject === null) return timed(() => void copyAll(chunks));
  let outcome: Outcome = { frames: 0, checksum: 0, sent: 0 };
  const cost = timed(() => {
    outcome = subject.run(chunks, engineCase.isEcho);
  });
  if (outcome.frames !== input.frames || outcome.checksum !== input.checksum) {
    throw new Error(
      `${subject.name}: ${outcome.frames} frames and checksum ${outcome.checksum}, ` +
        `not ${input.frames} and ${input.checksum}`,
    );
  }
  const leastSent = engineCase.isEcho ? input.frames * (engineCase.payloadBytes + 2) : 0;
  if (outcome.sent < leastSent) throw new Error(`${subject.name}: no echo`);
  return cost;
}

/** Runs for so many ns of CPU. @returns ns per frame. */
function runFor(one: Candidate, least: number): number {
  let cost = 0;
  let frames = 0;
  while (cost < least) {
    cost += run(one);
    frames += one.input.frames;
  }
  return cost / frames;
}

const calls = {
  /** Makes the input of the case, and lets the subject run until its code is compiled. */
  warmUp(caseName: string, subjectName: string): void {
    const engineCase = caseNamed(caseName);
    const input = makeInput(engineCase);
    const subject = SUBJECTS.find(({ name }) => name === subjectName) ?? null;
    if (subject === null && subjectName !== MEMCPY) throw new Error(`no subject ${subjectName}`);
    const kept = subject?.keepOne();
    candidate = { engineCase, input, chunks: input.chunks(), subject, kept };
    runFor(candidate, WARM);
  },
  /** One round, in ns per frame. */
  round(): number {
    if (candidate === null) throw new Error("bug: measured before it is warm");
    return runFor(candidate, ROUND);
  },
  /** Runs for so many ns of CPU. @returns where the time goes. */
  async profile(least: number): Promise<Share[]> {
    if (candidate === null) throw new Error("bug: profiled before it is warm");
    await startSampling();
    runFor(candidate, least);
    return await stopSampling();
  },
  heapBytesPerFrame(): number {
    return heapBytesPerFrame();
  },
};

export type MeasureCalls = typeof calls;

answerCalls(calls);
