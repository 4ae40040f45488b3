import { connect, createServer, fromConn, MisuseError, prepare } from "@sansocket/deno";
import { expect, test, vi } from "vitest";
import { DenoTransport, fromOwnConn } from "../src/deno-transport.ts";
import { COPY_BYTES } from "../src/small-write.ts";
import { deferred, RawPeer } from "./raw-peer.ts";

async function connected(): Promise<[Deno.Conn, RawPeer]> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const [conn, peer] = await Promise.all([listener.accept(), RawPeer.connect(listener.addr.port)]);
  listener.close();
  return [conn, peer];
}

/** Writes down what it is told, and lets a test wait for the next of it. */
class Recorder {
  readonly inbox: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  readonly calls: string[] = [];
  octets = 0;
  sizes: number[] = [];
  onChunk: () => void = () => {};
  private waiting: { name: string; resolve: () => void }[] = [];

  /** Until `name` has been called once more. */
  next(name: string): Promise<void> {
    return new Promise((resolve) => this.waiting.push({ name, resolve }));
  }

  private told(name: string): void {
    this.calls.push(name);
    const due = this.waiting.filter((waiter) => waiter.name === name.split(" ")[0]);
    this.waiting = this.waiting.filter((waiter) => !due.includes(waiter));
    for (const { resolve } of due) resolve();
  }

  onData(chunk: Uint8Array): void {
    this.octets += chunk.length;
    this.sizes.push(chunk.length);
    this.onChunk();
    this.told("data");
  }
  onInbox(): void {}
  onEnd(): void {
    this.told("end");
  }
  onDrain(): void {
    this.told("drain");
  }
  onClosed(error?: string): void {
    this.told(error === undefined ? "closed" : `closed ${error}`);
  }
}

async function rest(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 20));
}

test("no handler is called from inside of open, write, endWrite and destroy, and closed comes once and last", async () => {
  const [conn, peer] = await connected();
  await peer.write(new Uint8Array(10));
  const recorder = new Recorder();
  const transport = new DenoTransport(conn, recorder, true);
  const data = recorder.next("data");
  expect(recorder.calls).toEqual([]);
  await data;
  const drain = recorder.next("drain");
  expect(transport.write([new Uint8Array(100_000)])).toBe(false);
  expect(recorder.calls).toEqual(["data"]);
  await drain;
  const second = recorder.next("drain");
  expect(transport.endWrite()).toBe(false);
  expect(recorder.calls).toEqual(["data", "drain"]);
  await second;
  const closed = recorder.next("closed");
  transport.destroy();
  transport.destroy();
  expect(recorder.calls).toEqual(["data", "drain", "drain"]);
  await closed;
  transport.resume();
  transport.destroy();
  await rest();
  expect(recorder.calls).toEqual(["data", "drain", "drain", "closed"]);
  peer.close();
});

test("a transport that is destroyed in the middle of a write is closed, without an error and without a drain", async () => {
  const [conn, peer] = await connected();
  const recorder = new Recorder();
  const transport = new DenoTransport(conn, recorder, true);
  transport.write([new Uint8Array(64 << 20)]);
  await rest();
  const closed = recorder.next("closed");
  transport.destroy();
  await closed;
  expect(recorder.calls).toEqual(["closed"]);
  peer.close();
});

test("a write and an end behind it are one drain, and the end stands behind all bytes", async () => {
  const [conn, peer] = await connected();
  const recorder = new Recorder();
  const transport = new DenoTransport(conn, recorder, true);
  const drain = recorder.next("drain");
  transport.write([new Uint8Array(8 << 20), new Uint8Array([1]), new Uint8Array([2, 3])]);
  transport.endWrite();
  const { count, tail } = await peer.readToEnd();
  expect(count).toBe((8 << 20) + 3);
  expect(tail.slice(-3)).toEqual([1, 2, 3]);
  await drain;
  expect(recorder.calls).toEqual(["drain"]);
  const closed = recorder.next("closed");
  await peer.conn.closeWrite();
  await closed;
  expect(recorder.calls).toEqual(["drain", "end", "closed"]);
  peer.close();
});

test("a pause stops the next read, not only what comes of it", async () => {
  const [conn, peer] = await connected();
  const recorder = new Recorder();
  const transport = new DenoTransport(conn, recorder, true);
  recorder.onChunk = () => transport.pause();
  const first = recorder.next("data");
  await peer.write(new Uint8Array(10));
  await first;
  await peer.write(new Uint8Array(10));
  await rest();
  expect(recorder.octets).toBe(10);
  // Nobody else is reading: it may be done by hand.
  expect(await conn.read(new Uint8Array(100))).toBe(10);
  const second = recorder.next("data");
  transport.resume();
  transport.resume();
  await peer.write(new Uint8Array(5));
  await second;
  expect(recorder.octets).toBe(15);
  transport.destroy();
  peer.close();
});

test("reads are small until one is full, large while they are, and smaller again", async () => {
  const [conn, peer] = await connected();
  await peer.write(new Uint8Array(1_024 + 4_096 + 65_600 + 7));
  await rest();
  const recorder = new Recorder();
  const transport = new DenoTransport(conn, recorder, true);
  while (recorder.octets < 1_024 + 4_096 + 65_600 + 7) await recorder.next("data");
  expect(recorder.sizes).toEqual([1_024, 4_096, 65_600, 7]);
  await peer.write(new Uint8Array(5_000));
  while (recorder.octets < 1_024 + 4_096 + 65_600 + 7 + 5_000) await recorder.next("data");
  expect(recorder.sizes.slice(4)).toEqual([4_096, 904]);
  // Whoever gets messages of that size reads only the first of them twice.
  for (const sizes of [[4_096, 5_904], [10_000]]) {
    recorder.sizes.length = 0;
    const octets = recorder.octets + 10_000;
    await peer.write(new Uint8Array(10_000));
    while (recorder.octets < octets) await recorder.next("data");
    expect(recorder.sizes).toEqual(sizes);
  }
  const closed = recorder.next("closed");
  transport.destroy();
  await closed;
  peer.close();
});

test("a transport that is destroyed by what it tells is closed once", async () => {
  const [conn, peer] = await connected();
  const recorder = new Recorder();
  const transport = new DenoTransport(conn, recorder, true);
  recorder.onChunk = () => transport.destroy();
  const closed = recorder.next("closed");
  await peer.write(new Uint8Array(10));
  await closed;
  await rest();
  expect(recorder.calls).toEqual(["data", "closed"]);
  peer.close();
});

test("a transport that is paused and destroyed is closed, but not before destroy returns", async () => {
  const [conn, peer] = await connected();
  const recorder = new Recorder();
  const transport = new DenoTransport(conn, recorder, true);
  const data = recorder.next("data");
  recorder.onChunk = () => transport.pause();
  await peer.write(new Uint8Array(10));
  await data;
  await rest();
  const closed = recorder.next("closed");
  transport.destroy();
  expect(recorder.calls).toEqual(["data"]);
  await closed;
  peer.close();
});

test("an end of the stream behind a failed write is not an orderly one", async () => {
  const [conn, peer] = await connected();
  const recorder = new Recorder();
  const transport = new DenoTransport(conn, recorder, true);
  const data = recorder.next("data");
  await peer.write(new Uint8Array(10));
  await data;
  const closed = recorder.next("closed");
  transport.write([new Uint8Array(32 << 20)]);
  await rest();
  peer.close(); // with bytes unread: a reset
  await closed;
  expect(recorder.calls).toEqual(["data", expect.stringMatching(/^closed (EPIPE|ECONNRESET)$/)]);
});

/** A connection whose operations end when the test says so. */
class HeldConn {
  readonly remoteAddr = { transport: "tcp", hostname: "127.0.0.1", port: 1 };
  readonly reading = deferred<number | null>();
  readonly writing = deferred<number>();
  isClosed = false;
  read(): Promise<number | null> {
    return this.reading.promise;
  }
  write(): Promise<number> {
    return this.writing.promise;
  }
  close(): void {
    this.isClosed = true;
  }
}

test("a peer that always has bytes lets timers run", async () => {
  let reads = 0;
  let hasRun = false;
  setTimeout(() => {
    hasRun = true;
  }, 0);
  const conn = {
    // Deno resolves at once for as long as bytes lie in the kernel.
    async read(into: Uint8Array): Promise<number | null> {
      reads += 1;
      return hasRun || reads === 1_000_000 ? null : into.length;
    },
    async closeWrite(): Promise<void> {},
    close(): void {},
  };
  const recorder = new Recorder();
  const ended = recorder.next("end");
  const transport = new DenoTransport(conn as unknown as Deno.Conn, recorder, true);
  await ended;
  expect(reads).toBeLessThan(1_000_000);
  transport.destroy();
});

test("a transport is closed only when neither direction holds memory any more", async () => {
  const conn = new HeldConn();
  const recorder = new Recorder();
  const transport = new DenoTransport(conn as unknown as Deno.Conn, recorder, true);
  transport.write([new Uint8Array(1)]);
  transport.destroy();
  expect(conn.isClosed).toBe(true);
  conn.reading.resolve(null);
  await rest();
  expect(recorder.calls).toEqual([]);
  const closed = recorder.next("closed");
  conn.writing.resolve(1);
  await closed;
  expect(recorder.calls).toEqual(["closed"]);
});

test("a transport is idle, for TLS to begin, when its last write has ended", async () => {
  const conn = new HeldConn();
  const recorder = new Recorder();
  const transport = new DenoTransport(conn as unknown as Deno.Conn, recorder, true);
  recorder.onChunk = () => transport.pause();
  transport.write([new Uint8Array(1)]);
  conn.reading.resolve(10);
  let isIdle = false;
  const idle = transport.idle().then(() => {
    isIdle = true;
  });
  await rest();
  expect(recorder.calls).toEqual(["data"]);
  expect(isIdle).toBe(false);
  conn.writing.resolve(1);
  await idle;
  expect(recorder.calls).toEqual(["data"]);
});

test("a small write is taken at once, copied, and one at a time: the next is lent", async () => {
  const [conn, peer] = await connected();
  const recorder = new Recorder();
  const transport = new DenoTransport(conn, recorder, true);
  const chunks = [new Uint8Array([1]), new Uint8Array([2, 3])];
  expect(transport.write(chunks)).toBe(true);
  for (const chunk of chunks) chunk.fill(9);
  const drain = recorder.next("drain");
  expect(transport.write([new Uint8Array([4])])).toBe(false);
  await drain;
  expect(transport.write([new Uint8Array([5])])).toBe(true);
  transport.endWrite();
  const { tail } = await peer.readToEnd();
  expect(tail).toEqual([1, 2, 3, 4, 5]);
  await rest();
  expect(recorder.calls).toEqual(["drain", "drain"]);
  const closed = recorder.next("closed");
  peer.close();
  await closed;
});

test("a write that nobody changes again is taken at once without a copy, and the next is lent", async () => {
  const [conn, peer] = await connected();
  const recorder = new Recorder();
  const transport = new DenoTransport(conn, recorder, true);
  const write = vi.spyOn(conn, "write");
  const frame = new Uint8Array([1, 2]);
  const drain = recorder.next("drain");
  expect(transport.write([frame], true)).toBe(true);
  expect(write.mock.calls[0]![0]).toBe(frame);
  expect(transport.write([new Uint8Array([3])])).toBe(false);
  await drain;
  transport.endWrite();
  const { tail } = await peer.readToEnd();
  expect(tail).toEqual([1, 2, 3]);
  const closed = recorder.next("closed");
  peer.close();
  await closed;
});

test("a write that nobody changes again, and that Deno takes in parts, arrives whole", async () => {
  const conn = new Piecemeal();
  const recorder = new Recorder();
  const transport = new DenoTransport(conn as unknown as Deno.Conn, recorder, true);
  expect(transport.write([new Uint8Array([1, 2, 3, 4, 5])], true)).toBe(true);
  await vi.waitFor(() => expect(conn.written).toEqual([1, 2, 3, 4, 5]));
});

/** A connection that takes two bytes at a time, and never brings any. */
class Piecemeal {
  readonly written: number[] = [];
  async write(bytes: Uint8Array): Promise<number> {
    this.written.push(...bytes.subarray(0, 2));
    return Math.min(2, bytes.length);
  }
  read(): Promise<number | null> {
    return new Promise(() => {});
  }
}

test("small answers are written from memory that is used again, also behind the frame of a broadcast", async () => {
  const [conn, peer] = await connected();
  const write = vi.spyOn(conn, "write");
  await using server = createServer({ message: (socket, message) => void socket.write(message) });
  server.accept(fromOwnConn(conn));
  const socket = await connect("ws://127.0.0.1/", { socket: fromConn(peer.conn) });
  const news = prepare("the news");
  const messages = socket[Symbol.asyncIterator]();
  for (let round = 0; round < 3; round += 1) {
    socket.write("echo");
    await messages.next();
    server.sockets[0]!.write(news);
    await messages.next();
  }
  const written = write.mock.calls.slice(1).map(([bytes]) => bytes as Uint8Array);
  expect(written.map(({ length }) => length)).toEqual([6, 10, 6, 10, 6, 10]);
  expect(written.filter(({ length }) => length === 10).every((one) => one === news.frame)).toBe(
    true,
  );
  const echoes = written.filter(({ length }) => length === 6);
  expect(echoes.map(({ buffer }) => buffer.byteLength)).toEqual([
    COPY_BYTES,
    COPY_BYTES,
    COPY_BYTES,
  ]);
  await socket.close();
});

test("a connection that somebody else has closed is closed, whatever is asked of it", async () => {
  const [conn, peer] = await connected();
  const recorder = new Recorder();
  const transport = new DenoTransport(conn, recorder, true);
  const closed = recorder.next("closed");
  conn.close();
  transport.write([new Uint8Array(1)]);
  transport.endWrite();
  transport.destroy();
  await closed;
  await rest();
  expect(recorder.calls).toEqual([expect.stringMatching(/^closed/)]);
  peer.close();
});

test("a server that does not listen, and a client, take connections that were made elsewhere", async () => {
  const [conn, peer] = await connected();
  const server = createServer({ message: (socket, message) => void socket.write(message) });
  expect(server.address).toBeNull();
  expect(server.accept(fromConn(conn))).toBe(true);
  const socket = await connect("ws://127.0.0.1/", { socket: fromConn(peer.conn) });
  expect(server.sockets[0]!.remoteAddress).toMatchObject({ hostname: "127.0.0.1" });
  socket.write("hello");
  for await (const message of socket) {
    expect(message).toBe("hello");
    break;
  }
  expect((await socket.close()).wasClean).toBe(true);
  await server.shutdown();
});

test("a connection that is given sends each write at once", async () => {
  const [conn, peer] = await connected();
  const setNoDelay = vi.spyOn(conn as Deno.TcpConn, "setNoDelay");
  await using server = createServer({});
  expect(server.accept(fromConn(conn))).toBe(true);
  expect(setNoDelay.mock.calls).toEqual([[true]]);
  peer.close();
});

test("a connection that is given, and whose kernel refuses to send at once, is served as it is", async () => {
  const [conn, peer] = await connected();
  vi.spyOn(conn as Deno.TcpConn, "setNoDelay").mockImplementation(() => {
    throw new Error("Invalid argument (os error 22)"); // macOS, once the peer has reset the connection
  });
  await using server = createServer({});
  expect(server.accept(fromConn(conn))).toBe(true);
  const socket = await connect("ws://127.0.0.1/", { socket: fromConn(peer.conn) });
  await socket.close();
});

test("a connection that is served already is a mistake of the caller, for every server", async () => {
  const [conn, peer] = await connected();
  const server = createServer({});
  const other = createServer({});
  expect(server.accept(fromConn(conn))).toBe(true);
  for (const one of [server, other]) {
    expect(() => one.accept(fromConn(conn))).toThrow(MisuseError);
  }
  expect([server.connections, other.connections]).toEqual([1, 0]);
  peer.close();
  await server.shutdown({ grace: 0 });
});
