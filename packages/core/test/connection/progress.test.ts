/** A peer who reads slowly, but reads: what the transport took lately stands between the peer and what we wait for. */
import { describe, expect, test } from "vitest";
import { MisuseError, type Timeouts } from "../../src/index.ts";
import { Bench } from "../turn.ts";
import { masked, unmasked } from "../wire.ts";

const OFF: Timeouts = {
  handshake: 0,
  refusalBody: 0,
  idle: 0,
  ping: 0,
  pong: 0,
  close: 0,
  lifetime: 0,
};
const PORTION = new Uint8Array(131_072);

function open(timeouts: Partial<Timeouts>, role: "client" | "server" = "server"): Bench {
  return Bench.open(role, { timeouts: { ...OFF, ...timeouts } });
}

/** Gives the transport that many times 128 KiB, less the headers of their frames. */
function give(bench: Bench, portions: number): void {
  for (let count = 0; count < portions; count += 1) {
    bench.endpoint.sendBinary(PORTION, 0, PORTION.length - (count === 0 ? 10 : 20));
  }
  // Without a copy of all output, which a bench keeps.
  while (bench.endpoint.transmit(bench.now) !== null) {
    if (bench.isBusy) bench.endpoint.keep();
    else bench.endpoint.sent(bench.now);
  }
}

describe("idle", () => {
  test("is put off by what a full transport takes of more", () => {
    const bench = open({ idle: 1000, close: 5000 });
    bench.isBusy = true;
    give(bench, 2);
    bench.endpoint.sentPart(1000, 700);
    expect(bench.endpoint.deadline).toBe(1700);
    bench.endpoint.sendText("behind it");
    bench.endpoint.sent(900);
    expect(bench.endpoint.deadline).toBeGreaterThan(1900);
  });

  test("is not put off by little that a transport takes at once: a kernel does that for the dead", () => {
    const bench = open({ idle: 1000, close: 5000 });
    bench.now = 600;
    give(bench, 1);
    expect(bench.endpoint.deadline).toBe(1000);
  });

  test("is put off by much that it takes at once by the time of reading that, 32 times close at most", () => {
    const bench = open({ idle: 1000, close: 100 });
    bench.now = 600;
    give(bench, 100);
    expect(bench.endpoint.deadline).toBe(600 + 3100 + 1000);
    bench.isBusy = true;
    bench.now = 4700;
    give(bench, 1);
    bench.at(4700);
    expect(bench.endpoint.state).toBe("closing");
  });

  test("is not put off by the last that a transport takes, late: some say so of everything", () => {
    const bench = open({ idle: 1000, close: 5000 });
    bench.isBusy = true;
    give(bench, 1);
    bench.endpoint.sent(600);
    expect(bench.endpoint.deadline).toBe(1000);
  });

  test("closes on a transport that takes nothing more: the peer is dead", () => {
    const bench = open({ idle: 1000, close: 5000 });
    bench.isBusy = true;
    give(bench, 4);
    bench.endpoint.sentPart(131_072, 500);
    bench.at(1500);
    expect(bench.endpoint.state).toBe("closing");
  });
});

describe("close", () => {
  test("has its time for each 128 KiB that the transport took just before", () => {
    const bench = open({ close: 100 });
    give(bench, 8);
    bench.endpoint.close(1000, "", 0);
    bench.turn();
    expect(bench.endpoint.deadline).toBeGreaterThan(790);
    expect(bench.endpoint.deadline).toBeLessThanOrEqual(800);
    expect(bench.endpoint.readBy).toBe(bench.endpoint.deadline - 100);
    bench.at(bench.endpoint.deadline);
    expect(bench.endpoint.ended).toMatchObject({ timeout: "close" });
  });

  test("forgets what was taken long enough ago to have been read", () => {
    const bench = open({ close: 100 });
    give(bench, 8);
    bench.now = 700;
    bench.endpoint.close(1000, "", 700);
    bench.turn();
    expect(bench.endpoint.deadline).toBe(800);
  });

  test("is given 32 times its length and no more, however much was taken: a dead peer is let go of", () => {
    const bench = open({ close: 100 });
    give(bench, 100);
    bench.endpoint.close(1000, "", 0);
    bench.turn();
    expect(bench.endpoint.deadline).toBe(3200);
  });

  test("starts anew with each part that the transport takes", () => {
    const bench = open({ close: 100 });
    bench.isBusy = true;
    give(bench, 2);
    bench.endpoint.close(1000, "", 0);
    expect(bench.endpoint.deadline).toBe(100);
    bench.endpoint.sentPart(1000, 90);
    expect(bench.endpoint.deadline).toBe(190);
  });

  test("is its plain length once the peer has answered our Close: all before it was read", () => {
    const bench = open({ close: 100 }, "client");
    give(bench, 8);
    bench.endpoint.close(1000, "", 0);
    bench.turn();
    bench.now = 10;
    bench.feed(unmasked(0x8));
    expect(bench.endpoint.deadline).toBe(110);
  });

  test("counts nothing twice that was told in parts", () => {
    const bench = open({ close: 100 });
    bench.isBusy = true;
    give(bench, 2);
    bench.endpoint.sentPart(131_072, 0);
    bench.endpoint.sent(0);
    bench.endpoint.close(1000, "", 0);
    expect(bench.endpoint.readBy).toBeLessThanOrEqual(100);
    expect(bench.endpoint.readBy).toBeGreaterThan(95);
  });
});

describe("pong", () => {
  const PING = Uint8Array.of(7);

  test("waits until the peer can have read what the transport took before the ping", () => {
    const bench = open({ pong: 50, close: 100 });
    give(bench, 8);
    bench.endpoint.ping(PING, 0);
    bench.turn();
    const { deadline } = bench.endpoint;
    expect(deadline).toBeGreaterThan(740);
    expect(deadline).toBeLessThanOrEqual(750);
    // What follows the ping does not put it off: a dead peer's kernel takes that too.
    bench.now = 400;
    give(bench, 8);
    expect(bench.endpoint.deadline).toBe(deadline);
    bench.at(deadline);
    expect(bench.endpoint.state).toBe("closing");
  });

  test("that has come says that all before its ping was read", () => {
    const bench = open({ pong: 50, close: 100 });
    give(bench, 8);
    bench.endpoint.ping(PING, 0);
    bench.turn();
    bench.now = 20;
    bench.feed(masked(0xa, PING));
    expect(bench.endpoint.readBy).toBe(0);
  });

  test("that has come says nothing of what was sent behind its ping", () => {
    const bench = open({ pong: 50, close: 100 });
    give(bench, 8);
    bench.endpoint.ping(PING, 0);
    bench.turn();
    give(bench, 4);
    bench.now = 20;
    bench.feed(masked(0xa, PING));
    expect(bench.endpoint.readBy).toBeGreaterThan(300);
    expect(bench.endpoint.readBy).toBeLessThanOrEqual(330);
  });

  test("that has come says nothing of what was sent behind its ping, however much is counted already", () => {
    const bench = open({ pong: 50, close: 100 });
    give(bench, 100);
    bench.endpoint.ping(PING, 0);
    bench.turn();
    give(bench, 16);
    bench.now = 20;
    bench.feed(masked(0xa, PING));
    expect(bench.endpoint.readBy).toBeGreaterThan(1500);
    expect(bench.endpoint.readBy).toBeLessThanOrEqual(1520);
  });

  test("that answers another ping says nothing", () => {
    const bench = open({ pong: 50, close: 100 });
    bench.endpoint.ping(PING, 0);
    bench.turn();
    bench.feed(masked(0x1, []));
    give(bench, 8);
    bench.endpoint.ping(Uint8Array.of(8), 0);
    bench.turn();
    const { readBy } = bench.endpoint;
    bench.feed(masked(0xa, PING));
    expect(bench.endpoint.readBy).toBe(readBy);
  });
});

describe("sentPart", () => {
  test("of more than is with the transport, or of no number of bytes, is a mistake that changes nothing", () => {
    const bench = open({ close: 100 });
    expect(() => bench.endpoint.sentPart(1, 0)).toThrow(MisuseError);
    bench.isBusy = true;
    give(bench, 1);
    bench.endpoint.sentPart(131_000, 0);
    for (const count of [1_000, -1, 0.5, Number.NaN]) {
      expect(() => bench.endpoint.sentPart(count, 0)).toThrow(MisuseError);
    }
    expect(bench.endpoint.unsent).toBeGreaterThan(131_000);
  });

  test("behind the end is ignored, as every input is", () => {
    const bench = open({ close: 100 });
    bench.isBusy = true;
    give(bench, 1);
    bench.endpoint.abort(0);
    bench.turn();
    bench.endpoint.sentPart(1_000, 0);
    expect(bench.endpoint.state).toBe("ended");
  });
});

test("a peer that breaks a rule behind much output has timeouts.close for our Close, and no more", () => {
  const bench = open({ close: 5000 });
  give(bench, 40);
  bench.now = 100;
  bench.feed(Uint8Array.of(0xf1, 0x80, 1, 2, 3, 4)); // RSV bits that nobody agreed on
  expect(bench.endpoint.violation?.kind).toBe("reserved-bit-set");
  expect(bench.endpoint.deadline).toBe(5100);
});
