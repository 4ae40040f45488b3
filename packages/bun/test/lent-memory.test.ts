/** The law of lent memory, put to every transport of this adapter. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lentMemoryFaults } from "@sansocket/testing/driver-laws";
import { certificate } from "@sansocket/workshop/certificate";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { adapterEnds, type Way } from "../../driver/test/runtime/adapter-ends.ts";
import { dialer } from "../src/dialer.ts";
import { listen } from "../src/listen.ts";
import { runtime } from "../src/runtime.ts";

let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sansocket-lent-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const LIMIT = 120_000;
const SEEDS = [1, 2, 3];

const WAYS: [string, Way][] = [
  ["TCP", {}],
  ["a unix socket", { isUnix: true }],
  ["TLS", { isTls: true }],
  ["TCP through a proxy", { proxy: "http" }],
  ["TLS through a proxy", { proxy: "http", isTls: true }],
  ["TCP through a proxy that speaks TLS", { proxy: "https" }],
];

describe.each(WAYS)("%s", (name, way) => {
  test.each(SEEDS)(
    "memory that was taken is not looked at any more, seed %i",
    async (seed) => {
      const places = { ...(await certificate()), path: join(folder, `${seed}${name.length}.sock`) };
      const ends = await adapterEnds({ dialer, listen, runtime }, way, places);
      expect(await lentMemoryFaults(ends, runtime, seed)).toEqual([]);
    },
    LIMIT,
  );
});
