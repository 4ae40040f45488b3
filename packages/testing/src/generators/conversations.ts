/** The lawful words of a peer behind the opening handshake: messages, in fragments, with control frames between, and a Close. */

import fc from "fast-check";
import { requireBytes, requireOneOf } from "../given.ts";
import type { Message } from "../oracle/verdict.ts";
import { joinBytes, toHex } from "../wire/bytes.ts";
import { encodeFrame, type WireFrame } from "../wire/frame.ts";
import { dumpFrames } from "../wire/hex-dump.ts";
import { decodeText, encodeText } from "../wire/text.ts";
import { keysFor } from "./frames.ts";
import { binaryPayloads, texts } from "./payloads.ts";
import { controlStatements, framesOf, partings, programs, type Statement } from "./programs.ts";
import { shownAs } from "./shown.ts";

/** Frames with their bytes, in order. */
export interface Conversation {
  /** The frames as values. */
  readonly frames: readonly WireFrame[];
  /** The same on the wire. */
  readonly bytes: Uint8Array;
}

/** The conversation of these frames; fast-check prints it as a hex dump. */
export function conversationOf(frames: readonly WireFrame[]): Conversation {
  return shownAs({ frames, bytes: joinBytes(frames.map(encodeFrame)) }, ({ bytes }) =>
    dumpFrames(bytes),
  );
}

/** Messages of either type; text with characters of every width. */
export function messages(): fc.Arbitrary<Message> {
  return fc
    .oneof(
      texts().map((text): Message => ({ type: "text", bytes: encodeText(text) })),
      binaryPayloads().map((bytes): Message => ({ type: "binary", bytes })),
    )
    .map((message) =>
      shownAs(message, ({ type, bytes }) =>
        type === "text" ? `text ${JSON.stringify(decodeText(bytes))}` : `binary ${toHex(bytes)}`,
      ),
    );
}

/**
 * The ways to send a message to an endpoint of `role`: in up to 41 fragments, mostly up to five, empty ones too, parted
 * anywhere, inside characters too, and with pings and pongs between them (RFC 6455 §5.4).
 */
export function fragmentations(
  { type, bytes }: Message,
  role: "client" | "server",
): fc.Arbitrary<Conversation> {
  requireOneOf("the type of the message", type, ["text", "binary"]);
  requireBytes("bytes of the message", bytes);
  return fc
    .record({
      parts: partings(fc.tuple(fc.nat({ max: bytes.length }), fc.option(controlStatements()))),
      keys: fc.array(keysFor(role), { minLength: 1, maxLength: 3 }),
    })
    .map(({ parts, keys }) => {
      const statement: Statement = {
        kind: "message",
        type,
        bytes,
        parts: parts.map(([point]) => point).sort((a, b) => a - b),
        between: parts.map(([, control]) => control),
      };
      return conversationOf(framesOf([statement], maskedWith(keys)));
    });
}

/** Anything that a peer may lawfully say to an endpoint of `role`, with a Close at the end or none. */
export function conversations(role: "client" | "server"): fc.Arbitrary<Conversation> {
  return fc
    .tuple(programs(), fc.array(keysFor(role), { minLength: 1, maxLength: 3 }))
    .map(([program, keys]) => conversationOf(framesOf(program, maskedWith(keys))));
}

/**
 * One message of about 65,536 bytes, where the length begins to take 64 bits (§5.2), or the beginning of one of about
 * 2 ** 31 or 2 ** 32 bytes, where a number of 32 bits gets a sign or overflows; and a small message behind it.
 */
export function largeMessages(role: "client" | "server"): fc.Arbitrary<Conversation> {
  const first = fc.oneof(
    fc.constantFrom(65_536, 65_535, 65_537, 70_000).map((length) => ({
      payload: new Uint8Array(length),
    })),
    fc
      .tuple(fc.constantFrom(2 ** 32, 2 ** 31), fc.constantFrom(1, 65_537))
      .map(([many, more]) => ({ declaredLength: many + more, payload: new Uint8Array(more) })),
  );
  return fc.tuple(first, keysFor(role)).map(([large, key]) =>
    conversationOf(
      [large, { payload: Uint8Array.of(1) }].map((part) => ({
        fin: true,
        rsv: 0,
        opcode: 2,
        key,
        ...part,
      })),
    ),
  );
}

/** The keys, or null where frames are not masked. */
export function maskedWith(keys: readonly (Uint8Array | null)[]): readonly Uint8Array[] | null {
  const some = keys.filter((key) => key !== null);
  return some.length === 0 ? null : some;
}
