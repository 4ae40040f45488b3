/** The terms of an endpoint as the model gets them, and the answers of the model. */
import type { BrokenRule } from "./rules.ts";

/** §10.4 and the engine's own limits; each counts bytes of the stream and never chunks. */
export interface ModelLimits {
  readonly headBytes: number;
  readonly headers: number;
  readonly lineBytes: number;
  readonly refusalBody: number;
  readonly message: number;
  readonly frame: number;
  readonly fragments: number;
  readonly unsent: number;
}

/** ms; 0 for never. */
export interface ModelTimeouts {
  readonly handshake: number;
  readonly refusalBody: number;
  readonly idle: number;
  readonly ping: number;
  readonly pong: number;
  readonly close: number;
  readonly lifetime: number;
}

/** RFC 7692, where both sides agreed on it: DEFLATE is given, since the model has none. */
export interface ModelCompression {
  /** RSV1 is 4. */
  readonly rsv: number;
  /** The payload of a frame, for a fragment that the endpoint sends. */
  deflate(fragment: Uint8Array, isFinal: boolean): Uint8Array;
  /** The message that the payloads of its frames so far, joined, inflate to. */
  inflate(
    payloads: Uint8Array,
    isFinal: boolean,
  ): { readonly bytes: Uint8Array; readonly isCorrupt: boolean };
}

/** One endpoint. */
export interface ModelTerms {
  readonly role: "client" | "server";
  /** "open": behind a foreign handshake. */
  readonly from: "opening" | "open";
  /** `Step.Text` and `Step.Binary` bring pieces. */
  readonly pieces: boolean;
  readonly limits: ModelLimits;
  readonly timeouts: ModelTimeouts;
  readonly compression: ModelCompression | null;
  /** §5.3: the masking key of the next frame of a client, four bytes. */
  readonly nextKey: () => Uint8Array;
  /** Of a server: any Origin may connect. */
  readonly isOriginFree: boolean;
  /** Of a client: its request is for `ws://localhost/`; the key that it sends, and the subprotocols that it offers. */
  readonly openingKey: string;
  readonly offers: readonly string[];
}

/** The contents of a Close. */
export interface ModelClose {
  readonly code: number;
  readonly reason: string;
}

/** How a connection ended. */
export interface ModelEnded {
  readonly localClose: ModelClose | null;
  readonly isCloseSent: boolean;
  readonly peerClose: ModelClose | null;
  readonly firstClose: "local" | "peer" | null;
  readonly violation: BrokenRule | null;
  readonly timeout: string | null;
  readonly isEndOfStream: boolean;
  readonly isAborted: boolean;
  readonly transportError: string | null;
}

/** The steps of the cursor. */
export type ModelStep =
  | { readonly kind: "request" }
  | { readonly kind: "open"; readonly protocol: string }
  | { readonly kind: "text" | "binary"; readonly bytes: Uint8Array; readonly final: boolean }
  | { readonly kind: "ping"; readonly bytes: Uint8Array }
  | { readonly kind: "pong"; readonly bytes: Uint8Array; readonly pongOf: number }
  | { readonly kind: "closing"; readonly close: ModelClose }
  | { readonly kind: "violation"; readonly violation: BrokenRule }
  | { readonly kind: "ended"; readonly ended: ModelEnded };

/** Bytes for the transport. */
export interface ModelTransmission {
  readonly bytes: Uint8Array;
  readonly ending: "continue" | "end-write" | "destroy";
}

/** The answers of a send; "misuse" stands for the exception of the engine. */
export type ModelAnswer = "queued" | "closed" | "full" | "misuse";

/** Which codes may stand in a Close (§7.4, and the registry of §11.7). */
export function isCodeOnWire(code: number): boolean {
  return (
    [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014].includes(code) ||
    (code >= 3000 && code <= 4999)
  );
}

export function joined(one: Uint8Array, other: Uint8Array): Uint8Array {
  if (one.length === 0) return other;
  if (other.length === 0) return one;
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}

/** Text whose characters are bytes. */
export function latin1(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index += 1) bytes[index] = text.charCodeAt(index);
  return bytes;
}
