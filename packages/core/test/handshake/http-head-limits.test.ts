import { describe, expect, test, vi } from "vitest";
import { type HeadLimits, restartHttpHead } from "../../src/handshake/http-head.ts";
import { createHttpHeadReader } from "../../src/handshake/http-head-reader.ts";
import { DEFAULT_LIMITS } from "../../src/index.ts";
import { latin1Bytes, ROOMY, readHead, readHttpHead, showParts } from "./reading-heads.ts";

const GET = "GET / HTTP/1.1\r\n";

/** Small limits, each above what the rows of the others need. */
const SMALL: HeadLimits = { headBytes: 200, headers: 5, lineBytes: 60 };

function line(name: string, length: number): string {
  return `${name}: ${"x".repeat(length - name.length - 4)}\r\n`;
}

/** A request head of exactly `length` bytes, no line of it long. */
function headOf(length: number): string {
  const lines = line("A", 60) + line("B", 60) + line("C", 40);
  return `${GET}${lines}${line("D", length - GET.length - lines.length - 2)}\r\n`;
}

describe("each limit of a head holds to the byte", () => {
  for (const { of, fits, breaks, kind, status, offset, because } of [
    {
      of: "request",
      fits: headOf(200),
      breaks: headOf(201),
      kind: "head-too-large",
      status: 431,
      offset: 200,
      because: "websocket-driver and Deno accept a head of 20 KB",
    },
    {
      of: "request",
      fits: `${GET}${line("A", 60)}\r\n`,
      breaks: `${GET}${line("A", 61)}\r\n`,
      kind: "line-too-long",
      status: 431,
      offset: GET.length + 60,
      because: "the line end counts, so the fault is at the LF of a line one byte too long",
    },
    {
      of: "request",
      fits: `GET ${"/".repeat(45)} HTTP/1.1\r\n\r\n`,
      breaks: `GET ${"/".repeat(46)} HTTP/1.1\r\n\r\n`,
      kind: "request-line-too-long",
      status: 414,
      offset: 60,
      because: "RFC 9112 §3 wants 414 for a target that is too long",
    },
    {
      of: "response",
      fits: `HTTP/1.1 404 ${"x".repeat(45)}\r\n\r\n`,
      breaks: `HTTP/1.1 404 ${"x".repeat(46)}\r\n\r\n`,
      kind: "line-too-long",
      status: 0,
      offset: 60,
      because: "a status line has no target, and nobody answers it",
    },
    {
      of: "request",
      fits: `${GET}A:\r\nB:\r\nC:\r\nD:\r\nE:\r\n\r\n`,
      breaks: `${GET}A:\r\nB:\r\nC:\r\nD:\r\nE:\r\nF:\r\n\r\n`,
      kind: "too-many-headers",
      status: 431,
      offset: GET.length + 5 * 4,
      because:
        "ws 8.17 dropped headers above the limit and then crashed on the missing ones (CVE-2024-37890)",
    },
  ] as const) {
    test(`exactly at it a ${of} passes, one above is ${kind}: ${because}`, () => {
      const sound = readHead(of, [latin1Bytes(fits)], SMALL);
      expect(sound).toMatchObject({ done: true, fault: null, byteCount: fits.length });
      const faulty = readHead(of, [latin1Bytes(breaks)], SMALL);
      expect(faulty.fault).toMatchObject({ kind, status, offset });
      expect(faulty).toMatchObject({ done: false, byteCount: offset });
    });
  }

  for (const { position, stream } of [
    { position: "in the method", stream: "G".repeat(100) },
    { position: "in the target", stream: `GET /${"a".repeat(100)}` },
    { position: "at the CR of the request line", stream: `GET ${"/".repeat(47)} HTTP/1.1\r\n` },
    { position: "at the LF of the request line", stream: `GET ${"/".repeat(46)} HTTP/1.1\r\n` },
  ]) {
    test(`a request line that ends its room ${position} is request-line-too-long`, () => {
      const reader = readHead("request", [latin1Bytes(stream)], SMALL);
      expect(reader.fault).toMatchObject({ kind: "request-line-too-long", offset: 60 });
    });
  }

  for (const { position, header } of [
    { position: "in the name", header: "A".repeat(100) },
    { position: "in the whitespace before the value", header: `A:${" ".repeat(100)}` },
    { position: "in the value", header: `A:${"a".repeat(100)}` },
    { position: "in the whitespace behind the value", header: `A: a${"\t".repeat(100)}` },
    { position: "at the CR", header: `A:${"a".repeat(58)}\r\n` },
    { position: "at the LF", header: `A:${"a".repeat(57)}\r\n` },
  ]) {
    test(`a header line that ends its room ${position} is line-too-long`, () => {
      const reader = readHead("request", [latin1Bytes(GET + header)], SMALL);
      expect(reader.fault).toMatchObject({ kind: "line-too-long", offset: GET.length + 60 });
    });
  }

  test("a limit is judged before the byte that is beyond it, whatever that byte is", () => {
    const reader = readHead("request", [latin1Bytes(`${GET}A:${"a".repeat(58)}\u0000`)], SMALL);
    expect(reader.fault).toMatchObject({ kind: "line-too-long" });
  });

  test("a Cookie of 15 KB, which browsers send, is within the default limits", () => {
    const head = `${GET}Cookie: ${"b".repeat(15_000)}\r\n\r\n`;
    expect(readHead("request", [latin1Bytes(head)], DEFAULT_LIMITS)).toMatchObject({ done: true });
  });

  test("a fold gives a line no more room, and its field none beyond that of the head", () => {
    const status = "HTTP/1.1 101 \r\n";
    const long = readHead("response", [latin1Bytes(`${status}A: b\r\n ${"c".repeat(70)}`)], SMALL);
    expect(long.fault).toMatchObject({ kind: "line-too-long" });
    const many = readHead("response", [latin1Bytes(`${status}A: b${"\r\n c".repeat(50)}`)], SMALL);
    expect(many.fault).toMatchObject({ kind: "head-too-large", offset: 200 });
  });

  test("empty lines before the request line count as bytes of the head", () => {
    const reader = readHead("request", [latin1Bytes("\r\n".repeat(101))], SMALL);
    expect(reader.fault).toMatchObject({ kind: "head-too-large", status: 431, offset: 200 });
  });

  test("150 and 2,500 headers and a header of 20 KB break the default limits: some peers take them all", () => {
    for (const [head, kind] of [
      [`${GET}${"A: b\r\n".repeat(150)}\r\n`, "too-many-headers"],
      [`${GET}${"A: b\r\n".repeat(2_500)}\r\n`, "too-many-headers"],
      [`${GET}A: ${"b".repeat(20_000)}\r\n\r\n`, "head-too-large"],
      [
        `${GET}A: ${"b".repeat(8_000)}\r\nB: ${"b".repeat(8_000)}\r\nC: ${"b".repeat(8_000)}\r\n\r\n`,
        "head-too-large",
      ],
      [`GET /${"b".repeat(20_000)} HTTP/1.1\r\n\r\n`, "request-line-too-long"],
    ] as const) {
      const { fault } = readHead("request", [latin1Bytes(head)], DEFAULT_LIMITS);
      expect(fault?.kind).toBe(kind);
    }
  });
});

describe("after a 1xx response the next head is read (RFC 9110 §15.2)", () => {
  const hints = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nLink: </b>\r\n\r\n";
  const switching = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n";

  test("nothing of the interim head is left in the final one", () => {
    const stream = latin1Bytes(`${hints}${switching}behind`);
    const reader = createHttpHeadReader("response");
    expect(readHttpHead(reader, stream, 0, stream.length, ROOMY)).toBe(hints.length);
    expect(reader).toMatchObject({ done: true, statusCode: 103, statusText: "Early Hints" });
    const interim = reader.headers;
    restartHttpHead(reader);
    expect(reader.done).toBe(false);
    const end = readHttpHead(reader, stream, hints.length, stream.length, ROOMY);
    expect(end).toBe(hints.length + switching.length);
    expect(reader).toMatchObject({ done: true, statusCode: 101, byteCount: end });
    expect(reader.headers).toEqual([["Upgrade", "websocket"]]);
    expect(interim.length).toBe(2);
  });

  test("a status line without a reason phrase, and without its space, may be followed by another", () => {
    const reader = readHead("response", [latin1Bytes("HTTP/1.1 100\r\n\r\n")]);
    restartHttpHead(reader);
    showParts(reader, [latin1Bytes("HTTP/1.1 404\r\n\r\n")]);
    expect(reader).toMatchObject({ done: true, fault: null, statusCode: 404 });
  });

  test("a status line without a reason phrase clears the one before", () => {
    const reader = readHead("response", [latin1Bytes("HTTP/1.0 100 Continue\r\n\r\n")]);
    restartHttpHead(reader);
    showParts(reader, [latin1Bytes("HTTP/1.1 404\r\n\r\n")]);
    expect(reader).toMatchObject({ statusCode: 404, statusText: "", minorVersion: 1 });
  });

  test("its bytes count: a server cannot send interim responses for ever", () => {
    const continued = latin1Bytes("HTTP/1.1 100 Continue\r\n\r\n");
    const limits = { ...ROOMY, headBytes: continued.length * 3 };
    const reader = createHttpHeadReader("response");
    for (let round = 1; round <= 3; round += 1) {
      showParts(reader, [continued], limits);
      expect(reader).toMatchObject({ done: true, byteCount: continued.length * round });
      restartHttpHead(reader);
    }
    showParts(reader, [continued], limits);
    expect(reader.fault).toMatchObject({ kind: "head-too-large", offset: continued.length * 3 });
  });

  test("its header lines count", () => {
    const limits = { ...ROOMY, headers: 3 };
    const reader = createHttpHeadReader("response");
    showParts(reader, [latin1Bytes(hints)], limits);
    restartHttpHead(reader);
    showParts(reader, [latin1Bytes(hints)], limits);
    const offset = hints.length + hints.lastIndexOf("Link");
    expect(reader.fault).toMatchObject({ kind: "too-many-headers", offset });
  });

  test("its last line does not: each line has the room of a line", () => {
    const limits = { ...ROOMY, lineBytes: 34 };
    const reader = createHttpHeadReader("response");
    showParts(reader, [latin1Bytes(hints)], limits);
    restartHttpHead(reader);
    showParts(reader, [latin1Bytes(switching)], limits);
    expect(reader).toMatchObject({ done: true, fault: null });
  });

  test("a head that is not complete cannot be restarted", () => {
    expect(() => restartHttpHead(createHttpHeadReader("response"))).toThrow("bug:");
  });
});

describe("the work and the memory are linear", () => {
  /** A view that counts how often an element of it is looked at. */
  function counting(bytes: Uint8Array): { bytes: Uint8Array; looks: () => number } {
    let looks = 0;
    const proxy = new Proxy(bytes, {
      get(target, key) {
        if (typeof key === "string" && key !== "length") looks += 1;
        const value: unknown = Reflect.get(target, key, target);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    return { bytes: proxy, looks: () => looks };
  }

  const longest = `${GET}A: ${"b".repeat(8_000)}\r\nB: ${"b".repeat(8_000)}\r\n\r\n`;

  test("16 KiB one byte at a time: each byte is looked at once (CVE-2023-43669 began again each time)", () => {
    const { bytes, looks } = counting(latin1Bytes(longest));
    const reader = createHttpHeadReader("request");
    for (let at = 0; at < longest.length; at += 1) {
      expect(readHttpHead(reader, bytes, at, at + 1, ROOMY)).toBe(at + 1);
      if (at % 1_000 === 0) expect(looks()).toBe(at + 1);
    }
    expect(reader.done).toBe(true);
    expect(looks()).toBe(longest.length);
  });

  test("the byte of a fault is looked at once, and none behind it", () => {
    const { bytes, looks } = counting(latin1Bytes("GET / HTTP/1.1\r\nA : b\r\n\r\n"));
    const reader = createHttpHeadReader("request");
    readHttpHead(reader, bytes, 0, 25, ROOMY);
    readHttpHead(reader, bytes, 17, 25, ROOMY);
    expect(reader.fault?.kind).toBe("space-before-colon");
    expect(looks()).toBe(18);
  });

  test("buffers are made anew only when twice as much has arrived", () => {
    const reader = createHttpHeadReader("request");
    const buffers = new Set<Uint8Array>();
    const bytes = latin1Bytes(longest);
    for (let at = 0; at < bytes.length; at += 1) {
      readHttpHead(reader, bytes, at, at + 1, ROOMY);
      buffers.add(reader.element);
    }
    // 256 doubles five times to hold 8,000; twice, and a small one for each shorter element behind a longer.
    expect(buffers.size).toBeLessThanOrEqual(2 * 6 + 2);
  });

  test("a value in many folds is laid down once", () => {
    const { bytes, looks } = counting(
      latin1Bytes(`HTTP/1.1 101 \r\nA: b${"\r\n c".repeat(4_000)}\r\n\r\n`),
    );
    const reader = createHttpHeadReader("response");
    const set = vi.spyOn(Object.getPrototypeOf(Uint8Array.prototype), "set");
    readHttpHead(reader, bytes, 0, bytes.length, ROOMY);
    const sources = set.mock.calls as unknown as [Uint8Array][];
    const copied = sources.reduce((sum, [source]) => sum + source.length, 0);
    set.mockRestore();
    expect(reader.headers).toEqual([["A", `b${" c".repeat(4_000)}`]]);
    expect(looks()).toBe(bytes.length);
    expect(copied).toBeLessThan(2 * 16_384);
  });

  test("what is retained stays below twice what has arrived, and a small constant", () => {
    const reader = createHttpHeadReader("request");
    // Just above a power of two, where a buffer that doubles is nearly twice too large.
    const bytes = latin1Bytes(`${GET}${`A: ${"b".repeat(4_100)}\r\n`.repeat(3)}\r\n`);
    for (let at = 0; at < bytes.length; at += 1) {
      readHttpHead(reader, bytes, at, at + 1, ROOMY);
      let retained = reader.element.length + reader.method.length + reader.target.length;
      retained += reader.headerName.length;
      for (const [name, value] of reader.headers) retained += name.length + value.length;
      expect(retained).toBeLessThanOrEqual(2 * (at + 1) + 256);
    }
  });
});
