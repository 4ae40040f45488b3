/** Bytes that a peer may send who is wrong, mad or hostile: almost a program, or anything at all. */
import fc from "fast-check";
import type { AgreedExtensions } from "../engine/agreed-extensions.ts";
import { joinBytes } from "../wire/bytes.ts";
import { wirePrograms } from "./programs.ts";

type Mutation = (bytes: Uint8Array, at: number, value: number) => Uint8Array;

/** One fault at a place. */
const MUTATIONS: readonly Mutation[] = [
  // a flipped bit: RSV, FIN, MASK, a length, a key, a payload
  (bytes, at, value) =>
    bytes.map((byte, index) => (index === at ? byte ^ (1 << (value % 8)) : byte)),
  // another byte: often a reserved opcode, or not UTF-8
  (bytes, at, value) => bytes.map((byte, index) => (index === at ? value : byte)),
  // bytes lost, as if a frame were shorter than it says
  (bytes, at, value) => joinBytes([bytes.slice(0, at), bytes.slice(at + 1 + (value % 4))]),
  // bytes too many
  (bytes, at, value) => joinBytes([bytes.slice(0, at), Uint8Array.of(value), bytes.slice(at)]),
  // cut off
  (bytes, at) => bytes.slice(0, at),
  // said twice: a stray continuation, a second Close
  (bytes, at) => joinBytes([bytes, bytes.slice(at)]),
];

/** A lawful program with one or two faults. */
export function nearPrograms(
  role: "client" | "server",
  extensions?: AgreedExtensions,
): fc.Arbitrary<Uint8Array> {
  const faults = fc.array(fc.tuple(fc.constantFrom(...MUTATIONS), fc.nat(), fc.nat({ max: 255 })), {
    minLength: 1,
    maxLength: 2,
  });
  return fc
    .tuple(wirePrograms(role, extensions), faults)
    .map(([{ bytes }, mutations]) =>
      mutations.reduce<Uint8Array>(
        (mutated, [mutate, at, value]) =>
          mutated.length === 0 ? mutated : mutate(mutated, at % mutated.length, value),
        bytes,
      ),
    );
}

/** Bytes that look like short frames more often than chance would have it. */
export function wildStreams(): fc.Arbitrary<Uint8Array> {
  const headish = fc.constantFrom(
    0x00,
    0x01,
    0x02,
    0x80,
    0x81,
    0x82,
    0x88,
    0x89,
    0x8a,
    0xc1,
    0xfe,
    0xff,
  );
  return fc
    .array(fc.oneof(headish, fc.nat({ max: 255 })), { maxLength: 200 })
    .map((bytes) => Uint8Array.from(bytes));
}

/**
 * Right, almost right, and wild.
 * @param extensions as for {@link wirePrograms}.
 */
export function streams(
  role: "client" | "server",
  extensions?: AgreedExtensions,
): fc.Arbitrary<Uint8Array> {
  return fc.oneof(
    { withCrossShrink: true },
    { weight: 3, arbitrary: wirePrograms(role, extensions).map(({ bytes }) => bytes) },
    { weight: 4, arbitrary: nearPrograms(role, extensions) },
    { weight: 1, arbitrary: wildStreams() },
  );
}
