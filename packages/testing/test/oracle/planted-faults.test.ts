/** The faults of naive parsers are planted one at a time, and the law of the verdict finds each of them. */
import { describe, expect, test } from "vitest";
import {
  agreementLaw,
  controlLaw,
  cuttingLaw,
  sansocketEngine,
  totalityLaw,
  verdictLaw,
} from "../../src/index.ts";
import { seeded } from "../seed.ts";
import { FAULTS, frugalParser, smallParser } from "./small-parser.ts";

const MINUTES = { timeout: 180_000 };
const SERVER = { role: "server" } as const;

describe("a right parser, which is not ours", () => {
  test("has no fault by the law of the verdict", MINUTES, () => {
    verdictLaw(smallParser(), { ...seeded(2000), ...SERVER });
  });

  test("needs no limit for messages, and no event for Pongs", MINUTES, () => {
    verdictLaw(frugalParser, { ...seeded(2000), ...SERVER });
  });

  test("is judged by a limit that it does not take, where the rule is asked for", MINUTES, () => {
    const rules = ["message too big"] as const;
    expect(() => verdictLaw(frugalParser, { ...seeded(50), ...SERVER, rules })).toThrow(
      /a failure with 1009/,
    );
  });

  test("keeps the laws that a parser can keep", MINUTES, () => {
    for (const law of [cuttingLaw, totalityLaw, controlLaw]) {
      law(smallParser(), { ...seeded(300), ...SERVER });
    }
  });

  test(
    "agrees with the engine, although it judges later and has no names for violations",
    MINUTES,
    () => {
      agreementLaw(sansocketEngine(), smallParser(), { ...seeded(2000), ...SERVER });
    },
  );
});

test("the law of the verdict says of a parser that keeps a chunk what is wrong with that", () => {
  expect(() =>
    verdictLaw(smallParser("the chunk is kept"), { ...seeded(1000), ...SERVER }),
  ).toThrow("it still reads a chunk after the pull behind it, and chunks are overwritten then");
});

/** Faults that RFC 6455 hides from the law: which of them, and why. */
describe("the law of the verdict finds out that", () => {
  test.each(FAULTS)("%s", MINUTES, (fault) => {
    let message = "";
    try {
      verdictLaw(smallParser(fault), { ...seeded(3000), ...SERVER });
    } catch (error) {
      ({ message } = error as Error);
    }
    expect(message).toMatch(/^verdictLaw does not hold of the parser where /);
    // The smallest input is one that a person can read.
    const dump = message.slice(message.indexOf("The smallest input"), message.indexOf("To try"));
    expect(dump.split("\n").length, message).toBeLessThan(25);
  });
});
