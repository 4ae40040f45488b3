import { connect, createServer } from "@sansocket/bun";
import type { Transport, TransportHandler } from "@sansocket/driver";
import { afterEach, describe, expect, test } from "vitest";
import { BunTransport, handlers } from "../src/bun-transport.ts";
import { dialer } from "../src/dialer.ts";

/** A handler that keeps a log; `depth` is 1 while one of the transport's methods runs. */
class Log implements TransportHandler {
  readonly inbox: Uint8Array<ArrayBuffer> = new Uint8Array(65_536);
  readonly entries: string[] = [];
  depth = 0;
  private readonly waiting: (() => void)[] = [];

  onData(chunk: Uint8Array): void {
    this.note(`data ${Buffer.from(chunk).toString()}`);
  }

  onInbox(byteCount: number): void {
    this.onData(this.inbox.subarray(0, byteCount));
  }

  onEnd(): void {
    this.note("end");
  }

  onDrain(): void {
    this.note("drain");
  }

  onClosed(error?: string): void {
    this.note(error === undefined ? "closed" : `closed ${error}`);
  }

  private note(entry: string): void {
    this.entries.push(this.depth > 0 ? `${entry}, from inside of a method` : entry);
    for (const wake of this.waiting.splice(0)) wake();
  }

  async until(entry: string): Promise<void> {
    while (!this.entries.includes(entry)) {
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
  }
}

const open: { stop(): void }[] = [];

afterEach(() => {
  for (const one of open.splice(0)) one.stop();
});

/** A listener whose only connection is a plain socket of Bun. */
function listen(): { port: number; accepted: Promise<Bun.Socket<undefined>> } {
  const accepted = Promise.withResolvers<Bun.Socket<undefined>>();
  const listener = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    allowHalfOpen: true,
    socket: { open: (socket) => accepted.resolve(socket), data() {}, end() {} },
  });
  open.push({ stop: () => listener.stop(true) });
  return { port: listener.port, accepted: accepted.promise };
}

const never = new AbortController().signal;

async function dialed() {
  const { port, accepted } = listen();
  const connection = await dialer.dial({ hostname: "127.0.0.1", port }, never);
  return { connection, peer: await accepted };
}

function inside<T>(log: Log, act: () => T): T {
  log.depth += 1;
  try {
    return act();
  } finally {
    log.depth -= 1;
  }
}

const text = (octets: string): Uint8Array => new TextEncoder().encode(octets);

/** Long enough for whatever would still come. */
async function aWhile(): Promise<void> {
  for (let count = 0; count < 5; count += 1) await new Promise((resolve) => setTimeout(resolve, 1));
}

/** The reset is in the kernel then, and Bun has not looked: a write is what meets it. */
function reset(peer: Bun.Socket<undefined>): void {
  peer.terminate();
  Bun.sleepSync(30);
}

describe("a reset that a write meets, which Bun tells a paused socket nothing of", () => {
  const bytes = [new Uint8Array(10)];
  for (const { when, act } of [
    {
      when: "was paused before",
      act: (transport: Transport, peer: Bun.Socket<undefined>) => {
        transport.pause();
        reset(peer);
        transport.write(bytes);
      },
    },
    {
      when: "is paused behind it",
      act: (transport: Transport, peer: Bun.Socket<undefined>) => {
        reset(peer);
        transport.write(bytes);
        transport.pause();
      },
    },
    {
      when: "is full",
      act: (transport: Transport, peer: Bun.Socket<undefined>) => {
        peer.pause();
        transport.pause();
        while (transport.write([new Uint8Array(1_048_576)]));
        reset(peer);
        transport.write(bytes);
      },
    },
    {
      when: "reads",
      act: (transport: Transport, peer: Bun.Socket<undefined>) => {
        reset(peer);
        transport.write(bytes);
      },
    },
  ]) {
    test(`is told, once and last, where the socket ${when}`, async () => {
      const { connection, peer } = await dialed();
      const log = new Log();
      const transport = connection.open(log);
      await aWhile();
      inside(log, () => act(transport, peer));
      await log.until("closed ECONNRESET");
      await aWhile();
      // A socket that reads may hear of an end before.
      expect(log.entries.filter((entry) => entry !== "end")).toEqual(["closed ECONNRESET"]);
      expect(log.entries.at(-1)).toBe("closed ECONNRESET");
    });
  }
});

describe("before somebody listens", () => {
  test("what arrives is kept, its end and the close included, and told in order", async () => {
    const { connection, peer } = await dialed();
    peer.write("early");
    await aWhile();
    peer.terminate();
    await aWhile();
    const log = new Log();
    inside(log, () => connection.open(log));
    await log.until("closed ECONNRESET");
    expect(log.entries).toEqual(["data early", "closed ECONNRESET"]);
  });

  test("a second handler hears of what the first one had paused before", async () => {
    const { connection, peer } = await dialed();
    const first = new Log();
    const transport = connection.open(first);
    peer.write("one");
    await first.until("data one");
    transport.pause();
    const second = new Log();
    connection.open(second).resume();
    peer.write("two");
    await second.until("data two");
    expect(first.entries).toEqual(["data one"]);
  });
});

test("TLS over a connection that was reset meanwhile fails, and says why", async () => {
  const { connection, peer } = await dialed();
  peer.terminate();
  await aWhile();
  await expect(connection.startTls({}, "localhost", never)).rejects.toThrow(/was closed before/);
});

describe("ending", () => {
  test("destroy tells nobody before it returns, then once that the stream is closed", async () => {
    const { connection } = await dialed();
    const log = new Log();
    const transport = connection.open(log);
    inside(log, () => {
      transport.destroy();
      transport.destroy();
    });
    await log.until("closed");
    inside(log, () => {
      transport.write([text("late")]);
      transport.endWrite();
      transport.pause();
      transport.resume();
      transport.destroy();
    });
    await aWhile();
    expect(log.entries).toEqual(["closed"]);
  });

  test("a peer that ends behind us has ended first, and closed then", async () => {
    const { connection, peer } = await dialed();
    const log = new Log();
    const transport = connection.open(log);
    expect(inside(log, () => transport.endWrite())).toBe(true);
    peer.write("not yet");
    await log.until("data not yet");
    peer.shutdown();
    await log.until("closed");
    expect(log.entries).toEqual(["data not yet", "end", "closed"]);
  });

  test("a peer that ends before us hears everything that is written and destroyed at once", async () => {
    const received = Promise.withResolvers<number>();
    let octets = 0;
    const listener = Bun.listen({
      hostname: "127.0.0.1",
      port: 0,
      allowHalfOpen: true,
      socket: {
        open: (socket) => void socket.shutdown(),
        data(_socket, chunk) {
          octets += chunk.length;
        },
        close: (_socket, error) =>
          error === undefined ? received.resolve(octets) : received.reject(error),
      },
    });
    open.push({ stop: () => listener.stop(true) });
    const connection = await dialer.dial({ hostname: "127.0.0.1", port: listener.port }, never);
    const log = new Log();
    const transport: Transport = connection.open(log);
    await log.until("end");
    expect(transport.write([new Uint8Array(1_000_000)])).toBe(true);
    expect(transport.endWrite()).toBe(true);
    transport.destroy();
    expect(await received.promise).toBe(1_000_000);
  });
});

describe("writing", () => {
  test("what is full says so, keeps the order, ends behind it, and drains once", async () => {
    const hash = new Bun.CryptoHasher("sha256");
    let octets = 0;
    const ended = Promise.withResolvers<void>();
    const accepted = Promise.withResolvers<Bun.Socket<undefined>>();
    const listener = Bun.listen({
      hostname: "127.0.0.1",
      port: 0,
      allowHalfOpen: true,
      socket: {
        open(socket) {
          socket.pause();
          accepted.resolve(socket);
        },
        data(_socket, chunk) {
          octets += chunk.length;
          hash.update(chunk);
        },
        end: () => ended.resolve(),
      },
    });
    open.push({ stop: () => listener.stop(true) });
    const connection = await dialer.dial({ hostname: "127.0.0.1", port: listener.port }, never);
    const log = new Log();
    const transport = connection.open(log);
    const chunks = Array.from({ length: 24 }, (_, count) => new Uint8Array(1_048_576).fill(count));
    chunks.splice(3, 0, new Uint8Array(0));
    const expected = new Bun.CryptoHasher("sha256");
    for (const chunk of chunks) expected.update(chunk);
    await aWhile(); // drains that mean nothing
    expect(log.entries).toEqual([]);
    expect(inside(log, () => transport.write(chunks))).toBe(false);
    expect(inside(log, () => transport.endWrite())).toBe(false);
    await aWhile();
    expect(log.entries).toEqual([]);
    (await accepted.promise).resume();
    await ended.promise;
    expect(log.entries).toEqual(["drain"]);
    expect(octets).toBe(24 * 1_048_576);
    expect(hash.digest("hex")).toBe(expected.digest("hex"));
  });
});

test("a server that does not listen serves what it is given", async () => {
  const server = createServer({
    message(socket, message) {
      socket.write(message);
    },
  });
  expect([server.address, server.url]).toEqual([null, ""]);
  const listener = Bun.listen<BunTransport>({
    hostname: "127.0.0.1",
    port: 0,
    allowHalfOpen: true,
    socket: {
      ...handlers,
      open: (socket) => void server.accept((handler) => new BunTransport(socket, false, handler)),
    },
  });
  open.push({ stop: () => listener.stop(true) });
  const socket = await connect(`ws://127.0.0.1:${listener.port}/`);
  socket.write("hello");
  for await (const message of socket) {
    expect(message).toBe("hello");
    break;
  }
  await socket.close();
  await server.shutdown();
  const { connection } = await dialed();
  expect(server.accept(connection.open)).toBe(false);
});
