import { expect, test } from "vitest";
import { isAscii } from "../../src/bytes/ascii.ts";
import { createMemory } from "../../src/bytes/memory.ts";

test("isAscii is true exactly when no byte of the range has its high bit, at every alignment and length", () => {
  for (let start = 0; start < 5; start += 1) {
    for (let length = 0; length < 40; length += 1) {
      const memory = createMemory(64);
      memory.bytes.fill(0xff);
      memory.bytes.fill(0x7f, start, start + length);
      expect(isAscii(memory, start, start + length)).toBe(true);
      for (let high = start; high < start + length; high += 1) {
        memory.bytes[high] = 0x80;
        expect(isAscii(memory, start, start + length)).toBe(false);
        memory.bytes[high] = 0x7f;
      }
    }
  }
});
