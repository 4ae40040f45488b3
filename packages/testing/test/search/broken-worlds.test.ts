/** The search is shown engines that break a law in one way, and must find a shortest history. */
import { describe, expect, test } from "vitest";
import {
  BrokenWorld,
  type Engine,
  type EngineUnderTest,
  explore,
  sansocketEngine,
  type WorldSize,
} from "../../src/index.ts";

const NOTHING: WorldSize = { texts: 0, pings: 0, closes: 0, cuts: 0, losses: 0, waits: 0 };

function broken(fault: (one: EngineUnderTest) => Partial<EngineUnderTest>): Engine {
  const engine = sansocketEngine();
  return {
    name: "broken",
    create(options) {
      const one = engine.create(options);
      const wrong = fault(one);
      return new Proxy(one, {
        get: (target, name: keyof EngineUnderTest) => (name in wrong ? wrong[name] : target[name]),
      });
    },
  };
}

const cases: readonly {
  readonly what: string;
  readonly world: Partial<WorldSize>;
  readonly fault: (one: EngineUnderTest) => Partial<EngineUnderTest>;
  readonly says: RegExp;
  readonly moves: number;
}[] = [
  {
    what: "delivers every message twice",
    world: { texts: 1 },
    fault: (one) => ({
      pull: (now) =>
        one.pull(now).flatMap((event) => (event.kind === "text" ? [event, event] : [event])),
    }),
    says: /law 9: the messages of the server are \[client 0, client 0\]/,
    moves: 1,
  },
  {
    what: "has no deadline behind its Close",
    world: { closes: 1 },
    fault: (one) => {
      let isClosing = false;
      return {
        close: (code, reason, now) => {
          isClosing = true;
          return one.close(code, reason, now);
        },
        get deadline() {
          return isClosing ? Number.POSITIVE_INFINITY : one.deadline;
        },
      };
    },
    says: /law 5: the client has no deadline, and no end/,
    moves: 1,
  },
  {
    what: "never ends its half of the stream",
    world: { closes: 1 },
    fault: (one) => ({
      transmit(now) {
        const transmitted = one.transmit(now);
        return transmitted === null ? null : { ...transmitted, ending: "continue" };
      },
    }),
    says: /a deadline has to end the connection/,
    moves: 0,
  },
  {
    what: "closes a peer that answers every ping",
    world: {},
    fault: (one) => ({
      handleTimeout(now) {
        one.close(1001, "", now);
        one.handleTimeout(now);
      },
    }),
    says: /a healthy connection was closed after 30000 ms/,
    moves: 0,
  },
  {
    what: "forgets its pongs",
    world: {},
    fault: (one) => ({
      transmit(now) {
        const transmitted = one.transmit(now);
        const isPong = (transmitted?.bytes[0] ?? 0) === 0x8a;
        return isPong ? { ...transmitted!, bytes: new Uint8Array(0) } : transmitted;
      },
    }),
    says: /§5\.5\.2: the pongs of the (client|server) are \[\]/,
    moves: 0,
  },
];

describe("the search finds an engine that", () => {
  for (const { what, world, fault, says, moves } of cases) {
    test(what, () => {
      let found: unknown;
      try {
        explore(broken(fault), { ...NOTHING, ...world });
      } catch (error) {
        found = error;
      }
      expect(found).toBeInstanceOf(BrokenWorld);
      expect((found as BrokenWorld).message).toMatch(says);
      expect((found as BrokenWorld).history).toHaveLength(moves);
    });
  }
});

test("a world without a bound is a RangeError", () => {
  const endless = { ...NOTHING, waits: Number.POSITIVE_INFINITY };
  expect(() => explore(sansocketEngine(), endless)).toThrow(RangeError);
});
