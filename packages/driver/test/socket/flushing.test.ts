import { expect, test, vi } from "vitest";
import { beginTurn, endTurn, type Flushable, markDirty } from "../../src/socket/flushing.ts";
import { settle } from "../stage.ts";

function flushable(flush: () => void = () => {}): Flushable & { flush: ReturnType<typeof vi.fn> } {
  return { isDirty: false, flush: vi.fn(flush) };
}

test("a turn flushes each dirty socket once, at its end", () => {
  const [one, two] = [flushable(), flushable()];
  beginTurn();
  for (const socket of [one, two, one]) markDirty(socket);
  expect(one.flush).not.toHaveBeenCalled();
  endTurn();
  expect([one.flush.mock.calls.length, two.flush.mock.calls.length]).toEqual([1, 1]);
});

test("a turn inside of a turn leaves the flushing to the outer one", () => {
  const socket = flushable();
  beginTurn();
  beginTurn();
  markDirty(socket);
  endTurn();
  expect(socket.flush).not.toHaveBeenCalled();
  endTurn();
  expect(socket.flush).toHaveBeenCalledTimes(1);
});

test("what becomes dirty while others are flushed is flushed in the same turn", () => {
  const late = flushable();
  const early = flushable(() => markDirty(late));
  beginTurn();
  markDirty(early);
  endTurn();
  expect(late.flush).toHaveBeenCalledTimes(1);
});

test("outside of a turn one microtask flushes them all", async () => {
  const [one, two] = [flushable(), flushable()];
  markDirty(one);
  markDirty(two);
  expect(one.flush).not.toHaveBeenCalled();
  await null;
  expect([one.flush.mock.calls.length, two.flush.mock.calls.length]).toEqual([1, 1]);
});

test("a flush that throws, which is a bug, does not keep the others from being flushed", async () => {
  const broken = flushable(() => {
    throw new Error("bug");
  });
  const [before, behind] = [flushable(), flushable()];
  beginTurn();
  for (const socket of [before, broken, behind]) markDirty(socket);
  expect(endTurn).toThrow("bug");
  expect(behind.flush).not.toHaveBeenCalled();
  await settle();
  expect([before, broken, behind].map(({ flush }) => flush.mock.calls.length)).toEqual([1, 1, 1]);
  markDirty(behind);
  await settle();
  expect(behind.flush).toHaveBeenCalledTimes(2);
});
