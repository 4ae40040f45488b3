/**
 * Messages on their way to the application: to the `message` hook, or to a loop. The engine is always pulled to Idle, so that
 * data never holds back control; a message that the application is not ready for waits in a mailbox, and above
 * `limits.undelivered` reading pauses.
 */
import { HookRunner } from "./hook-runner.ts";
import { type Answering, LastWord } from "./last-word.ts";
import type { Link } from "./link.ts";
import { END_OF_LOOP, type Loop, Loops } from "./loops.ts";
import { Mailbox } from "./mailbox.ts";
import { type Message, ownBytes } from "./message.ts";
import type { Outgoing } from "./outgoing.ts";
import type { Receiver } from "./receiver.ts";

/** How far a connection's messages have come. */
const DeliveryPhase = {
  Delivering: 0,
  /** A shutdown: reading pauses; what has arrived is delivered and answered. */
  Retiring: 1,
  /** Messages that arrive now are dropped. */
  Stopped: 2,
  /** `close` was told. A loop may still take what waits. */
  Finished: 3,
} as const;
type DeliveryPhase = (typeof DeliveryPhase)[keyof typeof DeliveryPhase];

export class Delivery {
  /** Null until the connection is open. */
  receiver: Receiver | null = null;
  readonly runner: HookRunner;
  private readonly link: Link;
  private readonly outgoing: Pick<Outgoing, "isStreaming">;
  private readonly loops = new Loops();
  private readonly lastWord: LastWord;
  private phase: DeliveryPhase = DeliveryPhase.Delivering;
  /** Null while no message waits, which is almost always. */
  private mailbox: Mailbox | null = null;
  /** The application asked for no messages. */
  private isPaused = false;
  /** Messages that arrived and were dropped. */
  private dropped = 0;
  /** When the application last went on: it took a message, or one of its hooks finished; at the latest the end. ms */
  private wentOnAt = 0;
  /** Behind the end the application has not gone on for too long: `close` waits for it no more. */
  private isGivenUp = false;
  /** Since when reading is paused behind our own Close, because no more may wait; Infinity when it is not. ms */
  fullSince: number = Number.POSITIVE_INFINITY;
  /** A function of the application runs for this connection, and may begin a loop. */
  isLoopExpected = false;
  /** Called once every message that arrived has been delivered and answered. */
  private whenAnswered: (() => void) | null = null;

  constructor(link: Link, outgoing: Pick<Outgoing, "isStreaming">) {
    this.link = link;
    this.outgoing = outgoing;
    this.runner = new HookRunner(link, this);
    this.lastWord = new LastWord(link);
  }

  // ---- facts

  /** Bytes of messages that wait. */
  get waitingBytes(): number {
    return this.mailbox === null ? 0 : this.mailbox.bytes;
  }

  /** Messages that arrived and that the application has not got: dropped, or waiting still. */
  get undelivered(): number {
    return this.dropped + (this.mailbox === null ? 0 : this.mailbox.count);
  }

  /** Messages that still arrive are dropped. */
  get isStopped(): boolean {
    return this.phase >= DeliveryPhase.Stopped;
  }

  get isRetiring(): boolean {
    return this.phase === DeliveryPhase.Retiring;
  }

  /** `close` was told, or never will be. */
  get isFinished(): boolean {
    return this.phase === DeliveryPhase.Finished;
  }

  // ---- from the engine

  text(): void {
    const { endpoint } = this.link;
    if (this.phase >= DeliveryPhase.Stopped) this.dropped += 1;
    else if (this.isReady) this.callMessage(endpoint.text);
    else this.add(endpoint.text, endpoint.end - endpoint.start);
  }

  binary(): void {
    const { endpoint, behaviour } = this.link;
    if (this.phase >= DeliveryPhase.Stopped) {
      this.dropped += 1;
    } else if (!this.isReady) {
      this.add(ownBytes(endpoint), endpoint.end - endpoint.start);
    } else if (behaviour.lend) {
      const { chunk, start, end } = endpoint;
      this.callMessage(chunk.subarray(start, end) as Uint8Array<ArrayBuffer>);
    } else {
      this.callMessage(ownBytes(endpoint));
    }
  }

  /** The peer has closed or broken a rule: nothing more arrives, and our Close waits for the answers to what came before. */
  lastArrived(): void {
    if (this.isEverythingAnswered) return;
    const isTakerExpected = this.hasTaker || this.runner.awaited !== null || this.isLoopExpected;
    this.lastWord.delay(!isTakerExpected && this.mailbox !== null);
  }

  /** The connection is over; what waits is still delivered. */
  ended(): void {
    if (this.receiver === null) this.phase = DeliveryPhase.Finished;
    this.wentOnAt = this.link.now;
  }

  private add(message: Message, byteCount: number): void {
    if (!this.isPaused && this.loops.isParked) {
      this.loops.give(message);
      return;
    }
    this.mailbox ??= new Mailbox();
    this.mailbox.add(message, byteCount);
  }

  private take(mailbox: Mailbox): Message {
    const message = mailbox.take();
    if (mailbox.count === 0) this.mailbox = null;
    this.wentOnAt = this.link.now;
    return message;
  }

  // ---- to the hook

  /** A message that arrives now can be given to the hook at once. */
  private get isReady(): boolean {
    return this.mailbox === null && this.canCallHook;
  }

  private get canCallHook(): boolean {
    const { runner } = this;
    return (
      runner.awaited === null &&
      !this.isPaused &&
      runner.running === null &&
      this.link.behaviour.hasMessageHook &&
      this.receiver !== null
    );
  }

  /** Messages wait, and the hook is free. */
  get canDeliver(): boolean {
    return this.mailbox !== null && this.canCallHook;
  }

  deliverWaiting(): void {
    while (this.mailbox !== null && this.canCallHook) this.callMessage(this.take(this.mailbox));
  }

  private callMessage(message: Message): void {
    const { runner } = this;
    runner.running = "message";
    const result = this.receiver!.message(message);
    if (result !== undefined) runner.awaitResult("message", result);
    runner.running = null;
  }

  /** The connection is open: the hook `open` comes before all messages. */
  opened(receiver: Receiver): void {
    const { runner } = this;
    this.receiver = receiver;
    runner.running = "open";
    runner.awaitResult("open", receiver.open());
    runner.running = null;
  }

  /** An awaited hook has finished: {@link HookRunner} tells. */
  hookFinished(): void {
    this.loops.isAnswerLeft = false; // whatever loop the hook has left, the hook is done with it
    this.wentOnAt = this.link.tick();
    this.link.turn();
  }

  // ---- commands of the application

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    if (!this.isPaused) return;
    this.isPaused = false;
    while (this.mailbox !== null && this.loops.isParked) this.loops.give(this.take(this.mailbox));
    this.link.tick();
    this.link.turn();
  }

  // ---- to loops

  loop(): AsyncIterator<Message, undefined> {
    const loop = this.loops.begin();
    this.lastWord.takerCame();
    return {
      next: () => this.next(loop),
      return: () => {
        this.leave(loop);
        return Promise.resolve(END_OF_LOOP);
      },
    };
  }

  private next(loop: Loop): Promise<IteratorResult<Message, undefined>> {
    if (loop.isLeft) return Promise.resolve(END_OF_LOOP);
    const { link, loops, mailbox } = this;
    loops.asks(loop);
    if (mailbox === null || this.isPaused) {
      const parked = loops.park(loop);
      this.settle();
      return parked;
    }
    const wasWaiting = mailbox.bytes;
    if (link.info !== null) link.tick();
    const result = Promise.resolve({ value: this.take(mailbox), done: false } as const);
    loops.takes(loop);
    // Reading may go on: asked only when reading could have been paused.
    if (wasWaiting > link.behaviour.undelivered / 2 || this.mailbox === null) {
      link.tick();
      link.turn();
    }
    return result;
  }

  private leave(loop: Loop): void {
    if (loop.isLeft) return;
    this.loops.leave(loop, this.lastWord.isDelayed);
    // A shutdown need not wait for the answer of a loop that was left.
    if (!this.isRetiring) return;
    this.link.tick();
    this.link.turn();
  }

  // ---- the end

  /** Drops what waits; nothing more is delivered but the end. */
  stop(): void {
    if (this.phase < DeliveryPhase.Stopped) this.phase = DeliveryPhase.Stopped;
    this.dropped = this.undelivered;
    this.mailbox = null;
  }

  /** Reads nothing more, delivers what has arrived, and then calls back: for a shutdown. */
  retire(whenAnswered: () => void): void {
    this.whenAnswered = whenAnswered;
    if (this.phase < DeliveryPhase.Retiring) this.phase = DeliveryPhase.Retiring;
    this.link.tick();
    this.link.turn();
  }

  /** After each turn: whatever had to wait for the last message to be delivered and answered, and `close`. */
  settle(): void {
    const { runner, lastWord } = this;
    if (runner.running !== null) return;
    if (lastWord.isDelayed && this.isEverythingAnswered) lastWord.release();
    // The hook `open` may be awaited because of a loop in it: the hook ends with the loop.
    if (this.mailbox === null && (runner.awaited === null || this.loops.isParked)) {
      this.settleDelivered();
    }
    if (this.link.info !== null && !this.isFinished && !this.isCloseHeldBack) this.tellClose();
  }

  /** Everything that arrived is delivered, or dropped. */
  private settleDelivered(): void {
    const { whenAnswered } = this;
    if (whenAnswered !== null && this.loops.answering === 0) {
      this.whenAnswered = null;
      if (this.phase < DeliveryPhase.Stopped) this.phase = DeliveryPhase.Stopped;
      whenAnswered();
    }
    if (this.loops.isParked && this.isInputOver) {
      this.loops.end(this.link.failure ?? this.link.info?.error ?? null);
    }
  }

  /** The `close` hook comes behind a running hook, and behind messages that a hook or a loop may take. */
  private get isCloseHeldBack(): boolean {
    if (this.isGivenUp) return false;
    return this.runner.awaited !== null || (this.mailbox !== null && this.hasTaker);
  }

  /** A hook or a loop may take the messages that wait. */
  private get hasTaker(): boolean {
    return this.link.behaviour.hasMessageHook || this.loops.begun > 0;
  }

  private tellClose(): void {
    const { link, receiver } = this;
    // The last call for its socket. A loop is no call: a loop may still take what waits.
    if (link.behaviour.hasMessageHook) this.stop();
    this.phase = DeliveryPhase.Finished;
    if (receiver === null) return;
    const info = link.info!;
    const { undelivered } = this;
    const told = undelivered === info.undelivered ? info : { ...info, undelivered };
    this.runner.notify("close", () => receiver.close(told));
  }

  /** When {@link giveUp} has something to do, ms: behind the end an application has as long for each step as a peer. */
  get giveUpAt(): number {
    const { info, behaviour } = this.link;
    if (info === null) return Math.min(this.lastWord.releaseAt, this.overflowAt);
    if (this.isFinished || behaviour.patience === 0) return Number.POSITIVE_INFINITY;
    return this.wentOnAt + behaviour.patience;
  }

  /** The application has not gone on for too long. */
  giveUp(): void {
    if (this.link.info !== null) this.isGivenUp = true;
    else if (this.lastWord.releaseAt <= this.link.now) this.lastWord.release();
    else if (this.phase < DeliveryPhase.Stopped) this.phase = DeliveryPhase.Stopped;
  }

  /**
   * When what still arrives is dropped behind our own Close, ms. The application has not gone on since no more could wait: it
   * may be awaiting `close`, in the very hook that alone could make room. Half of the time that the peer has for its Close.
   */
  private get overflowAt(): number {
    const { closeTimeout } = this.link.behaviour;
    if (this.isStopped || closeTimeout === 0) return Number.POSITIVE_INFINITY;
    return Math.max(this.fullSince, this.wentOnAt) + closeTimeout / 2;
  }

  /** No message arrives any more: the end of the messages is known at the peer's Close, long before the end of TCP. */
  private get isInputOver(): boolean {
    const { info, endpoint } = this.link;
    if (info !== null || this.isStopped) return true;
    return endpoint.peerClose !== null || endpoint.violation !== null;
  }

  // ---- our last word

  /** @param answering answers messages behind the hook or the loop, and calls {@link answered} when nothing is left. */
  answersIn(answering: Answering): void {
    this.lastWord.answering = answering;
  }

  /** Something that our Close may wait for has been answered. */
  answered(): void {
    if (!this.lastWord.isDelayed) return;
    this.link.tick();
    this.link.turn();
  }

  /** Everybody who took a message has answered it. An `open` hook that is awaited has taken none, but by a loop. */
  private get isEverythingAnswered(): boolean {
    const { runner, loops } = this;
    if (this.mailbox !== null || runner.running !== null || runner.awaited === "message") {
      return false;
    }
    if (loops.answering > 0 || loops.isAnswerLeft) return false;
    // RFC 6455 §5.5.1: a Close may wait for the rest of a message in fragments.
    return !this.outgoing.isStreaming && this.lastWord.answering?.isAnswering !== true;
  }
}
