/** A runtime of the driver whose time stands still until it is told to go on. */
import type { Host } from "@sansocket/core";
import type { Runtime } from "@sansocket/driver";
import { SeededRandom } from "../simulation/seeded-random.ts";
import { inLaterTurn, laterTurn } from "./macrotask.ts";

/** How a {@link VirtualRuntime} begins. */
export interface VirtualRuntimeOptions {
  /** Decides the masking keys and the opening keys. Default 1. */
  readonly seed?: number;
}

interface Timer {
  readonly at: number;
  readonly callback: () => void;
  /** Something on the network arrives then. */
  readonly isArrival: boolean;
}

/** The driver's clock, timers and entropy, all of them virtual. */
export class VirtualRuntime implements Runtime {
  readonly host: Host;
  private time = 0;
  private readonly timers: Set<Timer> = new Set();
  /** The callbacks that are due at the present time, in order. */
  private readonly due: (() => void)[] = [];
  private isTurnDue = false;

  constructor({ seed = 1 }: VirtualRuntimeOptions = {}) {
    const random = new SeededRandom(seed);
    this.host = { random: (into) => random.fill(into) };
  }

  now(): number {
    return this.time;
  }

  setTimer(callback: () => void, delay: number): unknown {
    return this.addTimer(callback, this.time + delay, false);
  }

  /** A timer for something that arrives at `at`. */
  setArrival(callback: () => void, at: number): unknown {
    return this.addTimer(callback, at, true);
  }

  private addTimer(callback: () => void, at: number, isArrival: boolean): Timer {
    const timer = { at, callback, isArrival };
    this.timers.add(timer);
    return timer;
  }

  clearTimer(timer: unknown): void {
    this.timers.delete(timer as Timer);
  }

  /** Each callback has a turn of the event loop of its own, as the events of a socket have. */
  afterPoll(callback: () => void): void {
    this.due.push(callback);
    this.askForTurn();
  }

  private askForTurn(): void {
    if (this.isTurnDue || this.due.length === 0) return;
    this.isTurnDue = true;
    inLaterTurn(() => {
      this.isTurnDue = false;
      const callback = this.due.shift();
      try {
        callback?.();
      } finally {
        this.askForTurn();
      }
    });
  }

  /** How many timers run. */
  get timerCount(): number {
    return this.timers.size;
  }

  /** When the next thing on the network arrives, in ms. Infinity for never. */
  get arrivalAt(): number {
    return Math.min(Number.POSITIVE_INFINITY, ...this.timesOf(({ isArrival }) => isArrival));
  }

  private timesOf(wanted: (timer: Timer) => boolean): number[] {
    return [...this.timers].filter(wanted).map(({ at }) => at);
  }

  /** Resolves when nothing is left to do at the present time. */
  async idle(): Promise<void> {
    do await laterTurn();
    while (this.due.length > 0 || this.isTurnDue);
  }

  /**
   * Lets time go by, and does what falls due, in its order.
   * @throws RangeError (as a rejection) for a number that is no time.
   */
  async advance(ms: number): Promise<void> {
    requireTime("advance", ms);
    const end = this.time + ms;
    await this.idle();
    for (let timer = this.nextTimer(end); timer !== null; timer = this.nextTimer(end)) {
      this.timers.delete(timer);
      this.time = Math.max(this.time, timer.at);
      timer.callback();
      await this.idle();
    }
    this.time = Math.max(this.time, end);
  }

  /**
   * Lets time go by until the promise has settled.
   * @param most how much time may go by, in ms.
   * @returns the value of the promise. Rejects with its reason, and with an Error when the promise has not settled by then.
   */
  async until<Value>(promise: PromiseLike<Value>, most: number): Promise<Value> {
    requireTime("until", most);
    const from = this.time;
    let isSettled = false;
    const settled = (): void => {
      isSettled = true;
    };
    promise.then(settled, settled);
    await this.idle();
    while (!isSettled) {
      const timer = this.nextTimer(from + most);
      if (timer === null) {
        const why = this.timers.size === 0 ? "no timer runs any more" : `${most} ms have gone by`;
        throw new Error(`the promise has not settled, and ${why}`);
      }
      await this.advance(Math.max(0, timer.at - this.time));
    }
    return await promise;
  }

  /** The first timer that is due at `end`; of two at the same time, the one that was set first. */
  private nextTimer(end: number): Timer | null {
    let first: Timer | null = null;
    for (const timer of this.timers) {
      if (timer.at <= end && (first === null || timer.at < first.at)) first = timer;
    }
    return first;
  }
}

function requireTime(method: string, ms: unknown): void {
  if (typeof ms === "number" && ms >= 0 && ms !== Number.POSITIVE_INFINITY) return;
  throw new RangeError(`${method}: ${String(ms)} ms; give a number from 0 on`);
}
