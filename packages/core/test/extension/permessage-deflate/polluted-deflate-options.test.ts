/** What every object inherits is no option of permessage-deflate, at no depth. */
import { afterEach, describe, expect, test } from "vitest";
import {
  type DeflateOptions,
  resolveDeflateOptions,
} from "../../../src/extension/permessage-deflate/deflate-options.ts";

/** Values that would be taken, and change something, if they were read. */
const HARMFUL: Readonly<Record<string, unknown>> = {
  threshold: 0,
  level: 9,
  memLevel: 1,
  maxRatio: 1,
  contextTakeover: true,
  windowBits: 8,
  send: 9,
  receive: 9,
};

const GIVEN: readonly DeflateOptions[] = [
  {},
  { contextTakeover: {} },
  { windowBits: {} },
  { contextTakeover: { send: false }, windowBits: { send: 15 } },
  { contextTakeover: { receive: true }, windowBits: { receive: 15 } },
];

const polluted: string[] = [];
afterEach(() => {
  for (const name of polluted.splice(0)) Reflect.deleteProperty(Object.prototype, name);
});

describe.each(GIVEN)("of %j", (options) => {
  test.each(Object.keys(HARMFUL))("%s of Object.prototype is not read", (name) => {
    const expected = resolveDeflateOptions(options, false);
    const value = HARMFUL[name];
    Object.defineProperty(Object.prototype, name, { value, configurable: true, writable: true });
    polluted.push(name);
    expect(resolveDeflateOptions(options, false)).toEqual(expected);
  });
});

test("members that a class has are read", () => {
  class Bits {
    get send(): number {
      return 10;
    }
  }
  const { sendWindowBits, receiveWindowBits } = resolveDeflateOptions(
    { windowBits: new Bits() },
    false,
  );
  expect([sendWindowBits, receiveWindowBits]).toEqual([10, 15]);
});
