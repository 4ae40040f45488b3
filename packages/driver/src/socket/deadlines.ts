/**
 * One timer for many connections. Each message moves the deadline of its connection, almost always to a later time. Arming a
 * timer for each message would cost 20 times the work of the engine. For this reason a later deadline does not move the
 * connection in the heap: the heap keeps the earlier moment, and at that moment the deadline is read again.
 */
import { trimLargeMemory } from "@sansocket/core";
import { type LongRun, longRunOf } from "../runtime/long-run.ts";
import { RunningClock } from "../runtime/running-clock.ts";
import type { Runtime } from "../runtime/runtime.ts";

/** An item with a deadline. The last three fields belong to {@link Deadlines}. */
export interface Due {
  /** The time at which {@link expire} has work to do, ms; Infinity for never. */
  readonly deadline: number;
  expire(now: number): void;
  /** The time at which the deadline will be read again, while the item is entered. */
  enteredAt: number;
  /** The place in the heap; {@link NOT_ENTERED} while the item is not entered. */
  heapIndex: number;
  /** A caller awaits a result, and the deadline is the latest time at which the result comes. */
  isAwaited: boolean;
}

/** {@link Due.heapIndex} of an item that is not entered. */
export const NOT_ENTERED = -1;

/** The timer fires at least once in so many ms: within this time the clock notices whether the process ran. */
const BEAT = 1_000;

/**
 * ms. The engine keeps the memory of large messages for the next message, and has no timers. Memory that nobody has used for
 * so long goes back to the system, at the latest after twice the time. A busy server uses it again within milliseconds.
 */
const MEMORY_IDLE = 10_000;

/** An item that is due once. A caller awaits the item. */
class Alarm implements Due {
  deadline: number;
  enteredAt = 0;
  heapIndex: number = NOT_ENTERED;
  isAwaited = true;
  private readonly ring: () => void;

  constructor(deadline: number, ring: () => void) {
    this.deadline = deadline;
    this.ring = ring;
  }

  expire(): void {
    this.deadline = Number.POSITIVE_INFINITY;
    this.ring();
  }
}

/** A binary heap of the entered items, the earliest item first, and the one timer. */
export class Deadlines {
  /** The code of this thread that goes on without the event loop. */
  readonly longRun: LongRun;
  private readonly runtime: Runtime;
  private readonly clock: RunningClock;
  private readonly heap: Due[] = [];
  private timer: unknown = null;
  private timerAt = Number.POSITIVE_INFINITY;
  /** The number of entered items that a caller awaits. */
  private awaited = 0;
  private isTimerAwaited = false;
  /** When the memory of large messages was trimmed last, ms. */
  private trimmedAt = Number.NEGATIVE_INFINITY;

  constructor(runtime: Runtime) {
    this.runtime = runtime;
    this.longRun = longRunOf(runtime);
    this.clock = new RunningClock(runtime);
  }

  /**
   * The clock of all deadlines, in whole ms. The clock counts the time in which this process ran. A connection keeps several
   * points in time, and V8 takes 16 bytes more for each that is no small integer.
   */
  now(): number {
    return Math.floor(this.clock.now());
  }

  /** The same clock with its fraction of a ms, for round-trip times. */
  exactNow(): number {
    return this.clock.now();
  }

  /** Calls `ring` once, after `delay` ms. @returns the item, for {@link leave}. */
  after(delay: number, ring: () => void): Due {
    const alarm = new Alarm(this.now() + delay, ring);
    this.enter(alarm, alarm.deadline);
    return alarm;
  }

  /** Looks at the item at `at` or earlier. */
  enter(item: Due, at: number): void {
    const isNew = item.heapIndex === NOT_ENTERED;
    if (at >= (isNew ? Number.POSITIVE_INFINITY : item.enteredAt)) return;
    item.enteredAt = at;
    if (isNew) {
      item.heapIndex = this.heap.length;
      this.heap.push(item);
      if (item.isAwaited) this.awaited += 1;
    }
    this.rise(item);
    this.arm();
  }

  /**
   * Sets whether the item keeps the process alive while the item is entered. The one timer keeps the process alive for all
   * awaited items.
   */
  setAwaited(item: Due, isAwaited: boolean): void {
    item.isAwaited = isAwaited;
    if (item.heapIndex === NOT_ENTERED) return;
    this.awaited += isAwaited ? 1 : -1;
    this.arm();
  }

  /** Forgets the item, which will not be entered again. Where it was the last one, no message comes that could use the memory. */
  finish(item: Due): void {
    this.leave(item);
    if (this.heap.length > 0) return;
    trimLargeMemory(); // what was used since the last call
    trimLargeMemory();
  }

  /** Forgets the item. */
  leave(item: Due): void {
    const { heapIndex } = item;
    if (heapIndex === NOT_ENTERED) return;
    item.heapIndex = NOT_ENTERED;
    if (item.isAwaited) this.awaited -= 1;
    const last = this.heap.pop()!;
    if (last !== item) {
      this.heap[heapIndex] = last;
      last.heapIndex = heapIndex;
      this.rise(last);
      this.sink(last);
    }
    if (this.heap.length === 0) this.disarm();
    else if (this.isTimerAwaited && this.awaited === 0) this.arm();
  }

  /** Stops the timer when no deadline is left, because in some runtimes a timer keeps the process alive. */
  private disarm(): void {
    if (this.timer !== null) this.runtime.clearTimer(this.timer);
    this.timer = null;
    this.timerAt = Number.POSITIVE_INFINITY;
    this.clock.expectNothing();
    this.isTimerAwaited = false;
  }

  private arm(): void {
    const earliest = this.heap[0]?.enteredAt ?? Number.POSITIVE_INFINITY;
    const isAwaited = this.awaited > 0;
    if (earliest === Number.POSITIVE_INFINITY) return;
    if (earliest >= this.timerAt && isAwaited === this.isTimerAwaited) return;
    if (this.timer !== null) this.runtime.clearTimer(this.timer);
    this.isTimerAwaited = isAwaited;
    const now = this.now();
    const delay = Math.min(Math.max(0, Math.ceil(earliest - now)), BEAT);
    this.timerAt = now + delay;
    this.timer = this.runtime.setTimer(this.fired, delay, isAwaited);
    this.clock.expect(delay);
  }

  private readonly fired = (): void => {
    this.runtime.afterPoll(this.expireAll);
  };

  private readonly expireAll = (): void => {
    this.disarm(); // another timer may have been armed during the poll phase, so stop that timer too
    const now = this.now();
    for (;;) {
      const item = this.heap[0];
      if (item === undefined || item.enteredAt > now) break;
      this.leave(item);
      if (item.deadline <= now) item.expire(now);
      this.enter(item, Math.max(item.deadline, now + 1));
    }
    if (now >= this.trimmedAt + MEMORY_IDLE) {
      this.trimmedAt = now;
      trimLargeMemory();
    }
    this.arm();
  };

  private rise(item: Due): void {
    const { heap } = this;
    let index = item.heapIndex;
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = heap[parentIndex]!;
      if (parent.enteredAt <= item.enteredAt) break;
      heap[index] = parent;
      parent.heapIndex = index;
      index = parentIndex;
    }
    heap[index] = item;
    item.heapIndex = index;
  }

  private sink(item: Due): void {
    const { heap } = this;
    let index = item.heapIndex;
    for (;;) {
      let childIndex = index * 2 + 1;
      if (childIndex >= heap.length) break;
      if (
        childIndex + 1 < heap.length &&
        heap[childIndex + 1]!.enteredAt < heap[childIndex]!.enteredAt
      ) {
        childIndex += 1;
      }
      const child = heap[childIndex]!;
      if (item.enteredAt <= child.enteredAt) break;
      heap[index] = child;
      child.heapIndex = index;
      index = childIndex;
    }
    heap[index] = item;
    item.heapIndex = index;
  }
}
