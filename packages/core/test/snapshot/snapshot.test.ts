/** A connection that moves: what is in a snapshot, what cannot move, and what is no snapshot. */
import { describe, expect, test } from "vitest";
import {
  clientEndpoint,
  type Endpoint,
  MisuseError,
  openEndpoint,
  prepareMessage,
  Step,
  watchFrames,
} from "../../src/index.ts";
import {
  restoreEndpoint,
  SnapshotError,
  type SnapshotFault,
  snapshotEndpoint,
} from "../../src/snapshot/snapshot.ts";
import { quietHost } from "../turn.ts";
import { closeBody, masked, unmasked } from "../wire.ts";

const OPTIONS = { host: quietHost() };

function opened(role: "client" | "server" = "server", options: object = {}): Endpoint {
  const endpoint = openEndpoint(role, {}, { ...OPTIONS, ...options }, 0);
  expect(endpoint.next()).toBe(Step.Open);
  expect(endpoint.next()).toBe(Step.Idle);
  return endpoint;
}

function moved(endpoint: Endpoint, options: object = {}, now = 0): Endpoint {
  return restoreEndpoint(snapshotEndpoint(endpoint, 0), { ...OPTIONS, ...options }, now);
}

function faultOf(run: () => unknown): SnapshotFault | "none" {
  try {
    run();
  } catch (error) {
    if (error instanceof SnapshotError) return error.fault;
    throw error;
  }
  return "none";
}

function sentBy(endpoint: Endpoint): number[] {
  const transmission = endpoint.transmit(0);
  endpoint.sent(0);
  return transmission === null ? [] : transmission.chunks.flatMap((chunk) => [...chunk]);
}

describe("a snapshot", () => {
  test("holds half a character of a text, and the key of its mask", () => {
    const endpoint = opened();
    const frame = masked(0x1, "größer");
    endpoint.receive(frame.subarray(0, 9), 0);
    expect(endpoint.next()).toBe(Step.Idle);
    const other = moved(endpoint);
    other.receive(frame.subarray(9), 0);
    expect(other.next()).toBe(Step.Text);
    expect(other.text).toBe("größer");
  });

  for (const [type, options] of [
    ["binary", {}],
    ["binary", { handOver: true }],
    ["text", {}],
  ] as const) {
    test(`holds the part of a large ${type} message that has arrived, wherever it lies: ${JSON.stringify(options)}`, () => {
      const endpoint = opened("server", options);
      const payload = Uint8Array.from({ length: 300_000 }, (_, index) => 0x61 + (index % 26));
      const frame = Uint8Array.from(masked(type === "text" ? 0x1 : 0x2, payload));
      for (let at = 0; at < 200_000; at += 50_000) {
        endpoint.receive(frame.subarray(at, at + 50_000), 0);
        expect(endpoint.next()).toBe(Step.Idle);
      }
      const other = moved(endpoint, options);
      other.receive(frame.subarray(200_000), 0);
      expect(other.next()).toBe(type === "text" ? Step.Text : Step.Binary);
      expect(Buffer.compare(other.chunk.subarray(other.start, other.end), payload)).toBe(0);
    });
  }

  test("holds half a surrogate pair of a message that goes out in fragments", () => {
    const endpoint = opened();
    endpoint.startMessage("text");
    endpoint.sendFragment("\ud83d", false);
    const other = moved(endpoint);
    other.sendFragment("\ude00", true);
    expect(sentBy(other).slice(-6)).toEqual([0x80, 4, ...new TextEncoder().encode("\u{1f600}")]);
  });

  test("holds output, in the order of its chunks", () => {
    const endpoint = opened("server", { referenceFrom: 10 });
    endpoint.sendBinary(Uint8Array.of(1, 2));
    endpoint.sendBinary(new Uint8Array(20).fill(3));
    endpoint.sendBinary(Uint8Array.of(4));
    expect(moved(endpoint).unsent).toBe(endpoint.unsent);
    expect(sentBy(moved(endpoint))).toEqual(sentBy(endpoint));
  });

  test("holds prepared messages, alone in their turn and behind other output", () => {
    for (const before of [0, 5]) {
      const endpoint = opened("server", { referenceFrom: 100 });
      if (before > 0) endpoint.sendBinary(new Uint8Array(before));
      endpoint.sendPrepared(prepareMessage("hello"));
      endpoint.sendBinary(new Uint8Array(200).fill(9));
      endpoint.sendPrepared(prepareMessage(new Uint8Array(70_000).fill(3)));
      endpoint.sendText("last");
      const other = moved(endpoint, { referenceFrom: 100 });
      expect(Buffer.compare(Buffer.from(sentBy(other)), Buffer.from(sentBy(endpoint)))).toBe(0);
    }
  });

  test("leaves the endpoint as it was, and belongs to the caller", () => {
    const endpoint = opened();
    endpoint.receive(masked(0x2, [1, 2, 3]).subarray(0, 7), 0);
    endpoint.next();
    const snapshot = snapshotEndpoint(endpoint, 0);
    expect(snapshotEndpoint(endpoint, 0)).toEqual(snapshot);
    snapshot.fill(0);
    endpoint.receive(masked(0x2, [1, 2, 3]).subarray(7), 0);
    expect(endpoint.next()).toBe(Step.Binary);
  });

  test("counts the time that is left: the time of the move itself does not count", () => {
    const endpoint = opened("server", { timeouts: { ping: 0, idle: 10_000 } });
    const snapshot = snapshotEndpoint(endpoint, 4_000);
    const options = { ...OPTIONS, timeouts: { ping: 0, idle: 10_000 } };
    expect(restoreEndpoint(snapshot, options, 500_000).deadline).toBe(506_000);
    // A clock that is younger than the silence: the silence begins with the clock.
    expect(restoreEndpoint(snapshot, options, 1_000).deadline).toBe(10_000);
  });

  test("restored twice gives two endpoints that share nothing", () => {
    const endpoint = opened();
    endpoint.receive(masked(0x2, [1, 2, 3]).subarray(0, 8), 0);
    endpoint.next();
    const snapshot = snapshotEndpoint(endpoint, 0);
    const [one, other] = [0, 0].map(() => restoreEndpoint(snapshot, OPTIONS, 0));
    snapshot.fill(0xff);
    for (const each of [one!, other!]) {
      each.receive(masked(0x2, [1, 2, 3]).subarray(8), 0);
      expect(each.next()).toBe(Step.Binary);
      expect([...each.chunk.subarray(each.start, each.end)]).toEqual([1, 2, 3]);
    }
  });
});

describe("an endpoint does not move", () => {
  const cases: readonly { what: string; fault: SnapshotFault; make: () => Endpoint }[] = [
    {
      what: "within the opening handshake",
      fault: "opening",
      make: () => clientEndpoint({ ...OPTIONS, url: "ws://a/" }, 0),
    },
    {
      what: "after its end",
      fault: "ended",
      make: () => {
        const endpoint = opened();
        endpoint.abort(0);
        return endpoint;
      },
    },
    {
      what: "when the transport is gone and the end not reported",
      fault: "ended",
      make: () => {
        const endpoint = opened();
        endpoint.transportClosed(null, 0);
        return endpoint;
      },
    },
    {
      what: "while the transport has bytes",
      fault: "transmission",
      make: () => {
        const endpoint = opened();
        endpoint.sendText("x");
        endpoint.transmit(0);
        endpoint.keep();
        return endpoint;
      },
    },
    {
      what: "while the transport ends our half",
      fault: "transmission",
      make: () => {
        const endpoint = opened();
        endpoint.receive(masked(0x8, closeBody(1000)), 0);
        while (endpoint.next() !== Step.Idle);
        endpoint.transmit(0);
        return endpoint;
      },
    },
    {
      what: "with a session that cannot move",
      fault: "extension",
      make: () => {
        const session = {
          rsv: 0x40,
          encodeStart: () => false,
          encode: (payload: Uint8Array) => payload,
          decodeStart() {},
          decode: () => "ok" as const,
          dispose() {},
        };
        return openEndpoint("server", { agreement: { extensions: [], session } }, OPTIONS, 0);
      },
    },
    {
      what: "while watched frames wait",
      fault: "watch",
      make: () => {
        const endpoint = opened("server", { frames: watchFrames(4) });
        endpoint.sendText("x");
        return endpoint;
      },
    },
  ];
  test.for(cases)("$what: $fault", ({ fault, make }) => {
    expect(faultOf(() => snapshotEndpoint(make(), 0))).toBe(fault);
  });
});

describe("no endpoint comes from", () => {
  const snapshot = (): Uint8Array => snapshotEndpoint(opened(), 0);
  const cases: readonly { what: string; fault: SnapshotFault; bytes: () => Uint8Array }[] = [
    { what: "nothing", fault: "damaged", bytes: () => new Uint8Array(0) },
    { what: "other bytes", fault: "damaged", bytes: () => new Uint8Array(100) },
    {
      what: "a snapshot that lost its end",
      fault: "damaged",
      bytes: () => snapshot().slice(0, -1),
    },
    {
      what: "a snapshot with one bit changed",
      fault: "damaged",
      bytes: () => {
        const bytes = snapshot();
        bytes[20]! ^= 1;
        return bytes;
      },
    },
    {
      what: "a later version of the format",
      fault: "version",
      bytes: () => {
        const bytes = snapshot();
        bytes[4] = 2;
        return bytes;
      },
    },
  ];
  test.for(cases)("$what: $fault", ({ fault, bytes }) => {
    expect(faultOf(() => restoreEndpoint(bytes(), OPTIONS, 0))).toBe(fault);
  });

  test("settings that deliver otherwise, or watch otherwise", () => {
    const restore = (options: object) => () =>
      restoreEndpoint(snapshot(), { ...OPTIONS, ...options }, 0);
    expect(faultOf(restore({ pieces: true }))).toBe("settings");
    expect(faultOf(restore({ frames: watchFrames(1) }))).toBe("settings");
    expect(faultOf(restore({}))).toBe("none");
  });

  test("a message that is larger than the new limit", () => {
    const endpoint = opened("client");
    endpoint.receive(unmasked(0x2, new Uint8Array(300)).subarray(0, 200), 0);
    endpoint.next();
    const bytes = snapshotEndpoint(endpoint, 0);
    const restore = (message: number) => () =>
      restoreEndpoint(bytes, { ...OPTIONS, limits: { message } }, 0);
    expect(faultOf(restore(299))).toBe("limit");
    expect(faultOf(restore(300))).toBe("none");
  });

  test("a value that is no Uint8Array, which is a mistake of the caller", () => {
    expect(() => restoreEndpoint("SSNP" as never, OPTIONS, 0)).toThrow(MisuseError);
    expect(() => snapshotEndpoint({} as never, 0)).toThrow(MisuseError);
  });
});
