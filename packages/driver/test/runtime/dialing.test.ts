import { expect, test } from "vitest";
import { unlessAborted } from "../../src/index.ts";
import { settle } from "../stage.ts";

/** A connection that is being made, with a log of what was let go of. */
function attempt() {
  let resolve: (made: string) => void = () => {};
  let reject: (error: Error) => void = () => {};
  const connecting = new Promise<string>((...settlers) => {
    [resolve, reject] = settlers;
  });
  const controller = new AbortController();
  const dropped: string[] = [];
  const drop = (made: string): void => void dropped.push(made);
  const outcome = unlessAborted(connecting, controller.signal, drop);
  return { resolve, reject, controller, dropped, outcome };
}

test("a connection that is made before an abort is the caller's", async () => {
  const { resolve, outcome, controller, dropped } = attempt();
  resolve("made");
  expect(await outcome).toBe("made");
  controller.abort();
  await settle();
  expect(dropped).toEqual([]);
});

test("an attempt rejects at the abort, and a connection that is made later is let go of", async () => {
  const { resolve, outcome, controller, dropped } = attempt();
  controller.abort("enough");
  await expect(outcome).rejects.toBe("enough");
  resolve("late");
  await settle();
  expect(dropped).toEqual(["late"]);
});

test("an attempt with a signal that was aborted before rejects, and its connection is let go of", async () => {
  const dropped: string[] = [];
  const signal = AbortSignal.abort("before");
  const made = Promise.resolve("made");
  await expect(unlessAborted(made, signal, (late) => void dropped.push(late))).rejects.toBe(
    "before",
  );
  await settle();
  expect(dropped).toEqual(["made"]);
});

test("an attempt that fails says why, and a failure behind an abort is nobody's", async () => {
  const failed = attempt();
  failed.reject(new Error("refused"));
  await expect(failed.outcome).rejects.toThrow("refused");
  const late = attempt();
  late.controller.abort("enough");
  late.reject(new Error("refused"));
  await expect(late.outcome).rejects.toBe("enough");
});
