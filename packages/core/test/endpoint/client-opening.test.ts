/** RFC 6455 §4.1: the client's side of the opening handshake, through the whole endpoint. */
import { describe, expect, test } from "vitest";
import { acceptFor, type ClientEndpointOptions, clientEndpoint } from "../../src/index.ts";
import { Bench, quietHost } from "../turn.ts";
import { bytesOf, concat, unmasked } from "../wire.ts";

const KEY = "WlpaWlpaWlpaWlpaWlpaWg=="; // the quiet host's sixteen bytes

function client(options: Partial<ClientEndpointOptions> = {}): Bench {
  const bench = new Bench(
    clientEndpoint({ host: quietHost(), url: "ws://example.com/chat?a=b", ...options }, 0),
  );
  bench.turn();
  return bench;
}

function accepting(changes: (head: string) => string = (head) => head): string {
  return changes(
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
      `Sec-WebSocket-Accept: ${acceptFor(KEY)}\r\n\r\n`,
  );
}

describe("the request (§4.1)", () => {
  test("has every field that the RFC demands, and those of the caller", () => {
    const bench = client({ protocols: ["a", "b"], headers: [["Origin", "https://app"]] });
    const lines = new TextDecoder().decode(bench.output).split("\r\n");
    expect(lines[0]).toBe("GET /chat?a=b HTTP/1.1");
    expect(lines).toEqual(
      expect.arrayContaining([
        "Host: example.com",
        "Upgrade: websocket",
        "Connection: Upgrade",
        `Sec-WebSocket-Key: ${KEY}`,
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Protocol: a, b",
        "Origin: https://app",
      ]),
    );
    expect(lines.slice(-2)).toEqual(["", ""]);
  });

  for (const { url, host, target } of [
    { url: "ws://a:80", host: "a", target: "/" },
    { url: "wss://a:443/x", host: "a", target: "/x" },
    { url: "ws://a:443/", host: "a:443", target: "/" },
    { url: "wss://[2001:db8::1]:9/?q", host: "[2001:db8::1]:9", target: "/?q" },
  ]) {
    test(`of ${url} is for ${target} at ${host}`, () => {
      const lines = new TextDecoder().decode(client({ url }).output).split("\r\n");
      expect(lines[0]).toBe(`GET ${target} HTTP/1.1`);
      expect(lines).toContain(`Host: ${host}`);
    });
  }

  test("is all that is sent before the answer", () => {
    const bench = client();
    const sent = bench.output.length;
    bench.feed(bytesOf("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"));
    expect(bench.output).toHaveLength(sent);
    expect(bench.endpoint.state).toBe("opening");
  });
});

describe("an answer that opens the connection", () => {
  for (const { because, head } of [
    { because: "as the RFC has it", head: accepting() },
    {
      because: "Connection: keep-alive, Upgrade, which Node's own client and Deno's refuse",
      head: accepting((text) => text.replace("Connection: ", "Connection: keep-alive, ")),
    },
    { because: "with a 103 before it", head: `HTTP/1.1 103 Early\r\nA: b\r\n\r\n${accepting()}` },
    { because: "with a 100 before it", head: `HTTP/1.1 100 Continue\r\n\r\n${accepting()}` },
    {
      because: "in other cases",
      head: accepting((text) =>
        text.replace("websocket", "WebSocket").replace("Upgrade:", "UPGRADE:"),
      ),
    },
  ]) {
    test(because, () => {
      const bench = client();
      expect(bench.feed(bytesOf(head))).toEqual([{ step: "open" }]);
      expect(bench.endpoint.response).toBeNull();
    });
  }

  test("may have a frame in its packet, cut at every byte", () => {
    const bytes = concat(bytesOf(accepting()), unmasked(0x1, "early"));
    for (let cut = 1; cut < bytes.length; cut += 1) {
      const bench = client();
      const told = [...bench.feed(bytes.slice(0, cut)), ...bench.feed(bytes.slice(cut))];
      expect(told).toEqual([{ step: "open" }, { step: "text", text: "early" }]);
    }
  });

  test("tells the subprotocol", () => {
    const bench = client({ protocols: ["a", "b"] });
    bench.feed(
      bytesOf(
        accepting((text) => text.replace("\r\n\r\n", "\r\nSec-WebSocket-Protocol: b\r\n\r\n")),
      ),
    );
    expect(bench.endpoint.protocol).toBe("b");
  });
});

describe("an answer for which the client must fail the connection", () => {
  for (const { because, kind, head } of [
    {
      because: "a wrong Accept, on which Deno opens",
      kind: "accept-wrong",
      head: accepting((text) => text.replace(acceptFor(KEY), "dGhlIHNhbXBsZSBub25jZQAAAAA=")),
    },
    {
      because: "no Accept, on which Deno opens",
      kind: "accept-missing",
      head: accepting((text) => text.replace(/Sec-WebSocket-Accept.*\r\n/, "")),
    },
    {
      because: "two Accepts",
      kind: "accept-duplicate",
      head: accepting((text) =>
        text.replace("\r\n\r\n", `\r\nSec-WebSocket-Accept: ${acceptFor(KEY)}\r\n\r\n`),
      ),
    },
    {
      because: "another Upgrade",
      kind: "upgrade-not-websocket",
      head: accepting((text) => text.replace("websocket", "h2c")),
    },
    {
      because: "no Upgrade",
      kind: "upgrade-missing",
      head: accepting((text) => text.replace("Upgrade: websocket\r\n", "")),
    },
    {
      because: "no Connection: Upgrade",
      kind: "connection-upgrade-missing",
      head: accepting((text) => text.replace("Connection: Upgrade", "Connection: close")),
    },
    {
      because: "a subprotocol that was not offered, with which Deno opens",
      kind: "protocol-not-offered",
      head: accepting((text) => text.replace("\r\n\r\n", "\r\nSec-WebSocket-Protocol: zz\r\n\r\n")),
    },
    {
      because: "an extension that was not offered, with which Deno opens",
      kind: "extension-not-offered",
      head: accepting((text) =>
        text.replace("\r\n\r\n", "\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n"),
      ),
    },
    {
      because: "a bare LF, on which Bun and Deno open",
      kind: "bare-line-feed",
      head: accepting((text) => text.replace("\r\n", "\n")),
    },
    { because: "no HTTP at all", kind: "status-line-malformed", head: "SSH-2.0-OpenSSH\r\n" },
  ]) {
    test(`${kind}: ${because}`, () => {
      const bench = client();
      const told = bench.feed(bytesOf(head));
      expect(told).toMatchObject([{ step: "violation", kind }, { step: "ended" }]);
      expect(bench.ends).toEqual(["destroy"]);
      expect(bench.endpoint.violation).toMatchObject({ closeCode: 0, status: 0 });
    });
  }

  test("1xx responses without end are bounded by the limits of one head", () => {
    const bench = client();
    const interim = bytesOf("HTTP/1.1 100 Continue\r\nA: b\r\n\r\n");
    let told = bench.feed(interim);
    for (let count = 1; told.length === 0 && count < 2_000; count += 1) told = bench.feed(interim);
    expect(told).toMatchObject([{ step: "violation" }, { step: "ended" }]);
  });
});

describe("a refusal", () => {
  const refusal = "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\n";
  for (const { because, bytes, end, body, isBodyTruncated } of [
    {
      because: "with a length",
      bytes: `${refusal}Content-Length: 6\r\n\r\nsorry!`,
      end: false,
      body: "sorry!",
      isBodyTruncated: false,
    },
    {
      because: "chunked",
      bytes: `${refusal}Transfer-Encoding: chunked\r\n\r\n3\r\nsor\r\n3\r\nry!\r\n0\r\n\r\n`,
      end: false,
      body: "sorry!",
      isBodyTruncated: false,
    },
    {
      because: "until the end of the stream",
      bytes: `${refusal}\r\nsorry!`,
      end: true,
      body: "sorry!",
      isBodyTruncated: false,
    },
    {
      because: "longer than the limit",
      bytes: `${refusal}Content-Length: 40\r\n\r\n${"x".repeat(40)}`,
      end: false,
      body: "x".repeat(10),
      isBodyTruncated: true,
    },
    {
      because: "shorter than it says",
      bytes: `${refusal}Content-Length: 6\r\n\r\nsor`,
      end: true,
      body: "sor",
      isBodyTruncated: true,
    },
    {
      because: "in chunks of which one is none",
      bytes: `${refusal}Transfer-Encoding: chunked\r\n\r\n3\r\nsor\r\nx`,
      end: false,
      body: "sor",
      isBodyTruncated: true,
    },
    {
      because: "without a body",
      bytes: `${refusal}Content-Length: 0\r\n\r\n`,
      end: false,
      body: "",
      isBodyTruncated: false,
    },
  ]) {
    for (const size of [1, Number.POSITIVE_INFINITY]) {
      test(`has its status, headers and body reported: ${because}, in chunks of ${size}`, () => {
        const bench = client({ limits: { refusalBody: 10 } });
        const told = bench.feed(bytesOf(bytes), size);
        if (end) told.push(...bench.end());
        expect(told).toMatchObject([
          { step: "violation", kind: "status-not-101" },
          { step: "ended" },
        ]);
        const response = bench.endpoint.response!;
        expect(response).toMatchObject({
          status: 401,
          statusText: "Unauthorized",
          isBodyTruncated,
        });
        expect(response.headers[0]).toEqual(["WWW-Authenticate", "Basic"]);
        expect(new TextDecoder().decode(response.body)).toBe(body);
      });
    }
  }

  const STREAM = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n";
  const ENDLESS = [
    { because: "a 401 without a length", bytes: `${refusal}\r\npart`, body: "part" },
    { because: "a 401 of which nothing more comes", bytes: `${refusal}\r\n`, body: "" },
    { because: "a redirect", bytes: "HTTP/1.1 302 Found\r\nLocation: /b\r\n\r\n", body: "" },
    { because: "a stream of events", bytes: STREAM, body: "data: 1\n\n" },
    {
      because: "chunks without a last one",
      bytes: `${refusal}Transfer-Encoding: chunked\r\n\r\n4\r\npart\r\n`,
      body: "part",
    },
    {
      because: "less than its length",
      bytes: `${refusal}Content-Length: 100\r\n\r\npart`,
      body: "part",
    },
  ];
  const REFUSED = [{ step: "violation", kind: "status-not-101" }, { step: "ended" }];

  describe("whose body does not end", () => {
    for (const { because, bytes, body } of ENDLESS) {
      test(`is told with what there is of it, timeouts.refusalBody after its head: ${because}`, () => {
        const bench = client();
        bench.feed(bytesOf("HTTP/1.1 103 Early\r\n\r\n"), 1);
        bench.at(400);
        expect(bench.feed(bytesOf(bytes), 1)).toEqual([]);
        expect(bench.at(1_399)).toEqual([]);
        expect(bench.at(1_400)).toMatchObject(REFUSED);
        const response = bench.endpoint.response!;
        expect(new TextDecoder().decode(response.body)).toBe(body);
        expect(response.isBodyTruncated).toBe(true);
        // The server has answered: no deadline was missed.
        expect(bench.endpoint.ended).toMatchObject({ timeout: null });
      });

      test(`is told at its head where no body is kept: ${because}`, () => {
        for (const options of [{ limits: { refusalBody: 0 } }, { unreadBodies: [200, 302, 401] }]) {
          const bench = client(options);
          expect(bench.feed(bytesOf(bytes), 1)).toMatchObject(REFUSED);
          expect(bench.endpoint.response).toMatchObject({ isBodyTruncated: true });
          expect(bench.endpoint.response!.body).toHaveLength(0);
        }
      });
    }

    test("is told when the handshake has to be done, where that is sooner", () => {
      const bench = client({ timeouts: { handshake: 1000, refusalBody: 0 } });
      bench.feed(bytesOf(ENDLESS[0]!.bytes));
      expect(bench.at(999)).toEqual([]);
      expect(bench.at(1000)).toMatchObject(REFUSED);
      expect(bench.endpoint.ended).toMatchObject({ timeout: null });
    });

    test("is not waited for longer because more of it comes", () => {
      const bench = client({ timeouts: { refusalBody: 100 } });
      bench.feed(bytesOf(STREAM));
      for (const now of [30, 60, 90]) {
        bench.at(now);
        bench.feed(bytesOf("data: 2\n\n"));
      }
      expect(bench.at(100)).toMatchObject(REFUSED);
    });

    test("is waited for without end where both deadlines are off", () => {
      const bench = client({ timeouts: { handshake: 0, refusalBody: 0 } });
      bench.feed(bytesOf(STREAM));
      expect(bench.endpoint.deadline).toBe(Number.POSITIVE_INFINITY);
    });
  });

  test("without a body is whole where no body is kept", () => {
    for (const bytes of [`${refusal}Content-Length: 0\r\n\r\n`, "HTTP/1.1 204 No\r\n\r\n"]) {
      const bench = client({ limits: { refusalBody: 0 } });
      expect(bench.feed(bytesOf(bytes))).toMatchObject(REFUSED);
      expect(bench.endpoint.response).toMatchObject({ isBodyTruncated: false });
    }
  });

  test("that a host does not read the body of is one of the statuses that it names", () => {
    const bench = client({ unreadBodies: [302] });
    expect(bench.feed(bytesOf(ENDLESS[0]!.bytes))).toEqual([]);
  });
});

describe("an answer as long as browsers take it", () => {
  for (const { because, head } of [
    {
      because: "a redirect with 200 KB of Location",
      head: `HTTP/1.1 302 Found\r\nLocation: /${"a".repeat(200_000)}\r\nContent-Length: 0\r\n\r\n`,
    },
    {
      because: "a 401 with 900 fields",
      head: `HTTP/1.1 401 No\r\n${"A: b\r\n".repeat(900)}Content-Length: 0\r\n\r\n`,
    },
  ]) {
    test(`is told with its status: ${because}`, () => {
      const bench = client();
      expect(bench.feed(bytesOf(head))).toMatchObject([
        { step: "violation", kind: "status-not-101" },
        { step: "ended" },
      ]);
    });
  }

  for (const { because, lines } of [
    { because: "900 more fields", lines: "A: b\r\n".repeat(900) },
    { because: "a field of 200 KB", lines: `A: ${"b".repeat(200_000)}\r\n` },
    { because: "a folded field (RFC 9112 §5.2)", lines: "A: b\r\n c\r\n\t\r\n" },
    {
      because: "a fold before a value of ours",
      lines: "Sec-WebSocket-Protocol:\r\n a\r\n",
    },
  ]) {
    test(`opens: ${because}`, () => {
      const bench = client({ protocols: ["a"] });
      const head = accepting((text) => text.replace("\r\n\r\n", `\r\n${lines}\r\n`));
      expect(bench.feed(bytesOf(head))).toEqual([{ step: "open" }]);
    });
  }
});

test("a server that never answers is given up at the deadline", () => {
  const bench = client({ timeouts: { handshake: 1000 } });
  expect(bench.endpoint.deadline).toBe(1000);
  expect(bench.at(999)).toEqual([]);
  expect(bench.at(1000)).toEqual([{ step: "ended" }]);
  expect(bench.ends).toEqual(["destroy"]);
});

test("a server that ends its stream instead of answering ends the connection", () => {
  const bench = client();
  bench.feed(bytesOf("HTTP/1.1 10"));
  expect(bench.end()).toEqual([{ step: "ended" }]);
});

test("each key is drawn from the host's entropy", () => {
  let byte = 0;
  const host = { random: (into: Uint8Array) => void into.fill(byte++) };
  const keys = [1, 2].map(() => {
    const bench = client({ host });
    return /Key: (.*)\r/.exec(new TextDecoder().decode(bench.output))![1];
  });
  expect(new Set(keys).size).toBe(2);
});
