/** What a hook or a loop awaits of its own socket comes, although messages stand before it that only this hook could take. */
import { describe, expect, test } from "vitest";
import type { CloseInfo, Message, Socket, SocketHooks } from "../../src/index.ts";
import { connected, type Peer, QUIET, Stage, settle, type VirtualRuntime } from "../stage.ts";

interface Scene {
  readonly peer: Peer;
  readonly runtime: VirtualRuntime;
}

const UNDELIVERED = 10_000;
const limits = { undelivered: UNDELIVERED };

const SIDES = {
  async server(hooks: SocketHooks<undefined>, timeouts: object = {}): Promise<Scene> {
    const stage = new Stage({ limits, timeouts: { ...QUIET, ...timeouts }, ...hooks });
    return { peer: await stage.opened(), runtime: stage.runtime };
  },
  client: (hooks: SocketHooks<undefined>, timeouts: object = {}): Promise<Scene> =>
    connected({ limits, timeouts: { ...QUIET, ...timeouts } }, hooks),
};

interface Closing {
  (socket: Socket<undefined>): Promise<void>;
  /** The peer has begun to send. */
  readonly begun: Promise<void>;
}

/** Who closes, in the middle of its messages. */
const APPLICATIONS: Readonly<Record<string, (closing: Closing) => SocketHooks<undefined>>> = {
  "a message hook": (closing) => ({ message: (socket) => closing(socket) }),
  "a hook that has paused its socket": (closing) => ({
    message(socket) {
      socket.pause();
      void closing(socket);
    },
  }),
  "an open hook": (closing) => ({
    open: (socket) => closing.begun.then(() => closing(socket)),
    message() {},
  }),
  "the body of a loop": (closing) => ({
    open(socket) {
      void (async () => {
        for await (const _ of socket) await closing(socket);
      })().catch(() => {});
    },
  }),
};

/** The peer has sent ten times as much as may wait before it hears of our Close. */
function sendMuch(peer: Peer): void {
  for (let count = 0; count < 100; count += 1) peer.endpoint.sendBinary(new Uint8Array(1_000));
}

for (const [role, begin] of Object.entries(SIDES)) {
  describe(`await socket.close() on a ${role}`, () => {
    for (const [who, hooks] of Object.entries(APPLICATIONS)) {
      test(`ends cleanly in ${who}, however much stands before the peer's Close`, async () => {
        const infos: CloseInfo[] = [];
        let isClosing = false;
        let begins = (): void => {};
        const begun = new Promise<void>((resolve) => {
          begins = resolve;
        });
        const close = async (socket: Socket<undefined>): Promise<void> => {
          if (isClosing) return;
          isClosing = true;
          infos.push(await socket.close());
        };
        const { peer, runtime } = await begin(hooks(Object.assign(close, { begun })));
        sendMuch(peer);
        peer.speak();
        begins();
        // Read by read, as a transport brings it: what has been read before a pause is still taken.
        for (let half = 0; half < 8; half += 1) {
          peer.speak();
          for (let count = 0; count < 40; count += 1) {
            if (!peer.transport.isPaused) peer.toDriverUpTo(4_000);
            await settle();
            peer.fromDriver();
          }
          await runtime.advance(500);
        }
        expect(infos).toMatchObject([{ wasClean: true, code: 1000 }]);
        expect(infos[0]!.undelivered).toBeGreaterThan(0);
      });
    }
  });
}

describe("behind our own Close", () => {
  test("an application that goes on slowly gets every message", async () => {
    const seen: Message[] = [];
    const waiting: (() => void)[] = [];
    let socket: Socket<undefined> | undefined;
    const infos: CloseInfo[] = [];
    const { peer, runtime } = await SIDES.server({
      open: (opened) => {
        socket = opened;
      },
      message(_, message) {
        seen.push(message);
        return new Promise<void>((resolve) => waiting.push(resolve));
      },
      close: (_, info) => void infos.push(info),
    });
    sendMuch(peer);
    peer.speak();
    void socket!.close();
    await settle();
    peer.fromDriver();
    for (let count = 0; count < 400; count += 1) {
      if (!peer.transport.isPaused) peer.toDriverUpTo(4_000);
      await runtime.advance(40);
      waiting.shift()?.();
      await settle();
      peer.fromDriver();
    }
    expect(seen).toHaveLength(100);
    expect(infos).toMatchObject([{ wasClean: true, undelivered: 0 }]);
  });

  test("a peer that never stops sending is cut off by timeouts.close", async () => {
    const infos: CloseInfo[] = [];
    const { peer, runtime } = await SIDES.server({
      async message(socket) {
        infos.push(await socket.close());
      },
    });
    for (let tenth = 0; tenth < 60; tenth += 1) {
      sendMuch(peer);
      peer.speak();
      if (!peer.transport.isPaused) peer.toDriverUpTo(50_000);
      await runtime.advance(100);
    }
    expect(infos[0]).toMatchObject({ wasClean: false, error: { timeout: "close" } });
  });
});

describe("await socket.ping() in a message hook", () => {
  for (const { what, messages, ms } of [
    { what: "has its pong behind as much as may wait twice", messages: 18, ms: 0 },
    {
      what: "goes on by the timer idle when more stands before the pong",
      messages: 100,
      ms: 8_000,
    },
  ]) {
    test(what, async () => {
      let result: number | "closed" | undefined;
      const { peer, runtime } = await SIDES.server(
        {
          async message(socket) {
            result ??= await socket.ping();
          },
        },
        { idle: 5_000 },
      );
      for (let count = 0; count < messages; count += 1) {
        peer.endpoint.sendBinary(new Uint8Array(1_000));
      }
      await peer.pump();
      await runtime.advance(ms);
      await peer.pump();
      expect(result).not.toBeUndefined();
    });
  }
});
