/** Single frames (RFC 6455 §5.2): headers of any kind, and frames that are lawful. */

import fc from "fast-check";
import { requireRole } from "../given.ts";
import { encodeFrame, encodeHeader, type WireFrame } from "../wire/frame.ts";
import { dumpFrames } from "../wire/hex-dump.ts";
import { encodeText } from "../wire/text.ts";
import { closeBodies } from "./close-bodies.ts";
import { binaryPayloads, controlPayloads, maskingKeys, payloadLengths, texts } from "./payloads.ts";
import { shownAs } from "./shown.ts";

/** A frame with its bytes. */
export interface FrameOnWire {
  /** The frame as values. */
  readonly frame: WireFrame;
  /** The same on the wire. */
  readonly bytes: Uint8Array;
}

/** Masking keys for frames that an endpoint of `role` receives: a client masks, a server does not (§5.1). */
export function keysFor(role: "client" | "server"): fc.Arbitrary<Uint8Array | null> {
  requireRole(role);
  return role === "server" ? maskingKeys() : fc.constant(null);
}

function onWire(frame: WireFrame, encode: (frame: WireFrame) => Uint8Array): FrameOnWire {
  return shownAs({ frame, bytes: encode(frame) }, ({ bytes }) => dumpFrames(bytes));
}

/** Headers, lawful or not: any bits, any opcode, any length in any form. The bytes end with the header. */
export function frameHeaders(): fc.Arbitrary<FrameOnWire> {
  const forms = fc.constantFrom(0, 2, 8).chain((lengthBytes) =>
    fc.record({
      lengthBytes: fc.constant(lengthBytes as 0 | 2 | 8),
      declaredLength:
        lengthBytes === 0
          ? fc.nat({ max: 125 })
          : fc.oneof(
              payloadLengths({ isLarge: true }).map((length) =>
                lengthBytes === 2 ? Math.min(length, 65_535) : length,
              ),
              lengthBytes === 2
                ? fc.nat({ max: 65_535 })
                : fc.nat({ max: 63 }).map((exponent) => 2 ** exponent),
            ),
    }),
  );
  return fc
    .record({
      fin: fc.boolean(),
      rsv: fc.nat({ max: 7 }),
      opcode: fc.nat({ max: 15 }),
      key: fc.option(maskingKeys()),
      form: forms,
    })
    .map(({ form, ...bits }) =>
      onWire({ ...bits, ...form, payload: new Uint8Array(0) }, encodeHeader),
    );
}

/** Lawful frames for an endpoint of `role`, each of them right in itself: a Continuation too. */
export function frames(role: "client" | "server"): fc.Arbitrary<FrameOnWire> {
  const contents = fc.oneof(
    texts().map((text) => ({ fin: true, opcode: 1, payload: encodeText(text) })),
    fc
      .tuple(fc.boolean(), fc.constantFrom(2, 0), binaryPayloads())
      .map(([fin, opcode, payload]) => ({
        fin,
        opcode,
        payload,
      })),
    fc.tuple(fc.constantFrom(9, 10), controlPayloads()).map(([opcode, payload]) => ({
      fin: true,
      opcode,
      payload,
    })),
    closeBodies().map((payload) => ({ fin: true, opcode: 8, payload })),
  );
  return fc
    .tuple(contents, keysFor(role))
    .map(([content, key]) => onWire({ ...content, rsv: 0, key }, encodeFrame));
}
