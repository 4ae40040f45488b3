/**
 * The least that a WebSocket engine must offer for the laws to be put to it: bytes and times in, events and bytes out.
 * Bind your own endpoint, proxy or parser to it and put the same laws to that.
 */

/** What an engine tells. Everything in an event is the receiver's own. */
export type EngineEvent =
  | { readonly kind: "open" }
  /** A message, or with `final: false` a piece of one. */
  | {
      readonly kind: "text" | "binary";
      readonly bytes: Uint8Array;
      readonly final: boolean;
    }
  | { readonly kind: "ping" | "pong"; readonly bytes: Uint8Array }
  | { readonly kind: "closing"; readonly code: number; readonly reason: string }
  /** The peer broke a rule; `name` and `offset` are compared, not interpreted. */
  | { readonly kind: "violation"; readonly name: string; readonly offset: number }
  | { readonly kind: "request" | "response" }
  | { readonly kind: "ended" };

/** What an endpoint wants sent. */
export interface Transmitted {
  /** The bytes to send. */
  readonly bytes: Uint8Array;
  /** What becomes of the transport behind the bytes. */
  readonly ending: "continue" | "end-write" | "destroy";
}

/** One endpoint. Times are ms and never go back. */
export interface EngineUnderTest {
  /** The bytes are overwritten after the pull: an engine must not keep them. */
  receive(bytes: Uint8Array, now: number): void;
  /** The peer has ended its stream. */
  endOfStream(now: number): void;
  /** The deadline has come. */
  handleTimeout(now: number): void;
  /** ms; Infinity when no timer runs. */
  readonly deadline: number;
  /** Everything that happens until the next input. */
  pull(now: number): EngineEvent[];
  /** What to send now, all of it taken at once; null when there is nothing. */
  transmit(now: number): Transmitted | null;
  /**
   * As {@link transmit}, and the transport keeps it until {@link taken}; null meanwhile. Absent: the laws let every transport
   * take everything at once.
   */
  lend?(now: number): Transmitted | null;
  /** The transport has taken what {@link lend} gave. */
  taken?(now: number): void;
  /** false when it was too late. */
  sendText(text: string): boolean;
  /** Sends a binary message. */
  sendBinary(bytes: Uint8Array): boolean;
  /** Sends a message in fragments. */
  sendFragments(type: "text" | "binary", fragments: readonly Uint8Array[]): boolean;
  /** Sends a ping. */
  ping(bytes: Uint8Array, now: number): boolean;
  /** Begins the closing handshake. */
  close(code: number, reason: string, now: number): boolean;
  /** The transport is gone in both directions. Absent: the laws do without. */
  transportClosed?(now: number): void;
  /** Ends the connection at once. Absent: the laws do without. */
  abort?(now: number): void;
  /** Decides about a request that {@link EngineOptions.answers} has left undecided. Absent: the laws do without. */
  answer?(now: number): void;
  /**
   * Bytes that the endpoint keeps alive, as `retainedBytes` counts them. Absent: the law of retained memory cannot be put to
   * the engine.
   */
  retained?(): number;
}

/** Which endpoint {@link Engine.create} makes. */
export interface EngineOptions {
  /** "open": behind an opening handshake. "opening": before it; a server accepts whatever it may. */
  readonly from: "opening" | "open";
  /** Which side the endpoint is. */
  readonly role: "client" | "server";
  /** "never": a server leaves the request undecided until {@link EngineUnderTest.answer}. Default: "at once". */
  readonly answers?: "at once" | "never";
  /** Deliver pieces as they arrive. */
  readonly pieces: boolean;
  /** Bytes that a message may have. */
  readonly messageLimit?: number;
  /** Bytes that may wait to be sent. Above, a send answers false. */
  readonly unsentLimit?: number;
  /** Called with the number of bytes that the engine is about to go through, for the law of linear work. */
  readonly onWork?: (bytes: number) => void;
}

/** Makes a fresh engine, whose randomness must be the same each time. */
export interface Engine {
  /** For messages of laws that are broken. */
  readonly name: string;
  /** Makes an endpoint. */
  create(options: EngineOptions): EngineUnderTest;
}
