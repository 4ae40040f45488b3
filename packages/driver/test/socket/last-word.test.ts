/**
 * Our last word waits for the messages before it: whoever has taken a message that stands before the peer's Close or a
 * violation, in the same read, gets to answer it before our Close goes out.
 */
import { describe, expect, test } from "vitest";
import { ConnectionError, type ServerOptions, type Socket } from "../../src/index.ts";
import { connected, type Peer, QUIET, Stage, settle, type VirtualRuntime } from "../stage.ts";

type Role = "server" | "client";
type Take = (socket: Socket<undefined>, message: unknown) => unknown;

const CLOSE = 5_000;
const TIMEOUTS = { ...QUIET, close: CLOSE };
const DELAY = 300;

interface Scene {
  readonly peer: Peer;
  readonly runtime: VirtualRuntime;
  readonly seen: unknown[];
}

/** How an application takes its messages and answers each of them. */
const CONSUMERS = ["hook", "asynchronous hook", "loop", "slow loop", "loop in open"] as const;
type Consumer = (typeof CONSUMERS)[number];

async function scene(role: Role, consumer: Consumer): Promise<Scene> {
  const seen: unknown[] = [];
  let runtime: VirtualRuntime | undefined;
  const later = (): Promise<void> =>
    new Promise((resolve) => void runtime!.setTimer(resolve, DELAY, true));
  const isSlow = consumer === "asynchronous hook" || consumer === "slow loop";
  const answer: Take = (socket, message) => {
    seen.push(message);
    if (!isSlow) return void socket.write(`re: ${String(message)}`);
    return later().then(() => {
      expect(socket.state).toBe("open");
      socket.write(`re: ${String(message)}`);
    });
  };
  const loop = async (socket: Socket<undefined>): Promise<void> => {
    try {
      for await (const message of socket) await answer(socket, message);
      seen.push("end of the loop");
    } catch (error) {
      seen.push(error instanceof ConnectionError ? error.code : error);
    }
  };
  const isOwnLoop = consumer === "loop" || consumer === "slow loop";
  const hooks = consumer === "loop in open" ? { open: loop } : isOwnLoop ? {} : { message: answer };
  if (role === "server") {
    const stage = new Stage(
      isOwnLoop
        ? { timeouts: TIMEOUTS, connection: loop }
        : ({ timeouts: TIMEOUTS, ...hooks } as ServerOptions<undefined>),
    );
    runtime = stage.runtime;
    return { peer: await stage.opened(), runtime, seen };
  }
  const client = await connected({ timeouts: TIMEOUTS }, hooks);
  runtime = client.runtime;
  if (isOwnLoop) void loop(client.socket);
  await settle();
  return { peer: client.peer, runtime, seen };
}

/** What ends the connection behind the messages, and what our Close says then. */
const ENDS = [
  { end: "a Close", code: 3_005, opcode: null },
  { end: "a reserved opcode", code: 1_002, opcode: 0x5 },
  { end: "a reserved bit", code: 1_002, opcode: 0x21 },
] as const;

/** Messages, and behind them the end, all in one read. */
function say(peer: Peer, role: Role, { code, opcode }: (typeof ENDS)[number], now: number): void {
  for (const text of ["one", "two", "three"]) peer.endpoint.sendText(text);
  if (opcode === null) peer.endpoint.close(code, "", now);
  peer.speak();
  if (opcode !== null) {
    const head = 0x80 | opcode;
    peer.says(Uint8Array.of(head, ...(role === "server" ? [0x80, 1, 2, 3, 4] : [0])));
  }
  peer.toDriverUpTo(Number.POSITIVE_INFINITY);
}

/** What our side has said so far, in its order. */
function told(peer: Peer): unknown[] {
  return peer.events.flatMap((event): unknown[] =>
    event.type === "text" ? [event.text] : event.type === "closing" ? [event.close.code] : [],
  );
}

for (const role of ["server", "client"] as const) {
  for (const consumer of CONSUMERS) {
    describe(`a ${role} with a ${consumer}`, () => {
      for (const end of ENDS) {
        test(`answers messages that stand before ${end.end} in one read, then closes with ${end.code}`, async () => {
          const { peer, runtime, seen } = await scene(role, consumer);
          say(peer, role, end, runtime.now());
          await settle();
          await runtime.advance(4 * DELAY);
          peer.fromDriver();
          expect(told(peer)).toEqual(["re: one", "re: two", "re: three", end.code]);
          const isLoop = consumer.includes("loop");
          expect(seen).toEqual([
            "one",
            "two",
            "three",
            ...(isLoop ? [end.opcode === null ? "end of the loop" : "violation"] : []),
          ]);
        });
      }

      test("sends its Close at once where there was no message", async () => {
        const { peer, runtime } = await scene(role, consumer);
        const now = runtime.now();
        peer.endpoint.close(3_005, "", now);
        peer.speak();
        peer.toDriverUpTo(Number.POSITIVE_INFINITY);
        await settle();
        peer.fromDriver();
        expect(told(peer)).toEqual([3_005]);
        expect(runtime.now()).toBe(now);
      });
    });
  }

  describe(`a ${role} whose application does not go on`, () => {
    for (const { what, hooks, act } of [
      { what: "a socket that is paused", hooks: { message: () => {} }, act: "pause" },
      {
        what: "a hook that never settles",
        hooks: { message: () => new Promise(() => {}) },
        act: "nothing",
      },
      { what: "a loop that is left for good", hooks: {}, act: "leave" },
      { what: "a loop that never asks again", hooks: {}, act: "ask once" },
    ] as const) {
      test(`closes when four fifths of timeouts.close have passed: ${what}`, async () => {
        const { socket, peer, runtime } = await either(role, hooks);
        if (act === "pause") socket.pause();
        if (act === "leave") {
          void (async () => {
            for await (const _ of socket) break;
          })();
        }
        if (act === "ask once") void socket[Symbol.asyncIterator]().next();
        say(peer, role, ENDS[0], runtime.now());
        await runtime.advance(0.8 * CLOSE - 1);
        peer.fromDriver();
        expect(told(peer)).toEqual([]);
        expect(socket.write("still")).toBe("ok");
        await runtime.advance(1);
        expect(socket.write("late")).toBe("closed");
        peer.fromDriver();
        expect(told(peer)).toEqual(["still", 3_005]);
        await peer.pump();
        expect(await socket.closed).toMatchObject({ code: 3_005, wasClean: true, error: null });
      });
    }

    test("closes when a loop has had 1 s to begin, where nobody takes messages", async () => {
      const { socket, peer, runtime } = await either(role, {});
      say(peer, role, ENDS[0], runtime.now());
      await runtime.advance(999);
      expect(socket.state).toBe("open");
      await runtime.advance(1);
      expect(socket.state).toBe("closing");
      await peer.pump();
      expect(await socket.closed).toMatchObject({ code: 3_005, wasClean: true, undelivered: 3 });
      expect(runtime.timerCount).toBe(0);
    });

    test("answers in a loop that begins within 1 s, and takes its time then", async () => {
      const { socket, peer, runtime } = await either(role, {});
      say(peer, role, ENDS[0], runtime.now());
      await runtime.advance(900);
      void (async () => {
        for await (const message of socket) {
          await new Promise<void>((resolve) => void runtime.setTimer(resolve, DELAY, true));
          socket.write(`re: ${String(message)}`);
        }
      })();
      await runtime.advance(3 * DELAY);
      peer.fromDriver();
      expect(told(peer)).toEqual(["re: one", "re: two", "re: three", 3_005]);
    });

    test("closes at once when it calls close, with the code that answers the peer", async () => {
      const { socket, peer, runtime } = await either(role, {});
      say(peer, role, ENDS[0], runtime.now());
      void socket.close(4_000, "ours");
      await settle();
      peer.fromDriver();
      expect(told(peer)).toEqual([3_005]);
    });

    test("and whose transport breaks ends at once", async () => {
      const { socket, peer, runtime } = await either(role, {});
      say(peer, role, ENDS[0], runtime.now());
      await settle();
      peer.transport.breaks("ECONNRESET");
      expect(await socket.closed).toMatchObject({ code: 3_005, wasClean: false });
    });
  });

  test(`a ${role} answers although the peer has ended its stream behind its Close`, async () => {
    const { peer, runtime } = await scene(role, "slow loop");
    say(peer, role, ENDS[0], runtime.now());
    peer.transport.ends();
    await runtime.advance(4 * DELAY);
    peer.fromDriver();
    expect(told(peer)).toEqual(["re: one", "re: two", "re: three", 3_005]);
  });

  test(`a ${role} answers a message of an earlier read, too`, async () => {
    const { peer, runtime } = await scene(role, "slow loop");
    peer.endpoint.sendText("early");
    await peer.pump();
    peer.endpoint.close(3_005, "", runtime.now());
    await peer.pump();
    expect(told(peer)).toEqual([]);
    await runtime.advance(DELAY);
    peer.fromDriver();
    expect(told(peer)).toEqual(["re: early", 3_005]);
  });

  test(`a ${role} ends a message in fragments that an answer is made of before its Close`, async () => {
    let yields = (): void => {};
    async function* parts(): AsyncGenerator<string> {
      yield "first ";
      await new Promise<void>((resolve) => {
        yields = resolve;
      });
      yield "second";
    }
    const { peer, runtime } = await either(role, {
      message: (socket) => {
        void socket.sendStream(parts());
        socket.write("behind");
      },
    });
    peer.endpoint.sendText("request");
    peer.endpoint.close(3_005, "", runtime.now());
    await peer.pump();
    yields();
    await settle();
    peer.fromDriver();
    expect(told(peer)).toEqual(["first second", "behind", 3_005]);
  });

  test(`a ${role} whose hook awaits a pong goes on: behind the peer's Close none is read`, async () => {
    const { peer, runtime } = await either(role, {
      message: async (socket) => void socket.write(String(await socket.ping())),
    });
    peer.endpoint.sendText("request");
    peer.endpoint.close(3_005, "", runtime.now());
    peer.speak();
    peer.toDriverUpTo(Number.POSITIVE_INFINITY);
    await settle();
    peer.fromDriver();
    expect(told(peer)).toEqual(["closed", 3_005]);
  });

  test(`a ${role} closes at once though iterators were dropped, where another one asks`, async () => {
    const { socket, peer, runtime } = await either(role, {});
    const ask = async (): Promise<unknown> => (await socket[Symbol.asyncIterator]().next()).value;
    const seen: unknown[] = [];
    void (async () => {
      for (let asked = 0; asked < 4; asked += 1) {
        const message = await ask();
        seen.push(message);
        if (message !== undefined) socket.write(`re: ${String(message)}`);
      }
    })();
    const now = runtime.now();
    say(peer, role, ENDS[0], now);
    await settle();
    peer.fromDriver();
    expect(told(peer)).toEqual(["re: one", "re: two", "re: three", 3_005]);
    expect(seen).toEqual(["one", "two", "three", undefined]);
    expect(runtime.now()).toBe(now);
  });

  test(`a ${role} answers what a loop took that was left, and another began`, async () => {
    const { socket, peer, runtime } = await either(role, {});
    const ask = async (): Promise<unknown> => {
      for await (const message of socket) return message;
      return "end";
    };
    const seen: unknown[] = [];
    void (async () => {
      for (let asked = 0; asked < 4; asked += 1) {
        const message = await ask();
        seen.push(message);
        await new Promise<void>((resolve) => void runtime.setTimer(resolve, DELAY, true));
        socket.write(`re: ${String(message)}`);
      }
    })();
    say(peer, role, ENDS[0], runtime.now());
    await runtime.advance(3 * DELAY);
    peer.fromDriver();
    expect(told(peer)).toEqual(["re: one", "re: two", "re: three", 3_005]);
    expect(seen).toEqual(["one", "two", "three", "end"]);
  });

  describe(`the loop of a ${role}`, () => {
    test("ends at the peer's Close, though its stream stays open", async () => {
      const { socket, peer, runtime } = await either(role, {});
      const seen: unknown[] = [];
      const loop = (async () => {
        for await (const message of socket) seen.push(message);
      })();
      const now = runtime.now();
      peer.endpoint.sendText("one");
      peer.endpoint.close(1_000, "", now);
      peer.speak();
      peer.toDriverUpTo(peer.pending - 1);
      await settle();
      expect(socket.state).toBe("open");
      // The last byte of the Close, and no end of the stream.
      peer.transport.arrives(peer.rest());
      await loop;
      expect(seen).toEqual(["one"]);
      expect(runtime.now()).toBe(now);
      expect(socket.state).toBe("closing");
    });

    test("ends at the answer to a Close of ours, though the peer's stream stays open", async () => {
      const { socket, peer, runtime } = await either(role, {});
      const loop = (async () => {
        for await (const _ of socket);
      })();
      void socket.close();
      await settle();
      peer.fromDriver();
      peer.speak();
      peer.transport.arrives(peer.rest());
      const now = runtime.now();
      await loop;
      expect(runtime.now()).toBe(now);
      expect(socket.state).toBe("closing");
    });

    test("throws at the violation the very error that closed tells later", async () => {
      const { socket, peer, runtime } = await either(role, {});
      const loop = (async () => {
        for await (const _ of socket);
      })();
      let thrown: unknown = null;
      loop.catch((error: unknown) => {
        thrown = error;
      });
      await settle();
      say(peer, role, ENDS[1], runtime.now());
      await settle();
      expect(thrown).toMatchObject({ code: "violation", violation: { kind: "reserved-opcode" } });
      peer.transport.ends();
      expect((await socket.closed).error).toBe(thrown);
    });

    test("that begins behind the peer's Close gets what waits, and ends", async () => {
      const { socket, peer, runtime } = await either(role, {});
      say(peer, role, ENDS[0], runtime.now());
      const seen: unknown[] = [];
      for await (const message of socket) seen.push(message);
      expect(seen).toEqual(["one", "two", "three"]);
      expect(socket.state).toBe("closing");
    });
  });
}

test("a client whose server closes and waits for the client to end TCP has ended after 1 s", async () => {
  const { socket, peer, runtime } = await connected({ timeouts: TIMEOUTS });
  const began = runtime.now();
  peer.endpoint.close(1_000, "", began);
  peer.speak();
  peer.transport.arrives(peer.rest());
  await runtime.advance(999);
  expect(peer.transport.isWriteEnded).toBe(false);
  await runtime.advance(1);
  expect(peer.transport.isWriteEnded).toBe(true);
  peer.transport.ends();
  expect(await socket.closed).toMatchObject({ code: 1_000, wasClean: true, error: null });
  expect(runtime.now()).toBe(began + 1_000);
});

/** A socket of that role with these hooks; a loop may take its messages where there is no message hook. */
async function either(
  role: Role,
  hooks: { message?: (socket: Socket<undefined>) => unknown },
): Promise<{ socket: Socket<undefined>; peer: Peer; runtime: VirtualRuntime }> {
  if (role === "client") return await connected({ timeouts: TIMEOUTS }, hooks);
  let own: Socket<undefined> | undefined;
  const stage = new Stage({
    timeouts: TIMEOUTS,
    ...hooks,
    open: (socket) => {
      own = socket;
    },
  });
  const peer = await stage.opened();
  return { socket: own!, peer, runtime: stage.runtime };
}
