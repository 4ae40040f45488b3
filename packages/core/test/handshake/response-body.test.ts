import { describe, expect, test } from "vitest";
import { decodeLatin1, encodeLatin1 } from "../../src/bytes/latin1.ts";
import type { HeaderList } from "../../src/handshake/header-list.ts";
import {
  createResponseBody,
  endResponseBody,
  type ResponseBody,
  type ResponseBodyHead,
  readResponseBody,
} from "../../src/handshake/response-body.ts";

const LIMIT = 16;

function bytesOf(text: string): Uint8Array {
  const octets = new Uint8Array(text.length);
  encodeLatin1(text, octets, 0);
  return octets;
}

function refusal(headers: HeaderList, status: number = 400): ResponseBodyHead {
  return { status, headers };
}

const CHUNKED = refusal([["Transfer-Encoding", "chunked"]]);

/** What became of a stream: what was kept, how many bytes were taken, and the verdict. */
interface Reading {
  readonly text: string;
  readonly taken: number;
  readonly verdict: "under way" | "whole" | "truncated" | "malformed";
}

function verdictOf(body: ResponseBody): Reading["verdict"] {
  if (!body.done) return "under way";
  if (body.truncated) return "truncated";
  return body.malformed ? "malformed" : "whole";
}

test("a large body is kept as it came, also when it grows past 64 KiB", () => {
  const whole = new Uint8Array(300_000).map((_, index) => index % 251);
  const body = createResponseBody(refusal([["Content-Length", "300000"]]), 1_000_000);
  for (let at = 0; at < whole.length; at += 10_000) {
    const piece = whole.slice(at, at + 10_000);
    readResponseBody(body, piece, 0, piece.length);
  }
  expect(body.done).toBe(true);
  expect(Buffer.compare(body.bytes, whole)).toBe(0);
});

/** Shows the stream in pieces of `size` bytes, then its end if `ends`. */
function read(
  head: ResponseBodyHead,
  stream: string,
  { size = stream.length, ends = false, limit = LIMIT } = {},
): Reading {
  const body = createResponseBody(head, limit);
  const octets = bytesOf(stream);
  let taken = 0;
  for (let from = 0; from < octets.length && !body.done; from += size) {
    // Among other bytes, as in a window of the engine's.
    const window = new Uint8Array(size + 2).fill(0x21);
    const piece = octets.subarray(from, from + size);
    window.set(piece, 1);
    taken += readResponseBody(body, window, 1, 1 + piece.length) - 1;
    expect(body.bytes.length).toBeLessThanOrEqual(limit);
  }
  if (ends) endResponseBody(body);
  const { bytes } = body;
  return { text: decodeLatin1(bytes, 0, bytes.length), taken, verdict: verdictOf(body) };
}

/** The same for every cutting, so that each row below is shown whole, byte by byte, and in pieces of three. */
function readByAnyCutting(head: ResponseBodyHead, stream: string, ends: boolean): Reading {
  const whole = read(head, stream, { ends });
  for (const size of [1, 3]) expect(read(head, stream, { size, ends })).toEqual(whole);
  return whole;
}

/** Behind every body: bytes that are no part of it and must not be taken. */
const REST = "HTTP/1.1";

describe("a body that says where it ends (RFC 9112 §6.3)", () => {
  for (const { status = 400, headers, stream, text = stream, because } of [
    { headers: [["Content-Length", "5"]], stream: "hello", because: "a length" },
    { headers: [["content-LENGTH", "5"]], stream: "hello", because: "names have no case" },
    { headers: [["Content-Length", "0"]], stream: "", because: "a length of none" },
    { headers: [["Content-Length", "005"]], stream: "hello", because: "leading zeros" },
    {
      headers: [["Content-Length", "16"]],
      stream: "0123456789abcdef",
      because: "just as long as the limit",
    },
    {
      headers: [
        ["Content-Length", "5"],
        ["Content-Length", "5"],
      ],
      stream: "hello",
      because: "number 5: the same length twice is one",
    },
    { headers: [["Content-Length", "5, 5"]], stream: "hello", because: "and so it is in a list" },
    { status: 204, headers: [], stream: "", because: "number 1: 204 has no body" },
    {
      status: 304,
      headers: [["Content-Length", "5"]],
      stream: "",
      because: "number 1: nor has 304; the length is that of another response",
    },
    {
      status: 103,
      headers: [["Content-Length", "5"]],
      stream: "",
      because: "number 1: nor has an interim response",
    },
    {
      status: 204,
      headers: [["Transfer-Encoding", "chunked"]],
      stream: "",
      because: "number 1: nor in chunks",
    },
    {
      headers: [["Transfer-Encoding", "chunked"]],
      stream: "5\r\nhello\r\n0\r\n\r\n",
      text: "hello",
      because: "number 4: chunks",
    },
    {
      headers: [["Transfer-Encoding", "gzip, CHUNKED"]],
      stream: "2\r\nxy\r\n0\r\n\r\n",
      text: "xy",
      because: "number 4: chunked is the last coding; that under it stays",
    },
    {
      headers: [
        ["Transfer-Encoding", "gzip"],
        ["Transfer-Encoding", "chunked"],
      ],
      stream: "2\r\nxy\r\n0\r\n\r\n",
      text: "xy",
      because: "the last of several lines",
    },
    {
      headers: [
        ["Transfer-Encoding", "chunked"],
        ["Content-Length", "1"],
      ],
      stream: "2\r\nxy\r\n0\r\n\r\n",
      text: "xy",
      because: "number 3: the coding overrides the length",
    },
  ] as const) {
    test(`${status} ${JSON.stringify(headers)} ${JSON.stringify(stream)}: ${because}`, () => {
      const reading = readByAnyCutting(refusal(headers, status), stream + REST, false);
      expect(reading).toEqual({ text, taken: stream.length, verdict: "whole" });
    });
  }
});

describe("a body that ends with the stream (RFC 9112 §6.3)", () => {
  for (const { headers, minorVersion = 1, because } of [
    { headers: [], because: "number 8: no length" },
    { headers: [["Content-Length", "five"]], because: "no number" },
    { headers: [["Content-Length", ""]], because: "an empty one" },
    { headers: [["Content-Length", "+5"]], because: "a sign" },
    { headers: [["Content-Length", "5 5"]], because: "a space inside" },
    { headers: [["Content-Length", "0x5"]], because: "no decimal number" },
    { headers: [["Content-Length", "5, 6"]], because: "two that differ" },
    { headers: [["Content-Length", "5, five"]], because: "one that is none" },
    {
      headers: [
        ["Content-Length", "6"],
        ["Content-Length", "5"],
      ],
      because: "two that differ, on two lines",
    },
    { headers: [["Content-Length", "9007199254740992"]], because: "longer than any stream" },
    { headers: [["Content-Length", "9".repeat(400)]], because: "longer than a number can say" },
    { headers: [["Transfer-Encoding", "gzip"]], because: "number 4: another coding" },
    { headers: [["Transfer-Encoding", "chunked, gzip"]], because: "chunked is not the last" },
    { headers: [["Transfer-Encoding", "xchunked"]], because: "a name that ends like it" },
    {
      headers: [
        ["Transfer-Encoding", "gzip"],
        ["Content-Length", "2"],
      ],
      because: "number 3: the coding overrides the length",
    },
    {
      headers: [["Transfer-Encoding", "chunked"]],
      minorVersion: 0,
      because: "§6.1: HTTP/1.0 has no codings",
    },
  ] as const) {
    test(`${JSON.stringify(headers)}: ${because}`, () => {
      const head: ResponseBodyHead = { status: 400, headers, minorVersion };
      const stream = "2\r\nxy\r\n0";
      const underWay = readByAnyCutting(head, stream, false);
      expect(underWay).toEqual({ text: stream, taken: stream.length, verdict: "under way" });
      expect(readByAnyCutting(head, stream, true)).toEqual({ ...underWay, verdict: "whole" });
    });
  }
});

describe("the chunked coding (RFC 9112 §7.1)", () => {
  for (const { stream, text, because } of [
    { stream: "0\r\n\r\n", text: "", because: "no chunk but the last" },
    { stream: "00\r\n\r\n", text: "", because: "the last chunk has any number of zeros" },
    { stream: "2\r\nxy\r\n3\r\nzzz\r\n0\r\n\r\n", text: "xyzzz", because: "two chunks" },
    { stream: "a\r\n0123456789\r\n0\r\n\r\n", text: "0123456789", because: "hexadecimal" },
    { stream: "00A\r\n0123456789\r\n0\r\n\r\n", text: "0123456789", because: "in any case" },
    { stream: "4\r\n\r\n\r\n\r\n0\r\n\r\n", text: "\r\n\r\n", because: "data is not looked at" },
    { stream: '2;a=b;c="d"\r\nxy\r\n0;e\r\n\r\n', text: "xy", because: "§7.1.1: extensions" },
    { stream: "2 ; a\r\nxy\r\n0\t\r\n\r\n", text: "xy", because: "whitespace behind the size" },
    { stream: "2\r\nxy\r\n0\r\nA: b\r\nC: d\r\n\r\n", text: "xy", because: "§7.1.2: trailers" },
  ]) {
    test(`${JSON.stringify(stream)}: ${because}`, () => {
      const reading = readByAnyCutting(CHUNKED, stream + REST, false);
      expect(reading).toEqual({ text, taken: stream.length, verdict: "whole" });
    });
  }

  for (const { good, bad, text = "", because } of [
    { good: "", bad: "\r\n", because: "a size has a digit" },
    { good: "", bad: " 2\r\nxy", because: "no whitespace before it" },
    { good: "", bad: "-2\r\nxy", because: "no sign" },
    { good: "0", bad: "x2\r\nxy", because: "no prefix" },
    { good: "2", bad: "\nxy", because: "a bare LF ends no line" },
    { good: "2\r", bad: "xy", because: "nor does a bare CR" },
    { good: "2;a", bad: "\nxy", because: "nor a bare LF behind an extension" },
    { good: "2;", bad: "\u0000", because: "no control character in an extension" },
    { good: "2\r\nxy", bad: "z", text: "xy", because: "more data than the size says" },
    { good: "2\r\nxy", bad: "\n0", text: "xy", because: "a bare LF behind the data" },
    { good: "2\r\nxy\r", bad: "\r", text: "xy", because: "a bare CR behind it" },
    { good: "0\r\n", bad: "\n", because: "a bare LF in place of the trailers" },
    { good: "0\r\n\r", bad: "x", because: "the last line is empty" },
    { good: "0\r\nA: b", bad: "\n", because: "a bare LF behind a trailer" },
    { good: "0\r\nA: b\r", bad: "C", because: "a bare CR behind it" },
    { good: "1fffffffffffff", bad: "f", because: "a size beyond 2^53" },
    { good: "0".repeat(400), bad: "g", because: "zeros are no such size" },
  ]) {
    test(`${JSON.stringify(good + bad)} is malformed behind ${good.length} octets: ${because}`, () => {
      const reading = readByAnyCutting(CHUNKED, good + bad, false);
      expect(reading).toEqual({ text, taken: good.length, verdict: "malformed" });
    });
  }
});

describe("the end of the stream before that of the body (RFC 9112 §8)", () => {
  for (const { head, stream, text } of [
    { head: refusal([["Content-Length", "5"]]), stream: "hell", text: "hell" },
    { head: refusal([["Content-Length", "5"]]), stream: "", text: "" },
    { head: CHUNKED, stream: "", text: "" },
    { head: CHUNKED, stream: "5", text: "" },
    { head: CHUNKED, stream: "5\r\nhell", text: "hell" },
    { head: CHUNKED, stream: "5\r\nhello", text: "hello" },
    { head: CHUNKED, stream: "5\r\nhello\r\n", text: "hello" },
    { head: CHUNKED, stream: "5\r\nhello\r\n0\r\n", text: "hello" },
    { head: CHUNKED, stream: "5\r\nhello\r\n0\r\n\r", text: "hello" },
  ]) {
    test(`${JSON.stringify(head.headers)} ${JSON.stringify(stream)} is malformed, and keeps what came`, () => {
      const reading = readByAnyCutting(head, stream, true);
      expect(reading).toEqual({ text, taken: stream.length, verdict: "malformed" });
    });
  }

  test("the end behind a whole body changes nothing", () => {
    const head = refusal([["Content-Length", "5"]]);
    expect(readByAnyCutting(head, "hello", true).verdict).toBe("whole");
  });
});

describe("a body of more than the limit is truncated at the first byte over it", () => {
  const most = "0123456789abcdef";
  for (const { head, stream, taken, because } of [
    { head: refusal([]), stream: `${most}!?`, taken: 16, because: "without a length" },
    {
      head: refusal([["Content-Length", "18"]]),
      stream: `${most}!?`,
      taken: 16,
      because: "with one",
    },
    { head: CHUNKED, stream: `12\r\n${most}!?`, taken: 20, because: "in one chunk" },
    {
      head: CHUNKED,
      stream: `8\r\n01234567\r\n8\r\n89abcdef\r\n1\r\n!`,
      taken: 29,
      because: "in the chunk behind it",
    },
  ]) {
    test(`${JSON.stringify(head.headers)}: ${because}`, () => {
      const reading = readByAnyCutting(head, stream, true);
      expect(reading).toEqual({ text: most, taken, verdict: "truncated" });
    });
  }

  test("a limit of 0 keeps nothing, and an empty body is still whole", () => {
    const head = refusal([["Content-Length", "1"]]);
    expect(read(head, "x", { limit: 0 })).toEqual({ text: "", taken: 0, verdict: "truncated" });
    const empty = refusal([["Content-Length", "0"]]);
    expect(read(empty, "x", { limit: 0 })).toEqual({ text: "", taken: 0, verdict: "whole" });
  });

  test("a length announced is no memory taken: 2^52 bytes cost what arrived", () => {
    const body = createResponseBody(refusal([["Content-Length", String(2 ** 52)]]), 2 ** 30);
    readResponseBody(body, bytesOf("hello"), 0, 5);
    expect(body.gathered.bytes.length).toBeLessThanOrEqual(256);
  });
});

describe("the array of a body", () => {
  test("when done it is exact: its buffer has nothing else in it", () => {
    for (const head of [CHUNKED, refusal([["Content-Length", "5"]]), refusal([])]) {
      const body = createResponseBody(head, 1_000);
      const stream = bytesOf(head === CHUNKED ? "5\r\nhello\r\n0\r\n\r\n" : "hello");
      readResponseBody(body, stream, 0, stream.length);
      endResponseBody(body);
      expect(body.bytes.byteOffset).toBe(0);
      expect(body.bytes.buffer.byteLength).toBe(5);
    }
  });

  test("it is a copy: the bytes shown may be overwritten", () => {
    const body = createResponseBody(refusal([]), LIMIT);
    const stream = bytesOf("hello");
    readResponseBody(body, stream, 0, 5);
    stream.fill(0x21);
    endResponseBody(body);
    expect(decodeLatin1(body.bytes, 0, 5)).toBe("hello");
  });

  test("it grows with the stream, byte by byte, in few buffers", () => {
    const body = createResponseBody(refusal([]), 100_000);
    const octet = bytesOf("x");
    const buffers = new Set<unknown>();
    for (let count = 1; count <= 100_000; count += 1) {
      readResponseBody(body, octet, 0, 1);
      buffers.add(body.bytes.buffer);
      if (body.bytes.length !== count) throw new Error(`${body.bytes.length} of ${count} octets`);
    }
    // Doubling, so that the copying is linear: 256 to 131072 are ten.
    expect(buffers.size).toBeLessThanOrEqual(12);
  });
});

test("a folded line in the trailers is read over as the rest of them (RFC 9112 §5.2)", () => {
  const stream = "1\r\na\r\n0\r\nA: b\r\n c\r\n\td\r\n\r\n";
  const verdict = { text: "a", taken: stream.length, verdict: "whole" };
  expect(readByAnyCutting(CHUNKED, stream + REST, false)).toEqual(verdict);
});
