/**
 * A long run: code that goes on from promise to promise while the event loop stands still. A promise that is resolved already
 * lets no timer run and no other connection be read. An application that sends one message after the other, and awaits each,
 * makes such a run for as long as the kernel takes its bytes: a compressed message is made more slowly than a peer reads it, so
 * that the run would never end, and nobody would hear the peer's Close.
 *
 * So every loop of the driver that can go on at once counts its work here, and waits when the run has become too long.
 */
import type { Runtime } from "./runtime.ts";

/** The parts of a {@link Runtime} that a run needs. */
export type RunTime = Pick<Runtime, "now" | "afterPoll">;

/** The work after which the clock is looked at. Looking takes 50 ns, and most runs end before. */
const UNWATCHED_WORK = 64;

/**
 * ms. A run that has taken so long waits. A wait costs the time in which the event loop looks around, 5 µs on Node, and 1 ms or
 * more on Deno and Bun, where only a timer looks for input for sure.
 */
const LONGEST = 10;

/** All code of a thread that goes on at once. */
export class LongRun {
  private readonly time: RunTime;
  /** Work since the clock was looked at last. */
  private work = 0;
  /** When the run was first seen, ms; null while no run is known. */
  private since: number | null = null;
  /** The promise that every caller waits for; null while no caller waits. */
  private pause: Promise<void> | null = null;

  constructor(time: RunTime) {
    this.time = time;
  }

  /**
   * Counts work that is followed by more at once.
   * @param byteCount bytes that the work has moved. 4 KiB count as much as one message does.
   * @returns null, which is almost always; or a promise to wait for before the work goes on.
   */
  goesOn(byteCount: number): Promise<void> | null {
    this.work += 1 + Math.floor(byteCount / 4_096);
    if (this.pause !== null || this.work < UNWATCHED_WORK) return this.pause;
    this.work = 0;
    const now = this.time.now();
    if (this.since === null) {
      this.since = now;
      this.time.afterPoll(this.polled);
    } else if (now - this.since >= LONGEST) {
      this.pause = new Promise((resolve) => {
        this.time.afterPoll(() => {
          this.pause = null;
          this.since = null;
          resolve();
        });
      });
    }
    return this.pause;
  }

  /** The event loop has looked for input since the run was first seen: that run is over. */
  private readonly polled = (): void => {
    this.since = null;
  };
}

const runs: WeakMap<RunTime, LongRun> = new WeakMap();

/** @returns the runs of the thread that this runtime's clock and event loop are of, the same for each call. */
export function longRunOf(runtime: RunTime): LongRun {
  let run = runs.get(runtime);
  if (run === undefined) {
    run = new LongRun(runtime);
    runs.set(runtime, run);
  }
  return run;
}
