/** The process of one server: it loads its subject, and tells what CPU time and memory it uses. */
import { keptLargeBytes } from "@sansocket/core";
import { bun } from "../bun-globals.ts";
import { answerCalls } from "../child-process.ts";
import { type Share, startSampling, stopSampling } from "../profile/profiler.ts";
import { caseNamed } from "./cases.ts";
import { LOADERS, type SubjectName } from "./subjects.ts";

export interface Usage {
  /** Of all threads, in ns. */
  readonly user: number;
  readonly system: number;
}

export interface Kept {
  readonly resident: number;
  readonly engine: number;
}

/** 100 bytes each, in V8. */
interface HeldObject {
  readonly id: number;
  readonly place: { readonly index: number };
  readonly list: readonly number[];
}
const OBJECTS_PER_MB = 10_000;
let held: readonly HeldObject[] = [];

function hold(megabytes: number): void {
  held = Array.from({ length: megabytes * OBJECTS_PER_MB }, (_, index) => ({
    id: index,
    place: { index },
    list: [index],
  }));
}

const calls = {
  async listen(subject: SubjectName, caseName: string): Promise<number> {
    const listen = await LOADERS[subject]();
    const echoCase = caseNamed(caseName);
    hold(echoCase.heldObjects);
    return await listen(echoCase);
  },
  /** The number of objects that the application holds. */
  held(): number {
    return held.length;
  },
  usage(): Usage {
    const { user, system } = process.cpuUsage();
    return { user: user * 1_000, system: system * 1_000 };
  },
  /** Resident, in bytes, without a collection; and the memory for large messages that our engine keeps free. */
  kept(): Kept {
    return { resident: process.memoryUsage().rss, engine: keptLargeBytes() };
  },
  async startSampling(): Promise<void> {
    await startSampling();
  },
  async stopSampling(): Promise<Share[]> {
    return await stopSampling();
  },
  /** Resident, in bytes; behind a collection where the process may ask for one. */
  memory(): number {
    const { gc } = globalThis as { gc?: () => void };
    if ("Bun" in globalThis) bun().gc(true);
    gc?.();
    gc?.();
    return process.memoryUsage().rss;
  },
};

export type ServerCalls = typeof calls;

answerCalls(calls);
