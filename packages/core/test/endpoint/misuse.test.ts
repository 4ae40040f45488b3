/** A mistake of the caller throws MisuseError, says what to do, and leaves the state untouched. */
import { describe, expect, test } from "vitest";
import {
  clientEndpoint,
  type Endpoint,
  MisuseError,
  Step,
  serverEndpoint,
  serverSettings,
} from "../../src/index.ts";
import { Bench, quietHost } from "../turn.ts";

const host = quietHost();
const HEAD =
  "Host: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Protocol: a, b\r\n" +
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

function requested(head: string): Endpoint {
  const endpoint = serverEndpoint({ host }, 0);
  endpoint.receive(new TextEncoder().encode(head), 0);
  if (endpoint.next() !== Step.Request) throw new Error("the request is not one");
  return endpoint;
}

const upgrade = () => requested(`GET / HTTP/1.1\r\n${HEAD}`);
const plain = () => requested("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
const fresh = () => serverEndpoint({ host }, 0);
const client = () => clientEndpoint({ host, url: "ws://a/" }, 0);
const open = () => Bench.open("server").endpoint;
const fragmenting = () => {
  const endpoint = open();
  endpoint.startMessage("text");
  return endpoint;
};

describe("a command that is a mistake", () => {
  for (const { what, make, act, says } of [
    {
      what: "accept before a request",
      make: fresh,
      act: (e: Endpoint) => e.accept({}, 0),
      says: /Step.Request/,
    },
    {
      what: "accept on a client",
      make: client,
      act: (e: Endpoint) => e.accept({}, 0),
      says: /no request/,
    },
    {
      what: "accept of a plain request",
      make: plain,
      act: (e: Endpoint) => e.accept({}, 0),
      says: /respond/,
    },
    {
      what: "a subprotocol that was not offered",
      make: upgrade,
      act: (e: Endpoint) => e.accept({ protocol: "c" }, 0),
      says: /not offer.*4\.2\.2/,
    },
    {
      what: "a header with a line break",
      make: upgrade,
      act: (e: Endpoint) => e.accept({ headers: [["X-A", "a\r\nX-B: b"]] }, 0),
      says: /X-A/,
    },
    {
      what: "a header that the engine writes",
      make: upgrade,
      act: (e: Endpoint) => e.accept({ headers: [["Sec-WebSocket-Accept", "x"]] }, 0),
      says: /Sec-WebSocket-Accept/i,
    },
    {
      what: "reject with 200",
      make: upgrade,
      act: (e: Endpoint) => e.reject(200, {}, 0),
      says: /300 to 599/,
    },
    {
      what: "reject of a plain request",
      make: plain,
      act: (e: Endpoint) => e.reject(403, {}, 0),
      says: /respond/,
    },
    {
      what: "respond to an upgrade",
      make: upgrade,
      act: (e: Endpoint) => e.respond(200, {}, 0),
      says: /accept or reject/,
    },
    {
      what: "respond with 101",
      make: plain,
      act: (e: Endpoint) => e.respond(101, {}, 0),
      says: /200 to 599/,
    },
    {
      what: "a send before the handshake is done",
      make: client,
      act: (e: Endpoint) => e.sendText("x"),
      says: /Step.Open/,
    },
    {
      what: "a ping before the handshake is done",
      make: upgrade,
      act: (e: Endpoint) => e.ping(null, 0),
      says: /Step.Open/,
    },
    {
      what: "close before the handshake is done",
      make: client,
      act: (e: Endpoint) => e.close(1000, "", 0),
      says: /Step.Open/,
    },
    {
      what: "sendText of bytes",
      make: open,
      act: (e: Endpoint) => e.sendText(new Uint8Array(1) as never),
      says: /sendBinary/,
    },
    {
      what: "sendBinary of a string",
      make: open,
      act: (e: Endpoint) => e.sendBinary("x" as never),
      says: /Uint8Array/,
    },
    {
      what: "sendBinary of a number, which once leaked memory in ws",
      make: open,
      act: (e: Endpoint) => e.sendBinary(100 as never),
      says: /Uint8Array/,
    },
    {
      what: "a range outside of the bytes",
      make: open,
      act: (e: Endpoint) => e.sendBinary(new Uint8Array(3), 1, 4),
      says: /1 to 4/,
    },
    {
      what: "a message inside a fragmented one",
      make: fragmenting,
      act: (e: Endpoint) => e.sendText("x"),
      says: /sendFragment/,
    },
    {
      what: "a second fragmented message",
      make: fragmenting,
      act: (e: Endpoint) => e.startMessage("text"),
      says: /sendFragment/,
    },
    {
      what: "a fragment of nothing",
      make: open,
      act: (e: Endpoint) => e.sendFragment("x", true),
      says: /startMessage/,
    },
    {
      what: "bytes that are not UTF-8 in a text",
      make: fragmenting,
      act: (e: Endpoint) => e.sendFragment(Uint8Array.of(0xff), true),
      says: /8\.1/,
    },
    {
      what: "a text that ends inside a character",
      make: fragmenting,
      act: (e: Endpoint) => e.sendFragment(Uint8Array.of(0xc3), true),
      says: /8\.1/,
    },
    {
      what: "a fragment of another type",
      make: fragmenting,
      act: (e: Endpoint) => e.sendFragment(7 as never, true),
      says: /string or a Uint8Array/,
    },
    {
      what: "an unknown message type",
      make: open,
      act: (e: Endpoint) => e.startMessage("blob" as never),
      says: /binary/,
    },
    {
      what: "a chunk that is no Uint8Array",
      make: open,
      act: (e: Endpoint) => e.receive("x" as never, 0),
      says: /Uint8Array/,
    },
    {
      what: "more than the inbox holds",
      make: open,
      act: (e: Endpoint) => e.received(65_601, 0),
      says: /65600/,
    },
    {
      what: "a time that is no number",
      make: open,
      act: (e: Endpoint) => e.transmit(undefined as never),
      says: /monotonic/,
    },
  ]) {
    test(what, () => {
      const endpoint = make();
      const before = JSON.stringify(endpoint);
      expect(() => act(endpoint)).toThrow(MisuseError);
      expect(() => act(endpoint)).toThrow(says);
      expect(JSON.stringify(endpoint)).toBe(before);
    });
  }

  test("text as a string in pieces mode", () => {
    const { endpoint } = Bench.open("server", { pieces: true });
    endpoint.receive(Uint8Array.of(0x81, 0x80, 0, 0, 0, 0), 0);
    endpoint.next();
    expect(() => endpoint.text).toThrow(/bytes/);
  });
});

describe("options that are a mistake", () => {
  for (const { what, options, says } of [
    { what: "a host without random", options: { host: {} }, says: /entropy/ },
    { what: "no host", options: {}, says: /host\.random/ },
    {
      what: "a limit that is no number",
      options: { host, limits: { message: "1" } },
      says: /limits\.message/,
    },
    { what: "a negative limit", options: { host, limits: { frame: -1 } }, says: /limits\.frame/ },
    {
      what: "a misspelt limit",
      options: { host, limits: { mesage: 1 } },
      says: /give some of .*message/,
    },
    {
      what: "a timeout that is NaN",
      options: { host, timeouts: { idle: Number.NaN } },
      says: /timeouts\.idle/,
    },
    {
      what: "a misspelt timeout",
      options: { host, timeouts: { constructor: 1 } },
      says: /not known/,
    },
    {
      what: "a prefix that is no number",
      options: { host, frames: { payloadPrefix: 5 } },
      says: /give what watchFrames/,
    },
    {
      what: "an origin with a path",
      options: { host, allowedOrigins: ["https://a/"] },
      says: /allowedOrigins\[0\]/,
    },
    { what: "limits that are null", options: { host, limits: null }, says: /limits is null/ },
    { what: "timeouts that are one number", options: { host, timeouts: 5 }, says: /timeouts is 5/ },
    { what: "limits in a list", options: { host, limits: [5] }, says: /limits is a list/ },
    { what: "one extension for a list", options: { host, extensions: {} }, says: /not a list/ },
    {
      what: "an extension that is none",
      options: { host, extensions: [null] },
      says: /extensions\[0\]/,
    },
    {
      what: "an extension whose name is no token",
      options: { host, extensions: [{ name: "a b" }] },
      says: /extensions\[0\].*9\.1/,
    },
    {
      what: "an extension that cannot accept",
      options: { host, extensions: [{ name: "a", accept: true }] },
      says: /extensions\[0\]\.accept/,
    },
    {
      what: "a safeguard that a string would turn off",
      options: { host, dangerouslyAllowAnyOrigin: "false" },
      says: /dangerouslyAllowAnyOrigin is "false"/,
    },
    {
      what: "a proxy that a string would trust",
      options: { host, trustProxy: "false" },
      says: /trustProxy is "false"/,
    },
    { what: "a number for secure", options: { host, secure: 1 }, says: /secure is 1/ },
  ]) {
    test(what, () => {
      expect(() => serverSettings(options as never)).toThrow(MisuseError);
      expect(() => serverSettings(options as never)).toThrow(says);
    });
  }

  for (const url of ["http://a/", "ws://a/#f", "ws://", "ws://a:99999/", "ws://u:p@a/", "a"]) {
    test(`the URL ${url}`, () => {
      expect(() => clientEndpoint({ host, url }, 0)).toThrow(MisuseError);
    });
  }

  for (const protocols of [["a", "a"], ["a b"], [""], ["a, b"]]) {
    test(`the subprotocols ${JSON.stringify(protocols)}`, () => {
      expect(() => clientEndpoint({ host, url: "ws://a/", protocols }, 0)).toThrow(MisuseError);
    });
  }

  test("an undefined value is the default", () => {
    const settings = serverSettings({ host, limits: { message: undefined } as never });
    expect(settings.limits.message).toBe(16_777_216);
  });
});
