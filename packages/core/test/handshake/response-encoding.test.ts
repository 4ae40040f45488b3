import { describe, expect, test } from "vitest";
import { MisuseError } from "../../src/bytes/misuse-error.ts";
import { type HeaderList, RESERVED_HEADERS } from "../../src/handshake/header-list.ts";
import {
  type Acceptance,
  type Answer,
  encodeAcceptance,
  encodeAnswer,
  judgeResponse,
} from "../../src/handshake/response.ts";
import { latin1Bytes, readHead } from "./reading-heads.ts";

const KEY = "dGhlIHNhbXBsZSBub25jZQ==";

const CHAT: Acceptance = {
  key: KEY,
  protocol: "chat",
  extensions: [{ name: "permessage-deflate", parameters: [{ name: "x", value: "1" }] }],
  headers: [["Set-Cookie", "a=b"]],
};

const EMPTY: Answer = { headers: [], bodyLength: 0 };

describe("encodeAcceptance", () => {
  test("writes the RFC's example, with an extension and a further field", () => {
    expect(encodeAcceptance(CHAT)).toBe(
      "HTTP/1.1 101 Switching Protocols\r\n" +
        "Upgrade: websocket\r\n" +
        "Connection: Upgrade\r\n" +
        "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" +
        "Sec-WebSocket-Protocol: chat\r\n" +
        "Sec-WebSocket-Extensions: permessage-deflate; x=1\r\n" +
        "Set-Cookie: a=b\r\n" +
        "\r\n",
    );
  });

  test("leaves out what was not agreed (§4.2.2)", () => {
    for (const protocol of [null, ""]) {
      const head = encodeAcceptance({ key: KEY, protocol, extensions: [], headers: [] });
      expect(head).not.toContain("Protocol:");
      expect(head).not.toContain("Extensions");
      expect(head.endsWith("xOo=\r\n\r\n")).toBe(true);
    }
  });

  test("our client accepts what our server writes", () => {
    const reader = readHead("response", [
      latin1Bytes(encodeAcceptance({ ...CHAT, extensions: [] })),
    ]);
    expect(reader).toMatchObject({ done: true, fault: null, statusCode: 101 });
    const head = { status: 101, statusText: reader.statusText, headers: reader.headers };
    const sent = { key: KEY, protocols: ["chat"], extensions: [] };
    expect(judgeResponse(head, sent)).toMatchObject({ kind: "accepted", protocol: "chat" });
  });

  for (const { changes, because } of [
    { changes: { key: "short" }, because: "no key of a request that was judged" },
    {
      changes: { protocol: "a\r\nX: y" },
      because: "CVE-2026-1527: a line break in the subprotocol",
    },
    { changes: { protocol: "a, b" }, because: "a server chooses one" },
    { changes: { headers: [["X", "a\nY: z"]] }, because: "a line break in a header" },
    {
      changes: {
        headers: [
          ["X", "a"],
          ["Sec-WebSocket-Accept", "b"],
        ],
      },
      because: "the accept is ours to write",
    },
  ] as { changes: Partial<Acceptance>; because: string }[]) {
    test(`${JSON.stringify(changes)} is a mistake of the caller: ${because}`, () => {
      expect(() => encodeAcceptance({ ...CHAT, ...changes })).toThrow(MisuseError);
    });
  }
});

describe("encodeAnswer", () => {
  for (const { status, answer, head, because } of [
    {
      status: 200,
      answer: { headers: [["Content-Type", "text/plain"]] as HeaderList, bodyLength: 5 },
      head: "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\nContent-Type: text/plain\r\n\r\n",
      because: "plain HTTP: one request per connection",
    },
    {
      status: 400,
      answer: EMPTY,
      head: "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
      because: "without a body its length is said all the same",
    },
    {
      status: 426,
      answer: EMPTY,
      head: "HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nConnection: Upgrade, close\r\nSec-WebSocket-Version: 13\r\nContent-Length: 0\r\n\r\n",
      because: "RFC 9110 §15.5.22 and RFC 6455 §4.2.2: what to upgrade to, and which version",
    },
    {
      status: 405,
      answer: EMPTY,
      head: "HTTP/1.1 405 Method Not Allowed\r\nConnection: close\r\nAllow: GET\r\nContent-Length: 0\r\n\r\n",
      because: "RFC 9110 §15.5.6: the method that would do",
    },
    {
      status: 405,
      answer: { headers: [["allow", "GET, HEAD"]] as HeaderList, bodyLength: 0 },
      head: "HTTP/1.1 405 Method Not Allowed\r\nConnection: close\r\nContent-Length: 0\r\nallow: GET, HEAD\r\n\r\n",
      because: "the application knows better which",
    },
    {
      status: 204,
      answer: EMPTY,
      head: "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n",
      because: "RFC 9110 §8.6: no Content-Length in a 204",
    },
    {
      status: 304,
      answer: EMPTY,
      head: "HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n",
      because: "nor one of 0 in a 304: it would be taken for the length of what was not modified",
    },
    {
      status: 205,
      answer: EMPTY,
      head: "HTTP/1.1 205 \r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
      because: "without a known reason phrase the space before it stays (RFC 9112 §4)",
    },
    {
      status: 403,
      answer: { ...EMPTY, statusText: "Not \u00fcber\tthere" },
      head: "HTTP/1.1 403 Not \u00fcber\tthere\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
      because: "a reason phrase of one's own",
    },
    {
      status: 403,
      answer: { ...EMPTY, statusText: "" },
      head: "HTTP/1.1 403 \r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
      because: "or none",
    },
  ]) {
    test(`${status}: ${because}`, () => {
      expect(encodeAnswer(status, answer)).toBe(head);
      expect(readHead("response", [latin1Bytes(head)])).toMatchObject({
        done: true,
        statusCode: status,
      });
    });
  }

  for (const { status, answer = {}, because } of [
    { status: 101, because: "a 101 is sent by accepting" },
    { status: 103, because: "an interim response answers nothing" },
    { status: 199, because: "the last of those" },
    { status: 0, because: "no status" },
    { status: 1000, because: "four digits; a close code, perhaps" },
    { status: 200.5, because: "no integer" },
    { status: Number.NaN, because: "no number" },
    { status: 204, answer: { bodyLength: 1 }, because: "RFC 9110 §15.3.5: no body" },
    { status: 205, answer: { bodyLength: 1 }, because: "RFC 9110 §15.3.6: no body" },
    { status: 304, answer: { bodyLength: 1 }, because: "RFC 9110 §15.4.5: no body" },
    { status: 200, answer: { bodyLength: -1 }, because: "no length" },
    { status: 200, answer: { bodyLength: 0.5 }, because: "no length" },
    { status: 200, answer: { bodyLength: Number.POSITIVE_INFINITY }, because: "no length" },
    {
      status: 403,
      answer: { statusText: "No\r\nX: y" },
      because: "a line break in the reason phrase",
    },
    { status: 403, answer: { statusText: "\u20ac" }, because: "no byte stands for it" },
    {
      status: 403,
      answer: { headers: [["X", "a\r\n\r\nbody"]] },
      because: "CVE-2026-1527: a line break in a header",
    },
  ] as { status: number; answer?: Partial<Answer>; because: string }[]) {
    test(`${status} with ${JSON.stringify(answer)} is a mistake of the caller: ${because}`, () => {
      expect(() => encodeAnswer(status, { ...EMPTY, ...answer })).toThrow(MisuseError);
    });
  }

  test("the fields that say where the message ends cannot be written over", () => {
    for (const name of RESERVED_HEADERS) {
      expect(() => encodeAnswer(403, { ...EMPTY, headers: [[name, "1"]] }), name).toThrow(
        MisuseError,
      );
    }
  });
});
