import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

/** The classes that Node's getters load with much else. */
const LATE = [
  { global: "Headers", taken: "headersClass" },
  { global: "MessageEvent", taken: "messageEventClass" },
  { global: "ReadableStream", taken: "readableStreamClass" },
  { global: "WritableStream", taken: "writableStreamClass" },
] as const;

describe.each(LATE)("the global $global, where a getter loads it", ({ global, taken }) => {
  const own = Object.getOwnPropertyDescriptor(globalThis, global)!;
  class Loaded {}
  let loads = 0;

  /** As Node's: it puts the class in the place of the getter, whatever is there. */
  function load(): unknown {
    loads += 1;
    Object.defineProperty(globalThis, global, { writable: true, value: Loaded });
    return Loaded;
  }

  beforeEach(() => {
    loads = 0;
    vi.resetModules();
    Object.defineProperty(globalThis, global, { configurable: true, get: load });
  });
  afterEach(() => Object.defineProperty(globalThis, global, own));

  test("is loaded when it is first used, and once", async () => {
    const globals = await import("../../src/runtime/globals.ts");
    expect(loads).toBe(0);
    expect(globals[taken]()).toBe(Loaded);
    expect(globals[taken]()).toBe(Loaded);
    expect(loads).toBe(1);
    expect(globalThis[global]).toBe(Loaded);
  });

  test("leaves the class that a test runner has put in its place", async () => {
    const globals = await import("../../src/runtime/globals.ts");
    class OfTheTestRunner {}
    Object.defineProperty(globalThis, global, {
      configurable: true,
      writable: true,
      value: OfTheTestRunner,
    });
    expect(globals[taken]()).toBe(Loaded);
    expect(globalThis[global]).toBe(OfTheTestRunner);
  });
});
