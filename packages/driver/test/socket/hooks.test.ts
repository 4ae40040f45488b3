import { describe, expect, test, vi } from "vitest";
import type { ConnectionError, ServerError, Socket } from "../../src/index.ts";
import { connected, QUIET, Stage, settle } from "../stage.ts";

/** A promise that a test settles. */
function gate(): { passed: Promise<void>; pass: () => void; fail: (error: unknown) => void } {
  let pass = (): void => {};
  let fail: (error: unknown) => void = () => {};
  const passed = new Promise<void>((resolve, reject) => {
    pass = resolve;
    fail = reject;
  });
  return { passed, pass, fail };
}

describe("hooks", () => {
  test("are called in the order open, message, close, each message once", async () => {
    const calls: string[] = [];
    const stage = new Stage({
      open: () => void calls.push("open"),
      message: (_, message) => void calls.push(`message ${String(message)}`),
      close: (_, { code, reason, initiator }) =>
        void calls.push(`close ${code} ${reason} ${initiator}`),
    });
    const peer = await stage.opened();
    peer.endpoint.sendText("one");
    peer.endpoint.sendBinary(Uint8Array.of(1, 2));
    peer.endpoint.close(3000, "done", 1_000);
    await peer.pump();
    expect(calls).toEqual(["open", "message one", "message 1,2", "close 3000 done peer"]);
    expect(stage.server.connections).toBe(0);
  });

  test("get bytes in a buffer of their own, offset 0 and exact", async () => {
    const messages: Uint8Array[] = [];
    const stage = new Stage({ message: (_, message) => void messages.push(message as Uint8Array) });
    const peer = await stage.opened();
    for (const length of [0, 1, 31, 32, 33, 1_000, 100_000]) {
      peer.endpoint.sendBinary(new Uint8Array(length).fill(length));
    }
    await peer.pump();
    for (const message of messages) {
      expect(message.byteOffset).toBe(0);
      expect(message.buffer.byteLength).toBe(message.length);
      expect(message.every((byte) => byte === (message.length & 0xff))).toBe(true);
    }
    expect(messages).toHaveLength(7);
  });

  test("get bytes of the engine's with lend, which are right while the hook runs", async () => {
    const texts: string[] = [];
    const stage = new Stage({
      lend: true,
      message: (_, message) => void texts.push([...(message as Uint8Array)].join()),
    });
    const peer = await stage.opened();
    peer.endpoint.sendBinary(Uint8Array.of(1, 2));
    peer.endpoint.sendBinary(Uint8Array.of(3));
    await peer.pump();
    expect(texts).toEqual(["1,2", "3"]);
  });

  test("that are asynchronous are awaited before the socket's next message, open before the first", async () => {
    const calls: string[] = [];
    const opening = gate();
    const first = gate();
    const stage = new Stage({
      open: () => opening.passed,
      message(_, message) {
        calls.push(message as string);
        return message === "one" ? first.passed : undefined;
      },
    });
    const peer = await stage.opened();
    peer.endpoint.sendText("one");
    peer.endpoint.sendText("two");
    await peer.pump();
    expect(calls).toEqual([]);
    opening.pass();
    await peer.pump();
    expect(calls).toEqual(["one"]);
    first.pass();
    await peer.pump();
    expect(calls).toEqual(["one", "two"]);
  });

  test("of one socket do not wait for those of another", async () => {
    const calls: string[] = [];
    const stage = new Stage({
      message(_, message) {
        calls.push(message as string);
        return message === "slow" ? new Promise(() => {}) : undefined;
      },
    });
    const slow = await stage.opened();
    const quick = await stage.opened();
    slow.endpoint.sendText("slow");
    await slow.pump();
    quick.endpoint.sendText("quick");
    await quick.pump();
    expect(calls).toEqual(["slow", "quick"]);
  });

  test("close comes behind the last message, even when that one takes its time", async () => {
    const calls: string[] = [];
    const busy = gate();
    const stage = new Stage({
      message(_, message) {
        calls.push(message as string);
        return busy.passed;
      },
      close: () => void calls.push("close"),
    });
    const peer = await stage.opened();
    peer.endpoint.sendText("one");
    peer.endpoint.sendText("two");
    peer.endpoint.close(1000, "", 1_000);
    await peer.pump();
    expect(calls).toEqual(["one"]);
    busy.pass();
    await peer.pump();
    expect(calls).toEqual(["one", "two", "close"]);
  });

  for (const { what, message } of [
    {
      what: "throws",
      message: () => {
        throw new Error("broken");
      },
    },
    { what: "rejects", message: () => Promise.reject(new Error("broken")) },
  ]) {
    test(`a message hook that ${what} closes its socket with 1011, tells error, and gets no more`, async () => {
      const errors: [Socket | null, ConnectionError | ServerError][] = [];
      const closed = vi.fn();
      const hook = vi.fn(message);
      const stage = new Stage({
        message: hook,
        error: (socket, error) => void errors.push([socket as Socket | null, error]),
        close: closed,
      });
      const peer = await stage.opened();
      const bystander = await stage.opened();
      peer.endpoint.sendText("one");
      peer.endpoint.sendText("two");
      await peer.pump();
      expect(peer.endpoint.ended?.peerClose).toMatchObject({ code: 1011 });
      expect(hook).toHaveBeenCalledTimes(1);
      expect(errors).toHaveLength(1);
      expect(errors[0]![0]).not.toBeNull();
      expect(errors[0]![1]).toMatchObject({ code: "hook-failed", cause: { message: "broken" } });
      expect(closed).toHaveBeenCalledTimes(1);
      expect(closed.mock.calls[0]![1].error).toBe(errors[0]![1]);
      expect(bystander.endpoint.state).toBe("open");
    });
  }

  for (const name of ["open", "ping", "pong", "drain", "close"] as const) {
    test(`a failure of ${name} is told to error, and harms no other socket`, async () => {
      const errors: string[] = [];
      const stage = new Stage({
        limits: { unsent: 4_000 },
        message: (socket) => void socket.write(new Uint8Array(1_500)),
        [name]: () => {
          throw new Error(`no ${name}`);
        },
        error: (_: unknown, error: Error) => void errors.push(error.message),
      });
      const peer = await stage.opened();
      if (name === "drain") peer.transport.room = 0;
      peer.endpoint.sendText("x");
      peer.endpoint.ping(null, 1_000);
      peer.endpoint.pong();
      await peer.pump();
      peer.transport.takes(Number.POSITIVE_INFINITY);
      if (name === "close") peer.endpoint.close(1000, "", 1_000);
      await peer.pump();
      expect(errors).toEqual([`the ${name} hook failed: no ${name}`]);
    });
  }

  test("an error hook that fails is printed, and nothing else happens", async () => {
    const print = vi.spyOn(console, "error").mockImplementation(() => {});
    const stage = new Stage({
      message: () => {
        throw new Error("first");
      },
      error: () => {
        throw new Error("second");
      },
    });
    const peer = await stage.opened();
    peer.endpoint.sendText("x");
    await peer.pump();
    expect(print.mock.calls).toMatchObject([[{ message: "second" }]]);
    print.mockRestore();
  });

  test("without an error hook a failure is printed", async () => {
    const print = vi.spyOn(console, "error").mockImplementation(() => {});
    const stage = new Stage({
      message: () => {
        throw new Error("seen");
      },
    });
    const peer = await stage.opened();
    peer.endpoint.sendText("x");
    await peer.pump();
    expect(print.mock.calls).toMatchObject([[{ code: "hook-failed" }]]);
    print.mockRestore();
  });

  test("await socket.ping() and await socket.close() inside a hook finish", async () => {
    const results: unknown[] = [];
    const stage = new Stage({
      async message(socket) {
        results.push(await socket.ping());
        results.push((await socket.close(1000, "enough")).wasClean);
      },
    });
    const peer = await stage.opened();
    peer.endpoint.sendText("go");
    peer.endpoint.sendText("behind");
    await peer.pump();
    // The second message arrived before the close, and so is delivered: to a socket that is closed.
    expect(results).toEqual([0, true, "closed", true]);
  });

  test("trace sees every frame, in and out", async () => {
    const frames: string[] = [];
    const stage = new Stage({
      message: (socket, message) => void socket.write(message),
      trace: (_, { direction, opcode, payloadLength }) =>
        void frames.push(`${direction} ${opcode} ${payloadLength}`),
    });
    const peer = await stage.opened();
    peer.endpoint.sendText("abc");
    await peer.pump();
    stage.server.sockets[0]!.write("later");
    await peer.pump();
    expect(frames).toEqual(["in 1 3", "out 1 3", "out 1 5"]);
  });

  test("a peer that pings while the consumer is busy gets its pongs", async () => {
    const stage = new Stage({ message: () => new Promise(() => {}) });
    const peer = await stage.opened();
    peer.endpoint.sendText("busy now");
    for (let second = 0; second < 10; second += 1) {
      peer.endpoint.ping(null, 1_000);
      peer.endpoint.sendText("waits");
      await peer.pump();
      await stage.runtime.advance(1_000);
    }
    expect(peer.eventsOfType("pong").map((event) => event.of)).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
    ]);
  });
});

describe("pause", () => {
  test("holds messages back, not control, and resume delivers them in order", async () => {
    const calls: string[] = [];
    let held: Socket<undefined> | undefined;
    const stage = new Stage({
      open: (socket) => {
        held = socket;
        socket.pause();
      },
      message: (_, message) => void calls.push(message as string),
      ping: () => void calls.push("ping"),
    });
    const peer = await stage.opened();
    peer.endpoint.sendText("one");
    peer.endpoint.ping(null, 1_000);
    peer.endpoint.sendText("two");
    await peer.pump();
    expect(calls).toEqual(["ping"]);
    held!.resume();
    peer.endpoint.sendText("three");
    await peer.pump();
    expect(calls).toEqual(["ping", "one", "two", "three"]);
  });

  test("inside the message hook holds back the very next message", async () => {
    const calls: string[] = [];
    const stage = new Stage({
      message(socket, message) {
        calls.push(message as string);
        socket.pause();
        queueMicrotask(() => calls.push("later"));
      },
    });
    const peer = await stage.opened();
    peer.endpoint.sendText("one");
    peer.endpoint.sendText("two");
    await peer.pump();
    expect(calls).toEqual(["one", "later"]);
  });
});

describe("undelivered messages", () => {
  test("above the limit pause the transport, and half of it lets it go on; none is lost", async () => {
    const gates: ReturnType<typeof gate>[] = [];
    const seen: number[] = [];
    const stage = new Stage({
      limits: { undelivered: 10_000 },
      message(_, message) {
        seen.push((message as Uint8Array)[0]!);
        gates.push(gate());
        return gates.at(-1)!.passed;
      },
    });
    const peer = await stage.opened();
    for (let count = 0; count < 30; count += 1) {
      peer.endpoint.sendBinary(new Uint8Array(1_000).fill(count));
      await peer.pump();
    }
    expect(peer.transport.isPaused).toBe(true);
    expect(peer.pending).toBeGreaterThan(15_000);
    const pausesAtFull = peer.transport.pauses;
    for (let count = 0; count < 30; count += 1) {
      gates[count]!.pass();
      await peer.pump();
    }
    expect(seen).toEqual(Array.from({ length: 30 }, (_, index) => index));
    expect(peer.transport.isPaused).toBe(false);
    // Not a pause for every message that was taken.
    expect(peer.transport.pauses - pausesAtFull).toBeLessThanOrEqual(4);
  });

  test("that are empty count too", async () => {
    const stage = new Stage({
      limits: { undelivered: 1_000 },
      message: () => new Promise(() => {}),
    });
    const peer = await stage.opened();
    for (let count = 0; count < 100; count += 1) {
      peer.endpoint.sendText("");
      await peer.pump();
    }
    expect(peer.transport.isPaused).toBe(true);
  });

  for (const undelivered of [0, 1, 5, 12]) {
    for (const role of ["server", "client"] as const) {
      test(`with a limit of ${undelivered} do not stop a ${role} in the middle of a header`, async () => {
        const limits = { undelivered };
        const seen: number[] = [];
        const message = (_: unknown, data: unknown): void =>
          void seen.push((data as Uint8Array).length);
        const one =
          role === "client"
            ? await connected({ limits, timeouts: QUIET }, { message })
            : { peer: await new Stage({ limits, message }).opened() };
        const { peer } = one;
        for (let cut = 1; cut <= 14; cut += 1) {
          peer.endpoint.sendBinary(new Uint8Array(70_000));
          peer.speak();
          peer.toDriverUpTo(cut);
          await settle();
          expect(peer.transport.isPaused).toBe(false);
          await peer.pump();
        }
        expect(seen).toEqual(Array(14).fill(70_000));
      });
    }
  }

  test("do not keep an awaited pong away", async () => {
    let rtt: number | "closed" | undefined;
    const stage = new Stage({
      limits: { undelivered: 1_000 },
      async message(socket) {
        rtt = await socket.ping();
      },
    });
    const peer = await stage.opened();
    // In one piece, so that the limit is passed before the ping goes out.
    for (let count = 0; count < 3; count += 1) peer.endpoint.sendBinary(new Uint8Array(450));
    await peer.pump();
    expect(rtt).toBe(0);
  });
});
