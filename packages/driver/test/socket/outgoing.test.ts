import { describe, expect, test, vi } from "vitest";
import { MisuseError, prepare } from "../../src/index.ts";
import { connected, QUIET, Stage, settle } from "../stage.ts";

const MiB = 1_048_576;

describe("write", () => {
  test("gathers what is written in one turn into one write of the transport", async () => {
    const stage = new Stage({
      message(socket) {
        for (let count = 0; count < 10; count += 1) socket.write(`answer ${count}`);
      },
    });
    const peer = await stage.opened();
    const writes = vi.spyOn(peer.transport, "write");
    peer.endpoint.sendText("go");
    await peer.pump();
    expect(writes).toHaveBeenCalledTimes(1);
    expect(peer.messages).toHaveLength(10);
  });

  test("gathers what is written outside of a turn until the next microtask", async () => {
    const { socket, peer } = await connected();
    const writes = vi.spyOn(peer.transport, "write");
    socket.write("one");
    socket.write("two");
    expect(writes).not.toHaveBeenCalled();
    await null;
    await null;
    expect(writes).toHaveBeenCalledTimes(1);
    await peer.pump();
    expect(peer.messages).toEqual(["one", "two"]);
  });

  test("of a broadcast inside a hook reaches every socket at the end of the turn", async () => {
    const stage = new Stage({
      message(_, message) {
        const prepared = prepare(`all: ${String(message)}`);
        for (const socket of stage.server.sockets) socket.write(prepared);
      },
    });
    const peers = [await stage.opened(), await stage.opened(), await stage.opened()];
    peers[0]!.endpoint.sendText("hi");
    for (const peer of peers) await peer.pump();
    expect(peers.map(({ messages }) => messages)).toEqual([["all: hi"], ["all: hi"], ["all: hi"]]);
  });

  test("above 64 KiB does not wait for the end of the turn", async () => {
    const { socket, peer } = await connected();
    socket.write(new Uint8Array(70_000));
    expect(peer.transport.written.length).toBeGreaterThan(0);
  });

  test("copies bytes at the call", async () => {
    const { socket, peer } = await connected();
    const bytes = Uint8Array.of(1, 2, 3);
    socket.write(bytes);
    bytes.fill(9);
    await peer.pump();
    expect(peer.messages).toEqual([Uint8Array.of(1, 2, 3)]);
    expect(bytes).toEqual(Uint8Array.of(9, 9, 9));
  });

  for (const { what, data, arrives } of [
    { what: "an ArrayBuffer", data: Uint8Array.of(1, 2).buffer, arrives: Uint8Array.of(1, 2) },
    {
      what: "a view of part of a buffer",
      data: new DataView(Uint8Array.of(1, 2, 3, 4).buffer, 1, 2),
      arrives: Uint8Array.of(2, 3),
    },
    { what: "a Uint16Array", data: Uint16Array.of(0x0201), arrives: Uint8Array.of(1, 2) },
    { what: "text with a lone surrogate", data: "\ud800", arrives: "\ufffd" },
    { what: "a prepared message", data: prepare("once"), arrives: "once" },
  ]) {
    test(`takes ${what}`, async () => {
      const { socket, peer } = await connected();
      expect(socket.write(data)).toBe("ok");
      await peer.pump();
      expect(peer.messages).toEqual([arrives]);
    });
  }

  for (const data of [undefined, null, 5, {}, []]) {
    test(`refuses ${JSON.stringify(data) ?? "undefined"} as a mistake, and the socket lives on`, async () => {
      const { socket } = await connected();
      expect(() => socket.write(data as never)).toThrow(MisuseError);
      expect(() => socket.send(data as never)).toThrow(MisuseError);
      expect(socket.state).toBe("open");
    });
  }

  test('answers "closed" behind a close, and sends nothing', async () => {
    const { socket, peer } = await connected();
    void socket.close();
    expect(socket.write("late")).toBe("closed");
    expect(await socket.send("late")).toBe("closed");
    expect(await socket.ping()).toBe("closed");
    await peer.pump();
    expect(peer.messages).toEqual([]);
  });
});

describe("pressure", () => {
  test("begins above the high mark and ends below the low mark, with drain and ready", async () => {
    const drain = vi.fn();
    const { socket, peer } = await connected({}, { drain });
    peer.transport.room = 0;
    expect(socket.write(new Uint8Array(MiB / 2))).toBe("ok");
    expect(socket.write(new Uint8Array(MiB))).toBe("pressure");
    expect(socket.write("small")).toBe("pressure");
    const ready = vi.fn();
    void socket.ready().then(ready);
    peer.transport.takes(MiB / 2 + 100);
    await settle();
    expect(drain).not.toHaveBeenCalled();
    peer.transport.takes(Number.POSITIVE_INFINITY);
    await settle();
    expect(drain).toHaveBeenCalledTimes(1);
    expect(ready).toHaveBeenCalledTimes(1);
    expect(socket.write("more")).toBe("ok");
  });

  test("is a quarter of limits.unsent where that is small", async () => {
    const { socket, peer } = await connected({ limits: { unsent: 4_000 } });
    peer.transport.room = 0;
    expect(socket.write(new Uint8Array(900))).toBe("ok");
    expect(socket.write(new Uint8Array(900))).toBe("pressure");
  });

  test("stops reading from a peer that sends and does not read, until it reads", async () => {
    const stage = new Stage({ message: (socket, message) => void socket.write(message) });
    const peer = await stage.opened();
    peer.transport.room = 0;
    for (let count = 0; count < 40; count += 1) {
      peer.endpoint.sendBinary(new Uint8Array(65_536).fill(count));
      peer.speak();
      if (!peer.transport.isPaused) peer.toDriverUpTo(Number.POSITIVE_INFINITY);
    }
    expect(peer.transport.isPaused).toBe(true);
    expect(stage.server.sockets[0]!.unsent).toBeLessThan(1.2 * MiB);
    peer.transport.takes(Number.POSITIVE_INFINITY);
    await peer.pump();
    expect(peer.messages).toHaveLength(40);
    expect(peer.transport.isPaused).toBe(false);
  });

  test("does not keep a client from reading: a server that waits to be read would wait for ever", async () => {
    const { socket, peer } = await connected();
    peer.transport.room = 0;
    expect(socket.write(new Uint8Array(2 * MiB))).toBe("pressure");
    peer.endpoint.sendText("read me");
    peer.speak();
    await peer.pump();
    expect(peer.transport.isPaused).toBe(false);
    expect(await socket[Symbol.asyncIterator]().next()).toEqual({ value: "read me", done: false });
  });

  test("that nobody heeds ends the socket at limits.unsent, with an error that says so", async () => {
    const errors: Error[] = [];
    const stage = new Stage({
      limits: { unsent: 10_000 },
      error: (_, error) => void errors.push(error),
    });
    const peer = await stage.opened();
    peer.transport.room = 0;
    const socket = stage.server.sockets[0]!;
    const results = Array.from({ length: 12 }, () => socket.write(new Uint8Array(1_000)));
    expect(results.slice(0, 3)).toEqual(["ok", "ok", "pressure"]);
    expect(results.at(-1)).toBe("closed");
    expect(errors).toMatchObject([{ name: "ConnectionError", code: "unsent-limit" }]);
    peer.transport.takes(Number.POSITIVE_INFINITY);
    await peer.pump();
    // What had been accepted arrives all the same.
    expect(peer.messages).toHaveLength(9);
    expect(peer.endpoint.ended?.peerClose?.code).toBe(1008);
    expect((await socket.closed).error?.code).toBe("unsent-limit");
  });
});

describe("limits.unsent", () => {
  test("is told of as what it is when a single message is larger", async () => {
    const { socket, peer } = await connected({ limits: { unsent: 1_000 } });
    expect(socket.write("x".repeat(1_001))).toBe("closed");
    await peer.pump();
    const { error } = await socket.closed;
    expect(error?.message).toContain("a message of 1001 bytes is more than limits.unsent, 1000");
  });

  test("counts text behind a message in fragments as the bytes that it takes", async () => {
    const { socket, peer } = await connected({ limits: { unsent: 1_000 } });
    const sent = socket.sendStream(["a", "b"]);
    const text = "x".repeat(900);
    expect(socket.write(text)).toBe("pressure");
    await peer.pump();
    expect(await sent).toBe("sent");
    expect(peer.messages).toEqual(["ab", text]);
  });

  test("is no hindrance for parts of a stream that are larger, as text or bytes", async () => {
    const { socket, peer } = await connected({ limits: { unsent: 1_000 } });
    const text = "ä".repeat(5_000);
    const bytes = new Uint8Array(5_000).fill(7);
    const sent = [socket.sendStream([text]), socket.sendStream([bytes])];
    await peer.pump();
    expect(await Promise.all(sent)).toEqual(["sent", "sent"]);
    expect(peer.messages).toEqual([text, bytes]);
  });

  test("that not even a character fits in ends the socket, and not the wait", async () => {
    const { socket, peer } = await connected({ limits: { unsent: 2 } });
    const sent = socket.sendStream(["€"]);
    await peer.pump();
    expect(await sent).toBe("closed");
    expect((await socket.closed).error?.code).toBe("unsent-limit");
  });
});

describe("send", () => {
  test("resolves when the transport has taken its message, and not before", async () => {
    const { socket, peer } = await connected();
    peer.transport.room = 0;
    const order: string[] = [];
    void socket.send("one").then((result) => order.push(`one ${result}`));
    void socket.send("two").then((result) => order.push(`two ${result}`));
    await settle();
    expect(order).toEqual([]);
    // The first transmission holds both; a frame that a client sends has six bytes more than its text.
    peer.transport.takes(17);
    await settle();
    expect(order).toEqual([]);
    peer.transport.takes(1);
    await settle();
    expect(order).toEqual(["one sent", "two sent"]);
  });

  test("resolves at once when the transport takes it at once", async () => {
    const { socket } = await connected();
    expect(await socket.send("x")).toBe("sent");
    expect(socket.unsent).toBe(0);
  });

  test('resolves with "closed" when the connection breaks before', async () => {
    const { socket, peer } = await connected();
    peer.transport.room = 0;
    const sent = socket.send("x");
    await settle();
    peer.transport.breaks("EPIPE");
    expect(await sent).toBe("closed");
    expect(await socket.ready()).toBeUndefined();
  });
});

describe("sendStream", () => {
  for (const { source, options } of [
    { source: 5, options: {} },
    { source: null, options: {} },
    { source: {}, options: {} },
    { source: "a string is one message", options: {} },
    { source: ["a"], options: { type: "txt" } },
  ]) {
    test(`of ${JSON.stringify(source)} with ${JSON.stringify(options)} is a mistake, and the socket lives on`, async () => {
      const { socket } = await connected();
      expect(() => socket.sendStream(source as never, options as never)).toThrow(MisuseError);
      expect(socket.state).toBe("open");
      expect(socket.write("still here")).toBe("ok");
    });
  }

  async function* parts<T>(...all: T[]): AsyncGenerator<T> {
    for (const part of all) {
      await null;
      yield part;
    }
  }

  for (const { what, source, options, arrives } of [
    { what: "strings as text", source: ["a", "ä", "€"], options: {}, arrives: "aä€" },
    {
      what: "bytes as binary",
      source: [Uint8Array.of(1), Uint8Array.of(2, 3)],
      options: {},
      arrives: Uint8Array.of(1, 2, 3),
    },
    { what: "nothing as empty binary", source: [], options: {}, arrives: new Uint8Array(0) },
    {
      what: "nothing as empty text when asked to",
      source: [],
      options: { type: "text" },
      arrives: "",
    },
    {
      what: "bytes as text when asked to",
      source: [Uint8Array.of(0xc3), Uint8Array.of(0xa4)],
      options: { type: "text" },
      arrives: "ä",
    },
    {
      what: "a pair of surrogates in two parts",
      source: ["\ud83d", "\ude00"],
      options: {},
      arrives: "😀",
    },
  ] as const) {
    test(`sends ${what}, as one message`, async () => {
      const { socket, peer } = await connected();
      const sent = socket.sendStream(parts<string | Uint8Array>(...source), options);
      await peer.pump();
      expect(await sent).toBe("sent");
      expect(peer.messages).toEqual([arrives]);
    });
  }

  test("keeps other messages behind it, in their order, and lets control between", async () => {
    const { socket, peer } = await connected();
    let next = (): void => {};
    async function* slow(): AsyncGenerator<string> {
      yield "a";
      await new Promise<void>((resolve) => {
        next = resolve;
      });
      yield "b";
    }
    const first = socket.sendStream(slow());
    await settle();
    expect(socket.write("behind")).toBe("ok");
    const second = socket.sendStream(parts("c", "d"));
    const last = socket.send("last");
    const rtt = socket.ping();
    await peer.pump();
    expect(await rtt).toBe(0);
    expect(peer.messages).toEqual([]);
    next();
    await peer.pump();
    expect(await Promise.all([first, second, last])).toEqual(["sent", "sent", "sent"]);
    expect(peer.messages).toEqual(["ab", "behind", "cd", "last"]);
  });

  test("takes no more from its source than the peer reads", async () => {
    const { socket, peer } = await connected({ limits: { unsent: 400_000 } });
    peer.transport.room = 0;
    let taken = 0;
    function* source(): Generator<Uint8Array> {
      for (let count = 0; count < 100; count += 1) {
        taken += 1;
        yield new Uint8Array(50_000);
      }
    }
    const sent = socket.sendStream(source());
    await settle();
    expect(taken).toBeLessThan(10);
    peer.transport.takes(Number.POSITIVE_INFINITY);
    await peer.pump();
    expect(await sent).toBe("sent");
    expect((peer.messages[0] as Uint8Array).length).toBe(5_000_000);
  });

  test("takes parts that are larger than limits.unsent", async () => {
    const { socket, peer } = await connected({ limits: { unsent: 100_000 } });
    const sent = socket.sendStream([new Uint8Array(1_000_000).fill(7)]);
    await peer.pump();
    expect(await sent).toBe("sent");
    expect((peer.messages[0] as Uint8Array).length).toBe(1_000_000);
  });

  test("whose source fails closes with 1011, tells error, and resolves", async () => {
    const errors: Error[] = [];
    const { socket, peer } = await connected({}, { error: (_, error) => void errors.push(error) });
    async function* broken(): AsyncGenerator<string> {
      yield "half";
      throw new Error("disk");
    }
    const sent = socket.sendStream(broken());
    await peer.pump();
    expect(await sent).toBe("closed");
    expect(errors).toMatchObject([{ code: "source-failed", cause: { message: "disk" } }]);
    expect(peer.endpoint.ended?.peerClose?.code).toBe(1011);
  });

  test("lets close wait behind it and what is behind it, at most timeouts.close", async () => {
    const timeouts = { ...QUIET, close: 3_000 };
    const { socket, peer, runtime } = await connected({ timeouts });
    void socket.sendStream(parts("never ", "ends"), {});
    socket.write("behind");
    const closed = socket.close(1000, "done");
    expect(socket.write("too late")).toBe("closed");
    await peer.pump();
    expect(peer.messages).toEqual(["never ends", "behind"]);
    expect((await closed).wasClean).toBe(true);
    expect(runtime.timerCount).toBeLessThanOrEqual(1);
  });

  test("that never ends does not keep close waiting for ever", async () => {
    const timeouts = { ...QUIET, close: 3_000 };
    const { socket, peer, runtime } = await connected({ timeouts });
    async function* endless(): AsyncGenerator<string> {
      yield "a";
      await new Promise(() => {});
    }
    void socket.sendStream(endless());
    await settle();
    const closed = socket.close();
    await peer.pump();
    expect(peer.endpoint.state).toBe("open");
    await runtime.advance(3_000);
    await peer.pump();
    expect((await closed).wasClean).toBe(true);
  });
});

describe("ping", () => {
  test("resolves with the time to its pong, and a later pong answers earlier pings", async () => {
    const { socket, peer, runtime } = await connected();
    const first = socket.ping();
    await runtime.advance(20);
    const second = socket.ping(Uint8Array.of(1));
    await runtime.advance(30);
    await peer.pump();
    expect(await Promise.all([first, second])).toEqual([50, 30]);
  });

  test("one pong answers twenty thousand pings", async () => {
    const { socket, peer } = await connected();
    const sent = Array.from({ length: 20_000 }, () => socket.ping());
    peer.endpoint.pong(Uint8Array.of(1, 2, 3, 4)); // answers none of them
    await peer.pump();
    expect(new Set(await Promise.all(sent))).toEqual(new Set([0]));
  });

  test('resolves with "closed" when the connection ends before', async () => {
    const { socket, peer } = await connected();
    const rtt = socket.ping();
    await settle();
    peer.transport.breaks();
    expect(await rtt).toBe("closed");
  });

  test("with more than 125 bytes is a mistake", async () => {
    const { socket } = await connected();
    expect(() => socket.ping(new Uint8Array(126))).toThrow(MisuseError);
  });
});

describe("the end of a socket", () => {
  test("closed tells codes, who began, and the reason", async () => {
    const { socket, peer } = await connected();
    peer.endpoint.close(4_001, "because", 1_000);
    await peer.pump();
    expect(await socket.closed).toMatchObject({
      code: 4_001,
      reason: "because",
      wasClean: true,
      initiator: "peer",
      error: null,
    });
    expect(socket.state).toBe("closed");
  });

  test("abort ends at once and delivers nothing more", async () => {
    const message = vi.fn();
    const { socket, peer } = await connected({}, { message });
    socket.abort();
    peer.endpoint.sendText("late");
    await peer.pump();
    expect(message).not.toHaveBeenCalled();
    expect(peer.transport.isDestroyed).toBe(true);
    expect(await socket.closed).toMatchObject({ code: 1006, error: { code: "aborted" } });
  });

  test("await using closes with 1000", async () => {
    const { socket, peer } = await connected();
    const disposed = socket[Symbol.asyncDispose]();
    await peer.pump();
    await disposed;
    expect(peer.endpoint.ended?.peerClose?.code).toBe(1000);
  });

  test("a peer that never answers our Close is let go of after timeouts.close, twice", async () => {
    const { socket, peer, runtime } = await connected({ timeouts: { ...QUIET, close: 2_000 } });
    const closed = socket.close();
    await settle();
    peer.transport.written = []; // lost
    await runtime.advance(2_000);
    expect(await closed).toMatchObject({
      code: 1006,
      wasClean: false,
      error: { timeout: "close" },
    });
    expect(peer.transport.isDestroyed).toBe(true);
  });
});
