/** Networks of every kind, for laws. */
import fc from "fast-check";
import {
  type LineConditions,
  NETWORK_FAULTS,
  type NetworkConditions,
} from "../simulation/conditions.ts";

/** One direction of a network. Shrinks to a line without delay and without a fault. */
function lines(isFaulty: boolean): fc.Arbitrary<LineConditions> {
  const sizes = fc.oneof(
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 20 }) },
    { weight: 3, arbitrary: fc.integer({ min: 21, max: 5_000 }) },
    { weight: 3, arbitrary: fc.constant(70_000) },
  );
  const faults = fc.record({
    kind: fc.constantFrom(...NETWORK_FAULTS),
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
