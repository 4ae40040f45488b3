/** The reader of frames and the hex dump, on frames that are right, wrong and broken off. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  decodeText,
  dumpFrames,
  encodeFrame,
  encodeText,
  everyByte,
  fromHex,
  joinBytes,
  readFrames,
  readUtf8,
  type WireFrame,
  wildStreams,
} from "../../src/index.ts";

const frame = (opcode: number, text: string, more: Partial<WireFrame> = {}): Uint8Array =>
  encodeFrame({ fin: true, rsv: 0, opcode, payload: encodeText(text), key: null, ...more });

test("what encodeFrame writes, readFrames reads", () => {
  const frames = fc.array(
    fc.record({
      fin: fc.boolean(),
      rsv: fc.nat({ max: 7 }),
      opcode: fc.nat({ max: 15 }),
      payload: fc.oneof(
        fc.uint8Array({ maxLength: 20 }),
        fc.constantFrom(125, 126, 127).map((length) => new Uint8Array(length).fill(7)),
      ),
      key: fc.option(fc.uint8Array({ minLength: 4, maxLength: 4 })),
    }),
    { maxLength: 4 },
  );
  fc.assert(
    fc.property(frames, (some) => {
      const read = readFrames(joinBytes(some.map(encodeFrame)));
      expect(
        read.map(({ fin, rsv, opcode, payload, key }) => ({ fin, rsv, opcode, payload, key })),
      ).toEqual(some);
      expect(read.every(({ isWhole }) => isWhole)).toBe(true);
    }),
  );
});

test.each([65_535, 65_536])("a frame of %i bytes is read", (length) => {
  const key = fromHex("01020304");
  const bytes = encodeFrame({ fin: true, rsv: 0, opcode: 2, payload: new Uint8Array(length), key });
  expect(readFrames(bytes)).toMatchObject([{ length, isWhole: true }]);
  expect(readFrames(bytes)[0]!.payload.every((byte) => byte === 0)).toBe(true);
});

test("the frames of any bytes lie end to end, and only the last breaks off", () => {
  fc.assert(
    fc.property(wildStreams(), (bytes) => {
      let at = 0;
      const frames = readFrames(bytes);
      for (const [index, { start, end, isWhole }] of frames.entries()) {
        expect(start).toBe(at);
        expect(end).toBeGreaterThan(start);
        if (index < frames.length - 1) expect(isWhole).toBe(true);
        at = end;
      }
      expect(at).toBe(bytes.length);
    }),
  );
});

test.each([
  ["81", { isMasked: null, length: null, payloadStart: null }],
  ["81fe00", { isMasked: true, lengthBytes: 2, length: null, payloadStart: null }],
  ["81fe0080aabb", { length: 128, key: null, payloadStart: null }],
  ["8204aabb", { length: 4, payloadStart: 2, payload: fromHex("aabb"), isWhole: false }],
  ["82ff8000000000000000", { lengthBytes: 8, length: 2 ** 63, payloadStart: null }],
])("of %s, which breaks off, the reader tells what arrived", (hex, expected) => {
  const [read] = readFrames(fromHex(hex));
  expect(read).toMatchObject({ ...expected, isWhole: false });
});

describe("a hex dump", () => {
  const key = fromHex("37fa213d");

  test.each([
    [
      "a masked text",
      frame(1, "Hello", { key }),
      `0000  81 85 37 fa 21 3d         Text, FIN, masked, 5 bytes
0006  7f 9f 4d 51 58            = 48 65 6c 6c 6f "Hello"`,
    ],
    [
      "a Close and a reserved opcode behind it",
      joinBytes([frame(8, "\u0003\u0070x"), frame(3, "", { rsv: 6 })]),
      `0000  88 03                     Close, FIN, not masked, 3 bytes
0002  03 70 78                  code 880 "x"
0005  e3 00                     opcode 3 (reserved), FIN, RSV1, RSV2, not masked, 0 bytes`,
    ],
    [
      "a text that is not UTF-8 and breaks off",
      fromHex("0104fffe"),
      `0000  01 04                     Text, more follows, not masked, 4 bytes, breaks off after 2
0002  ff fe                     (not UTF-8)`,
    ],
  ])("shows %s", (_, bytes, expected) => {
    expect(dumpFrames(bytes)).toBe(expected);
  });

  test("shows the cuts, and points at a byte", () => {
    const bytes = frame(1, "abc");
    expect(dumpFrames(bytes, { cutting: [1, 3], mark: { offset: 3, text: "here" } })).toBe(
      `0000  81 |03                    Text, FIN, not masked, 3 bytes
0002  61 |62 63                 "abc"
      ^ byte 3: here
cut at 1, 3: 3 chunks, a | begins each`,
    );
    expect(dumpFrames(bytes, { cutting: everyByte(5) })).toMatch(
      /cut behind every byte: 5 chunks$/,
    );
  });

  test("shows long payloads in part", () => {
    const dump = dumpFrames(frame(2, "x".repeat(300)));
    expect(dump).toContain("300 bytes, length in 16 bits");
    expect(dump.length).toBeLessThan(250);
  });

  test("takes any bytes", () => {
    expect(dumpFrames(new Uint8Array(0))).toBe("(no bytes)");
    fc.assert(fc.property(fc.uint8Array(), (bytes) => typeof dumpFrames(bytes) === "string"));
  });
});

describe("UTF-8", () => {
  const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

  test("is judged as the runtime's own decoder judges it", () => {
    const likely = fc.array(
      fc.constantFrom(0x41, 0x7f, 0x80, 0xbf, 0xc2, 0xe0, 0xa0, 0xed, 0x9f, 0xf0, 0x90, 0xf4, 0xff),
      { maxLength: 6 },
    );
    fc.assert(
      fc.property(likely, (numbers) => {
        const bytes = Uint8Array.from(numbers);
        let text: string | null = null;
        try {
          text = strict.decode(bytes);
        } catch {
          // stays null
        }
        expect(decodeText(bytes)).toBe(text);
      }),
      { numRuns: 5000 },
    );
  });

  test.each([
    ["61c3a9", null, null],
    ["61ff", 1, null],
    ["e28261", 2, null],
    ["61f09f98", null, 1],
    ["eda080", 1, null],
    ["f490", 1, null],
    ["c0af", 0, null],
  ])("%s is bad at %s and open at %s", (hex, badAt, openAt) => {
    expect(readUtf8(fromHex(hex))).toEqual({ badAt, openAt });
  });
});
