/** A chunk with small and large frames, cut anywhere: the messages do not depend on which part the engine reads at first. */
import { expect, test } from "vitest";
import { Bench } from "../turn.ts";
import { concat, masked } from "../wire.ts";

function bytes(length: number): number[] {
  return Array.from({ length }, (_, index) => (index * 7 + (index >> 8)) & 0xff);
}

const SMALL = [16, 0, 125, 126, 300];
const STREAMS: readonly (readonly [what: string, lengths: readonly number[]])[] = [
  ["small messages", Array.from({ length: 400 }, (_, index) => SMALL[index % SMALL.length]!)],
  ["a large message behind small ones", [...SMALL, 40_000, ...SMALL, 20_000]],
  ["large messages", [20_000, 40_000, 16_384, 16_383]],
  ["a message of 64 bits of length", [16, 70_000, 16, 20_000]],
];

for (const [what, lengths] of STREAMS) {
  test(`${what}: every message arrives whole, wherever a header is cut`, () => {
    const messages = lengths.map(bytes);
    const stream = concat(...messages.map((message) => masked(0x2, message)));
    const cuts = Array.from({ length: 24 }, (_, index) => index);
    for (const cut of [...cuts, 16_384, 16_390, 20_003, 20_006]) {
      const bench = Bench.open("server");
      const told = [...bench.feed(stream.subarray(0, cut)), ...bench.feed(stream.subarray(cut))];
      expect(told).toEqual(messages.map((message) => ({ step: "binary", bytes: message })));
    }
  });
}
