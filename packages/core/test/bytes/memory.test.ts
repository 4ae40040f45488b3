/** The memories that all endpoints of a thread share. */
import { beforeEach, describe, expect, test } from "vitest";
import { KERNELS } from "../../src/bytes/kernels.ts";
import {
  createMemory,
  inboxBytes,
  isInboxInUse,
  MEMORY_INPUT_BYTES,
  MEMORY_MARGIN,
  releaseMemory,
  SHARED_BYTES,
  takeInbox,
  takeInputMemory,
  takeMemory,
  trimFreeMemories,
  viewOf,
} from "../../src/bytes/memory.ts";

/** More than the pool keeps. */
const MANY = 140;

function takeMany(): ReturnType<typeof takeMemory>[] {
  return Array.from({ length: MANY }, takeMemory);
}

describe("a memory", () => {
  test("is one buffer under three views", () => {
    const { bytes, view, words } = createMemory(100);
    view.setInt32(4, 0x01020304, true);
    expect([...bytes.subarray(4, 8)]).toEqual([4, 3, 2, 1]);
    expect(words.buffer).toBe(bytes.buffer);
    expect(words[1]).not.toBe(0);
  });

  for (const byteCount of [0, 1, 3, 4, 5, 65_537]) {
    test(`for ${byteCount} bytes has whole words, and room for them`, () => {
      const { bytes, words, belongsTo } = createMemory(byteCount);
      expect(bytes.length).toBeGreaterThanOrEqual(byteCount);
      expect(bytes.length).toBeLessThan(byteCount + 4);
      expect(words.byteLength).toBe(bytes.length);
      expect(belongsTo).toBe("connection");
    });
  }
});

describe("the pool", () => {
  beforeEach(() => void takeMany());

  test("gives out memories that hold a whole read and a begun header before it", () => {
    expect(takeMemory().bytes.length).toBeGreaterThanOrEqual(MEMORY_MARGIN + MEMORY_INPUT_BYTES);
  });

  test("gives a memory to one at a time, and the one given back last first, which is still in the cache", () => {
    const [one, other] = [takeMemory(), takeMemory()];
    expect(one === other).toBe(false);
    releaseMemory(one);
    releaseMemory(other);
    expect(takeMemory() === other).toBe(true);
    expect(takeMemory() === one).toBe(true);
  });

  function keptOf(burst: readonly ReturnType<typeof takeMemory>[]): number {
    return takeMany().filter((memory) => burst.includes(memory)).length;
  }

  test("keeps 128 free memories at most", () => {
    const burst = takeMany();
    for (const memory of burst) releaseMemory(memory);
    expect(keptOf(burst)).toBe(128);
  });

  test("keeps eight of those that were free between two trims, so that a burst is not paid for ever after", () => {
    trimFreeMemories();
    const burst = takeMany();
    for (const memory of burst) releaseMemory(memory);
    expect(trimFreeMemories()).toBe(120 * SHARED_BYTES);
    for (const memory of [takeMemory(), takeMemory()]) releaseMemory(memory);
    expect(trimFreeMemories()).toBe(0);
    expect(keptOf(burst)).toBe(8);
  });

  test("keeps as many memories as were needed at once between two trims", () => {
    const burst = takeMany();
    for (const memory of burst) releaseMemory(memory);
    for (let trim = 0; trim < 3; trim += 1) {
      trimFreeMemories();
      const used = Array.from({ length: 50 }, takeMemory);
      for (const memory of used) releaseMemory(memory);
    }
    expect(keptOf(burst)).toBe(50);
  });

  test("takes no memory that belongs to a connection", () => {
    const own = createMemory(MEMORY_MARGIN + MEMORY_INPUT_BYTES);
    releaseMemory(own);
    expect(takeMany().includes(own)).toBe(false);
  });
});

describe("the memories for input", () => {
  const give = (bytes: Uint8Array<ArrayBuffer>) => ({ inputMemory: () => bytes });
  const takeAll = () => Array.from({ length: MANY }, () => takeInputMemory(KERNELS));

  test("come from the kernels, and go back to a pool of their own", () => {
    takeAll();
    const bytes = new Uint8Array(new ArrayBuffer(131_072), 0, 70_001);
    const memory = takeInputMemory(give(bytes));
    expect(memory.bytes).toBe(bytes);
    expect([memory.view.byteLength, memory.words.length]).toEqual([131_072, 32_768]);
    releaseMemory(memory);
    expect(takeMany().includes(memory)).toBe(false);
    expect(takeInputMemory(KERNELS)).toBe(memory);
  });

  test("are eight at most that are free", () => {
    const burst = takeAll();
    for (const memory of burst) releaseMemory(memory);
    expect(takeAll().filter((memory) => burst.includes(memory))).toHaveLength(8);
  });

  test.each([
    ["too few bytes", new Uint8Array(1_000)],
    ["bytes behind others of their buffer", new Uint8Array(new ArrayBuffer(131_072), 16)],
    ["a buffer that is no whole number of words", new Uint8Array(70_001)],
  ])("are refused with %s", (_, bytes) => {
    takeAll();
    expect(() => takeInputMemory(give(bytes))).toThrow(
      /^kernels\.inputMemory\(\d+\) gave \d+ bytes/,
    );
  });
});

describe("a view of a memory", () => {
  const shared = takeMemory();
  const ranges = Array.from({ length: 400 }, (_, index) => [index * 7, index * 11] as const);

  test("shows the bytes of its range, whatever views were asked for before", () => {
    for (const [start, end] of [...ranges, ...ranges].filter(([from, to]) => to >= from)) {
      const view = viewOf(shared, start, end);
      expect([view.buffer, view.byteOffset, view.length]).toEqual([
        shared.bytes.buffer,
        start,
        end - start,
      ]);
    }
  });

  test("is the same object when it is asked for again", () => {
    expect(viewOf(shared, 22, 86)).toBe(viewOf(shared, 22, 86));
  });

  test("is kept 64 times at most", () => {
    const views = new Set(ranges.map(([start]) => viewOf(shared, start, start + 1)));
    const kept = ranges.filter(([start]) => views.has(viewOf(shared, start, start + 1)));
    expect(views.size).toBe(ranges.length);
    expect(kept.length).toBeLessThanOrEqual(64);
  });

  test("is not kept where the memory belongs to one connection", () => {
    const own = createMemory(100);
    expect(own.views).toBeNull();
    expect(viewOf(own, 5, 9)).not.toBe(viewOf(own, 5, 9));
    expect(viewOf(own, 5, 9)).toEqual(own.bytes.subarray(5, 9));
  });
});

describe("the inbox", () => {
  test("is always the same array, for a message of 64 KiB with its header, behind room for a begun header", () => {
    const room = inboxBytes(KERNELS);
    expect(inboxBytes(KERNELS)).toBe(room);
    expect([room.length, room.byteOffset]).toEqual([65_600, MEMORY_MARGIN]);
  });

  test("is taken once until it is given back, and never enters the pool", () => {
    const inbox = takeInbox();
    expect(isInboxInUse()).toBe(true);
    expect(takeInbox).toThrow("bug:");
    releaseMemory(inbox);
    expect(isInboxInUse()).toBe(false);
    expect(takeMany().includes(inbox)).toBe(false);
  });
});
