/** The options of permessage-deflate, checked and completed once for all connections. */

import { describeValue } from "../../bytes/describe-value.ts";
import { givenOptions } from "../../bytes/given-arguments.ts";
import { MisuseError } from "../../bytes/misuse-error.ts";
import { MAX_WINDOW_BITS, MIN_WINDOW_BITS } from "./deflate-parameters.ts";

export interface DeflateOptions {
  /**
   * Bytes: a shorter message goes out uncompressed, because DEFLATE gains little on short messages. The threshold counts
   * only where we compress each message by itself; with context takeover every message is compressed. Default 1,024.
   */
  readonly threshold?: number;
  /** 1, the fastest, to 9, the smallest. Default 3: half the CPU time of zlib's own default 6, for 4 to 9 % more bytes. */
  readonly level?: number;
  /**
   * Whether a message may refer to the messages before it (RFC 7692 §7.1.1), which costs memory for each connection: some
   * 220 to 290 KiB to send, some 50 to 65 KiB to receive. `true` and `false` mean both directions. Default on a client:
   * both. Default on a server: only `receive`; all connections share one compressor.
   */
  readonly contextTakeover?: boolean | { readonly send?: boolean; readonly receive?: boolean };
  /**
   * 8 to 15: the window has two to that power bytes (RFC 7692 §7.1.2). One number means both directions. Default 15. A server
   * with `receive` below 15 declines a client that cannot limit its window.
   */
  readonly windowBits?: number | { readonly send?: number; readonly receive?: number };
  /** 1 to 9: memory for the search for matches. Default 8, as zlib. */
  readonly memLevel?: number;
  /**
   * A message that has inflated to more than 64 KiB, and to more than this many times its compressed size, is refused with
   * 1009. DEFLATE itself cannot pass 1,032. Default Infinity: `limits.message` alone bounds a message.
   */
  readonly maxRatio?: number;
  /**
   * true: the connection keeps a copy of what its messages may refer to, so that it can move to another process at any time
   * (`snapshotEndpoint`). The copy takes up to 64 KiB for each direction with context takeover, and the compressed bytes of
   * the message that is coming in. Default false: such a connection moves only before its first compressed message, and
   * without takeover between two messages.
   */
  readonly movable?: boolean;
}

/** {@link DeflateOptions}, completed for one role. */
export interface DeflateSettings {
  readonly threshold: number;
  readonly level: number;
  readonly memLevel: number;
  readonly maxRatio: number;
  readonly movable: boolean;
  readonly sendTakeover: boolean;
  readonly receiveTakeover: boolean;
  readonly sendWindowBits: number;
  readonly receiveWindowBits: number;
}

const KNOWN_OPTIONS: readonly string[] = [
  "threshold",
  "level",
  "contextTakeover",
  "windowBits",
  "memLevel",
  "maxRatio",
  "movable",
];
const DIRECTIONS: readonly string[] = ["send", "receive"];

/**
 * @param sendsTakeover the role's default for `contextTakeover.send`.
 * @throws MisuseError for an option that is not known, or a value that is not possible.
 */
export function resolveDeflateOptions(
  options: DeflateOptions,
  sendsTakeover: boolean,
): DeflateSettings {
  const given = membersOf("perMessageDeflate", options, KNOWN_OPTIONS);
  const { contextTakeover, windowBits, movable = false } = given;
  if (typeof movable !== "boolean") {
    throw new MisuseError(
      `perMessageDeflate.movable is ${describeValue(movable)}: give true or false`,
    );
  }
  const takeover =
    typeof contextTakeover === "boolean"
      ? { send: contextTakeover, receive: contextTakeover }
      : membersOf("perMessageDeflate.contextTakeover", contextTakeover ?? {}, DIRECTIONS);
  for (const direction of ["send", "receive"] as const) {
    const value = takeover[direction];
    if (value === undefined || typeof value === "boolean") continue;
    throw new MisuseError(
      `perMessageDeflate.contextTakeover.${direction} is ${describeValue(value)}: give true or false`,
    );
  }
  const bits =
    typeof windowBits === "number"
      ? { send: windowBits, receive: windowBits }
      : membersOf("perMessageDeflate.windowBits", windowBits ?? {}, DIRECTIONS);
  return {
    threshold: number("threshold", given.threshold, 1_024, 0, Number.POSITIVE_INFINITY),
    level: integer("level", given.level, 3, 1, 9),
    memLevel: integer("memLevel", given.memLevel, 8, 1, 9),
    maxRatio: number(
      "maxRatio",
      given.maxRatio,
      Number.POSITIVE_INFINITY,
      1,
      Number.POSITIVE_INFINITY,
    ),
    movable,
    sendTakeover: takeover.send ?? sendsTakeover,
    receiveTakeover: takeover.receive ?? true,
    sendWindowBits: windowBitsOf("send", bits.send),
    receiveWindowBits: windowBitsOf("receive", bits.receive),
  };
}

function windowBitsOf(direction: string, value: number | undefined): number {
  return integer(
    `windowBits.${direction}`,
    value,
    MAX_WINDOW_BITS,
    MIN_WINDOW_BITS,
    MAX_WINDOW_BITS,
  );
}

/** The members of an object of options; see `givenOptions` for what counts as one. */
function membersOf<T extends object>(path: string, options: T, known: readonly string[]): T {
  const given = givenOptions(path, options);
  for (const name of Object.keys(given)) {
    if (known.includes(name)) continue;
    throw new MisuseError(`${path}.${name} is not known; known are ${known.join(", ")}`);
  }
  return given;
}

function number(
  name: string,
  value: number | undefined,
  preset: number,
  from: number,
  to: number,
): number {
  if (value === undefined) return preset;
  if (typeof value === "number" && value >= from && value <= to) return value;
  throw new MisuseError(
    `perMessageDeflate.${name} is ${describeValue(value)}: it must be a number from ${from} on`,
  );
}

function integer(
  name: string,
  value: number | undefined,
  preset: number,
  from: number,
  to: number,
): number {
  if (value === undefined) return preset;
  if (Number.isInteger(value) && value >= from && value <= to) return value;
  throw new MisuseError(
    `perMessageDeflate.${name} is ${describeValue(value)}: it must be a whole number from ${from} to ${to} (RFC 7692 §7.1)`,
  );
}
