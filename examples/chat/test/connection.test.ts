import { describe, expect, test } from "vitest";
import { keepConnected, retryDelay } from "../page/connection.js";

interface FakeSocket {
  readonly url: string;
  readonly sent: string[];
  isClosed: boolean;
  dispatch(type: "open" | "message" | "close", event?: object): void;
}

/** A browser whose network and clock do what the test says. */
class World {
  readonly sockets: FakeSocket[] = [];
  /** What the handlers were told. */
  readonly told: unknown[] = [];
  isNetworkThere = true;
  private time = 0;
  private timers: { at: number; callback: () => void }[] = [];
  private hope = (): void => {};
  readonly connection: { send(message: object): boolean; retryNow(): void };

  constructor() {
    const world = {
      open: (url: string) => this.open(url),
      now: () => this.time,
      random: () => 1,
      setTimer: (callback: () => void, delay: number) => {
        const timer = { at: this.time + delay, callback };
        this.timers.push(timer);
        return timer;
      },
      clearTimer: (timer: unknown) => {
        this.timers = this.timers.filter((other) => other !== timer);
      },
      isOnline: () => this.isNetworkThere,
      onHope: (callback: () => void) => {
        this.hope = callback;
      },
    };
    const handlers = {
      onOpen: () => this.told.push("open"),
      onMessage: (message: object) => this.told.push(message),
      onClose: (info: object) => this.told.push(info),
      onState: (state: object) => this.told.push(state),
    };
    this.connection = keepConnected(() => "ws://site/", handlers, world);
  }

  private open(url: string): object {
    const listeners = new Map<string, (event: object) => void>();
    const socket: FakeSocket = {
      url,
      sent: [],
      isClosed: false,
      dispatch: (type, event = {}) => listeners.get(type)!(event),
    };
    this.sockets.push(socket);
    return {
      addEventListener: (type: string, listener: (event: object) => void) =>
        listeners.set(type, listener),
      send: (data: string) => socket.sent.push(data),
      close: () => {
        socket.isClosed = true;
      },
    };
  }

  get newest(): FakeSocket {
    return this.sockets.at(-1)!;
  }

  pass(ms: number): void {
    const end = this.time + ms;
    for (;;) {
      const due = this.timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      this.timers = this.timers.filter((timer) => timer !== due);
      this.time = due.at;
      due.callback();
    }
    this.time = end;
  }

  lose(): void {
    this.newest.dispatch("close", { code: 1006, reason: "" });
  }

  hopes(): void {
    this.hope();
  }
}

describe("the delay before a try", () => {
  test.each([
    [0, 250, 500],
    [1, 500, 1_000],
    [4, 4_000, 8_000],
    [6, 15_000, 30_000],
    [60, 15_000, 30_000],
    [5_000, 15_000, 30_000],
  ])("number %i is from %i to %i ms", (attempt, least, most) => {
    expect(retryDelay(attempt, () => 0)).toBe(least);
    expect(retryDelay(attempt, () => 1)).toBe(most);
  });
});

describe("a connection that is kept", () => {
  test("is opened at once, and messages pass both ways", () => {
    const world = new World();
    expect(world.newest.url).toBe("ws://site/");
    expect(world.connection.send({ early: true })).toBe(false);
    world.newest.dispatch("open");
    expect(world.connection.send({ a: 1 })).toBe(true);
    world.newest.dispatch("message", { data: '{"b":2}' });
    expect(world.newest.sent).toEqual(['{"a":1}']);
    expect(world.told).toEqual([{ kind: "connecting" }, { kind: "open" }, "open", { b: 2 }]);
  });

  test("is opened again after a loss, later each time, and says when", () => {
    const world = new World();
    const waits: number[] = [];
    let time = 0;
    for (let attempt = 0; attempt < 9; attempt += 1) {
      world.lose();
      const { kind, until } = world.told.at(-1) as { kind: string; until: number };
      expect(kind).toBe("waiting");
      waits.push(until - time);
      world.pass(until - time - 1);
      expect(world.sockets.length).toBe(attempt + 1);
      world.pass(1);
      expect(world.sockets.length).toBe(attempt + 2);
      time = until;
    }
    expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  });

  test("begins with the first delay again once it has lasted, and not before", () => {
    const world = new World();
    const waitAfter = (lasted: number): number => {
      world.newest.dispatch("open");
      world.pass(lasted);
      const now = { kind: "", until: 0, ...(world.told.at(-1) as object) };
      world.lose();
      const { until } = world.told.at(-1) as typeof now;
      let waited = 0;
      const { length } = world.sockets;
      while (world.sockets.length === length) {
        world.pass(1);
        waited += 1;
      }
      expect(until).toBeGreaterThan(0);
      return waited;
    };
    expect(waitAfter(100)).toBe(500);
    expect(waitAfter(9_000)).toBe(1_000);
    expect(waitAfter(10_000)).toBe(500);
  });

  test("tells of the loss of what was open, and of nothing else", () => {
    const world = new World();
    world.lose();
    expect(world.told).not.toContainEqual({ code: 1006, reason: "" });
    world.pass(500);
    world.newest.dispatch("open");
    world.newest.dispatch("close", { code: 1001, reason: "restart" });
    expect(world.told).toContainEqual({ code: 1001, reason: "restart" });
    expect(world.connection.send({ late: true })).toBe(false);
  });

  test("does not wait when there is hope, or when it is asked to", () => {
    const world = new World();
    world.lose();
    world.hopes();
    expect(world.sockets.length).toBe(2);
    world.lose();
    world.connection.retryNow();
    world.connection.retryNow();
    expect(world.sockets.length).toBe(3);
    world.pass(5_000);
    expect(world.sockets.length).toBe(3);
  });

  test("gives up an opening that takes too long", () => {
    const world = new World();
    const [first] = world.sockets;
    world.pass(10_000);
    expect(first!.isClosed).toBe(true);
    world.pass(500);
    expect(world.sockets.length).toBe(2);
    first!.dispatch("open");
    expect(world.told.at(-1)).toEqual({ kind: "connecting" });
  });

  test("is probed when there is hope, and given up without an answer", () => {
    const world = new World();
    world.newest.dispatch("open");
    world.hopes();
    expect(world.newest.sent).toEqual(['{"type":"probe"}']);
    world.newest.dispatch("message", { data: "{}" });
    world.pass(60_000);
    expect(world.sockets.length).toBe(1);
    world.hopes();
    world.pass(5_500);
    expect(world.sockets.length).toBe(2);
    expect(world.sockets[0]!.isClosed).toBe(true);
  });

  test("says whether the device has a network", () => {
    const world = new World();
    world.isNetworkThere = false;
    world.lose();
    expect(world.told.at(-1)).toMatchObject({ kind: "waiting", isOnline: false });
  });
});
