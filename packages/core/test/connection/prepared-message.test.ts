import { describe, expect, test } from "vitest";
import {
  type Endpoint,
  eventsOf,
  isPreparedMessage,
  MisuseError,
  openEndpoint,
  type PreparedMessage,
  prepareMessage,
  watchFrames,
} from "../../src/index.ts";

const host = { random: (into: Uint8Array) => into.fill(7) };

function open(role: "client" | "server", options: object = {}): Endpoint {
  const endpoint = openEndpoint(role, {}, { host, ...options }, 0);
  while (endpoint.next() !== 0);
  return endpoint;
}

function output(endpoint: Endpoint): Uint8Array {
  const transmission = endpoint.transmit(0);
  return Uint8Array.from((transmission?.chunks ?? []).flatMap((chunk) => [...chunk]));
}

const messages: { what: string; data: string | Uint8Array }[] = [
  { what: "empty text", data: "" },
  { what: "text with a lone surrogate", data: "a\ud800b" },
  { what: "text that is longer as UTF-8", data: "ä€😀".repeat(50) },
  { what: "binary of 125 bytes", data: new Uint8Array(125).fill(1) },
  { what: "binary of 126 bytes", data: new Uint8Array(126).fill(2) },
  { what: "binary that goes by reference", data: new Uint8Array(5_000).fill(3) },
  { what: "binary with the longest length field", data: new Uint8Array(70_000).fill(4) },
];

describe("a prepared message has the bytes of the same message sent plainly", () => {
  for (const { what, data } of messages) {
    for (const role of ["client", "server"] as const) {
      test(`${what}, on a ${role}`, () => {
        const plain = open(role);
        const prepared = open(role);
        if (typeof data === "string") plain.sendText(data);
        else plain.sendBinary(data);
        expect(prepared.sendPrepared(prepareMessage(data))).toBe("queued");
        // Masking keys differ from pool position to position, so a client's frames are compared by what a server reads.
        if (role === "server") expect(output(prepared)).toEqual(output(plain));
        else expect(read(output(prepared))).toEqual(read(output(plain)));
      });
    }
  }

  function read(bytes: Uint8Array): unknown[] {
    const server = open("server");
    server.receive(bytes, 0);
    return [...eventsOf(server)];
  }
});

describe("sendPrepared", () => {
  test("sends the same message on any number of endpoints, and never writes it", () => {
    const message = prepareMessage("to all");
    const before = message.frame.slice();
    for (const role of ["server", "client", "server"] as const) open(role).sendPrepared(message);
    expect(message.frame).toEqual(before);
  });

  test("tells the host that nobody writes the frame again, if the frame is alone", () => {
    const message = prepareMessage("to all");
    const isConstant = (send: (endpoint: Endpoint) => void): boolean => {
      const endpoint = open("server");
      send(endpoint);
      return endpoint.transmit(0)!.isConstant;
    };
    expect(isConstant((endpoint) => endpoint.sendPrepared(message))).toBe(true);
    expect(isConstant((endpoint) => endpoint.sendBinary(message.payload))).toBe(false);
    expect(
      isConstant((endpoint) => {
        endpoint.sendPrepared(message);
        endpoint.sendText("and more");
      }),
    ).toBe(false);
    expect(
      isConstant((endpoint) => {
        endpoint.sendText("before");
        endpoint.sendPrepared(message);
      }),
    ).toBe(false);
  });

  test("shows the frame to those who watch frames", () => {
    const endpoint = open("server", { frames: watchFrames(2) });
    endpoint.sendPrepared(prepareMessage("abc"));
    expect([...eventsOf(endpoint)]).toMatchObject([
      { type: "frame", frame: { direction: "out", payloadLength: 3 } },
    ]);
  });

  test('answers "full" at limits.unsent and "closed" behind a Close', () => {
    const endpoint = open("server", { limits: { unsent: 4 } });
    expect(endpoint.sendPrepared(prepareMessage("12345"))).toBe("full");
    endpoint.close(1000, "", 0);
    expect(endpoint.sendPrepared(prepareMessage("1"))).toBe("closed");
  });

  test("takes only what prepareMessage made, and prepareMessage only strings and Uint8Arrays", () => {
    const forged = { ...prepareMessage("x") } as PreparedMessage;
    expect(isPreparedMessage(forged)).toBe(false);
    expect(() => open("server").sendPrepared(forged)).toThrow(MisuseError);
    expect(() => prepareMessage(5 as never)).toThrow(MisuseError);
  });

  test("does not go between the fragments of another message", () => {
    const endpoint = open("server");
    endpoint.startMessage("text");
    expect(() => endpoint.sendPrepared(prepareMessage("x"))).toThrow(/fragmented message/);
  });
});
