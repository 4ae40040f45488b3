/**
 * The seam between the engine and its extensions (RFC 6455 §5.8 and §9): an {@link Extension} negotiates in the opening
 * handshake, and an {@link ExtensionSession} then transforms the payload of messages. The seam is that of a per-message
 * extension, such as compression (RFC 7692); an extension that adds opcodes, or sees single frames, is not covered.
 *
 * Everything is synchronous. A session that answered later would let a Ping or a Close overtake the message before it,
 * and the engine would have to queue what the session has not yet given back.
 *
 * A session is the one thing of a connection that is not plain data: it may hold memory outside the engine, as zlib
 * does. Therefore every path by which a connection ends, or a handshake fails, calls {@link ExtensionSession.dispose}.
 */
import type { ExtensionOffer } from "./extension-header.ts";

export type { ExtensionOffer, ExtensionParameter } from "./extension-header.ts";

/** Bits of the first byte of a frame (§5.2): RSV1 0x40, RSV2 0x20, RSV3 0x10. */
export const RSV_BITS = 0x70;

/**
 * What an extension does on one connection, in both directions. Control frames never pass through it. The methods throw
 * for nothing that the peer sent. An exception of theirs passes through the engine to the host, and ends the connection
 * with 1011.
 */
export interface ExtensionSession {
  /**
   * The bits that it sets on the first frame of a message it transforms: at least one of {@link RSV_BITS}, and always
   * the same. The peer's frames may carry them there and nowhere else; the engine judges that.
   */
  readonly rsv: number;

  /**
   * A text or binary message is about to be sent.
   * @param opcode 0x1 or 0x2.
   * @param sizeHint bytes of the whole message; null when it is sent in fragments, so that nobody knows yet.
   * @returns true: `rsv` is set on its first frame and every fragment passes through `encode`, the last with `final`.
   * false: this message goes out as it is (RFC 7692 §6: that is decided message by message).
   */
  encodeStart(opcode: number, sizeHint: number | null): boolean;

  /**
   * Messages that are encoded under the same terms are the same bytes, on whichever connection: an object that stands for
   * these terms, compared by identity. A message to many connections is then encoded once for all that have equal terms.
   * null, or absent: what a message becomes depends on the messages before it.
   */
  readonly terms?: object | null;

  /**
   * One fragment out.
   * @param payload lent until it returns, neither written nor kept; may be empty.
   * @param final the last one of the message.
   * @returns the payload of the frame, which may be empty. Lent to the engine until the next call of this session.
   */
  encode(payload: Uint8Array, final: boolean): Uint8Array;

  /** A message is about to be received whose first frame carried `rsv`. @param opcode 0x1 or 0x2. */
  decodeStart(opcode: number): void;

  /**
   * The next bytes of that message, unmasked. Where they are cut has nothing to do with fragments, and the session must
   * not care: the same bytes give the same output, the same verdict, and the same bytes before it.
   * @param payload lent until it returns, neither written nor kept; may be empty.
   * @param final the last call for the message, unless an earlier one said otherwise than "ok".
   * @param budget how many bytes the message may still become; never negative.
   * @param sink takes what the bytes became, in order and in any number of pieces, each lent until `sink` returns.
   * @returns "corrupt": these bytes are no encoding of a message. "limit": the message is longer than `budget`. In both
   * cases all bytes that come before that have gone to `sink`, for "limit" exactly `budget`, and nothing will follow
   * but `dispose`.
   */
  decode(
    payload: Uint8Array,
    final: boolean,
    budget: number,
    sink: (decoded: Uint8Array) => void,
  ): "ok" | "corrupt" | "limit";

  /**
   * No other method will be called any more, perhaps in the middle of a message. May be called again. What it throws is
   * passed over: nothing depends on the session any more, and the connection has to end in any case.
   */
  dispose(): void;
}

/** Lets go of a session. Never throws. */
export function disposeOf(session: ExtensionSession | null | undefined): void {
  try {
    session?.dispose();
  } catch {
    // See ExtensionSession.dispose.
  }
}

/** An answer to offers, by a server. */
export interface ExtensionAcceptance {
  /** What the client is told: of the extension's own name. */
  readonly response: ExtensionOffer;
  /** null when nothing of the connection's messages changes. */
  readonly session: ExtensionSession | null;
}

/**
 * An extension as it was configured, shared by all connections. It need not play both roles. The methods must not
 * begin anything expensive: most connections that negotiate compression never compress.
 */
export interface Extension {
  /** The extension-token (§9.1). Compared with its case. */
  readonly name: string;

  /** Client: the elements to offer, in order of preference, all of its own name (RFC 7692 §5). */
  offer?(): readonly ExtensionOffer[];

  /**
   * Server: chooses among offers.
   * @param offers those of its own name, at least one, in the client's order of preference.
   * @returns null declines them all: the connection goes on without. An offer with unknown or impossible parameters is
   * declined by itself; the next may be better.
   */
  accept?(offers: readonly ExtensionOffer[]): ExtensionAcceptance | null;

  /**
   * Client: judges what the server made of the offers.
   * @returns null: that does not follow from the offers, and the handshake fails (§4.1).
   */
  confirm?(response: ExtensionOffer): { readonly session: ExtensionSession | null } | null;
}

/** What both sides agreed on. */
export interface ExtensionAgreement {
  /** In the order of the server's response; empty when there is no extension in use. */
  readonly extensions: readonly ExtensionOffer[];
  /** The one that transforms messages, if there is one. Whoever holds the agreement disposes of it. */
  readonly session: ExtensionSession | null;
}

/** The agreement of a connection without extensions. */
export const NO_EXTENSIONS: ExtensionAgreement = { extensions: [], session: null };
