import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

/** The classes that Node loads, with much else, when their globals are read. */
const LATE = ["CloseEvent", "Headers", "MessageEvent", "ReadableStream", "WritableStream"];

describe.each(LATE)("the global %s, where the platform loads it late", (name) => {
  const own = Object.getOwnPropertyDescriptor(globalThis, name);
  let reads = 0;

  beforeEach(() => {
    reads = 0;
    vi.resetModules();
    const read = (): unknown => {
      reads += 1;
      return own?.value ?? own?.get?.call(globalThis);
    };
    Object.defineProperty(globalThis, name, { configurable: true, get: read });
  });
  afterEach(() => {
    // Node 20 has no CloseEvent.
    if (own === undefined) Reflect.deleteProperty(globalThis, name);
    else Object.defineProperty(globalThis, name, own);
  });

  test("is not read by those who import the driver", async () => {
    await import("../../src/index.ts");
    expect(reads).toBe(0);
  });
});
