/** Large messages: where they lie, how often their bytes are touched, and who may read them how long. */
import { beforeEach, describe, expect, test } from "vitest";
import {
  type ConnectionOptions,
  type Endpoint,
  KERNELS,
  type Kernels,
  keptLargeBytes,
  openEndpoint,
  Step,
  trimLargeMemory,
} from "../../src/index.ts";
import { randomBytes } from "../seeded-bytes.ts";
import { quietHost } from "../turn.ts";
import { masked, parseFrames, unmasked } from "../wire.ts";

const MIB = 1_048_576;

function open(options: Partial<ConnectionOptions> = {}, role: "server" | "client" = "server") {
  const endpoint = openEndpoint(role, {}, { host: quietHost(), ...options }, 0);
  while (endpoint.next() !== Step.Idle);
  return endpoint;
}

/** How a host gives what arrives to the engine. */
const WAYS: Readonly<Record<string, (endpoint: Endpoint, piece: Uint8Array) => void>> = {
  "chunks of 64 KiB": (endpoint, piece) => endpoint.receive(piece, 0),
  "the inbox": (endpoint, piece) => {
    endpoint.inbox.set(piece);
    endpoint.received(piece.length, 0);
  },
};

function feed(
  endpoint: Endpoint,
  octets: Uint8Array,
  onMessage: (step: Step) => void,
  { give = WAYS["chunks of 64 KiB"]!, size = 65_536 } = {},
): void {
  for (let at = 0; at < octets.length; at += size) {
    give(endpoint, octets.subarray(at, at + size));
    for (let step = endpoint.next(); step !== Step.Idle; step = endpoint.next()) onMessage(step);
  }
}

function frame(value: number, length: number = MIB): Uint8Array {
  return Uint8Array.from(masked(0x2, new Uint8Array(length).fill(value)));
}

function echo(endpoint: Endpoint): void {
  endpoint.sendBinary(endpoint.chunk, endpoint.start, endpoint.end);
}

/** What the transport holds of the endpoint's output, as one frame. */
function sentFrame(chunks: readonly Uint8Array[]): Uint8Array {
  return parseFrames(Buffer.concat(chunks))[0]!.payload;
}

beforeEach(() => {
  while (trimLargeMemory() > 0);
});

describe("a large message that is sent on", () => {
  test("goes out from where it lies, header and payload in one piece", () => {
    const endpoint = open();
    const from: ArrayBufferLike[] = [];
    feed(endpoint, frame(7), () => {
      from.push(endpoint.chunk.buffer);
      echo(endpoint);
    });
    const { chunks } = endpoint.transmit(0)!;
    expect(chunks.map((chunk) => chunk.buffer)).toEqual(from);
    expect(sentFrame(chunks).every((byte) => byte === 7)).toBe(true);
  });

  test("stays as it is while a transport reads it, and is used again once the last one has taken it", () => {
    const from = open();
    const to = Array.from({ length: 3 }, () => open());
    let buffer: ArrayBufferLike | null = null;
    feed(from, frame(7), () => {
      buffer = from.chunk.buffer;
      for (const endpoint of to) endpoint.sendBinary(from.chunk, from.start, from.end);
    });
    const lent = to.map((endpoint) => endpoint.transmit(0)!.chunks);
    for (const [index, endpoint] of to.entries()) {
      feed(from, frame(9), () => expect(from.chunk.buffer).not.toBe(buffer));
      expect(sentFrame(lent[index]!).every((byte) => byte === 7)).toBe(true);
      endpoint.sent(0);
    }
    const buffers: ArrayBufferLike[] = [];
    for (const endpoint of [from, open()]) {
      feed(endpoint, frame(9), () => {
        buffers.push(endpoint.chunk.buffer);
        echo(endpoint);
      });
    }
    expect(buffers).toContain(buffer);
  });

  test("is never used again when a connection ends while its transport reads", () => {
    const endpoint = open();
    let buffer: ArrayBufferLike | null = null;
    feed(endpoint, frame(7), () => {
      buffer = endpoint.chunk.buffer;
      echo(endpoint);
    });
    const { chunks } = endpoint.transmit(0)!;
    endpoint.keep();
    endpoint.abort(0);
    while (endpoint.next() !== Step.Idle);
    const other = open();
    for (let message = 0; message < 5; message += 1) {
      feed(other, frame(9), () => expect(other.chunk.buffer).not.toBe(buffer));
    }
    expect(sentFrame(chunks).every((byte) => byte === 7)).toBe(true);
  });

  test("is copied when only a small part is sent, which must not hold the whole memory", () => {
    const endpoint = open();
    feed(endpoint, frame(7), () => {
      endpoint.sendBinary(endpoint.chunk, endpoint.start + 5, endpoint.start + 100_005);
      endpoint.sendBinary(endpoint.chunk, endpoint.start, endpoint.start + 70_000);
    });
    const { chunks } = endpoint.transmit(0)!;
    const frames = parseFrames(Buffer.concat(chunks));
    expect(frames.map(({ payload }) => payload.length)).toEqual([100_000, 70_000]);
    feed(endpoint, frame(9), () => {
      for (const chunk of chunks) expect(chunk.buffer).not.toBe(endpoint.chunk.buffer);
    });
  });

  test("goes out twice with a header each, where it is sent twice", () => {
    const endpoint = open();
    feed(endpoint, frame(7), () => {
      echo(endpoint);
      echo(endpoint);
    });
    const frames = parseFrames(Buffer.concat(endpoint.transmit(0)!.chunks));
    expect(frames.map(({ payload }) => payload.length)).toEqual([MIB, MIB]);
  });

  test("is masked in a copy by a client", () => {
    const endpoint = open({}, "client");
    const whole = randomBytes(4, MIB);
    feed(endpoint, Uint8Array.from(unmasked(0x2, whole)), () => echo(endpoint));
    expect(Buffer.compare(sentFrame(endpoint.transmit(0)!.chunks), whole)).toBe(0);
  });
});

describe("a large message that the host keeps", () => {
  test("is handed over in an array of its own, which nobody writes again", () => {
    const endpoint = open({ handOver: true });
    const taken: Uint8Array<ArrayBuffer>[] = [];
    for (const value of [1, 2, 3, 4]) {
      feed(endpoint, frame(value), () => {
        const own = endpoint.ownBytes();
        expect(own.buffer).toBe(endpoint.chunk.buffer);
        taken.push(own);
      });
    }
    for (const [index, own] of taken.entries()) {
      expect([own.byteOffset, own.length, own.buffer.byteLength]).toEqual([0, MIB, MIB]);
      expect(own.every((byte) => byte === index + 1)).toBe(true);
    }
  });

  test("is an array of its own also without the option, and where the message came in fragments", () => {
    const fragments = Buffer.concat([
      Buffer.from(masked(0x2, new Uint8Array(600_000).fill(7), { fin: false })),
      Buffer.from(masked(0x0, new Uint8Array(600_000).fill(7))),
    ]);
    for (const [options, octets] of [
      [{}, frame(7)],
      [{ handOver: true }, fragments],
    ] as const) {
      const endpoint = open(options);
      feed(endpoint, octets, () => {
        const own = endpoint.ownBytes();
        if (!("handOver" in options)) expect(own.buffer).not.toBe(endpoint.chunk.buffer);
        expect([own.byteOffset, own.buffer.byteLength]).toEqual([0, own.length]);
        expect(own.every((byte) => byte === 7)).toBe(true);
      });
    }
  });

  test("may be changed and sent, since the engine copies what is not its own", () => {
    const endpoint = open({ handOver: true });
    feed(endpoint, frame(7), () => {
      const own = endpoint.ownBytes();
      endpoint.sendBinary(own);
      own.fill(0);
    });
    expect(sentFrame(endpoint.transmit(0)!.chunks).every((byte) => byte === 7)).toBe(true);
  });
});

/** Counts the bytes that kernels and the methods of arrays move while `work` runs. */
function movedBytes(work: (kernels: Kernels) => void): number {
  let moved = 0;
  const counting: Kernels = {
    ...KERNELS,
    xorWithKey(memory, start, end, key) {
      moved += end - start;
      KERNELS.xorWithKey(memory, start, end, key);
    },
    copyWithKey(source, start, end, key, target, at) {
      const before = moved;
      KERNELS.copyWithKey(source, start, end, key, target, at);
      moved = before + end - start;
    },
  };
  const prototype = Object.getPrototypeOf(Uint8Array.prototype) as Uint8Array;
  const { set, slice, copyWithin } = prototype;
  prototype.set = function (this: Uint8Array, source: ArrayLike<number>, at?: number): void {
    moved += source.length;
    set.call(this, source, at);
  };
  prototype.slice = function (this: Uint8Array, ...range: [number?, number?]) {
    const copy = slice.apply(this, range) as Uint8Array<ArrayBuffer>;
    moved += copy.length;
    return copy;
  };
  prototype.copyWithin = function (this: Uint8Array, ...range: [number, number, number?]) {
    moved += (range[2] ?? this.length) - range[1];
    return copyWithin.apply(this, range);
  };
  try {
    work(counting);
  } finally {
    Object.assign(prototype, { set, slice, copyWithin });
  }
  return moved;
}

/** The bytes of the buffers that are made while `work` runs. */
function freshBytes(work: () => void): number {
  let fresh = 0;
  const counted = (name: "ArrayBuffer" | "Uint8Array"): (() => void) => {
    const original = globalThis[name];
    const counting = new Proxy(original, {
      construct(target, [first, ...others]: [unknown, ...unknown[]], newTarget) {
        if (typeof first === "number") fresh += first;
        return Reflect.construct(target, [first, ...others], newTarget) as object;
      },
    });
    Object.assign(globalThis, { [name]: counting });
    return () => void Object.assign(globalThis, { [name]: original });
  };
  const restore = [counted("ArrayBuffer"), counted("Uint8Array")];
  try {
    work();
  } finally {
    for (const undo of restore) undo();
  }
  return fresh;
}

describe("an echo of 1 MiB", () => {
  const octets = frame(7);

  for (const [way, give] of Object.entries(WAYS)) {
    for (const { mode, handOver, passes } of [
      { mode: "that the host looks at", handOver: false, passes: 1 },
      { mode: "that the host keeps", handOver: true, passes: 2 },
    ]) {
      const send = (endpoint: Endpoint): void => {
        if (handOver) endpoint.sendBinary(endpoint.ownBytes());
        else echo(endpoint);
        while (endpoint.transmit(0) !== null) endpoint.sent(0);
      };
      // The inbox of this test is filled by `set`, as a kernel fills that of a socket.
      const filling = way === "the inbox" ? 1 : 0;

      test(`${mode}, from ${way}, moves each byte ${passes} times at most`, () => {
        const moved = movedBytes((kernels) => {
          const endpoint = open({ handOver, host: { ...quietHost(), kernels } });
          feed(endpoint, octets, () => send(endpoint), { give });
        });
        expect(moved / MIB - filling).toBeLessThan(passes + 0.07);
      });

      test(`${mode}, from ${way}, needs no memory but that which the host keeps`, () => {
        const endpoint = open({ handOver });
        const turn = () => feed(endpoint, octets, () => send(endpoint), { give });
        for (let warmUp = 0; warmUp < 3; warmUp += 1) turn();
        const fresh = freshBytes(() => {
          for (let message = 0; message < 20; message += 1) turn();
        });
        // The first bytes of a message may share a chunk with the message before: a small array holds them for a moment.
        expect(fresh - (handOver ? 20 * MIB : 0)).toBeLessThan(20 * 4_096);
      });
    }
  }

  test("from one chunk of 512 KiB and another moves each byte once", () => {
    const moved = movedBytes((kernels) => {
      const endpoint = open({ host: { ...quietHost(), kernels } });
      feed(endpoint, octets, () => echo(endpoint), { size: 524_288 });
    });
    expect(moved / MIB).toBeLessThan(1.01);
  });
});

describe("what 20 connections keep after 100 messages of 16 MiB", () => {
  test("is nothing once it was not needed for a while", () => {
    const endpoints = Array.from({ length: 20 }, () => open());
    const octets = frame(7, 16 * MIB);
    for (let message = 0; message < 100; message += 1) {
      const endpoint = endpoints[message % 20]!;
      feed(endpoint, octets, () => echo(endpoint), { size: 524_288 });
      while (endpoint.transmit(0) !== null) endpoint.sent(0);
    }
    expect(keptLargeBytes()).toBeLessThanOrEqual(33_554_432);
    trimLargeMemory();
    expect(trimLargeMemory()).toBe(0);
  });
});
