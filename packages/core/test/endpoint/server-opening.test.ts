/** RFC 6455 §4.2: the server's side of the opening handshake, through the whole endpoint. */
import { describe, expect, test } from "vitest";
import {
  openEndpoint,
  type ServerEndpointOptions,
  Step,
  serverEndpoint,
  serverSettings,
} from "../../src/index.ts";
import { Bench, quietHost, type Told } from "../turn.ts";
import { bytesOf, concat, masked, parseFrames } from "../wire.ts";

const HEAD =
  "GET /chat?room=1 HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: http://server.example.com\r\n" +
  "Sec-WebSocket-Protocol: chat, superchat\r\nSec-WebSocket-Version: 13\r\n\r\n";

function server(options: Partial<ServerEndpointOptions> = {}): Bench {
  return new Bench(serverEndpoint(serverSettings({ host: quietHost(), ...options }), 0));
}

function textOf(bench: Bench): string {
  return new TextDecoder().decode(bench.output);
}

/** Feeds `bytes` in pieces of `size`, and accepts the request when it comes. */
function feedAndAccept(bench: Bench, bytes: Uint8Array, cuts: readonly number[]): Told[] {
  const told: Told[] = [];
  let from = 0;
  for (const to of [...cuts, bytes.length]) {
    bench.endpoint.receive(bytes.slice(from, to), 0);
    from = to;
    for (const one of bench.turn()) {
      told.push(one);
      if (one.step === "request") {
        bench.endpoint.accept({ protocol: "superchat" }, 0);
        told.push(...bench.turn());
      }
    }
  }
  return told;
}

describe("an upgrade request", () => {
  test("is told to the application with all it needs for its decision", () => {
    const bench = server();
    expect(bench.feed(bytesOf(HEAD))).toEqual([{ step: "request" }]);
    expect(bench.endpoint.request).toMatchObject({
      kind: "upgrade",
      method: "GET",
      target: "/chat?room=1",
      host: "server.example.com",
      origin: "http://server.example.com",
      protocols: ["chat", "superchat"],
      offers: [],
    });
    expect(bench.endpoint.state).toBe("opening");
    expect(bench.output).toHaveLength(0);
  });

  test("that is accepted is answered as the RFC's example, §1.3", () => {
    const bench = server();
    bench.feed(bytesOf(HEAD));
    expect(bench.endpoint.accept({ protocol: "chat", headers: [["Set-Cookie", "a=b"]] }, 0)).toBe(
      true,
    );
    expect(bench.turn()).toEqual([{ step: "open" }]);
    const lines = textOf(bench).split("\r\n");
    expect(lines[0]).toBe("HTTP/1.1 101 Switching Protocols");
    expect(lines).toContain("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    expect(lines).toContain("Sec-WebSocket-Protocol: chat");
    expect(lines).toContain("Set-Cookie: a=b");
    expect(lines.slice(-2)).toEqual(["", ""]);
    expect(bench.endpoint.protocol).toBe("chat");
    expect(bench.endpoint.state).toBe("open");
    bench.turn();
    expect(bench.endpoint.request).toBeNull();
  });

  test("without a subprotocol in the answer has none", () => {
    const bench = server();
    bench.feed(bytesOf(HEAD));
    bench.endpoint.accept({}, 0);
    bench.turn();
    expect(textOf(bench)).not.toContain("Sec-WebSocket-Protocol");
    expect(bench.endpoint.protocol).toBe("");
  });

  test("with a message in the same packet delivers it, cut at every byte", () => {
    const bytes = concat(bytesOf(HEAD), masked(0x1, "early"));
    for (let cut = 1; cut < bytes.length; cut += 1) {
      const bench = server();
      expect(feedAndAccept(bench, bytes, [cut])).toEqual([
        { step: "request" },
        { step: "open" },
        { step: "text", text: "early" },
      ]);
    }
  });

  test("one byte at a time is the same request", () => {
    const bench = server();
    const bytes = bytesOf(HEAD);
    const told = bench.feed(bytes.slice(0, -1), 1);
    expect(told).toEqual([]);
    expect(bench.feed(bytes.slice(-1))).toEqual([{ step: "request" }]);
  });

  test("bytes behind it wait for the decision and can be counted, so that the host can stop reading", () => {
    const bench = server();
    bench.feed(bytesOf(HEAD));
    for (let index = 0; index < 100; index += 1) bench.feed(masked(0x1, "wait"));
    expect(bench.endpoint.unread).toBe(1000);
    bench.endpoint.accept({}, 0);
    expect(bench.turn()).toHaveLength(101);
  });

  test("offsets count from the first byte behind it", () => {
    const bench = server();
    feedAndAccept(bench, concat(bytesOf(HEAD), masked(0x1, "a"), masked(0x3)), []);
    expect(bench.endpoint.violation).toMatchObject({ offset: 7 });
  });

  test("that is rejected is answered, and the connection ends without a Close", () => {
    const bench = server();
    bench.feed(bytesOf(HEAD));
    const answer = { headers: [["X-Why", "not you"]] as const, body: "nö" };
    expect(bench.endpoint.reject(403, answer, 0)).toBe(true);
    bench.turn();
    const text = textOf(bench);
    expect(text).toMatch(/^HTTP\/1\.1 403 Forbidden\r\n/);
    expect(text).toContain("X-Why: not you\r\n");
    expect(text).toContain("Content-Length: 3\r\n");
    expect(text).toContain("Connection: close\r\n");
    expect(text.endsWith("\r\n\r\nnö")).toBe(true);
    expect(bench.ends).toEqual(["end-write"]);
    bench.feed(masked(0x1, "ignored"));
    expect(bench.end()).toEqual([{ step: "ended" }]);
  });

  test("of a peer that leaves before the decision ends, and deciding then is false", () => {
    for (const leave of ["endOfStream", "transportClosed"] as const) {
      const bench = server();
      bench.feed(bytesOf(HEAD));
      if (leave === "endOfStream") bench.endpoint.endOfStream(0);
      else bench.endpoint.transportClosed(null, 0);
      bench.turn();
      expect(bench.endpoint.accept({}, 0)).toBe(false);
      expect(bench.endpoint.reject(403, {}, 0)).toBe(false);
      expect(bench.output).toHaveLength(0);
      expect(bench.endpoint.state).toBe("ended");
    }
  });

  test("can be answered once", () => {
    const bench = server();
    bench.feed(bytesOf(HEAD));
    expect(bench.endpoint.reject(401, {}, 0)).toBe(true);
    expect(bench.endpoint.reject(403, {}, 0)).toBe(false);
    expect(bench.endpoint.accept({}, 0)).toBe(false);
  });
});

describe("a request that is refused by the engine", () => {
  for (const { because, head, status, kind } of [
    {
      because: "§4.4: another version, and the answer names ours; Deno accepts 8 and 12",
      head: HEAD.replace("Version: 13", "Version: 8"),
      status: 426,
      kind: "version-unsupported",
    },
    {
      because: "§4.2.1: POST, which Deno accepts",
      head: HEAD.replace("GET", "POST"),
      status: 405,
      kind: "method-not-get",
    },
    {
      because: "§4.2.1: no Host, which ws accepts",
      head: HEAD.replace("Host: server.example.com\r\n", ""),
      status: 400,
      kind: "host-missing",
    },
    {
      because: "§4.2.1: a key of 15 bytes, which Deno accepts",
      head: HEAD.replace("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub24="),
      status: 400,
      kind: "key-malformed",
    },
    {
      because: "§4.2.1: Connection without Upgrade",
      head: HEAD.replace("Connection: Upgrade", "Connection: keep-alive"),
      status: 400,
      kind: "connection-upgrade-missing",
    },
    {
      because: "§10.2: another origin",
      head: HEAD.replace("Origin: http://server", "Origin: http://evil"),
      status: 403,
      kind: "origin-refused",
    },
    {
      because: "RFC 9112 §2.2: a bare LF, which Deno accepts",
      head: HEAD.replace("\r\n", "\n"),
      status: 400,
      kind: "bare-line-feed",
    },
    {
      because: "§10.4: a head of 64 KiB, which Deno accepts",
      head: HEAD.replace(
        "Origin",
        `${"X-Fill: y\r\n".repeat(50)}X-Big: ${"z".repeat(65_536)}\r\nOrigin`,
      ),
      status: 431,
      kind: "head-too-large",
    },
    {
      because: "a TLS hello is no HTTP",
      head: "\u0016\u0003\u0001\u0002",
      status: 400,
      kind: "request-line-malformed",
    },
  ]) {
    test(`${kind} is answered with ${status}: ${because}`, () => {
      const bench = server();
      const told = bench.feed(bytesOf(head), 1000);
      expect(told).toMatchObject([{ step: "violation", kind }]);
      expect(bench.endpoint.violation).toMatchObject({ kind, status, closeCode: 0 });
      expect(textOf(bench)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
      expect(bench.ends).toEqual(["end-write"]);
      expect(bench.end()).toEqual([{ step: "ended" }]);
    });
  }

  test("the answer to another version names the version that we speak (§4.4)", () => {
    const bench = server();
    bench.feed(bytesOf(HEAD.replace("Version: 13", "Version: 25")));
    expect(textOf(bench)).toContain("Sec-WebSocket-Version: 13\r\n");
  });

  test("no byte behind the head is answered or kept", () => {
    const bench = server();
    bench.feed(concat(bytesOf(HEAD.replace("GET", "PUT")), masked(0x9, [1])));
    expect(textOf(bench)).toMatch(/^HTTP\/1\.1 405/);
    expect(bench.endpoint.unread).toBe(0);
  });

  test("names that are also Object's are only names", () => {
    const bench = server();
    const head = HEAD.replace(
      "Sec-WebSocket-Version",
      "Sec-WebSocket-Extensions: constructor, __proto__; toString\r\nconstructor: x\r\n__proto__: y\r\nSec-WebSocket-Version",
    );
    expect(bench.feed(bytesOf(head))).toEqual([{ step: "request" }]);
  });
});

describe("a plain request on the same port", () => {
  const PLAIN = "GET /page HTTP/1.1\r\nHost: a\r\n\r\n";

  test("is answered by the application, and the connection ends", () => {
    const bench = server();
    bench.feed(bytesOf(PLAIN));
    expect(bench.endpoint.request).toMatchObject({ kind: "plain", method: "GET", target: "/page" });
    bench.endpoint.respond(200, { headers: [["Content-Type", "text/plain"]], body: "hi" }, 0);
    bench.turn();
    expect(textOf(bench)).toMatch(
      /^HTTP\/1\.1 200 OK\r\n[\s\S]*Content-Length: 2\r\n[\s\S]*\r\n\r\nhi$/,
    );
    expect(bench.ends).toEqual(["end-write"]);
  });

  test("with HEAD is answered without the body, but with its length", () => {
    const bench = server();
    bench.feed(bytesOf(PLAIN.replace("GET", "HEAD")));
    bench.endpoint.respond(200, { body: "hello" }, 0);
    bench.turn();
    expect(textOf(bench)).toMatch(/Content-Length: 5\r\n\r\n$/);
  });

  test("of a client that half-closes behind it is still answered", () => {
    const bench = server();
    bench.feed(bytesOf(PLAIN));
    expect(bench.end()).toEqual([]);
    expect(bench.endpoint.respond(200, { body: "here" }, 0)).toBe(true);
    bench.turn();
    expect(textOf(bench)).toContain("here");
    expect(bench.ends).toEqual(["end-write", "destroy"]);
  });

  test("of HTTP/1.0 is served, also if it asks for an upgrade", () => {
    const bench = server();
    bench.feed(bytesOf(HEAD.replace("HTTP/1.1", "HTTP/1.0")));
    expect(bench.endpoint.request).toMatchObject({ kind: "plain", minorVersion: 0 });
  });

  test("has its body dropped", () => {
    const bench = server();
    bench.feed(bytesOf("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody"));
    bench.endpoint.respond(204, {}, 0);
    bench.turn();
    bench.feed(bytesOf("more"));
    expect(bench.endpoint.unread).toBe(0);
    expect(bench.end()).toEqual([{ step: "ended" }]);
  });
});

describe("the deadline of the handshake", () => {
  test("cuts a dribbled request with 408, and dribbling does not renew it", () => {
    const bench = server({ timeouts: { handshake: 1000 } });
    const bytes = bytesOf(HEAD);
    for (let index = 0; index < 9; index += 1) {
      bench.now = index * 100;
      bench.feed(bytes.slice(index, index + 1));
      expect(bench.endpoint.deadline).toBe(1000);
    }
    bench.at(1000);
    expect(textOf(bench)).toMatch(/^HTTP\/1\.1 408 /);
    bench.end();
    expect(bench.endpoint.ended).toMatchObject({ timeout: "handshake" });
  });

  test("includes the application's decision, and answers 503", () => {
    const bench = server({ timeouts: { handshake: 1000 } });
    bench.feed(bytesOf(HEAD));
    bench.at(1000);
    expect(textOf(bench)).toMatch(/^HTTP\/1\.1 503 /);
    expect(bench.endpoint.accept({}, 1001)).toBe(false);
  });

  test("is over when the connection opens", () => {
    const bench = server({ timeouts: { handshake: 1000, ping: 0, idle: 0 } });
    bench.feed(bytesOf(HEAD));
    bench.endpoint.accept({}, 999);
    bench.turn();
    expect(bench.endpoint.deadline).toBe(Number.POSITIVE_INFINITY);
  });
});

test("behind a foreign handshake the first input is what followed it", () => {
  const endpoint = openEndpoint("server", { protocol: "chat" }, { host: quietHost() }, 0);
  expect(endpoint.next()).toBe(Step.Open);
  expect(endpoint.protocol).toBe("chat");
  const bench = new Bench(endpoint);
  expect(bench.feed(masked(0x1, "head"))).toEqual([{ step: "text", text: "head" }]);
  endpoint.sendText("out");
  bench.turn();
  expect(parseFrames(bench.output)).toHaveLength(1);
});
