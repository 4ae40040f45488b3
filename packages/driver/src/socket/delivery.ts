/**
 * Messages on their way to the application: to the `message` hook, or to a loop. A message waits in a mailbox while the
 * application is not ready for the message. Above `limits.undelivered` reading pauses (`reading-gate`), and then pulling stops
 * (`pull-gate`). Below, the driver pulls the engine to Idle, so that data does not delay control frames.
 */
import { type DeliveryEnd, deliveryEnd } from "./delivery-end.ts";
import { DeliveryPhase } from "./delivery-phase.ts";
import { awaitResult, type HookName, notifyHook, type RunningHooks } from "./hook-runner.ts";
import { type Answering, LastWord } from "./last-word.ts";
import type { Link } from "./link.ts";
import { END_OF_LOOP, type Loop, Loops } from "./loops.ts";
import { Mailbox } from "./mailbox.ts";
import type { Message } from "./message.ts";
import type { Outgoing } from "./outgoing.ts";
import { overflowAt } from "./overflow.ts";
import { nextTurn, ownTurn } from "./own-turn.ts";
import type { Receiver } from "./receiver.ts";
import { retiringBehind, tellAnswered } from "./retiring.ts";
import { payloadBytes } from "./sendable.ts";

export class Delivery implements RunningHooks {
  /** Null until the connection is open. */
  receiver: Receiver | null = null;
  running: HookName | null = null;
  awaited: HookName | null = null;
  readonly link: Link;
  private readonly outgoing: Pick<Outgoing, "isStreaming" | "lost">;
  /** Null until the first loop begins. */
  private loops: Loops | null = null;
  /** Null while the connection is open and well. */
  end: DeliveryEnd | null = null;
  private phase: DeliveryPhase = DeliveryPhase.Delivering;
  /** Null while no message waits, which is almost always. */
  mailbox: Mailbox | null = null;
  /** The application has asked for no messages. */
  isPaused = false;
  /**
   * The time at which the application last went on, ms: the application took a message, or one of its hooks finished. The end
   * of the connection sets this time too.
   */
  wentOnAt = 0;
  /** A function of the application runs for this connection, and may begin a loop. */
  isLoopExpected = false;

  constructor(link: Link, outgoing: Pick<Outgoing, "isStreaming" | "lost">) {
    this.link = link;
    this.outgoing = outgoing;
  }

  // ---- facts

  /** The facts of the end; made at the first of these facts. */
  get facts(): DeliveryEnd {
    this.end ??= deliveryEnd();
    return this.end;
  }

  /** Number of bytes of the waiting messages. */
  get waitingBytes(): number {
    return this.mailbox === null ? 0 : this.mailbox.bytes;
  }

  /** Number of messages that arrived and that the application has not got: dropped messages, and messages that still wait. */
  get undelivered(): number {
    const dropped = this.end === null ? 0 : this.end.dropped;
    return dropped + (this.mailbox === null ? 0 : this.mailbox.count);
  }

  /** The driver drops each message that still arrives. */
  get isStopped(): boolean {
    return this.phase >= DeliveryPhase.Stopped;
  }

  get isRetiring(): boolean {
    return this.phase === DeliveryPhase.Retiring;
  }

  /** The `close` hook was called, or will never be called. */
  get isFinished(): boolean {
    return this.phase === DeliveryPhase.Finished;
  }

  // ---- from the engine

  /** @returns, as {@link binary} does, whether so much waits that pulling may have to stop: see `pull-gate`. */
  text(): boolean {
    const { endpoint } = this.link;
    if (this.phase >= DeliveryPhase.Stopped) this.facts.dropped += 1;
    else if (!this.isReady) return this.add(endpoint.text, endpoint.end - endpoint.start);
    else this.callMessage(endpoint.text);
    return false;
  }

  binary(): boolean {
    const { endpoint, behaviour } = this.link;
    if (this.phase >= DeliveryPhase.Stopped) {
      this.facts.dropped += 1;
    } else if (!this.isReady) {
      return this.add(endpoint.ownBytes(), endpoint.end - endpoint.start);
    } else if (behaviour.lend) {
      this.callMessage(endpoint.view as Uint8Array<ArrayBuffer>);
    } else {
      this.callMessage(endpoint.ownBytes());
    }
    return false;
  }

  /**
   * The peer has closed or has broken a rule. No more messages arrive, and our Close waits for the answers to the earlier
   * messages.
   */
  lastArrived(): void {
    if (this.isEverythingAnswered) return;
    const { facts } = this;
    facts.lastWord ??= new LastWord(this.link);
    facts.lastWord.delay(!this.isTakerExpected && this.mailbox !== null);
  }

  /** The transport is gone, and the engine keeps messages from before, which find no room yet. */
  lost(): void {
    this.facts.restSince ??= this.link.now;
    this.outgoing.lost();
  }

  /** The connection is over. The waiting messages are still delivered. */
  ended(): void {
    if (this.receiver === null) this.phase = DeliveryPhase.Finished;
    this.wentOnAt = this.link.now;
    if (this.end?.retiring?.isMoving) tellAnswered(this.end.retiring); // a hand-off has nothing to wait for
  }

  private add(message: Message, byteCount: number): boolean {
    if (!this.isPaused && this.loops?.isParked) {
      this.loops.give(message);
      return false;
    }
    this.mailbox ??= new Mailbox();
    return this.mailbox.add(message, byteCount) > this.link.behaviour.undelivered;
  }

  private take(mailbox: Mailbox): Message {
    const message = mailbox.take();
    if (mailbox.count === 0) this.mailbox = null;
    this.wentOnAt = this.link.now;
    return message;
  }

  // ---- to the hook

  /** The hook can get a message that arrives now at once. */
  private get isReady(): boolean {
    return this.mailbox === null && this.canCallHook;
  }

  private get canCallHook(): boolean {
    return (
      this.awaited === null &&
      !this.isPaused &&
      this.running === null &&
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
    this.running = "message";
    const result = this.receiver!.message(message);
    if (result !== undefined) awaitResult(this, "message", result);
    this.running = null;
  }

  /** The connection is open: the hook `open`, or `adopted`, comes before all messages. */
  opened(receiver: Receiver, name: "open" | "adopted" = "open"): void {
    this.receiver = receiver;
    this.running = name;
    awaitResult(this, name, receiver.open());
    this.running = null;
  }

  /** Called by `awaitResult`. */
  hookFinished(): void {
    // The hook may have left a loop whose answer was still to come: now it comes no more.
    if (this.loops !== null) this.loops.isAnswerLeft = false;
    this.wentOnAt = this.link.tick();
    if (this.mailbox === null) this.link.turn();
    else nextTurn(this.link);
  }

  // ---- commands of the application

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    if (!this.isPaused) return;
    this.isPaused = false;
    while (this.mailbox !== null && this.loops?.isParked) this.loops.give(this.take(this.mailbox));
    ownTurn(this.link);
  }

  // ---- to loops

  loop(): AsyncIterator<Message, undefined> {
    this.loops ??= new Loops();
    const { loops } = this;
    const loop = loops.begin();
    this.end?.lastWord?.takerCame();
    return {
      next: () => this.next(loops, loop),
      return: () => {
        this.leave(loops, loop);
        return Promise.resolve(END_OF_LOOP);
      },
    };
  }

  private next(loops: Loops, loop: Loop): Promise<IteratorResult<Message, undefined>> {
    if (loop.isLeft) return Promise.resolve(END_OF_LOOP);
    const { link, mailbox } = this;
    loops.asks(loop);
    if (mailbox === null || this.isPaused) {
      const parked = loops.park(loop);
      this.settle();
      return parked;
    }
    const pause = link.longRun.goesOn(0);
    if (pause !== null) return pause.then(() => this.next(loops, loop));
    const wasWaiting = mailbox.bytes;
    if (link.info !== null) link.tick();
    const result = Promise.resolve({ value: this.take(mailbox), done: false } as const);
    loops.takes(loop);
    // Reading may go on. The driver asks for a turn only where reading could have been paused.
    if (wasWaiting > link.behaviour.undelivered / 2 || this.mailbox === null) {
      ownTurn(link);
    }
    return result;
  }

  private leave(loops: Loops, loop: Loop): void {
    if (loop.isLeft) return;
    loops.leave(loop, this.end?.lastWord?.isDelayed === true);
    // A shutdown does not wait for the answer of a loop that was left.
    if (!this.isRetiring) return;
    ownTurn(this.link);
  }

  // ---- the end

  /** Drops the waiting messages. After this call the application gets only the end. */
  stop(): void {
    this.takeNoMore();
    const { undelivered } = this;
    if (undelivered > 0) this.facts.dropped = undelivered;
    this.mailbox = null;
  }

  /**
   * For a shutdown, and before the connection moves: reads no more, delivers the messages that have arrived, and then calls
   * `whenAnswered`.
   * @param isMoving messages that nobody takes here move too, and are not waited for.
   */
  retire(whenAnswered: () => void, isMoving: boolean = false): void {
    this.facts.retiring = retiringBehind(this.end?.retiring, whenAnswered, isMoving);
    if (this.phase < DeliveryPhase.Retiring) this.phase = DeliveryPhase.Retiring;
    ownTurn(this.link);
  }

  /** Messages that arrive from now on are dropped. */
  takeNoMore(): void {
    if (this.phase < DeliveryPhase.Stopped) this.phase = DeliveryPhase.Stopped;
  }

  /** The connection did not move: reading goes on, or a shutdown beside the hand-off does. */
  goOn(): void {
    const shutdown = this.end?.retiring?.whenStays ?? null;
    this.facts.retiring = shutdown === null ? null : retiringBehind(null, shutdown, false);
    if (shutdown === null && this.phase === DeliveryPhase.Retiring)
      this.phase = DeliveryPhase.Delivering;
    ownTurn(this.link);
  }

  /** Every message that arrived is delivered and answered. An awaited `open` hook may hold a loop that waits. */
  get isQuiet(): boolean {
    if (!this.isMailDone || this.running !== null || this.isLoopAnswering) return false;
    return (this.awaited === null || this.isLoopParked) && !this.isAnsweringElsewhere;
  }

  private get isLoopParked(): boolean {
    return this.loops?.isParked === true;
  }

  /** A loop has taken a message, and has not asked for the next message. */
  get isLoopAnswering(): boolean {
    return this.loops !== null && this.loops.answering > 0;
  }

  /** An object that answers messages at its own time has messages to answer. */
  private get isAnsweringElsewhere(): boolean {
    return this.end?.lastWord?.answering?.isAnswering === true;
  }

  /** No message waits, or only messages that move with the connection. */
  private get isMailDone(): boolean {
    return (
      this.mailbox === null ||
      (this.end?.retiring?.isMoving === true && (this.isPaused || !this.hasTaker))
    );
  }

  /** The messages that nobody has taken here, for a connection that moves. */
  takeAlong(): Message[] {
    const messages: Message[] = [];
    while (this.mailbox !== null) messages.push(this.take(this.mailbox));
    return messages;
  }

  /** Messages that have come with the connection, before all that arrive. */
  bring(messages: readonly Message[]): void {
    for (const message of messages) this.add(message, payloadBytes(message));
  }

  /** The connection has moved: no hook is called any more, and loops end as if the peer had closed. */
  handedOff(): void {
    this.phase = DeliveryPhase.Finished;
    this.loops?.end(null);
  }

  /**
   * Called after each turn: does the work that had to wait until the last message was delivered and answered, and calls
   * `close`.
   */
  settle(): void {
    const lastWord = this.end?.lastWord;
    if (this.running !== null) return;
    if (lastWord?.isDelayed && this.isEverythingAnswered) lastWord.release();
    // An `open` hook may be awaited because a loop runs in the hook: such a hook ends only after its loop.
    if (this.isMailDone && (this.awaited === null || this.isLoopParked)) {
      this.settleDelivered();
    }
    if (this.link.info !== null && !this.isFinished && !this.isCloseHeldBack) this.tellClose();
  }

  /** Every message that arrived is delivered or dropped. */
  private settleDelivered(): void {
    if (!this.isLoopAnswering) tellAnswered(this.end?.retiring);
    if (this.loops?.isParked && this.isInputOver) {
      this.loops.end(this.link.failure ?? this.link.info?.error ?? null);
    }
  }

  /** The `close` hook waits for an awaited hook, and for messages that a hook or a loop may take. */
  private get isCloseHeldBack(): boolean {
    if (this.end?.isGivenUp) return false;
    return this.awaited !== null || (this.mailbox !== null && this.hasTaker);
  }

  /** A hook or a loop takes messages, or a function that may begin a loop still runs. */
  get isTakerExpected(): boolean {
    return this.hasTaker || this.awaited !== null || this.isLoopExpected;
  }

  /** A hook or a loop may take the messages that wait. */
  private get hasTaker(): boolean {
    return this.link.behaviour.hasMessageHook || (this.loops !== null && this.loops.begun > 0);
  }

  private tellClose(): void {
    const { link, receiver } = this;
    // No hook may be called after `close`. A loop is no hook: a loop may still take the waiting messages.
    if (link.behaviour.hasMessageHook) this.stop();
    this.phase = DeliveryPhase.Finished;
    if (receiver === null) return;
    const info = link.info!;
    const { undelivered } = this;
    const told = undelivered === info.undelivered ? info : { ...info, undelivered };
    notifyHook(this, "close", () => receiver.close(told));
  }

  /**
   * The time at which {@link giveUp} has work to do, ms. After the end, an application has as much time for each step as a peer
   * has.
   */
  get giveUpAt(): number {
    const { info, behaviour } = this.link;
    if (info === null) {
      const { end } = this;
      if (end === null) return Number.POSITIVE_INFINITY; // almost always
      const dropAt = overflowAt(this, end, behaviour.closeTimeout);
      return end.lastWord === null ? dropAt : Math.min(end.lastWord.releaseAt, dropAt);
    }
    if (this.isFinished || behaviour.patience === 0) return Number.POSITIVE_INFINITY;
    return this.wentOnAt + behaviour.patience;
  }

  /** The application has not gone on for too long. */
  giveUp(): void {
    const { info, now } = this.link;
    const lastWord = this.end?.lastWord;
    if (info !== null) this.facts.isGivenUp = true;
    else if (lastWord && lastWord.releaseAt <= now) lastWord.release();
    else this.takeNoMore();
  }

  /** No more messages arrive. The peer's Close is already the end of the messages, long before the end of TCP. */
  private get isInputOver(): boolean {
    const { info, endpoint } = this.link;
    if (info !== null || this.isStopped) return true;
    return endpoint.peerClose !== null || endpoint.violation !== null;
  }

  // ---- our last word

  /**
   * @param answering answers messages after the hook or the loop, and calls {@link answered} when no message is left to answer.
   */
  answersIn(answering: Answering): void {
    const { facts } = this;
    facts.lastWord ??= new LastWord(this.link);
    facts.lastWord.answering = answering;
  }

  /** A message was answered, and our Close may wait for the answer. */
  answered(): void {
    if (!this.end?.lastWord?.isDelayed) return;
    ownTurn(this.link);
  }

  /**
   * Every hook and every loop has answered the messages that it took. An awaited `open` hook takes messages only through a
   * loop.
   */
  private get isEverythingAnswered(): boolean {
    const { loops } = this;
    if (this.mailbox !== null || this.running !== null || this.awaited === "message") return false;
    if (loops !== null && (loops.answering > 0 || loops.isAnswerLeft)) return false;
    // RFC 6455 §5.5.1: a Close may wait for the rest of a message in fragments.
    return !this.outgoing.isStreaming && !this.isAnsweringElsewhere;
  }
}
