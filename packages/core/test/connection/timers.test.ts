/** Time as an input: each timer one millisecond before its deadline and at it. */
import { describe, expect, test } from "vitest";
import { DEFAULT_TIMEOUTS, Step, type Timeouts } from "../../src/index.ts";
import { Bench } from "../turn.ts";
import { closeBody, masked, unmasked } from "../wire.ts";

const OFF: Timeouts = {
  handshake: 0,
  refusalBody: 0,
  idle: 0,
  ping: 0,
  pong: 0,
  close: 0,
  lifetime: 0,
};

function open(timeouts: Partial<Timeouts>, role: "client" | "server" = "server"): Bench {
  return Bench.open(role, { timeouts: { ...OFF, ...timeouts } });
}

function opcodes(bench: Bench): number[] {
  return bench.sent().map(({ opcode }) => opcode);
}

test("with every timer off there is no deadline", () => {
  const bench = open({});
  expect(bench.endpoint.deadline).toBe(Number.POSITIVE_INFINITY);
  expect(bench.at(1e12)).toEqual([]);
  expect(bench.sent()).toEqual([]);
});

test("the defaults are those of the documentation", () => {
  expect(DEFAULT_TIMEOUTS).toEqual({
    handshake: 10_000,
    refusalBody: 1_000,
    idle: 120_000,
    ping: 30_000,
    pong: 10_000,
    close: 5_000,
    lifetime: 0,
  });
});

describe("idle", () => {
  test("closes with 1001 after that much silence, not a millisecond before", () => {
    const bench = open({ idle: 1000 });
    expect(bench.endpoint.deadline).toBe(1000);
    bench.at(999);
    expect(opcodes(bench)).toEqual([]);
    bench.at(1000);
    const [close] = bench.sent();
    expect([...close!.payload.subarray(0, 2)]).toEqual([...closeBody(1001)]);
    bench.end();
    expect(bench.endpoint.ended).toMatchObject({ timeout: "idle" });
  });

  test("is put off by any byte, also by half a frame", () => {
    const bench = open({ idle: 1000 });
    bench.now = 600;
    bench.feed([0x81]);
    expect(bench.endpoint.deadline).toBe(1600);
  });

  test("is not put off by an empty chunk, nor by what we send", () => {
    const bench = open({ idle: 1000 });
    bench.now = 600;
    bench.feed([]);
    bench.endpoint.receive(new Uint8Array(0), 600);
    bench.endpoint.sendText("anyone?");
    bench.turn();
    expect(bench.endpoint.deadline).toBe(1000);
  });

  test("runs while reading is paused: two peers who both stopped reading must not wait for ever", () => {
    const bench = open({ idle: 1000 });
    bench.endpoint.pauseReading(0);
    bench.at(1000);
    expect(opcodes(bench)).toEqual([0x8]);
  });
});

describe("ping and pong", () => {
  test("a ping goes out after that much silence, and another after as much again", () => {
    const bench = open({ ping: 100 });
    bench.at(99);
    expect(opcodes(bench)).toEqual([]);
    bench.at(100);
    expect(opcodes(bench)).toEqual([0x9]);
    expect(bench.endpoint.deadline).toBe(200);
    bench.at(200);
    expect(opcodes(bench)).toEqual([0x9]);
  });

  test("handleTimeout twice at the same time sends one ping", () => {
    const bench = open({ ping: 100 });
    bench.at(100);
    bench.at(100);
    expect(opcodes(bench)).toEqual([0x9]);
  });

  test("no second ping goes out while one is awaited", () => {
    const bench = open({ ping: 100, pong: 1000 });
    bench.at(100);
    expect(bench.endpoint.deadline).toBe(1100);
    bench.at(900);
    expect(opcodes(bench)).toEqual([0x9]);
  });

  test("a peer not heard from for that long after the ping was taken is sent a Close with 1001", () => {
    const bench = open({ ping: 100, pong: 50, close: 5 });
    bench.at(100);
    bench.at(149);
    expect(opcodes(bench)).toEqual([0x9]);
    bench.at(150);
    expect(opcodes(bench)).toEqual([0x8]);
    expect(bench.at(155)).toEqual([{ step: "ended" }]);
    expect(bench.endpoint.ended).toMatchObject({ timeout: "pong" });
  });

  test("the pong timer starts when the transport took the ping", () => {
    const bench = open({ ping: 100, pong: 50 });
    bench.isBusy = true;
    bench.at(100);
    expect(bench.endpoint.deadline).toBe(Number.POSITIVE_INFINITY);
    bench.now = 170;
    bench.take();
    expect(bench.endpoint.deadline).toBe(220);
  });

  test("any byte satisfies it, it need not be a pong", () => {
    const bench = open({ ping: 100, pong: 50 });
    bench.at(100);
    bench.now = 120;
    bench.feed([0x81]);
    expect(bench.endpoint.deadline).toBe(220);
  });

  test("a pong that comes before the transport says that it took the ping is an answer all the same", () => {
    const bench = open({ ping: 100, pong: 50 });
    bench.isBusy = true;
    bench.at(100);
    bench.now = 110;
    expect(bench.feed(masked(0xa, [0, 0, 0, 1]))).toMatchObject([{ step: "pong", of: 1 }]);
    bench.now = 120;
    bench.take();
    expect(bench.endpoint.deadline).toBe(210);
  });

  test("another byte that comes before the transport took the ping is no answer to it", () => {
    const bench = open({ ping: 100, pong: 50 });
    bench.isBusy = true;
    bench.at(100);
    bench.now = 110;
    bench.feed(masked(0xa, [9]));
    bench.now = 120;
    bench.take();
    expect(bench.endpoint.deadline).toBe(170);
  });

  test("the pong of an earlier ping leaves the timer to a later one that is still out", () => {
    const bench = open({ pong: 50 });
    bench.endpoint.ping(Uint8Array.of(1), 0);
    bench.endpoint.ping(Uint8Array.of(2), 0);
    bench.isBusy = true;
    bench.turn();
    bench.feed(masked(0xa, [1]));
    bench.take();
    expect(bench.endpoint.deadline).toBe(50);
  });

  test("the pong timer stands still while reading is paused", () => {
    const bench = open({ ping: 100, pong: 50 });
    bench.at(100);
    bench.endpoint.pauseReading(110);
    bench.at(1000);
    expect(opcodes(bench)).toEqual([0x9]);
    bench.endpoint.resumeReading(1000);
    expect(bench.endpoint.deadline).toBe(1040);
  });

  test("a ping taken while reading is paused has its whole time from the moment reading resumes", () => {
    const bench = open({ ping: 100, pong: 50 });
    bench.endpoint.pauseReading(10);
    bench.at(100);
    bench.endpoint.resumeReading(300);
    expect(bench.endpoint.deadline).toBe(350);
  });

  test("a ping of the application's is timed like one of the engine's", () => {
    const bench = open({ pong: 50 });
    bench.endpoint.ping(null, 7);
    bench.now = 10;
    bench.turn();
    expect(bench.endpoint.deadline).toBe(60);
  });

  test("a peer that never answers pings but sends data is remembered one ping, not thousands", () => {
    const bench = open({ ping: 10 });
    for (let index = 1; index <= 1000; index += 1) {
      bench.at(index * 20);
      bench.feed(masked(0x2));
    }
    const state = JSON.parse(JSON.stringify(bench.endpoint));
    expect(state.connection.keepalive.pings).toHaveLength(1);
  });
});

describe("lifetime", () => {
  test("closes with 1001 that long after the opening, however busy the connection is", () => {
    const bench = open({ lifetime: 500 });
    bench.now = 499;
    bench.feed(masked(0x2));
    bench.sent();
    bench.at(500);
    expect([...bench.sent()[0]!.payload.subarray(0, 2)]).toEqual([...closeBody(1001)]);
    bench.end();
    expect(bench.endpoint.ended).toMatchObject({ timeout: "lifetime" });
  });
});

describe("close", () => {
  test("runs for the peer's Close, then again for the end of its stream", () => {
    const bench = open({ close: 100 });
    bench.endpoint.close(1000, "", 0);
    bench.turn();
    expect(bench.endpoint.deadline).toBe(100);
    bench.now = 90;
    bench.feed(masked(0x8));
    expect(bench.endpoint.deadline).toBe(190);
    expect(bench.at(189)).toEqual([]);
    expect(bench.at(190)).toEqual([{ step: "ended" }]);
    expect(bench.endpoint.ended).toMatchObject({ timeout: "close", isEndOfStream: false });
    expect(bench.ends).toEqual(["end-write", "destroy"]);
  });

  for (const { close, patience, end, because } of [
    { close: 5_000, patience: 1_000, end: 6_000, because: "1 s of patience, then the close timer" },
    { close: 300, patience: 300, end: 600, because: "no more patience than the close timer has" },
    { close: 0, patience: 1_000, end: Number.POSITIVE_INFINITY, because: "the timer is off" },
  ]) {
    for (const first of ["ours", "theirs"]) {
      const title = `a client whose server does not end the stream behind both Closes (${first} first) ends its own half after ${patience} ms: ${because}`;
      test(title, () => {
        const bench = open({ close }, "client");
        bench.now = 7;
        if (first === "ours") {
          bench.endpoint.close(1000, "", bench.now);
          bench.turn();
        }
        bench.feed(unmasked(0x8));
        expect(bench.endpoint.deadline).toBe(7 + patience);
        bench.at(6 + patience);
        expect(bench.ends).toEqual([]);
        bench.at(7 + patience);
        expect(bench.ends).toEqual(["end-write"]);
        expect(bench.endpoint.deadline).toBe(7 + end);
        expect(bench.end()).toEqual([{ step: "ended" }]);
        expect(bench.endpoint.ended).toMatchObject({ timeout: null, isCloseSent: true });
      });
    }
  }

  test("a client's patience begins when the transport has taken its Close", () => {
    const bench = open({ close: 5_000 }, "client");
    bench.isBusy = true;
    bench.endpoint.sendText("slowly taken");
    bench.feed(unmasked(0x8));
    expect(bench.endpoint.deadline).toBe(5_000);
    bench.now = 4_000;
    bench.take();
    bench.take();
    expect(bench.endpoint.deadline).toBe(5_000);
  });

  test("is not put off by a peer who sends on and on", () => {
    const bench = open({ close: 100 });
    bench.endpoint.close(1000, "", 0);
    bench.turn();
    bench.now = 90;
    bench.feed(masked(0x2, [1]));
    expect(bench.endpoint.deadline).toBe(100);
  });

  test("starts anew when the transport takes something: a slow peer is not a dead one", () => {
    const bench = open({ close: 100 });
    bench.isBusy = true;
    bench.endpoint.sendBinary(new Uint8Array(1000));
    bench.turn();
    bench.endpoint.close(1000, "", 50);
    expect(bench.endpoint.deadline).toBe(150);
    bench.now = 140;
    bench.take();
    expect(bench.endpoint.deadline).toBe(240);
  });

  test("ends a connection whose transport takes nothing", () => {
    const bench = open({ close: 100 });
    bench.isBusy = true;
    bench.endpoint.sendText("stuck");
    bench.turn();
    bench.endpoint.close(1000, "", 0);
    expect(bench.at(100)).toEqual([{ step: "ended" }]);
    expect(bench.ends).toEqual(["destroy"]);
  });

  test("runs for the end of the stream after the peer ended without a Close while we cannot write", () => {
    const bench = open({ close: 100 });
    bench.isBusy = true;
    bench.endpoint.sendText("stuck");
    bench.turn();
    bench.end();
    expect(bench.at(100)).toEqual([{ step: "ended" }]);
  });
});

test("time that goes back counts as the last time, and a time that is no number is a mistake", () => {
  const bench = open({ idle: 1000 });
  bench.now = 500;
  bench.feed(masked(0x2));
  bench.endpoint.receive(masked(0x2), 100);
  bench.turn();
  expect(bench.endpoint.deadline).toBe(1500);
  expect(() => bench.endpoint.receive(masked(0x2), Number.NaN)).toThrow(/monotonic/);
});

test("with the default timeouts a peer that is silent from the start reaches the end", () => {
  const bench = Bench.open("client");
  let steps = 0;
  while (bench.endpoint.state !== "ended") {
    bench.at(bench.endpoint.deadline);
    steps += 1;
    expect(steps).toBeLessThan(20);
  }
  expect(bench.endpoint.ended).toMatchObject({ timeout: "pong" });
  expect(bench.endpoint.next()).toBe(Step.Idle);
});
