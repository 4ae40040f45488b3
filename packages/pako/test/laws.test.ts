/** The laws of the design, put to the engine with compression: every codec against every other, under many parameters. */
import { type DeflateOptions, permessageDeflate } from "@sansocket/core/permessage-deflate";
import {
  type AgreedExtensions,
  controlLaw,
  cuttingLaw,
  deadlineLaw,
  type Law,
  linearWorkLaw,
  networkLaw,
  oneEndLaw,
  openingCuttingLaw,
  retainedMemoryLaw,
  roundTripLaw,
  sameTraceLaw,
  sansocketEngine,
  totalityLaw,
} from "@sansocket/testing";
import { contextCodec } from "@sansocket/zlib";
import { describe, expect, test } from "vitest";
import { createPakoCodec } from "../src/pako-codec.ts";
import { type CountingCodec, counting } from "./endpoints.ts";
import { CODECS } from "./sessions.ts";

const MINUTES = 180_000;

interface Ends {
  readonly client?: DeflateOptions;
  readonly server?: DeflateOptions;
}

const NONE = { contextTakeover: false } as const;
const TERMS: readonly (readonly [what: string, ends: Ends])[] = [
  ["the defaults", {}],
  ["takeover both ways, and no threshold", { server: { contextTakeover: true, threshold: 0 } }],
  [
    "no takeover, and no threshold",
    { client: { ...NONE, threshold: 0 }, server: { threshold: 0, ...NONE } },
  ],
  [
    "windows of 8 bits and little memory",
    {
      client: { windowBits: 8, memLevel: 1, level: 1 },
      server: { windowBits: 8, memLevel: 1, level: 9, threshold: 0, contextTakeover: true },
    },
  ],
  [
    "a threshold in the middle of the messages",
    { client: { ...NONE, threshold: 120 }, server: { ...NONE, threshold: 120 } },
  ],
];

const PAIRS = CODECS.flatMap(([one, client], row) =>
  CODECS.map(([other, server], column) => {
    // Each pair with each of the terms would be many runs of the same: every pair and every one of the terms is there.
    const [what, ends] = TERMS[(row * CODECS.length + column) % TERMS.length]!;
    return { title: `client ${one}, server ${other}: ${what}`, client, server, ends };
  }),
);

interface Subject {
  readonly extensions: AgreedExtensions;
  readonly codecs: readonly CountingCodec[];
}

function subject(pair: (typeof PAIRS)[number]): Subject {
  const codecs = [counting(pair.client), counting(pair.server)] as const;
  const client = [permessageDeflate("client", codecs[0], pair.ends.client)];
  const server = [permessageDeflate("server", codecs[1], pair.ends.server)];
  return { codecs, extensions: { client: () => client, server: () => server } };
}

/** Two windows of 32 KiB, the tables of the compressor, and a block of its input and of its output (RFC 1951 §2). */
const CODEC_BYTES = 600_000;

const memoryLaw: Law = (engine, options) =>
  retainedMemoryLaw(engine, { ...options, constant: CODEC_BYTES });

const LAWS: readonly (readonly [law: string, law: Law, runs: number])[] = [
  ["any cutting of the input gives the same trace", cuttingLaw, 200],
  ["any cutting of an opening gives the same trace", openingCuttingLaw, 50],
  ["no string of bytes makes an input throw", totalityLaw, 100],
  ["any program arrives unharmed in both directions", roundTripLaw, 30],
  ["there is exactly one Ended, and it is the last", oneEndLaw, 100],
  ["finitely many timeouts reach the end", deadlineLaw, 75],
  ["Ping and Pong anywhere never change the data", controlLaw, 100],
  ["work is linear", linearWorkLaw, 50],
  ["two engines on any network end, and deliver what was sent", networkLaw, 50],
  ["what is retained stays within twice the limits, and the windows", memoryLaw, 50],
];

describe.each(PAIRS)("$title", (pair) => {
  for (const [what, law, runs] of LAWS) {
    test(what, { timeout: MINUTES }, () => {
      const { extensions } = subject(pair);
      law(sansocketEngine({ agreed: extensions }), { runs, extensions });
    });
  }

  test("watching every frame, or reading into the inbox, changes nothing", {
    timeout: MINUTES,
  }, () => {
    const { extensions } = subject(pair);
    const engine = sansocketEngine({ agreed: extensions });
    const watched = sansocketEngine({ agreed: extensions, isWatched: true });
    const nested = sansocketEngine({ agreed: extensions, usesInbox: true });
    sameTraceLaw(engine, { ...watched, name: "watched" }, { runs: 75, extensions });
    sameTraceLaw(engine, { ...nested, name: "by the inbox" }, { runs: 75, extensions });
  });
});

test("connections that came to their end have left no context behind", { timeout: MINUTES }, () => {
  for (const pair of PAIRS) {
    const { extensions, codecs } = subject(pair);
    roundTripLaw(sansocketEngine({ agreed: extensions }), { runs: 15, extensions });
    oneEndLaw(sansocketEngine({ agreed: extensions }), { runs: 100, extensions });
    for (const { deflaters, inflaters } of codecs) {
      // What connections without takeover share: one compressor, and a pool of inflaters.
      expect(deflaters).toBeLessThanOrEqual(1);
      expect(inflaters).toBeLessThanOrEqual(16);
    }
  }
});

test("two codecs tell the same of the same bytes", { timeout: MINUTES }, () => {
  for (const [, ends] of TERMS) {
    // Behind a block with BFINAL node:zlib forgets its window, and pakoCodec keeps it: random bytes come upon that. So zlib is
    // compared with a pako that forgets.
    const codecs = [
      ["zlib", contextCodec],
      ["pako", createPakoCodec("forget window")],
    ] as const;
    const engines = codecs.map(([name, codec]) => {
      const { extensions } = subject({ title: "", client: codec, server: codec, ends });
      return { ...sansocketEngine({ agreed: extensions }), name, extensions };
    });
    const [one, other] = engines;
    sameTraceLaw(one!, other!, { runs: 300, extensions: one!.extensions });
  }
});
