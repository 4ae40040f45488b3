import { describe, expect, test } from "vitest";
import { MisuseError } from "../../src/bytes/misuse-error.ts";
import { RESERVED_HEADERS } from "../../src/handshake/header-list.ts";
import { encodeRequest, judgeRequest, type OpeningRequest } from "../../src/handshake/request.ts";
import { latin1Bytes, readHead } from "./reading-heads.ts";

const CHAT: OpeningRequest = {
  hostHeader: "server.example.com",
  resource: "/chat",
  key: "dGhlIHNhbXBsZSBub25jZQ==",
  protocols: ["chat", "superchat"],
  offers: "permessage-deflate; client_max_window_bits",
  headers: [
    ["Origin", "http://example.com"],
    ["Cookie", "a=b"],
  ],
};

describe("encodeRequest", () => {
  test("writes the RFC's example, with an offer of extensions", () => {
    expect(encodeRequest(CHAT)).toBe(
      "GET /chat HTTP/1.1\r\n" +
        "Host: server.example.com\r\n" +
        "Upgrade: websocket\r\n" +
        "Connection: Upgrade\r\n" +
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
        "Sec-WebSocket-Version: 13\r\n" +
        "Sec-WebSocket-Protocol: chat, superchat\r\n" +
        "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n" +
        "Origin: http://example.com\r\n" +
        "Cookie: a=b\r\n" +
        "\r\n",
    );
  });

  test("leaves out what is not offered: an empty field would be malformed", () => {
    for (const offers of [null, ""]) {
      const head = encodeRequest({ ...CHAT, protocols: [], offers, headers: [] });
      expect(head).not.toContain("Protocol");
      expect(head).not.toContain("Extensions");
      expect(head.endsWith("Sec-WebSocket-Version: 13\r\n\r\n")).toBe(true);
    }
  });

  test("our server reads what our client writes", () => {
    const reader = readHead("request", [latin1Bytes(encodeRequest(CHAT))]);
    expect(reader).toMatchObject({ done: true, fault: null });
    expect(judgeRequest(reader)).toMatchObject({
      kind: "upgrade",
      host: CHAT.hostHeader,
      target: CHAT.resource,
      key: CHAT.key,
      protocols: CHAT.protocols,
      origin: "http://example.com",
      offers: [{ name: "permessage-deflate" }],
    });
  });

  for (const { changes, because } of [
    { changes: { hostHeader: "a\r\nX: y" }, because: "CVE-2026-1527: a line break in the host" },
    { changes: { hostHeader: "" }, because: "no host" },
    { changes: { hostHeader: "http://a" }, because: "a URI is no host" },
    { changes: { resource: "/a\r\nX: y" }, because: "a line break in the path" },
    { changes: { resource: "/a b" }, because: "a space would end the path" },
    { changes: { resource: "/a#b" }, because: "§3: a fragment is never sent" },
    { changes: { resource: "/caf\u00e9" }, because: "a URI is ASCII" },
    { changes: { resource: "/\u010a" }, because: "cut to its low byte it would be a LF" },
    { changes: { resource: "chat" }, because: "a path begins with a slash" },
    { changes: { resource: "" }, because: "it is never empty" },
    { changes: { key: "short" }, because: "§4.1: 16 bytes" },
    { changes: { key: "dGhlIHNhbXBsZSBub25jZQ==\r\n" }, because: "a line break in the key" },
    { changes: { protocols: ["a\r\nX: y"] }, because: "a line break in a subprotocol" },
    { changes: { protocols: ["a, b"] }, because: "a list is not one of its elements" },
    { changes: { protocols: [""] }, because: "§4.1: not empty" },
    { changes: { protocols: ["a", "b", "a"] }, because: "§4.1: all unique" },
    { changes: { offers: "a\r\nX: y" }, because: "a line break in the extensions" },
    { changes: { headers: [["X", "a\r\nY: z"]] }, because: "a line break in a header" },
    { changes: { headers: [["X\r\nY", "z"]] }, because: "a line break in a name" },
  ] as { changes: Partial<OpeningRequest>; because: string }[]) {
    test(`${JSON.stringify(changes)} is a mistake of the caller: ${because}`, () => {
      expect(() => encodeRequest({ ...CHAT, ...changes })).toThrow(MisuseError);
    });
  }

  test("no header of the handshake can be written over", () => {
    for (const name of RESERVED_HEADERS) {
      expect(() => encodeRequest({ ...CHAT, headers: [[name, "1"]] }), name).toThrow(MisuseError);
    }
  });
});
