/** Bytes on their way out: their order, who holds which memory, and when it goes back to the pool. */
import { beforeEach, describe, expect, test } from "vitest";
import { type Memory, SHARED_BYTES, takeMemory } from "../../src/bytes/memory.ts";
import {
  commitOutput,
  createOutputQueue,
  dropOutput,
  lendOutput,
  type OutputQueue,
  outputTaken,
  queueConstant,
  queueReference,
  reserveOutput,
  Taking,
} from "../../src/bytes/output-queue.ts";

/** The queue of a connection whose transport has taken the last transmission at once. */
function takingQueue(): OutputQueue {
  return { ...createOutputQueue(), taking: Taking.AtOnce };
}

/** Lays down `length` bytes that all have the value `byte`. */
function lay(queue: OutputQueue, octet: number, length: number): Memory {
  const memory = reserveOutput(queue, length);
  memory.bytes.fill(octet, queue.to, queue.to + length);
  commitOutput(queue, length);
  return memory;
}

/** The lent bytes, as runs of one value: [the byte, how many in a row]. */
function runsOf(chunks: readonly Uint8Array[]): [octet: number, length: number][] {
  const runs: [number, number][] = [];
  for (const octet of chunks.flatMap((chunk) => [...chunk])) {
    const last = runs.at(-1);
    if (last?.[0] === octet) last[1] += 1;
    else runs.push([octet, 1]);
  }
  return runs;
}

/** What the pool had free. It keeps at most 128; they are not given back, so that it has room for what comes. */
function freeMemories(): Set<Memory> {
  return new Set(Array.from({ length: 128 }, () => takeMemory()));
}

function retainedMemories(queue: OutputQueue): number {
  return Object.values(queue as unknown as Record<string, unknown>)
    .flatMap((value) => (Array.isArray(value) ? value : [value]))
    .filter((value) => value !== null && typeof value === "object" && "belongsTo" in value).length;
}

describe("order", () => {
  test("what is laid down in one turn leaves as one chunk, in order", () => {
    const queue = takingQueue();
    lay(queue, 1, 10);
    lay(queue, 2, 20);
    const chunks = lendOutput(queue);
    expect(chunks).toHaveLength(1);
    expect(runsOf(chunks)).toEqual([
      [1, 10],
      [2, 20],
    ]);
  });

  test("a reference keeps its place between what is laid down before and behind it", () => {
    const queue = takingQueue();
    const referenced = new Uint8Array(5).fill(2);
    lay(queue, 1, 3);
    queueReference(queue, referenced);
    lay(queue, 3, 4);
    const chunks = lendOutput(queue);
    expect(runsOf(chunks)).toEqual([
      [1, 3],
      [2, 5],
      [3, 4],
    ]);
    expect(chunks[1]).toBe(referenced);
  });

  test("references alone are lent as they are", () => {
    const queue = takingQueue();
    const [one, two] = [new Uint8Array([1]), new Uint8Array([2])];
    queueReference(queue, one);
    queueReference(queue, two);
    expect(lendOutput(queue)).toEqual([one, two]);
  });

  test("more than one memory holds keeps its order", () => {
    const queue = takingQueue();
    const lengths = [40_000, 40_000, 100_000, 10, 65_536, 1];
    lengths.forEach((length, index) => {
      lay(queue, index, length);
    });
    expect(queue.queued).toBe(245_547);
    expect(runsOf(lendOutput(queue))).toEqual(lengths.map((length, index) => [index, length]));
  });

  test("what is laid down while the transport has the last lies behind it and is lent next", () => {
    const queue = takingQueue();
    lay(queue, 1, 10);
    const first = lendOutput(queue);
    lay(queue, 2, 10);
    expect(runsOf(first)).toEqual([[1, 10]]);
    outputTaken(queue);
    expect(runsOf(lendOutput(queue))).toEqual([[2, 10]]);
  });

  test("nothing queued is lent as nothing", () => {
    expect(lendOutput(createOutputQueue())).toEqual([]);
  });
});

describe("counting", () => {
  test("bytes are queued, then lent, then neither", () => {
    const queue = takingQueue();
    lay(queue, 1, 10);
    queueReference(queue, new Uint8Array(7));
    expect([queue.queued, queue.lent]).toEqual([17, 0]);
    lendOutput(queue);
    expect([queue.queued, queue.lent]).toEqual([0, 17]);
    lay(queue, 2, 3);
    expect([queue.queued, queue.lent]).toEqual([3, 17]);
    outputTaken(queue);
    expect([queue.queued, queue.lent]).toEqual([3, 0]);
  });
});

describe("memory", () => {
  beforeEach(() => void freeMemories());

  test("is not held before anything is queued, and is given back when all was taken", () => {
    const queue = takingQueue();
    expect(retainedMemories(queue)).toBe(0);
    const memory = lay(queue, 1, 10);
    lendOutput(queue);
    expect(freeMemories().has(memory)).toBe(false);
    outputTaken(queue);
    expect(retainedMemories(queue)).toBe(0);
    expect(freeMemories().has(memory)).toBe(true);
  });

  test("is not given back while something lies in it that was not taken", () => {
    const queue = takingQueue();
    const memory = lay(queue, 1, 10);
    lendOutput(queue);
    lay(queue, 2, 10);
    outputTaken(queue);
    expect(freeMemories().has(memory)).toBe(false);
    lendOutput(queue);
    outputTaken(queue);
    expect(freeMemories().has(memory)).toBe(true);
  });

  test("that is full is given back with the transmission that carries the last of it", () => {
    const queue = takingQueue();
    const first = lay(queue, 1, 40_000);
    const second = lay(queue, 2, 40_000);
    expect(second).not.toBe(first);
    lendOutput(queue);
    expect(freeMemories().has(first)).toBe(false);
    outputTaken(queue);
    const free = freeMemories();
    expect([free.has(first), free.has(second)]).toEqual([true, true]);
  });

  test("of a transport that is never idle does not grow: what it has taken is given back while more is queued", () => {
    const queue = takingQueue();
    lay(queue, 0, 40_000);
    for (let turn = 1; turn <= 100; turn += 1) {
      lendOutput(queue);
      lay(queue, turn, 40_000);
      lay(queue, turn, 40_000);
      outputTaken(queue);
    }
    expect(retainedMemories(queue)).toBeLessThanOrEqual(3);
  });

  test("that the transport still looks into is not used for what is queued behind", () => {
    const queue = takingQueue();
    lay(queue, 1, 60_000);
    const lent = lendOutput(queue);
    lay(queue, 2, 60_000);
    lay(queue, 3, 60_000);
    const other = takingQueue();
    lay(other, 4, SHARED_BYTES);
    expect(runsOf(lent)).toEqual([[1, 60_000]]);
  });

  test("larger than a shared one belongs to the connection, and never enters the pool", () => {
    const queue = takingQueue();
    const memory = lay(queue, 1, SHARED_BYTES + 1);
    expect(memory.belongsTo).toBe("connection");
    lendOutput(queue);
    outputTaken(queue);
    expect(freeMemories().has(memory)).toBe(false);
  });

  test("that was dropped before it was lent is given back, and what was lent is left to the transport", () => {
    const queue = takingQueue();
    const unlent = lay(queue, 1, 10);
    dropOutput(queue);
    expect(freeMemories().has(unlent)).toBe(true);
    const lent = lay(queue, 1, 10);
    lendOutput(queue);
    dropOutput(queue);
    expect(freeMemories().has(lent)).toBe(false);
    expect([queue.queued, queue.lent, retainedMemories(queue)]).toEqual([0, 0, 0]);
    outputTaken(queue);
    expect(freeMemories().has(lent)).toBe(false);
  });
});

test("a full memory goes back although a copy of what lies behind it is lent", () => {
  const queue = takingQueue();
  const before = freeMemories();
  const first = lay(queue, 1, SHARED_BYTES - 10);
  lendOutput(queue);
  queue.taking = Taking.Later;
  lay(queue, 2, 100); // does not fit behind it
  outputTaken(queue);
  expect(runsOf(lendOutput(queue))).toEqual([[2, 100]]);
  outputTaken(queue);
  expect(retainedMemories(queue)).toBe(0);
  expect(before.has(first)).toBe(false);
  expect(freeMemories().has(first)).toBe(true);
});

describe("bytes that nobody writes again", () => {
  const constant = new Uint8Array(100).fill(1);

  test("go by reference while they are alone, and take no memory", () => {
    const queue = takingQueue();
    queueConstant(queue, constant);
    expect([queue.memory, queue.queued]).toEqual([null, 100]);
    const [chunk] = lendOutput(queue);
    expect(chunk === constant).toBe(true);
    outputTaken(queue);
    queueConstant(queue, constant);
    expect(lendOutput(queue)[0] === constant).toBe(true);
  });

  test("leave in one chunk with the output that follows, or stood before", () => {
    const queue = takingQueue();
    queueConstant(queue, constant);
    lay(queue, 2, 10);
    queueConstant(queue, constant);
    const chunks = lendOutput(queue);
    expect(chunks).toHaveLength(1);
    expect(runsOf(chunks)).toEqual([
      [1, 100],
      [2, 10],
      [1, 100],
    ]);
    expect(queue.lent).toBe(210);
  });

  test("go by reference where they are long, between the copies of other output", () => {
    const queue = takingQueue();
    const long = new Uint8Array(4_096).fill(3);
    queueConstant(queue, long);
    lay(queue, 2, 10);
    queueConstant(queue, long);
    const chunks = lendOutput(queue);
    expect(chunks.map((chunk) => chunk === long)).toEqual([true, false, true]);
    expect(runsOf(chunks)).toEqual([
      [3, 4_096],
      [2, 10],
      [3, 4_096],
    ]);
  });

  test("stand before output that is larger than a shared memory, in one chunk", () => {
    const queue = takingQueue();
    queueConstant(queue, constant);
    lay(queue, 2, SHARED_BYTES);
    expect(runsOf(lendOutput(queue))).toEqual([
      [1, 100],
      [2, SHARED_BYTES],
    ]);
  });
});
