import { describe, expect, test } from "vitest";
import { createHttpHeadReader } from "../../src/handshake/http-head-reader.ts";
import { FAULTY_HEADS } from "./faulty-heads.ts";
import { latin1Bytes, ROOMY, readHead, readHttpHead } from "./reading-heads.ts";
import { SOUND_HEADS } from "./sound-heads.ts";

describe("a sound head is read as it was sent", () => {
  for (const { of, head, reads, because } of SOUND_HEADS) {
    test(`${of} ${JSON.stringify(head.slice(0, 60))}: ${because}`, () => {
      const reader = readHead(of, [latin1Bytes(head)]);
      expect(reader.fault).toBeNull();
      expect(reader.done).toBe(true);
      expect(reader.byteCount).toBe(head.length);
      expect(reader).toMatchObject(reads);
    });
  }
});

describe("a faulty head fails at the byte that proves the fault", () => {
  for (const { of, good, bad, kind, because } of FAULTY_HEADS) {
    test(`${of} ${JSON.stringify(`${good.slice(-30)}»${bad.slice(0, 20)}`)} is ${kind}: ${because}`, () => {
      const reader = createHttpHeadReader(of);
      const bytes = latin1Bytes(good + bad);
      expect(readHttpHead(reader, bytes, 0, bytes.length, ROOMY)).toBe(good.length);
      expect(reader.fault).toMatchObject({ kind, offset: good.length });
      expect(reader.done).toBe(false);
      expect(reader.byteCount).toBe(good.length);
    });
  }

  test("what precedes the fault of each of these rows is no fault yet", () => {
    for (const { of, good, because } of FAULTY_HEADS) {
      expect(readHead(of, [latin1Bytes(good)]).fault, because).toBeNull();
    }
  });

  test("a server answers a faulty request, and nobody a faulty response", () => {
    for (const { of, good, bad, because } of FAULTY_HEADS) {
      const status = readHead(of, [latin1Bytes(good + bad)]).fault!.status;
      expect(status >= 400, because).toBe(of === "request");
      expect(status === 0, because).toBe(of === "response");
    }
  });
});

describe("the machine takes its head and nothing else", () => {
  const head = latin1Bytes("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n");

  test("the bytes behind the empty line are not taken: websocket-driver gave a pipelined frame to nobody", () => {
    const frame = Uint8Array.of(0x81, 0x02, 0x0d, 0x0a);
    const stream = new Uint8Array([...head, ...frame]);
    const reader = createHttpHeadReader("response");
    expect(readHttpHead(reader, stream, 0, stream.length, ROOMY)).toBe(head.length);
    expect(reader.byteCount).toBe(head.length);
    expect(readHttpHead(reader, stream, head.length, stream.length, ROOMY)).toBe(head.length);
    expect(reader).toMatchObject({ done: true, fault: null, byteCount: head.length });
  });

  test("after a fault nothing more is taken and the fault stays", () => {
    const reader = createHttpHeadReader("request");
    const bytes = latin1Bytes("GET / HTTP/1.1\r\n: \r\n");
    expect(readHttpHead(reader, bytes, 0, bytes.length, ROOMY)).toBe(16);
    const { fault } = reader;
    expect(readHttpHead(reader, bytes, 16, bytes.length, ROOMY)).toBe(16);
    expect(readHttpHead(reader, bytes, 0, bytes.length, ROOMY)).toBe(0);
    expect(reader.fault).toBe(fault);
  });

  test("only bytes[start, end) is read, and none of it is changed", () => {
    const window = new Uint8Array([0x58, 0x58, ...head, 0x58]);
    const before = window.slice();
    const reader = createHttpHeadReader("response");
    expect(readHttpHead(reader, window, 2, 12, ROOMY)).toBe(12);
    expect(readHttpHead(reader, window, 12, window.length, ROOMY)).toBe(2 + head.length);
    expect(reader).toMatchObject({
      done: true,
      statusCode: 101,
      headers: [["Upgrade", "websocket"]],
    });
    expect(window).toEqual(before);
  });

  test("the caller's bytes are not kept: overwriting them later changes nothing", () => {
    const first = latin1Bytes("HTTP/1.1 101 Switch");
    const reader = createHttpHeadReader("response");
    readHttpHead(reader, first, 0, first.length, ROOMY);
    first.fill(0x58);
    const second = latin1Bytes("ing\r\nA: b\r\n\r\n");
    readHttpHead(reader, second, 0, second.length, ROOMY);
    expect(reader).toMatchObject({ statusText: "Switching", headers: [["A", "b"]] });
  });

  test("no bytes are no work and no fault", () => {
    const reader = createHttpHeadReader("request");
    expect(readHttpHead(reader, new Uint8Array(0), 0, 0, ROOMY)).toBe(0);
    expect(reader).toMatchObject({ done: false, fault: null, byteCount: 0 });
  });
});

test("the state is plain data: a copy taken at any byte goes on as the original would", () => {
  const { of, head, reads } = SOUND_HEADS[0]!;
  const bytes = latin1Bytes(head);
  for (let at = 0; at < bytes.length; at += 1) {
    const reader = createHttpHeadReader(of);
    readHttpHead(reader, bytes, 0, at, ROOMY);
    const copy = structuredClone(reader);
    readHttpHead(copy, bytes, at, bytes.length, ROOMY);
    expect(copy).toMatchObject(reads);
    expect(copy.done).toBe(true);
  }
});
