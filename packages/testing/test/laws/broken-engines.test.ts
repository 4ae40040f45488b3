/** Each law is shown an engine that breaks it, in one way, and must say so. */
import { describe, expect, test } from "vitest";
import {
  agreementLaw,
  controlLaw,
  cuttingLaw,
  deadlineLaw,
  type Engine,
  type EngineEvent,
  type EngineOptions,
  type EngineUnderTest,
  type Law,
  linearWorkLaw,
  networkLaw,
  oneEndLaw,
  openingCuttingLaw,
  openingVerdictLaw,
  retainedBytes,
  retainedMemoryLaw,
  roundTripLaw,
  sansocketEngine,
  totalityLaw,
} from "../../src/index.ts";
import { seeded } from "../seed.ts";

type Fault = (one: EngineUnderTest, options: EngineOptions) => Partial<EngineUnderTest>;

/** The engine, with some members replaced by wrong ones. */
function broken(fault: Fault): Engine {
  const engine = sansocketEngine();
  return {
    name: "broken",
    create(options) {
      const one = engine.create(options);
      const wrong = fault(one, options);
      return new Proxy(one, {
        get: (target, name: keyof EngineUnderTest) => (name in wrong ? wrong[name] : target[name]),
      });
    },
  };
}

function mapEvents(map: (event: EngineEvent, index: number) => EngineEvent[]): Fault {
  return (one) => ({ pull: (now) => one.pull(now).flatMap(map) });
}

const cases: readonly {
  readonly what: string;
  readonly law: Law;
  readonly fault: Fault;
  readonly says: RegExp;
  /** Default 2,000. The first counterexample ends them. */
  readonly runs?: number;
}[] = [
  {
    what: "keeps the chunk that it was lent",
    law: cuttingLaw,
    fault: (one) => {
      let kept: Uint8Array | null = null;
      const flush = (now: number): void => {
        if (kept !== null) one.receive(kept, now);
        kept = null;
      };
      return {
        receive(bytes, now) {
          flush(now);
          if (bytes.length < 3) kept = bytes;
          else one.receive(bytes, now);
        },
        endOfStream(now) {
          flush(now);
          one.endOfStream(now);
        },
      };
    },
    says: /another cutting/,
  },
  {
    what: "answers a right request with another status",
    law: openingVerdictLaw,
    fault: (one) => ({
      transmit(now) {
        const sent = one.transmit(now);
        // The third digit of the status.
        if (sent?.bytes[0] === 0x48) sent.bytes[11] = 0x30;
        return sent;
      },
    }),
    says: /the answer is \d\d0; wanted: 101/,
  },
  {
    what: "counts offsets from the chunk",
    law: cuttingLaw,
    fault: (one) => {
      let before = 0;
      let last = 0;
      return {
        receive(bytes, now) {
          before += last;
          last = bytes.length;
          one.receive(bytes, now);
        },
        pull: (now) =>
          one
            .pull(now)
            .map((event) =>
              event.kind === "violation" ? { ...event, offset: event.offset! - before } : event,
            ),
      };
    },
    says: /another cutting gives other events/,
  },
  {
    what: "loses the bytes behind the head of the handshake",
    law: openingCuttingLaw,
    fault: (one) => ({
      receive(bytes, now) {
        const end = Buffer.from(bytes).indexOf("\r\n\r\n");
        one.receive(end === -1 ? bytes : bytes.slice(0, end + 4), now);
      },
    }),
    says: /another cutting/,
  },
  {
    what: "throws on a lone byte",
    law: totalityLaw,
    fault: (one) => ({
      receive(bytes, now) {
        if (bytes.length === 1 && bytes[0] === 0xff) throw new TypeError("cannot read properties");
        one.receive(bytes, now);
      },
    }),
    says: /cannot read properties/,
  },
  {
    what: "drops empty messages",
    law: roundTripLaw,
    fault: mapEvents((event) => ("bytes" in event && event.bytes.length === 0 ? [] : [event])),
    says: /what arrived is not what was sent/,
  },
  {
    what: "tells the end twice",
    law: oneEndLaw,
    fault: mapEvents((event) => (event.kind === "ended" ? [event, event] : [event])),
    says: /Ended was told 2 times/,
  },
  {
    what: "never tells the end",
    law: oneEndLaw,
    fault: mapEvents((event) => (event.kind === "ended" ? [] : [event])),
    says: /Ended was told 0 times/,
  },
  ...[oneEndLaw, deadlineLaw].map((law) => ({
    what: `tells no end behind an abort, by the ${law === oneEndLaw ? "law of one end" : "law of deadlines"}`,
    law,
    fault: ((one) => {
      let isAborted = false;
      return {
        abort(now) {
          isAborted = true;
          one.abort!(now);
        },
        pull: (now) => (isAborted ? [] : one.pull(now)),
      };
    }) satisfies Fault,
    says: law === oneEndLaw ? /Ended was told 0 times/ : /no deadline, and no end/,
  })),
  {
    what: "forgets its timers",
    law: deadlineLaw,
    fault: () => ({ deadline: Number.POSITIVE_INFINITY }),
    says: /no deadline, and no end/,
  },
  {
    what: "does nothing at its deadline",
    law: deadlineLaw,
    fault: () => ({ handleTimeout: () => {} }),
    says: /timeouts, and no end/,
  },
  {
    what: "ends a message at a ping, the classic fault of fragmentation",
    law: controlLaw,
    fault: (one) => {
      let hasPing = false;
      return {
        pull(now) {
          const events = one.pull(now);
          hasPing ||= events.some(({ kind }) => kind === "ping");
          return events.filter(({ kind }) => !(hasPing && kind === "binary"));
        },
      };
    },
    says: /control frames change what is told of the data/,
  },
  {
    what: "begins again with each chunk (CVE-2023-43669)",
    law: linearWorkLaw,
    fault: (one, { onWork }) => {
      let all = 0;
      return {
        receive(bytes, now) {
          all += bytes.length;
          onWork?.(all);
          one.receive(bytes, now);
        },
      };
    },
    says: /cost \d+ bytes of work/,
  },
  {
    what: "keeps a view of every chunk, and with the view the whole chunk (CVE-2026-48779)",
    law: retainedMemoryLaw,
    fault: (one) => {
      const kept: Uint8Array[] = [];
      return {
        receive(bytes, now) {
          kept.push(new Uint8Array(4_096).subarray(0, bytes.length));
          one.receive(bytes, now);
        },
        retained: () => one.retained!() + retainedBytes(kept),
      };
    },
    says: /\d+ bytes are retained behind \d+ bytes of input/,
  },
  {
    what: "lets the network cut off its end, and waits for ever",
    law: networkLaw,
    fault: () => ({ endOfStream: () => {}, deadline: Number.POSITIVE_INFINITY }),
    says: /told 0 ends, and nothing is left to do/,
  },
  {
    what: "lets go of its transport with its last words, so that a reset takes them away",
    // Only a history whose network resets at one moment shows it: one in some 1,800.
    runs: 20_000,
    law: networkLaw,
    fault: (one) => ({
      lend(now) {
        const lent = one.lend!(now);
        return lent?.ending === "end-write" ? { ...lent, ending: "destroy" } : lent;
      },
    }),
    says: /ended without the Close of its peer/,
  },
  {
    what: "delivers what comes behind a lost message",
    law: networkLaw,
    fault: (one) => {
      let messages = 0;
      return {
        pull: (now) =>
          one.pull(now).filter((event) => {
            if ("final" in event) messages += 1;
            return !("final" in event) || messages !== 2;
          }),
      };
    },
    says: /message 1 at the (client|server) is|both Closes crossed/,
  },
  {
    what: "holds its transport for ever",
    law: networkLaw,
    fault: (one) => ({
      lend(now) {
        const lent = one.lend!(now);
        return lent?.ending === "destroy" ? null : lent;
      },
    }),
    says: /has not let go of its transport/,
  },
  {
    what: "answers otherwise than another",
    law: (engine, options) => agreementLaw(sansocketEngine(), engine, options),
    fault: mapEvents((event) => (event.kind === "closing" ? [{ ...event, code: 1000 }] : [event])),
    says: /they make different things of the same bytes/,
  },
];

describe("an engine is found out that", () => {
  for (const { what, law, fault, says, runs = 2000 } of cases) {
    test(what, { timeout: 300_000 }, () => {
      let message = "";
      try {
        law(broken(fault), seeded(runs));
      } catch (error) {
        ({ message } = error as Error);
      }
      expect(message).toMatch(says);
      expect(message).toMatch(/\{ seed: -?\d+, path: "[\d:]+" \}/);
      if (law === networkLaw) expect(message).toMatch(/to play it again: networkFaults\(engine, /);
    });
  }
});
