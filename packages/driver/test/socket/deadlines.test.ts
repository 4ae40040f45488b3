import { describe, expect, test } from "vitest";
import { Deadlines, type Due, NOT_ENTERED } from "../../src/socket/deadlines.ts";
import { QUIET, Stage, settle, VirtualRuntime } from "../stage.ts";

class Item implements Due {
  enteredAt = 0;
  heapIndex: number = NOT_ENTERED;
  isAwaited = false;
  deadline: number;
  readonly expired: number[] = [];

  constructor(deadline: number) {
    this.deadline = deadline;
  }

  expire(now: number): void {
    this.expired.push(now);
    this.deadline = Number.POSITIVE_INFINITY;
  }
}

/** The same order of numbers on every run. */
function* seeded(count: number): Generator<number> {
  let state = 12_345;
  for (let index = 0; index < count; index += 1) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    yield state % 10_000;
  }
}

describe("deadlines", () => {
  test("expire in order, each once, however they were entered", async () => {
    const runtime = new VirtualRuntime();
    const deadlines = new Deadlines(runtime);
    const items = [...seeded(500)].map((delay) => new Item(1_000 + delay));
    for (const item of items) deadlines.enter(item, item.deadline);
    const wanted = items.map(({ deadline }) => deadline);
    for (const [index, item] of items.entries()) if (index % 5 === 0) deadlines.leave(item);
    await runtime.advance(20_000);
    items.forEach((item, index) => {
      expect(item.expired).toEqual(index % 5 === 0 ? [] : [wanted[index]]);
    });
    expect(runtime.timerCount).toBe(0);
  });

  test("that move to later cost no new timer", async () => {
    const runtime = new VirtualRuntime();
    const deadlines = new Deadlines(runtime);
    const item = new Item(2_000);
    deadlines.enter(item, 2_000);
    const { earliest } = runtime;
    for (let later = 2_100; later < 9_000; later += 100) {
      item.deadline = later;
      deadlines.enter(item, later);
    }
    expect(runtime.earliest).toBe(earliest);
    await runtime.advance(7_800);
    expect(item.expired).toEqual([]);
    await runtime.advance(200);
    expect(item.expired).toEqual([8_900]);
  });

  test("that move to earlier re-arm the timer", async () => {
    const runtime = new VirtualRuntime();
    const deadlines = new Deadlines(runtime);
    const item = new Item(9_000);
    deadlines.enter(item, 9_000);
    item.deadline = 1_500;
    deadlines.enter(item, 1_500);
    expect(runtime.timerCount).toBe(1);
    await runtime.advance(500);
    expect(item.expired).toEqual([1_500]);
  });

  test("keep the process while one of them is awaited, by the one timer", async () => {
    const runtime = new VirtualRuntime();
    const deadlines = new Deadlines(runtime);
    const [early, late] = [new Item(2_000), new Item(9_000)];
    deadlines.enter(early, early.deadline);
    deadlines.setAwaited(late, true);
    expect(runtime.isKept).toBe(false);
    deadlines.enter(late, late.deadline);
    expect([runtime.timerCount, runtime.isKept]).toEqual([1, true]);
    await runtime.advance(1_500);
    expect([early.expired, runtime.isKept]).toEqual([[2_000], true]);
    deadlines.setAwaited(late, false);
    expect([runtime.timerCount, runtime.isKept]).toEqual([1, false]);
    deadlines.setAwaited(late, true);
    deadlines.enter(early, 5_000);
    deadlines.leave(late);
    expect([runtime.timerCount, runtime.isKept]).toEqual([1, false]);
  });

  test("of a connection keep the process while its end, a pong or the close hook is awaited, and no longer", async () => {
    const stage = new Stage({ open: (socket) => socket.pause(), message() {} });
    const peer = await stage.opened();
    const { runtime } = stage;
    const socket = stage.server.sockets[0]!;
    expect(runtime.isKept).toBe(false);
    void socket.ping();
    await settle();
    expect(runtime.isKept).toBe(true);
    await peer.pump();
    expect(runtime.isKept).toBe(false);
    void socket.close();
    await settle();
    expect(runtime.isKept).toBe(true);
    peer.endpoint.sendText("nobody takes it");
    await peer.pump();
    expect(socket.state).toBe("closed");
    expect(runtime.isKept).toBe(true); // for the close hook
    await runtime.advance(5_000);
    expect([runtime.timerCount, runtime.isKept]).toEqual([0, false]);
  });

  test("of weeks are waited for in steps of a second, which every timer can take", async () => {
    const runtime = new VirtualRuntime();
    const deadlines = new Deadlines(runtime);
    const item = new Item(1_000 + 5_000_000_000);
    deadlines.enter(item, item.deadline);
    for (let second = 1; second < 60; second += 1) {
      expect(runtime.earliest).toBe(1_000 + second * 1_000);
      await runtime.advance(1_000);
    }
    expect(item.expired).toEqual([]);
  });

  test("let one poll phase pass, so that bytes in the kernel count", async () => {
    const stage = new Stage({ timeouts: { ...QUIET, idle: 5_000 } });
    const peer = await stage.opened();
    // The loop was blocked: the timer fires late, and behind it the kernel has something.
    const timers = stage.runtime;
    await timers.advance(4_999);
    const run = timers.runPolls.bind(timers);
    timers.runPolls = () => {
      peer.endpoint.sendText("just in time");
      peer.speak();
      peer.toDriverUpTo(1_000);
      run();
    };
    await timers.advance(1);
    await peer.pump();
    expect(peer.endpoint.state).toBe("open");
  });

  test("that come and go while the poll phase passes leave one timer, and none at the end", async () => {
    const runtime = new VirtualRuntime();
    const deadlines = new Deadlines(runtime);
    const first = new Item(1_100);
    deadlines.enter(first, first.deadline);
    runtime.fire(); // the timer has fired, and the poll phase is yet to pass
    deadlines.leave(first);
    const second = new Item(1_500);
    deadlines.enter(second, second.deadline);
    runtime.runPolls();
    expect(runtime.timerCount).toBe(1);
    await runtime.advance(1_000);
    expect(second.expired).toHaveLength(1);
    expect(runtime.timerCount).toBe(0);
  });

  test("of many connections share one timer", async () => {
    const stage = new Stage({ timeouts: { idle: 60_000 } });
    for (let count = 0; count < 20; count += 1) await stage.opened();
    await settle();
    expect(stage.runtime.timerCount).toBe(1);
  });

  test("idle connections are closed with 1001, each at its own time", async () => {
    const stage = new Stage({ timeouts: { ...QUIET, idle: 5_000 } });
    const first = await stage.opened();
    await stage.runtime.advance(3_000);
    const second = await stage.opened();
    await stage.runtime.advance(2_000);
    await first.pump();
    await second.pump();
    expect(first.endpoint.ended?.peerClose?.code).toBe(1001);
    expect(second.endpoint.state).toBe("open");
    await stage.runtime.advance(3_000);
    await second.pump();
    expect(second.endpoint.ended?.peerClose?.code).toBe(1001);
  });
});
