/** The input of the engine: frames of one size, in chunks of one size. */

export type Content = "binary" | "ascii" | "mixed" | "cjk";

export interface EngineCase {
  readonly name: string;
  readonly content: Content;
  readonly payloadBytes: number;
  readonly isEcho: boolean;
  /** 0: one frame per chunk. */
  readonly chunkBytes: number;
  /** How much is measured at once. */
  readonly streamBytes: number;
  /** The rows of the targets: against `ws`, and against `ws` with bufferutil. */
  readonly id: string | null;
  readonly bufferutilId: string | null;
}

const KIB = 1_024;
const MIB = 1_024 * KIB;
/** Small enough to stay in a cache, as what a kernel has just copied does; and enough of the large frames. */
const STREAM_BYTES = 2 * MIB;
const LARGE_STREAM_BYTES = 8 * MIB;
/** Of chunks that hold one frame: each is an array of its own, and 30,000 arrays do not stay in a cache. */
const SINGLE_STREAM_BYTES = 64 * KIB;
const CHUNK_BYTES = 64 * KIB;

function sizeName(bytes: number): string {
  if (bytes >= MIB) return `${bytes / MIB}Mi`;
  return bytes >= KIB ? `${bytes / KIB}Ki` : String(bytes);
}

function inward(payloadBytes: number, more: Partial<EngineCase> = {}): EngineCase {
  const content = more.content ?? "binary";
  const direction = more.isEcho === true ? "echo" : "in";
  return {
    name: `${direction}/${content}/${sizeName(payloadBytes)}`,
    content,
    payloadBytes,
    isEcho: false,
    chunkBytes: CHUNK_BYTES,
    streamBytes: payloadBytes >= 16 * KIB ? LARGE_STREAM_BYTES : STREAM_BYTES,
    id: null,
    bufferutilId: null,
    ...more,
  };
}

const SIZES: readonly number[] = [0, 16, 125, 126, KIB, 16 * KIB, 64 * KIB, MIB];

const IDS: Readonly<Record<number, Partial<EngineCase>>> = {
  16: { id: "E1" },
  [KIB]: { id: "E4", bufferutilId: "E4b" },
  [64 * KIB]: { bufferutilId: "E5" },
  [MIB]: { bufferutilId: "E5b" },
};

/** A byte at a time costs a call each, so there are fewer of them. */
const CHUNKS: readonly (readonly [chunkBytes: number, streamBytes: number])[] = [
  [1, 64 * KIB],
  [64, 512 * KIB],
  [KIB, STREAM_BYTES],
  [512 * KIB, STREAM_BYTES],
];

const TEXT_SIZES: Readonly<Record<Exclude<Content, "binary">, readonly number[]>> = {
  ascii: [16, 125, KIB, 64 * KIB, MIB],
  mixed: [16, KIB, 64 * KIB],
  cjk: [16, KIB, 64 * KIB],
};

export const CASES: readonly EngineCase[] = [
  ...SIZES.map((size) => inward(size, IDS[size])),
  ...SIZES.map((size) => inward(size, { isEcho: true, id: size === 16 ? "E2" : null })),
  inward(64, {
    name: "single/64",
    isEcho: true,
    chunkBytes: 0,
    streamBytes: SINGLE_STREAM_BYTES,
    id: "E3",
  }),
  ...CHUNKS.map(([chunkBytes, streamBytes]) =>
    inward(125, { name: `in/binary/125/chunks-${sizeName(chunkBytes)}`, chunkBytes, streamBytes }),
  ),
  ...(["ascii", "mixed", "cjk"] as const).flatMap((content) =>
    TEXT_SIZES[content].map((size) =>
      inward(size, { content, id: content === "ascii" && size === 16 ? "E6" : null }),
    ),
  ),
];

export function caseNamed(name: string): EngineCase {
  const found = CASES.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no case ${name}`);
  return found;
}
