/** Mistakes of the caller at a later time and in the middle of things: MisuseError, and not a field is different. */
import { describe, expect, test } from "vitest";
import {
  type ConnectionOptions,
  type Endpoint,
  MisuseError,
  Step,
  serverEndpoint,
} from "../../src/index.ts";
import { Bench, quietHost } from "../turn.ts";
import { bytesOf, masked } from "../wire.ts";

const host = quietHost();
/** Everything was made at 0; the mistakes come at this time, which must not be remembered. */
const LATER = 5_000;

function requested(head: string): Endpoint {
  const endpoint = serverEndpoint({ host }, 0);
  endpoint.receive(bytesOf(head), 0);
  if (endpoint.next() !== Step.Request) throw new Error("the request is not one");
  return endpoint;
}

const upgrade = () =>
  requested(
    "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
  );
const plain = () => requested("GET / HTTP/1.1\r\nHost: a\r\n\r\n");

function open(options: Partial<ConnectionOptions> = {}): Endpoint {
  return Bench.open("server", options).endpoint;
}

/** A fragmented message that is under way behind `fragments`. */
function sending(type: "text" | "binary", ...fragments: (string | Uint8Array)[]): Endpoint {
  const endpoint = open();
  endpoint.startMessage(type);
  for (const fragment of fragments) endpoint.sendFragment(fragment, false);
  return endpoint;
}

const MISTAKES: readonly {
  readonly what: string;
  readonly make: () => Endpoint;
  readonly act: (endpoint: Endpoint) => unknown;
  readonly says: RegExp;
}[] = [
  {
    what: "accept with a subprotocol that was not offered (§4.2.2)",
    make: upgrade,
    act: (e) => e.accept({ protocol: "x" }, LATER),
    says: /4\.2\.2/,
  },
  {
    what: "accept with a header that splits the response",
    make: upgrade,
    act: (e) => e.accept({ headers: [["A", "b\r\nC: d"]] }, LATER),
    says: /A/,
  },
  {
    what: "reject with a header that splits the response",
    make: upgrade,
    act: (e) => e.reject(403, { headers: [["A", "b\nC: d"]] }, LATER),
    says: /A/,
  },
  {
    what: "reject with a status that is no number",
    make: upgrade,
    act: (e) => e.reject("403" as never, {}, LATER),
    says: /300 to 599/,
  },
  {
    what: "respond with a status beyond 599",
    make: plain,
    act: (e) => e.respond(600, {}, LATER),
    says: /200 to 599/,
  },
  {
    what: "respond with a body that is neither text nor bytes",
    make: plain,
    act: (e) => e.respond(200, { body: 5 as never }, LATER),
    says: /body/,
  },
  {
    what: "respond at a time that is no number",
    make: plain,
    act: (e) => e.respond(200, {}, "now" as never),
    says: /monotonic/,
  },
  {
    what: "respond on a connection that is open",
    make: open,
    act: (e) => e.respond(200, {}, LATER),
    says: /no request/,
  },
  {
    what: "sendBinary of undefined",
    make: open,
    act: (e) => e.sendBinary(undefined as never),
    says: /Uint8Array/,
  },
  {
    what: "sendBinary of null",
    make: open,
    act: (e) => e.sendBinary(null as never),
    says: /Uint8Array/,
  },
  {
    what: "sendBinary of an ArrayBuffer",
    make: open,
    act: (e) => e.sendBinary(new ArrayBuffer(4) as never),
    says: /Uint8Array/,
  },
  {
    what: "sendBinary from behind its end",
    make: open,
    act: (e) => e.sendBinary(new Uint8Array(4), 3, 2),
    says: /3 to 2/,
  },
  {
    what: "sendBinary from before its start",
    make: open,
    act: (e) => e.sendBinary(new Uint8Array(4), -1),
    says: /-1 to 4/,
  },
  {
    what: "sendBinary to a place that is no number",
    make: open,
    act: (e) => e.sendBinary(new Uint8Array(4), 0, Number.NaN),
    says: /NaN/,
  },
  {
    what: "sendBinary from the middle of a byte",
    make: open,
    act: (e) => e.sendBinary(new Uint8Array(4), 0.5, 2),
    says: /0\.5 to 2/,
  },
  {
    what: "sendText of undefined",
    make: open,
    act: (e) => e.sendText(undefined as never),
    says: /string/,
  },
  {
    what: "bytes behind a string fragment that ends inside a surrogate pair (§8.1)",
    make: () => sending("text", "a\ud83d"),
    act: (e) => e.sendFragment(bytesOf("b"), true),
    says: /surrogate/,
  },
  {
    what: "a string behind bytes that end inside a character (§8.1)",
    make: () => sending("text", Uint8Array.of(0xe2, 0x82)),
    act: (e) => e.sendFragment("a", true),
    says: /inside a character/,
  },
  {
    what: "bytes that spoil the character begun in the fragment before (§8.1)",
    make: () => sending("text", Uint8Array.of(0xe2, 0x82)),
    act: (e) => e.sendFragment(Uint8Array.of(0x41), false),
    says: /text byte 0 /,
  },
  {
    what: "a string in a binary message",
    make: () => sending("binary", Uint8Array.of(1)),
    act: (e) => e.sendFragment("text", true),
    says: /binary/,
  },
  {
    what: "sendBinary inside a fragmented message (§5.4)",
    make: () => sending("text", "a"),
    act: (e) => e.sendBinary(new Uint8Array(1)),
    says: /5\.4/,
  },
  {
    what: "close with 1006 (§7.4.1)",
    make: open,
    act: (e) => e.close(1006, "", LATER),
    says: /7\.4/,
  },
  {
    what: "close with a fraction",
    make: open,
    act: (e) => e.close(1000.5, "", LATER),
    says: /7\.4/,
  },
  {
    what: "close with no code at all",
    make: open,
    act: (e) => e.close(undefined as never, "", LATER),
    says: /7\.4/,
  },
  {
    what: "close with a reason of 124 bytes (§5.5)",
    make: open,
    act: (e) => e.close(1000, "é".repeat(62), LATER),
    says: /124 bytes/,
  },
  {
    what: "close without a code but with a reason (§5.5.1)",
    make: open,
    act: (e) => e.close(1005, "why", LATER),
    says: /5\.5\.1/,
  },
  {
    what: "close at a time that is no number",
    make: open,
    act: (e) => e.close(1000, "", Number.NaN),
    says: /monotonic/,
  },
  {
    what: "ping with 126 bytes (§5.5)",
    make: open,
    act: (e) => e.ping(new Uint8Array(126), LATER),
    says: /5\.5/,
  },
  {
    what: "ping with a string",
    make: open,
    act: (e) => e.ping("x" as never, LATER),
    says: /Uint8Array/,
  },
  {
    what: "pong with 126 bytes (§5.5)",
    make: open,
    act: (e) => e.pong(new Uint8Array(126)),
    says: /5\.5/,
  },
  {
    what: "bytes at a time that is no number",
    make: open,
    act: (e) => e.receive(masked(0x1, "x"), Number.NaN),
    says: /monotonic/,
  },
  {
    what: "bytes at a time that never comes",
    make: open,
    act: (e) => e.receive(masked(0x1, "x"), Number.POSITIVE_INFINITY),
    says: /monotonic/,
  },
  {
    what: "the end of the transport at a time that is no number",
    make: open,
    act: (e) => e.transportClosed("ECONNRESET", Number.NaN),
    says: /monotonic/,
  },
  {
    what: "abort at a time that is no number",
    make: open,
    act: (e) => e.abort(Number.NaN),
    says: /monotonic/,
  },
  {
    what: "sent at a time that is no number",
    make: open,
    act: (e) => e.sent(Number.NaN),
    says: /monotonic/,
  },
];

describe("a mistake leaves every field as it was", () => {
  for (const { what, make, act, says } of MISTAKES) {
    test(what, () => {
      const endpoint = make();
      const before = JSON.stringify(endpoint);
      let thrown: unknown;
      try {
        act(endpoint);
      } catch (error) {
        thrown = error;
      }
      expect(thrown).toBeInstanceOf(MisuseError);
      expect((thrown as Error).message).toMatch(says);
      expect(JSON.stringify(endpoint)).toBe(before);
    });
  }
});

describe("a fragmented message goes on behind a mistake", () => {
  test("with what should have been sent", () => {
    const bench = Bench.open("server");
    const { endpoint } = bench;
    endpoint.startMessage("text");
    endpoint.sendFragment("a\ud83d", false);
    expect(() => endpoint.sendFragment(bytesOf("b"), true)).toThrow(MisuseError);
    endpoint.sendFragment("\ude00", true);
    bench.turn();
    const payload = bench.sent().flatMap((frame) => [...frame.payload]);
    expect(payload).toEqual([...bytesOf("a😀")]);
  });
});

describe("a mistake that is made too late is a lost race all the same, where nothing could come of it", () => {
  test("a send after the Close is not asked whether its message fits", () => {
    const endpoint = open();
    endpoint.startMessage("text");
    endpoint.close(1000, "", 0);
    expect(endpoint.sendText("x")).toBe("closed");
    expect(endpoint.sendFragment("x", true)).toBe("closed");
    expect(endpoint.ping(null, 0)).toBe(0);
  });
});
