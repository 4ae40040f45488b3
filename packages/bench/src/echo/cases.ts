/** The traffic of a case: the number of connections, the messages under way on each, and the bytes of a message. */

export interface EchoCase {
  readonly name: string;
  readonly connections: number;
  /** Messages of a connection that are under way. */
  readonly inFlight: number;
  /**
   * "each": for every echo that comes another message leaves. "bursts": the next leave together, when all are back.
   * "broadcast": one connection sends a message, the server sends it to all, and the next leaves when all have it.
   */
  readonly exchange: "each" | "bursts" | "broadcast";
  readonly payloadBytes: number;
  readonly isText: boolean;
  /** The application answers in an async function that awaits one promise, as one that asks a cache or a session does. */
  readonly isAsync: boolean;
  /**
   * MB of objects that the application holds. A garbage collector that counts the memory of messages looks through all of them,
   * so a server that does nothing but echo is cheaper than any application.
   */
  readonly heldObjects: number;
  /** The rows of section "Targets" that this case is about: against the peer, and against the raw echo. */
  readonly id: string | null;
  readonly rawId: string | null;
  /** On Node `id` is about `ws` with bufferutil, which is what large messages are about. */
  readonly isAgainstBufferutil: boolean;
}

const KIB = 1024;
const MIB = 1024 * KIB;

function echo(
  connections: number,
  inFlight: number,
  payloadBytes: number,
  more: Partial<EchoCase> = {},
): EchoCase {
  const size =
    payloadBytes >= MIB
      ? `${payloadBytes / MIB}MiB`
      : payloadBytes >= KIB
        ? `${payloadBytes / KIB}KiB`
        : String(payloadBytes);
  return {
    name: `${connections}x${inFlight}x${size}${more.isText === true ? "-text" : ""}`,
    connections,
    inFlight,
    exchange: "each",
    payloadBytes,
    isText: false,
    isAsync: false,
    heldObjects: 0,
    id: null,
    rawId: null,
    isAgainstBufferutil: false,
    ...more,
  };
}

export const CASES: readonly EchoCase[] = [
  echo(100, 1, 64, { id: "N1'", rawId: "N1" }),
  echo(100, 16, 64, { id: "N2" }),
  echo(100, 16, 64, { name: "100x16x64-bursts", exchange: "bursts" }),
  echo(100, 16, 64, { name: "100x16x64-async", isAsync: true }),
  echo(8, 1, 64 * KIB, { id: "N3", isAgainstBufferutil: true }),
  echo(1, 1, MIB, { id: "N4", isAgainstBufferutil: true }),
  echo(8, 1, 64 * KIB, { name: "8x1x64KiB-objects", heldObjects: 40, isAgainstBufferutil: true }),
  echo(1, 1, MIB, { name: "1x1x1MiB-objects", heldObjects: 40, isAgainstBufferutil: true }),
  echo(100, 1, 64, { isText: true }),
  echo(100, 16, 64, { isText: true }),
  echo(8, 1, 64 * KIB, { isText: true }),
  echo(1, 1, MIB, { isText: true }),
];

export const BROADCAST: EchoCase = echo(1_000, 1, KIB, {
  name: "1000x1KiB",
  exchange: "broadcast",
  id: "N5",
});

/** Not for throughput: what a connection exchanges before its memory is measured, or when it was opened. */
export const SMALL: EchoCase = echo(1, 1, 64, { name: "small" });

/** Not for throughput: what a server keeps behind the largest messages that the defaults allow. */
export const LARGEST: EchoCase = echo(20, 1, 16 * MIB, { name: "largest" });

export function caseNamed(name: string): EchoCase {
  const found = [...CASES, BROADCAST, SMALL, LARGEST].find((one) => one.name === name);
  if (found !== undefined) return found;
  throw new Error(`no case ${name}; there are ${CASES.map((one) => one.name).join(", ")}`);
}
