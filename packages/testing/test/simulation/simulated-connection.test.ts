/** A simulated connection behaves as TCP behaves, and the same seed gives the same connection. */
import { describe, expect, test } from "vitest";
import {
  type Arrival,
  type ConnectionEnd,
  joinBytes,
  type LineConditions,
  type NetworkConditions,
  type NetworkFault,
  PERFECT_LINE,
  simulatedConnection,
} from "../../src/index.ts";

function network(line: Partial<LineConditions>, back: Partial<LineConditions> = {}) {
  const conditions: NetworkConditions = {
    seed: 7,
    toServer: { ...PERFECT_LINE, ...line },
    toClient: { ...PERFECT_LINE, ...back },
  };
  return simulatedConnection(conditions);
}

const BYTES = Uint8Array.from({ length: 200 }, (_, index) => index);

/** Everything that arrives until nothing is under way, with its time. */
function story(end: ConnectionEnd): (readonly [at: number, arrival: Arrival])[] {
  const arrivals: (readonly [number, Arrival])[] = [];
  for (let now = 0; end.nextAt !== Number.POSITIVE_INFINITY; ) {
    now = Math.max(now, end.nextAt);
    arrivals.push([now, end.read(now)!]);
  }
  return arrivals;
}

function bytesOf(arrivals: readonly (readonly [number, Arrival])[]): Uint8Array {
  return joinBytes(
    arrivals.map(([, arrival]) => ("bytes" in arrival ? arrival.bytes : BYTES.subarray(0, 0))),
  );
}

function kindsOf(end: ConnectionEnd): string[] {
  return story(end).map(([, { kind }]) => kind);
}

describe("a line", () => {
  test("delays and cuts, and keeps the order of the bytes", () => {
    const { client, server } = network({ delay: [5, 50], piece: 9 });
    expect(client.write(BYTES, 0)).toBe(200);
    expect(server.read(4)).toBe(null);
    const arrivals = story(server);
    expect(bytesOf(arrivals)).toEqual(BYTES);
    expect(arrivals.length).toBeGreaterThan(200 / 9);
    expect(arrivals.every(([at]) => at >= 5 && at <= 50)).toBe(true);
  });

  test("copies what it is given", () => {
    const { client, server } = network({});
    const lent = BYTES.slice();
    client.write(lent, 0);
    lent.fill(0);
    expect(bytesOf(story(server))).toEqual(BYTES);
  });

  test("takes no more than it has room for, and says when there is room again", () => {
    const { client, server } = network({ buffer: 150 });
    expect(client.write(BYTES, 0)).toBe(150);
    expect(client.write(BYTES, 0)).toBe(0);
    expect(client.read(0)).toBe(null);
    expect(server.read(0, 20)).toEqual({ kind: "bytes", bytes: BYTES.slice(0, 20) });
    expect(client.read(0)).toEqual({ kind: "room" });
    expect(client.read(0)).toBe(null);
    expect(client.write(BYTES.subarray(150), 0)).toBe(20);
  });

  test("brings the end of the stream behind the bytes, and the other direction goes on", () => {
    const { client, server } = network({ delay: [3, 9], piece: 50 });
    client.write(BYTES, 0);
    client.endWrite(0);
    server.write(BYTES, 0);
    expect(kindsOf(server).at(-1)).toBe("end");
    expect(kindsOf(client)).toEqual(["bytes"]);
  });

  test("is the same line again with the same seed", () => {
    const [one, other] = [1, 2].map(() => {
      const { client, server } = network({ delay: [0, 90], piece: 7 });
      client.write(BYTES, 0);
      return story(server);
    });
    expect(one).toEqual(other);
  });
});

describe("behind the bytes of its fault, a network that does", () => {
  test.each<[NetworkFault, string[], string[]]>([
    ["cut", ["bytes", "end"], ["end"]],
    ["reset", ["closed"], ["closed"]],
    ["stall", ["bytes"], []],
    ["half-close", ["bytes", "end"], []],
  ])("%s tells the receiver %j and the sender %j", (kind, atServer, atClient) => {
    const { client, server } = network({ fault: { kind, behind: 120 } });
    expect(client.write(BYTES, 0)).toBe(200);
    const arrivals = story(server);
    expect(arrivals.map(([, arrival]) => arrival.kind)).toEqual(atServer);
    expect(bytesOf(arrivals)).toEqual(BYTES.slice(0, atServer.includes("bytes") ? 120 : 0));
    expect(kindsOf(client)).toEqual(atClient);
  });

  test("a stall takes bytes until it is full, and none afterwards", () => {
    const { client, server } = network({ buffer: 150, fault: { kind: "stall", behind: 10 } });
    expect(client.write(BYTES, 0)).toBe(150);
    server.read(0);
    expect(client.write(BYTES, 0)).toBe(10);
    expect(client.write(BYTES, 0)).toBe(0);
  });
});

describe("an end that lets go", () => {
  test("is told so, and the peer reads everything and the end", () => {
    const { client, server } = network({});
    client.write(BYTES, 0);
    client.destroy(0);
    expect(story(client)).toEqual([[0, { kind: "closed", error: null }]]);
    expect(kindsOf(server)).toEqual(["bytes", "end"]);
  });

  test.each([
    ["that it has not read", true],
    ["that come later", false],
  ])(
    "answers bytes %s with a reset, which takes away what the peer has not read",
    (_what, isBefore) => {
      const { client, server } = network({ delay: [10, 10] }, { delay: [1, 1] });
      client.write(BYTES, 0);
      if (isBefore) server.write(BYTES, 0);
      client.destroy(0);
      if (!isBefore) server.write(BYTES, 0);
      expect(kindsOf(server)).toEqual(["bytes", "end", "closed"]);
      const late = network({ delay: [10, 10] }, { delay: [1, 1] });
      late.client.write(BYTES, 0);
      late.server.write(BYTES, 0);
      late.client.destroy(0);
      expect(late.server.read(11)).toEqual({ kind: "closed", error: "ECONNRESET" });
    },
  );
});

describe("conditions that no network can have are a RangeError that names them", () => {
  test.each<[Partial<Record<keyof LineConditions, unknown>>, RegExp]>([
    [{ delay: [5, 1] }, /toServer\.delay/],
    [{ delay: 5 }, /toServer\.delay/],
    [{ piece: 0 }, /toServer\.piece/],
    [{ buffer: 1.5 }, /toServer\.buffer/],
    [{ fault: { kind: "flood", behind: 0 } }, /toServer\.fault has no kind that is known/],
    [{ fault: { kind: "cut", behind: -1 } }, /toServer\.fault\.behind/],
  ])("%j", (odd, says) => {
    expect(() => network(odd as Partial<LineConditions>)).toThrow(says);
    expect(() => network(odd as Partial<LineConditions>)).toThrow(RangeError);
  });
});
