import { describe, expect, test } from "vitest";
import {
  createWireRecord,
  isReport,
  recordFrame,
  reportFrame,
  reportHandshake,
  type TracedFrame,
  takeItems,
  watch,
} from "../src/wire-report.ts";

function frame(direction: "in" | "out", payload: string): TracedFrame {
  const bytes = new TextEncoder().encode(payload);
  const bits = { fin: true, rsv: 0, opcode: 1, isMasked: direction === "in", maskingKey: 7 };
  const place = { payloadLength: bytes.length, offset: 0, isComplete: true };
  return { direction, ...bits, ...place, payload: bytes };
}

const report = frame("out", JSON.stringify({ type: "frames", items: [] }));

test("a report has the frame's facts, and the beginning of its payload in hexadecimal", () => {
  expect(reportFrame(frame("in", "\u0001é"))).toMatchObject({
    payload: "01c3a9",
    payloadLength: 3,
  });
  const long = reportFrame(frame("out", "x".repeat(125)));
  expect(long).toMatchObject({ payloadLength: 125, payload: "78".repeat(96) });
});

describe("what tells of frames is not told of", () => {
  test.each([
    ["a report", "out", JSON.stringify({ type: "frames", items: [] }), true],
    ["the same from the page", "in", JSON.stringify({ type: "frames", items: [] }), false],
    [
      "what somebody said",
      "out",
      JSON.stringify({ type: "entry", text: '{"type":"frames"' }),
      false,
    ],
    ["a shorter frame", "out", '{"type":"frame', false],
    ["an empty frame", "out", "", false],
  ] as const)("%s", (_what, direction, payload, expected) => {
    expect(isReport(frame(direction, payload))).toBe(expected);
  });
});

describe("every frame is told of or counted", () => {
  test("reports are counted in front of the next frame", () => {
    const record = createWireRecord(true);
    for (const each of [frame("in", "a"), report, report, frame("out", "b")]) {
      recordFrame(record, each);
    }
    expect(takeItems(record)).toMatchObject([
      { kind: "frame", payload: "61" },
      { kind: "left-out", reports: 2, paused: 0 },
      { kind: "frame", payload: "62" },
    ]);
    expect(takeItems(record)).toEqual([]);
  });

  test("what passes while the page does not watch is counted, and told when it watches again", () => {
    const record = createWireRecord(true);
    recordFrame(record, report);
    watch(record, false);
    for (let count = 0; count < 3; count += 1) recordFrame(record, frame("out", "x"));
    expect(takeItems(record)).toEqual([]);
    watch(record, true);
    expect(takeItems(record)).toEqual([{ kind: "left-out", reports: 1, paused: 3 }]);
    watch(record, true);
    expect(takeItems(record)).toEqual([]);
  });
});

describe("the opening handshake", () => {
  const headerLines = [
    ["Host", "here"],
    ["Cookie", "id=secret"],
    ["Authorization", "Basic secret"],
    ["Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="],
    ["X-Long", "x".repeat(900)],
  ] as const;
  const request = {
    method: "GET",
    target: "/socket",
    headerLines,
    headers: new Headers(headerLines as never),
  };
  const socket = { request, protocol: "", extensions: [] } as never;

  test("is told with both heads, and RFC 6455's own example has its own answer", () => {
    expect(reportHandshake(socket)).toMatchObject({
      request: expect.arrayContaining(["GET /socket HTTP/1.1", "Host: here"]),
      response: [
        "HTTP/1.1 101 Switching Protocols",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
      ],
    });
  });

  test("does not tell the page what scripts may not read, nor lines without end", () => {
    const told = reportHandshake(socket)!;
    expect(JSON.stringify(told)).not.toContain("secret");
    expect(told.request).toContain("Cookie: (not shown)");
    for (const line of told.request) expect(line.length).toBeLessThanOrEqual(202);
  });
});
