/** The close hook: it comes once, whatever the application does with its messages, and says how many nobody took. */
import { describe, expect, test } from "vitest";
import type { CloseInfo, Message, Socket, SocketHooks } from "../../src/index.ts";
import { connected, type Peer, QUIET, Stage, settle, type VirtualRuntime } from "../stage.ts";

interface Scene {
  readonly socket: Socket<undefined>;
  readonly peer: Peer;
  readonly runtime: VirtualRuntime;
}

/** The side whose hooks are tested: a server with a client as its peer, or the other way round. */
const SIDES = {
  async server(hooks: SocketHooks<undefined>, timeouts: object = {}): Promise<Scene> {
    let socket: Socket<undefined> | undefined;
    const stage = new Stage({
      timeouts: { ...QUIET, ...timeouts },
      ...hooks,
      open(opened: Socket<undefined>) {
        socket = opened;
        return hooks.open?.(opened);
      },
    });
    const peer = await stage.opened();
    return { socket: socket!, peer, runtime: stage.runtime };
  },
  client: (hooks: SocketHooks<undefined>, timeouts: object = {}): Promise<Scene> =>
    connected({ timeouts: { ...QUIET, ...timeouts } }, hooks),
};

const ENDINGS = {
  closes: ({ peer, runtime }: Scene) => void peer.endpoint.close(1000, "", runtime.now()),
  "ends its stream": ({ peer }: Scene) => peer.transport.ends(),
  "resets the connection": ({ peer }: Scene) => peer.transport.breaks("ECONNRESET"),
};

const never = (): Promise<void> => new Promise(() => {});

/** What the application does that has two messages from the peer, and takes only some of them. */
const APPLICATIONS: readonly {
  readonly what: string;
  readonly hooks: (calls: string[]) => SocketHooks<undefined>;
  readonly isAtOnce: boolean;
  readonly calls: string[];
  readonly undelivered: number;
}[] = [
  {
    what: "has no message hook and no loop",
    hooks: () => ({}),
    isAtOnce: true,
    calls: [],
    undelivered: 2,
  },
  {
    what: "has left its loop",
    hooks: () => ({ open: (socket) => void socket[Symbol.asyncIterator]().return!() }),
    isAtOnce: true,
    calls: [],
    undelivered: 2,
  },
  {
    what: "keeps a loop that never asks for a message",
    hooks: () => ({ open: (socket) => void socket[Symbol.asyncIterator]() }),
    isAtOnce: false,
    calls: [],
    undelivered: 2,
  },
  {
    what: "has paused the socket",
    hooks: (calls) => ({
      open: (socket) => socket.pause(),
      message: (_, message) => void calls.push(String(message)),
    }),
    isAtOnce: false,
    calls: [],
    undelivered: 2,
  },
  {
    what: "has an open hook that never settles",
    hooks: (calls) => ({
      open: never,
      message: (_, message) => void calls.push(String(message)),
    }),
    isAtOnce: false,
    calls: [],
    undelivered: 2,
  },
  {
    what: "has a message hook that never settles",
    hooks: (calls) => ({
      message(_, message) {
        calls.push(String(message));
        return never();
      },
    }),
    isAtOnce: false,
    calls: ["one"],
    undelivered: 1,
  },
];

for (const [role, begin] of Object.entries(SIDES)) {
  for (const [how, end] of Object.entries(ENDINGS)) {
    describe(`when the peer of a ${role} ${how}, close comes though the application`, () => {
      for (const { what, hooks, isAtOnce, calls: wanted, undelivered } of APPLICATIONS) {
        test(what, async () => {
          const calls: string[] = [];
          const infos: CloseInfo[] = [];
          const scene = await begin({ ...hooks(calls), close: (_, info) => void infos.push(info) });
          const { peer, runtime, socket } = scene;
          peer.endpoint.sendText("one");
          peer.endpoint.sendText("two");
          await peer.pump();
          end(scene);
          await peer.pump();
          // Our Close waits for the answers to what came before the peer's.
          if (how === "closes") await runtime.advance(5_000);
          await peer.pump();
          // The closing handshake has no need of the clock; where the peer only leaves, our Close waits for it.
          if (how === "ends its stream") await runtime.advance(1);
          await socket.closed;
          expect(infos).toHaveLength(isAtOnce ? 1 : 0);
          await runtime.advance(4_000);
          expect(infos).toHaveLength(isAtOnce ? 1 : 0);
          await runtime.advance(2_000);
          expect(infos).toMatchObject([{ undelivered }]);
          expect(runtime.timerCount).toBe(0);
          socket.resume(); // too late
          await runtime.advance(60_000);
          expect(infos).toHaveLength(1);
          expect(calls).toEqual(wanted);
        });
      }
    });
  }
}

describe("close", () => {
  test("waits while an application that is slow goes on taking messages", async () => {
    const calls: string[] = [];
    const waiting: (() => void)[] = [];
    const scene = await SIDES.server({
      message(_, message) {
        calls.push(String(message));
        return new Promise<void>((resolve) => waiting.push(resolve));
      },
      close: (_, { undelivered }) => void calls.push(`close, ${undelivered} undelivered`),
    });
    for (const text of ["one", "two", "three"]) scene.peer.endpoint.sendText(text);
    await scene.peer.pump();
    scene.peer.endpoint.close(1000, "", scene.runtime.now());
    await scene.peer.pump();
    for (let count = 0; count < 3; count += 1) {
      await scene.runtime.advance(4_900);
      waiting.shift()!();
      await settle();
    }
    expect(calls).toEqual(["one", "two", "three", "close, 0 undelivered"]);
    expect(scene.runtime.timerCount).toBe(0);
  });

  test("comes behind the messages of a socket that is resumed in time", async () => {
    const calls: string[] = [];
    const { socket, peer, runtime } = await SIDES.client({
      open: (opened) => opened.pause(),
      message: (_, message) => void calls.push(String(message)),
      close: (_, { undelivered }) => void calls.push(`close, ${undelivered} undelivered`),
    });
    peer.endpoint.sendText("one");
    peer.endpoint.close(1000, "", runtime.now());
    await peer.pump();
    await runtime.advance(4_000);
    socket.resume();
    await peer.pump();
    expect(calls).toEqual(["one", "close, 0 undelivered"]);
    expect(runtime.timerCount).toBe(0);
  });

  test("waits without end with timeouts.close 0", async () => {
    const calls: string[] = [];
    const { socket, peer, runtime } = await SIDES.server(
      {
        open: (opened) => opened.pause(),
        message: (_, message) => void calls.push(String(message)),
        close: () => void calls.push("close"),
      },
      { close: 0 },
    );
    peer.endpoint.sendText("one");
    peer.endpoint.close(1000, "", runtime.now());
    await peer.pump();
    await runtime.advance(1_000_000);
    expect(calls).toEqual([]);
    socket.resume();
    await peer.pump();
    expect(calls).toEqual(["one", "close"]);
  });

  test("takes no message away from a loop that begins behind it", async () => {
    const infos: CloseInfo[] = [];
    const { socket, peer, runtime } = await SIDES.client({
      close: (_, info) => void infos.push(info),
    });
    peer.endpoint.sendText("one");
    peer.endpoint.sendText("two");
    peer.endpoint.close(1000, "", runtime.now());
    await peer.pump();
    await runtime.advance(5_000);
    await peer.pump();
    expect(infos).toMatchObject([{ undelivered: 2 }]);
    const messages: Message[] = [];
    for await (const message of socket) messages.push(message);
    expect(messages).toEqual(["one", "two"]);
    expect(infos).toHaveLength(1);
  });
});

describe("undelivered messages", () => {
  test("that still wait at the end are counted in closed", async () => {
    const { socket, peer, runtime } = await SIDES.client({});
    peer.endpoint.sendText("one");
    peer.endpoint.sendBinary(Uint8Array.of(1));
    peer.endpoint.close(1000, "", runtime.now());
    await peer.pump();
    await runtime.advance(5_000);
    await peer.pump();
    expect(await socket.closed).toMatchObject({ undelivered: 2, wasClean: true });
  });

  test("are counted where an application that has failed gets no more", async () => {
    const infos: CloseInfo[] = [];
    const { peer } = await SIDES.server({
      message() {
        throw new Error("broken");
      },
      error() {},
      close: (_, info) => void infos.push(info),
    });
    for (const text of ["one", "two", "three"]) peer.endpoint.sendText(text);
    await peer.pump();
    expect(infos).toMatchObject([{ undelivered: 2, error: { code: "hook-failed" } }]);
  });

  test("are counted behind the Close of a shutdown", async () => {
    const infos: CloseInfo[] = [];
    const stage = new Stage({ message() {}, close: (_, info) => void infos.push(info) });
    const peer = await stage.opened();
    peer.endpoint.sendText("delivered");
    await peer.pump();
    peer.endpoint.sendText("on its way");
    void stage.server.shutdown();
    await peer.pump();
    expect(infos).toMatchObject([{ undelivered: 1, wasClean: true }]);
  });

  test("are none where all were taken", async () => {
    const infos: CloseInfo[] = [];
    const { socket, peer, runtime } = await SIDES.server({
      message() {},
      close: (_, info) => void infos.push(info),
    });
    peer.endpoint.sendText("one");
    peer.endpoint.close(1000, "", runtime.now());
    await peer.pump();
    expect(infos).toMatchObject([{ undelivered: 0 }]);
    expect(infos[0]).toBe(await socket.closed);
  });
});
