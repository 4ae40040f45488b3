/**
 * Law 7. The memory that a connection retains stays within twice its limits plus a constant, however the peer sends: in fragments of no
 * byte, one byte at a time, as a frame that never ends, as a flood of pings, and while the transport takes nothing.
 */
import fc from "fast-check";
import type { Engine, EngineUnderTest } from "../engine/engine.ts";
import { cut, everySize } from "../generators/cuttings.ts";
import { handshakes } from "../generators/handshakes.ts";
import { shownAs, shownAsFrames } from "../generators/shown.ts";
import { streams } from "../generators/streams.ts";
import { joinBytes } from "../wire/bytes.ts";
import { encodeFrame, type WireFrame } from "../wire/frame.ts";
import { checkLaw, LawBroken, type LawOptions } from "./law.ts";

/** How the law of retained memory is tried. */
export interface RetainedMemoryOptions extends LawOptions {
  /**
   * Bytes that a connection may retain beside its messages: a memory for the input and one for the output, an HTTP head, the
   * windows of a codec. Default 131,072.
   */
  readonly constant?: number;
}

/** Bytes of a message and bytes that wait to be sent, at most: small, so that a law finds what grows beyond them. */
const LIMIT = 20_000;
const DEFAULT_CONSTANT = 131_072;
/** The engine is measured so often at most: a measurement walks through everything that it retains. */
const MOST_MEASUREMENTS = 40;
const KEY = Uint8Array.of(0x37, 0xfa, 0x21, 0x3d);

/** The input that a hostile peer sends, with one number that says how much. */
const FLOODS = [
  "fragments of no byte",
  "fragments of one byte",
  "a frame that never ends",
  "text that never ends",
  "a head that never ends",
  "pings",
  "messages",
  "messages, each cut before its last byte",
] as const;
type Flood = (typeof FLOODS)[number];

interface Hostility {
  readonly from: "opening" | "open";
  readonly role: "client" | "server";
  readonly pieces: boolean;
  readonly bytes: Uint8Array;
  /** Bytes of one read. */
  readonly read: number;
  /** The transport takes what the engine sends. */
  readonly isTaken: boolean;
  /** Bytes of the messages that our application sends all the time, as long as the engine takes them. */
  readonly ownMessages: number;
}

function floodOf(flood: Flood, count: number, role: "client" | "server"): Uint8Array {
  const key = role === "server" ? KEY : null;
  const frame = (opcode: number, fin: boolean, size: number): WireFrame => ({
    fin,
    rsv: 0,
    opcode,
    payload: new Uint8Array(size).fill(0x61),
    key,
  });
  const many = (make: (index: number) => WireFrame): Uint8Array =>
    joinBytes(Array.from({ length: count }, (_, index) => encodeFrame(make(index))));
  switch (flood) {
    case "fragments of no byte":
      return many((index) => frame(index === 0 ? 2 : 0, false, 0));
    case "fragments of one byte":
      return many((index) => frame(index === 0 ? 2 : 0, false, 1));
    case "a frame that never ends":
      return encodeFrame(frame(2, true, LIMIT)).slice(0, 14 + count * 8);
    case "text that never ends":
      return encodeFrame(frame(1, true, LIMIT)).slice(0, 14 + count * 8);
    case "a head that never ends":
      return new Uint8Array(8 * count).fill(0x61);
    case "pings":
      return many(() => frame(9, true, 125));
    case "messages":
      return many((index) => frame(2, true, index % 300));
    case "messages, each cut before its last byte":
      return many((index) => frame(index === 0 ? 2 : 0, false, 4));
  }
}

function hostilities(extensions: LawOptions["extensions"]): fc.Arbitrary<Hostility> {
  return fc
    .record({
      role: fc.constantFrom("client" as const, "server" as const),
      from: fc.constantFrom("open" as const, "open" as const, "opening" as const),
    })
    .chain(({ role, from }) =>
      fc.record({
        role: fc.constant(role),
        from: fc.constant(from),
        pieces: fc.boolean(),
        bytes: fc.oneof(
          fc
            .tuple(fc.constantFrom(...FLOODS), fc.integer({ min: 1, max: 4_000 }))
            .map(([flood, count]) =>
              shownAs(floodOf(flood, count, role), () => `${flood}, ${count}`),
            ),
          shownAsFrames(from === "open" ? streams(role, extensions) : handshakes(role)),
        ),
        read: fc.constantFrom(1, 2, 7, 130, 1_460, 65_536),
        isTaken: fc.boolean(),
        ownMessages: fc.constantFrom(0, 0, 1, 700, 9_000),
      }),
    );
}

/**
 * Law 7: what a connection retains stays within twice its limits plus a constant. Throws with the smallest counterexample.
 * The engine must have {@link EngineUnderTest.retained}.
 * @throws RangeError for an engine that cannot be measured.
 */
export function retainedMemoryLaw(engine: Engine, options: RetainedMemoryOptions = {}): void {
  const { constant = DEFAULT_CONSTANT, ...lawOptions } = options;
  if (!Number.isSafeInteger(constant) || constant < 0) {
    throw new RangeError(`constant is ${String(constant)}: give a number of bytes`);
  }
  requireMeasure(engine.create({ from: "open", role: "server", pieces: false }), engine.name);
  // Twice the message that comes in, and twice what waits to go out.
  const most = 2 * LIMIT + 2 * LIMIT + constant;
  checkLaw(
    "retainedMemoryLaw",
    [engine],
    fc.property(hostilities(options.extensions), (hostility) => {
      const { from, role, pieces, bytes, isTaken, ownMessages } = hostility;
      const limits = { messageLimit: LIMIT, unsentLimit: LIMIT };
      const one = engine.create({ from, role, pieces, ...limits });
      const chunks = cut(bytes, everySize(bytes.length, readSize(hostility)));
      let isOpen = from === "open";
      const pull = (): void => {
        const events = one.pull(0);
        isOpen ||= events.some(({ kind }) => kind === "open");
      };
      const every = Math.ceil(chunks.length / MOST_MEASUREMENTS);
      for (const [index, chunk] of chunks.entries()) {
        one.receive(chunk, 0);
        pull();
        if (isOpen && ownMessages > 0) one.sendBinary(new Uint8Array(ownMessages));
        if (isTaken || one.lend === undefined) while (one.transmit(0) !== null) pull();
        else one.lend(0);
        if (index % every !== 0 && index !== chunks.length - 1) continue;
        const retained = one.retained!();
        if (retained <= most) continue;
        const fed = chunks.slice(0, index + 1).reduce((sum, { length }) => sum + length, 0);
        throw new LawBroken(
          `${retained} bytes are retained behind ${fed} bytes of input; twice the limits and the constant are ${most}`,
        );
      }
      // An extension may hold memory outside of JavaScript until the connection ends.
      one.abort?.(0);
      pull();
    }),
    lawOptions,
  );
}

/** A flood of a million bytes, one at a time, takes a second and shows nothing that the first bytes do not show. */
function readSize({ read, bytes }: Hostility): number {
  return Math.max(read, Math.ceil(bytes.length / 4_000));
}

function requireMeasure(one: EngineUnderTest, name: string): void {
  if (one.retained !== undefined) return;
  throw new RangeError(
    `the engine ${name} has no retained(): the law of retained memory measures with it; see retainedBytes`,
  );
}
