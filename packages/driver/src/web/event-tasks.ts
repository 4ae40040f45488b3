/**
 * Each event has a task of its own, as the standard demands: between two events, every promise that can go on goes on. Otherwise
 * an application that awaits `open` and then listens for messages would miss a message of the same packet.
 */
import { type QueueTask, queueTask } from "./task-queue.ts";

interface Waiting {
  readonly run: () => void;
  readonly bytes: number;
}

export class EventTasks {
  private waiting: Waiting[] = [];
  /** The index of the first event in `waiting` that has not run. */
  private first = 0;
  /** Tasks that were asked for and have not begun: one for each event that waits, and one behind an event that ran at once. */
  private asked = 0;
  private bytes = 0;
  /** Called when every event has run, and one more task has passed. */
  private readonly whenIdle: () => void;
  private readonly queueTask: QueueTask;
  private drained: { readonly promise: Promise<void>; resolve(): void } | null = null;

  constructor(whenIdle: () => void = () => {}, queue: QueueTask = queueTask) {
    this.whenIdle = whenIdle;
    this.queueTask = queue;
  }

  /** An event runs in this task, or has not run yet. */
  get isBusy(): boolean {
    return this.asked > 0;
  }

  /**
   * Runs the event at once if this task has run no event. For events that the transport brings, with only the driver on the
   * stack. Messages of the listeners then leave with the turn, and a connection with one message per read does not wait.
   * @param bytes the memory that the event keeps while it waits.
   */
  run(run: () => void, bytes: number = 0): void {
    if (this.isBusy) {
      this.defer(run, bytes);
      return;
    }
    this.ask();
    run();
  }

  /** Runs the event in a later task. For an event that begins in a call of the application. */
  defer(run: () => void, bytes: number = 0): void {
    this.waiting.push({ run, bytes });
    this.bytes += bytes;
    this.ask();
  }

  /** @returns a promise to wait for before more events come, when events of more than `bytes` wait; otherwise undefined. */
  pressure(bytes: number): Promise<void> | undefined {
    if (this.bytes <= bytes) return undefined;
    if (this.drained === null) {
      let resolve = (): void => {};
      const promise = new Promise<void>((settle) => {
        resolve = settle;
      });
      this.drained = { promise, resolve };
    }
    return this.drained.promise;
  }

  private ask(): void {
    this.asked += 1;
    this.queueTask(this.begin);
  }

  private readonly begin = (): void => {
    this.asked -= 1;
    if (this.first === this.waiting.length) {
      if (this.asked === 0) this.whenIdle();
      return;
    }
    const { run, bytes } = this.waiting[this.first]!;
    this.first += 1;
    this.bytes -= bytes;
    if (this.first === this.waiting.length) {
      this.waiting = [];
      this.first = 0;
      this.drained?.resolve();
      this.drained = null;
      // Events that come in this task wait for the next task.
      if (this.asked === 0) this.ask();
    }
    run();
  };
}
