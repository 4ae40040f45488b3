/**
 * One read of the transport can hold a thousand times its bytes in messages, because the peer compresses. Messages that a busy
 * application has not taken stay near `limits.undelivered` all the same.
 */
import { permessageDeflate } from "@sansocket/core/permessage-deflate";
import { describe, expect, test } from "vitest";
import { adopt, detach } from "../../src/hand-off.ts";
import {
  type CloseInfo,
  deflateWith,
  type ServerOptions,
  type Socket,
  type WatchedFrame,
} from "../../src/index.ts";
import type { Message } from "../../src/socket/message.ts";
import { bindingOf } from "../../src/socket/socket.ts";
import { repeatingCodec } from "../repeating-codec.ts";
import { connected, type Peer, Stage, settle } from "../stage.ts";

const UNDELIVERED = 50_000;
/** Bytes of messages that are pulled beyond the limit before pulling stops. */
const ALLOWANCE = 65_536;
/** A message of the bomb, and what the mailbox counts for it. */
const SIZE = 20_000;
const COUNTED = SIZE + 64;
const COUNT = 100;
const BOUND = UNDELIVERED + ALLOWANCE + COUNTED;
/** While a pong or the peer's Close is awaited there is room for as much again. */
const AWAITED_BOUND = BOUND + UNDELIVERED;

const DEFLATE = deflateWith(repeatingCodec(), { contextTakeover: false });
const LIMITS = { undelivered: UNDELIVERED };

const CLIENT_DEFLATE = [permessageDeflate("client", repeatingCodec(), { contextTakeover: false })];

/** Each message is of a letter of its own, so that their order shows. */
function messageAt(index: number): string {
  return String.fromCharCode(97 + (index % 26)).repeat(SIZE);
}

const ALL = Array.from({ length: COUNT }, (_, index) => messageAt(index));

function queueBomb(peer: Peer, count = COUNT): void {
  for (let index = 0; index < count; index += 1) peer.endpoint.sendText(messageAt(index));
}

/** Everything that the peer has to say, in one read. */
function arrivesAtOnce(peer: Peer): number {
  peer.speak();
  const wire = peer.rest();
  peer.transport.arrives(wire);
  return wire.length;
}

function waitingBytes(socket: Socket): number {
  return bindingOf(socket).delivery.waitingBytes;
}

/** Hooks that finish when the test says so. */
class Gate {
  readonly taken: Message[] = [];
  private passes: (() => void)[] = [];
  private isOpen = false;

  message(message: Message): Promise<void> | undefined {
    this.taken.push(message);
    if (this.isOpen) return undefined;
    return new Promise((resolve) => this.passes.push(resolve));
  }

  /** One hook finishes. */
  async step(): Promise<void> {
    this.passes.shift()?.();
    await settle();
  }

  async open(): Promise<void> {
    this.isOpen = true;
    for (const pass of this.passes.splice(0)) pass();
    await settle();
  }
}

interface Scene {
  readonly stage: Stage;
  readonly peer: Peer;
  readonly socket: Socket<undefined>;
  readonly gate: Gate;
  readonly infos: CloseInfo[];
}

type Hooked = Exclude<ServerOptions<undefined>, { readonly connection: unknown }>;
/** Options in place of those of the scene; undefined takes a hook away. */
type Overrides = { readonly [K in keyof Hooked]?: Hooked[K] | undefined };

/** A server whose `message` hook is busy with the first message until the gate opens. */
async function busyServer(options: Overrides = {}): Promise<Scene> {
  const gate = new Gate();
  const infos: CloseInfo[] = [];
  const stage = new Stage({
    perMessageDeflate: DEFLATE,
    limits: LIMITS,
    message: (_, message) => gate.message(message),
    close: (_, info) => void infos.push(info),
    ...options,
  } as Hooked);
  const peer = stage.client({ extensions: CLIENT_DEFLATE });
  await peer.pump();
  return { stage, peer, socket: stage.server.sockets[0]!, gate, infos };
}

/** The same with 2 MB of messages in one read of 3 KB. */
async function bombed(options: Overrides = {}): Promise<Scene> {
  const scene = await busyServer(options);
  queueBomb(scene.peer);
  expect(arrivesAtOnce(scene.peer)).toBeLessThan(4_000);
  return scene;
}

describe("what waits behind one compressed read", () => {
  for (const isInbox of [false, true]) {
    const by = isInbox ? "the inbox" : "a chunk";

    test(`that came by ${by} stays near limits.undelivered, and every message arrives in order`, async () => {
      const { peer, socket, gate } = await busyServer();
      peer.transport.isInbox = isInbox;
      queueBomb(peer);
      arrivesAtOnce(peer);
      let most = 0;
      for (let step = 0; step < COUNT; step += 1) {
        most = Math.max(most, waitingBytes(socket));
        await gate.step();
      }
      expect(most).toBeGreaterThan(UNDELIVERED);
      expect(most).toBeLessThanOrEqual(BOUND);
      expect(gate.taken).toEqual(ALL);
      expect(peer.transport.isPaused).toBe(false);
    });
  }

  test("arrives whole at a hook that answers at once, in the same turn", async () => {
    let received = 0;
    const { socket } = await bombed({
      message(_, message) {
        received += message.length;
      },
    });
    expect(received).toBe(COUNT * SIZE);
    expect(waitingBytes(socket)).toBe(0);
  });

  test("stays there for a loop", async () => {
    const { socket } = await bombed({ message: undefined });
    let most = 0;
    const taken: Message[] = [];
    for await (const message of socket) {
      most = Math.max(most, waitingBytes(socket));
      taken.push(message);
      if (taken.length === COUNT) break;
    }
    expect(most).toBeLessThanOrEqual(BOUND);
    expect(taken).toEqual(ALL);
  });

  test("stays there for a socket that is paused", async () => {
    const gate = new Gate();
    const { peer, socket } = await busyServer({ message: (_, message) => gate.message(message) });
    await gate.open();
    socket.pause();
    queueBomb(peer);
    arrivesAtOnce(peer);
    expect(waitingBytes(socket)).toBeLessThanOrEqual(BOUND);
    socket.resume();
    await settle();
    expect(gate.taken).toEqual(ALL);
  });

  test("stays there on a client", async () => {
    const gate = new Gate();
    const { peer, socket } = await connected(
      { perMessageDeflate: DEFLATE, limits: LIMITS },
      { message: (_, message) => gate.message(message) },
      { extensions: [permessageDeflate("server", repeatingCodec())] },
    );
    queueBomb(peer);
    arrivesAtOnce(peer);
    expect(gate.taken).toHaveLength(1);
    expect(waitingBytes(socket)).toBeLessThanOrEqual(BOUND);
    await gate.open();
    expect(gate.taken).toEqual(ALL);
  });

  test("stays there when more reads come although the transport was paused", async () => {
    const { peer, socket, gate } = await bombed();
    expect(peer.transport.isPaused).toBe(true);
    queueBomb(peer);
    arrivesAtOnce(peer);
    expect(waitingBytes(socket)).toBeLessThanOrEqual(BOUND);
    await gate.open();
    expect(gate.taken).toEqual([...ALL, ...ALL]);
  });

  test("is counted for empty messages too, which are small on the wire without compression", async () => {
    const { peer, socket, gate } = await busyServer();
    const frame = Uint8Array.of(0x82, 0x80, 0, 0, 0, 0);
    for (let count = 0; count < 5_000; count += 1) peer.says(frame);
    arrivesAtOnce(peer);
    expect(waitingBytes(socket)).toBeLessThanOrEqual(UNDELIVERED + ALLOWANCE + 64);
    await gate.open();
    expect(gate.taken).toHaveLength(5_000);
  });

  test("is one message more than the limit where one message is larger: limits.message bounds it", async () => {
    const { peer, socket, gate } = await busyServer({
      limits: { undelivered: UNDELIVERED, message: 800_000 },
    });
    for (const letter of ["a", "b", "c", "d"]) peer.endpoint.sendText(letter.repeat(800_000));
    arrivesAtOnce(peer);
    expect(waitingBytes(socket)).toBe(800_064);
    await gate.open();
    expect(gate.taken.map(({ length }) => length)).toEqual([8e5, 8e5, 8e5, 8e5]);
  });

  test("has no limit with limits.undelivered of Infinity, as the application has asked for", async () => {
    const { socket } = await bombed({ limits: { undelivered: Number.POSITIVE_INFINITY } });
    expect(waitingBytes(socket)).toBe((COUNT - 1) * COUNTED);
  });

  test("is read from memory of the connection: other connections use the memory of the thread meanwhile", async () => {
    const { stage, peer, gate } = await bombed();
    const other = stage.client({ extensions: CLIENT_DEFLATE });
    await other.pump();
    for (let round = 0; round < 20; round += 1) {
      other.endpoint.sendBinary(new Uint8Array(60_000).fill(round));
      other.transport.isInbox = round % 2 === 0;
      arrivesAtOnce(other);
    }
    await gate.open();
    const texts = gate.taken.filter((message) => typeof message === "string");
    expect(texts).toEqual(ALL);
    expect(peer.transport.isPaused).toBe(false);
  });
});

describe("behind the messages that wait,", () => {
  test("a ping is answered and the peer's Close is told when the application gets there", async () => {
    const { peer, gate, infos } = await busyServer();
    queueBomb(peer);
    peer.endpoint.ping(Uint8Array.of(1, 2, 3), 1_000);
    peer.endpoint.close(3_000, "done", 1_000);
    arrivesAtOnce(peer);
    await peer.pump();
    expect(peer.eventsOfType("pong")).toEqual([]);
    await gate.open();
    await peer.pump();
    expect(gate.taken).toEqual(ALL);
    expect(peer.eventsOfType("pong")).toHaveLength(1);
    expect(infos).toMatchObject([{ code: 3_000, reason: "done", wasClean: true, undelivered: 0 }]);
  });

  test("a violation is told when the application gets there", async () => {
    const { peer, gate, infos } = await busyServer();
    queueBomb(peer);
    peer.speak();
    peer.says(Uint8Array.of(0x83, 0x80, 0, 0, 0, 0));
    arrivesAtOnce(peer);
    await settle();
    await gate.open();
    await peer.pump();
    expect(gate.taken).toEqual(ALL);
    expect(infos).toMatchObject([
      { error: { violation: { kind: "reserved-opcode" } }, undelivered: 0 },
    ]);
  });

  test("the end of the peer's stream is told when the application gets there", async () => {
    const { peer, gate, infos } = await bombed();
    peer.transport.ends();
    await settle();
    expect(infos).toEqual([]);
    await gate.open();
    await peer.pump();
    expect(gate.taken).toEqual(ALL);
    expect(infos).toMatchObject([{ code: 1006, ended: { isEndOfStream: true }, undelivered: 0 }]);
  });

  test("frames are traced in their order", async () => {
    const lines: string[] = [];
    const gate = new Gate();
    const { peer } = await bombed({
      trace: (_: Socket, { direction, opcode }: WatchedFrame) =>
        void lines.push(`${direction} ${opcode}`),
      message: (_, message) => {
        lines.push("message");
        return gate.message(message);
      },
    });
    await gate.open();
    await peer.pump();
    expect(lines.filter((line) => line === "in 1")).toHaveLength(COUNT);
    expect(gate.taken).toEqual(ALL);
  });
});

describe("a transport that is lost while messages wait", () => {
  test("takes no message from an application that goes on, and lets it send no more", async () => {
    const { peer, socket, gate, infos } = await busyServer();
    peer.transport.room = 0;
    const sent = socket.send("on its way");
    queueBomb(peer);
    arrivesAtOnce(peer);
    peer.transport.breaks("ECONNRESET");
    await settle();
    expect([await sent, socket.state, socket.write("late")]).toEqual([
      "closed",
      "closing",
      "closed",
    ]);
    expect(await socket.send("late")).toBe("closed");
    await socket.ready();
    expect(waitingBytes(socket)).toBeLessThanOrEqual(AWAITED_BOUND);
    await gate.open();
    expect(gate.taken).toEqual(ALL);
    expect(infos).toMatchObject([
      { code: 1006, ended: { transportError: "ECONNRESET" }, undelivered: 0 },
    ]);
    expect((await socket.closed).undelivered).toBe(0);
  });

  test("tells the peer's Close that stands behind the messages", async () => {
    const { peer, gate, infos } = await busyServer();
    queueBomb(peer);
    peer.endpoint.close(3_000, "done", 1_000);
    arrivesAtOnce(peer);
    peer.transport.breaks();
    await gate.open();
    expect(gate.taken).toEqual(ALL);
    expect(infos).toMatchObject([{ code: 3_000, reason: "done", wasClean: false }]);
  });

  test("ends a connection whose application never goes on, and counts the messages", async () => {
    const { stage, peer, socket, gate, infos } = await bombed();
    peer.transport.breaks("ECONNRESET");
    await stage.runtime.advance(20_000);
    expect(gate.taken).toHaveLength(1);
    expect(infos).toMatchObject([{ code: 1006, undelivered: COUNT - 1 }]);
    expect(socket.state).toBe("closed");
    expect([stage.server.connections, stage.runtime.isKept]).toEqual([0, false]);
  });

  test("or only tells the end of the stream ends a connection whose application never goes on", async () => {
    const { stage, peer, gate, infos } = await bombed();
    peer.transport.ends();
    await stage.runtime.advance(20_000);
    expect(gate.taken).toHaveLength(1);
    expect(infos).toMatchObject([{ undelivered: COUNT - 1, ended: { isEndOfStream: true } }]);
  });

  test("gives a loop a second to begin where nobody takes messages, and ends then", async () => {
    const options = { message: undefined, timeouts: { close: 0 } };
    const { stage, peer, socket, infos } = await bombed(options);
    peer.transport.breaks("ECONNRESET");
    await stage.runtime.advance(900);
    expect(infos).toEqual([]);
    await stage.runtime.advance(200);
    expect(infos).toMatchObject([{ code: 1006, undelivered: COUNT }]);
    // The messages that had found room are still there for a loop that begins later.
    const { value } = await socket[Symbol.asyncIterator]().next();
    expect(value).toBe(ALL[0]);
  });

  test("loses no message for a loop that begins within that second", async () => {
    const { stage, peer, socket, infos } = await bombed({ message: undefined });
    peer.transport.breaks("ECONNRESET");
    await stage.runtime.advance(900);
    const taken: Message[] = [];
    await expect(
      (async () => {
        for await (const message of socket) taken.push(message);
      })(),
    ).rejects.toMatchObject({ code: "transport-failed" });
    expect(taken).toEqual(ALL);
    expect(infos).toMatchObject([{ undelivered: 0 }]);
  });

  test("ends a parted message of ours", async () => {
    const { peer, socket, gate } = await busyServer();
    const sent = socket.sendStream(
      (async function* parts() {
        yield "the first part";
        await new Promise(() => {});
      })(),
    );
    await settle();
    queueBomb(peer);
    arrivesAtOnce(peer);
    peer.transport.breaks();
    expect(await sent).toBe("closed");
    await gate.open();
    expect(gate.taken).toEqual(ALL);
  });
});

describe("while messages wait, time", () => {
  const PINGS = { idle: 0, ping: 1_000, pong: 1_000 };

  test("does not close the connection for a pong that is behind them", async () => {
    const { stage, peer, gate, infos } = await busyServer({ timeouts: PINGS });
    await stage.runtime.advance(1_500); // a ping of the server's is out
    queueBomb(peer, 20);
    peer.speak();
    peer.fromDriver(); // and its pong is behind the messages
    arrivesAtOnce(peer);
    expect(gate.taken).toHaveLength(1);
    await stage.runtime.advance(20_000);
    expect(infos).toEqual([]);
    await gate.open();
    await peer.pump();
    await stage.runtime.advance(500);
    expect(infos).toEqual([]);
    expect(gate.taken).toHaveLength(20);
  });

  test("closes an idle connection, as it does while reading is paused", async () => {
    const { stage, peer, gate, infos } = await bombed({
      timeouts: { ...PINGS, idle: 5_000, ping: 0 },
    });
    await stage.runtime.advance(5_100);
    peer.fromDriver();
    expect(peer.endpoint.peerClose).toMatchObject({ code: 1001 });
    await gate.open();
    await peer.pump();
    expect(gate.taken).toEqual(ALL);
    expect(infos).toMatchObject([{ ended: { timeout: "idle" }, undelivered: 0 }]);
  });
});

describe("what the application itself does while messages wait:", () => {
  test("close() awaited in the hook finishes, and drops what finds no room", async () => {
    const ends: CloseInfo[] = [];
    const { stage, peer, infos } = await busyServer({
      async message(socket) {
        if (ends.length === 0) ends.push(await socket.close(3_001));
      },
    });
    queueBomb(peer);
    arrivesAtOnce(peer);
    await peer.pump();
    peer.speak();
    await stage.runtime.advance(3_000);
    await peer.pump();
    expect(ends).toMatchObject([{ wasClean: true, initiator: "local" }]);
    expect(infos[0]!.undelivered).toBeGreaterThan(COUNT / 2);
  });

  test("close() outside of the hooks drops nothing while the application goes on", async () => {
    const { peer, socket, gate, infos } = await bombed();
    void socket.close(3_001);
    expect(waitingBytes(socket)).toBeLessThanOrEqual(AWAITED_BOUND);
    await gate.open();
    await peer.pump();
    expect(gate.taken).toEqual(ALL);
    expect(infos).toMatchObject([{ wasClean: true, undelivered: 0 }]);
  });

  test("close() of a peer that does not answer ends behind the messages, for an application that takes one each second", async () => {
    const { stage, peer, socket, gate, infos } = await bombed();
    void socket.close(3_001);
    for (let step = 0; step < COUNT; step += 1) {
      expect(infos).toEqual([]);
      await stage.runtime.advance(1_000);
      await gate.step();
    }
    await stage.runtime.advance(1_000);
    expect(gate.taken).toEqual(ALL);
    expect(infos).toMatchObject([{ ended: { timeout: "close" }, undelivered: 0 }]);
    expect(peer.transport.isDestroyed).toBe(true);
  });

  test("ping() awaited in the hook finishes where the pong is within twice the limit", async () => {
    const trips: (number | "closed")[] = [];
    const { peer } = await busyServer({
      async message(socket) {
        if (trips.length === 0) trips.push(await socket.ping());
      },
    });
    peer.endpoint.sendText("ping me");
    arrivesAtOnce(peer);
    peer.speak();
    queueBomb(peer, 8); // above limits.undelivered and the allowance, and below the same with twice the limit
    peer.fromDriver(); // the pong is behind them
    arrivesAtOnce(peer);
    await settle();
    expect(trips).toEqual([0]);
  });

  test("abort() ends at once", async () => {
    const { peer, socket, infos, gate } = await bombed();
    socket.abort();
    await gate.open();
    await settle();
    expect(peer.transport.isDestroyed).toBe(true);
    expect(infos).toMatchObject([{ error: { code: "aborted" } }]);
    expect(infos[0]!.undelivered * COUNTED).toBeLessThanOrEqual(BOUND);
    expect(gate.taken).toHaveLength(1);
  });

  test("a hook that throws closes with 1011, and the rest is dropped", async () => {
    let calls = 0;
    let fail = (_error: unknown): void => {};
    const { peer, infos } = await bombed({
      error() {},
      message: () => {
        calls += 1;
        return new Promise((_, reject) => {
          fail = reject;
        });
      },
    });
    fail(new Error("no more"));
    await settle();
    await peer.pump();
    expect(peer.endpoint.peerClose).toMatchObject({ code: 1011 });
    expect(infos).toMatchObject([{ undelivered: COUNT - 1, error: { code: "hook-failed" } }]);
    expect(calls).toBe(1);
  });

  test("shutdown() delivers and answers what has arrived, and closes then", async () => {
    const gate = new Gate();
    const { stage, peer } = await bombed({
      message: (socket, message) => {
        socket.write((message as string)[0]!);
        return gate.message(message);
      },
    });
    const done = stage.server.shutdown();
    await settle();
    await gate.open();
    await peer.pump();
    await done;
    expect(gate.taken).toEqual(ALL);
    expect(peer.messages).toHaveLength(COUNT);
    expect(peer.endpoint.peerClose).toMatchObject({ code: 1001 });
  });
});

describe("a connection moves while messages wait:", () => {
  /** Moved to another server, which takes the messages. */
  async function moved(scene: Scene): Promise<{ taken: Message[]; most: number }> {
    const gate = new Gate();
    const other = new Stage({
      perMessageDeflate: DEFLATE,
      limits: LIMITS,
      message: (_, message) => gate.message(message),
    });
    const detached = await detach(scene.socket);
    const socket = adopt(other.server, detached, detached.open)!;
    await settle();
    const most = waitingBytes(socket);
    await gate.open();
    return { taken: gate.taken, most };
  }

  test("what nobody takes moves along, and so does the input behind it", async () => {
    const { taken, most } = await moved(await bombed({ message: undefined }));
    expect(taken).toEqual(ALL);
    expect(most).toBeLessThanOrEqual(BOUND + COUNTED);
  });

  test("what a hook takes is taken before", async () => {
    const scene = await bombed();
    const moving = moved(scene);
    await settle();
    await scene.gate.open();
    expect((await moving).taken).toEqual([]);
    expect(scene.gate.taken).toEqual(ALL);
  });
});
