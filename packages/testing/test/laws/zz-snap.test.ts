import { test } from "vitest";
import { sansocketEngine, snapshotLaw } from "../../src/index.ts";
test("snap", () => { snapshotLaw(sansocketEngine(), { runs: 3000 }); }, 300000);
