/** The option `frames`: every frame in and out, in order, and what becomes of the steps around them. */
import { describe, expect, test } from "vitest";
import {
  type ConnectionOptions,
  type EndpointEvent,
  eventsOf,
  Step,
  type WatchedFrame,
  watchFrames,
} from "../../src/index.ts";
import { Bench } from "../turn.ts";
import { closeBody, concat, masked, unmasked } from "../wire.ts";

function watching(role: "client" | "server", options: Partial<ConnectionOptions> = {}): Bench {
  return Bench.open(role, { frames: watchFrames(4), ...options });
}

/** The frames that are reported from here on, and nothing else. */
function framesOf(bench: Bench): WatchedFrame[] {
  return [...eventsOf(bench.endpoint)].flatMap((event) =>
    event.type === "frame" ? [event.frame] : [],
  );
}

function fed(bench: Bench, octets: Uint8Array): WatchedFrame[] {
  bench.endpoint.receive(octets, 0);
  return framesOf(bench);
}

describe("a frame that is watched", () => {
  test("has the bits of its first byte, each in its place", () => {
    for (const { shape, because } of [
      { shape: { fin: false, opcode: 0x1 }, because: "no FIN" },
      { shape: { fin: true, opcode: 0x2 }, because: "FIN" },
      { shape: { fin: true, opcode: 0xa }, because: "a control frame" },
    ]) {
      const [frame] = fed(watching("server"), masked(shape.opcode, [1], shape));
      expect({ because, fin: frame!.fin, opcode: frame!.opcode, rsv: frame!.rsv }).toEqual({
        because,
        ...shape,
        rsv: 0,
      });
    }
  });

  for (const rsv of [1, 2, 3, 4, 5, 6, 7]) {
    test(`that is refused for RSV bits ${rsv} says which they were`, () => {
      const [frame] = fed(watching("server"), masked(0x1, "x", { rsv }));
      expect(frame).toMatchObject({ direction: "in", rsv, isComplete: false, opcode: 1 });
    });
  }

  for (const { payload, prefix, because } of [
    { payload: [], prefix: [], because: "an empty payload" },
    { payload: [1, 2, 3], prefix: [1, 2, 3], because: "a payload shorter than the prefix" },
    { payload: [1, 2, 3, 4], prefix: [1, 2, 3, 4], because: "exactly the prefix" },
    { payload: [1, 2, 3, 4, 5], prefix: [1, 2, 3, 4], because: "one byte more" },
  ]) {
    test(`has as much of the payload as was asked for, in and out: ${because}`, () => {
      const bench = watching("server");
      const [incoming] = fed(bench, masked(0x2, payload));
      bench.endpoint.sendBinary(Uint8Array.from(payload));
      const [outgoing] = framesOf(bench);
      for (const frame of [incoming!, outgoing!]) {
        expect([...frame.payload]).toEqual(prefix);
        expect(frame.payloadLength).toBe(payload.length);
      }
    });
  }

  test("has its whole payload with a prefix of Infinity, however it was cut", () => {
    const bench = watching("server", { frames: watchFrames(Number.POSITIVE_INFINITY) });
    const payload = Uint8Array.from({ length: 300 }, (_, index) => index);
    const octets = masked(0x2, payload);
    for (let at = 0; at < octets.length; at += 7) {
      bench.endpoint.receive(octets.slice(at, at + 7), 0);
      for (const frame of framesOf(bench)) expect(frame.payload).toEqual(payload);
    }
    expect.assertions(1);
  });

  test("tells the masking key as it is on the wire, and the payload as it was before masking", () => {
    const bench = watching("client");
    bench.endpoint.sendText("Hello");
    const [frame] = framesOf(bench);
    expect(frame).toMatchObject({ direction: "out", isMasked: true, maskingKey: 0x5a5a5a5a });
    expect([...frame!.payload]).toEqual([0x48, 0x65, 0x6c, 0x6c]);
  });

  test("keeps its payload when the memory that it came in is used again", () => {
    const bench = watching("server");
    const [frame] = fed(bench, masked(0x2, [1, 2, 3]));
    bench.feed(masked(0x2, [9, 9, 9]));
    expect([...frame!.payload]).toEqual([1, 2, 3]);
  });

  test("that is sent by reference is reported like any other", () => {
    const bench = watching("server", { referenceFrom: 10 });
    bench.endpoint.sendBinary(new Uint8Array(200).fill(7));
    bench.endpoint.sendText("x");
    const [first, second] = framesOf(bench);
    expect(first).toMatchObject({ payloadLength: 200, payload: Uint8Array.of(7, 7, 7, 7) });
    expect(second!.offset).toBe(204);
  });
});

describe("offsets of watched frames", () => {
  test("count the bytes before a frame, in its own direction", () => {
    const bench = watching("server");
    const frames = fed(
      bench,
      concat(masked(0x1, "abc"), masked(0x9), masked(0x2, new Uint8Array(200)), masked(0x8)),
    );
    expect(frames.map(({ direction, opcode, offset }) => [direction, opcode, offset])).toEqual([
      ["in", 0x1, 0],
      ["in", 0x9, 9],
      ["out", 0xa, 0],
      ["in", 0x2, 15],
      ["in", 0x8, 223],
      ["out", 0x8, 2],
    ]);
  });

  test("are the same at every cutting", () => {
    const octets = concat(
      masked(0x1, "abc"),
      masked(0x9, "ping"),
      masked(0x2, new Uint8Array(300)),
    );
    for (const size of [1, 2, 5, 13, 100]) {
      const bench = watching("server");
      const offsets: number[] = [];
      for (let at = 0; at < octets.length; at += size) {
        for (const { direction, offset } of fed(bench, octets.slice(at, at + size))) {
          if (direction === "in") offsets.push(offset);
        }
      }
      expect(offsets).toEqual([0, 9, 19]);
    }
  });
});

describe("the order of frames and steps", () => {
  test("a ping is a frame in, the pong that answers it, and then the step", () => {
    expect(watching("server").feed(masked(0x9, [1]))).toEqual([
      { step: "frame", direction: "in", opcode: 0x9 },
      { step: "frame", direction: "out", opcode: 0xa },
      { step: "ping", payload: [1] },
    ]);
  });

  test("the frames of a fragmented message come one by one, and the message behind the last", () => {
    const octets = concat(masked(0x1, "a", { fin: false }), masked(0x0, "b"));
    expect(watching("server").feed(octets)).toEqual([
      { step: "frame", direction: "in", opcode: 0x1 },
      { step: "frame", direction: "in", opcode: 0x0 },
      { step: "text", text: "ab" },
    ]);
  });

  test("pieces of a frame come before it, and the last piece behind it", () => {
    const bench = watching("client", { pieces: true });
    const octets = unmasked(0x2, [1, 2, 3]);
    expect([...bench.feed(octets.slice(0, 3)), ...bench.feed(octets.slice(3))]).toEqual([
      { step: "piece", of: "binary", bytes: [1], final: false },
      { step: "frame", direction: "in", opcode: 0x2 },
      { step: "piece", of: "binary", bytes: [2, 3], final: true },
    ]);
  });

  test("what is sent while the cursor stands on a message is reported behind it", () => {
    const { endpoint } = watching("server");
    endpoint.receive(concat(masked(0x1, "a"), masked(0x1, "b")), 0);
    const steps: string[] = [];
    for (const event of eventsOf(endpoint)) {
      steps.push(event.type === "frame" ? event.frame.direction : event.type);
      if (event.type === "text") endpoint.sendText("echo");
    }
    expect(steps).toEqual(["in", "text", "out", "in", "text", "out"]);
  });

  test("frames sent without input are reported at the next pull", () => {
    const bench = watching("client");
    bench.endpoint.ping(null, 0);
    bench.endpoint.close(1000, "", 0);
    expect(bench.turn()).toEqual([
      { step: "frame", direction: "out", opcode: 0x9 },
      { step: "frame", direction: "out", opcode: 0x8 },
    ]);
  });
});

describe("a refused frame", () => {
  for (const { because, octets, kind } of [
    { because: "by its first byte", octets: masked(0x3), kind: "reserved-opcode" },
    { because: "by its mask bit", octets: unmasked(0x1, "x"), kind: "mask-missing" },
    {
      because: "by its length",
      octets: masked(0x2, [], { declared: 1n, lengthBytes: 8 }),
      kind: "length-not-minimal",
    },
    { because: "by its place", octets: masked(0x0, "x"), kind: "continuation-unexpected" },
    { because: "inside its payload", octets: masked(0x1, [0xff]), kind: "text-not-utf8" },
    { because: "at the end of its text", octets: masked(0x1, [0xc3]), kind: "text-truncated" },
  ]) {
    for (const pieces of [false, true]) {
      test(`${because} is reported as incomplete, before the violation, ${pieces ? "in pieces" : "whole"}`, () => {
        const { endpoint } = watching("server", { pieces });
        endpoint.receive(octets, 0);
        const events = [...eventsOf(endpoint)].filter(({ type }) => type !== "piece");
        expect(events).toMatchObject([
          { type: "frame", frame: { direction: "in", isComplete: false } },
          { type: "violation", violation: { kind } },
          { type: "frame", frame: { direction: "out", opcode: 0x8 } },
        ]);
      });
    }
  }

  test("behind bytes that were good is reported as incomplete when pieces have brought those", () => {
    const bench = watching("server", { pieces: true });
    expect(bench.feed(masked(0x1, [0x61, 0xff]))).toEqual([
      { step: "piece", of: "text", bytes: [0x61], final: false },
      { step: "frame", direction: "in", opcode: 0x1 },
      { step: "violation", kind: "text-not-utf8", offset: 7 },
      { step: "frame", direction: "out", opcode: 0x8 },
    ]);
  });

  test("does not include a Close with a bad code, which is a whole frame", () => {
    const frames = fed(watching("server"), masked(0x8, closeBody(1005)));
    expect(frames.map(({ opcode, isComplete }) => [opcode, isComplete])).toEqual([
      [0x8, true],
      [0x8, true],
    ]);
  });

  test("says how long it was declared to be, when its length has arrived", () => {
    const bench = watching("server", { limits: { message: 10 } });
    const [frame] = fed(bench, masked(0x2, new Uint8Array(300)));
    expect(frame).toMatchObject({ payloadLength: 300, isComplete: false });
  });
});

describe("leaving the loop at a frame", () => {
  test("loses no message: its bytes are kept until it was told", () => {
    const seen: EndpointEvent[] = [];
    const bench = watching("server");
    const chunk = concat(masked(0x1, "first"), masked(0x2, [1, 2]), masked(0x9, [3]));
    bench.endpoint.receive(chunk, 0);
    for (let round = 0; round < 12; round += 1) {
      for (const event of eventsOf(bench.endpoint)) {
        seen.push(event);
        break;
      }
      // Another connection uses the memories of the thread in between.
      Bench.open("server").feed(masked(0x2, new Uint8Array(500).fill(0xee)));
    }
    expect(seen.filter(({ type }) => type !== "frame")).toEqual([
      { type: "text", text: "first" },
      { type: "binary", bytes: Uint8Array.of(1, 2) },
      { type: "ping", payload: Uint8Array.of(3) },
    ]);
  });

  test("and aborting there delivers nothing more but the end", () => {
    const bench = watching("server");
    bench.endpoint.receive(masked(0x1, "never"), 0);
    expect(bench.endpoint.next()).toBe(Step.Frame);
    bench.endpoint.abort(0);
    expect(bench.turn()).toEqual([{ step: "ended" }]);
  });

  test("and losing the transport there still delivers the message", () => {
    const bench = watching("server");
    bench.endpoint.receive(masked(0x1, "last"), 0);
    expect(bench.endpoint.next()).toBe(Step.Frame);
    bench.endpoint.transportClosed(null, 0);
    expect(bench.turn()).toEqual([{ step: "text", text: "last" }, { step: "ended" }]);
  });
});
