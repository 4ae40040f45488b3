/** What an extension or a host throws passes through the engine; it ends one endpoint, and holds nothing of the thread's. */
import { describe, expect, test } from "vitest";
import {
  type Endpoint,
  type ExtensionSession,
  type Host,
  openEndpoint,
  Step,
} from "../../src/index.ts";
import { Bench, quietHost } from "../turn.ts";
import { bytesOf, concat, frame, KEY, parseFrames } from "../wire.ts";

const BROKEN = new Error("broken");

function throws(): never {
  throw BROKEN;
}

function rangeError(): never {
  throw new RangeError("Array buffer allocation failed");
}

function sessionWith(own: Partial<ExtensionSession>): ExtensionSession {
  return {
    rsv: 0x40,
    encodeStart: () => true,
    encode: (payload) => payload.slice(),
    decodeStart: () => {},
    decode: (payload, _final, _budget, sink) => {
      sink(payload);
      return "ok";
    },
    dispose: () => {},
    ...own,
  };
}

function serverWith(own: Partial<ExtensionSession>, host: Partial<Host> = {}): Endpoint {
  const agreement = { extensions: [], session: sessionWith(own) };
  const options = { host: { ...quietHost(), ...host } };
  const endpoint = openEndpoint("server", { agreement }, options, 0);
  expect(endpoint.next()).toBe(Step.Open);
  return endpoint;
}

function receive(endpoint: Endpoint, octets: Uint8Array, isInbox: boolean): void {
  if (!isInbox) {
    endpoint.receive(octets, 0);
    return;
  }
  endpoint.inbox.set(octets);
  endpoint.received(octets.length, 0);
}

const LONG = "a text that the host decodes";
const TEXTS = concat(
  frame({ opcode: 1, rsv: 4, payload: LONG, key: KEY }),
  frame({ opcode: 1, rsv: 4, payload: LONG, key: KEY }),
);

/** Fails when the thread's inbox is somebody's. */
function expectInboxFree(): void {
  const other = Bench.open("server");
  receive(other.endpoint, frame({ opcode: 2, payload: [1], key: KEY }), true);
  expect(other.turn()).toEqual([{ step: "binary", bytes: [1] }]);
}

/** What the endpoint says yet, and how it ends; the host pulls on. */
function lastWords(endpoint: Endpoint): number[] {
  const codes: number[] = [];
  for (let now = 0; now < 100_000; now += 10_000) {
    while (endpoint.next() !== Step.Idle);
    for (let out = endpoint.transmit(now); out !== null; out = endpoint.transmit(now)) {
      for (const { opcode, payload } of parseFrames(concat(...out.chunks))) {
        if (opcode === 8) codes.push((payload[0]! << 8) | payload[1]!);
      }
      endpoint.sent(now);
      while (endpoint.next() !== Step.Idle);
    }
    endpoint.handleTimeout(now);
  }
  return codes;
}

describe("what is thrown in next ends the connection, and gives the memory of the thread back", () => {
  for (const { what, own, code } of [
    { what: "decodeStart", own: { decodeStart: throws }, code: 1011 },
    { what: "decode", own: { decode: throws }, code: 1011 },
    { what: "decode and dispose", own: { decode: throws, dispose: throws }, code: 1011 },
    { what: "decode, for want of memory", own: { decode: rangeError }, code: 1009 },
  ]) {
    for (const isInbox of [true, false]) {
      test(`${what}, ${isInbox ? "in the inbox" : "in a chunk"}`, () => {
        const endpoint = serverWith(own);
        receive(endpoint, TEXTS, isInbox);
        expect(() => endpoint.next()).toThrow();
        expectInboxFree();
        expect(endpoint.state).toBe("closing");
        expect(lastWords(endpoint)).toEqual([code]);
        expect(endpoint.ended?.localClose?.code).toBe(code);
      });
    }
  }

  test("kernels, in the middle of a message: nothing of it is delivered later", () => {
    const kernels = { xorWithKey: throws, validateUtf8: throws };
    const endpoint = serverWith({}, { kernels } as Partial<Host>);
    receive(endpoint, TEXTS, true);
    expect(() => endpoint.next()).toThrow(BROKEN);
    expectInboxFree();
    expect(lastWords(endpoint)).toEqual([1011]);
  });

  test("a client that cannot say its Close, for want of a masking key, is ended at once", () => {
    const agreement = { extensions: [], session: sessionWith({ decode: throws }) };
    let isBroken = false;
    const random = (into: Uint8Array): void => {
      if (isBroken) throws();
      into.fill(1);
    };
    const endpoint = openEndpoint("client", { agreement }, { host: { random } }, 0);
    endpoint.next();
    // The pool of masking keys is the thread's: a large draw of its own makes sure that this one asks its host.
    isBroken = true;
    for (let pings = 0; pings < 5_000 && endpoint.state === "open"; pings += 1) {
      try {
        endpoint.ping(null, 0);
      } catch {
        break;
      }
    }
    receive(endpoint, frame({ opcode: 1, rsv: 4, payload: LONG }), true);
    expect(() => endpoint.next()).toThrow(BROKEN);
    expectInboxFree();
    expect(lastWords(endpoint)).toEqual([]);
    expect(endpoint.ended?.isAborted).toBe(true);
  });
});

describe("text that the host cannot decode", () => {
  for (const isInbox of [true, false]) {
    test(`holds no memory of the thread, and its octets are there, ${isInbox ? "in the inbox" : "in a chunk"}`, () => {
      const endpoint = serverWith({}, { kernels: { decodeUtf8: throws } });
      const texts = concat(
        frame({ opcode: 1, payload: LONG, key: KEY }),
        frame({ opcode: 2, payload: [7], key: KEY }),
      );
      receive(endpoint, texts, isInbox);
      expect(endpoint.next()).toBe(Step.Text);
      expect(() => endpoint.text).toThrow(BROKEN);
      expectInboxFree();
      expect(endpoint.chunk.slice(endpoint.start, endpoint.end)).toEqual(bytesOf(LONG));
      expect(endpoint.next()).toBe(Step.Binary);
      expect(endpoint.chunk[endpoint.start]).toBe(7);
    });
  }
});

describe("what is thrown while a message is sent ends the connection: the peer could read no other", () => {
  for (const method of ["encodeStart", "encode"] as const) {
    for (const { how, send } of [
      { how: "sendText", send: (endpoint: Endpoint) => endpoint.sendText("text") },
      { how: "sendBinary", send: (endpoint: Endpoint) => endpoint.sendBinary(Uint8Array.of(1)) },
      {
        how: "sendFragment",
        send: (endpoint: Endpoint) => {
          endpoint.startMessage("text");
          return endpoint.sendFragment("text", true);
        },
      },
    ]) {
      test(`${method}, in ${how}`, () => {
        const endpoint = serverWith({ [method]: throws });
        expect(() => send(endpoint)).toThrow(BROKEN);
        expect(endpoint.sendText("more")).toBe("closed");
        expect(lastWords(endpoint)).toEqual([1011]);
      });
    }
  }
});

describe("a dispose that throws changes nothing about the end", () => {
  for (const { what, end } of [
    {
      what: "a Close",
      end: (endpoint: Endpoint) =>
        void endpoint.receive(frame({ opcode: 8, payload: [3, 232], key: KEY }), 0),
    },
    {
      what: "a violation",
      end: (endpoint: Endpoint) => void endpoint.receive(frame({ opcode: 5, key: KEY }), 0),
    },
    { what: "an abort", end: (endpoint: Endpoint) => void endpoint.abort(0) },
    {
      what: "the end of the transport",
      end: (endpoint: Endpoint) => void endpoint.transportClosed(null, 0),
    },
  ]) {
    test(what, () => {
      const endpoint = serverWith({ dispose: throws });
      end(endpoint);
      lastWords(endpoint);
      expect(endpoint.state).toBe("ended");
    });
  }
});
