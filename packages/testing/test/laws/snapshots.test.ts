/** Connections that move: the two laws of snapshots, put to the engine. The laws with compression are in packages/pako. */
import { describe, expect, test } from "vitest";
import { restoreLaw, sansocketEngine, snapshotLaw } from "../../src/index.ts";
import { seeded } from "../seed.ts";

const laws = { timeout: 300_000 };

describe("a connection that moves is one that stays", () => {
  test("in either role, between any two bytes, to any later clock", laws, () => {
    snapshotLaw(sansocketEngine(), seeded(4_000));
  });

  test("also while frames are watched", laws, () => {
    snapshotLaw(sansocketEngine({ isWatched: true }), seeded(1_000));
  });
});

test(
  "any bytes give an endpoint or a SnapshotError, and no memory that they do not fill",
  laws,
  () => {
    const { runs, seed } = seeded(20_000);
    const report = restoreLaw({ runs, seed: Math.abs(seed) });
    // The damage is such that both happen often.
    expect(report.restored).toBeGreaterThan(1_000);
    expect(report.refused["invalid"]).toBeGreaterThan(1_000);
    expect(report.refused["damaged"]).toBeGreaterThan(100);
  },
);
