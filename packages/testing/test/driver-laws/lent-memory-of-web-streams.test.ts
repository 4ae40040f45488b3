/** The law of lent memory, put to web streams that hand on what they are given. */
import { type ByteStreams, fromStreams, webRuntime } from "@sansocket/driver";
import { describe, expect, test } from "vitest";
import { lentMemoryFaults } from "../../src/driver-laws.ts";

function streamPair(room?: ByteLengthQueuingStrategy): [ByteStreams, ByteStreams] {
  const up = new TransformStream<Uint8Array, Uint8Array>({}, room, room);
  const down = new TransformStream<Uint8Array, Uint8Array>({}, room, room);
  return [
    { readable: down.readable, writable: up.writable },
    { readable: up.readable, writable: down.writable },
  ];
}

/** They hold a million bytes of what was written, and say that there is room. */
function roomyPair(): [ByteStreams, ByteStreams] {
  return streamPair(new ByteLengthQueuingStrategy({ highWaterMark: 1_000_000 }));
}

describe.each([
  ["streams that hold one chunk", streamPair],
  ["streams that hold a million bytes", roomyPair],
])("%s", (_name, pair) => {
  test.each([1, 2])(
    "memory that was taken is not looked at any more, seed %i",
    async (seed) => {
      const [near, far] = pair();
      const ends = [Promise.resolve(fromStreams(near)), Promise.resolve(fromStreams(far))] as const;
      expect(await lentMemoryFaults({ ends }, webRuntime(), seed)).toEqual([]);
    },
    120_000,
  );
});
