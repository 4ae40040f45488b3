/**
 * The law of restoring: any bytes at all give an endpoint or a `SnapshotError`. No other exception, no loop, and no memory
 * that the snapshot does not fill; an endpoint that was made from such bytes keeps the laws of totality, too.
 *
 * The inputs are snapshots of endpoints in many states, damaged at random and sealed again, because almost no random bytes
 * would pass the check sum. A million inputs take a minute or two, so the law draws them itself and does not shrink them: the
 * error shows the seed and the input.
 */
import {
  type ConnectionOptions,
  type Endpoint,
  MisuseError,
  openEndpoint,
  Step,
} from "@sansocket/core";
import { restoreEndpoint, SnapshotError, snapshotEndpoint } from "@sansocket/core/snapshot";
import { type AgreedExtensions, agreementOf } from "../engine/agreed-extensions.ts";
import { SeededRandom } from "../simulation/seeded-random.ts";
import { joinBytes, toHex } from "../wire/bytes.ts";
import { encodeFrame } from "../wire/frame.ts";

/** How {@link restoreLaw} is tried. */
export interface RestoreLawOptions {
  /** How many damaged snapshots are restored. Default 10,000. */
  readonly runs?: number;
  /** The inputs follow from this number alone. Default 1. */
  readonly seed?: number;
  /** The extensions that the connections agreed on. Default: no extension. */
  readonly extensions?: AgreedExtensions;
}

/** The counts of {@link restoreLaw}, for people to read. */
export interface RestoreLawReport {
  /** How many damaged snapshots were restored. */
  readonly runs: number;
  /** Inputs that gave an endpoint. */
  readonly restored: number;
  /** Inputs that gave a `SnapshotError`, by its `fault`. */
  readonly refused: Readonly<Record<string, number>>;
}

type Random = (below: number) => number;

/** Throws with the input that breaks the law, and the seed that finds the input again. */
export function restoreLaw(options: RestoreLawOptions = {}): RestoreLawReport {
  const { runs = 10_000, seed = 1, extensions } = options;
  for (const [name, value, least] of [
    ["runs", runs, 1],
    ["seed", seed, 0],
  ] as const) {
    if (!Number.isSafeInteger(value) || value < least) {
      throw new RangeError(`${name} is ${String(value)}: give a whole number from ${least} on`);
    }
  }
  const source = new SeededRandom(seed);
  const random: Random = (below) => source.below(below);
  const worlds = [true, false].flatMap((pieces) =>
    (["server", "client"] as const).map((role) => world(role, pieces, extensions, random)),
  );
  const refused: Record<string, number> = {};
  let restored = 0;
  for (let run = 0; run < runs; run += 1) {
    const { settings, snapshots } = worlds[random(worlds.length)]!;
    const input = damaged(snapshots, random);
    try {
      const endpoint = restoreEndpoint(input, settings, 1_000);
      restored += 1;
      requireBoundedMemory(endpoint, input.length);
      exercise(endpoint, random);
    } catch (error) {
      if (error instanceof SnapshotError) {
        refused[error.fault] = (refused[error.fault] ?? 0) + 1;
        continue;
      }
      throw new Error(
        `restoreLaw with seed ${seed} fails in run ${run} of the input ${toHex(input)}: ${String(error)}`,
        { cause: error },
      );
    }
  }
  return { runs, restored, refused };
}

interface World {
  readonly settings: ConnectionOptions;
  readonly snapshots: readonly Uint8Array[];
}

const SNAPSHOTS = 60;

/** Snapshots of endpoints of one kind, each in the middle of something. */
function world(
  role: "server" | "client",
  pieces: boolean,
  extensions: AgreedExtensions | undefined,
  random: Random,
): World {
  const settings: ConnectionOptions = {
    host: { random: (into) => void into.fill(0x5a) },
    pieces,
    limits: { message: 5_000 },
    extensions: extensions?.[role]() ?? [],
  };
  const snapshots: Uint8Array[] = [];
  while (snapshots.length < SNAPSHOTS) {
    const agreed = extensions === undefined ? {} : { agreement: agreementOf(role, extensions) };
    const endpoint = openEndpoint(role, agreed, settings, 500);
    for (let act = random(12); act > 0; act -= 1) step(endpoint, role, random);
    try {
      snapshots.push(snapshotEndpoint(endpoint, 900));
    } catch (error) {
      if (!(error instanceof SnapshotError)) throw error;
    }
    endpoint.abort(900);
  }
  return { settings, snapshots };
}

function randomBytes(length: number, random: Random): Uint8Array {
  return Uint8Array.from({ length }, () => random(256));
}

/** One thing that happens to an endpoint: mostly what peers do, and sometimes what no peer should. */
function step(endpoint: Endpoint, role: "server" | "client", random: Random): void {
  const key = role === "server" ? randomBytes(4, random) : null;
  const payload = randomBytes(random(40), random);
  const opcode = [0, 1, 2, 2, 8, 9, 10][random(7)]!;
  const fin = opcode >= 8 || random(2) === 0;
  const frame = encodeFrame({ fin, rsv: random(20) === 0 ? 4 : 0, opcode, payload, key });
  switch (random(8)) {
    case 0:
      endpoint.receive(frame.subarray(0, random(frame.length)), 700);
      break;
    case 1:
      command(() => endpoint.sendText("text"));
      break;
    case 2:
      command(() => endpoint.startMessage("text"));
      command(() => endpoint.sendFragment("\ud83d", false));
      break;
    case 3:
      endpoint.ping(payload, 700);
      break;
    case 4:
      if (random(4) === 0) endpoint.close(1000, "bye", 700);
      break;
    case 5:
      endpoint.handleTimeout(Math.min(endpoint.deadline, 100_000));
      break;
    default:
      endpoint.receive(frame, 700);
  }
  if (random(3) > 0) pull(endpoint);
  if (random(3) > 0 && endpoint.transmit(800) !== null) endpoint.sent(800);
}

/** A mistake of the caller is no fault of the endpoint. */
function command(run: () => void): void {
  try {
    run();
  } catch (error) {
    if (!(error instanceof MisuseError)) throw error;
  }
}

/** More steps than the bytes of any input here can lead to. */
const MOST_STEPS = 100_000;

function pull(endpoint: Endpoint): void {
  for (let steps = 0; ; steps += 1) {
    if (steps === MOST_STEPS) throw new Error("next() never answers Idle");
    const told = endpoint.next();
    if (told === Step.Idle) return;
    if (told === Step.Text && !endpoint.deliversPieces) void endpoint.text.length;
    endpoint.chunk.subarray(endpoint.start, endpoint.end);
  }
}

/** Brings a restored endpoint to its end, as a host does. */
function exercise(endpoint: Endpoint, random: Random): void {
  let now = 1_000;
  for (let act = random(4); act > 0; act -= 1) step(endpoint, endpoint.role, random);
  pull(endpoint);
  if (endpoint.transmit(now) !== null) endpoint.sent(now);
  endpoint.endOfStream(now);
  for (let count = 0; endpoint.ended === null; count += 1) {
    if (count === 200) throw new Error("200 timeouts, and no end");
    pull(endpoint);
    while (endpoint.transmit(now) !== null) endpoint.sent(now);
    if (endpoint.ended !== null) break;
    if (endpoint.deadline === Number.POSITIVE_INFINITY) {
      endpoint.transportClosed(null, now);
      continue;
    }
    now = Math.max(now, endpoint.deadline);
    endpoint.handleTimeout(now);
  }
  pull(endpoint);
}

function requireBoundedMemory(endpoint: Endpoint, length: number): void {
  const held = endpoint.unsent + endpoint.unread;
  if (held > length) throw new Error(`${held} bytes came out of a snapshot of ${length}`);
}

/** A snapshot with one to four kinds of damage; most get a right check sum again. */
function damaged(snapshots: readonly Uint8Array[], random: Random): Uint8Array {
  let bytes: Uint8Array = snapshots[random(snapshots.length)]!.slice();
  for (let count = 1 + random(4); count > 0; count -= 1) {
    bytes = damage(bytes, snapshots[random(snapshots.length)]!, random);
  }
  return random(10) === 0 ? bytes : sealed(bytes);
}

const TELLING = [0, 1, 2, 3, 4, 7, 8, 0x7f, 0x80, 0x81, 0xfe, 0xff];

function damage(bytes: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
  const at = random(bytes.length + 1);
  const length = random(20);
  switch (random(7)) {
    case 0:
      if (at < bytes.length) bytes[at]! ^= 1 << random(8);
      return bytes;
    case 1:
      return joinBytes([bytes.subarray(0, at), bytes.subarray(at + length)]);
    case 2:
      return joinBytes([bytes.subarray(0, at), randomBytes(length, random), bytes.subarray(at)]);
    case 3:
      return joinBytes([bytes.subarray(0, at), other.subarray(at)]);
    case 4:
      return bytes.slice(0, at);
    default:
      if (at < bytes.length) bytes[at] = TELLING[random(TELLING.length)]!;
      return bytes;
  }
}

/** The check sum of the format, over everything before its last four bytes (docs/hand-off.md). */
function sealed(bytes: Uint8Array): Uint8Array {
  const end = Math.max(0, bytes.length - 4);
  let sum = -1;
  for (let at = 0; at < end; at += 1) {
    sum ^= bytes[at]!;
    for (let bit = 0; bit < 8; bit += 1) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
  }
  const value = ~sum >>> 0;
  const whole = bytes.slice();
  for (let index = end; index < bytes.length; index += 1) {
    whole[index] = (value >>> (8 * (end + 3 - index))) & 0xff;
  }
  return whole;
}
