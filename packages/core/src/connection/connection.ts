/**
 * The state of one connection, as plain data. The fields that each frame touches are flat. A nested record is null while it
 * has no use.
 *
 * No single variable names every combination of states. A connection has two halves, and each half has a few states of its
 * own. The connection has ended when both halves have finished:
 *
 * ```
 *   reading:  Frames ──peer's Close, violation, refusal──> Discarding ──end of stream──> Finished
 *   writing:  Open ──our Close──> CloseQueued ──nothing more to say──> Ending ──lent──> EndLent ──taken──> Finished
 *             Open ──peer's Close, violation──> CloseDue ──what came before is answered──> CloseQueued
 * ```
 *
 * The functions that work on this state are in the other files of this floor. `transitions` has every step between the
 * states above. `receiving` takes steps of the reading half, `transmission` of the writing half, `closing` and `timers` of
 * both.
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
import type { FrameWatch, FrameWatcher } from "./frame-watch.ts";
import type { Keepalive } from "./keepalive.ts";
import type { Role } from "./role.ts";
import type { Settings } from "./settings.ts";
import type { Violation, WireViolation } from "./violation.ts";

/** How far the opening handshake has come. The facts `request` and `response` hold until the step after `Step.Open`. */
export const Phase = { Opening: 0, OpenDue: 1, OpenReported: 2, Open: 3 } as const;
export type Phase = (typeof Phase)[keyof typeof Phase];

/** The subprotocol and the extensions that the opening handshake agreed on. */
export interface AgreedFacts {
  readonly protocol: string;
  readonly extensions: readonly ExtensionOffer[];
}

/** Most connections have no subprotocol and no extension, and share this object. */
export const NOT_AGREED: AgreedFacts = { protocol: "", extensions: NO_EXTENSIONS.extensions };

export const Reading = { Frames: 0, Discarding: 1, Finished: 2 } as const;
export type Reading = (typeof Reading)[keyof typeof Reading];

export const Writing = {
  Open: 0,
  /** The peer has sent a Close or broken a rule. Our Close is due, behind the answers to the messages before. */
  CloseDue: 1,
  /** Our Close is queued. RFC 6455 §5.5.1: no data frame may follow, but a pong may. */
  CloseQueued: 2,
  /** Our last words are queued. The transport has to end its writing half behind them. */
  Ending: 3,
  /** `transmit` has told the transport to end its writing half, and `sent` has not been called yet. */
  EndLent: 4,
  Finished: 5,
} as const;
export type Writing = (typeof Writing)[keyof typeof Writing];

/** How the input ends, behind the bytes that are unread. */
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
  /** The time that the last input or command brought. ms */
  now: number;

  // Unread input: `memory.bytes[position, end)`, then `rest`.
  memory: Memory | null;
  position: number;
  end: number;
  /** Bytes of the stream before `memory.bytes[0]`; negative while the margin holds a begun header. */
  origin: number;
  /** The part of the caller's chunk that did not fit into `memory`, borrowed for the turn. */
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
  /** The buffer of `eventBytes`, if the payload was gathered. The buffer is given back when the cursor moves on. */
  delivered: GrowingBytes | null;
  /** A violation behind the bytes that the cursor stands on. The violation takes effect when the cursor moves on. */
  deferred: DeferredViolation | null;

  readonly output: OutputQueue;
  outgoing: OutgoingMessage | null;
  /** Bytes that the transport took and the peer may not have read, as of {@link inTransitAt}: see `progress`. */
  inTransit: number;
  /** ms */
  inTransitAt: number;

  // Timers, in ms of the host's clock; NEVER where one is off.
  lastReceived: number;
  /** When a full transport last took some bytes and had more bytes to take. */
  progressAt: number;
  /** When the phase has to be over: the opening handshake, and then the lifetime of the open connection. */
  phaseEndsAt: number;
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

/**
 * The facts about the end, each written when it becomes known. The record does not exist while a connection is open and
 * well.
 */
export interface EndingFacts {
  localClose: CloseFrame | null;
  closeSent: CloseSent;
  peerClose: CloseFrame | null;
  firstClose: "local" | "peer" | null;
  violation: Violation | null;
  isViolationReported: boolean;
  /** The host has called `delayClose`, to answer the messages before the peer's Close or the violation. */
  isCloseDelayed: boolean;
  timeout: TimeoutName | null;
  isEndOfStream: boolean;
  isAborted: boolean;
  transportError: string | null;
  ended: Ended | null;
  isEndedReported: boolean;
  isDestroyLent: boolean;
}

/** At most 38 fields: JavaScriptCore has cells of 320 bytes, and gives a record of 39 fields the next size, 432 bytes. */
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
    phaseEndsAt: NEVER,
    closeAt: NEVER,
    pausedAt: NEVER,
    keepalive: null,
    ending: null,
    watch: null,
  };
}

/** The record of the facts about the end; made at the first of these facts. */
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

/**
 * The functions of the option `frames`. Only for a connection with a `watch`, which exists where the option is given.
 * @internal
 */
export function watching({ settings }: Connection): FrameWatcher["functions"] {
  return settings.frames!.functions;
}

/** Whether messages may be sent: our Close is not queued yet (RFC 6455 §5.5.1), and the transport is there. */
export function isSendable(connection: Connection): boolean {
  return connection.writing <= Writing.CloseDue && connection.inputEnd !== InputEnd.TransportClosed;
}

/**
 * The number of received bytes that the cursor has not reached. The begun header in `carry` does not count: the cursor has
 * reached that header, and only more input moves the cursor on.
 */
export function unreadBytes(connection: Connection): number {
  const { rest } = connection;
  return connection.end - connection.position + (rest === null ? 0 : rest.length);
}
