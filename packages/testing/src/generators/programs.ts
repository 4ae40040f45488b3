/** The programs of a peer: sequences of messages, fragments, pings, pongs and a Close, as values and as frames. */

import type { ExtensionSession } from "@sansocket/core";
import fc from "fast-check";
import {
  type AgreedExtensions,
  agreementOf,
  disposeAgreement,
} from "../engine/agreed-extensions.ts";
import { requireRole } from "../given.ts";
import { joinBytes } from "../wire/bytes.ts";
import type { WireFrame } from "../wire/frame.ts";
import { encodeFrame } from "../wire/frame.ts";
import { encodeText } from "../wire/text.ts";
import { closeBodies } from "./close-bodies.ts";
import { binaryPayloads, controlPayloads, maskingKeys, texts } from "./payloads.ts";

/** One thing that a peer says: a message, perhaps in fragments, or a ping or a pong between them. */
export type Statement =
  | {
      readonly kind: "message";
      readonly type: "text" | "binary";
      readonly bytes: Uint8Array;
      /** Where the message is parted into fragments; ascending, repeated for empty fragments. */
      readonly parts: readonly number[];
      /** A control frame behind each fragment but the last, or null. */
      readonly between: readonly (ControlStatement | null)[];
    }
  | ControlStatement
  | { readonly kind: "close"; readonly body: Uint8Array };

/** A ping or a pong. */
export interface ControlStatement {
  /** Which of the two. */
  readonly kind: "ping" | "pong";
  /** Its payload, 0 to 125 bytes. */
  readonly bytes: Uint8Array;
}

/** The words of one peer, in order. */
export type Program = readonly Statement[];

/** Pings and pongs with 0 to 125 bytes. */
export function controlStatements(): fc.Arbitrary<ControlStatement> {
  return fc.record({
    kind: fc.constantFrom("ping" as const, "pong" as const),
    bytes: controlPayloads(),
  });
}

/**
 * Places at which a message is parted into fragments: mostly 0 to 4 places, and 5 to 40 in one message of eight. A parser that keeps
 * room for 16 fragments, or counts them in too few bits, shows its fault only there.
 */
export function partings<Part>(part: fc.Arbitrary<Part>): fc.Arbitrary<Part[]> {
  return fc.oneof(
    { withCrossShrink: true },
    { weight: 7, arbitrary: fc.array(part, { maxLength: 4 }) },
    { weight: 1, arbitrary: fc.array(part, { minLength: 5, maxLength: 40, size: "medium" }) },
  );
}

/**
 * The points are drawn without a look at the message, and brought into it: so a message of a counterexample can become
 * shorter while its fragments stay.
 */
function messageStatements(): fc.Arbitrary<Statement> {
  const content = fc.oneof(
    { withCrossShrink: true },
    texts().map((text) => ({ type: "text" as const, bytes: encodeText(text) })),
    binaryPayloads().map((bytes) => ({ type: "binary" as const, bytes })),
  );
  return fc
    .tuple(content, partings(fc.tuple(fc.nat({ max: 300 }), fc.option(controlStatements()))))
    .map(([{ type, bytes }, parts]) => ({
      kind: "message" as const,
      type,
      bytes,
      parts: parts.map(([point]) => point % (bytes.length + 1)).sort((a, b) => a - b),
      between: parts.map(([, control]) => control),
    }));
}

/** Anything that a peer may lawfully say, with a Close at the end or none. */
export function programs({
  maxLength = 6,
}: {
  readonly maxLength?: number;
} = {}): fc.Arbitrary<Program> {
  const statements = fc.array(
    fc.oneof(
      { withCrossShrink: true },
      { weight: 3, arbitrary: messageStatements() },
      { weight: 1, arbitrary: controlStatements() },
    ),
    { maxLength },
  );
  const close = fc.option(
    closeBodies().map((body): Statement => ({ kind: "close", body })),
    { freq: 2 },
  );
  return fc
    .tuple(statements, close)
    .map(([some, last]) => (last === null ? some : [...some, last]));
}

const OPCODES = { text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/**
 * The frames of a program, masked with the keys in turn, or not at all.
 * @param session transforms those messages that it takes, as an extension of the sender.
 */
export function framesOf(
  program: Program,
  keys: readonly Uint8Array[] | null,
  session: ExtensionSession | null = null,
): WireFrame[] {
  const frames: WireFrame[] = [];
  const add = (opcode: number, payload: Uint8Array, fin: boolean, rsv = 0): void => {
    const key = keys === null ? null : keys[frames.length % keys.length]!;
    frames.push({ fin, rsv, opcode, payload, key });
  };
  for (const statement of program) {
    if (statement.kind === "close") {
      add(OPCODES.close, statement.body, true);
    } else if (statement.kind !== "message") {
      add(OPCODES[statement.kind], statement.bytes, true);
    } else {
      const { bytes, parts, between, type } = statement;
      const opcode = OPCODES[type];
      const size = parts.length === 0 ? bytes.length : null;
      const isExtended = session?.encodeStart(opcode, size) === true;
      let from = 0;
      [...parts, bytes.length].forEach((to, index) => {
        const isLast = index === parts.length;
        const plain = bytes.slice(from, to);
        // A session lends its result until its next call, and a Buffer's own slice would not copy the result.
        const payload = isExtended ? new Uint8Array(session.encode(plain, isLast)) : plain;
        const rsv = isExtended && index === 0 ? session.rsv >> 4 : 0;
        add(index === 0 ? opcode : 0, payload, isLast, rsv);
        from = to;
        const control = between[index];
        if (control) add(OPCODES[control.kind], control.bytes, true);
      });
    }
  }
  return frames;
}

/** The same through the extension that the two ends agreed on; `role` is the receiver's. */
export function extendedFramesOf(
  program: Program,
  role: "client" | "server",
  keys: readonly Uint8Array[] | null,
  extensions: AgreedExtensions | undefined,
): WireFrame[] {
  if (extensions === undefined) return framesOf(program, keys);
  const agreement = agreementOf(role === "server" ? "client" : "server", extensions);
  const frames = framesOf(program, keys, agreement.session);
  disposeAgreement(agreement);
  return frames;
}

/** A program with its bytes, for an engine of `role` to receive. */
export interface WireProgram {
  /** The words of the peer. */
  readonly program: Program;
  /** The same on the wire. */
  readonly bytes: Uint8Array;
}

/** @param extensions what the two ends agreed on: the peer's messages pass through its session. */
export function wirePrograms(
  role: "client" | "server",
  extensions?: AgreedExtensions,
): fc.Arbitrary<WireProgram> {
  requireRole(role);
  return fc
    .tuple(programs(), fc.array(maskingKeys(), { minLength: 1, maxLength: 3 }))
    .map(([program, some]) => {
      const keys = role === "server" ? some : null;
      const frames = extendedFramesOf(program, role, keys, extensions);
      return { program, bytes: joinBytes(frames.map(encodeFrame)) };
    });
}
