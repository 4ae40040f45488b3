import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { isBytes } from "../../src/bytes/is-bytes.ts";

const buffer = new ArrayBuffer(8);

describe("bytes are", () => {
  for (const [what, value] of [
    ["a Uint8Array", new Uint8Array(buffer)],
    ["a Buffer", Buffer.from(buffer)],
    ["a Uint8Array over shared memory", new Uint8Array(new SharedArrayBuffer(8))],
    ["a Uint8Array of another realm", runInNewContext("new Uint8Array(8)")],
  ] as const) {
    test(what, () => expect(isBytes(value)).toBe(true));
  }
});

describe("no bytes are", () => {
  for (const [what, value] of [
    ["an Int8Array", new Int8Array(buffer)],
    ["a Uint8ClampedArray", new Uint8ClampedArray(buffer)],
    ["a Uint16Array of another realm", runInNewContext("new Uint16Array(8)")],
    ["a DataView", new DataView(buffer)],
    ["an ArrayBuffer", buffer],
    ["an object with the prototype of bytes", Object.create(Uint8Array.prototype)],
    ["an array", [1, 2]],
    ["a string", "bytes"],
    ["null", null],
  ] as const) {
    test(what, () => expect(isBytes(value)).toBe(false));
  }
});
