/** A screenshot, written again without loss and a quarter smaller: letters on plain ground pack best unfiltered. */
import { crc32, deflateSync, inflateSync } from "node:zlib";

const SIGNATURE = 8;
/** Bytes of a pixel in Chromium's screenshots: 8 bits each of red, green and blue. */
const PIXEL = 3;

export function withoutFilters(png: Buffer): Buffer {
  const chunks = chunksOf(png);
  const header = chunks.find(({ type }) => type === "IHDR")!.data;
  const [depth, colour, , , interlace] = header.subarray(8);
  if (depth !== 8 || colour !== 2 || interlace !== 0) {
    throw new Error(
      `a PNG of depth ${depth}, colour ${colour}, interlace ${interlace}: 8, 2, 0 is read here only`,
    );
  }
  const packed = chunks.filter(({ type }) => type === "IDAT").map(({ data }) => data);
  const rows = inflateSync(Buffer.concat(packed));
  unfilter(rows, header.readUInt32BE(0) * PIXEL);
  const data = deflateSync(rows, { level: 9, memLevel: 9 });
  const ends = { type: "IEND", data: Buffer.alloc(0) };
  return Buffer.concat([
    png.subarray(0, SIGNATURE),
    ...[{ type: "IHDR", data: header }, { type: "IDAT", data }, ends].map(encodeChunk),
  ]);
}

export interface Chunk {
  readonly type: string;
  readonly data: Buffer;
}

export function chunksOf(png: Buffer): Chunk[] {
  const chunks: Chunk[] = [];
  for (let at = SIGNATURE; at < png.length; ) {
    const end = at + 8 + png.readUInt32BE(at);
    chunks.push({ type: png.toString("latin1", at + 4, at + 8), data: png.subarray(at + 8, end) });
    at = end + 4;
  }
  return chunks;
}

export function encodeChunk({ type, data }: Chunk): Buffer {
  const typed = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(typed));
  return Buffer.concat([length, typed, sum]);
}

/** In place. Each row is led by its filter: PNG, third edition, section 9. */
function unfilter(rows: Buffer, width: number): void {
  for (let row = 0; row < rows.length; row += width + 1) {
    const filter = rows[row]!;
    rows[row] = 0;
    for (let x = 1; x <= width; x += 1) {
      const at = row + x;
      const left = x > PIXEL ? rows[at - PIXEL]! : 0;
      const above = row > 0 ? rows[at - width - 1]! : 0;
      const corner = x > PIXEL && row > 0 ? rows[at - width - 1 - PIXEL]! : 0;
      const guesses = [0, left, above, (left + above) >> 1, paeth(left, above, corner)];
      rows[at] = rows[at]! + guesses[filter]!;
    }
  }
}

function paeth(left: number, above: number, corner: number): number {
  const guess = left + above - corner;
  const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - above), Math.abs(guess - corner)];
  if (a <= b && a <= c) return left;
  return b <= c ? above : corner;
}
