/**
 * The seam between the engine and its extensions (RFC 6455 §5.8 and §9). An {@link Extension} negotiates in the opening
 * handshake. An {@link ExtensionSession} then transforms the payload of messages. The seam fits per-message extensions,
 * such as compression (RFC 7692). The seam does not fit an extension that adds opcodes or reads single frames.
 *
 * Every method is synchronous. An asynchronous session would let a Ping or a Close overtake the message before it, and the
 * engine would have to queue the messages inside the session.
 *
 * A session is the one part of a connection that is not plain data, because a session may hold memory outside the engine,
 * as zlib does. Therefore every path by which a connection ends, or a handshake fails, calls
 * {@link ExtensionSession.dispose}.
 */
import { RSV_BITS } from "../frame/frame-header.ts";
import type { ExtensionOffer } from "./extension-header.ts";

export type { ExtensionOffer, ExtensionParameter } from "./extension-header.ts";

/**
 * An extension on one connection, in both directions. Control frames never pass through a session. The methods must not
 * throw because of the peer's bytes. An exception of a method passes through the engine to the host, and ends the
 * connection with 1011.
 */
export interface ExtensionSession {
  /**
   * The bits that the session sets on the first frame of a message that it transforms: at least one of RSV1 0x40, RSV2 0x20
   * and RSV3 0x10 (§5.2), and always the same. The engine refuses these bits on every other frame of the peer.
   */
  readonly rsv: number;

  /**
   * The engine is about to send a text or binary message.
   * @param opcode 0x1 or 0x2.
   * @param sizeHint bytes of the whole message; null when the message goes out in fragments and its size is not known.
   * @returns true: the engine sets `rsv` on the first frame and passes every fragment through `encode`, the last one with
   * `final`. false: the engine sends this message untransformed (RFC 7692 §6: the sender decides for each message).
   */
  encodeStart(opcode: number, sizeHint: number | null): boolean;

  /**
   * An object that stands for the terms of the encoding, compared by identity. Under the same terms a message becomes the
   * same bytes on every connection, so the engine encodes a broadcast once for all connections with these terms. null or
   * absent: the encoding of a message depends on the messages before it.
   */
  readonly terms?: object | null;

  /**
   * Encodes one outgoing fragment.
   * @param payload lent until the method returns, neither written nor kept; may be empty.
   * @param final the fragment is the last one of its message.
   * @returns the payload of the frame, which may be empty. Lent to the engine until the next call of this session.
   */
  encode(payload: Uint8Array, final: boolean): Uint8Array;

  /** The engine is about to receive a message whose first frame carried `rsv`. @param opcode 0x1 or 0x2. */
  decodeStart(opcode: number): void;

  /**
   * Decodes the next unmasked bytes of this message. The cuts between two calls have no relation to fragments. The output,
   * the verdict and the bytes before the verdict must not depend on the cuts.
   * @param payload lent until the method returns, neither written nor kept; may be empty.
   * @param final the last call for the message, unless an earlier call did not answer "ok".
   * @param budget the most bytes of output that the message may still give; never negative.
   * @param sink takes the output, in order and in any number of pieces. Each piece is lent until `sink` returns.
   * @returns "corrupt": the bytes are no encoding of a message. "limit": the output is longer than `budget`. In both cases
   * `sink` got all output before the fault, for "limit" exactly `budget` bytes. The engine then decodes no more, and may still
   * encode until its Close is queued.
   */
  decode(
    payload: Uint8Array,
    final: boolean,
    budget: number,
    sink: (decoded: Uint8Array) => void,
  ): "ok" | "corrupt" | "limit";

  /**
   * The state of the session, for a connection that moves to another process. Absent: a connection with this session cannot
   * move. The method changes nothing, because the connection may stay.
   * @returns a sentence when the session cannot move now, for the error of `snapshotEndpoint`.
   */
  snapshot?(): ExtensionSnapshot | string;

  /**
   * The session ends, perhaps in the middle of a message. The engine calls no other method afterwards, and may call
   * `dispose` again. The engine ignores an exception of `dispose`, because the connection has to end in any case.
   */
  dispose(): void;
}

/** Whether a session may claim these bits. Without a bit of its own the peer could not recognize the transformed messages. */
export function areClaimableBits(rsv: number): boolean {
  return rsv !== 0 && (rsv & RSV_BITS) === rsv;
}

/** The state of an {@link ExtensionSession} as bytes. */
export interface ExtensionSnapshot {
  /** The name of the extension whose `restore` takes the state. */
  readonly extension: string;
  /** A format of the extension's own. The bytes belong to the engine. */
  readonly state: Uint8Array;
}

/** Disposes of a session. Never throws. */
export function disposeOf(session: ExtensionSession | null | undefined): void {
  try {
    session?.dispose();
  } catch {
    // See ExtensionSession.dispose.
  }
}

/** A server's answer to the offers for one extension. */
export interface ExtensionAcceptance {
  /** The element of the response. Its name is the name of the extension. */
  readonly response: ExtensionOffer;
  /** null when the extension transforms no messages. */
  readonly session: ExtensionSession | null;
}

/**
 * An extension with its configuration, shared by all connections. An extension may play one role only. The methods must not
 * do expensive work: most connections that negotiate compression never compress.
 */
export interface Extension {
  /** The extension-token (§9.1). The case counts. */
  readonly name: string;

  /** Client: the elements to offer, in order of preference. Every element has the name of the extension (RFC 7692 §5). */
  offer?(): readonly ExtensionOffer[];

  /**
   * Server: chooses among offers.
   * @param offers the offers with the name of the extension, at least one, in the client's order of preference.
   * @returns null declines all offers, and the connection goes on without the extension. A method that meets unknown or
   * impossible parameters declines this offer and tries the next one.
   */
  accept?(offers: readonly ExtensionOffer[]): ExtensionAcceptance | null;

  /**
   * Client: judges the server's response to the offers.
   * @returns null when the response does not follow from the offers: the handshake then fails (§4.1).
   */
  confirm?(response: ExtensionOffer): { readonly session: ExtensionSession | null } | null;

  /**
   * Makes a session again from {@link ExtensionSession.snapshot}, of either role.
   * @param response the element of the server's response on which both sides agreed.
   * @param state bytes that nobody has checked. The method must not throw because of them.
   * @returns null for a state that this extension, with its configuration, does not take.
   */
  restore?(response: ExtensionOffer, state: Uint8Array): ExtensionSession | null;
}

/** The extensions that both sides agreed on. */
export interface ExtensionAgreement {
  /** In the order of the server's response; empty when there is no extension in use. */
  readonly extensions: readonly ExtensionOffer[];
  /** The session that transforms messages; null without one. The holder of the agreement disposes of the session. */
  readonly session: ExtensionSession | null;
}

/** The agreement of a connection without extensions. */
export const NO_EXTENSIONS: ExtensionAgreement = { extensions: [], session: null };
