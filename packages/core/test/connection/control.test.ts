/** RFC 6455 §5.5.2, §5.5.3: pings and pongs. */
import { describe, expect, test } from "vitest";
import type { Connection } from "../../src/connection/connection.ts";
import { MAX_AWAITED_PINGS } from "../../src/connection/keepalive.ts";
import { Bench } from "../turn.ts";
import { concat, masked, unmasked } from "../wire.ts";

const PONG = 0xa;

describe("the peer's pings", () => {
  test("are answered in order, each with its payload", () => {
    const bench = Bench.open("server");
    bench.feed(
      concat(...Array.from({ length: 500 }, (_, index) => masked(0x9, [index & 0xff, index >> 8]))),
    );
    expect(bench.sent().map(({ opcode, payload }) => [opcode, ...payload])).toEqual(
      Array.from({ length: 500 }, (_, index) => [PONG, index & 0xff, index >> 8]),
    );
  });

  test("of 0 and of 125 bytes are answered, in both roles and byte by byte", () => {
    for (const length of [0, 125]) {
      const payload = Array.from({ length }, (_, index) => index);
      for (const [role, bytes] of [
        ["server", masked(0x9, payload)],
        ["client", unmasked(0x9, payload)],
      ] as const) {
        const bench = Bench.open(role);
        expect(bench.feed(bytes, 1)).toEqual([{ step: "ping", payload }]);
        expect(bench.sent().map((one) => [one.opcode, [...one.payload], one.isMasked])).toEqual([
          [PONG, payload, role === "client"],
        ]);
      }
    }
  });

  test("are answered after our own Close, until the peer's", () => {
    const bench = Bench.open("server");
    bench.endpoint.close(1000, "", 0);
    bench.feed(concat(masked(0x9, [1]), masked(0x8), masked(0x9, [2])));
    expect(bench.sent().map(({ opcode, payload }) => [opcode, ...payload])).toEqual([
      [0x8, 0x03, 0xe8],
      [PONG, 1],
    ]);
  });

  test("beyond 64 that wait for a busy transport leave only the newest to answer", () => {
    const bench = Bench.open("server");
    bench.isBusy = true;
    bench.endpoint.sendText("in the way");
    bench.turn();
    bench.sent();
    for (let index = 0; index < 200; index += 1) bench.feed(masked(0x9, [index]));
    bench.take();
    expect(bench.sent().map(({ payload }) => payload[0])).toEqual([
      ...Array.from({ length: 64 }, (_, index) => index),
      199,
    ]);
  });

  test("are all answered again once the transport has taken something", () => {
    const bench = Bench.open("server");
    bench.isBusy = true;
    bench.endpoint.sendText("in the way");
    for (let index = 0; index < 70; index += 1) bench.feed(masked(0x9, [index]));
    bench.take();
    bench.sent();
    bench.feed(concat(masked(0x9, [1]), masked(0x9, [2])));
    expect(bench.sent()).toHaveLength(2);
  });

  test("that wait are answered before our Close", () => {
    const bench = Bench.open("server");
    bench.isBusy = true;
    bench.endpoint.sendText("in the way");
    for (let index = 0; index < 70; index += 1) bench.feed(masked(0x9, [index]));
    bench.endpoint.close(1000, "", 0);
    bench.take();
    const opcodes = bench.sent().map(({ opcode }) => opcode);
    expect(opcodes.slice(-2)).toEqual([PONG, 0x8]);
  });
});

describe("our pings", () => {
  test("are numbered from 1, and carry their number", () => {
    const bench = Bench.open("client");
    expect([bench.endpoint.ping(null, 0), bench.endpoint.ping(null, 0)]).toEqual([1, 2]);
    bench.turn();
    expect(bench.sent().map(({ opcode, payload }) => [opcode, ...payload])).toEqual([
      [0x9, 0, 0, 0, 1],
      [0x9, 0, 0, 0, 2],
    ]);
  });

  test("are answered by the pong with their payload, and with it all before", () => {
    const bench = Bench.open("server");
    const { endpoint } = bench;
    endpoint.ping(new Uint8Array([1]), 0);
    endpoint.ping(new Uint8Array([2]), 0);
    endpoint.ping(new Uint8Array([3]), 0);
    expect(bench.feed(masked(PONG, [2]))).toEqual([{ step: "pong", of: 2, payload: [2] }]);
    expect(bench.feed(masked(PONG, [1]))).toEqual([{ step: "pong", of: 0, payload: [1] }]);
    expect(bench.feed(masked(PONG, [3]))).toEqual([{ step: "pong", of: 3, payload: [3] }]);
  });

  test("are known again when the caller has written on in the memory of the payload", () => {
    const bench = Bench.open("server");
    // The `slice` of Node's Buffer is a view, and no copy.
    class Sharing extends Uint8Array<ArrayBuffer> {
      override slice(start?: number, end?: number): Uint8Array<ArrayBuffer> {
        return this.subarray(start, end);
      }
    }
    const payload = new Sharing(new ArrayBuffer(2));
    payload.set([7, 8]);
    expect(bench.endpoint.ping(payload, 0)).toBe(1);
    payload.fill(0);
    expect(bench.feed(masked(PONG, [7, 8]))).toEqual([{ step: "pong", of: 1, payload: [7, 8] }]);
  });

  test("with the same payload are answered by one pong, for the newest", () => {
    const bench = Bench.open("server");
    bench.endpoint.ping(new Uint8Array([5]), 0);
    bench.endpoint.ping(new Uint8Array([5]), 0);
    expect(bench.feed(masked(PONG, [5]))).toEqual([{ step: "pong", of: 2, payload: [5] }]);
  });

  test("are refused once a Close is queued", () => {
    const { endpoint } = Bench.open("server");
    endpoint.close(1000, "", 0);
    expect(endpoint.ping(null, 0)).toBe(0);
    expect(endpoint.pong()).toBe("closed");
  });

  test("have a payload of 125 bytes at most", () => {
    const { endpoint } = Bench.open("server");
    expect(endpoint.ping(new Uint8Array(125), 0)).toBe(1);
    expect(() => endpoint.ping(new Uint8Array(126), 0)).toThrow(/125/);
    expect(() => endpoint.pong(new Uint8Array(126))).toThrow(/125/);
    expect(() => endpoint.ping(5 as never, 0)).toThrow(/Uint8Array/);
  });

  test("of many that nobody has answered the newest are remembered, and a pong for one of them answers all", () => {
    const bench = Bench.open("server");
    for (let count = 1; count <= 20_000; count += 1) bench.endpoint.ping(null, 0);
    const { keepalive } = (bench.endpoint as unknown as { connection: Connection }).connection;
    expect(keepalive!.pings.length).toBe(MAX_AWAITED_PINGS);
    const pong = (number: number): Uint8Array => masked(0xa, [0, 0, number >> 8, number & 0xff]);
    expect(bench.feed(pong(7))).toMatchObject([{ step: "pong", of: 0 }]);
    const oldest = 20_000 - MAX_AWAITED_PINGS + 1;
    expect(bench.feed(pong(oldest))).toMatchObject([{ step: "pong", of: oldest }]);
    expect(bench.feed(pong(20_000))).toMatchObject([{ step: "pong", of: 20_000 }]);
    expect(keepalive!.pings).toEqual([]);
  });
});

test("an unsolicited pong needs no answer, and answers nothing", () => {
  const bench = Bench.open("server");
  expect(bench.feed(masked(PONG, [1, 2]))).toEqual([{ step: "pong", of: 0, payload: [1, 2] }]);
  expect(bench.sent()).toEqual([]);
});

test("an unsolicited pong of ours is a frame like any other", () => {
  const bench = Bench.open("client");
  expect(bench.endpoint.pong(new Uint8Array([4]))).toBe("queued");
  bench.turn();
  expect(bench.sent()).toMatchObject([{ opcode: PONG, isMasked: true, payload: Uint8Array.of(4) }]);
});
