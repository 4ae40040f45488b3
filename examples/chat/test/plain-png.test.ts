import { deflateSync, inflateSync } from "node:zlib";
import { expect, test } from "vitest";
import { chunksOf, encodeChunk, withoutFilters } from "./plain-png.ts";

const WIDTH = 4;

/** Each filter has a row, with another above it. */
const ROWS = [0, 1, 2, 3, 4, 4, 1].map((filter, row) => ({
  filter,
  bytes: Array.from({ length: WIDTH * 3 }, (_, x) => (row * 71 + x * x * 37) & 0xff),
}));

function png(rows: Buffer, depth = 8): Buffer {
  const header = Buffer.from([0, 0, 0, WIDTH, 0, 0, 0, ROWS.length, depth, 2, 0, 0, 0]);
  return Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
    encodeChunk({ type: "IHDR", data: header }),
    encodeChunk({ type: "IDAT", data: deflateSync(rows) }),
    encodeChunk({ type: "IEND", data: Buffer.alloc(0) }),
  ]);
}

/** As the section on filters has it, from the bytes: what the reader has to undo. */
function filtered(row: number): number[] {
  const { filter, bytes } = ROWS[row]!;
  const above = ROWS[row - 1]?.bytes ?? bytes.map(() => 0);
  return bytes.map((byte, x) => {
    const [a, b, c] = [bytes[x - 3] ?? 0, above[x]!, above[x - 3] ?? 0];
    const nearest = [a, b, c].reduce((one, other) =>
      Math.abs(a + b - c - other) < Math.abs(a + b - c - one) ? other : one,
    );
    return (byte - [0, a, b, Math.floor((a + b) / 2), nearest][filter]!) & 0xff;
  });
}

test("a picture without its filters has the same pixels", () => {
  const rows = Buffer.from(ROWS.flatMap(({ filter }, row) => [filter, ...filtered(row)]));
  const plain = chunksOf(withoutFilters(png(rows)));
  expect(plain.map(({ type }) => type)).toEqual(["IHDR", "IDAT", "IEND"]);
  expect([...inflateSync(plain[1]!.data)]).toEqual(ROWS.flatMap(({ bytes }) => [0, ...bytes]));
});

test("a picture of another kind is refused", () => {
  expect(() => withoutFilters(png(Buffer.alloc(0), 16))).toThrow(
    "a PNG of depth 16, colour 2, interlace 0: 8, 2, 0 is read here only",
  );
});
