/** What the adapter of Node exports beyond the driver judges what it is given, at the call. */
import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { breachesOf } from "../../core/test/odd-values.ts";
import { fromDuplex, MisuseError } from "../src/index.ts";

test("fromDuplex throws a MisuseError for an odd value, and takes what is lawful", () => {
  const breaches = breachesOf(
    {
      call: fromDuplex as never,
      right: () => [new PassThrough(), new Uint8Array(1)],
      takes: { 1: ["undefined"] },
    },
    (error) => error instanceof MisuseError,
  );
  expect(breaches.join("\n")).toBe("");
});
