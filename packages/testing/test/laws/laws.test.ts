/** The laws of the design, put to the engine. */
import { describe, expect, test } from "vitest";
import {
  controlLaw,
  cuttingLaw,
  deadlineLaw,
  linearWorkLaw,
  networkLaw,
  oneEndLaw,
  openingCuttingLaw,
  openingVerdictLaw,
  retainedMemoryLaw,
  roundTripLaw,
  sameTraceLaw,
  sansocketEngine,
  storedBlocks,
  totalityLaw,
  verdictLaw,
} from "../../src/index.ts";
import { seeded } from "../seed.ts";

const MINUTES = 180_000;
const engine = sansocketEngine();
const laws = { timeout: MINUTES };

describe("the engine keeps the law that", () => {
  test("any cutting of the input gives the same trace", laws, () => {
    cuttingLaw(engine, seeded(4000));
  });

  test("any cutting of the input gives the same trace when it is read into the inbox", laws, () => {
    const inboxEngine = sansocketEngine({ usesInbox: true });
    cuttingLaw(inboxEngine, seeded(1000));
  });

  test("any cutting of an opening handshake and what follows it gives the same trace", laws, () => {
    openingCuttingLaw(engine, seeded(3000));
  });

  test("a connection opens after a right handshake, and after no other", laws, () => {
    openingVerdictLaw(engine, seeded(2000));
  });

  test("no string of bytes makes an input throw", laws, () => {
    totalityLaw(engine, seeded(4000));
  });

  test(
    "client to server to client brings any program of messages, fragments and pings unharmed",
    laws,
    () => {
      roundTripLaw(engine, seeded(1000));
    },
  );

  test(
    "the same holds through an extension that transforms every message, and leaves no session behind",
    laws,
    () => {
      const extensions: ReturnType<typeof storedBlocks>[] = [];
      const extended = sansocketEngine({
        extensions: () => {
          const extension = storedBlocks({ blockBytes: 50 });
          extensions.push(extension);
          return [extension];
        },
      });
      roundTripLaw(extended, seeded(1000));
      expect(extensions.length).toBeGreaterThanOrEqual(2000);
      expect(extensions.filter(({ liveSessions }) => liveSessions !== 0)).toEqual([]);
    },
  );

  test("there is exactly one Ended, it is the last, and nothing comes after it", laws, () => {
    oneEndLaw(engine, seeded(4000));
  });

  test("a silent peer and finitely many timeouts reach the end from any state", laws, () => {
    deadlineLaw(engine, seeded(4000));
  });

  test("Ping and Pong anywhere before Close never change the data events", laws, () => {
    controlLaw(engine, seeded(3000));
  });

  test("work is linear, also one byte at a time", laws, () => {
    linearWorkLaw(engine, seeded(2000));
  });

  test("what is retained stays within twice the limits and a constant", laws, () => {
    retainedMemoryLaw(engine, seeded(600));
  });

  test("two engines on any network end, and deliver what was sent", laws, () => {
    networkLaw(engine, seeded(2000));
  });

  test("the same holds through an extension that transforms every message", laws, () => {
    networkLaw(sansocketEngine({ extensions: () => [storedBlocks()] }), seeded(500));
  });

  test("any bytes have the messages and the end that the RFC wants, judged early", laws, () => {
    verdictLaw(engine, { ...seeded(5000), judges: "early" });
  });

  test("the quick path and the plain path tell the same story", laws, () => {
    const plain = { ...sansocketEngine({ isWatched: true }), name: "sansocket on the plain path" };
    sameTraceLaw(engine, plain, seeded(3000));
  });
});
