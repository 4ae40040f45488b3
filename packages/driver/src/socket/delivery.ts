/**
 * Messages on their way to the application. The engine is always pulled to Idle, so that control is never held back by
 * data; what the application is not ready for waits here, and above `limits.undelivered` reading pauses.
 */
import type { Binding } from "./binding.ts";
import { type HookName, isThenable, type Message, whenSettled } from "./hooks.ts";
import { ownBytes } from "./own-bytes.ts";
import type { Socket } from "./socket.ts";
import { WaitingMessages } from "./waiting-messages.ts";

/**
 * A loop may begin behind the messages that it is for, a few promises after `connect`, say. Where none has, our Close waits
 * this long for one, ms: the peer's own timer must not run out for an application that only sends.
 */
const TAKER_PATIENCE = 1_000;

/** A `for await` loop that has begun. */
interface Loop {
  isLeft: boolean;
  /** It has taken a message, and not asked for the next one, while this {@link Delivery.generation} was; 0 otherwise. */
  answersIn: number;
}

/** Somebody who answers messages in a time of their own, behind the `message` hook or the loop: an object of the web platform. */
export interface Answering {
  readonly isAnswering: boolean;
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
  /** Null when none waits. */
  private waiting: WaitingMessages | null = null;
  private parked: Parked[] | null = null;
  /** Loops that have begun and were not left. */
  private loops = 0;
  /** Of them, those that have taken a message and not asked for the next one. */
  private answeringLoops = 0;
  /** Grows with each loop that begins. It takes over from those before: one `next()` of a fresh iterator is a whole loop. */
  private generation = 0;
  /** A loop was left while our Close waited for its answer, which may still come. */
  private isAnswerLeft = false;
  /** Who else answers messages. */
  private answering: Answering | null = null;
  /** The application asked for no messages. */
  private isPaused = false;
  /** The asynchronous `open` or `message` that has not finished. */
  private awaited: HookName | null = null;
  /** What still arrives is dropped. */
  isStopped = false;
  /** The end was told to the application. */
  private isFinished = false;
  /** Messages that arrived and were dropped. */
  private dropped = 0;
  /** When the application last went on: it took a message, or a hook of its has finished; at the latest the end. ms */
  private wentOnAt = 0;
  /** Behind the end the application has not gone on for too long: `close` waits for it no more. */
  private isGivenUp = false;
  /** Since when reading is paused behind our own Close, because no more may wait; Infinity when it is not. ms */
  fullSince: number = Number.POSITIVE_INFINITY;
  /** Our Close is due, and waits until whatever came before is answered. */
  private isCloseDelayed = false;
  /** When our Close goes out though messages wait that nobody takes; Infinity where somebody may. ms */
  private releaseAt = Number.POSITIVE_INFINITY;
  /** A function of the application runs for this socket, and may begin a loop. */
  isLoopExpected = false;
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

  /**
   * The peer has closed or broken a rule, and nothing more arrives. RFC 6455 §5.5.1 allows to delay our Close: it waits for
   * the answers to the messages that came before, at most `timeouts.close`.
   */
  lastArrived(): void {
    const { socket, endpoint, now } = this.binding;
    if (socket === null || this.isEverythingAnswered) return;
    this.isCloseDelayed = endpoint.delayClose();
    const isTakerExpected = this.hasTaker || this.awaited !== null || this.isLoopExpected;
    if (!isTakerExpected && this.waiting !== null) this.releaseAt = now + TAKER_PATIENCE;
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
      this.awaited === null &&
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
    this.awaited = name;
    const finished = (): void => this.hookFinished();
    void whenSettled(result, finished, (error) => {
      this.binding.hookFailed(name, error);
      this.hookFinished();
    });
  }

  private hookFinished(): void {
    this.awaited = null;
    this.isAnswerLeft = false; // whatever loop the hook has left, it is done with
    this.wentOnAt = this.binding.tick();
    this.binding.turn();
  }

  private add(message: Message, octets: number): void {
    const parked = this.isPaused ? undefined : this.parked?.shift();
    if (parked !== undefined) {
      this.takes(parked.loop);
      parked.resolve({ value: message, done: false });
      return;
    }
    this.waiting ??= new WaitingMessages();
    this.waiting.add(message, octets);
  }

  /** Bytes of what waits. */
  get octets(): number {
    return this.waiting === null ? 0 : this.waiting.bytes;
  }

  private take(): Message {
    const waiting = this.waiting!;
    this.wentOnAt = this.binding.now;
    if (waiting.count === 1) this.waiting = null;
    return waiting.take();
  }

  // ---- commands of the application

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    if (!this.isPaused) return;
    this.isPaused = false;
    while (this.waiting !== null && (this.parked?.length ?? 0) > 0) {
      const parked = this.parked!.shift()!;
      this.takes(parked.loop);
      parked.resolve({ value: this.take(), done: false });
    }
    this.binding.tick();
    this.binding.turn();
  }

  // ---- loops

  loop(): AsyncIterator<Message, undefined> {
    const loop: Loop = { isLeft: false, answersIn: 0 };
    this.loops += 1;
    this.generation += 1;
    this.answeringLoops = 0;
    this.releaseAt = Number.POSITIVE_INFINITY;
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
    this.hasAnswered(loop);
    this.isAnswerLeft = false;
    if (this.waiting !== null && !this.isPaused) {
      const wasFull = this.octets;
      if (this.binding.info !== null) this.binding.tick();
      const result = Promise.resolve({ value: this.take(), done: false } as const);
      this.takes(loop);
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

  private takes(loop: Loop): void {
    if (loop.answersIn === this.generation) return;
    loop.answersIn = this.generation;
    this.answeringLoops += 1;
  }

  /** A loop has answered a message when it asks for the next one. */
  private hasAnswered(loop: Loop): void {
    if (loop.answersIn === this.generation) this.answeringLoops -= 1;
    loop.answersIn = 0;
  }

  /** What it waits for would be lost with it. A shutdown need not wait for its answer. */
  private leave(loop: Loop): void {
    if (loop.isLeft) return;
    loop.isLeft = true;
    this.loops -= 1;
    if (loop.answersIn === this.generation && this.isCloseDelayed) this.isAnswerLeft = true;
    this.hasAnswered(loop);
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
    return this.dropped + (this.waiting?.count ?? 0);
  }

  /** After each turn: whatever had to wait for the last message to be delivered and answered, and `close`. */
  settle(): void {
    if (this.binding.runningHook !== null) return;
    if (this.isCloseDelayed && this.isEverythingAnswered) this.releaseClose();
    // It may be a loop that an `open` hook is awaited for: the hook ends with it.
    if (this.waiting === null && (this.awaited === null || this.isLoopParked)) {
      this.settleDelivered();
    }
    if (this.binding.info !== null && !this.isFinished && !this.isCloseHeldBack) this.tellClose();
  }

  /** Everything that arrived is delivered, or dropped. */
  private settleDelivered(): void {
    if (this.whenAnswered !== null && this.answeringLoops === 0) {
      const whenAnswered = this.whenAnswered;
      this.whenAnswered = null;
      this.isStopped = true;
      whenAnswered();
    }
    if (this.parked !== null && this.isInputOver) this.endLoops();
  }

  /** `close` comes behind a hook that runs, and behind messages that somebody may take. */
  private get isCloseHeldBack(): boolean {
    if (this.isGivenUp) return false;
    return this.awaited !== null || (this.waiting !== null && this.hasTaker);
  }

  /** Messages that wait have somebody who may take them. */
  private get hasTaker(): boolean {
    return this.binding.owner.behaviour.hasMessageHook || this.loops > 0;
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
    if (info === null) return Math.min(this.releaseAt, this.overflowAt);
    if (this.isFinished || patience === 0) return Number.POSITIVE_INFINITY;
    return this.wentOnAt + patience;
  }

  /** The application has not gone on for too long. */
  giveUp(): void {
    if (this.binding.info !== null) this.isGivenUp = true;
    else if (this.releaseAt <= this.binding.now) this.releaseClose();
    else this.isStopped = true;
  }

  /**
   * When what still arrives is dropped behind our own Close, ms. The application has not gone on since no more could wait: it
   * may be awaiting `close`, in the very hook that alone could make room. Half of the time that the peer has for its Close.
   */
  private get overflowAt(): number {
    const { closeTimeout } = this.binding.owner.behaviour;
    if (this.isStopped || closeTimeout === 0) return Number.POSITIVE_INFINITY;
    return Math.max(this.fullSince, this.wentOnAt) + closeTimeout / 2;
  }

  /** No message arrives any more: the end of the messages is known at the peer's Close, long before the end of TCP. */
  private get isInputOver(): boolean {
    const { info, endpoint } = this.binding;
    if (info !== null || this.isStopped) return true;
    return endpoint.peerClose !== null || endpoint.violation !== null;
  }

  // ---- our last word

  /** @param answering who answers messages behind the hook or the loop, and calls {@link answered} when nothing is left. */
  answersIn(answering: Answering): void {
    this.answering = answering;
  }

  /** Somebody has answered what our Close may wait for. */
  answered(): void {
    if (!this.isCloseDelayed) return;
    this.binding.tick();
    this.binding.turn();
  }

  /** Everybody who took a message has answered it. An `open` hook that is awaited has taken none, but by a loop. */
  private get isEverythingAnswered(): boolean {
    const { runningHook, outgoing } = this.binding;
    if (this.waiting !== null || runningHook !== null || this.awaited === "message") return false;
    if (this.answeringLoops > 0 || this.isAnswerLeft) return false;
    // §5.5.1: a Close may wait for the rest of a message in fragments.
    return outgoing.streaming === null && this.answering?.isAnswering !== true;
  }

  private releaseClose(): void {
    const { binding } = this;
    this.isCloseDelayed = false;
    this.releaseAt = Number.POSITIVE_INFINITY;
    binding.endpoint.releaseClose(binding.tick());
    binding.queued();
  }

  // ---- the end of the loops

  private get isLoopParked(): boolean {
    return this.parked !== null && this.parked.length > 0;
  }

  private endLoops(): void {
    const parked = this.parked!;
    this.parked = null;
    const error = this.binding.fault ?? this.binding.info?.error ?? null;
    for (const { resolve, reject } of parked) {
      if (error === null) resolve(END);
      else reject(error);
    }
  }
}
