/** The laws of `laws/schedule.ts`, put to the driver. */
import { describe, test } from "vitest";
import { brokenScheduleLaw, scheduleLaw } from "../laws/schedule.ts";

describe("any schedule of a network and an application", () => {
  test("gives the same messages in the same order on both sides, and ends", () => scheduleLaw());

  test("that breaks off anywhere delivers a prefix on each side, and ends", () =>
    brokenScheduleLaw());
});
