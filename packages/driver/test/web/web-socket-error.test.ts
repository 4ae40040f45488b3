import { describe, expect, test } from "vitest";
import { WebSocketError } from "../../src/index.ts";
import { thrownName } from "./web-stage.ts";

describe("WebSocketError", () => {
  test("without arguments says nothing", () => {
    const error = new WebSocketError();
    expect(error).toBeInstanceOf(DOMException);
    const { name, message, code, closeCode, reason } = error;
    expect([name, message, code, closeCode, reason]).toEqual(["WebSocketError", "", 0, null, ""]);
    expect(Object.prototype.toString.call(error)).toBe("[object WebSocketError]");
  });

  for (const { init, closeCode, reason } of [
    { init: { closeCode: 3456, reason: "reason" }, closeCode: 3456, reason: "reason" },
    { init: { closeCode: 3333 }, closeCode: 3333, reason: "" },
    { init: { reason: "specified" }, closeCode: 1000, reason: "specified" },
  ]) {
    test(`with ${JSON.stringify(init)} has the code ${closeCode}`, () => {
      const error = new WebSocketError("message", init);
      expect([error.message, error.closeCode, error.reason]).toEqual([
        "message",
        closeCode,
        reason,
      ]);
    });
  }

  for (const { init, name } of [
    { init: { closeCode: 999 }, name: "InvalidAccessError" },
    { init: { closeCode: 1001 }, name: "InvalidAccessError" },
    { init: { closeCode: 1000, reason: "x".repeat(124) }, name: "SyntaxError" },
    { init: { reason: "🔌".repeat(32) }, name: "SyntaxError" },
  ]) {
    test(`refuses ${JSON.stringify(init).slice(0, 40)} with "${name}"`, () => {
      expect(thrownName(() => new WebSocketError("", init))).toBe(name);
    });
  }
});
