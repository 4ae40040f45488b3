/** Unread input: whose memory it lies in, what is kept when a turn ends early, and that cuts change nothing. */
import { describe, expect, test } from "vitest";
import { MEMORY_INPUT_BYTES } from "../../src/bytes/memory.ts";
import { type Endpoint, eventsOf, MisuseError, Step, watchFrames } from "../../src/index.ts";
import { randomBytes } from "../seeded-bytes.ts";
import { Bench, type Told } from "../turn.ts";
import { concat, masked, unmasked } from "../wire.ts";

const LENGTHS = [0, 1, 125, 126, 300, 5_000, 65_535, 65_536, 70_000, 3, 200_000, 7];
const MESSAGES = LENGTHS.map((length, index) => randomBytes(index, length));
const STREAM = concat(...MESSAGES.map((payload) => masked(0x2, payload)));

function lengthsOf(told: readonly Told[]): number[] {
  return told.map((one) => (one.step === "binary" ? one.bytes.length : -1));
}

describe("a chunk", () => {
  for (const size of [1_000, 65_535, 65_536, 65_537, 131_072, 131_073, STREAM.length]) {
    test(`of ${size} octets brings the same messages as any other`, () => {
      const { endpoint } = Bench.open("server");
      let next = 0;
      for (let at = 0; at < STREAM.length; at += size) {
        endpoint.receive(STREAM.slice(at, at + size), 0);
        for (const event of eventsOf(endpoint)) {
          expect(event).toEqual({ type: "binary", bytes: MESSAGES[next] });
          next += 1;
        }
      }
      expect(next).toBe(MESSAGES.length);
    });
  }

  test("larger than 64 KiB is copied in slices whose boundary may lie at any byte of a header", () => {
    for (let before = 0; before <= 14; before += 1) {
      const filler = new Uint8Array(MEMORY_INPUT_BYTES - 14 + before - 4 - 4);
      const chunk = concat(masked(0x2, filler), masked(0x2, MESSAGES[8]!), masked(0x9, [before]));
      const told = Bench.open("server").feed(chunk);
      expect(lengthsOf(told).slice(0, 2)).toEqual([filler.length, 70_000]);
      expect(told[2]).toEqual({ step: "ping", payload: [before] });
    }
  });

  test("larger than 64 KiB has the offset of a violation counted through all slices", () => {
    const good = [masked(0x2, new Uint8Array(70_000)), masked(0x1, "x".repeat(70_000))];
    const told = Bench.open("server").feed(concat(...good, masked(0x3)));
    expect(told.at(-1)).toMatchObject({ offset: good[0]!.length + good[1]!.length });
  });

  test("may be a view of a larger buffer: bytes around it are neither read nor written", () => {
    const buffer = new Uint8Array(1_000).fill(0xff);
    const octets = masked(0x1, "inside");
    buffer.set(octets, 500);
    const bench = Bench.open("server");
    bench.endpoint.receive(buffer.subarray(500, 500 + octets.length), 0);
    expect(bench.turn()).toEqual([{ step: "text", text: "inside" }]);
    expect(buffer.slice(500, 500 + octets.length)).toEqual(octets);
    expect(buffer.filter((octet) => octet === 0xff).length).toBeGreaterThanOrEqual(
      1_000 - octets.length,
    );
  });

  test("of no bytes is no input", () => {
    const bench = Bench.open("server");
    expect(bench.feed(masked(0x1, "x").slice(0, 3))).toEqual([]);
    bench.endpoint.receive(new Uint8Array(0), 0);
    expect(bench.turn()).toEqual([]);
    expect(bench.feed(masked(0x1, "x").slice(3))).toEqual([{ step: "text", text: "x" }]);
  });

  test("is not unread at Idle, wherever a frame was cut: a begun header is not what a host has to pull", () => {
    const octets = concat(masked(0x2, new Uint8Array(300)), masked(0x2, new Uint8Array(70_000)));
    for (const cut of [...Array.from({ length: 20 }, (_, at) => at), 308, 310, 315, 321, 322]) {
      const bench = Bench.open("server");
      bench.feed(octets.slice(0, cut));
      expect(bench.endpoint.unread).toBe(0);
      bench.feed(octets.slice(cut));
      expect(bench.endpoint.unread).toBe(0);
    }
  });
});

describe("chunks that are not pulled", () => {
  test("are read in the order in which they came, however they are cut", () => {
    for (const size of [1, 3, 100, 40_000]) {
      const stream =
        size < 100 ? concat(...[1, 2, 3].map((octet) => masked(0x2, [octet]))) : STREAM;
      const bench = Bench.open("server");
      for (let at = 0; at < stream.length; at += size) {
        bench.endpoint.receive(stream.slice(at, at + size), 0);
        expect(bench.endpoint.unread).toBe(Math.min(stream.length, at + size));
      }
      expect(lengthsOf(bench.turn())).toEqual(size < 100 ? [1, 1, 1] : LENGTHS);
    }
  });

  test("are copied: the caller may use his memory again before they are read", () => {
    const bench = Bench.open("server");
    const chunk = concat(masked(0x1, "first"), masked(0x1, "x".repeat(70_000)));
    bench.endpoint.receive(chunk, 0);
    bench.endpoint.receive(masked(0x1, "last"), 0);
    chunk.fill(0);
    const told = bench.turn();
    expect(told).toMatchObject([{ text: "first" }, { step: "text" }, { text: "last" }]);
  });

  test("go on behind a message that was pulled from between them", () => {
    const { endpoint } = Bench.open("server");
    const octets = concat(...["a", "b", "c", "d"].map((text) => masked(0x1, text)));
    endpoint.receive(octets.slice(0, 10), 0);
    expect([endpoint.next(), endpoint.text]).toEqual([Step.Text, "a"]);
    endpoint.receive(octets.slice(10, 18), 0);
    expect([endpoint.next(), endpoint.text]).toEqual([Step.Text, "b"]);
    endpoint.receive(octets.slice(18), 0);
    expect([endpoint.next(), endpoint.text]).toEqual([Step.Text, "c"]);
    expect([endpoint.next(), endpoint.text]).toEqual([Step.Text, "d"]);
    expect(endpoint.next()).toBe(Step.Idle);
  });

  test("are forgotten behind a Close of the peer's, and do not count as unread", () => {
    const bench = Bench.open("server");
    bench.endpoint.receive(masked(0x8), 0);
    bench.endpoint.receive(new Uint8Array(100_000), 0);
    expect(bench.turn()).toMatchObject([{ step: "closing" }]);
    expect(bench.endpoint.unread).toBe(0);
  });
});

describe("the facts of a step hold until the cursor moves on", () => {
  const others = () => Bench.open("server").feed(masked(0x2, new Uint8Array(300).fill(0x21)));
  for (const { what, act } of [
    { what: "another chunk", act: (e: Endpoint) => e.receive(masked(0x1, "XXXXXXXXXX"), 0) },
    { what: "setAside", act: (e: Endpoint) => e.setAside() },
    { what: "setAside twice", act: (e: Endpoint) => [e.setAside(), e.setAside()] },
    { what: "the end of the stream", act: (e: Endpoint) => e.endOfStream(0) },
    { what: "abort", act: (e: Endpoint) => e.abort(0) },
    { what: "a transmission", act: (e: Endpoint) => [e.sendText("out"), e.transmit(0), e.sent(0)] },
  ]) {
    for (const behind of [[], masked(0x1, "behind")]) {
      test(`after ${what}, with ${behind.length} octets unread behind it`, () => {
        for (const payload of ["text", "x".repeat(200)]) {
          const { endpoint } = Bench.open("server");
          endpoint.receive(concat(masked(0x1, payload), behind), 0);
          expect(endpoint.next()).toBe(Step.Text);
          act(endpoint);
          others();
          expect(endpoint.text).toBe(payload);
          const octets = endpoint.chunk.slice(endpoint.start, endpoint.end);
          expect(new TextDecoder().decode(octets)).toBe(payload);
        }
      });
    }
  }

  test("and the messages behind them are still read after that", () => {
    const bench = Bench.open("server");
    const { endpoint } = bench;
    endpoint.receive(concat(masked(0x1, "one"), masked(0x1, "two")), 0);
    endpoint.next();
    endpoint.setAside();
    endpoint.receive(masked(0x1, "three"), 0);
    expect(endpoint.text).toBe("one");
    expect(bench.turn()).toEqual([
      { step: "text", text: "two" },
      { step: "text", text: "three" },
    ]);
  });

  test("of a message in a backlog that has to grow", () => {
    const bench = Bench.open("server");
    const { endpoint } = bench;
    endpoint.receive(concat(masked(0x1, "kept"), masked(0x1, "next")), 0);
    endpoint.setAside();
    expect([endpoint.next(), endpoint.text]).toEqual([Step.Text, "kept"]);
    endpoint.receive(masked(0x2, new Uint8Array(5_000)), 0);
    expect(endpoint.text).toBe("kept");
    expect(bench.turn()).toMatchObject([{ text: "next" }, { step: "binary" }]);
  });

  test("and are gone at Idle: an endpoint at rest shows no memory", () => {
    const bench = Bench.open("server");
    bench.feed(masked(0x1, "gone"));
    const { chunk, start, end } = bench.endpoint;
    expect([chunk.length, start, end]).toEqual([0, 0, 0]);
  });
});

describe("setAside at a step that the host is done with", () => {
  for (const length of [5, 5_000, 200_000]) {
    test(`keeps nothing of a message of ${length} bytes in two fragments, and what is behind it is read later`, () => {
      const bench = Bench.open("server");
      const { endpoint } = bench;
      const half = new Uint8Array(length);
      const message = concat(masked(0x2, half, { fin: false }), masked(0x0, half));
      endpoint.receive(concat(message, masked(0x1, "behind")), 0);
      expect(endpoint.next()).toBe(Step.Binary);
      endpoint.setAside(true);
      expect([endpoint.start, endpoint.end]).toEqual([0, 0]);
      expect(endpoint["connection"]).toMatchObject({ eventBytes: null, delivered: null });
      expect(endpoint.unread).toBe(masked(0x1, "behind").length);
      expect(bench.turn()).toEqual([{ step: "text", text: "behind" }]);
    });
  }

  test("keeps no more bytes than are unread, until more arrive", () => {
    const { endpoint } = Bench.open("server");
    endpoint.receive(concat(masked(0x1, "first"), masked(0x2, new Uint8Array(40_000))), 0);
    endpoint.next();
    endpoint.setAside(true);
    expect(endpoint["connection"].memory!.bytes.length).toBeLessThan(endpoint.unread + 4);
  });

  test("keeps the step that the host has not seen, behind a watched frame", () => {
    const bench = Bench.open("server", { frames: watchFrames(125) });
    bench.endpoint.receive(concat(masked(0x1, "kept"), masked(0x1, "behind")), 0);
    expect(bench.endpoint.next()).toBe(Step.Frame);
    bench.endpoint.setAside(true);
    expect([bench.endpoint.next(), bench.endpoint.text]).toEqual([Step.Text, "kept"]);
  });
});

describe("the inbox", () => {
  function read(endpoint: Endpoint, octets: Uint8Array): void {
    endpoint.inbox.set(octets);
    endpoint.received(octets.length, 0);
  }

  test("is one array of 65,536 bytes for all endpoints of the thread", () => {
    const [one, other] = [Bench.open("server").endpoint, Bench.open("client").endpoint];
    expect(one.inbox).toBe(other.inbox);
    expect(one.inbox.length).toBe(65_600);
  });

  test("brings the same messages as chunks do, at every size", () => {
    for (const size of [1_000, 40_000, 65_536]) {
      const bench = Bench.open("server");
      const told: Told[] = [];
      for (let at = 0; at < STREAM.length; at += size) {
        read(bench.endpoint, STREAM.slice(at, at + size));
        told.push(...bench.turn());
      }
      expect(lengthsOf(told)).toEqual(LENGTHS);
    }
  });

  test("and chunks may take turns, also inside a header", () => {
    const bench = Bench.open("client");
    const octets = concat(unmasked(0x2, new Uint8Array(300).fill(1)), unmasked(0x1, "x"));
    const told: Told[] = [];
    for (let at = 0; at < octets.length; at += 3) {
      const part = octets.slice(at, at + 3);
      if (at % 2 === 0) read(bench.endpoint, part);
      else bench.endpoint.receive(part, 0);
      told.push(...bench.turn());
    }
    expect(told).toMatchObject([{ step: "binary" }, { step: "text", text: "x" }]);
  });

  test("is joined to a backlog, and is free at once", () => {
    const bench = Bench.open("server");
    bench.endpoint.receive(masked(0x1, "first"), 0);
    read(bench.endpoint, masked(0x1, "second"));
    read(bench.endpoint, masked(0x1, "third"));
    expect(bench.turn()).toMatchObject([{ text: "first" }, { text: "second" }, { text: "third" }]);
  });

  test("is not taken by an input that is ignored", () => {
    const one = Bench.open("server").endpoint;
    one.inbox.fill(0);
    one.received(0, 0);
    one.abort(0);
    one.received(5, 0);
    const other = Bench.open("server");
    read(other.endpoint, masked(0x1, "free"));
    expect(other.turn()).toEqual([{ step: "text", text: "free" }]);
  });

  for (const { what, free } of [
    { what: "Idle", free: (e: Endpoint) => e.next() },
    { what: "setAside", free: (e: Endpoint) => e.setAside() },
    { what: "abort, although nobody pulls any more", free: (e: Endpoint) => e.abort(0) },
  ]) {
    test(`is free for another endpoint after ${what}`, () => {
      const one = Bench.open("server").endpoint;
      read(one, masked(0x1, "one"));
      expect(one.next()).toBe(Step.Text);
      free(one);
      const other = Bench.open("server");
      read(other.endpoint, masked(0x1, "other"));
      expect(other.turn()).toEqual([{ step: "text", text: "other" }]);
    });
  }

  test("refused to a second endpoint leaves that one as it was, time included", () => {
    const one = Bench.open("server").endpoint;
    read(one, masked(0x1, "mine"));
    const other = Bench.open("server").endpoint;
    const before = JSON.stringify(other);
    expect(() => other.received(5, 1_000)).toThrow(MisuseError);
    expect(JSON.stringify(other)).toBe(before);
    one.next();
    one.next();
  });

  test("filled again before it was read is a mistake, and the engine says so", () => {
    const { endpoint } = Bench.open("server");
    read(endpoint, masked(0x1, "lost"));
    endpoint.inbox.set(masked(0x1, "over"));
    expect(() => endpoint.received(10, 0)).toThrow(/setAside/);
    endpoint.next();
    endpoint.next();
  });

  for (const byteCount of [-1, 1.5, 65_601, Number.NaN, "5" as unknown as number]) {
    test(`does not hold ${String(byteCount)} bytes`, () => {
      const { endpoint } = Bench.open("server");
      expect(() => endpoint.received(byteCount, 0)).toThrow(MisuseError);
    });
  }
});
