/** Heads that are as they should be, each with why it is here. */

export interface SoundHead {
  readonly of: "request" | "response";
  readonly head: string;
  readonly reads: Readonly<Record<string, unknown>>;
  readonly because: string;
}

const GET = "GET / HTTP/1.1\r\n";
const SWITCHING = "HTTP/1.1 101 Switching Protocols\r\n";

export const SOUND_HEADS: readonly SoundHead[] = [
  {
    of: "request",
    head:
      "GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: http://example.com\r\n" +
      "Sec-WebSocket-Protocol: chat, superchat\r\nSec-WebSocket-Version: 13\r\n\r\n",
    reads: {
      method: "GET",
      target: "/chat",
      minorVersion: 1,
      headers: [
        ["Host", "server.example.com"],
        ["Upgrade", "websocket"],
        ["Connection", "Upgrade"],
        ["Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="],
        ["Origin", "http://example.com"],
        ["Sec-WebSocket-Protocol", "chat, superchat"],
        ["Sec-WebSocket-Version", "13"],
      ],
    },
    because: "RFC 6455 §1.2 prints this request",
  },
  {
    of: "request",
    head: `${GET}\r\n`,
    reads: { method: "GET", target: "/", headers: [] },
    because: "a head without header lines is well-formed; whether it may be so is another question",
  },
  {
    of: "request",
    head: "get http://a.example:8080/x?y=%20|{} HTTP/1.0\r\nA:b\r\n\r\n",
    reads: {
      method: "get",
      target: "http://a.example:8080/x?y=%20|{}",
      minorVersion: 0,
      headers: [["A", "b"]],
    },
    because:
      "methods are tokens, targets visible ASCII, HTTP/1.0 is read, and no space need follow a colon",
  },
  {
    of: "request",
    head: `${GET}A: \t b \t c\t \r\nB:\r\nC: \t\r\nD: :\r\n\r\n`,
    reads: {
      headers: [
        ["A", "b \t c"],
        ["B", ""],
        ["C", ""],
        ["D", ":"],
      ],
    },
    because:
      "RFC 9110 §5.5: whitespace around a value is dropped, inside it stays, and a value may be empty",
  },
  {
    of: "request",
    head: `${GET}a: 1\r\nA: 2\r\na: 1\r\n\r\n`,
    reads: {
      headers: [
        ["a", "1"],
        ["A", "2"],
        ["a", "1"],
      ],
    },
    because: "order, case and repetitions are kept: those who judge need them",
  },
  {
    of: "request",
    head: `${GET}__proto__: 1\r\nconstructor: 2\r\ntoString: 3\r\n\r\n`,
    reads: {
      headers: [
        ["__proto__", "1"],
        ["constructor", "2"],
        ["toString", "3"],
      ],
    },
    because: "GHSA-5v72-xg48-5rpm: ws looked up names of the peer's in an object with a prototype",
  },
  {
    of: "request",
    head: `${GET}Cookie: caf\u00c3\u00a9\u00ff\r\n\r\n`,
    reads: { headers: [["Cookie", "caf\u00c3\u00a9\u00ff"]] },
    because: "obs-text: every byte becomes the character of its number, none is lost",
  },
  {
    of: "request",
    head: `${GET}A: ${"x".repeat(1_000)}\r\nB: y\r\n\r\n`,
    reads: {
      headers: [
        ["A", "x".repeat(1_000)],
        ["B", "y"],
      ],
    },
    because: "an element longer than the machine's first buffer",
  },
  {
    of: "response",
    head: `${SWITCHING}Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n`,
    reads: {
      statusCode: 101,
      statusText: "Switching Protocols",
      minorVersion: 1,
      headers: [
        ["Upgrade", "websocket"],
        ["Connection", "Upgrade"],
        ["Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="],
      ],
    },
    because: "RFC 6455 §1.2 prints this response",
  },
  {
    of: "response",
    head: "HTTP/1.0 403 \r\n\r\n",
    reads: { statusCode: 403, statusText: "", minorVersion: 0 },
    because: "RFC 9112 §4: the reason phrase may be empty",
  },
  {
    of: "response",
    head: "HTTP/1.1 200\r\n\r\n",
    reads: { statusCode: 200, statusText: "" },
    because:
      "servers without a reason phrase often leave out the space before it, and all clients read it",
  },
  {
    of: "response",
    head: "HTTP/1.1 999 a\tb \u00e9\r\n\r\n",
    reads: { statusCode: 999, statusText: "a\tb \u00e9" },
    because:
      "a status that means nothing is still worth reporting; a phrase may have tabs and obs-text",
  },
  {
    of: "request",
    head: `\r\n\r\n${GET}A: b\r\n\r\n`,
    reads: { method: "GET", target: "/", headers: [["A", "b"]] },
    because: "RFC 9112 §2.2: empty lines before the request line are left over from a body before",
  },
  {
    of: "response",
    head: `${SWITCHING}A: b \t\r\n \t c\r\n\td\r\nE:\r\n f\r\nG:\r\n \r\n\t\r\nH: i\r\n \r\n\r\n`,
    reads: {
      headerCount: 4,
      headers: [
        ["A", "b c d"],
        ["E", "f"],
        ["G", ""],
        ["H", "i"],
      ],
    },
    because: "RFC 9112 §5.2: a user agent replaces each fold by a space",
  },
];
