/** A message that goes back as the cursor stands on it: a path of its own, with the results of any other send. */
import { describe, expect, test } from "vitest";
import { Step } from "../../src/index.ts";
import { Bench } from "../turn.ts";
import { concat, masked, unmasked } from "../wire.ts";

function bytes(length: number): number[] {
  return Array.from({ length }, (_, index) => (index * 7 + length) & 0xff);
}

/** Pulls to Idle and sends every binary message back, from where it lies. */
function echoAll({ endpoint }: Bench, chunk: Uint8Array): string[] {
  const results: string[] = [];
  endpoint.receive(chunk, 0);
  for (let step = endpoint.next(); step !== Step.Idle; step = endpoint.next()) {
    if (step !== Step.Binary) throw new Error(`step ${step}`);
    results.push(endpoint.sendBinary(endpoint.chunk, endpoint.start, endpoint.end));
  }
  return results;
}

/** A server whose cursor stands on the message. */
function standingOn(payload: number[], options: Parameters<typeof Bench.open>[1] = {}): Bench {
  const bench = Bench.open("server", options);
  bench.endpoint.receive(masked(0x2, payload), 0);
  expect(bench.endpoint.next()).toBe(Step.Binary);
  return bench;
}

function sendBack({ endpoint }: Bench): string {
  return endpoint.sendBinary(endpoint.chunk, endpoint.start, endpoint.end);
}

describe("an echo", () => {
  const lengths = Array.from({ length: 131 }, (_, length) => length);

  test("of every short length has the bytes and the order of the messages, in both roles", () => {
    for (const role of ["server", "client"] as const) {
      const frame = role === "server" ? masked : unmasked;
      const bench = Bench.open(role);
      const results = echoAll(bench, concat(...lengths.map((length) => frame(0x2, bytes(length)))));
      expect(results).toEqual(lengths.map(() => "queued"));
      bench.turn();
      const sent = bench.sent().map(({ payload }) => [...payload]);
      expect(sent).toEqual(lengths.map(bytes));
    }
  });

  test("of frames that fill the window to its last byte has all bytes", () => {
    for (const length of [1, 2, 3, 4, 16, 61, 62, 63, 64]) {
      const count = Math.floor(65_536 / (length + 6));
      const last = 65_536 - (count - 1) * (length + 6) - 6;
      const messages = Array.from({ length: count }, (_, index) =>
        bytes(index === count - 1 ? last : length),
      );
      const bench = Bench.open("server");
      const stream = concat(...messages.map((message) => masked(0x2, message)));
      expect(stream.length).toBe(65_536);
      // Several times, so that the memory of the output is full too.
      for (let turn = 0; turn < 2; turn += 1) echoAll(bench, stream);
      bench.turn();
      expect(bench.sent().map(({ payload }) => [...payload])).toEqual([...messages, ...messages]);
    }
  });

  test("is refused in the middle of a message in fragments", () => {
    const bench = standingOn([1, 2, 3]);
    bench.endpoint.startMessage("binary");
    expect(() => sendBack(bench)).toThrow("a fragmented message is under way");
    expect(bench.endpoint.unsent).toBe(0);
  });

  test("is refused behind our Close", () => {
    const bench = standingOn([1, 2, 3]);
    bench.endpoint.close(1000, "", 0);
    const { unsent } = bench.endpoint;
    expect(sendBack(bench)).toBe("closed");
    expect(bench.endpoint.unsent).toBe(unsent);
  });

  test("is refused when the transport has closed", () => {
    const bench = standingOn([1, 2, 3]);
    bench.endpoint.transportClosed(null, 0);
    expect(sendBack(bench)).toBe("closed");
    expect(bench.endpoint.unsent).toBe(0);
  });

  test("that would pass limits.unsent is refused, and the one that just fits is not", () => {
    const bench = standingOn(bytes(60), { limits: { unsent: 60 } });
    expect(sendBack(bench)).toBe("queued");
    expect(sendBack(bench)).toBe("full");
    expect(bench.endpoint.unsent).toBe(62);
  });

  test("of another range of the window is judged like any range", () => {
    const bench = standingOn([1, 2, 3]);
    const { chunk, start, end } = bench.endpoint;
    expect(bench.endpoint.sendBinary(chunk, start + 1, end)).toBe("queued");
    expect(() => bench.endpoint.sendBinary(chunk, start, start + 0.5)).toThrow("is not within");
    expect(() => bench.endpoint.sendBinary(chunk, end, start)).toThrow("is not within");
    bench.turn();
    expect(bench.sent().map(({ payload }) => [...payload])).toEqual([[2, 3]]);
  });
});
