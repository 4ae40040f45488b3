import { expect, test } from "vitest";
import { runtime } from "../src/runtime.ts";

test("each message that the application keeps lies alone in a buffer of its own", () => {
  const arrays = [20_000, 65_536, 1_048_576, 20_000].map((byteCount) =>
    runtime.host.allocate!(byteCount),
  );
  for (const [index, array] of arrays.entries()) {
    const { length } = array;
    expect(Object.getPrototypeOf(array)).toBe(Uint8Array.prototype);
    expect([array.byteOffset, array.buffer.byteLength]).toEqual([0, length]);
    expect(length).toBe([20_000, 65_536, 1_048_576, 20_000][index]);
  }
  expect(new Set(arrays.map(({ buffer }) => buffer)).size).toBe(arrays.length);
});
