import { describe, expect, test } from "vitest";
import type { HeaderList } from "../../src/handshake/header-list.ts";
import { judgeRequest } from "../../src/handshake/request.ts";
import { headersBut, KEY, OPENING, opening } from "./opening-heads.ts";

describe("a proper opening handshake is an upgrade request", () => {
  test("the RFC's example, with everything that it asks for (§1.2)", () => {
    const headers: HeaderList = [
      ...OPENING,
      ["Origin", "http://example.com"],
      ["Sec-WebSocket-Protocol", "chat, superchat"],
      ["Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits"],
    ];
    expect(judgeRequest(opening({ headers }))).toStrictEqual({
      kind: "upgrade",
      method: "GET",
      target: "/chat",
      host: "server.example.com",
      minorVersion: 1,
      headers,
      origin: "http://example.com",
      key: KEY,
      protocols: ["chat", "superchat"],
      offers: [
        {
          name: "permessage-deflate",
          parameters: [{ name: "client_max_window_bits", value: null }],
        },
      ],
    });
  });

  test("what is optional may be absent: no browser, no subprotocol, no extension", () => {
    expect(judgeRequest(opening())).toMatchObject({
      kind: "upgrade",
      origin: null,
      protocols: [],
      offers: [],
    });
  });

  for (const { headers, target = "/chat", reads = {}, because } of [
    {
      headers: headersBut(["Connection"], ["connection", "keep-alive, upgrade"]),
      because: "Firefox says keep-alive too",
    },
    {
      headers: headersBut(["Connection"], ["Connection", "keep-alive"], ["Connection", "Upgrade"]),
      because: "RFC 9110 §5.3: several fields are one list",
    },
    {
      headers: headersBut(["Upgrade"], ["UPGRADE", "h2c, WebSocket"]),
      because: "§4.2.1: a list that has the value, in any case",
    },
    {
      headers: headersBut(["Sec-WebSocket-Key"], ["sec-websocket-key", ` ${KEY}\t`]),
      reads: { key: KEY },
      because: "a foreign stack may leave whitespace around values",
    },
    {
      headers: headersBut([], ["Content-Length", "0"]),
      because: "a body of no bytes is none",
    },
    {
      headers: headersBut(
        [],
        ["Sec-WebSocket-Protocol", "chat"],
        ["X", "y"],
        ["sec-websocket-protocol", "superchat"],
      ),
      reads: { protocols: ["chat", "superchat"] },
      because: "§11.3.4: several fields of subprotocols are one list",
    },
    {
      headers: headersBut([], ["Sec-WebSocket-Extensions", "a"], ["Sec-WebSocket-Extensions", "b"]),
      reads: {
        offers: [
          { name: "a", parameters: [] },
          { name: "b", parameters: [] },
        ],
      },
      because: "§11.3.2: several fields of extensions are one list",
    },
    {
      headers: headersBut(
        [],
        ["__proto__", "x"],
        ["constructor", "x"],
        ["Sec-WebSocket-Protocol", "__proto__, toString"],
        ["Sec-WebSocket-Extensions", "constructor, __proto__; toString"],
      ),
      reads: {
        protocols: ["__proto__", "toString"],
        offers: [
          { name: "constructor", parameters: [] },
          { name: "__proto__", parameters: [{ name: "toString", value: null }] },
        ],
      },
      because: 'GHSA-5v72-xg48-5rpm: ws crashed on the extension "constructor"',
    },
    {
      headers: headersBut(
        [],
        [
          "Sec-WebSocket-Extensions",
          "permessage-deflate; server_max_window_bits=99, permessage-deflate",
        ],
      ),
      reads: {
        offers: [
          {
            name: "permessage-deflate",
            parameters: [{ name: "server_max_window_bits", value: "99" }],
          },
          { name: "permessage-deflate", parameters: [] },
        ],
      },
      because:
        "a bad offer is declined by its extension, not refused: ws answers 400 although a good one follows",
    },
    {
      headers: headersBut([], ["Origin", ""]),
      reads: { origin: "" },
      because: "an empty Origin is there; whether it is allowed is the policy's question",
    },
    {
      headers: OPENING,
      target: "ws://other.example:81/x?y",
      reads: { target: "/x?y", host: "other.example:81" },
      because: "RFC 9112 §3.2.2: an absolute target names the host, and the Host field is ignored",
    },
    {
      headers: headersBut(["Host"], ["Host", ""]),
      target: "http://other.example",
      reads: { target: "/", host: "other.example" },
      because: "so an empty Host is enough then",
    },
  ] as const) {
    test(because, () => {
      const verdict = judgeRequest(opening({ headers: headers as HeaderList, target }));
      expect(verdict).toMatchObject({ kind: "upgrade", ...reads });
    });
  }
});

describe("what does not ask for a WebSocket is a plain request", () => {
  for (const { head, reads = {}, because } of [
    {
      head: opening({ headers: [["Host", "a.example"]] }),
      reads: { target: "/chat", host: "a.example" },
      because: "no Upgrade",
    },
    {
      head: opening({
        headers: [
          ["Host", "a.example"],
          ["Upgrade", "h2c"],
          ["Connection", "Upgrade, HTTP2-Settings"],
        ],
      }),
      because: "an upgrade to something else may be ignored (RFC 9110 §7.8)",
    },
    {
      head: opening({
        method: "POST",
        headers: [
          ["Host", "a"],
          ["Content-Length", "5"],
        ],
      }),
      because: "method and body are a matter of what is served",
    },
    {
      head: opening({ minorVersion: 0 }),
      because: "RFC 9110 §7.8: an Upgrade of HTTP/1.0 MUST be ignored",
    },
    {
      head: opening({ minorVersion: 0, headers: [] }),
      reads: { host: "" },
      because: "HTTP/1.0 needs no Host",
    },
    {
      head: opening({ headers: [["Host", ""]] }),
      reads: { host: "" },
      because: "RFC 9112 §3.2: a Host may be empty",
    },
    {
      head: opening({ method: "OPTIONS", target: "*", headers: [["Host", "a"]] }),
      reads: { target: "*", host: "a" },
      because: "the whole server",
    },
    {
      head: opening({ method: "CONNECT", target: "b:443", headers: [["Host", "a"]] }),
      reads: { target: "b:443", host: "b:443" },
      because: "a tunnel, which we do not build, but nothing is wrong with asking",
    },
    {
      head: opening({ target: "HTTP://b:81?x", headers: [["Host", "a"]] }),
      reads: { target: "/?x", host: "b:81" },
      because: "an absolute target",
    },
    {
      head: opening({
        headers: [
          ["Host", "a"],
          ["Sec-WebSocket-Protocol", "a,,a"],
          ["Origin", "x"],
          ["Origin", "y"],
        ],
      }),
      because: "the fields of the handshake mean nothing without it",
    },
  ]) {
    test(because, () => {
      expect(judgeRequest(head)).toMatchObject({ kind: "plain", ...reads });
    });
  }
});
