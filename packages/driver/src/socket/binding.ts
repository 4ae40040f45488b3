/**
 * An endpoint bound to a transport: what comes from one goes to the other. The turn is here: one input, pull to Idle,
 * deliver, transmit; and when to write, and when to look at the clock.
 */
import { type Endpoint, MisuseError, Step } from "@sansocket/core";
import { ConnectionError, messageOf } from "../errors.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { OpenTransport, Transport, TransportHandler } from "../runtime/transport.ts";
import { type CloseInfo, closeInfo, violationError } from "./close-info.ts";
import type { Deadlines, Due } from "./deadlines.ts";
import { Delivery } from "./delivery.ts";
import { escaped, MOST_ESCAPES, transportThrew } from "./escape.ts";
import { beginTurn, endTurn, type Flushable, markDirty } from "./flushing.ts";
import { holdOrRead } from "./holding.ts";
import { type Behaviour, type HookName, isThenable, whenSettled } from "./hooks.ts";
import { Outgoing } from "./outgoing.ts";
import { ownBytes } from "./own-bytes.ts";
import type { Socket } from "./socket.ts";
import { Writing } from "./writing.ts";

/** The server or the client that a connection belongs to. */
export interface Owner {
  readonly runtime: Runtime;
  readonly deadlines: Deadlines;
  readonly behaviour: Behaviour;
  /** Server: a request waits for a decision. */
  requested(binding: Binding): void;
  /** The opening handshake is done. */
  opened(binding: Binding): void;
  /** A deadline has ended the opening handshake. */
  expired(binding: Binding): void;
  /** The connection is over: nothing of the network remains. */
  ended(binding: Binding, info: CloseInfo): void;
  /** Something that `error` should hear of. */
  report(socket: Socket | null, error: ConnectionError): void;
}

/** Above this a socket does not wait for the end of the turn: memory is worth more than one system call less. */
const FLUSH_AT_ONCE = 65_536;

export class Binding implements TransportHandler, Flushable, Due {
  readonly owner: Owner;
  readonly endpoint: Endpoint;
  readonly transport: Transport;
  /** Null until the connection is open. */
  socket: Socket | null = null;
  readonly delivery: Delivery;
  readonly outgoing: Outgoing;
  readonly writing: Writing;
  /** The time of the current turn, ms. */
  now: number;
  /** How it ended; null before. */
  info: CloseInfo | null = null;
  /** What we ended the connection for. */
  fault: ConnectionError | null = null;
  /** The hook that is running right now, not one that is awaited. */
  runningHook: HookName | null = null;

  isDirty = false;
  enteredAt: number = Number.POSITIVE_INFINITY;
  heapIndex = 0;
  isAwaited = false;

  private isPulling = false;
  /** Steps may follow from what was transmitted before the end of the turn. */
  isPullDue = false;
  /** The transport is paused: see {@link holdOrRead}. */
  isReadingHeld = false;
  /** How often something has escaped that was no hook's. */
  escapes = 0;

  constructor(owner: Owner, endpoint: Endpoint, open: OpenTransport, now: number) {
    this.owner = owner;
    this.endpoint = endpoint;
    this.now = now;
    this.delivery = new Delivery(this);
    this.outgoing = new Outgoing(this);
    this.writing = new Writing(this);
    this.transport = open(this);
    if (typeof this.transport?.write !== "function") {
      throw new MisuseError("what opens a transport has to return one: see OpenTransport");
    }
    markDirty(this); // a client has its request to send
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
      escaped(this, error); // a stream that brings something else than bytes
    }
    this.turn();
  }

  onInbox(byteCount: number): void {
    this.now = this.owner.deadlines.now();
    try {
      this.endpoint.received(byteCount, this.now);
    } catch (error) {
      escaped(this, error);
    }
    this.turn();
  }

  onEnd(): void {
    this.now = this.owner.deadlines.now();
    this.endpoint.endOfStream(this.now);
    this.turn();
  }

  onDrain(): void {
    if (!this.writing.isBusy) return;
    this.now = this.owner.deadlines.now();
    try {
      if (!this.writing.goOn()) return;
      this.endpoint.sent(this.now);
      this.outgoing.noteTaken(this.writing.octets);
    } catch (error) {
      transportThrew(this, error);
    }
    this.turn();
  }

  onClosed(error?: string): void {
    this.now = this.owner.deadlines.now();
    this.endpoint.transportClosed(this.now, error);
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
      if (this.socket === null) this.owner.expired(this);
    } catch (error) {
      escaped(this, error);
    }
    this.turn();
  }

  // ---- the turn

  /** Runs a turn, after something has been done to the endpoint. Inside of one it only asks for more of it. */
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

  /** Brings the clock of this connection up to date, for a command from outside of a turn. */
  tick(): number {
    if (!this.isPulling) this.now = this.owner.deadlines.now();
    return this.now;
  }

  /** The end of the turn. Never throws: many sockets are flushed in a row, and none may keep the others from it. */
  flush(): void {
    try {
      this.finishTurn();
    } catch (error) {
      transportThrew(this, error);
    }
  }

  /** Deliver what waited, write, look at the pressure and at the clock. */
  private finishTurn(): void {
    this.deliverWaiting();
    if (this.isPullDue) {
      this.isPullDue = false;
      this.pull();
    }
    while (this.transmit()) this.pull();
    this.delivery.settle();
    holdOrRead(this);
    const { deadlines } = this.owner;
    if (this.isWaitedFor !== this.isAwaited) deadlines.setAwaited(this, !this.isAwaited);
    deadlines.enter(this, this.deadline);
  }

  /** A pong, the end or the `close` hook is to come, and the deadline brings it at the latest. */
  private get isWaitedFor(): boolean {
    const { endpoint, outgoing } = this;
    if (this.socket === null) return false;
    if (this.info !== null || outgoing.isPongAwaited || outgoing.isCloseAwaited) return true;
    return endpoint.state !== "open" || endpoint.peerClose !== null || endpoint.violation !== null;
  }

  /** Something was queued. */
  queued(): void {
    markDirty(this);
    if (!this.writing.isBusy && this.endpoint.unsent > FLUSH_AT_ONCE) {
      this.tick();
      if (this.transmit()) this.isPullDue = true;
    }
  }

  /** What was `sent` once this many octets in all have been taken. */
  get queuedTotal(): number {
    return this.outgoing.taken + this.endpoint.unsent;
  }

  /** Messages that waited for the application may be delivered now. */
  private deliverWaiting(): void {
    while (this.delivery.canDeliver) {
      try {
        this.delivery.deliverWaiting();
      } catch (error) {
        escaped(this, error);
      }
    }
  }

  private pull(): void {
    if (this.isPulling) return;
    this.isPulling = true;
    for (;;) {
      try {
        this.pullToIdle();
        break;
      } catch (error) {
        escaped(this, error);
        if (this.escapes > MOST_ESCAPES) break;
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
          delivery.text();
          break;
        case Step.Binary:
          delivery.binary();
          break;
        case Step.Ping:
          this.control("ping");
          break;
        case Step.Pong:
          this.outgoing.answered(endpoint.pongOf);
          this.control("pong");
          break;
        case Step.Frame:
          this.traced();
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

  /** The peer has closed, or broken a rule: nothing behind it is read. */
  private lastArrived(): void {
    const { violation } = this.endpoint;
    if (this.socket === null) return;
    if (violation !== null) this.fault ??= violationError(violation);
    this.outgoing.noPongComes();
    this.delivery.lastArrived();
  }

  private control(name: "ping" | "pong"): void {
    const { hooks } = this.owner.behaviour;
    const { socket } = this;
    if (hooks[name] === undefined || socket === null) return;
    this.notify(name, () => hooks[name]!(socket, ownBytes(this.endpoint)));
  }

  /** The peer has taken enough: {@link Outgoing} calls it, in a turn or before one. */
  drained(): void {
    const { hooks } = this.owner.behaviour;
    const { socket } = this;
    if (hooks.drain === undefined || socket === null || this.endpoint.state !== "open") return;
    this.notify("drain", () => hooks.drain!(socket));
    markDirty(this); // whatever waited for the hook to return, when a write outside of a turn has led to it
  }

  private traced(): void {
    const { hooks } = this.owner.behaviour;
    const { socket, endpoint } = this;
    if (socket !== null) this.notify("trace", () => hooks.trace?.(socket, endpoint.frame!));
  }

  /** Calls a hook that no message waits for; another one of this socket may be running. */
  notify(name: HookName, call: () => unknown): void {
    const running = this.runningHook;
    this.runningHook = name;
    try {
      const result = call();
      if (isThenable(result)) {
        void whenSettled(
          result,
          () => {},
          (error) => this.hookFailed(name, error),
        );
      }
    } catch (error) {
      this.hookFailed(name, error);
    } finally {
      this.runningHook = running;
    }
  }

  private ended(): void {
    const info = closeInfo(this.endpoint.ended!, this.fault, this.delivery.undelivered);
    this.info = info;
    this.owner.deadlines.leave(this);
    this.writing.ended();
    this.outgoing.ended();
    this.owner.ended(this, info);
    this.delivery.ended();
    this.socket?.onEnded(info);
  }

  // ---- writing

  /** @returns whether steps may follow from it, or more output. */
  private transmit(): boolean {
    const { endpoint, writing } = this;
    const transmission = endpoint.transmit(this.now);
    if (transmission === null) return false;
    const { then } = transmission;
    if (then === "destroy") {
      this.transport.destroy();
      return true;
    }
    if (!writing.begin(transmission)) {
      endpoint.keep();
      return true;
    }
    endpoint.sent(this.now);
    this.outgoing.noteTaken(writing.octets);
    // A message that was taken whole, which is almost every one, has no consequence but to those who watch frames.
    return then !== "continue" || endpoint.unsent > 0 || this.owner.behaviour.isTraced;
  }

  // ---- failing

  /** RFC 6455 §7.4.1: 1011, an unexpected condition prevented the request from being fulfilled. */
  hookFailed(name: HookName, error: unknown): void {
    const message = `the ${name} hook failed: ${messageOf(error)}`;
    this.fail(new ConnectionError("hook-failed", message, { cause: error }), 1011, "");
  }

  /** Ends the connection for a reason of our own. */
  fail(error: ConnectionError, code: number, reason: string): void {
    this.owner.report(this.socket, error);
    if (this.info !== null) return;
    this.fault ??= error;
    this.delivery.stop();
    this.tick();
    if (this.socket === null || !this.closeWith(code, reason)) {
      this.endpoint.abort(this.now);
      this.turn();
    }
    markDirty(this);
  }

  /** @returns false where no Close can be said: something has escaped before, and it is not known what still works. */
  private closeWith(code: number, reason: string): boolean {
    if (this.escapes > 1) return false;
    try {
      this.endpoint.close(code, reason, this.now);
      return true;
    } catch {
      return false; // the host's source of masking keys, say
    }
  }

  /** Ends the connection at once: nothing more is sent or delivered. */
  abort(error: ConnectionError): void {
    if (this.info !== null) return;
    this.fault ??= error;
    this.delivery.stop();
    this.tick();
    this.endpoint.abort(this.now);
    this.turn();
  }
}
