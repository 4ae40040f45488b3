import { describe, expect, test } from "vitest";
import type { Extension, ExtensionSession } from "../../src/extension/extension.ts";
import type { HeaderList } from "../../src/handshake/header-list.ts";
import {
  judgeResponse,
  type ResponseHead,
  type SentRequest,
} from "../../src/handshake/response.ts";

const ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

const SENT: SentRequest = {
  key: "dGhlIHNhbXBsZSBub25jZQ==",
  protocols: ["chat", "superchat"],
  extensions: [],
};

const SWITCHING: HeaderList = [
  ["Upgrade", "websocket"],
  ["Connection", "Upgrade"],
  ["Sec-WebSocket-Accept", ACCEPT],
];

function switching(changes: Partial<ResponseHead> = {}): ResponseHead {
  return { status: 101, statusText: "Switching Protocols", headers: SWITCHING, ...changes };
}

function headersBut(without: readonly string[], ...more: [string, string][]): HeaderList {
  return [...SWITCHING.filter(([name]) => !without.includes(name)), ...more];
}

/** An extension that confirms everything but the parameter "no", and counts the sessions that it has open. */
function counted(): { extension: Extension; open: () => number; begun: () => number } {
  let open = 0;
  let begun = 0;
  const extension: Extension = {
    name: "x-counted",
    offer: () => [{ name: "x-counted", parameters: [] }],
    confirm: ({ parameters }) => {
      if (parameters.some(({ name }) => name === "no")) return null;
      open += 1;
      begun += 1;
      const session: ExtensionSession = {
        rsv: 0x40,
        encodeStart: () => false,
        encode: (payload) => payload,
        decodeStart: () => {},
        decode: () => "ok",
        dispose: () => {
          open -= 1;
        },
      };
      return { session };
    },
  };
  return { extension, open: () => open, begun: () => begun };
}

describe("a proper answer is accepted", () => {
  for (const { head, protocol = "", because } of [
    { head: switching(), because: "the RFC's example without a subprotocol (§1.2)" },
    { head: switching({ statusText: "" }), because: "the reason phrase means nothing" },
    { head: switching({ minorVersion: 1 }), because: "a stack that says HTTP/1.1" },
    {
      head: switching({ headers: headersBut([], ["Sec-WebSocket-Protocol", "superchat"]) }),
      protocol: "superchat",
      because: "one of those offered, not necessarily the first",
    },
    {
      head: switching({
        headers: headersBut(["Connection"], ["Connection", "keep-alive, Upgrade"]),
      }),
      because: "§4.1: Connection contains the token; Node's global WebSocket and Deno refuse it",
    },
    {
      head: switching({
        headers: headersBut(["Connection"], ["connection", "x"], ["CONNECTION", "upgrade"]),
      }),
      because: "names and tokens have no case, several fields are one list",
    },
    {
      head: switching({ headers: headersBut(["Upgrade"], ["upgrade", "WebSocket"]) }),
      because: "§4.1: an ASCII case-insensitive match",
    },
    {
      head: switching({
        headers: headersBut(["Sec-WebSocket-Accept"], ["Sec-WebSocket-Accept", `\t${ACCEPT} `]),
      }),
      because: "§4.1: whitespace around it is ignored",
    },
    {
      head: switching({
        headers: headersBut([], ["__proto__", "x"], ["Sec-WebSocket-Version", "13"]),
      }),
      because: "other fields mean nothing here",
    },
  ]) {
    test(because, () => {
      expect(judgeResponse(head, SENT)).toMatchObject({
        kind: "accepted",
        protocol,
        agreement: { extensions: [], session: null },
      });
    });
  }

  test("an extension that was offered is agreed, with its session", () => {
    const { extension, open } = counted();
    const headers = headersBut([], ["Sec-WebSocket-Extensions", "x-counted; a=1"]);
    const verdict = judgeResponse(switching({ headers }), { ...SENT, extensions: [extension] });
    expect(verdict).toMatchObject({
      kind: "accepted",
      agreement: {
        extensions: [{ name: "x-counted", parameters: [{ name: "a", value: "1" }] }],
        session: { rsv: 0x40 },
      },
    });
    expect(open()).toBe(1);
  });

  test("an extension that was offered may be declined", () => {
    const { extension, begun } = counted();
    const verdict = judgeResponse(switching(), { ...SENT, extensions: [extension] });
    expect(verdict).toMatchObject({ kind: "accepted", agreement: { session: null } });
    expect(begun()).toBe(0);
  });
});

describe("every other answer is refused, and nobody answers it", () => {
  for (const { head, kind, because } of [
    { head: switching({ status: 200 }), kind: "status-not-101", because: "§4.1, number 1" },
    {
      head: switching({ status: 102 }),
      kind: "status-not-101",
      because: "another 1xx is not final",
    },
    {
      head: switching({ status: 302, headers: [] }),
      kind: "status-not-101",
      because: "a redirect is the application's to follow",
    },
    {
      head: switching({ minorVersion: 0 }),
      kind: "http-version-unsupported",
      because: "HTTP/1.0 has no 101",
    },
    {
      head: switching({ headers: headersBut(["Upgrade"]) }),
      kind: "upgrade-missing",
      because: "number 2",
    },
    {
      head: switching({ headers: headersBut(["Upgrade"], ["Upgrade", "websocket, h2c"]) }),
      kind: "upgrade-not-websocket",
      because: "a value, not a list",
    },
    {
      head: switching({ headers: headersBut([], ["Upgrade", "h2c"]) }),
      kind: "upgrade-not-websocket",
      because: "nor two",
    },
    {
      head: switching({ headers: headersBut(["Upgrade"], ["Upgrade", "websoc\u212aet"]) }),
      kind: "upgrade-not-websocket",
      because: "the Kelvin sign is no k",
    },
    {
      head: switching({ headers: headersBut(["Upgrade"], ["Upgrade", ""]) }),
      kind: "upgrade-not-websocket",
      because: "nothing",
    },
    {
      head: switching({ headers: headersBut(["Connection"]) }),
      kind: "connection-upgrade-missing",
      because: "number 3",
    },
    {
      head: switching({ headers: headersBut(["Connection"], ["Connection", "close"]) }),
      kind: "connection-upgrade-missing",
      because: "number 3",
    },
    {
      head: switching({ headers: headersBut(["Sec-WebSocket-Accept"]) }),
      kind: "accept-missing",
      because: "Deno opens without one",
    },
    {
      head: switching({
        headers: headersBut(
          ["Sec-WebSocket-Accept"],
          ["Sec-WebSocket-Accept", "HSmrc0sMlYUkAGmm5OPpG2HaGWk="],
        ),
      }),
      kind: "accept-wrong",
      because: "Deno opens with the answer to another key",
    },
    {
      head: switching({
        headers: headersBut(
          ["Sec-WebSocket-Accept"],
          ["Sec-WebSocket-Accept", ACCEPT.toLowerCase()],
        ),
      }),
      kind: "accept-wrong",
      because: "base64 has case",
    },
    {
      head: switching({
        headers: headersBut(["Sec-WebSocket-Accept"], ["Sec-WebSocket-Accept", `\u00a0${ACCEPT}`]),
      }),
      kind: "accept-wrong",
      because: "a no-break space is no whitespace of HTTP",
    },
    {
      head: switching({ headers: headersBut([], ["sec-websocket-accept", ACCEPT]) }),
      kind: "accept-duplicate",
      because: "§11.3.3: not more than once, even if they agree",
    },
    {
      head: switching({ headers: headersBut([], ["Sec-WebSocket-Protocol", "zz"]) }),
      kind: "protocol-not-offered",
      because: "Deno opens with it; Node 24 never fires close",
    },
    {
      head: switching({ headers: headersBut([], ["Sec-WebSocket-Protocol", "Chat"]) }),
      kind: "protocol-not-offered",
      because: "subprotocols have case",
    },
    {
      head: switching({ headers: headersBut([], ["Sec-WebSocket-Protocol", ""]) }),
      kind: "protocol-not-offered",
      because: "§4.2.2: the empty string is not none",
    },
    {
      head: switching({ headers: headersBut([], ["Sec-WebSocket-Protocol", "chat, superchat"]) }),
      kind: "protocol-not-offered",
      because: "§4.3: a server chooses one",
    },
    {
      head: switching({ headers: headersBut([], ["Sec-WebSocket-Protocol", "constructor"]) }),
      kind: "protocol-not-offered",
      because: "no prototype offers anything",
    },
    {
      head: switching({
        headers: headersBut(
          [],
          ["Sec-WebSocket-Protocol", "chat"],
          ["Sec-WebSocket-Protocol", "chat"],
        ),
      }),
      kind: "protocol-duplicate",
      because: "§11.3.4: not more than once",
    },
    {
      head: switching({ headers: headersBut([], ["Sec-WebSocket-Extensions", "zz"]) }),
      kind: "extension-not-offered",
      because: "Deno opens with it",
    },
    {
      head: switching({ headers: headersBut([], ["Sec-WebSocket-Extensions", "constructor"]) }),
      kind: "extension-not-offered",
      because: "GHSA-5v72-xg48-5rpm, on the client's side",
    },
    {
      head: switching({ headers: headersBut([], ["Sec-WebSocket-Extensions", 'a; b="']) }),
      kind: "response-extensions-malformed",
      because: "§9.1",
    },
  ]) {
    test(`${kind}: ${because}`, () => {
      const verdict = judgeResponse(head, SENT);
      expect(verdict).toMatchObject({
        kind: "refused",
        fault: { kind, status: 0, offset: -1 },
      });
    });
  }

  for (const { extensions, kind, because } of [
    {
      extensions: "x-counted; no",
      kind: "extension-parameters-refused",
      because: "Node's global WebSocket opens and fails later",
    },
    {
      extensions: "x-counted, x-counted",
      kind: "extension-duplicate",
      because: "ws accepts permessage-deflate twice",
    },
    { extensions: "x-counted, zz", kind: "extension-not-offered", because: "one offered, one not" },
    {
      extensions: "x-counted, x-counted; no",
      kind: "extension-duplicate",
      because: "the second is one too many, whatever it says",
    },
  ]) {
    test(`${extensions} is ${kind}, and no session stays open: ${because}`, () => {
      const { extension, open } = counted();
      const headers = headersBut([], ["Sec-WebSocket-Extensions", extensions]);
      const verdict = judgeResponse(switching({ headers }), { ...SENT, extensions: [extension] });
      expect(verdict).toMatchObject({ kind: "refused", fault: { kind, status: 0 } });
      expect(open()).toBe(0);
    });
  }

  test("a subprotocol that was not offered is refused before a session begins", () => {
    const { extension, begun } = counted();
    const headers = headersBut(
      [],
      ["Sec-WebSocket-Extensions", "x-counted"],
      ["Sec-WebSocket-Protocol", "zz"],
    );
    const verdict = judgeResponse(switching({ headers }), { ...SENT, extensions: [extension] });
    expect(verdict).toMatchObject({ kind: "refused", fault: { kind: "protocol-not-offered" } });
    expect(begun()).toBe(0);
  });

  test("a subprotocol is refused when none was offered", () => {
    const headers = headersBut([], ["Sec-WebSocket-Protocol", "chat"]);
    const verdict = judgeResponse(switching({ headers }), { ...SENT, protocols: [] });
    expect(verdict).toMatchObject({ kind: "refused", fault: { kind: "protocol-not-offered" } });
  });
});
