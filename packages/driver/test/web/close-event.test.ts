import { describe, expect, test } from "vitest";
import { CloseEvent } from "../../src/index.ts";
import { ownCloseEvent } from "../../src/web/close-event.ts";

test("CloseEvent is the runtime's own where there is one", () => {
  const own = (globalThis as { CloseEvent?: unknown }).CloseEvent;
  expect(CloseEvent).toBe(own ?? ownCloseEvent);
});

describe("the CloseEvent of those who have none", () => {
  test("looks as Web IDL has it", () => {
    expect(ownCloseEvent).toHaveLength(1);
    expect((ownCloseEvent as unknown as { name: string }).name).toBe("CloseEvent");
    expect(Object.prototype.toString.call(new ownCloseEvent("close"))).toBe("[object CloseEvent]");
    for (const name of ["code", "reason", "wasClean"]) {
      const accessor = Object.getOwnPropertyDescriptor(ownCloseEvent.prototype, name);
      expect(accessor).toMatchObject({ enumerable: true, configurable: true });
    }
  });

  test("is an Event with 0, an empty reason and false by default", () => {
    const event = new ownCloseEvent("close");
    expect(event).toBeInstanceOf(Event);
    const { type, bubbles, cancelable, code, reason, wasClean } = event;
    expect([type, bubbles, cancelable, code, reason, wasClean]).toEqual([
      ...["close", false, false],
      ...[0, "", false],
    ]);
  });

  test("converts what it is given", () => {
    const init = { cancelable: true, code: 65_536 + 1000.5, reason: "a\uD800", wasClean: 1 };
    const event = new ownCloseEvent("close", init as never);
    const { cancelable, code, reason, wasClean } = event;
    expect([cancelable, code, reason, wasClean]).toEqual([true, 1000, "a\uFFFD", true]);
  });
});
