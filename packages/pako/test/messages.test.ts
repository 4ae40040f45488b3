/** What RFC 7692 §6 and §7.2 say of messages, through the whole engine, with every codec. */
import { constants, deflateRawSync } from "node:zlib";
import { Step } from "@sansocket/core";
import { joinBytes } from "@sansocket/testing";
import { describe, expect, test } from "vitest";
import {
  counting,
  feed,
  frame,
  type Opened,
  openServer,
  RSV1,
  takeOutput,
  turn,
} from "./endpoints.ts";
import { bytesOf, CODECS } from "./sessions.ts";

const HELLO = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];
const HELLO_AGAIN = [0xf2, 0x00, 0x11, 0x00, 0x00];
const HELLO_STORED = [0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00];
const HELLO_BFINAL = [0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00];
const HELLO_TWO_BLOCKS = [
  0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00,
];

function compressed(bytes: readonly number[] | Uint8Array, opcode = 1): Uint8Array {
  return frame({ rsv: RSV1, opcode, payload: Uint8Array.from(bytes) });
}

function begun(bytes: readonly number[]): Uint8Array {
  return frame({ fin: false, rsv: RSV1, payload: Uint8Array.from(bytes) });
}

function continued(bytes: readonly number[], fin = true): Uint8Array {
  return frame({ fin, opcode: 0, payload: Uint8Array.from(bytes) });
}

const ping = frame({ opcode: 9, payload: Uint8Array.of(9) });

/** zlib's own, without the last four bytes. */
function deflated(data: Uint8Array | string, options: object = {}): Uint8Array {
  const flushed = deflateRawSync(data, { finishFlush: constants.Z_SYNC_FLUSH, ...options });
  return new Uint8Array(flushed.subarray(0, -4));
}

interface Row {
  readonly what: string;
  readonly frames: readonly Uint8Array[];
  readonly told: readonly string[];
  readonly opened?: Opened;
  /** A codec without context agrees on no takeover, and so cannot be asked. */
  readonly needsContext?: true;
}

const LAWFUL: readonly Row[] = [
  { what: "a message in one frame", frames: [compressed(HELLO)], told: ["text Hello"] },
  {
    what: "a message cut into frames of one byte, with a Ping between any two",
    frames: HELLO.flatMap((byte, index) => [
      index === 0 ? begun([byte]) : continued([byte], index === HELLO.length - 1),
      ...(index === HELLO.length - 1 ? [] : [ping]),
    ]),
    told: [...HELLO.slice(1).map(() => "ping 9"), "text Hello"],
  },
  {
    what: "an empty first and an empty last fragment",
    frames: [begun([]), continued(HELLO, false), continued([])],
    told: ["text Hello"],
  },
  { what: "an empty message", frames: [compressed([0x00])], told: ["text "] },
  {
    what: "an empty message in two fragments",
    frames: [begun([]), continued([0x00])],
    told: ["text "],
  },
  {
    what: "blocks with BFINAL, alone, between others, and cut behind the block",
    frames: [
      compressed(HELLO_BFINAL),
      compressed(HELLO),
      begun(HELLO_BFINAL.slice(0, 7)),
      continued(HELLO_BFINAL.slice(7)),
      compressed(HELLO_BFINAL),
    ],
    told: ["text Hello", "text Hello", "text Hello", "text Hello"],
  },
  {
    what: "several blocks, stored and compressed",
    frames: [compressed(HELLO_TWO_BLOCKS), compressed(HELLO_STORED)],
    told: ["text Hello", "text Hello"],
  },
  {
    what: "plain messages between compressed ones, which the window does not see",
    frames: [
      compressed(HELLO),
      frame({ payload: bytesOf("plain") }),
      compressed(HELLO_AGAIN),
      frame({ opcode: 2, payload: new Uint8Array(3) }),
      compressed(HELLO_AGAIN),
    ],
    told: ["text Hello", "text plain", "text Hello", "binary of 3", "text Hello"],
    needsContext: true,
  },
  {
    what: "a window of 8 bits both ways",
    frames: [compressed(deflated("Hello ".repeat(500), { windowBits: 9 }), 2)],
    told: ["binary of 3000"],
    opened: { offer: "; server_max_window_bits=8; client_max_window_bits=8" },
  },
  {
    what: "a character that stands in two fragments",
    frames: [
      begun([...deflated(bytesOf("é").subarray(0, 1)), 0x00, 0x00, 0xff, 0xff]),
      continued([...deflated(bytesOf("é").subarray(1))]),
    ],
    told: ["text é"],
  },
];

const UNLAWFUL: readonly Row[] = [
  {
    what: "RSV1 on a continuation",
    frames: [begun(HELLO.slice(0, 3)), frame({ rsv: RSV1, opcode: 0 })],
    told: ["1002 reserved-bit-set"],
  },
  ...[8, 9, 10].map((opcode) => ({
    what: `RSV1 on the control frame 0x${opcode.toString(16)}`,
    frames: [compressed(HELLO), frame({ rsv: RSV1, opcode })],
    told: ["text Hello", "1002 reserved-bit-set"],
  })),
  ...[1, 2, 3, 5, 6, 7].map((rsv) => ({
    what: `the RSV bits ${rsv}`,
    frames: [frame({ rsv, payload: Uint8Array.from(HELLO) })],
    told: ["1002 reserved-bit-set"],
  })),
  {
    what: "a new message inside a compressed one",
    frames: [begun(HELLO), compressed(HELLO)],
    told: ["1002 continuation-missing"],
  },
  {
    what: "a continuation behind a compressed message",
    frames: [compressed(HELLO), continued([])],
    told: ["text Hello", "1002 continuation-unexpected"],
  },
  {
    what: "text that is no UTF-8 once inflated",
    frames: [compressed(deflated(Uint8Array.of(0x61, 0xff, 0x61)))],
    told: ["1007 text-not-utf8"],
  },
  {
    what: "text that ends inside a character once inflated",
    frames: [compressed(deflated(Uint8Array.of(0x61, 0xc3)))],
    told: ["1007 text-truncated"],
  },
  {
    what: "bytes that are no DEFLATE",
    frames: [compressed(HELLO), compressed([0xff, 0xff, 0xff])],
    told: ["text Hello", "1007 extension-data-corrupt"],
  },
  {
    what: "a compressed message without any byte",
    frames: [compressed([])],
    told: ["1007 extension-data-corrupt"],
  },
  {
    what: "a message that is cut off",
    frames: [compressed(HELLO.slice(0, 3))],
    told: ["1007 extension-data-corrupt"],
  },
  {
    what: "a reference to the message before where the peer agreed to make none",
    frames: [compressed(HELLO), compressed(HELLO_AGAIN)],
    told: ["text Hello", "1007 extension-data-corrupt"],
    opened: { offer: "; client_no_context_takeover" },
  },
  {
    what: "one byte more than the limit",
    frames: [
      compressed(deflated(new Uint8Array(3_000)), 2),
      compressed(deflated(new Uint8Array(3_001)), 2),
    ],
    told: ["binary of 3000", "1009 message-too-large"],
    opened: { connection: { limits: { message: 3_000 } } },
  },
  {
    what: "too much in fragments, each of which is small",
    frames: [
      frame({
        fin: false,
        rsv: RSV1,
        opcode: 2,
        payload: joinBytes([deflated(new Uint8Array(2_000)), Uint8Array.of(0, 0, 0xff, 0xff)]),
      }),
      continued([...deflated(new Uint8Array(2_000))]),
    ],
    told: ["1009 message-too-large"],
    opened: { connection: { limits: { message: 3_000 } } },
  },
  {
    what: "more growth than maxRatio allows",
    frames: [compressed(deflated(new Uint8Array(100_000)), 2)],
    told: ["1009 message-too-large"],
    opened: { options: { maxRatio: 50 } },
  },
];

describe.each(CODECS)("a server with %s", (_name, codec) => {
  for (const [verdict, rows] of [
    ["takes", LAWFUL],
    ["refuses", UNLAWFUL],
  ] as const) {
    for (const { what, frames, told, opened, needsContext } of rows) {
      if (needsContext && !codec.keepsContext) continue;
      test(`${verdict} ${what}, whole and byte by byte, and leaves no inflater behind`, () => {
        for (const size of [Number.POSITIVE_INFINITY, 1]) {
          const counted = counting(codec);
          const endpoint = openServer(counted, opened);
          expect(feed(endpoint, frames, size)).toEqual(told);
          endpoint.transportClosed(null, 0);
          turn(endpoint);
          // Without takeover an inflater goes back to the pool, which keeps it alive on purpose.
          const shared = opened?.offer?.includes("no_context") || !codec.keepsContext ? 1 : 0;
          expect(counted.inflaters).toBeLessThanOrEqual(shared);
          expect(counted.deflaters).toBe(0);
        }
      });
    }
  }

  test("with `pieces` inflates at most 1 KiB of input per step, and nothing while nobody pulls", () => {
    if (!codec.keepsContext) return;
    const counted = counting(codec);
    const endpoint = openServer(counted, {
      connection: { pieces: true, limits: { message: 100_000_000 } },
    });
    turn(endpoint);
    const message = compressed(deflated(new Uint8Array(20_000_000)), 2);
    endpoint.receive(message, 0);
    let before = 0;
    let delivered = 0;
    for (let step = endpoint.next(); step !== Step.Idle; step = endpoint.next()) {
      expect(step).toBe(Step.Binary);
      expect(counted.inflated - before).toBeLessThanOrEqual(1_024 * 1_032);
      before = counted.inflated;
      delivered += endpoint.end - endpoint.start;
      // Nothing is inflated ahead of what was delivered.
      expect(delivered).toBe(counted.inflated);
    }
    expect(delivered).toBe(20_000_000);
  });
});

describe.each(CODECS)("with %s a server's message", (_name, codec) => {
  /** FIN, RSV and opcode, and the length, of each frame. */
  function framesOf(bytes: Uint8Array): { first: number; payload: Uint8Array }[] {
    const frames: { first: number; payload: Uint8Array }[] = [];
    for (let at = 0; at < bytes.length; ) {
      const first = bytes[at]!;
      const short = bytes[at + 1]!;
      const length = short < 126 ? short : bytes[at + 2]! * 256 + bytes[at + 3]!;
      const start = at + (short < 126 ? 2 : 4);
      frames.push({ first, payload: bytes.slice(start, start + length) });
      at = start + length;
    }
    return frames;
  }

  test("in fragments has RSV1 on its first frame only, and control frames between have none", () => {
    const endpoint = openServer(codec);
    turn(endpoint);
    endpoint.startMessage("text");
    endpoint.sendFragment("Hel", false);
    endpoint.ping(Uint8Array.of(1), 0);
    endpoint.sendFragment("", false);
    endpoint.sendFragment("lo", false);
    endpoint.sendFragment("", true);
    const frames = framesOf(takeOutput(endpoint));
    expect(frames.map(({ first }) => first)).toEqual([0x41, 0x89, 0x00, 0x00, 0x80]);
    // §7.2.1: nothing comes out of an empty fragment; and the last one is the one byte of §7.2.3.6.
    expect([...frames[2]!.payload]).toEqual([]);
    expect([...frames[4]!.payload]).toEqual([0x00]);
    endpoint.abort(0);
    turn(endpoint);
  });

  test.each<[string, string, boolean, number]>([
    ["below the threshold goes out as it is", "short", true, 0x81],
    ["at the threshold is compressed", "x".repeat(1_024), true, 0xc1],
    ["with compress: false goes out as it is", "x".repeat(2_000), false, 0x81],
    ["without any byte goes out as it is", "", true, 0x81],
  ])("%s", (_what, text, compress, first) => {
    const endpoint = openServer(codec);
    turn(endpoint);
    endpoint.sendText(text, compress);
    expect(framesOf(takeOutput(endpoint))[0]!.first).toBe(first);
    endpoint.abort(0);
    turn(endpoint);
  });
});

describe.each(CODECS)("a message of the largest size, with %s", (_name, codec) => {
  test("may be one frame, although DEFLATE makes it longer", () => {
    const largest = 16_777_216;
    const message = deflated(Buffer.alloc(largest), { level: 0 });
    expect(message.length).toBeGreaterThan(largest);
    const endpoint = openServer(codec);
    expect(feed(endpoint, [compressed(message, 2)], 65_536)).toEqual([`binary of ${largest}`]);
  });
});
