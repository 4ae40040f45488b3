/**
 * Every law that can judge the sources, by its name. Runs and seeds are fixed, so that the same sources always get the same
 * verdict.
 */
import {
  controlLaw,
  cuttingLaw,
  deadlineLaw,
  explore,
  linearWorkLaw,
  networkLaw,
  oneEndLaw,
  openingCuttingLaw,
  openingVerdictLaw,
  retainedMemoryLaw,
  roundTripLaw,
  sameTraceLaw,
  sansocketEngine,
  snapshotLaw,
  totalityLaw,
  verdictLaw,
} from "@sansocket/testing";
import { applicationLaw } from "@sansocket/testing/driver-laws";
import { awaitedPingLaw } from "../../driver/test/laws/awaited-pings.ts";
import { frozenProcessLaw, steadyReaderLaw } from "../../driver/test/laws/healthy-peers.ts";
import { lastWordLaw } from "../../driver/test/laws/last-word.ts";
import { requestFactsLaw } from "../../driver/test/laws/request-facts.ts";
import {
  brokenScheduleLaw,
  scheduleLaw,
  slowNetworkLaw,
  turnLaw,
} from "../../driver/test/laws/schedule.ts";
import { throwingHooksLaw } from "../../driver/test/laws/throwing-hooks.ts";

import { frameLimitLaw, promptRefusalLaw } from "../../testing/test/laws-of-core/limits.ts";
import { idleMemoryLaw, relayLaw } from "../../testing/test/laws-of-core/memory.ts";
import {
  forwardedLaw,
  originLaw,
  unreadableOriginLaw,
} from "../../testing/test/laws-of-core/policies.ts";
import { modelLaw } from "./model-law.ts";
import { otherRealmLaw } from "./other-realm.ts";

/** Throws, or rejects, when the sources break the law. */
export type NamedLaw = () => unknown;

const engine = sansocketEngine();
const plainEngine = {
  ...sansocketEngine({ isWatched: true }),
  name: "sansocket on the plain path",
};

function times(runs: number): { readonly runs: number; readonly seed: number } {
  return { runs, seed: 1 };
}

/** Small enough for a second, and each fault of the close machine shows in one of them. */
function searchLaw(): void {
  const nothing = { texts: 0, pings: 0, closes: 1, cuts: 0, losses: 0, waits: 0 };
  explore(engine, { ...nothing, texts: 1, pings: 1 });
  explore(engine, { ...nothing, losses: 1, waits: 1 });
  explore(engine, { ...nothing, texts: 1, losses: 1 });
}

/** In the order in which they are tried where a fault does not name the law: the quick ones first. */
export const LAWS: Readonly<Record<string, NamedLaw>> = {
  totalityLaw: () => totalityLaw(engine, times(300)),
  verdictLaw: () => verdictLaw(engine, { ...times(3_000), judges: "early" }),
  sameTraceLaw: () => sameTraceLaw(engine, plainEngine, times(1_000)),
  cuttingLaw: () => cuttingLaw(engine, times(1_500)),
  openingCuttingLaw: () => openingCuttingLaw(engine, times(1_000)),
  openingVerdictLaw: () => openingVerdictLaw(engine, times(1_000)),
  controlLaw: () => controlLaw(engine, times(500)),
  oneEndLaw: () => oneEndLaw(engine, times(1_000)),
  deadlineLaw: () => deadlineLaw(engine, times(1_000)),
  roundTripLaw: () => roundTripLaw(engine, times(300)),
  linearWorkLaw: () => linearWorkLaw(engine, times(500)),
  retainedMemoryLaw: () => retainedMemoryLaw(engine, times(150)),
  networkLaw: () => networkLaw(engine, times(200)),
  explore: searchLaw,
  modelLaw: () => modelLaw(times(20_000)),
  originLaw: () => originLaw(times(1_000)),
  unreadableOriginLaw: () => unreadableOriginLaw(times(200)),
  forwardedLaw: () => forwardedLaw(times(300)),
  frameLimitLaw: () => frameLimitLaw(times(200)),
  promptRefusalLaw: () => promptRefusalLaw(times(100)),
  idleMemoryLaw: () => idleMemoryLaw(times(60)),
  relayLaw: () => relayLaw(times(200)),
  otherRealmLaw: () => otherRealmLaw(times(300)),
  requestFactsLaw: () => requestFactsLaw(times(500)),
  throwingHooksLaw: () => throwingHooksLaw(times(300)),
  lastWordLaw: () => lastWordLaw(times(200)),
  turnLaw: () => turnLaw(times(300)),
  slowNetworkLaw: () => slowNetworkLaw(times(200)),
  scheduleLaw: () => scheduleLaw(times(600)),
  awaitedPingLaw: () => awaitedPingLaw(times(60)),
  steadyReaderLaw: () => steadyReaderLaw(times(12)),
  frozenProcessLaw: () => frozenProcessLaw(times(40)),
  snapshotLaw: () => snapshotLaw(engine, times(200)),
  applicationLaw: () => applicationLaw(times(100)),
  brokenScheduleLaw: () => brokenScheduleLaw(times(600)),
};
