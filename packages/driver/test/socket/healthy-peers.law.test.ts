/** The laws of `laws/healthy-peers.ts`, put to the driver. */
import { describe, test } from "vitest";
import { frozenProcessLaw, steadyReaderLaw } from "../laws/healthy-peers.ts";

describe("no timer ends the connection of a peer", () => {
  test("that reads steadily, however slowly", () => steadyReaderLaw());

  test("that answers every ping, although the process stands still now and then", () =>
    frozenProcessLaw());
});
