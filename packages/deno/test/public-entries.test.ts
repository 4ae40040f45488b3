/** What the adapter of Deno exports beyond the driver judges what it is given, at the call. */
import { expect, test } from "vitest";
import { breachesOf } from "../../core/test/odd-values.ts";
import { fromConn, MisuseError } from "../src/index.ts";

test("fromConn throws a MisuseError for an odd value", () => {
  class Conn {
    read(): void {}
    write(): void {}
    closeWrite(): void {}
    close(): void {}
  }
  const breaches = breachesOf(
    { call: fromConn as never, right: () => [new Conn()] },
    (error) => error instanceof MisuseError,
  );
  expect(breaches.join("\n")).toBe("");
});
