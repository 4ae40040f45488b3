/** Connections with permessage-deflate that move: the law of snapshots with each codec, and what cannot move. */
import { openEndpoint, Step } from "@sansocket/core";
import { type DeflateOptions, permessageDeflate } from "@sansocket/core/permessage-deflate";
import { restoreEndpoint, SnapshotError, snapshotEndpoint } from "@sansocket/core/snapshot";
import { type AgreedExtensions, sansocketEngine, snapshotLaw } from "@sansocket/testing";
import { describe, expect, test } from "vitest";
import { CODECS, sessionPair } from "./sessions.ts";

const MINUTES = 240_000;

const TERMS: readonly (readonly [what: string, client: DeflateOptions, server: DeflateOptions])[] = [
  ["takeover both ways", {}, { contextTakeover: true, threshold: 0 }],
  ["no takeover", { contextTakeover: false, threshold: 0 }, { contextTakeover: false, threshold: 0 }],
  ["windows of 8 bits", { windowBits: 8 }, { windowBits: 8, contextTakeover: true, threshold: 0 }],
];

describe.each(CODECS)("%s", (_name, codec) => {
  for (const movable of [true, false]) {
    test.each(TERMS)(`%s, movable ${movable}: a connection that moves is one that stays`, (_what, one, other) => {
      const client = [permessageDeflate("client", codec, { ...one, movable })];
      const server = [permessageDeflate("server", codec, { ...other, movable })];
      const extensions: AgreedExtensions = { client: () => client, server: () => server };
      snapshotLaw(sansocketEngine({ agreed: extensions }), { runs: 300, extensions });
    }, MINUTES);
  }
});
