/** Hooks that do to sockets whatever can be done to them, their own and others, in the middle of it all. */
import { describe, expect, test, vi } from "vitest";
import type { CloseInfo, Socket } from "../../src/index.ts";
import { connected, Stage, settle } from "../stage.ts";

type Act = (socket: Socket<undefined>) => unknown;

const ACTS: readonly { readonly what: string; readonly act: Act }[] = [
  { what: "close", act: (socket) => socket.close(3000, "enough") },
  { what: "abort", act: (socket) => socket.abort() },
  { what: "abort twice", act: (socket) => [socket.abort(), socket.abort()] },
  { what: "close and abort", act: (socket) => [socket.close(), socket.abort()] },
  { what: "pause and resume", act: (socket) => [socket.pause(), socket.resume()] },
  { what: "ping", act: (socket) => socket.ping() },
  { what: "write much", act: (socket) => socket.write(new Uint8Array(100_000)) },
  {
    what: "write more than limits.unsent",
    act: (socket) => socket.write(new Uint8Array(300_000)),
  },
  { what: "stream and close", act: (socket) => [socket.sendStream(["a", "b"]), socket.close()] },
  { what: "stream and abort", act: (socket) => [socket.sendStream(["a", "b"]), socket.abort()] },
];

const HOOKS = ["open", "message", "drain", "ping", "pong", "error", "close"] as const;

/** Which socket a hook acts on. */
const TARGETS = ["its own socket", "another socket"] as const;

describe("whatever a hook does, everything ends, with close last and once:", () => {
  for (const name of HOOKS) {
    for (const { what, act } of ACTS) {
      test(`${name}: ${what}, on its own socket and on another`, async () => {
        for (const target of TARGETS) {
          for (const end of ["peer closes", "reset"] as const) {
            await play({ name, target, act, end, isTraced: false });
            await play({ name, target, act, end, isTraced: true });
          }
        }
      });
    }
  }
});

async function play({
  name,
  target,
  act,
  end,
  isTraced,
}: {
  readonly name: (typeof HOOKS)[number];
  readonly target: (typeof TARGETS)[number];
  readonly act: Act;
  readonly end: "peer closes" | "reset";
  readonly isTraced: boolean;
}): Promise<void> {
  const calls = new Map<Socket<undefined>, string[]>();
  const sockets: Socket<undefined>[] = [];
  let acts = 0;
  const acting = (socket: Socket<undefined> | null): void => {
    if (socket === null || acts === 3) return; // a ping for each pong would go on for ever
    acts += 1;
    act(
      target === "its own socket" ? socket : (sockets.find((other) => other !== socket) ?? socket),
    );
  };
  const noted =
    (hook: string) =>
    (socket: Socket<undefined> | null): void => {
      if (socket === null) return;
      if (!calls.has(socket)) calls.set(socket, []);
      calls.get(socket)!.push(hook);
      if (hook === "open") sockets.push(socket);
      if (hook === name) acting(socket);
      if (hook === "message") {
        socket.write(new Uint8Array(60_000));
        if (name === "error") throw new Error("for the error hook");
      }
    };
  const hooks = Object.fromEntries(HOOKS.map((hook) => [hook, noted(hook)]));
  const stage = new Stage({
    limits: { unsent: 200_000, undelivered: 10 },
    ...hooks,
    ...(isTraced ? { trace: () => {} } : {}),
  });
  const peers = [await stage.opened(), await stage.opened()];
  for (const round of [1, 2]) {
    for (const peer of peers) {
      peer.transport.room = round === 1 ? 100 : peer.transport.room;
      peer.endpoint.sendText("a");
      peer.endpoint.sendText("b");
      peer.endpoint.ping(null, stage.runtime.now());
      peer.endpoint.pong();
      await peer.pump();
      peer.transport.takes(Number.POSITIVE_INFINITY);
      await peer.pump();
    }
  }
  for (const peer of peers) {
    if (end === "reset") peer.transport.breaks("ECONNRESET");
    else peer.endpoint.close(1000, "", stage.runtime.now());
    await peer.pump();
  }
  await stage.runtime.advance(60_000);
  for (const peer of peers) await peer.pump();
  for (const socket of sockets) {
    await socket.closed;
    const heard = calls.get(socket)!;
    expect(heard[0]).toBe("open");
    expect(heard.filter((hook) => hook === "close")).toHaveLength(1);
    const behind = heard.slice(heard.indexOf("close") + 1);
    expect(behind.filter((hook) => hook !== "error")).toEqual([]);
  }
  expect(sockets).toHaveLength(2);
  expect(stage.server.connections).toBe(0);
  expect(stage.runtime.timerCount).toBe(0);
}

describe("a hook", () => {
  test("that fails after it has made its socket look at its frames harms nobody else", async () => {
    const errors: string[] = [];
    const closes: CloseInfo[] = [];
    let finish = (): void => {};
    let count = 0;
    const stage = new Stage({
      message(socket) {
        count += 1;
        if (count === 1) {
          return new Promise<void>((resolve) => {
            finish = resolve;
          });
        }
        socket.write("traced");
        socket.pause();
        socket.resume();
        throw new Error("broken");
      },
      trace() {},
      close: (_, info) => void closes.push(info),
      error: (_, error) => void errors.push(error.code),
    });
    const peer = await stage.opened();
    peer.endpoint.sendText("one");
    peer.endpoint.sendText("two");
    await peer.pump();
    finish();
    await peer.pump();
    expect(errors).toEqual(["hook-failed"]);
    expect(closes).toHaveLength(1);
    expect(peer.endpoint.ended?.peerClose?.code).toBe(1011);
  });

  test("trace hears of a large message that was written outside of a turn, without waiting for the peer", async () => {
    const frames: string[] = [];
    const stage = new Stage({
      trace: (_, { direction, payloadLength }) => void frames.push(`${direction} ${payloadLength}`),
    });
    await stage.opened();
    stage.server.sockets[0]!.write(new Uint8Array(100_000));
    await settle();
    expect(frames).toEqual(["out 100000"]);
  });

  test("drain may resume what the message hook has paused, whoever writes", async () => {
    const messages: unknown[] = [];
    const stage = new Stage({
      limits: { unsent: 200_000 },
      message(socket, message) {
        messages.push(message);
        if (message === "one") socket.pause();
      },
      drain: (socket) => socket.resume(),
    });
    const peer = await stage.opened();
    peer.endpoint.sendText("one");
    peer.endpoint.sendText("two");
    await peer.pump();
    expect(messages).toEqual(["one"]);
    const socket = stage.server.sockets[0]!;
    // The first waits for the end of the turn, the second is too much to wait, and is taken at once: drain is called.
    expect(socket.write(new Uint8Array(60_000))).toBe("pressure");
    socket.write(new Uint8Array(60_000));
    await settle();
    expect(messages).toEqual(["one", "two"]);
  });

  test("drain may abort, whoever writes: close is called without waiting for the transport", async () => {
    const close = vi.fn();
    const stage = new Stage({
      limits: { unsent: 200_000 },
      drain: (socket) => socket.abort(),
      close,
    });
    await stage.opened();
    const socket = stage.server.sockets[0]!;
    socket.write(new Uint8Array(60_000));
    const sent = socket.send(new Uint8Array(60_000));
    await settle();
    expect(close).toHaveBeenCalledTimes(1);
    await sent;
  });

  test("drain that fills the transport and aborts leaves no send behind", async () => {
    const stage = new Stage({
      limits: { unsent: 200_000 },
      drain(socket) {
        socket.write(new Uint8Array(100_000));
        socket.abort();
      },
    });
    const peer = await stage.opened();
    peer.transport.room = 130_000;
    const socket = stage.server.sockets[0]!;
    socket.write(new Uint8Array(60_000));
    const result = vi.fn();
    void socket.send(new Uint8Array(60_000)).then(result);
    await settle();
    expect(result).toHaveBeenCalledTimes(1);
  });

  test("ping and pong that answer with a rejected thenable fail like all others", async () => {
    const errors: string[] = [];
    const thenable = {
      // biome-ignore lint/suspicious/noThenProperty: a promise of somebody else's making
      then: (_: unknown, reject: (error: unknown) => void) => reject(new Error("no")),
    };
    const stage = new Stage({
      ping: () => thenable as unknown as Promise<void>,
      error: (_, { message }) => void errors.push(message),
    });
    const peer = await stage.opened();
    peer.endpoint.ping(null, stage.runtime.now());
    await peer.pump();
    expect(errors).toEqual(["the ping hook failed: no"]);
  });

  test("on a client that fails is no end of the process when its error hook fails too", async () => {
    const print = vi.spyOn(console, "error").mockImplementation(() => {});
    const { socket, peer } = await connected(
      {},
      {
        message() {
          throw new Error("first");
        },
        error() {
          throw new Error("second");
        },
      },
    );
    peer.endpoint.sendText("x");
    await peer.pump();
    expect((await socket.closed).error).toMatchObject({ code: "hook-failed" });
    expect(print.mock.calls).toMatchObject([[{ message: "second" }]]);
    print.mockRestore();
  });
});
