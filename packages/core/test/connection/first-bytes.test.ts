/** RFC 6455 §5.1, §5.2, §5.4, §5.5: all first two bytes that a frame can have, through the engine, in both roles. */
import { describe, expect, test } from "vitest";
import { connectionSettings, type Endpoint, openEndpoint, Step } from "../../src/index.ts";
import { quietHost } from "../turn.ts";
import { masked, unmasked } from "../wire.ts";

type Role = "client" | "server";

/** The rules in the order in which their bytes stand, written from the RFC and from nothing of the engine's. */
function ruleBroken(role: Role, first: number, second: number, isUnderWay: boolean): string | null {
  const opcode = first % 16;
  const isFinal = first >= 128;
  const hasReservedBits = Math.floor(first / 16) % 8 !== 0;
  const isMasked = second >= 128;
  const length = second % 128;
  if (hasReservedBits) return "reserved-bit-set";
  if (![0, 1, 2, 8, 9, 10].includes(opcode)) return "reserved-opcode";
  if (opcode >= 8 && !isFinal) return "control-fragmented";
  if (role === "server" && !isMasked) return "mask-missing";
  if (role === "client" && isMasked) return "mask-unexpected";
  if (opcode >= 8 && length > 125) return "control-too-long";
  if (opcode === 0 && !isUnderWay) return "continuation-unexpected";
  if ((opcode === 1 || opcode === 2) && isUnderWay) return "continuation-missing";
  return null;
}

const settings = connectionSettings({ host: quietHost() });

/** An endpoint that has reported its opening, and perhaps half a message. */
function listening(role: Role, isUnderWay: boolean): Endpoint {
  const endpoint = openEndpoint(role, {}, settings, 0);
  if (isUnderWay) {
    const fragment = role === "server" ? masked : unmasked;
    endpoint.receive(fragment(0x2, [1], { fin: false }), 0);
  }
  while (endpoint.next() !== Step.Idle);
  return endpoint;
}

/** What the engine says of two bytes, given in one chunk or one by one. */
function judged(role: Role, chunks: readonly Uint8Array[], isUnderWay: boolean): string | null {
  const endpoint = listening(role, isUnderWay);
  for (const chunk of chunks) {
    endpoint.receive(chunk, 0);
    for (let step = endpoint.next(); step !== Step.Idle; step = endpoint.next());
  }
  return endpoint.violation?.kind ?? null;
}

/** Every second byte, and inside a message, where only the opcode is judged anew, those around each boundary. */
const ALL = Array.from({ length: 256 }, (_, second) => second);
const BOUNDARIES = ALL.filter((second) => [0, 1, 125, 126, 127].includes(second % 128));

describe("of all first two bytes the engine refuses those that the RFC refuses, as soon as it has them", () => {
  for (const role of ["server", "client"] as const) {
    for (const isUnderWay of [false, true]) {
      test(`as a ${role}, ${isUnderWay ? "inside a fragmented message" : "between messages"}`, () => {
        const differing: string[] = [];
        for (let first = 0; first < 256; first += 1) {
          for (const second of isUnderWay ? BOUNDARIES : ALL) {
            const bytes = Uint8Array.of(first, second);
            const verdict = judged(role, [bytes], isUnderWay);
            const expected = ruleBroken(role, first, second, isUnderWay);
            if (verdict !== expected)
              differing.push(`${first} ${second}: ${verdict}, not ${expected}`);
          }
        }
        expect(differing).toEqual([]);
      });
    }
  }

  test("one byte alone is never judged, whatever it is: the second may be at fault as well", () => {
    for (const role of ["server", "client"] as const) {
      for (let first = 0; first < 256; first += 1) {
        expect(judged(role, [Uint8Array.of(first)], false)).toBeNull();
      }
    }
  });

  test("the verdict is the same when the second byte comes later", () => {
    for (let first = 0; first < 256; first += 1) {
      for (const second of [0x00, 0x7d, 0x7e, 0x7f, 0x80, 0xfd, 0xfe, 0xff]) {
        const cut = judged("server", [Uint8Array.of(first), Uint8Array.of(second)], false);
        expect([first, second, cut]).toEqual([
          first,
          second,
          ruleBroken("server", first, second, false),
        ]);
      }
    }
  });
});

describe("a length is judged as soon as it is there, before the masking key and the payload", () => {
  const NINES = [9, 9, 9, 9, 9, 9, 9, 9];
  for (const { bytes, kind, because } of [
    { bytes: [126, 0, 125], kind: "length-not-minimal", because: "125 in 16 bits" },
    { bytes: [126, 0, 126], kind: null, because: "126 in 16 bits" },
    {
      bytes: [127, 0, 0, 0, 0, 0, 0, 255, 255],
      kind: "length-not-minimal",
      because: "65,535 in 64",
    },
    { bytes: [127, 0, 0, 0, 0, 0, 1, 0, 0], kind: null, because: "65,536 in 64 bits" },
    { bytes: [127, 0, 0, 0, 0, 0, 0, 0, 0], kind: "length-not-minimal", because: "0 in 64 bits" },
    { bytes: [127, 0, 0, 0, 1, 0, 0, 0, 0], kind: "frame-too-large", because: "2^32" },
    { bytes: [127, 0, 31, ...NINES.slice(0, 6)], kind: "frame-too-large", because: "below 2^53" },
    { bytes: [127, 0, 32, 0, 0, 0, 0, 0, 0], kind: "length-unsafe", because: "2^53" },
    { bytes: [127, 127, ...NINES.slice(0, 7)], kind: "length-unsafe", because: "below 2^63" },
    { bytes: [127, 128, 0, 0, 0, 0, 0, 0, 0], kind: "length-top-bit-set", because: "2^63" },
  ]) {
    test(`${kind ?? "right"}: ${because}`, () => {
      for (const [role, mask] of [
        ["server", 0x80],
        ["client", 0],
      ] as const) {
        const header = Uint8Array.of(0x82, bytes[0]! | mask, ...bytes.slice(1));
        expect(judged(role, [header], false)).toBe(kind);
        expect(judged(role, [header.slice(0, -1)], false)).toBeNull();
        const singly = Array.from(header, (byte) => Uint8Array.of(byte));
        expect(judged(role, singly, false)).toBe(kind);
      }
    });
  }
});
