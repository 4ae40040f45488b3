import { afterEach, beforeEach, expect, test, vi } from "vitest";

/** A class as a test runner brings: its events are no events of the realm that dispatches. */
class OfAnotherRealm {
  readonly type: string;
  constructor(type: string) {
    this.type = type;
  }
}

const NAMES = ["MessageEvent", "CloseEvent"];
const own = NAMES.map((name) => Object.getOwnPropertyDescriptor(globalThis, name));

beforeEach(() => vi.resetModules());
afterEach(() => {
  for (const [index, name] of NAMES.entries()) {
    const there = own[index];
    if (there === undefined) Reflect.deleteProperty(globalThis, name);
    else Object.defineProperty(globalThis, name, there);
  }
});

function replaceClasses(): void {
  for (const name of NAMES) {
    const value = OfAnotherRealm;
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  }
}

test("a message and a close are events of this realm, although a test runner has replaced the classes", async () => {
  const { messageEvent } = await import("../../src/web/message-event.ts");
  const { closeEvent } = await import("../../src/web/close-event.ts");
  replaceClasses();
  const told: unknown[] = [];
  const target = new EventTarget();
  target.addEventListener("message", (event) => {
    const { data, origin, lastEventId, source, ports } = event as MessageEvent;
    told.push(String(event), data, origin, lastEventId, source, ports);
  });
  target.addEventListener("close", (event) => told.push(String(event), Reflect.get(event, "code")));
  target.dispatchEvent(messageEvent("hello", "ws://example.org"));
  target.dispatchEvent(closeEvent(1000, "", true));
  expect(told).toEqual([
    ...["[object MessageEvent]", "hello", "ws://example.org", "", null, []],
    ...["[object CloseEvent]", 1000],
  ]);
});
