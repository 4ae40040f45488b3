/** A connection leaves one server and comes to another, with a scripted network and a virtual clock. */
import { describe, expect, test, vi } from "vitest";
import { adopt, type DetachedConnection, detach, SnapshotError } from "../../src/hand-off.ts";
import { type CloseInfo, ConnectionError, MisuseError, type Socket } from "../../src/index.ts";
import { type Peer, Stage, settle } from "../stage.ts";

/** A server that echoes and notes what its hooks hear. */
function server(name: string, lines: string[], options: object = {}): Stage {
  const note = (what: string) => void lines.push(`${name} ${what}`);
  return new Stage({
    open: () => note("open"),
    adopted: () => note("adopted"),
    message(socket, message) {
      note(`message ${String(message)}`);
      socket.write(`${name}: ${String(message)}`);
    },
    close: (_, { code }) => note(`close ${code}`),
    ...options,
  });
}

async function twoServers(
  options: object = {},
): Promise<{ lines: string[]; one: Stage; other: Stage; peer: Peer; socket: Socket<undefined> }> {
  const lines: string[] = [];
  const one = server("one", lines, options);
  const other = server("other", lines, options);
  const peer = await one.opened();
  return { lines, one, other, peer, socket: one.server.sockets[0]! };
}

/** A message in fragments is under way, and its source never brings the next part. */
async function sendsFirstPartOnly(socket: Socket<undefined>): Promise<void> {
  void socket.sendStream(
    (async function* parts() {
      yield "the first part";
      await new Promise(() => {});
    })(),
  );
  await settle();
}

describe("a connection that moves", () => {
  test("goes on at the other server, which is told by adopted; the first server hears nothing more", async () => {
    const { lines, one, other, peer, socket } = await twoServers();
    peer.endpoint.sendText("before");
    await peer.pump();
    const detached = await detach(socket);
    expect(one.server.connections).toBe(0);
    adopt(other.server, detached, detached.open);
    peer.endpoint.sendText("behind");
    await peer.pump();
    expect(peer.messages).toEqual(["one: before", "other: behind"]);
    peer.endpoint.close(1000, "", 0);
    await peer.pump();
    expect(peer.endpoint.ended?.peerClose?.code).toBe(1000);
    expect(lines).toEqual([
      "one open",
      "one message before",
      "other adopted",
      "other message behind",
      "other close 1000",
    ]);
  });

  test("takes half a message along, and what arrives while it belongs to nobody", async () => {
    const { other, peer, socket } = await twoServers();
    peer.endpoint.sendText("a message that comes in three pieces");
    peer.speak();
    peer.toDriverUpTo(9);
    const detached = await detach(socket);
    peer.toDriverUpTo(10);
    await settle();
    adopt(other.server, detached, detached.open);
    await peer.pump();
    expect(peer.messages).toEqual(["other: a message that comes in three pieces"]);
  });

  test("answers first what has arrived, though the hook takes its time, and reads no more meanwhile", async () => {
    const passes: (() => void)[] = [];
    const { other, peer, socket } = await twoServers({
      async message(own: Socket, message: string) {
        await new Promise<void>((resolve) => passes.push(resolve));
        own.write(`late ${message}`);
      },
    });
    peer.endpoint.sendText("1");
    peer.endpoint.sendText("2");
    await peer.pump();
    const moving = detach(socket);
    let detached: DetachedConnection | null = null;
    void moving.then((value) => {
      detached = value;
    });
    await settle();
    expect(peer.transport.isPaused).toBe(true);
    passes.shift()!();
    await settle();
    expect(detached).toBeNull();
    passes.shift()!();
    await settle();
    expect(detached).not.toBeNull();
    adopt(other.server, detached!, detached!.open);
    await peer.pump();
    expect(peer.messages).toEqual(["late 1", "late 2"]);
  });

  test("is handed off once: a second call is refused at once, and the first one is not disturbed", async () => {
    let pass = (): void => {};
    const { other, peer, socket } = await twoServers({
      message: () => new Promise<void>((resolve) => (pass = resolve)),
    });
    peer.endpoint.sendText("1");
    await peer.pump();
    const moving = detach(socket);
    await expect(detach(socket)).rejects.toThrow(/is being handed off already/);
    await expect(detach(socket)).rejects.toThrow(MisuseError);
    pass();
    const detached = await moving;
    await expect(detach(socket)).rejects.toThrow(SnapshotError);
    expect(adopt(other.server, detached, detached.open)).not.toBe(null);
  });

  test("waits until the transport has taken what was sent", async () => {
    const { other, peer, socket } = await twoServers();
    peer.transport.room = 10;
    socket.write("x".repeat(100));
    const done = vi.fn();
    const moving = detach(socket);
    void moving.then(done);
    await settle();
    expect(done).not.toHaveBeenCalled();
    peer.transport.takes(1_000);
    const detached = await moving;
    adopt(other.server, detached, detached.open);
    await peer.pump();
    expect(peer.messages).toEqual(["x".repeat(100)]);
  });

  test("waits for the end of a message in fragments, although nothing is unsent between its parts", async () => {
    const { other, peer, socket } = await twoServers();
    const yields: (() => void)[] = [];
    void socket.sendStream(
      (async function* parts() {
        yield "one, ";
        await new Promise<void>((resolve) => yields.push(resolve));
        yield "two";
      })(),
    );
    await settle();
    expect(socket.unsent).toBe(0);
    const done = vi.fn();
    const moving = detach(socket);
    void moving.then(done);
    await settle();
    expect(done).not.toHaveBeenCalled();
    yields.shift()!();
    const detached = await moving;
    adopt(other.server, detached, detached.open);
    await peer.pump();
    expect(peer.messages).toEqual(["one, two"]);
  });

  test("is not read between the two servers, although a ping waits for its pong", async () => {
    const { other, peer, socket } = await twoServers();
    void socket.ping();
    await settle();
    const detached = await detach(socket);
    expect(peer.transport.isPaused).toBe(true);
    adopt(other.server, detached, detached.open);
    expect(peer.transport.isPaused).toBe(false);
  });

  test("is given to the caller of adopt, although the hook adopted has cut it off", async () => {
    const { lines, peer, socket } = await twoServers();
    const other = server("other", lines, { adopted: (own: Socket) => own.abort() });
    const detached = await detach(socket);
    const adopted = adopt(other.server, detached, detached.open);
    expect(adopted?.state).toBe("closed");
    await settle();
    expect(peer.transport.isDestroyed).toBe(true);
    expect(lines).toEqual(["one open", "other close 1006"]);
  });

  test("ends the loop over its socket as if the peer had closed, and runs the connection function of the new server", async () => {
    const lines: string[] = [];
    const loop = (name: string) => ({
      async connection(socket: Socket) {
        for await (const message of socket) {
          lines.push(`${name} ${String(message)}`);
          socket.write(`${name} ${String(message)}`);
        }
        lines.push(`${name} is done`);
      },
    });
    const one = new Stage(loop("one"));
    const other = new Stage(loop("other"));
    const peer = await one.opened();
    peer.endpoint.sendText("a");
    await peer.pump();
    const detached = await detach(one.server.sockets[0]!);
    adopt(other.server, detached, detached.open);
    peer.endpoint.sendText("b");
    await peer.pump();
    expect(peer.messages).toEqual(["one a", "other b"]);
    expect(lines).toEqual(["one a", "one is done", "other b"]);
  });

  test("tells the old socket: closed resolves with handed-off, writes answer closed, an open ping too", async () => {
    const { one, peer, socket } = await twoServers();
    const ping = socket.ping();
    await settle();
    await detach(socket);
    const info: CloseInfo = await socket.closed;
    expect(info.error).toBeInstanceOf(ConnectionError);
    expect(info.error?.code).toBe("handed-off");
    expect(socket.write("x")).toBe("closed");
    expect(await socket.send("x")).toBe("closed");
    expect(await ping).toBe("closed");
    expect(socket.state).toBe("closed");
    socket.abort();
    await peer.pump();
    expect(peer.transport.isDestroyed).toBe(false);
    expect(one.runtime.timerCount).toBe(0);
  });

  test("keeps its request, and gets the data that adopt gives", async () => {
    const { other, peer, socket } = await twoServers();
    const { target, host, headerLines } = socket.request!;
    const detached = await detach(socket);
    const adopted = adopt(other.server as never, detached, detached.open, { data: { user: 7 } });
    expect(adopted?.data).toEqual({ user: 7 });
    expect(adopted?.request).toMatchObject({ target, host, headerLines });
    expect(adopted?.remoteAddress).toEqual(peer.transport.remoteAddress);
  });

  test("moves on and on, under traffic in both directions", async () => {
    const lines: string[] = [];
    const stages = [server("0", lines), server("1", lines), server("2", lines)];
    const peer = await stages[0]!.opened();
    let socket = stages[0]!.server.sockets[0] as Socket<undefined>;
    for (let round = 1; round <= 20; round += 1) {
      peer.endpoint.sendText(`round ${round}`);
      peer.speak();
      peer.toDriverUpTo(round);
      const detached = await detach(socket);
      const next = stages[round % 3]!;
      socket = adopt(next.server, detached, detached.open)!;
      await peer.pump();
    }
    const rounds = peer.messages.map((message) => Number(String(message).split(" ")[2]));
    expect(rounds).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
  });
});

describe("a connection does not move", () => {
  test("when it is not quiet in time: the promise rejects, and the connection goes on where it was", async () => {
    const { lines, one, peer, socket } = await twoServers();
    peer.transport.room = 10;
    socket.write("x".repeat(100));
    const moving = detach(socket, { timeout: 700 });
    const failure = moving.catch((error: unknown) => error);
    await one.runtime.advance(700);
    expect(await failure).toMatchObject({ name: "ConnectionError", code: "timeout" });
    peer.transport.takes(Number.POSITIVE_INFINITY);
    await peer.pump();
    peer.endpoint.sendText("still there");
    await peer.pump();
    expect(peer.messages).toEqual(["x".repeat(100), "one: still there"]);
    expect(lines).toEqual(["one open", "one message still there"]);
  });

  test("while a source of sendStream holds back its next part: the promise rejects in time", async () => {
    const { one, peer, socket } = await twoServers();
    await sendsFirstPartOnly(socket);
    const failure = detach(socket, { timeout: 700 }).catch((error: unknown) => error);
    await one.runtime.advance(700);
    expect(await failure).toMatchObject({ name: "ConnectionError", code: "timeout" });
    peer.endpoint.sendText("still there");
    await peer.pump();
    socket.abort();
    await peer.pump();
    expect(one.server.connections).toBe(0);
    expect(one.runtime.timerCount).toBe(0);
  });

  test("that ends while it waits: the promise rejects, and nothing is kept", async () => {
    const { one, peer, socket } = await twoServers();
    await sendsFirstPartOnly(socket);
    const failure = detach(socket).catch((error: unknown) => error);
    await settle();
    peer.transport.breaks("ECONNRESET");
    await settle();
    expect(await failure).toMatchObject({ name: "SnapshotError", fault: "ended" });
    expect(one.runtime.timerCount).toBe(0);
  });

  test("while it closes, or has closed", async () => {
    const { socket } = await twoServers();
    void socket.close();
    await expect(detach(socket)).rejects.toBeInstanceOf(SnapshotError);
  });

  test("to a server that is shut down or full: adopt answers null, and another server may take it", async () => {
    const { other, peer, socket, lines } = await twoServers();
    const full = server("full", lines, { maxConnections: 1 });
    await full.opened();
    const detached = await detach(socket);
    await other.server.shutdown();
    expect(adopt(other.server, detached, detached.open)).toBeNull();
    expect(adopt(full.server, detached, detached.open)).toBeNull();
    const third = server("third", lines);
    expect(adopt(third.server, detached, detached.open)).not.toBeNull();
    peer.endpoint.sendText("here");
    await peer.pump();
    expect(peer.messages).toEqual(["third: here"]);
  });

  test("from bytes that are no snapshot, nor with arguments that are none", async () => {
    const { other, peer, socket } = await twoServers();
    const detached = await detach(socket);
    const damaged = { ...detached, snapshot: detached.snapshot.slice(1) };
    expect(() => adopt(other.server, damaged, detached.open)).toThrow(SnapshotError);
    expect(() => adopt(other.server, { ...detached, request: "x" }, detached.open)).toThrow(
      MisuseError,
    );
    expect(() => adopt(other.server, detached, 7 as never)).toThrow(MisuseError);
    expect(other.server.connections).toBe(0);
    // The transport is untouched: a server that gets the right arguments has the connection.
    expect(adopt(other.server, detached, detached.open)).not.toBeNull();
    peer.endpoint.sendText("here");
    await peer.pump();
    expect(peer.messages).toEqual(["other: here"]);
  });
});

describe("a hand-off and a shutdown at the same time", () => {
  /** A server whose hook answers when the test lets it. */
  async function busyServer(): ReturnType<typeof twoServers> {
    const servers = await twoServers({
      async message(own: Socket, message: string) {
        await new Promise<void>((resolve) => passes.push(resolve));
        own.write(`late ${message}`);
      },
    });
    servers.peer.endpoint.sendText("1");
    await servers.peer.pump();
    return servers;
  }
  const passes: (() => void)[] = [];

  for (const first of ["detach", "shutdown"] as const) {
    test(`${first} first, while a hook answers: the connection moves, and the shutdown ends`, async () => {
      const { lines, one, other, peer, socket } = await busyServer();
      let moving: Promise<DetachedConnection> | null = null;
      if (first === "detach") moving = detach(socket);
      const down = one.server.shutdown();
      moving ??= detach(socket);
      await settle();
      passes.shift()!();
      const detached = await moving;
      await down;
      expect(one.runtime.timerCount).toBe(0);
      adopt(other.server, detached, detached.open);
      await peer.pump();
      expect(peer.messages).toEqual(["late 1"]);
      expect(peer.endpoint.state).toBe("open");
      expect(lines).toEqual(["one open", "other adopted"]);
    });

    test(`${first} first, and the hook takes too long for the hand-off: the shutdown closes behind the answer`, async () => {
      const { lines, one, peer, socket } = await busyServer();
      const moving = first === "detach" ? detach(socket, { timeout: 700 }) : null;
      const down = one.server.shutdown();
      const failure = (moving ?? detach(socket, { timeout: 700 })).catch((error: unknown) => error);
      await one.runtime.advance(700);
      expect(await failure).toMatchObject({ name: "ConnectionError", code: "timeout" });
      passes.shift()!();
      await peer.pump();
      await down;
      expect(peer.messages).toEqual(["late 1"]);
      expect(peer.endpoint.ended?.peerClose?.code).toBe(1001);
      expect(lines).toEqual(["one open", "one close 1001"]);
      expect(one.runtime.timerCount).toBe(0);
    });
  }

  test("a quiet connection moves, although the shutdown begins in the same moment", async () => {
    const { lines, one, other, peer, socket } = await twoServers();
    const moving = detach(socket);
    const down = one.server.shutdown();
    const detached = await moving;
    await down;
    adopt(other.server, detached, detached.open);
    peer.endpoint.sendText("here");
    await peer.pump();
    expect(peer.messages).toEqual(["other: here"]);
    expect(lines).toEqual(["one open", "other adopted", "other message here"]);
  });

  test("the grace passes first: detach says at once that the connection has ended", async () => {
    const { one, socket } = await busyServer();
    const failure = detach(socket, { timeout: 60_000 }).catch((error: unknown) => error);
    void one.server.shutdown({ grace: 100 });
    await one.runtime.advance(200);
    expect(await Promise.race([failure, settle()])).toMatchObject({
      name: "SnapshotError",
      fault: "ended",
    });
    passes.shift()!();
  });
});

test("a hand-off that fails leaves the timers of a connection alone whose reading was paused", async () => {
  const { one, peer, socket } = await twoServers({
    message: undefined,
    limits: { undelivered: 10 },
    timeouts: { idle: 0, ping: 1_000, pong: 1_000 },
  });
  await one.runtime.advance(1_000);
  peer.endpoint.sendText("more than ten bytes, which nobody takes");
  peer.speak();
  peer.toDriverUpTo(Number.POSITIVE_INFINITY);
  expect(peer.transport.isPaused).toBe(true);
  Object.assign(peer.transport, {
    handOn() {
      throw new Error("this transport stays");
    },
  });
  await expect(detach(socket)).rejects.toThrow("this transport stays");
  expect(peer.transport.isPaused).toBe(true);
  await one.runtime.advance(10_000);
  expect(socket.state).toBe("open");
});

test("messages that nobody takes at the first server move too, and come before all that arrive", async () => {
  const one = new Stage({});
  const lines: string[] = [];
  const other = server("other", lines);
  const peer = await one.opened();
  peer.endpoint.sendText("one");
  peer.endpoint.sendBinary(Uint8Array.of(50));
  await peer.pump();
  const detached = await detach(one.server.sockets[0]!);
  expect(detached.waiting).toEqual(["one", Uint8Array.of(50)]);
  peer.endpoint.sendText("three");
  await peer.pump();
  adopt(other.server, detached, detached.open);
  await peer.pump();
  expect(peer.messages).toEqual(["other: one", "other: 50", "other: three"]);
});

describe("the hook adopted", () => {
  for (const [how, adopted] of [
    [
      "throws",
      () => {
        throw new Error("no");
      },
    ],
    ["rejects", () => Promise.reject(new Error("no"))],
  ] as const) {
    test(`that ${how} closes its socket with 1011, and error is told; adopt itself does not throw`, async () => {
      const lines: string[] = [];
      const one = server("one", lines);
      const other = server("other", lines, {
        adopted,
        error: (socket: Socket | null, { code }: { code: string }) =>
          void lines.push(`error ${code} ${socket?.state}`),
      });
      const peer = await one.opened();
      const detached = await detach(one.server.sockets[0]!);
      expect(adopt(other.server, detached, detached.open)).not.toBeNull();
      await peer.pump();
      expect(peer.endpoint.ended?.peerClose?.code).toBe(1011);
      expect(lines).toEqual(["one open", "error hook-failed open", "other close 1011"]);
      expect(other.server.connections).toBe(0);
    });
  }

  test("holds the first message back until its promise resolves", async () => {
    let pass = (): void => {};
    const lines: string[] = [];
    const one = server("one", lines);
    const other = server("other", lines, {
      adopted: () =>
        new Promise<void>((resolve) => {
          pass = resolve;
        }),
    });
    const peer = await one.opened();
    const detached = await detach(one.server.sockets[0]!);
    adopt(other.server, detached, detached.open);
    peer.endpoint.sendText("early");
    await peer.pump();
    expect(lines).toEqual(["one open"]);
    pass();
    await peer.pump();
    expect(peer.messages).toEqual(["other: early"]);
  });
});
