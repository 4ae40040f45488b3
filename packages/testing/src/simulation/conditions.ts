/** The conditions of a simulated connection: plain data, so that one line of text holds them and plays them again. */
import fc from "fast-check";

/** The ways in which a network goes wrong. */
export type NetworkFault =
  /** Both ends are told that the peer has ended its stream, and nothing more gets through in either direction. */
  | "cut"
  /** Both ends are told that the connection is gone. Bytes that were not read are lost. */
  | "reset"
  /** Nothing more gets through in this direction, and nobody is told. */
  | "stall"
  /** The receiver is told that the peer has ended its stream. The sender is not told, and its later bytes are lost. */
  | "half-close";

/** The conditions in one direction. */
export interface LineConditions {
  /** How long a piece is under way: ms from the first to the second number, at random. The bytes stay in order. */
  readonly delay: readonly [least: number, most: number];
  /** The most bytes of one piece, from 1 on. The length of each piece is random. */
  readonly piece: number;
  /** The most bytes that the line holds from the write to the read, from 1 on. A writer waits while the line is full. */
  readonly buffer: number;
  /** The fault of this direction, and the number of bytes that get through before the fault. null: no fault. */
  readonly fault: { readonly kind: NetworkFault; readonly behind: number } | null;
}

/** The conditions of one connection. */
export interface NetworkConditions {
  /** Decides every delay and every cut. */
  readonly seed: number;
  /** From the client to the server. */
  readonly toServer: LineConditions;
  /** From the server to the client. */
  readonly toClient: LineConditions;
}

/** No delay, no cut, room for everything: every byte arrives in the moment in which it is written. */
export const PERFECT_LINE: LineConditions = {
  delay: [0, 0],
  piece: Number.MAX_SAFE_INTEGER,
  buffer: Number.MAX_SAFE_INTEGER,
  fault: null,
};

/** @throws RangeError for conditions that no line can have. */
export function requireLineConditions(where: string, conditions: LineConditions): void {
  const { delay, piece, buffer, fault } = conditions;
  const isTime = (ms: unknown): boolean => Number.isFinite(ms) && (ms as number) >= 0;
  if (!Array.isArray(delay) || !delay.every(isTime) || !(delay[0]! <= delay[1]!)) {
    throw new RangeError(
      `${where}.delay is ${JSON.stringify(delay)}: give two numbers of ms, the smaller one first`,
    );
  }
  for (const [name, bytes] of [
    ["piece", piece],
    ["buffer", buffer],
  ] as const) {
    if (!Number.isSafeInteger(bytes) || bytes < 1) {
      throw new RangeError(
        `${where}.${name} is ${String(bytes)}: give a number of bytes, from 1 on`,
      );
    }
  }
  if (fault === null) return;
  const kinds: readonly unknown[] = FAULTS;
  if (typeof fault !== "object" || !kinds.includes(fault.kind)) {
    throw new RangeError(
      `${where}.fault has no kind that is known; known are ${FAULTS.join(", ")}`,
    );
  }
  if (!Number.isSafeInteger(fault.behind) || fault.behind < 0) {
    throw new RangeError(
      `${where}.fault.behind is ${String(fault.behind)}: give a number of bytes, from 0 on`,
    );
  }
}

const FAULTS: readonly NetworkFault[] = ["cut", "reset", "stall", "half-close"];

/** One direction of a network. Shrinks to a line without delay and without a fault. */
function lines(isFaulty: boolean): fc.Arbitrary<LineConditions> {
  const sizes = fc.oneof(
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 20 }) },
    { weight: 3, arbitrary: fc.integer({ min: 21, max: 5_000 }) },
    { weight: 3, arbitrary: fc.constant(70_000) },
  );
  const faults = fc.record({
    kind: fc.constantFrom(...FAULTS),
    behind: fc.oneof(fc.nat(40), fc.nat(2_000), fc.nat(100_000)),
  });
  return fc.record({
    delay: fc.tuple(fc.nat(40), fc.nat(40)).map(([least, more]) => [least, least + more] as const),
    piece: sizes,
    buffer: sizes,
    fault: isFaulty ? fc.option(faults, { freq: 2 }) : fc.constant(null),
  });
}

/**
 * Networks for laws. About half of the networks have a fault in some direction.
 * @param isFaulty default true; with false, every byte arrives in the end.
 */
export function networks(isFaulty: boolean = true): fc.Arbitrary<NetworkConditions> {
  return fc.record({
    seed: fc.nat(0x7fff_ffff),
    toServer: lines(isFaulty),
    toClient: lines(isFaulty),
  });
}
