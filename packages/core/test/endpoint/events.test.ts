import { describe, expect, test } from "vitest";
import { type EndpointEvent, eventsOf, openEndpoint, watchFrames } from "../../src/index.ts";
import { Bench, quietHost } from "../turn.ts";
import { closeBody, concat, masked } from "../wire.ts";

function typesOf(events: Iterable<EndpointEvent>): string[] {
  return Array.from(events, ({ type }) => type);
}

describe("events()", () => {
  test("tells every step as an object", () => {
    const endpoint = openEndpoint("server", { protocol: "p" }, { host: quietHost() }, 0);
    endpoint.receive(
      concat(
        masked(0x1, "t"),
        masked(0x2, [1]),
        masked(0x9, [2]),
        masked(0xa, [3]),
        masked(0x8, closeBody(1000)),
      ),
      0,
    );
    expect([...eventsOf(endpoint)]).toEqual([
      { type: "open", protocol: "p" },
      { type: "text", text: "t" },
      { type: "binary", bytes: Uint8Array.of(1) },
      { type: "ping", payload: Uint8Array.of(2) },
      { type: "pong", of: 0, payload: Uint8Array.of(3) },
      { type: "closing", close: { code: 1000, reason: "" } },
    ]);
    endpoint.transmit(0);
    endpoint.sent(0);
    endpoint.endOfStream(0);
    expect(typesOf(eventsOf(endpoint))).toEqual(["ended"]);
  });

  test("lose nothing when the loop is broken out of, also if the chunk is overwritten", () => {
    const { endpoint } = Bench.open("server");
    const chunk = concat(...Array.from({ length: 9 }, (_, index) => masked(0x2, [index])));
    endpoint.receive(chunk, 0);
    const seen: number[] = [];
    for (let round = 0; round < 20; round += 1) {
      for (const event of eventsOf(endpoint)) {
        if (event.type === "binary") seen.push(event.bytes[0]!);
        if (seen.length % 2 === 0) break;
      }
      chunk.fill(0);
    }
    expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  });

  test("are the receiver's own: exact buffers that later input does not change", () => {
    const { endpoint } = Bench.open("server");
    endpoint.receive(masked(0x2, [1, 2, 3]), 0);
    const [event] = [...eventsOf(endpoint)];
    endpoint.receive(masked(0x2, [7, 8, 9]), 0);
    const again = [...eventsOf(endpoint)];
    expect(event).toEqual({ type: "binary", bytes: Uint8Array.of(1, 2, 3) });
    expect(event!.type === "binary" && event.bytes.buffer.byteLength).toBe(3);
    expect(again).toHaveLength(1);
  });

  test("tell pieces with what they are of and whether they are the last", () => {
    const { endpoint } = Bench.open("server", { pieces: true });
    endpoint.receive(masked(0x1, "ab", { fin: false }), 0);
    endpoint.receive(masked(0x0, "c"), 0);
    expect([...eventsOf(endpoint)]).toEqual([
      { type: "piece", of: "text", bytes: Uint8Array.of(0x61, 0x62), final: false },
      { type: "piece", of: "text", bytes: Uint8Array.of(0x63), final: true },
    ]);
    endpoint.receive(masked(0x2, [1]), 0);
    expect([...eventsOf(endpoint)]).toEqual([
      { type: "piece", of: "binary", bytes: Uint8Array.of(1), final: true },
    ]);
  });
});

describe("the option frames", () => {
  const watched = { frames: watchFrames(4) };

  test("reports each frame in before its step, and each frame out, field by field", () => {
    const bench = Bench.open("server", watched);
    const { endpoint } = bench;
    endpoint.receive(masked(0x1, "Hello"), 0);
    const events: EndpointEvent[] = [];
    for (const event of eventsOf(endpoint)) {
      events.push(event);
      if (event.type === "text") endpoint.sendText(event.text);
    }
    expect(events).toEqual([
      {
        type: "frame",
        frame: {
          direction: "in",
          fin: true,
          rsv: 0,
          opcode: 1,
          isMasked: true,
          maskingKey: 0x37fa213d,
          payloadLength: 5,
          payload: Uint8Array.of(0x48, 0x65, 0x6c, 0x6c),
          offset: 0,
          isComplete: true,
        },
      },
      { type: "text", text: "Hello" },
      {
        type: "frame",
        frame: {
          direction: "out",
          fin: true,
          rsv: 0,
          opcode: 1,
          isMasked: false,
          maskingKey: 0,
          payloadLength: 5,
          payload: Uint8Array.of(0x48, 0x65, 0x6c, 0x6c),
          offset: 0,
          isComplete: true,
        },
      },
    ]);
  });

  test("reports a refused frame, as far as it came, before the violation", () => {
    const bench = Bench.open("server", watched);
    expect(bench.feed(masked(0x3, "x"))).toEqual([
      { step: "frame", direction: "in", opcode: 3 },
      { step: "violation", kind: "reserved-opcode", offset: 0 },
      { step: "frame", direction: "out", opcode: 8 },
    ]);
  });

  test("reports frames byte by byte as it does whole", () => {
    const octets = concat(
      masked(0x1, "He", { fin: false }),
      masked(0x9, [1, 2, 3, 4, 5, 6]),
      masked(0x0, "llo"),
      masked(0x8, closeBody(1000, "bye")),
    );
    const whole = Bench.open("server", watched).feed(octets);
    expect(Bench.open("server", watched).feed(octets, 1)).toEqual(whole);
    expect(whole.filter(({ step }) => step === "frame")).toHaveLength(6);
  });

  test("costs nothing that is kept when it is off", () => {
    const { endpoint } = Bench.open("server");
    endpoint.receive(masked(0x1, "x"), 0);
    endpoint.next();
    expect(endpoint.frame).toBeNull();
  });
});
