/** The conditions of a simulated connection: plain data, so that one line of text holds them and plays them again. */
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
  const kinds: readonly unknown[] = NETWORK_FAULTS;
  if (typeof fault !== "object" || !kinds.includes(fault.kind)) {
    throw new RangeError(
      `${where}.fault has no kind that is known; known are ${NETWORK_FAULTS.join(", ")}`,
    );
  }
  if (!Number.isSafeInteger(fault.behind) || fault.behind < 0) {
    throw new RangeError(
      `${where}.fault.behind is ${String(fault.behind)}: give a number of bytes, from 0 on`,
    );
  }
}

/** All of them. */
export const NETWORK_FAULTS: readonly NetworkFault[] = ["cut", "reset", "stall", "half-close"];
