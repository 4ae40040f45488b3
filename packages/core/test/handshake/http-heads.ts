/** Heads that the tests of the head machine share, each with why it is here. */

export interface SoundHead {
  readonly of: "request" | "response";
  readonly head: string;
  readonly reads: Readonly<Record<string, unknown>>;
  readonly because: string;
}

/** `bad` begins with the octet that proves the fault, so that `good.length` is its offset. */
export interface FaultyHead {
  readonly of: "request" | "response";
  readonly good: string;
  readonly bad: string;
  readonly kind: string;
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
    because: "obs-text: every octet becomes the character of its number, none is lost",
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
];

export const FAULTY_HEADS: readonly FaultyHead[] = [
  // Line ends.
  {
    of: "request",
    good: "GET / HTTP/1.1",
    bad: "\nHost: a\n\n",
    kind: "bare-line-feed",
    because: "websocket-driver and Deno accept a request whose lines end in a LF alone",
  },
  {
    of: "request",
    good: `${GET}Host: a`,
    bad: "\n\r\n",
    kind: "bare-line-feed",
    because: "in a header line: a proxy that sees one field where we see two is deceived",
  },
  {
    of: "request",
    good: `${GET}Host: a\r\n`,
    bad: "\n",
    kind: "bare-line-feed",
    because: "instead of the empty line: where the head ends decides what is a frame",
  },
  {
    of: "request",
    good: "GET /",
    bad: "\n",
    kind: "bare-line-feed",
    because: "HTTP/0.9 had no version",
  },
  {
    of: "response",
    good: "HTTP/1.1 101 Switching Protocols",
    bad: "\nUpgrade: websocket\n\n",
    kind: "bare-line-feed",
    because: "Bun and Deno open on a response whose lines end in a LF alone",
  },
  {
    of: "request",
    good: `${GET}A: b\r`,
    bad: "C: d\r\n\r\n",
    kind: "bare-carriage-return",
    because:
      "RFC 9112 §2.2: taken for a space or dropped, it would hide a field from one of two readers",
  },
  {
    of: "request",
    good: "GET / HTTP/1.1\r",
    bad: "\r\n",
    kind: "bare-carriage-return",
    because: "behind the request line, CR CR LF is no line end",
  },
  {
    of: "response",
    good: `${SWITCHING}\r`,
    bad: "\r",
    kind: "bare-carriage-return",
    because: "nor is it behind the head",
  },
  // The request line.
  {
    of: "request",
    good: "",
    bad: "\r\nGET / HTTP/1.1\r\n",
    kind: "request-line-malformed",
    because:
      "RFC 9112 §2.2 would skip empty lines left over from a request before: here is none before",
  },
  {
    of: "request",
    good: "",
    bad: "\n",
    kind: "bare-line-feed",
    because: "the same with a LF alone",
  },
  {
    of: "request",
    good: "",
    bad: "\u0016\u0003\u0001\u0002\u0000\u0001",
    kind: "request-line-malformed",
    because: "a TLS client that reached a port without TLS is told so at its first octet",
  },
  {
    of: "request",
    good: "",
    bad: " GET / HTTP/1.1\r\n",
    kind: "request-line-malformed",
    because: "no space before the method",
  },
  {
    of: "request",
    good: "G",
    bad: "(T / HTTP/1.1\r\n",
    kind: "request-line-malformed",
    because: "a method is a token",
  },
  {
    of: "request",
    good: "GET ",
    bad: " / HTTP/1.1\r\n",
    kind: "request-line-malformed",
    because: "RFC 9112 §3: one space, not two",
  },
  {
    of: "request",
    good: "GET",
    bad: "\t/ HTTP/1.1\r\n",
    kind: "request-line-malformed",
    because: "and a space, not a tab",
  },
  {
    of: "request",
    good: "GET / ",
    bad: " HTTP/1.1\r\n",
    kind: "request-line-malformed",
    because: "one space before the version too",
  },
  {
    of: "request",
    good: "GET /a ",
    bad: "b HTTP/1.1\r\n",
    kind: "request-line-malformed",
    because: "a space inside the target ends it",
  },
  {
    of: "request",
    good: "GET /",
    bad: "\u0000 HTTP/1.1\r\n",
    kind: "target-malformed",
    because: "a NUL ends the text of those who count on it",
  },
  {
    of: "request",
    good: "GET /",
    bad: "\r\n",
    kind: "target-malformed",
    because: "a line end is no part of a target, and no end of one",
  },
  {
    of: "request",
    good: "GET /caf",
    bad: "\u00c3\u00a9 HTTP/1.1\r\n",
    kind: "target-malformed",
    because: "RFC 3986 §2: a URI is ASCII; everything else is percent-encoded",
  },
  {
    of: "request",
    good: "GET /a",
    bad: "#b HTTP/1.1\r\n",
    kind: "target-malformed",
    because: "RFC 6455 §3: a fragment is never sent",
  },
  {
    of: "request",
    good: "GET / ",
    bad: "http/1.1\r\n",
    kind: "request-line-malformed",
    because: "RFC 9112 §2.3: the version is case-sensitive",
  },
  {
    of: "request",
    good: "GET / HTTP/",
    bad: "2.0\r\n",
    kind: "http-version-unsupported",
    because: "the preface of HTTP/2 looks so: 505, not 400",
  },
  {
    of: "request",
    good: "GET / HTTP/",
    bad: "0.9\r\n",
    kind: "http-version-unsupported",
    because: "a version below ours",
  },
  {
    of: "request",
    good: "GET / HTTP/1.",
    bad: "2\r\n",
    kind: "http-version-unsupported",
    because: "a minor version that does not exist",
  },
  {
    of: "request",
    good: "GET / HTTP/1",
    bad: ",1\r\n",
    kind: "request-line-malformed",
    because: "a dot stands between the numbers",
  },
  {
    of: "request",
    good: "GET / HTTP/",
    bad: "x\r\n",
    kind: "request-line-malformed",
    because: "what is no digit is no version",
  },
  {
    of: "request",
    good: "GET / HTTP/1.",
    bad: "\r\n",
    kind: "request-line-malformed",
    because: "nor is half of one",
  },
  {
    of: "request",
    good: "GET / HTTP/1.1",
    bad: " \r\n",
    kind: "request-line-malformed",
    because: "nothing stands behind the version",
  },
  {
    of: "request",
    good: "GET / HTTP/1.1",
    bad: "0\r\n",
    kind: "request-line-malformed",
    because: "each number is one digit",
  },
  // The status line.
  {
    of: "response",
    good: "",
    bad: "\u0081\u0005hello",
    kind: "status-line-malformed",
    because: "a frame instead of an answer",
  },
  {
    of: "response",
    good: "HTTP/",
    bad: "2 101\r\n",
    kind: "http-version-unsupported",
    because: "a version that is not ours",
  },
  {
    of: "response",
    good: "HTTP/1.",
    bad: "x 101\r\n",
    kind: "status-line-malformed",
    because: "what is no digit is no version",
  },
  {
    of: "response",
    good: "HTTP/1.1",
    bad: "\t101 Switching Protocols\r\n",
    kind: "status-line-malformed",
    because: "a space stands before the status",
  },
  {
    of: "response",
    good: "HTTP/1.1 ",
    bad: " 101\r\n",
    kind: "status-line-malformed",
    because: "one, not two",
  },
  {
    of: "response",
    good: "HTTP/1.1 ",
    bad: "011 No\r\n",
    kind: "status-line-malformed",
    because: "no status begins with 0",
  },
  {
    of: "response",
    good: "HTTP/1.1 10",
    bad: "\r\n",
    kind: "status-line-malformed",
    because: "a status has three digits",
  },
  {
    of: "response",
    good: "HTTP/1.1 101",
    bad: "0 No\r\n",
    kind: "status-line-malformed",
    because: "not four",
  },
  {
    of: "response",
    good: "HTTP/1.1 101 Switching",
    bad: "\u0000\r\n",
    kind: "status-line-malformed",
    because: "no control character in the reason phrase",
  },
  // Header lines.
  {
    of: "request",
    good: `${GET}A: b\r\n`,
    bad: " c\r\n\r\n",
    kind: "obsolete-folding",
    because: "RFC 9112 §5.2: one reader joins the lines, the other sees two",
  },
  {
    of: "request",
    good: `${GET}A: b\r\n`,
    bad: "\tc\r\n\r\n",
    kind: "obsolete-folding",
    because: "the same with a tab",
  },
  {
    of: "request",
    good: GET,
    bad: " Host: a\r\n\r\n",
    kind: "obsolete-folding",
    because: "RFC 9112 §2.2: whitespace before the first field once hid it from one of two readers",
  },
  {
    of: "response",
    good: `${SWITCHING}Upgrade: websocket\r\n`,
    bad: "  , h2c\r\n\r\n",
    kind: "obsolete-folding",
    because: "a client does not join them either",
  },
  {
    of: "request",
    good: `${GET}Content-Length`,
    bad: " : 5\r\n\r\n",
    kind: "space-before-colon",
    because: "RFC 9112 §5.1: requests were smuggled with such names",
  },
  {
    of: "request",
    good: `${GET}Host`,
    bad: "\t: a\r\n\r\n",
    kind: "space-before-colon",
    because: "the same with a tab",
  },
  {
    of: "request",
    good: GET,
    bad: ": a\r\n\r\n",
    kind: "header-name-malformed",
    because: "a name has at least one character",
  },
  {
    of: "request",
    good: `${GET}Host`,
    bad: "\r\n\r\n",
    kind: "header-name-malformed",
    because: "a line without a colon is no field",
  },
  {
    of: "request",
    good: `${GET}Ho`,
    bad: "@st: a\r\n\r\n",
    kind: "header-name-malformed",
    because: "a name is a token",
  },
  {
    of: "request",
    good: `${GET}caf`,
    bad: "\u00e9: a\r\n\r\n",
    kind: "header-name-malformed",
    because: "of ASCII",
  },
  {
    of: "request",
    good: `${GET}A`,
    bad: "\nB: c\r\n\r\n",
    kind: "bare-line-feed",
    because: "a LF alone in a name ends no line",
  },
  {
    of: "request",
    good: `${GET}A: b`,
    bad: "\u0000c\r\n\r\n",
    kind: "header-value-malformed",
    because: "RFC 9110 §5.5: a NUL is dangerous in a value",
  },
  {
    of: "request",
    good: `${GET}A: `,
    bad: "\u001b[2J\r\n\r\n",
    kind: "header-value-malformed",
    because:
      "so are the other control characters, as the first of a value too: logs are read on terminals",
  },
  {
    of: "response",
    good: `${SWITCHING}A: b`,
    bad: "\u007f\r\n\r\n",
    kind: "header-value-malformed",
    because: "DEL is a control character",
  },
];
