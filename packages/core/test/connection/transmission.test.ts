/** Output and the transport: what is lent, for how long, and what the transport is told to do. */
import { describe, expect, test } from "vitest";
import { clientEndpoint, type Endpoint, type Transmission } from "../../src/index.ts";
import { Bench, quietHost } from "../turn.ts";
import { closeBody, masked, parseFrames, unmasked } from "../wire.ts";

function opened(role: "client" | "server" = "server"): Endpoint {
  const { endpoint } = Bench.open(role);
  return endpoint;
}

function bytesOf(transmission: Transmission | null): Uint8Array {
  return Uint8Array.from((transmission?.chunks ?? []).flatMap((chunk) => [...chunk]));
}

function framesOf(transmission: Transmission | null): [opcode: number, length: number][] {
  return parseFrames(bytesOf(transmission)).map(({ opcode, payload }) => [opcode, payload.length]);
}

describe("a transmission", () => {
  test("is null when there is nothing to say", () => {
    const endpoint = opened();
    expect(endpoint.transmit(0)).toBeNull();
    endpoint.sendText("x");
    endpoint.transmit(0);
    endpoint.sent(0);
    expect(endpoint.transmit(0)).toBeNull();
  });

  test("has all that was sent in the turn, in order and in one chunk", () => {
    const endpoint = opened();
    endpoint.receive(masked(0x9, [1]), 0);
    endpoint.next();
    endpoint.sendText("two");
    endpoint.sendBinary(new Uint8Array(300));
    endpoint.ping(new Uint8Array(5), 0);
    const transmission = endpoint.transmit(0);
    expect(transmission!.chunks).toHaveLength(1);
    expect(framesOf(transmission)).toEqual([
      [0xa, 1],
      [0x1, 3],
      [0x2, 300],
      [0x9, 5],
    ]);
  });

  test("has all that was sent in the turn also when that is far more than 64 KiB", () => {
    for (const role of ["server", "client"] as const) {
      const endpoint = opened(role);
      const lengths = [70_000, 10, 65_536, 65_500, 0, 200_000, 1];
      for (const length of lengths) endpoint.sendBinary(new Uint8Array(length).fill(length & 0xff));
      const frames = parseFrames(bytesOf(endpoint.transmit(0)));
      expect(frames.map(({ payload }) => payload.length)).toEqual(lengths);
      for (const { payload } of frames) {
        expect(payload.every((byte) => byte === (payload.length & 0xff))).toBe(true);
      }
    }
  });

  test.each([
    [4_096, "server"],
    [65_535, "server"],
    [65_536, "server"],
    [65_537, "server"],
    [65_538, "server"],
    [4_096, "client"],
    [65_536, "client"],
  ] as const)(
    "has the payload of %i bytes of a %s at a multiple of 16 bytes, where copies are fast",
    (length, role) => {
      const sends: ((endpoint: Endpoint) => void)[] = [
        (endpoint) => endpoint.sendBinary(new Uint8Array(length)),
        (endpoint) => endpoint.sendText("x".repeat(length)),
        (endpoint) => endpoint.sendText(`${"x".repeat(length - 2)}\u00e9`),
      ];
      for (const send of sends) {
        const endpoint = opened(role);
        send(endpoint);
        const { chunks } = endpoint.transmit(0)!;
        expect(chunks).toHaveLength(1);
        const [chunk] = chunks;
        expect((chunk!.byteOffset + chunk!.length - length) % 16).toBe(0);
        expect(parseFrames(chunk!)[0]!.payload).toHaveLength(length);
      }
    },
  );

  test("is out alone: while the transport has it there is no other", () => {
    const endpoint = opened();
    endpoint.sendText("one");
    expect(endpoint.transmit(0)).not.toBeNull();
    endpoint.sendText("two");
    expect(endpoint.transmit(0)).toBeNull();
    endpoint.keep();
    expect(endpoint.transmit(0)).toBeNull();
    endpoint.sent(0);
    expect(framesOf(endpoint.transmit(0))).toEqual([[0x1, 3]]);
  });

  test("stays as it was lent until the transport has taken it, whatever is sent and received meanwhile", () => {
    const endpoint = opened();
    endpoint.sendText("lent to a slow transport");
    const transmission = endpoint.transmit(0)!;
    endpoint.keep();
    const before = bytesOf(transmission);
    for (let round = 0; round < 50; round += 1) {
      endpoint.sendBinary(new Uint8Array(5_000).fill(0xee));
      endpoint.receive(masked(0x2, new Uint8Array(5_000).fill(0xdd)), 0);
      while (endpoint.next() !== 0);
      Bench.open("client").feed(unmasked(0x2, new Uint8Array(5_000).fill(0xcc)));
    }
    expect(bytesOf(transmission)).toEqual(before);
    endpoint.sent(0);
    expect(framesOf(endpoint.transmit(0))).toHaveLength(50);
  });

  test("holds no shared memory for a few bytes, where transports keep what they get", () => {
    const kept = Array.from({ length: 20 }, (_, index) => {
      const endpoint = opened();
      endpoint.sendText(`number ${index}`);
      const [chunk] = endpoint.transmit(0)!.chunks;
      endpoint.keep();
      return { endpoint, chunk: chunk!, before: [...chunk!] };
    });
    const held = kept.reduce((sum, { chunk }) => sum + chunk.buffer.byteLength, 0);
    // The first may have been taken for one that is taken at once.
    expect(held).toBeLessThan(2 * 65_536);
    const other = opened();
    other.sendBinary(new Uint8Array(60_000).fill(0xee));
    other.transmit(0);
    for (const { endpoint, chunk, before } of kept) {
      endpoint.sendText("behind it");
      expect([...chunk]).toEqual(before);
      endpoint.sent(0);
      expect(framesOf(endpoint.transmit(0))).toEqual([[0x1, 9]]);
    }
  });

  test("is a copy or not by what its own transport did with the last one, whatever others do", () => {
    const bytesHeld = (endpoint: Endpoint): number => {
      endpoint.sendText("little");
      return endpoint.transmit(0)!.chunks[0]!.buffer.byteLength;
    };
    const [keeping, taking] = [opened(), opened()];
    for (let round = 0; round < 3; round += 1) {
      const kept = bytesHeld(keeping);
      keeping.keep();
      const taken = bytesHeld(taking);
      taking.sent(0);
      keeping.sent(0);
      expect(kept).toBeLessThan(100);
      if (round > 0) expect(taken).toBeGreaterThan(65_536);
    }
  });

  test("is no copy where transports take at once", () => {
    const endpoint = opened();
    for (const word of ["one", "two", "three"]) {
      endpoint.sendText(word);
      const [chunk] = endpoint.transmit(0)!.chunks;
      if (word !== "one") expect(chunk!.buffer.byteLength).toBeGreaterThan(65_536);
      endpoint.sent(0);
    }
  });

  test("stays as it was lent also when the connection is aborted while the transport has it", () => {
    const endpoint = opened();
    endpoint.sendText("lent");
    const transmission = endpoint.transmit(0)!;
    const before = bytesOf(transmission);
    endpoint.keep();
    endpoint.abort(0);
    for (let round = 0; round < 20; round += 1) {
      const other = opened();
      other.sendBinary(new Uint8Array(60_000).fill(0xee));
      other.transmit(0);
    }
    expect(bytesOf(transmission)).toEqual(before);
  });

  test("may be asked for while the cursor stands on a message, and ends nothing", () => {
    const endpoint = opened();
    endpoint.receive(masked(0x1, "question"), 0);
    endpoint.next();
    endpoint.sendText("answer");
    expect(framesOf(endpoint.transmit(0))).toEqual([[0x1, 6]]);
    endpoint.sent(0);
    expect(endpoint.text).toBe("question");
  });

  test("sends a message straight from where it was received, in both roles and at every length", () => {
    for (const role of ["server", "client"] as const) {
      for (const length of [
        0, 1, 3, 4, 5, 23, 24, 25, 79, 80, 81, 125, 126, 65_535, 65_536, 90_000,
      ]) {
        const endpoint = opened(role);
        const payload = Uint8Array.from({ length }, (_, index) => index * 7);
        endpoint.receive(role === "server" ? masked(0x2, payload) : unmasked(0x2, payload), 0);
        endpoint.next();
        endpoint.sendBinary(endpoint.chunk, endpoint.start, endpoint.end);
        const [echo] = parseFrames(bytesOf(endpoint.transmit(0)));
        expect(echo!.payload.findIndex((byte, index) => byte !== payload[index])).toBe(-1);
        expect([echo!.payload.length, echo!.isMasked]).toEqual([length, role === "client"]);
        endpoint.sent(0);
        endpoint.next();
      }
    }
  });
});

describe("what the transport is told", () => {
  test("a server's Close and the end of its stream go in one transmission (§7.1.1)", () => {
    const endpoint = opened();
    endpoint.sendText("before");
    endpoint.receive(masked(0x8, closeBody(1000)), 0);
    endpoint.next();
    const transmission = endpoint.transmit(0);
    expect(transmission!.then).toBe("end-write");
    expect(framesOf(transmission)).toEqual([
      [0x1, 6],
      [0x8, 2],
    ]);
  });

  test("a client's Close goes alone: the server ends the stream first (§7.1.1)", () => {
    const endpoint = opened("client");
    endpoint.receive(unmasked(0x8, closeBody(1000)), 0);
    endpoint.next();
    const transmission = endpoint.transmit(0);
    expect(transmission!.then).toBe("continue");
    expect(framesOf(transmission)).toEqual([[0x8, 2]]);
    endpoint.sent(0);
    expect(endpoint.transmit(0)).toBeNull();
  });

  test("our own Close ends nothing before the peer's has come", () => {
    const endpoint = opened();
    endpoint.close(1000, "", 0);
    expect(endpoint.transmit(0)!.then).toBe("continue");
    endpoint.sent(0);
    expect(endpoint.transmit(0)).toBeNull();
    endpoint.receive(masked(0x8), 0);
    endpoint.next();
    const transmission = endpoint.transmit(0)!;
    expect([transmission.chunks.length, transmission.then]).toEqual([0, "end-write"]);
  });

  for (const role of ["server", "client"] as const) {
    test(`a violation is answered and the stream ended in one transmission, as a ${role} (§7.1.7)`, () => {
      const endpoint = opened(role);
      endpoint.receive(role === "server" ? masked(0x3) : unmasked(0x3), 0);
      endpoint.next();
      const transmission = endpoint.transmit(0);
      expect(transmission!.then).toBe("end-write");
      expect(framesOf(transmission)).toEqual([[0x8, 2]]);
    });
  }

  test("the end of the stream waits until the transport has taken what came before", () => {
    const endpoint = opened();
    endpoint.sendText("slow");
    endpoint.transmit(0);
    endpoint.keep();
    endpoint.receive(masked(0x8), 0);
    endpoint.next();
    expect(endpoint.transmit(0)).toBeNull();
    endpoint.sent(0);
    expect(endpoint.transmit(0)!.then).toBe("end-write");
    expect(endpoint.transmit(0)).toBeNull();
  });

  test("destroy comes once, without chunks, and needs no answer", () => {
    const endpoint = opened();
    endpoint.sendText("dropped");
    endpoint.abort(0);
    const transmission = endpoint.transmit(0)!;
    expect([transmission.chunks.length, transmission.then]).toEqual([0, "destroy"]);
    expect(endpoint.transmit(0)).toBeNull();
    endpoint.sent(0);
    expect(endpoint.transmit(0)).toBeNull();
    expect(endpoint.unsent).toBe(0);
  });

  test("nothing, when the transport is gone by itself", () => {
    const endpoint = opened();
    endpoint.sendText("too late");
    endpoint.transportClosed("EPIPE", 0);
    while (endpoint.next() !== 0);
    expect(endpoint.transmit(0)).toBeNull();
    expect(endpoint.state).toBe("ended");
  });

  test("a request is sent before anything else, and ends nothing", () => {
    const endpoint = clientEndpoint({ host: quietHost(), url: "ws://a/" }, 0);
    const transmission = endpoint.transmit(0)!;
    expect(transmission.then).toBe("continue");
    expect(new TextDecoder().decode(bytesOf(transmission))).toMatch(/^GET \/ HTTP\/1\.1\r\n/);
  });
});

describe("sent and keep", () => {
  test("at a time when nothing is out change nothing that is queued", () => {
    const endpoint = opened();
    endpoint.sendText("queued");
    endpoint.sent(0);
    endpoint.sent(0);
    expect(endpoint.unsent).toBe(8);
    expect(framesOf(endpoint.transmit(0))).toEqual([[0x1, 6]]);
  });

  test("unsent counts what is queued and what is out, headers and masking keys too", () => {
    const endpoint = opened("client");
    endpoint.sendText("abc");
    expect(endpoint.unsent).toBe(9);
    endpoint.transmit(0);
    endpoint.sendText("d");
    expect(endpoint.unsent).toBe(16);
    endpoint.sent(0);
    expect(endpoint.unsent).toBe(7);
  });
});
