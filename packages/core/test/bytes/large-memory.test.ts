/** Memory for large messages: who holds it, when it is used again, and how much of it is kept. */
import { beforeEach, describe, expect, test } from "vitest";
import {
  holdLargeMemory,
  KEPT_LARGE_BYTES,
  keptLargeBytes,
  letGoOfLargeMemory,
  takeLargeMemory,
  trimLargeMemory,
} from "../../src/bytes/large-memory.ts";
import { MEMORY_MARGIN, type Memory } from "../../src/bytes/memory.ts";

function trimAll(): void {
  while (trimLargeMemory() > 0);
}

beforeEach(trimAll);

describe("a large memory", () => {
  for (const byteCount of [1, 65_536, 65_537, 1_048_576, 1_048_577, 16_777_216, 16_777_217]) {
    test(`for ${byteCount} bytes has room for them behind its margin, and for less than twice as many`, () => {
      const memory = takeLargeMemory(byteCount);
      const room = memory.bytes.length - MEMORY_MARGIN;
      expect(room).toBeGreaterThanOrEqual(byteCount);
      expect(room).toBeLessThan(Math.max(65_537, 2 * byteCount));
      letGoOfLargeMemory(memory);
    });
  }

  test("is used again for the next message of its size, when its last holder has let go", () => {
    const memory = takeLargeMemory(100_000);
    holdLargeMemory(memory);
    letGoOfLargeMemory(memory);
    const meanwhile = takeLargeMemory(100_000);
    expect(meanwhile === memory).toBe(false);
    letGoOfLargeMemory(memory);
    expect(takeLargeMemory(131_072) === memory).toBe(true);
    expect(takeLargeMemory(131_072) === memory).toBe(false);
  });

  test("is never used again while a holder says nothing", () => {
    const held = Array.from({ length: 5 }, () => takeLargeMemory(100_000));
    const others = Array.from({ length: 50 }, () => takeLargeMemory(100_000));
    expect(others.filter((memory) => held.includes(memory))).toEqual([]);
  });
});

describe("what a thread keeps", () => {
  for (const size of [65_536, 1_048_576, 16_777_200]) {
    test(`is at most ${KEPT_LARGE_BYTES} bytes, whatever was used at once: messages of ${size}`, () => {
      const count = Math.ceil((2 * KEPT_LARGE_BYTES) / size);
      const burst: Memory[] = Array.from({ length: count }, () => takeLargeMemory(size));
      for (const memory of burst) letGoOfLargeMemory(memory);
      expect(keptLargeBytes()).toBeLessThanOrEqual(KEPT_LARGE_BYTES);
      expect(keptLargeBytes()).toBeGreaterThan(KEPT_LARGE_BYTES / 4);
    });
  }

  test("is nothing of a memory above 16 MiB", () => {
    letGoOfLargeMemory(takeLargeMemory(16_777_217));
    expect(keptLargeBytes()).toBe(0);
  });

  test("goes back to the system when it was free between two trims", () => {
    letGoOfLargeMemory(takeLargeMemory(1_048_576));
    expect(trimLargeMemory()).toBeGreaterThan(1_048_576);
    expect(trimLargeMemory()).toBe(0);
    expect(keptLargeBytes()).toBe(0);
  });

  test("stays while messages need it between the trims, and only as much as they need", () => {
    const burst = Array.from({ length: 8 }, () => takeLargeMemory(1_048_576));
    for (const memory of burst) letGoOfLargeMemory(memory);
    for (let trim = 0; trim < 5; trim += 1) {
      const used = [takeLargeMemory(1_048_576), takeLargeMemory(1_048_576)];
      for (const memory of used) letGoOfLargeMemory(memory);
      trimLargeMemory();
    }
    expect(Math.round(keptLargeBytes() / 1_048_576)).toBe(2);
  });
});
