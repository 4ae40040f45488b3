/** Every hook, every way to fail, every value, at any call, on both sides: the law of `laws/throwing-hooks.ts`. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ODD_VALUES, WAYS_TO_FAIL } from "../../../testing/src/driver-laws/odd-values.ts";
import { type Play, playThrowingHook, THROWERS, throwingHooksLaw } from "../laws/throwing-hooks.ts";

/** Calls every hook. */
const SCRIPT = [
  "text",
  "burst",
  "ping",
  "pong",
  "much",
  "takes",
  "stream",
  "text",
  "close",
] as const;

beforeEach(() => void vi.spyOn(console, "error").mockImplementation(() => {}));
afterEach(() => void vi.restoreAllMocks());

describe("a hook that throws ends its own connection, and no other", () => {
  for (const role of ["server", "client"] as const) {
    for (const thrower of THROWERS) {
      if (role === "client" && (thrower === "upgrade" || thrower === "request")) continue;
      test(`${thrower} of a ${role}, in every way and of every value`, async () => {
        const faults: string[] = [];
        for (const way of Object.keys(WAYS_TO_FAIL)) {
          for (const [index, value] of Object.keys(ODD_VALUES).entries()) {
            const isInbox = index % 2 === 0;
            const play: Play = { role, thrower, call: 0, way, value, isInbox, script: SCRIPT };
            for (const fault of await playThrowingHook(play)) {
              faults.push(`${fault}: ${way} ${value}`);
            }
          }
        }
        expect(faults).toEqual([]);
      }, 60_000);
    }
  }

  test("at any call, at any moment", () => throwingHooksLaw());
});
