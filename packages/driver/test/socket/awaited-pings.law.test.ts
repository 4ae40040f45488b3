/** The law of `laws/awaited-pings.ts`, put to the driver. */
import { test } from "vitest";
import { awaitedPingLaw } from "../laws/awaited-pings.ts";

test("a hook that awaits a pong goes on, whatever stands before the pong", () => awaitedPingLaw());
