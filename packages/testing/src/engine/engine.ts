/**
 * The least that a WebSocket parser or engine must offer for the laws to be put to it: bytes and times in, events and bytes
 * out. Bind your own endpoint, proxy or parser to it and put the same laws to that.
 */

/** An event that a parser tells. Everything in an event is the receiver's own. */
export type EngineEvent =
  /** The opening handshake is done. A connection that was made open need not tell it. */
  | { readonly kind: "open" }
  /** A message, or with `final: false` a piece of one. */
  | {
      readonly kind: "text" | "binary";
      /** The payload, unmasked. */
      readonly bytes: Uint8Array;
      /** The message is whole with this piece. */
      readonly final: boolean;
    }
  | { readonly kind: "ping" | "pong"; readonly bytes: Uint8Array }
  /** The peer's Close. `code` is 1005 if the Close had none (RFC 6455 §7.1.5). */
  | { readonly kind: "closing"; readonly code: number; readonly reason: string }
  /** The peer broke a rule. */
  | {
      readonly kind: "violation";
      /** The close code that answers it (RFC 6455 §7.4.1); 0 in the opening handshake. The laws judge by the code alone. */
      readonly code: number;
      /** The engine's own name for the rule. Only the engine itself is compared with it, over two cuttings. Default: none. */
      readonly name?: string;
      /** The offset of the byte at fault, likewise. Default: none. */
      readonly offset?: number;
    }
  | { readonly kind: "request" | "response" }
  /** Nothing comes after it. A parser need not tell it: only the laws of an {@link Engine} ask for it. */
  | { readonly kind: "ended" };

/** The bytes that an endpoint wants to send. */
export interface Transmitted {
  /** The bytes to send. */
  readonly bytes: Uint8Array;
  /** The fate of the transport behind the bytes. */
  readonly ending: "continue" | "end-write" | "destroy";
}

/** One endpoint that receives. Times are ms and never go back. */
export interface ParserUnderTest {
  /** Takes a chunk. The bytes are overwritten after the pull: a parser must not keep them. */
  receive(bytes: Uint8Array, now: number): void;
  /** Everything that happened since the last pull. */
  pull(now: number): EngineEvent[];
  /** The peer has ended its stream. Absent: the laws do without. */
  endOfStream?(now: number): void;
  /** The bytes to send now, all of them taken at once; null for none. Absent: the parser sends nothing. */
  transmit?(now: number): Transmitted | null;
}

/** One endpoint that receives and sends, and has timers. */
export interface EngineUnderTest extends ParserUnderTest {
  /** The peer has ended its stream. */
  endOfStream(now: number): void;
  /** The bytes to send now, all of them taken at once; null for none. */
  transmit(now: number): Transmitted | null;
  /** The deadline has come. */
  handleTimeout(now: number): void;
  /** ms; Infinity when no timer runs. */
  readonly deadline: number;
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
  /**
   * Sends the next fragment of a binary message that may stay unfinished; starts the message with the first one. Absent: the
   * laws do without.
   */
  sendPart?(bytes: Uint8Array, isFinal: boolean): void;
  /** The host reads no more from the transport. Absent: the laws do without. */
  pauseReading?(now: number): void;
  /** The host reads again. Absent: the laws do without. */
  resumeReading?(now: number): void;
  /**
   * Moves the connection: takes a snapshot, and makes another endpoint from it, whose clock says `newNow`. This endpoint is
   * not used afterwards. null: the connection cannot move now, and this endpoint goes on. Absent: connections do not move.
   */
  move?(now: number, newNow: number): EngineUnderTest | null;
  /** Decides about a request that {@link EngineOptions.answers} has left undecided. Absent: the laws do without. */
  answer?(now: number): void;
  /**
   * Bytes that the endpoint keeps alive, as `retainedBytes` counts them. Absent: the law of retained memory cannot be put to
   * the engine.
   */
  retained?(): number;
}

/** Which endpoint {@link Parser.create} makes. */
export interface EngineOptions {
  /** "open": behind an opening handshake. "opening": before it; a server accepts whatever it may. */
  readonly from: "opening" | "open";
  /** Which side the endpoint is. */
  readonly role: "client" | "server";
  /** "never": a server leaves the request undecided until {@link EngineUnderTest.answer}. Default: "at once". */
  readonly answers?: "at once" | "never";
  /** Deliver pieces as they arrive. A parser that knows only whole messages may go on delivering those. */
  readonly pieces: boolean;
  /**
   * Bytes that a message may have. Default: the limit is the parser's own, 16 KiB or more. A parser that does not read this
   * option is not judged by it, unless the rule "message too big" is asked for.
   */
  readonly messageLimit?: number;
  /** Bytes that may wait to be sent. Above, a send answers false. */
  readonly unsentLimit?: number;
  /** Called with the number of bytes that the engine is about to go through, for the law of linear work. */
  readonly onWork?: (bytes: number) => void;
}

/** Makes parsers for the laws. */
export interface Parser {
  /** For messages of laws that are broken. */
  readonly name: string;
  /** Makes a fresh endpoint. */
  create(options: EngineOptions): ParserUnderTest;
}

/** Makes engines for the laws. The randomness of the engines must be the same each time. */
export interface Engine extends Parser {
  /** Makes a fresh endpoint. */
  create(options: EngineOptions): EngineUnderTest;
}
