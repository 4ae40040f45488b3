/**
 * The state of one connection: plain data, flat where it is touched per frame, and null where nothing is going on.
 *
 * There is no single state variable with a name for every combination. A connection has two directions, each with a
 * short life of its own, and it has ended when both have finished:
 *
 * ```
 *   reading:  Frames ──peer's Close, violation, refusal──> Discarding ──end of stream──> Finished
 *   writing:  Open ──our Close──> CloseQueued ──nothing more to say──> Ending ──lent──> EndLent ──taken──> Finished
 *             Open ──peer's Close, violation──> CloseDue ──what came before is answered──> CloseQueued
 * ```
 *
 * The functions over this state are in the other files of this floor. `transitions` has every step between the states above.
 * `receiving` takes steps of the reading half, `transmission` of the writing half, `closing` and `timers` of both.
 */
import type { GrowingBytes } from "../bytes/growing-bytes.ts";
import type { Memory } from "../bytes/memory.ts";
import { createOutputQueue, type OutputQueue } from "../bytes/output-queue.ts";
import {
  type ExtensionOffer,
  type ExtensionSession,
  NO_EXTENSIONS,
} from "../extension/extension.ts";
import type { MessageAssembly } from "../message/message-assembly.ts";
import type { OutgoingMessage } from "../message/outgoing-message.ts";
import { NEVER } from "./deadline.ts";
import type { CloseFrame, Ended, TimeoutName } from "./ended.ts";
import type { FrameWatch } from "./frame-watch.ts";
import type { Keepalive } from "./keepalive.ts";
import type { Role } from "./role.ts";
import type { Settings } from "./settings.ts";
import type { Violation, WireViolation } from "./violation.ts";

/** How far the opening has come; `request` and `response` can be looked at until the step after `Step.Open`. */
export const Phase = { Opening: 0, OpenDue: 1, OpenReported: 2, Open: 3 } as const;
export type Phase = (typeof Phase)[keyof typeof Phase];

/** What the opening handshake has agreed on. */
export interface AgreedFacts {
  readonly protocol: string;
  readonly extensions: readonly ExtensionOffer[];
}

/** Shared by all connections that have neither, which is most. */
export const NOT_AGREED: AgreedFacts = { protocol: "", extensions: NO_EXTENSIONS.extensions };

export const Reading = { Frames: 0, Discarding: 1, Finished: 2 } as const;
export type Reading = (typeof Reading)[keyof typeof Reading];

export const Writing = {
  Open: 0,
  /** The peer has closed or broken a rule: our Close is due, behind the answers to the messages that came before. */
  CloseDue: 1,
  /** Our Close is queued: no data may follow (RFC 6455 §5.5.1), a pong may. */
  CloseQueued: 2,
  /** Our last word is queued; the writing half of the transport is to be ended behind it. */
  Ending: 3,
  /** The transport has been told, and has not answered yet. */
  EndLent: 4,
  Finished: 5,
} as const;
export type Writing = (typeof Writing)[keyof typeof Writing];

/** How the input ends, once what is unread has been read. */
export const InputEnd = { Unknown: 0, EndOfStream: 1, TransportClosed: 2 } as const;
export type InputEnd = (typeof InputEnd)[keyof typeof InputEnd];

/** {@link Connection.frameLeft} between two frames. */
export const AT_HEADER = -1;

export interface Connection {
  readonly settings: Settings;
  readonly role: Role;
  phase: Phase;
  agreed: AgreedFacts;
  reading: Reading;
  writing: Writing;
  /** The time of the last input or command that brought one. ms */
  now: number;

  // Unread input: `memory.bytes[position, end)`, then `rest`.
  memory: Memory | null;
  position: number;
  end: number;
  /** Bytes of the stream before `memory.bytes[0]`; negative while the margin holds a begun header. */
  origin: number;
  /** The caller's chunk, borrowed for the turn, as far as it did not fit into `memory`. */
  rest: Uint8Array | null;
  /** The begun frame header that the last turn left behind, at most 13 bytes. */
  carry: Uint8Array | null;
  inputEnd: InputEnd;

  // The frame under way.
  firstByte: number;
  /** Bytes of payload still to come, or {@link AT_HEADER}. */
  frameLeft: number;
  maskingKey: number;
  /** The payload of a control frame that does not arrive in one piece. */
  control: GrowingBytes | null;
  message: MessageAssembly | null;
  session: ExtensionSession | null;
  /** The fast path may be tried: see `quick-path`. */
  isQuick: boolean;

  // The event that the cursor stands on: `eventBytes[eventStart, eventEnd)`, null meaning `memory.bytes`.
  eventBytes: Uint8Array | null;
  eventStart: number;
  eventEnd: number;
  /** What `eventBytes` is of, if it was gathered for a message: given back when the cursor moves on. */
  delivered: GrowingBytes | null;
  /** A violation that lies behind the bytes the cursor stands on, and takes effect when it moves on. */
  deferred: DeferredViolation | null;

  readonly output: OutputQueue;
  outgoing: OutgoingMessage | null;
  /** Bytes that the transport took and the peer may not have read, as of {@link inTransitAt}: see `progress`. */
  inTransit: number;
  /** ms */
  inTransitAt: number;

  // Timers, in ms of the host's clock; NEVER where one is off.
  lastReceived: number;
  /** When a full transport took something last, and had more to take. */
  progressAt: number;
  handshakeAt: number;
  lifetimeAt: number;
  closeAt: number;
  /** Since when reading is paused, or NEVER. */
  pausedAt: number;
  keepalive: Keepalive | null;

  ending: EndingFacts | null;
  watch: FrameWatch | null;
}

export interface DeferredViolation {
  readonly kind: WireViolation;
  readonly offset: number;
}

/** How far our Close has come; {@link EndingFacts.localClose} says that it was queued. */
export const CloseSent = { No: 0, Lent: 1, Taken: 2 } as const;
export type CloseSent = (typeof CloseSent)[keyof typeof CloseSent];

/** Facts about the end as they come to be known; nothing of it exists while a connection is open and well. */
export interface EndingFacts {
  localClose: CloseFrame | null;
  closeSent: CloseSent;
  peerClose: CloseFrame | null;
  firstClose: "local" | "peer" | null;
  violation: Violation | null;
  isViolationReported: boolean;
  /** The host has asked for time to answer what came before the peer's Close or the violation. */
  isCloseDelayed: boolean;
  timeout: TimeoutName | null;
  isEndOfStream: boolean;
  isAborted: boolean;
  transportError: string | null;
  ended: Ended | null;
  isEndedReported: boolean;
  isDestroyLent: boolean;
}

export function createConnection(role: Role, settings: Settings, now: number): Connection {
  return {
    settings,
    role,
    phase: Phase.Opening,
    agreed: NOT_AGREED,
    reading: Reading.Frames,
    writing: Writing.Open,
    now,
    memory: null,
    position: 0,
    end: 0,
    origin: 0,
    rest: null,
    carry: null,
    inputEnd: InputEnd.Unknown,
    firstByte: 0,
    frameLeft: AT_HEADER,
    maskingKey: 0,
    control: null,
    message: null,
    session: null,
    isQuick: false,
    eventBytes: null,
    eventStart: 0,
    eventEnd: 0,
    delivered: null,
    deferred: null,
    output: createOutputQueue(),
    outgoing: null,
    inTransit: 0,
    inTransitAt: now,
    lastReceived: now,
    progressAt: NEVER,
    handshakeAt: NEVER,
    lifetimeAt: NEVER,
    closeAt: NEVER,
    pausedAt: NEVER,
    keepalive: null,
    ending: null,
    watch: null,
  };
}

/** The facts of the end, made when the first of them is known. */
export function endingFacts(connection: Connection): EndingFacts {
  connection.ending ??= {
    localClose: null,
    closeSent: CloseSent.No,
    peerClose: null,
    firstClose: null,
    violation: null,
    isViolationReported: false,
    isCloseDelayed: false,
    timeout: null,
    isEndOfStream: false,
    isAborted: false,
    transportError: null,
    ended: null,
    isEndedReported: false,
    isDestroyLent: false,
  };
  return connection.ending;
}

/** Messages may be sent: no Close of ours is queued (RFC 6455 §5.5.1). */
export function isSendable(connection: Connection): boolean {
  return connection.writing <= Writing.CloseDue;
}

/**
 * Bytes of input that are here and that the cursor has not come to. The begun header in `carry` is none of them: the cursor
 * has come to it, and only more input can move the cursor on.
 */
export function unreadBytes(connection: Connection): number {
  const { rest } = connection;
  return connection.end - connection.position + (rest === null ? 0 : rest.length);
}
