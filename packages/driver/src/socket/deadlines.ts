/**
 * One timer for many connections. A message moves the deadlines of its connection, almost always to later: arming a timer
 * each time would cost 20 times the engine's work. So a connection stays where it was entered until then, and is looked at
 * again when that moment comes.
 */
import { RunningClock } from "../runtime/running-clock.ts";
import type { Runtime } from "../runtime/runtime.ts";

/** An item with a deadline. The last three fields belong to {@link Deadlines}. */
export interface Due {
  /** When {@link expire} has something to do; Infinity when never. ms */
  readonly deadline: number;
  expire(now: number): void;
  /** When it will be looked at; Infinity when it is not entered. */
  enteredAt: number;
  heapIndex: number;
  /** A caller awaits a result that comes at the deadline at the latest. */
  isAwaited: boolean;
}

/** ms. The timer fires this often at least, so that the clock sees within that whether the process ran. */
const BEAT = 1_000;

/** An item that is due once, and that a caller awaits. */
class Alarm implements Due {
  deadline: number;
  enteredAt: number = Number.POSITIVE_INFINITY;
  heapIndex = 0;
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

/** A binary heap of those that may be due, the earliest first, and the one timer. */
export class Deadlines {
  private readonly runtime: Runtime;
  private readonly clock: RunningClock;
  private readonly heap: Due[] = [];
  private timer: unknown = null;
  private timerAt = Number.POSITIVE_INFINITY;
  /** How many of those entered are awaited. */
  private awaited = 0;
  private isTimerAwaited = false;

  constructor(runtime: Runtime) {
    this.runtime = runtime;
    this.clock = new RunningClock(runtime);
  }

  /** The clock of all deadlines: ms in which this process ran. */
  now(): number {
    return this.clock.now();
  }

  /** Calls back after so many ms, once. @returns what {@link leave} forgets. */
  after(delay: number, ring: () => void): Due {
    const alarm = new Alarm(this.now() + delay, ring);
    this.enter(alarm, alarm.deadline);
    return alarm;
  }

  /** Looks at the item no later than `at`. */
  enter(item: Due, at: number): void {
    if (at >= item.enteredAt) return;
    const isNew = item.enteredAt === Number.POSITIVE_INFINITY;
    item.enteredAt = at;
    if (isNew) {
      item.heapIndex = this.heap.length;
      this.heap.push(item);
      if (item.isAwaited) this.awaited += 1;
    }
    this.rise(item);
    this.arm();
  }

  /** Whether the item keeps the process alive while it is entered: the one timer does, for all that are awaited. */
  setAwaited(item: Due, isAwaited: boolean): void {
    item.isAwaited = isAwaited;
    if (item.enteredAt === Number.POSITIVE_INFINITY) return;
    this.awaited += isAwaited ? 1 : -1;
    this.arm();
  }

  /** Forgets the item. */
  leave(item: Due): void {
    if (item.enteredAt === Number.POSITIVE_INFINITY) return;
    item.enteredAt = Number.POSITIVE_INFINITY;
    if (item.isAwaited) this.awaited -= 1;
    const last = this.heap.pop()!;
    if (last !== item) {
      this.heap[item.heapIndex] = last;
      last.heapIndex = item.heapIndex;
      this.rise(last);
      this.sink(last);
    }
    if (this.heap.length === 0) this.disarm();
    else if (this.isTimerAwaited && this.awaited === 0) this.arm();
  }

  /** No deadline is left, and a timer would keep the process of some runtimes alive. */
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
    this.disarm(); // not only what has fired: during the poll phase another timer may have been armed
    const now = this.now();
    for (;;) {
      const item = this.heap[0];
      if (item === undefined || item.enteredAt > now) break;
      this.leave(item);
      if (item.deadline <= now) item.expire(now);
      this.enter(item, Math.max(item.deadline, now + 1));
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
