import { describe, expect, test } from "vitest";
import { isReport, reportFrame, type TracedFrame } from "../src/frame-report.ts";

function frame(direction: "in" | "out", payload: string): TracedFrame {
  const octets = new TextEncoder().encode(payload);
  const bits = { fin: true, rsv: 0, opcode: 1, isMasked: direction === "in", maskingKey: 7 };
  const place = { payloadLength: octets.length, offset: 0, isComplete: true };
  return { direction, ...bits, ...place, payload: octets };
}

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
    ["a report", "out", JSON.stringify({ type: "frames", frames: [] }), true],
    ["the same from the page", "in", JSON.stringify({ type: "frames", frames: [] }), false],
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
