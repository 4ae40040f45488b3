import { describe, expect, test } from "vitest";
import { judgeRequest, type RequestVerdict } from "../../src/handshake/request.ts";
import { headersBut, KEY, OPENING, opening } from "./opening-heads.ts";

function faultOf(verdict: RequestVerdict): string {
  return verdict.kind === "refused" ? verdict.fault.kind : `no fault, but ${verdict.kind}`;
}

describe("every other request is refused", () => {
  for (const { head, kind, status = 400, because } of [
    // All requests.
    {
      head: opening({ target: "chat" }),
      kind: "target-malformed",
      because: "no form of RFC 9112 §3.2",
    },
    {
      head: opening({ target: "*" }),
      kind: "target-malformed",
      because: "only OPTIONS has the asterisk-form",
    },
    {
      head: opening({ target: "/a\r\nX: y" }),
      kind: "target-malformed",
      because: "a foreign stack may let a line break through",
    },
    {
      head: opening({ headers: headersBut(["Host"]) }),
      kind: "host-missing",
      because: "ws, websocket-driver and Deno accept it",
    },
    {
      head: opening({ headers: [] }),
      kind: "host-missing",
      because: "RFC 9112 §3.2: plain requests too",
    },
    {
      head: opening({ target: "http://a.example/", headers: headersBut(["Host"]) }),
      kind: "host-missing",
      because: "also when the target names the host",
    },
    {
      head: opening({ headers: headersBut([], ["host", "server.example.com"]) }),
      kind: "host-duplicate",
      because: "two, even if they agree",
    },
    {
      head: opening({
        minorVersion: 0,
        headers: [
          ["Host", "a"],
          ["Host", "b"],
        ],
      }),
      kind: "host-duplicate",
      because: "RFC 9112 §3.2: any request",
    },
    ...["abc", "-1", "+1", "1.5", "0x5", "5 5", "5,", "5, 6", "\u00b2"].flatMap((length) =>
      [[["Host", "a"]], OPENING].map((lines) => ({
        head: opening({ headers: [...(lines as [string, string][]), ["Content-Length", length]] }),
        kind: "content-length-malformed",
        because: `Content-Length: ${length}, ${lines === OPENING ? "of an opening" : "plain"}`,
      })),
    ),
    ...["gzip", "chunked, gzip", "identity", "", "xchunked"].map((coding) => ({
      head: opening({
        headers: [
          ["Host", "a"],
          ["Transfer-Encoding", coding],
        ],
      }),
      kind: "transfer-encoding-malformed",
      because: `RFC 9112 §6.3, number 4: nobody knows where a body of "${coding}" ends`,
    })),
    {
      head: opening({ minorVersion: 0, headers: [["Transfer-Encoding", "chunked"]] }),
      kind: "transfer-encoding-malformed",
      because: "RFC 9112 §6.1: HTTP/1.0 has no transfer codings",
    },
    {
      head: opening({
        headers: [
          ["Host", "a"],
          ["Transfer-Encoding", "chunked"],
          ["Content-Length", "5"],
        ],
      }),
      kind: "body-length-ambiguous",
      because: "RFC 9112 §6.1: an attempt at smuggling, as a rule",
    },
    {
      head: opening({ headers: headersBut(["Host"], ["Host", "a b"]) }),
      kind: "host-malformed",
      because: "a space",
    },
    {
      head: opening({ headers: [["Host", "user@a"]] }),
      kind: "host-malformed",
      because: "userinfo",
    },
    {
      head: opening({ headers: headersBut(["Host"], ["Host", "a.example, b.example"]) }),
      kind: "host-malformed",
      because: "two that a stack has joined",
    },
    {
      head: opening({ headers: headersBut(["Host"], ["Host", ""]) }),
      kind: "host-malformed",
      because: "§4.2.1: an upgrade names the server's authority",
    },
    // The attempt.
    {
      head: opening({ headers: headersBut(["Upgrade"]) }),
      kind: "upgrade-missing",
      status: 426,
      because: "a key and no Upgrade: a proxy has dropped it",
    },
    {
      head: opening({ headers: headersBut(["Upgrade", "Sec-WebSocket-Key"]) }),
      kind: "upgrade-missing",
      status: 426,
      because: "a version and no Upgrade",
    },
    {
      head: opening({ headers: headersBut(["Upgrade", "Sec-WebSocket-Version"]) }),
      kind: "upgrade-missing",
      status: 426,
      because: "a key alone",
    },
    {
      head: opening({ headers: headersBut(["Upgrade"], ["Upgrade", "websocket/13"]) }),
      kind: "upgrade-missing",
      status: 426,
      because: "another token than websocket",
    },
    {
      head: opening({ headers: headersBut(["Upgrade"], ["Upgrade", "websoc\u212aet"]) }),
      kind: "upgrade-missing",
      status: 426,
      because: "the Kelvin sign is no k",
    },
    {
      head: opening({ method: "POST" }),
      kind: "method-not-get",
      status: 405,
      because: "Deno accepts it",
    },
    {
      head: opening({ method: "get" }),
      kind: "method-not-get",
      status: 405,
      because: "methods are case-sensitive",
    },
    {
      head: opening({ headers: headersBut([], ["Content-Length", "5"]) }),
      kind: "body-in-upgrade",
      because: "its bytes would be taken for frames",
    },
    {
      head: opening({ headers: headersBut([], ["Content-Length", "0"], ["Content-Length", "5"]) }),
      kind: "content-length-malformed",
      because: "two that differ",
    },
    {
      head: opening({ headers: headersBut([], ["Content-Length", "0, 0"]) }),
      kind: "body-in-upgrade",
      because: "a list is one length, but no browser sends one",
    },
    {
      head: opening({ headers: headersBut([], ["Content-Length", ""]) }),
      kind: "content-length-malformed",
      because: "an empty one is no number",
    },
    {
      head: opening({ headers: headersBut([], ["Transfer-Encoding", "chunked"]) }),
      kind: "body-in-upgrade",
      because: "chunks are no frames",
    },
    {
      head: opening({ headers: headersBut([], ["Transfer-Encoding", "identity"]) }),
      kind: "transfer-encoding-malformed",
      because: "a coding without an end",
    },
    {
      head: opening({ headers: headersBut(["Connection"]) }),
      kind: "connection-upgrade-missing",
      because: "§4.2.1, number 4",
    },
    {
      head: opening({ headers: headersBut(["Connection"], ["Connection", "close"]) }),
      kind: "connection-upgrade-missing",
      because: "Bun upgrades",
    },
    {
      head: opening({ headers: headersBut(["Connection"], ["Connection", "keep-alive"]) }),
      kind: "connection-upgrade-missing",
      because: "what a proxy makes of it",
    },
    {
      head: opening({ headers: headersBut(["Connection"], ["Connection", "Upgrade, Close"]) }),
      kind: "connection-close",
      because: "RFC 9112 §9.6: nothing follows this request",
    },
    {
      head: opening({ headers: headersBut(["Sec-WebSocket-Version"]) }),
      kind: "version-missing",
      because: "§4.2.1, number 6",
    },
    {
      head: opening({
        headers: headersBut(["Sec-WebSocket-Version"], ["Sec-WebSocket-Version", "8"]),
      }),
      kind: "version-unsupported",
      status: 426,
      because: "ws accepts 8, the draft with another key of origin",
    },
    {
      head: opening({
        headers: headersBut(["Sec-WebSocket-Version"], ["Sec-WebSocket-Version", "12"]),
      }),
      kind: "version-unsupported",
      status: 426,
      because: "Deno accepts 12",
    },
    {
      head: opening({
        headers: headersBut(["Sec-WebSocket-Version"], ["Sec-WebSocket-Version", "013"]),
      }),
      kind: "version-unsupported",
      status: 426,
      because: "§4.3: no leading zeros",
    },
    {
      head: opening({
        headers: headersBut(["Sec-WebSocket-Version"], ["Sec-WebSocket-Version", "13, 8"]),
      }),
      kind: "version-unsupported",
      status: 426,
      because: "§4.3: a client sends one, not a list",
    },
    {
      head: opening({ headers: headersBut([], ["Sec-WebSocket-Version", "13"]) }),
      kind: "version-unsupported",
      status: 426,
      because: "§11.3.5: not more than once",
    },
    {
      head: opening({
        headers: headersBut(
          ["Sec-WebSocket-Version", "Sec-WebSocket-Key"],
          ["Sec-WebSocket-Version", "25"],
        ),
      }),
      kind: "version-unsupported",
      status: 426,
      because: "§4.4: another version may have no key, and learns ours",
    },
    {
      head: opening({ headers: headersBut(["Sec-WebSocket-Key"]) }),
      kind: "key-missing",
      because: "§4.2.1, number 5",
    },
    {
      head: opening({ headers: headersBut([], ["Sec-WebSocket-Key", KEY]) }),
      kind: "key-duplicate",
      because: "§11.3.1: not more than once, even if they agree",
    },
    {
      head: opening({
        headers: headersBut(["Sec-WebSocket-Key"], ["Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25j"]),
      }),
      kind: "key-malformed",
      because: "15 bytes: Deno and websocket-driver accept them",
    },
    {
      head: opening({ headers: headersBut(["Sec-WebSocket-Key"], ["Sec-WebSocket-Key", ""]) }),
      kind: "key-malformed",
      because: "none",
    },
    {
      head: opening({
        headers: headersBut(["Sec-WebSocket-Key"], ["Sec-WebSocket-Key", `${KEY}, ${KEY}`]),
      }),
      kind: "key-malformed",
      because: "two that a stack has joined",
    },
    {
      head: opening({ headers: headersBut([], ["Origin", "http://a"], ["Origin", "http://b"]) }),
      kind: "origin-duplicate",
      because: "whichever we judged, an intermediary may have judged the other",
    },
    {
      head: opening({ headers: headersBut([], ["Sec-WebSocket-Protocol", "chat, chat"]) }),
      kind: "protocol-malformed",
      because: "§4.1, number 10: all unique",
    },
    {
      head: opening({
        headers: headersBut(
          [],
          ["Sec-WebSocket-Protocol", "chat"],
          ["Sec-WebSocket-Protocol", "chat"],
        ),
      }),
      kind: "protocol-malformed",
      because: "over several fields too",
    },
    {
      head: opening({ headers: headersBut([], ["Sec-WebSocket-Protocol", "a b"]) }),
      kind: "protocol-malformed",
      because: "a subprotocol is a token",
    },
    {
      head: opening({ headers: headersBut([], ["Sec-WebSocket-Extensions", 'a; b="\\c\\c\\c']) }),
      kind: "extensions-malformed",
      because: "CVE-2020-7662: an open quoted string",
    },
    {
      head: opening({ headers: headersBut([], ["Sec-WebSocket-Extensions", "a;"]) }),
      kind: "extensions-malformed",
      because: "a parameter without a name",
    },
  ]) {
    test(`${kind}, ${status}: ${because}`, () => {
      const verdict = judgeRequest(head);
      expect(faultOf(verdict)).toBe(kind);
      expect(verdict).toMatchObject({ fault: { kind, status, offset: -1 } });
    });
  }

  test("a refusal repeats the head, so that its answer can be made", () => {
    const { method, target, minorVersion, headers } = opening({ method: "HEAD" });
    expect(judgeRequest({ method, target, minorVersion, headers })).toMatchObject({
      kind: "refused",
      method,
      target,
      minorVersion,
      headers,
    });
  });
});

test("header values of any characters are judged without throwing, in every field of the handshake", () => {
  const names = [...OPENING.map(([name]) => name), "Origin", "Content-Length"];
  const values = [
    "",
    ",",
    ";",
    '"',
    '"\\',
    "\u0000",
    "\r\n",
    "\u20ac",
    "\ud800",
    "%",
    "[",
    "[]:",
    "=".repeat(24),
  ];
  for (const name of [...names, "Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions"]) {
    for (const value of values) {
      for (const minorVersion of [0, 1] as const) {
        const headers = headersBut([name], [name, value]);
        const { kind } = judgeRequest(opening({ headers, minorVersion }));
        expect(["upgrade", "plain", "refused"]).toContain(kind);
      }
    }
  }
});
