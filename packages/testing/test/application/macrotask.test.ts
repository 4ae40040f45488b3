/** Turns of the event loop, made of the parts that the realms of test runners leave. */
import { describe, expect, test } from "vitest";
import { inLaterTurnOf, type TurnSources } from "../../src/application/macrotask.ts";

/** Without threads, and so with nothing that would keep a process alive. */
class Channel {
  readonly port1 = { onmessage: (): void => {}, close: (): void => {} };
  readonly port2 = { postMessage: (): void => void setTimeout(() => this.port1.onmessage(), 0) };
}

const timer = (callback: () => void, delay: number): unknown => setTimeout(callback, delay);

/** Waits for a test to move its clock, as all that `useFakeTimers` puts in place. */
const fake = Object.assign((): unknown => 1, { clock: {} });

describe("a later turn", () => {
  for (const { what, sources } of [
    { what: "of immediates", sources: { setImmediate: globalThis.setImmediate } },
    { what: "of a message channel", sources: { MessageChannel: Channel } },
    { what: "of a timer, as in Jest's environment jsdom", sources: { setTimeout: timer } },
    { what: "beside a fake immediate", sources: { setImmediate: fake, setTimeout: timer } },
  ] as { what: string; sources: TurnSources }[]) {
    test(`${what} comes behind every promise that can go on`, async () => {
      const inLaterTurn = inLaterTurnOf(sources);
      const seen: string[] = [];
      const turn = new Promise<void>((resolve) => {
        inLaterTurn(() => {
          seen.push("turn");
          resolve();
        });
      });
      for (let step = 0; step < 20; step += 1) await null;
      seen.push("promises");
      await turn;
      expect(seen).toEqual(["promises", "turn"]);
    });
  }

  test("that only fake timers could bring is an error, which says so", () => {
    const inLaterTurn = inLaterTurnOf({ setImmediate: fake, setTimeout: fake });
    expect(() => inLaterTurn(() => {})).toThrow("import @sansocket/testing before");
  });
});
