/**
 * Messages on their way to the application. The engine is always pulled to Idle, so that control is never held back by
 * data; what the application is not ready for waits here, and above `limits.undelivered` reading pauses.
 */
import type { Endpoint } from "@sansocket/core";
import type { Binding } from "./binding.ts";
import { type HookName, isThenable, type Message, whenSettled } from "./hooks.ts";
import type { Socket } from "./socket.ts";

/** An object per message costs memory too: a peer who sends empty messages must not get it for nothing. */
const OCTETS_PER_MESSAGE = 64;

/**
 * Octets of the current step in a buffer of their own: a view would show memory that other connections use. `slice` is the
 * cheapest copy of few octets, 38 ns for 64 of them against 60 for a new array and `set` (Node 20); above 64, V8 spends
 * some 800 ns on the memory itself, however it is asked for.
 */
export function ownBytes(endpoint: Endpoint): Uint8Array<ArrayBuffer> {
  const { chunk, start, end } = endpoint;
  // An extension may have produced it, and the `slice` of a Buffer, say, is no copy.
  if (chunk.constructor !== Uint8Array) return new Uint8Array(chunk.subarray(start, end));
  return (chunk as Uint8Array<ArrayBuffer>).slice(start, end);
}

interface Waiting {
  readonly message: Message;
  readonly octets: number;
}

/** A `for await` loop that has begun. */
interface Loop {
  isLeft: boolean;
}

/** A `next()` of a loop that waits for a message. */
interface Parked {
  readonly loop: Loop;
  resolve(result: IteratorResult<Message, undefined>): void;
  reject(error: unknown): void;
}

const END: IteratorReturnResult<undefined> = { value: undefined, done: true };

export class Delivery {
  private readonly binding: Binding;
  /** Those before `first` are delivered. */
  private waiting: Waiting[] | null = null;
  private first = 0;
  /** Octets of what waits. */
  octets = 0;
  private parked: Parked[] | null = null;
  /** Loops that have begun and were not left. */
  private loops = 0;
  /** The application asked for no messages. */
  private isPaused = false;
  /** An asynchronous `open` or `message` has not finished. */
  private isAwaited = false;
  /** Nothing more is delivered. */
  private isStopped = false;
  /** The end was told to the application. */
  private isFinished = false;
  /** Messages that arrived and were dropped. */
  private dropped = 0;
  /** When the application last went on: it took a message, or a hook of its has finished; at the latest the end. ms */
  private wentOnAt = 0;
  /** Behind the end the application has not gone on for too long: `close` waits for it no more. */
  private isGivenUp = false;
  /** What to do once everything that arrived has been delivered and answered; reading pauses meanwhile. */
  private whenAnswered: (() => void) | null = null;

  constructor(binding: Binding) {
    this.binding = binding;
  }

  // ---- from the engine

  text(): void {
    const { endpoint } = this.binding;
    if (this.isStopped) this.dropped += 1;
    else if (this.isReady) this.callMessage(endpoint.text);
    else this.add(endpoint.text, endpoint.end - endpoint.start);
  }

  binary(): void {
    const { endpoint, owner } = this.binding;
    if (this.isStopped) {
      this.dropped += 1;
    } else if (!this.isReady) {
      this.add(ownBytes(endpoint), endpoint.end - endpoint.start);
    } else if (owner.behaviour.lend) {
      const { chunk, start, end } = endpoint;
      this.callMessage(chunk.subarray(start, end) as Uint8Array<ArrayBuffer>);
    } else {
      this.callMessage(ownBytes(endpoint));
    }
  }

  /** The connection is over; what waits is still delivered. */
  ended(): void {
    if (this.binding.socket === null) this.isFinished = true;
    this.wentOnAt = this.binding.now;
  }

  // ---- to the application

  /** A message that arrives now can be given to the hook at once. */
  private get isReady(): boolean {
    return this.waiting === null && this.canCallHook;
  }

  private get canCallHook(): boolean {
    const { binding } = this;
    return (
      !this.isAwaited &&
      !this.isPaused &&
      binding.runningHook === null &&
      binding.owner.behaviour.hasMessageHook &&
      binding.socket !== null
    );
  }

  /** Messages wait, and the hook is free. */
  get canDeliver(): boolean {
    return this.waiting !== null && this.canCallHook;
  }

  deliverWaiting(): void {
    while (this.canDeliver) this.callMessage(this.take());
  }

  private callMessage(message: Message): void {
    const { binding } = this;
    const { hooks } = binding.owner.behaviour;
    binding.runningHook = "message";
    const result = hooks.message!(binding.socket!, message);
    if (result !== undefined) this.awaitHook("message", result);
    binding.runningHook = null;
  }

  /** The connection is open: the hook comes before all messages. */
  callOpen(socket: Socket): void {
    const { binding } = this;
    const { hooks } = binding.owner.behaviour;
    if (hooks.open === undefined) return;
    binding.runningHook = "open";
    this.awaitHook("open", hooks.open(socket));
    binding.runningHook = null;
  }

  /** Messages wait until `result` has settled, if it is a promise. Its `then` may be a getter: part of the hook's work. */
  private awaitHook(name: HookName, result: unknown): void {
    if (!isThenable(result)) return;
    this.isAwaited = true;
    const finished = (): void => this.hookFinished();
    void whenSettled(result, finished, (error) => {
      this.binding.hookFailed(name, error);
      this.hookFinished();
    });
  }

  private hookFinished(): void {
    this.isAwaited = false;
    this.wentOnAt = this.binding.tick();
    this.binding.turn();
  }

  private add(message: Message, octets: number): void {
    const parked = this.isPaused ? undefined : this.parked?.shift();
    if (parked !== undefined) {
      parked.resolve({ value: message, done: false });
      return;
    }
    this.waiting ??= [];
    const size = octets + OCTETS_PER_MESSAGE;
    this.waiting.push({ message, octets: size });
    this.octets += size;
  }

  private take(): Message {
    const waiting = this.waiting!;
    const { message, octets } = waiting[this.first]!;
    this.octets -= octets;
    this.first += 1;
    this.wentOnAt = this.binding.now;
    if (this.first === waiting.length) {
      this.waiting = null;
      this.first = 0;
    } else if (this.first >= 1_024 && this.first * 2 >= waiting.length) {
      // What was taken is let go of in large steps: shifting an array each time is quadratic in the worst case.
      this.waiting = waiting.slice(this.first);
      this.first = 0;
    }
    return message;
  }

  // ---- commands of the application

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    if (!this.isPaused) return;
    this.isPaused = false;
    while (this.waiting !== null && (this.parked?.length ?? 0) > 0) {
      this.parked!.shift()!.resolve({ value: this.take(), done: false });
    }
    this.binding.tick();
    this.binding.turn();
  }

  // ---- loops

  loop(): AsyncIterator<Message, undefined> {
    const loop: Loop = { isLeft: false };
    this.loops += 1;
    return {
      next: () => this.next(loop),
      return: () => {
        this.leave(loop);
        return Promise.resolve(END);
      },
    };
  }

  private next(loop: Loop): Promise<IteratorResult<Message, undefined>> {
    if (loop.isLeft) return Promise.resolve(END);
    if (this.waiting !== null && !this.isPaused) {
      const wasFull = this.octets;
      if (this.binding.info !== null) this.binding.tick();
      const result = Promise.resolve({ value: this.take(), done: false } as const);
      // Reading may go on; asked only when it could have been paused.
      if (wasFull > this.binding.owner.behaviour.undelivered / 2 || this.waiting === null) {
        this.binding.tick();
        this.binding.turn();
      }
      return result;
    }
    return new Promise((resolve, reject) => {
      this.parked ??= [];
      this.parked.push({ loop, resolve, reject });
      this.settle();
    });
  }

  /** What it waits for would be lost with it. A shutdown need not wait for its answer. */
  private leave(loop: Loop): void {
    if (loop.isLeft) return;
    loop.isLeft = true;
    this.loops -= 1;
    const parked = this.parked ?? [];
    this.parked = parked.filter((waiting) => waiting.loop !== loop);
    for (const waiting of parked) if (waiting.loop === loop) waiting.resolve(END);
    if (!this.isRetiring) return;
    this.binding.tick();
    this.binding.turn();
  }

  // ---- the end

  /** Drops what waits; nothing more is delivered but the end. */
  stop(): void {
    this.isStopped = true;
    this.dropped = this.undelivered;
    this.waiting = null;
    this.first = 0;
    this.octets = 0;
  }

  /** Reads nothing more, delivers what has arrived, and then calls back: for a shutdown. */
  retire(whenAnswered: () => void): void {
    this.whenAnswered = whenAnswered;
    this.binding.tick();
    this.binding.turn();
  }

  get isRetiring(): boolean {
    return this.whenAnswered !== null;
  }

  /** Messages that arrived and that the application has not got: dropped, or waiting still. */
  get undelivered(): number {
    return this.dropped + (this.waiting === null ? 0 : this.waiting.length - this.first);
  }

  /** After each turn: whatever had to wait for the last message to be delivered and answered, and `close`. */
  settle(): void {
    if (this.binding.runningHook !== null) return;
    // It may be a loop that an `open` hook is awaited for: the hook ends with it.
    if (this.waiting === null && (!this.isAwaited || this.isLoopParked)) this.settleDelivered();
    if (this.binding.info !== null && !this.isFinished && !this.isCloseHeldBack) this.tellClose();
  }

  /** Everything that arrived is delivered, or dropped. */
  private settleDelivered(): void {
    if (this.whenAnswered !== null && this.isAnswered) {
      const whenAnswered = this.whenAnswered;
      this.whenAnswered = null;
      this.isStopped = true;
      whenAnswered();
    }
    const isOver = this.binding.info !== null || this.isStopped;
    if (isOver && this.parked !== null) this.endLoops();
  }

  /** `close` comes behind a hook that runs, and behind messages that somebody may take. */
  private get isCloseHeldBack(): boolean {
    if (this.isGivenUp) return false;
    const hasTaker = this.binding.owner.behaviour.hasMessageHook || this.loops > 0;
    return this.isAwaited || (this.waiting !== null && hasTaker);
  }

  private tellClose(): void {
    const { socket, owner, info } = this.binding;
    this.isFinished = true;
    owner.deadlines.leave(this.binding);
    if (socket === null) return;
    // The last call for its socket. A loop is no call: it may still take what waits.
    if (owner.behaviour.hasMessageHook) this.stop();
    const { undelivered } = this;
    const told = undelivered === info!.undelivered ? info! : { ...info!, undelivered };
    this.binding.notify("close", () => owner.behaviour.hooks.close?.(socket, told));
  }

  /** When {@link giveUp} has something to do, ms: behind the end an application has as long for each step as a peer. */
  get giveUpAt(): number {
    const { info, owner } = this.binding;
    const { patience } = owner.behaviour;
    if (info === null || this.isFinished || patience === 0) return Number.POSITIVE_INFINITY;
    return this.wentOnAt + patience;
  }

  /** The application has neither taken a message nor finished a hook for too long. */
  giveUp(): void {
    this.isGivenUp = true;
  }

  private get isLoopParked(): boolean {
    return this.parked !== null && this.parked.length > 0;
  }

  /** A loop has answered a message when it asks for the next one. */
  private get isAnswered(): boolean {
    return this.binding.owner.behaviour.hasMessageHook || this.isLoopParked || this.loops === 0;
  }

  private endLoops(): void {
    const parked = this.parked!;
    this.parked = null;
    const { info } = this.binding;
    const error = this.endOfLoop(info);
    for (const { resolve, reject } of parked) {
      if (error === null) resolve(END);
      else reject(error);
    }
  }

  private endOfLoop(info: Binding["info"]): unknown {
    return this.binding.fault ?? info?.error ?? null;
  }
}
