/** Messages whose echo is counted in bytes of heap, through a server of Node's adapter on a transport that does nothing. */
export interface HeapCase {
  readonly name: string;
  readonly payloadBytes: number;
  readonly isText: boolean;
  readonly lend: boolean;
  /** So few, that V8 sees no reason to collect anything meanwhile; {@link HEAP_FLAGS} has the young generation for it. */
  readonly messages: number;
}

export const HEAP_CASES: readonly HeapCase[] = [
  { name: "64 B", payloadBytes: 64, isText: false, lend: false, messages: 20_000 },
  { name: "64 B, lend", payloadBytes: 64, isText: false, lend: true, messages: 20_000 },
  { name: "64 B of text", payloadBytes: 64, isText: true, lend: false, messages: 20_000 },
  { name: "64 KiB", payloadBytes: 65_536, isText: false, lend: false, messages: 50 },
  { name: "64 KiB, lend", payloadBytes: 65_536, isText: false, lend: true, messages: 50 },
  { name: "1 MiB", payloadBytes: 1_048_576, isText: false, lend: false, messages: 6 },
  { name: "1 MiB, lend", payloadBytes: 1_048_576, isText: false, lend: true, messages: 6 },
];

export const HEAP_FLAGS: readonly string[] = [
  "--expose-gc",
  "--min-semi-space-size=64",
  "--max-semi-space-size=64",
];
