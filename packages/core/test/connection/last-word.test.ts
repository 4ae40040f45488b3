/** RFC 6455 §5.5.1, §7.1.7: our Close goes out behind the answers to the messages that came before what it answers. */
import { describe, expect, test } from "vitest";
import { Step, watchFrames } from "../../src/index.ts";
import { Bench, type Told } from "../turn.ts";
import { type Bytes, closeBody, concat, masked, unmasked } from "../wire.ts";

type Role = "client" | "server";

function fromPeer(role: Role, opcode: number, payload: Bytes | string = []): Uint8Array {
  return role === "server" ? masked(opcode, payload) : unmasked(opcode, payload);
}

/** What makes our Close due, and the code that it then has. */
const CAUSES = [
  { cause: "the peer's Close", opcode: 0x8, payload: closeBody(3_007, "bye"), code: 3_007 },
  { cause: "an empty Close of the peer's", opcode: 0x8, payload: [] as Bytes, code: null },
  { cause: "a violation", opcode: 0x5, payload: [1] as Bytes, code: 1_002 },
] as const;

/** Pulls as a host that asks for time at the step that makes our Close due. */
function pullAndDelay(bench: Bench): number[] {
  const steps: number[] = [];
  for (let step = bench.endpoint.next(); step !== Step.Idle; step = bench.endpoint.next()) {
    steps.push(step);
    const isDue = step === Step.Closing || step === Step.Violation;
    if (isDue) expect(bench.endpoint.delayClose()).toBe(true);
  }
  return steps;
}

function delayed(role: Role, cause: (typeof CAUSES)[number], close = 500): Bench {
  const bench = Bench.open(role, { timeouts: { close, ping: 0, idle: 0 } });
  const bytes = concat(
    fromPeer(role, 0x1, "request"),
    fromPeer(role, cause.opcode, cause.payload),
    fromPeer(role, 0x9, "behind"),
  );
  bench.endpoint.receive(bytes, bench.now);
  expect(pullAndDelay(bench)).toHaveLength(2);
  return bench;
}

function opcodes(bench: Bench): number[] {
  return bench.sent().map(({ opcode }) => opcode);
}

for (const role of ["server", "client"] as const) {
  for (const cause of CAUSES) {
    describe(`our Close behind ${cause.cause}, as a ${role}`, () => {
      test("goes out without an extra call when the cursor moves on", () => {
        const bench = Bench.open(role);
        bench.feed(fromPeer(role, cause.opcode, cause.payload));
        const [close] = bench.sent();
        expect(close!.opcode).toBe(0x8);
        const body = cause.code === null ? [] : [...closeBody(cause.code)];
        expect([...close!.payload]).toEqual(body);
      });

      test("goes out with a transmission, though the cursor stands still", () => {
        const { endpoint } = Bench.open(role);
        endpoint.receive(fromPeer(role, cause.opcode, cause.payload), 0);
        endpoint.next();
        expect(endpoint.transmit(0)).not.toBeNull();
      });

      test("waits for the host that asks for time, and what is sent meanwhile leaves before it", () => {
        const bench = delayed(role, cause);
        bench.turn();
        expect(bench.sent()).toEqual([]);
        expect(bench.endpoint.state).toBe("open");
        expect(bench.endpoint.sendText("reply")).toBe("queued");
        expect(bench.endpoint.pong()).toBe("queued");
        bench.turn();
        expect(opcodes(bench)).toEqual([0x1, 0xa]);
        expect(bench.ends).toEqual([]);
        bench.endpoint.sendText("another");
        bench.endpoint.releaseClose(bench.now);
        expect(bench.endpoint.sendText("late")).toBe("closed");
        expect(bench.endpoint.state).toBe("closing");
        bench.turn();
        expect(opcodes(bench)).toEqual([0x1, 0x8]);
        bench.endpoint.releaseClose(bench.now);
        bench.turn();
        expect(bench.sent()).toEqual([]);
        expect(bench.end().at(-1)).toEqual({ step: "ended" });
        expect(bench.ends).toEqual(["end-write", "destroy"]);
      });

      test("waits no longer than four fifths of the close timer, whatever the transport takes meanwhile", () => {
        const bench = delayed(role, cause, 500);
        bench.now = 300;
        bench.endpoint.sendText("reply");
        bench.turn();
        expect(bench.endpoint.deadline).toBe(400);
        bench.at(399);
        expect(opcodes(bench)).toEqual([0x1]);
        bench.at(400);
        expect(opcodes(bench)).toEqual([0x8]);
        expect(bench.endpoint.deadline).toBe(900);
        bench.end();
        expect(bench.endpoint.ended).toMatchObject({ timeout: null, isCloseSent: true });
      });

      test("goes out at once, with its own code, at a close of the application's", () => {
        const bench = delayed(role, cause);
        bench.endpoint.sendText("reply");
        expect(bench.endpoint.close(4_000, "ours", bench.now)).toBe("closed");
        bench.turn();
        const [, close] = bench.sent();
        const body = cause.code === null ? [] : [...closeBody(cause.code)];
        expect([...close!.payload]).toEqual(body);
      });

      test("waits on when the peer ends its stream, and what is sent still leaves", () => {
        const bench = delayed(role, cause);
        expect(bench.end()).toEqual([]);
        expect(bench.ends).toEqual([]);
        bench.endpoint.sendText("reply");
        bench.endpoint.releaseClose(bench.now);
        expect(bench.turn()).toEqual([{ step: "ended" }]);
        expect(opcodes(bench)).toEqual([0x1, 0x8]);
        expect(bench.ends).toEqual(["end-write", "destroy"]);
      });

      test("does not come when the transport has gone, and nothing is waited for", () => {
        const bench = delayed(role, cause);
        bench.endpoint.transportClosed("ECONNRESET", bench.now);
        expect(bench.turn()).toEqual([{ step: "ended" }]);
        expect(bench.endpoint.sendText("late")).toBe("closed");
        bench.endpoint.releaseClose(bench.now);
        expect(bench.endpoint.transmit(bench.now)).toBeNull();
        expect(bench.endpoint.ended).toMatchObject({ localClose: null });
      });

      test("is not kept back again once it is queued", () => {
        const bench = delayed(role, cause);
        bench.endpoint.releaseClose(bench.now);
        expect(bench.endpoint.delayClose()).toBe(false);
      });
    });
  }

  test(`an application ping in that time is a lost race: no pong is read any more, as a ${role}`, () => {
    expect(delayed(role, CAUSES[0]).endpoint.ping(null, 0)).toBe(0);
  });

  test(`a watched Close goes out behind the step that led to it, as a ${role}`, () => {
    const bench = Bench.open(role, { frames: watchFrames(0) });
    const told: Told[] = bench.feed(fromPeer(role, 0x8, closeBody(1_000)));
    expect(told.map(({ step }) => step)).toEqual(["frame", "closing", "frame"]);
  });
}

test("delayClose is false while no Close is due, and behind a Close of ours", () => {
  const bench = Bench.open("server");
  expect(bench.endpoint.delayClose()).toBe(false);
  bench.endpoint.close(1_000, "", 0);
  bench.endpoint.receive(masked(0x8), 0);
  expect(bench.endpoint.next()).toBe(Step.Closing);
  expect(bench.endpoint.delayClose()).toBe(false);
});
