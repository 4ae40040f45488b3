/** Every codec against every other, and against Python's zlib: RFC 7692 §7.2 for any messages, fragments and parameters. */
import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  bytesOf,
  CODECS,
  decodeMessage,
  encodeMessage,
  serverSession,
  sessionPair,
} from "./sessions.ts";

const PAIRS = CODECS.flatMap(([one, clientCodec]) =>
  CODECS.map(([other, serverCodec]) => ({
    title: `${one} and ${other}`,
    clientCodec,
    serverCodec,
  })),
);

/** Bytes that compress well, badly, and by reference to what came before. */
function payloads(): fc.Arbitrary<Uint8Array> {
  return fc.oneof(
    { weight: 3, arbitrary: fc.uint8Array({ maxLength: 400 }) },
    { weight: 3, arbitrary: fc.lorem({ maxCount: 40 }).map(bytesOf) },
    {
      weight: 2,
      arbitrary: fc
        .tuple(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.integer({ min: 1, max: 3_000 }))
        .map(([unit, count]) =>
          Uint8Array.from({ length: unit.length * count }, (_, at) => unit[at % unit.length]!),
        ),
    },
  );
}

/** Lengths that sum up to that of the payload, with empty ones between. */
function cutAt(payload: Uint8Array, places: readonly number[]): Uint8Array[] {
  const ends = places
    .map((place) => place % (payload.length + 1))
    .sort((one, other) => one - other);
  return [...ends, payload.length].map((end, index) => payload.subarray(ends[index - 1] ?? 0, end));
}

const windowBits = fc.integer({ min: 8, max: 15 });
const options = fc.record({
  level: fc.integer({ min: 1, max: 9 }),
  memLevel: fc.integer({ min: 1, max: 9 }),
  contextTakeover: fc.record({ send: fc.boolean(), receive: fc.boolean() }),
  windowBits: fc.record({ send: windowBits, receive: windowBits }),
  threshold: fc.constant(0),
});
const places = fc.array(fc.nat({ max: 200_000 }), { maxLength: 4 });
const messages = fc.array(fc.record({ payload: payloads(), fragments: places, pieces: places }), {
  minLength: 1,
  maxLength: 5,
});

describe.each(PAIRS)("$title", ({ clientCodec, serverCodec }) => {
  test("understand each other, whatever is agreed on, fragmented and cut", () => {
    fc.assert(
      fc.property(options, options, messages, (client, server, program) => {
        const pair = sessionPair(clientCodec, serverCodec, { client, server });
        for (const [from, to] of [
          [pair.client, pair.server],
          [pair.server, pair.client],
        ] as const) {
          for (const { payload, fragments, pieces } of program) {
            const wire = encodeMessage(from, cutAt(payload, fragments));
            const stream = new Uint8Array(Buffer.concat(wire));
            const decoded = decodeMessage(to, cutAt(stream, pieces), payload.length);
            expect(decoded.verdict).toBe("ok");
            expect(Buffer.compare(decoded.bytes, payload)).toBe(0);
          }
        }
        pair.dispose();
      }),
      { numRuns: 60 },
    );
  });
});

/** Inflates messages with Python's zlib and a window of its own, and prints what came out. */
const PYTHON = `
import base64, json, sys, zlib
for line in sys.stdin:
    job = json.loads(line)
    inflater = zlib.decompressobj(-job["bits"])
    out = [base64.b64encode(inflater.decompress(base64.b64decode(m) + b"\\x00\\x00\\xff\\xff")).decode() for m in job["messages"]]
    deflater = zlib.compressobj(6, zlib.DEFLATED, -max(9, job["bits"]))
    back = []
    for m in out:
        back.append(base64.b64encode((deflater.compress(base64.b64decode(m)) + deflater.flush(zlib.Z_SYNC_FLUSH))[:-4]).decode())
    print(json.dumps({"out": out, "back": back}))
`;
const python = spawnSync("python3", ["-c", "import zlib"]);

describe.each(CODECS.filter(([, codec]) => codec.keepsContext))(
  "%s and Python's zlib",
  (_name, codec) => {
    // Python, and zlib below it, take no window of 8 bits for raw DEFLATE.
    test.for([9, 10, 12, 15])("understand each other with a window of %i bits", (bits, context) => {
      if (python.status !== 0) context.skip("no python3 here to compare with");
      const texts = Array.from({ length: 40 }, (_, index) =>
        bytesOf(
          JSON.stringify({
            index,
            user: `user ${index % 7}`,
            text: "hello ".repeat(index * index),
          }),
        ),
      );
      const session = serverSession(
        codec,
        `; server_max_window_bits=${bits}; client_max_window_bits=${bits}`,
      );
      const wire = texts.map((text) => encodeMessage(session, [text])[0]!);
      const run = spawnSync("python3", ["-c", PYTHON], {
        input: `${JSON.stringify({ bits, messages: wire.map((message) => Buffer.from(message).toString("base64")) })}\n`,
        maxBuffer: 64 * 1_048_576,
      });
      const { out, back } = JSON.parse(run.stdout.toString()) as { out: string[]; back: string[] };
      expect(out).toEqual(texts.map((text) => Buffer.from(text).toString("base64")));
      const inflated = back.map((message) =>
        decodeMessage(session, [new Uint8Array(Buffer.from(message, "base64"))]),
      );
      expect(inflated.map(({ bytes }) => Buffer.from(bytes).toString("base64"))).toEqual(out);
      session.dispose();
    });
  },
);
