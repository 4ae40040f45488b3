/** The laws about what only core offers. */
import { describe, test } from "vitest";
import { seeded } from "../seed.ts";
import { frameLimitLaw, promptRefusalLaw } from "./limits.ts";
import { idleMemoryLaw, relayLaw } from "./memory.ts";
import { forwardedLaw, originLaw, unreadableOriginLaw } from "./policies.ts";

describe("core keeps the law that", () => {
  test("only the server's own origin may connect", () => originLaw(seeded(2000)));
  test("what is no origin may never connect", () => unreadableOriginLaw(seeded(500)));
  test("the address of the client is counted from the right", () => forwardedLaw(seeded(1000)));
  test("an idle connection keeps no memory", () => idleMemoryLaw(seeded(100)));
  test("relayed bytes are copied", () => relayLaw(seeded(500)));
  test("limits.frame follows limits.message", () => frameLimitLaw(seeded(300)));
  test("a refusal is reported in time", () => promptRefusalLaw(seeded(300)));
});
