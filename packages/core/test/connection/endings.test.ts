/** RFC 6455 §7: every order in which Closes, ends of streams and the transport's end can come. */
import { describe, expect, test } from "vitest";
import { closeOutcome, Step } from "../../src/index.ts";
import { Bench, type Told } from "../turn.ts";
import { type Bytes, closeBody, concat, masked, unmasked } from "../wire.ts";

type Role = "client" | "server";

/** A frame as the peer of that role's endpoint sends it. */
function fromPeer(role: Role, opcode: number, payload: Bytes | string = []): Uint8Array {
  return role === "server" ? masked(opcode, payload) : unmasked(opcode, payload);
}

const PEER_CLOSE = closeBody(3_500, "theirs");

/** What can happen to an endpoint in the last part of its life, each a turn. */
const HAPPENINGS = {
  "our close": (bench: Bench) => {
    bench.endpoint.close(3_600, "ours", bench.now);
    return bench.turn();
  },
  "their Close": (bench: Bench, role: Role) => bench.feed(fromPeer(role, 0x8, PEER_CLOSE)),
  "a message": (bench: Bench, role: Role) => bench.feed(fromPeer(role, 0x1, "x")),
  "a violation": (bench: Bench, role: Role) => bench.feed(fromPeer(role, 0x3)),
  "end of stream": (bench: Bench) => bench.end(),
  "transport gone": (bench: Bench) => {
    bench.endpoint.transportClosed("ECONNRESET", bench.now);
    return bench.turn();
  },
  abort: (bench: Bench) => {
    bench.endpoint.abort(bench.now);
    return bench.turn();
  },
} as const;
type Happening = keyof typeof HAPPENINGS;
const ALL = Object.keys(HAPPENINGS) as Happening[];

/** Every row of three of them, repetitions too. */
const ROWS = ALL.flatMap((a) => ALL.flatMap((b) => ALL.map((c) => [a, b, c] as const)));

describe("whatever happens, in whatever order", () => {
  for (const role of ["server", "client"] as const) {
    for (const isBusy of [false, true]) {
      const how = `${role} with ${isBusy ? "a transport that takes nothing" : "a ready transport"}`;
      test(`Ended comes exactly once and last, and at most one Close leaves: ${how}`, () => {
        for (const row of ROWS) {
          const bench = Bench.open(role, { timeouts: { ping: 0, idle: 50_000, close: 500 } });
          bench.isBusy = isBusy;
          const told: Told[] = [];
          for (const happening of row) {
            bench.now += 10;
            told.push(...HAPPENINGS[happening](bench, role));
          }
          for (let fired = 0; bench.endpoint.deadline !== Number.POSITIVE_INFINITY; fired += 1) {
            expect({ row, fired }).toMatchObject({
              fired: expect.toSatisfy((n: number) => n < 10),
            });
            told.push(...bench.at(bench.endpoint.deadline));
          }
          const steps = told.map(({ step }) => step);
          expect([row, steps.filter((step) => step === "ended").length]).toEqual([row, 1]);
          expect([row, steps.at(-1)]).toEqual([row, "ended"]);
          const closes = bench.sent().filter(({ opcode }) => opcode === 0x8);
          expect([row, closes.length <= 1]).toEqual([row, true]);
          expect([row, bench.endpoint.state, bench.endpoint.unsent]).toEqual([row, "ended", 0]);
          const ends = bench.ends.join();
          expect([row, ["destroy", "end-write,destroy", "end-write", ""].includes(ends)]).toEqual([
            row,
            true,
          ]);
        }
      });
    }
  }

  test("the first Close is ours or theirs by which came first, and neither is ever taken back", () => {
    for (const role of ["server", "client"] as const) {
      for (const row of ROWS) {
        const bench = Bench.open(role);
        for (const happening of row) HAPPENINGS[happening](bench, role);
        const facts = JSON.parse(JSON.stringify(bench.endpoint)).connection.ending;
        const ending: Happening[] = ["a violation", "end of stream", "transport gone", "abort"];
        const stop = row.findIndex((happening) => ending.includes(happening));
        const effective = stop === -1 ? row : row.slice(0, stop + 1);
        const first = effective.find((one) =>
          ["our close", "their Close", "a violation"].includes(one),
        );
        const expected = first === undefined ? null : first === "their Close" ? "peer" : "local";
        expect([row, facts?.firstClose ?? null]).toEqual([row, expected]);
      }
    }
  });
});

describe("the closing handshake (§7.1.2)", () => {
  for (const { role, ends } of [
    { role: "server", ends: ["end-write"] },
    { role: "client", ends: [] },
  ] as const) {
    test(`begun by us: the ${role} ${role === "server" ? "ends its stream at" : "waits behind"} the peer's Close`, () => {
      const bench = Bench.open(role);
      bench.endpoint.close(1000, "bye", 0);
      bench.turn();
      expect(bench.ends).toEqual([]);
      bench.feed(fromPeer(role, 0x8, closeBody(1000)));
      expect(bench.ends).toEqual(ends);
      expect(bench.sent()).toHaveLength(1);
      bench.end();
      expect(closeOutcome(bench.endpoint.ended!)).toEqual({
        code: 1000,
        reason: "",
        wasClean: true,
      });
    });
  }

  test("each code that may be on the wire is echoed, each other one answered with 1002, of 0 to 5000 (§7.4)", () => {
    const differing: number[] = [];
    for (let code = 0; code <= 5_000; code += 1) {
      const isAllowed =
        (code >= 1000 && code <= 1003) ||
        (code >= 1007 && code <= 1014) ||
        (code >= 3000 && code <= 4999);
      const bench = Bench.open("server");
      const [told] = bench.feed(masked(0x8, closeBody(code)));
      const answer = bench.sent()[0]!.payload;
      const answered = answer[0]! * 256 + answer[1]!;
      const isRight = isAllowed
        ? told!.step === "closing" && answered === code
        : told!.step === "violation" && answered === 1002;
      if (!isRight) differing.push(code);
    }
    expect(differing).toEqual([]);
  });

  test("the reason is not echoed, and neither is it lost", () => {
    const bench = Bench.open("client");
    expect(bench.feed(unmasked(0x8, PEER_CLOSE))).toEqual([
      { step: "closing", code: 3_500, reason: "theirs" },
    ]);
    expect(bench.sent().map(({ payload }) => [...payload])).toEqual([[...closeBody(3_500)]]);
    bench.end();
    expect(bench.endpoint.ended!.peerClose).toEqual({ code: 3_500, reason: "theirs" });
  });

  test("a lone surrogate in our reason is sent as U+FFFD, three bytes that count", () => {
    const bench = Bench.open("server");
    expect(() => bench.endpoint.close(1000, `${"x".repeat(121)}\ud800`, 0)).toThrow(/124 bytes/);
    bench.endpoint.close(1000, `${"x".repeat(120)}\ud800`, 0);
    bench.turn();
    expect([...bench.sent()[0]!.payload.slice(-3)]).toEqual([0xef, 0xbf, 0xbd]);
  });

  test("a Close that arrives byte by byte is one Close", () => {
    for (const role of ["server", "client"] as const) {
      const bench = Bench.open(role);
      expect(bench.feed(fromPeer(role, 0x8, PEER_CLOSE), 1)).toEqual([
        { step: "closing", code: 3_500, reason: "theirs" },
      ]);
    }
  });

  test("bytes behind the peer's Close are read and dropped, however many, so that nothing is reset", () => {
    const bench = Bench.open("server");
    bench.feed(masked(0x8));
    for (let count = 0; count < 10; count += 1) {
      expect(bench.feed(new Uint8Array(100_000).fill(0xff))).toEqual([]);
      expect(bench.endpoint.unread).toBe(0);
    }
    expect(bench.end()).toEqual([{ step: "ended" }]);
    expect(bench.endpoint.ended!.violation).toBeNull();
  });
});

describe("an end without a Close (§7.1.5)", () => {
  for (const [where, octets] of Object.entries({
    "inside a header": masked(0x1, "abc").slice(0, 3),
    "inside a payload": masked(0x1, "abc").slice(0, 7),
    "inside a control frame": masked(0x9, "abc").slice(0, 7),
    "inside a Close": masked(0x8, PEER_CLOSE).slice(0, 9),
    "between fragments": masked(0x1, "abc", { fin: false }),
    "between messages": new Uint8Array(0),
  })) {
    test(`${where} is 1006, and the begun part is not delivered`, () => {
      for (const end of ["endOfStream", "transportClosed"] as const) {
        const bench = Bench.open("server");
        bench.feed(concat(masked(0x1, "whole"), octets), 4);
        if (end === "endOfStream") bench.endpoint.endOfStream(0);
        else bench.endpoint.transportClosed(null, 0);
        expect(bench.turn()).toEqual([{ step: "ended" }]);
        expect(closeOutcome(bench.endpoint.ended!).code).toBe(1006);
        expect(bench.endpoint.ended).toMatchObject({
          localClose: null,
          isEndOfStream: end === "endOfStream",
          isAborted: false,
        });
      }
    });
  }

  test("what was queued is still sent to a peer that only ended its own half", () => {
    const bench = Bench.open("server");
    bench.endpoint.sendText("still wanted");
    expect(bench.end()).toEqual([{ step: "ended" }]);
    expect(bench.sent()).toHaveLength(1);
    expect(bench.ends).toEqual(["end-write", "destroy"]);
  });

  test("what the host calls the failure of the transport is kept, the first of several", () => {
    const bench = Bench.open("client");
    bench.endpoint.receive(unmasked(0x1, "last"), 0);
    bench.endpoint.transportClosed("ECONNRESET", 0);
    bench.endpoint.transportClosed("EPIPE", 0);
    expect(bench.turn()).toEqual([{ step: "text", text: "last" }, { step: "ended" }]);
    expect(bench.endpoint.ended!.transportError).toBe("ECONNRESET");
  });

  test("a transport that is gone takes no message, also while input from before is unread", () => {
    const { endpoint } = Bench.open("client");
    endpoint.receive(concat(unmasked(0x1, "one"), unmasked(0x1, "two")), 0);
    endpoint.next();
    expect(endpoint.state).toBe("open");
    endpoint.transportClosed("ECONNRESET", 0);
    expect(endpoint.state).toBe("closing");
    expect([endpoint.sendText("late"), endpoint.startMessage("text")]).toEqual([
      "closed",
      "closed",
    ]);
    expect([endpoint.next(), endpoint.text, endpoint.next()]).toEqual([
      Step.Text,
      "two",
      Step.Ended,
    ]);
  });

  test("a transport that fails after the end of the stream is the end of both", () => {
    const bench = Bench.open("server");
    bench.isBusy = true;
    bench.endpoint.sendText("stuck");
    bench.turn();
    expect(bench.end()).toEqual([]);
    bench.endpoint.transportClosed("EPIPE", 0);
    expect(bench.turn()).toEqual([{ step: "ended" }]);
    expect(bench.endpoint.ended).toMatchObject({ isEndOfStream: true, transportError: "EPIPE" });
  });

  test("bytes after the end of the stream do not exist", () => {
    const bench = Bench.open("server");
    bench.endpoint.endOfStream(0);
    bench.endpoint.receive(masked(0x1, "ghost"), 0);
    expect(bench.turn()).toEqual([{ step: "ended" }]);
  });
});
