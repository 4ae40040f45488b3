/** The laws of `laws/schedule.ts`, put to the driver. */
import { describe, test } from "vitest";
import { brokenScheduleLaw, scheduleLaw, slowNetworkLaw, turnLaw } from "../laws/schedule.ts";

describe("any schedule of a network and an application", () => {
  test("gives the same messages in the same order on both sides, and ends", () => scheduleLaw());

  test("that breaks off anywhere delivers a prefix on each side, and ends", () =>
    brokenScheduleLaw());
});

describe("whatever the hooks of one turn do to their socket", () => {
  test("messages keep their order, and no hook is called inside another", () => turnLaw());
});

describe("however slowly the network takes what we send", () => {
  test("send, ready and the pressure go by what the transport has taken", () => slowNetworkLaw());
});
