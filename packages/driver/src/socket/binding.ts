/**
 * An endpoint bound to a transport: the binding carries bytes from the transport to the endpoint, and from the endpoint to the
 * transport. A turn handles one input: the turn pulls steps until Idle, delivers, and transmits. The binding also decides when
 * to write, and when to look at the clock.
 */
import { type Endpoint, MisuseError, Step } from "@sansocket/core";
import type { ConnectionError } from "../errors.ts";
import { lengthOf } from "../runtime/joined-chunks.ts";
import type { LongRun } from "../runtime/long-run.ts";
import type { OpenTransport, Transport, TransportHandler } from "../runtime/transport.ts";
import type { Behaviour } from "./behaviour.ts";
import { type CloseInfo, closeInfo, violationError } from "./close-info.ts";
import { type Deadlines, type Due, NOT_ENTERED } from "./deadlines.ts";
import { Delivery } from "./delivery.ts";
import { engineFailed, escaped, escapesTooOften, transportFailed, triesClose } from "./escape.ts";
import { beginTurn, endTurn, FLUSH_AT_ONCE, type Flushable, markDirty } from "./flushing.ts";
import { keepsAnswersBack } from "./gathering.ts";
import type { Link } from "./link.ts";
import { Outgoing } from "./outgoing.ts";
import { pullsAgain, stopsPulling } from "./pull-gate.ts";
import { settleReading } from "./reading-gate.ts";
import type { Receiver } from "./receiver.ts";
import { RoundTrips } from "./round-trips.ts";
import { drained, pinged, ponged, traced } from "./telling-hooks.ts";
import { beginTransmission, type TransportWriter } from "./transport-writer.ts";

/** The server or the client that a connection belongs to. */
export interface Owner {
  readonly deadlines: Deadlines;
  readonly behaviour: Behaviour;
  /** Servers only: a request waits for a decision. */
  requested(binding: Binding): void;
  /** The opening handshake is done: the owner calls {@link Binding.opened}. */
  opened(binding: Binding): void;
  /** A deadline has ended the opening handshake. */
  expired(binding: Binding): void;
  /** The connection is over: nothing of the network remains. */
  ended(binding: Binding, info: CloseInfo): void;
  /** An error has occurred that the `error` hook should get. */
  report(binding: Binding, error: ConnectionError): void;
}

export class Binding implements Link, TransportHandler, Flushable, Due {
  readonly endpoint: Endpoint;
  readonly transport: Transport;
  readonly delivery: Delivery;
  readonly outgoing: Outgoing;
  now: number;
  info: CloseInfo | null = null;
  failure: ConnectionError | null = null;
  isReadingHeld = false;
  isPullStopped = false;

  isDirty = false;
  enteredAt = 0;
  heapIndex: number = NOT_ENTERED;
  isAwaited = false;

  private readonly owner: Owner;
  /** The transmission that the transport has not taken whole; null almost always. */
  private writing: TransportWriter | null = null;
  /** Null until the application sends its first ping. */
  private roundTrips: RoundTrips | null = null;
  private isPulling = false;
  /** The bytes that were transmitted before the end of the turn may lead to steps. */
  private isPullDue = false;

  constructor(owner: Owner, endpoint: Endpoint, open: OpenTransport, now: number) {
    this.owner = owner;
    this.endpoint = endpoint;
    this.now = now;
    this.outgoing = new Outgoing(this);
    this.delivery = new Delivery(this, this.outgoing);
    this.transport = open(this);
    if (typeof this.transport?.write !== "function") {
      throw new MisuseError("what opens a transport has to return one: see OpenTransport");
    }
    markDirty(this); // a client has its request to send
  }

  // Fields of the owner, and no fields of each connection: see docs/performance.md, "Memory".
  get behaviour(): Behaviour {
    return this.owner.behaviour;
  }

  get deadlines(): Deadlines {
    return this.owner.deadlines;
  }

  get longRun(): LongRun {
    return this.owner.deadlines.longRun;
  }

  /** The connection is open: from now on the application gets its events. */
  get isOpen(): boolean {
    return this.delivery.receiver !== null;
  }

  /** The peer has closed by the rules of the protocol: no more messages come from the peer. */
  get hasPeerClosed(): boolean {
    return this.endpoint.peerClose !== null && this.failure === null;
  }

  opened(receiver: Receiver): void {
    this.delivery.opened(receiver);
  }

  // ---- from the transport

  get inbox(): Uint8Array<ArrayBuffer> {
    return this.endpoint.inbox;
  }

  onData(chunk: Uint8Array): void {
    this.now = this.owner.deadlines.now();
    try {
      this.endpoint.receive(chunk, this.now);
    } catch (error) {
      escaped(this.delivery, error); // for example a stream that brings another type than bytes
    }
    this.turn();
  }

  onInbox(byteCount: number): void {
    this.now = this.owner.deadlines.now();
    try {
      this.endpoint.received(byteCount, this.now);
    } catch (error) {
      escaped(this.delivery, error);
    }
    this.turn();
  }

  onEnd(): void {
    this.now = this.owner.deadlines.now();
    this.endpoint.endOfStream(this.now);
    if (this.isPullStopped) this.delivery.facts.restSince ??= this.now;
    this.turn();
  }

  onDrain(): void {
    const { writing } = this;
    if (writing === null) return;
    this.now = this.owner.deadlines.now();
    try {
      this.outgoing.noteGiven(this.now);
      if (!writing.goOn(this.transport, this.endpoint, this.now)) return;
      this.writing = null;
      this.taken(writing.bytes);
    } catch (error) {
      this.transportThrew(error);
    }
    this.turn();
  }

  onClosed(error?: string): void {
    this.now = this.owner.deadlines.now();
    this.endpoint.transportClosed(error ?? null, this.now);
    if (this.isPullStopped) this.delivery.lost();
    this.turn();
  }

  // ---- from the clock

  get deadline(): number {
    return Math.min(this.endpoint.deadline, this.outgoing.closeAt, this.delivery.giveUpAt);
  }

  expire(now: number): void {
    this.now = now;
    try {
      if (this.outgoing.closeAt <= now) this.outgoing.closeNow();
      if (this.delivery.giveUpAt <= now) this.delivery.giveUp();
      if (this.endpoint.deadline <= now) this.endpoint.handleTimeout(now);
      if (!this.isOpen) this.owner.expired(this);
    } catch (error) {
      escaped(this.delivery, error);
    }
    this.turn();
  }

  tick(): number {
    if (!this.isPulling) this.now = this.owner.deadlines.now();
    return this.now;
  }

  // ---- the turn

  turn(): void {
    if (this.isPulling) return;
    beginTurn();
    try {
      this.pull();
      markDirty(this);
    } finally {
      endTurn();
    }
  }

  /**
   * The end of the turn. Never throws, because many connections are flushed in a row: an exception would stop the flush of the
   * others.
   */
  flush(): void {
    try {
      this.finishTurn();
    } catch (error) {
      this.transportThrew(error);
    }
  }

  /** Delivers the messages that waited, writes, and looks at the pressure and at the clock. */
  private finishTurn(): void {
    this.deliverWaiting();
    if (this.isPullDue) {
      this.isPullDue = false;
      this.pull();
    }
    if (!this.keepsAnswersBack()) while (this.transmit()) this.pull();
    this.delivery.settle();
    settleReading(this, this.outgoing, this.delivery, this.isPongAwaited);
    this.enterDeadline();
  }

  private enterDeadline(): void {
    const { deadlines } = this;
    if (this.isWaitedFor !== this.isAwaited) deadlines.setAwaited(this, !this.isAwaited);
    if (this.delivery.isFinished) deadlines.finish(this);
    else deadlines.enter(this, this.deadline);
  }

  /** A pong, the end or the `close` hook must still come, and the deadline is the latest time for this event. */
  private get isWaitedFor(): boolean {
    const { endpoint } = this;
    if (!this.isOpen) return false;
    if (this.info !== null || this.isPongAwaited) return true;
    if (this.outgoing.isCloseAwaited || endpoint.state !== "open") return true;
    return endpoint.peerClose !== null || endpoint.violation !== null;
  }

  private get isPongAwaited(): boolean {
    return this.roundTrips?.isPongAwaited === true;
  }

  private deliverWaiting(): void {
    for (;;) {
      while (this.delivery.canDeliver) {
        try {
          this.delivery.deliverWaiting();
        } catch (error) {
          escaped(this.delivery, error);
        }
      }
      if (!this.isPullStopped || !pullsAgain(this, this.isPongAwaited)) return;
      this.pull();
    }
  }

  private pull(): void {
    if (this.isPulling) return;
    if (this.isPullStopped && !pullsAgain(this, this.isPongAwaited)) return;
    this.isPullStopped = false;
    this.isPulling = true;
    for (;;) {
      try {
        this.pullToIdle();
        break;
      } catch (error) {
        escaped(this.delivery, error);
        if (escapesTooOften(this)) break;
      }
    }
    this.isPulling = false;
  }

  private pullToIdle(): void {
    const { endpoint, delivery } = this;
    for (;;) {
      switch (endpoint.next()) {
        case Step.Idle:
          return;
        case Step.Text:
          if (delivery.text() && this.stopPulling()) return;
          break;
        case Step.Binary:
          if (delivery.binary() && this.stopPulling()) return;
          break;
        case Step.Ping:
          pinged(delivery);
          break;
        case Step.Pong:
          this.roundTrips?.answered(endpoint.pongOf, this.deadlines.exactNow());
          ponged(delivery);
          break;
        case Step.Frame:
          traced(delivery);
          break;
        case Step.Request:
          this.owner.requested(this);
          break;
        case Step.Open:
          this.owner.opened(this);
          break;
        case Step.Closing:
        case Step.Violation:
          this.lastArrived();
          break;
        case Step.Ended:
          this.ended();
          return;
        default:
      }
    }
  }

  /** @returns whether pulling stops at the current step. */
  private stopPulling(): boolean {
    if (!stopsPulling(this, this.isPongAwaited)) return false;
    this.isPullStopped = true;
    this.endpoint.setAside(true);
    return true;
  }

  /** The peer has closed, or has broken a rule: the engine reads nothing that follows. */
  private lastArrived(): void {
    if (!this.isOpen) return;
    const { violation } = this.endpoint;
    if (violation !== null) this.failure ??= violationError(violation);
    this.roundTrips?.noPongComes();
    this.delivery.lastArrived();
  }

  private ended(): void {
    this.over(closeInfo(this.endpoint.ended!, this.failure, this.delivery.undelivered));
  }

  private over(info: CloseInfo): void {
    this.info = info;
    this.deadlines.leave(this);
    this.writing?.ended();
    this.outgoing.ended();
    this.roundTrips?.noPongComes();
    this.owner.ended(this, info);
    this.delivery.ended();
    this.delivery.receiver?.ended(info);
  }

  // ---- writing

  queued(): void {
    if (this.keepsAnswersBack()) return;
    markDirty(this);
    if (this.writing === null && this.endpoint.unsent > FLUSH_AT_ONCE) {
      this.tick();
      if (this.transmit()) this.isPullDue = true;
    }
  }

  private keepsAnswersBack(): boolean {
    return this.writing === null && keepsAnswersBack(this, this.delivery, this.outgoing);
  }

  /** @returns whether the transmission may lead to steps or to more output. */
  private transmit(): boolean {
    const { endpoint, transport, now } = this;
    const transmission = endpoint.transmit(now);
    if (transmission === null) return false;
    const { then } = transmission;
    if (then === "destroy") {
      transport.destroy();
      return true;
    }
    const byteCount = lengthOf(transmission.chunks);
    this.outgoing.noteGiven(now);
    this.writing = beginTransmission(transport, transmission, byteCount, endpoint, now);
    if (this.writing !== null) {
      endpoint.keep();
      return true;
    }
    this.taken(byteCount);
    // Almost every message is taken whole. Such a message leads to no step unless the application watches frames.
    return then !== "continue" || endpoint.unsent > 0 || this.behaviour.isTraced;
  }

  /** The transport has taken the whole transmission. */
  private taken(byteCount: number): void {
    this.endpoint.sent(this.now);
    if (this.outgoing.noteTaken(byteCount)) drained(this);
  }

  /** Sends a ping and waits for the pong. @returns the round-trip time in ms, or "closed". */
  ping(payload: Uint8Array | null): Promise<number | "closed"> {
    const number = this.endpoint.ping(payload, this.tick());
    if (number === 0) return Promise.resolve("closed");
    this.roundTrips ??= new RoundTrips();
    const answer = this.roundTrips.wait(number, this.deadlines.exactNow());
    this.queued();
    return answer;
  }

  /** The connection has moved: everything of it that is here ends, and the transport has another handler. */
  handOff(error: ConnectionError): void {
    const { endpoint, delivery } = this;
    endpoint.abort(this.now);
    while (endpoint.next() !== Step.Idle);
    endpoint.transmit(this.now); // "destroy", which the transport does not get
    delivery.handedOff();
    this.over(closeInfo(endpoint.ended!, error, 0));
  }

  // ---- failing

  private transportThrew(error: unknown): void {
    transportFailed(this.delivery, error);
    this.isPullDue = true;
  }

  /** The engine, or code that the engine calls, has thrown an exception outside a turn. */
  engineFailed(error: unknown): void {
    engineFailed(this, error);
  }

  fail(error: ConnectionError, code: number, reason: string): void {
    this.owner.report(this, error);
    if (this.info !== null) return;
    this.failure ??= error;
    this.delivery.stop();
    this.tick();
    if (!this.isOpen || !triesClose(this, code, reason)) {
      this.endpoint.abort(this.now);
      this.turn();
    }
    markDirty(this);
  }

  /** Ends the connection at once: nothing more is sent or delivered. */
  abort(error: ConnectionError): void {
    if (this.info !== null) return;
    this.failure ??= error;
    this.delivery.stop();
    this.tick();
    this.endpoint.abort(this.now);
    this.turn();
  }
}
