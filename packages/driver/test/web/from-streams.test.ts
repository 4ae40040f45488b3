import { describe, expect, test } from "vitest";
import {
  type ByteStreams,
  connectWith,
  fromStreams,
  MisuseError,
  Server,
  type Transport,
  type TransportHandler,
  webRuntime,
} from "../../src/index.ts";
import { bytesOf, streamPair, tasks } from "./web-stage.ts";

/** Writes down what it is told; and that it is told nothing while a method of the transport runs. */
class RecordingHandler implements TransportHandler {
  readonly told: string[] = [];
  readonly inbox: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  isCalling = false;

  onData(chunk: Uint8Array): void {
    this.note(`data ${String.fromCharCode(...chunk)}`);
  }

  onInbox(): void {
    this.note("inbox");
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

  private note(word: string): void {
    if (this.isCalling) throw new Error(`${word} while a method of the transport runs`);
    this.told.push(word);
  }
}

class Opened {
  readonly handler = new RecordingHandler();
  private readonly transport: Transport;

  constructor(streams: ByteStreams) {
    this.handler.isCalling = true;
    this.transport = fromStreams(streams)(this.handler);
    this.handler.isCalling = false;
  }

  call<T>(method: (transport: Transport) => T): T {
    this.handler.isCalling = true;
    const result = method(this.transport);
    this.handler.isCalling = false;
    return result;
  }

  get told(): string[] {
    return this.handler.told;
  }
}

interface Far {
  readonly reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly writer: WritableStreamDefaultWriter<Uint8Array>;
}

/** A transport, and the other end of its streams. */
function open(): { near: Opened; far: Far } {
  const [ours, { readable, writable }] = streamPair();
  const reader = readable.getReader() as Far["reader"];
  return { near: new Opened(ours), far: { reader, writer: writable.getWriter() } };
}

describe("fromStreams", () => {
  test("delivers chunks and the end in order, also what was there before it was opened", async () => {
    const [ours, theirs] = streamPair();
    const writer = theirs.writable.getWriter();
    void writer.write(bytesOf("a"));
    void writer.write(bytesOf("b"));
    void writer.close();
    await tasks();
    const near = new Opened(ours);
    await tasks();
    expect(near.told).toEqual(["data a", "data b", "end"]);
  });

  test("writes chunks as one, behind one another, and says when there is room again", async () => {
    const { near, far } = open();
    expect(near.call((t) => t.write([bytesOf("ab"), bytesOf("c")]))).toBe(false);
    await tasks();
    expect(near.told).toEqual([]);
    expect((await far.reader.read()).value).toEqual(bytesOf("abc"));
    await tasks();
    expect(near.told).toEqual(["drain"]);
  });

  test("says true at once while the queuing strategy has room", async () => {
    const [ours] = streamPair();
    const written: Uint8Array[] = [];
    const writable = new WritableStream<Uint8Array>(
      { write: (chunk) => void written.push(chunk) },
      { highWaterMark: 3 },
    );
    const near = new Opened({ readable: ours.readable, writable });
    await tasks();
    expect(near.call((t) => t.write([bytesOf("a")]))).toBe(true);
    await tasks();
    expect([written, near.told]).toEqual([[bytesOf("a")], []]);
  });

  // workerd 2026: `ready` is pending for good when it was asked for with two writes under way, and the first left no room.
  test("says that there is room when the last write was taken, should the stream forget to", async () => {
    const takes: (() => void)[] = [];
    const sink = { write: () => new Promise<void>((resolve) => void takes.push(resolve)) };
    const writer = new WritableStream(sink, { highWaterMark: 2 }).getWriter();
    Object.defineProperty(writer, "ready", { value: new Promise(() => {}) });
    const writable = Object.assign(new WritableStream<Uint8Array>(), { getWriter: () => writer });
    const near = new Opened({ readable: streamPair()[0].readable, writable });
    expect(near.call((t) => t.write([bytesOf("a")]))).toBe(true);
    expect(near.call((t) => t.write([bytesOf("b")]))).toBe(false);
    for (const told of [[], ["drain"]]) {
      await tasks();
      takes.shift()!();
      await tasks();
      expect(near.told).toEqual(told);
    }
  });

  test("waits for the sink where the queuing strategy counts nothing", async () => {
    const [ours] = streamPair();
    let take = (): void => {};
    const write = (): Promise<void> =>
      new Promise((resolve) => {
        take = resolve;
      });
    const writable = new WritableStream<Uint8Array>({ write }, { size: () => 0 });
    const near = new Opened({ readable: ours.readable, writable });
    await tasks();
    expect(near.call((t) => t.write([bytesOf("a")]))).toBe(false);
    await tasks();
    expect(near.told).toEqual([]);
    take();
    await tasks();
    expect(near.told).toEqual(["drain"]);
  });

  test("never uses again what it has written: a stream may keep it", async () => {
    const { near, far } = open();
    const chunk = bytesOf("mine");
    near.call((t) => t.write([chunk]));
    chunk.fill(0);
    expect((await far.reader.read()).value).toEqual(bytesOf("mine"));
  });

  test("endWrite closes the writable behind what was written, and drains once for both", async () => {
    const { near, far } = open();
    near.call((t) => t.write([bytesOf("last")]));
    expect(near.call((t) => t.endWrite())).toBe(false);
    expect((await far.reader.read()).value).toEqual(bytesOf("last"));
    expect((await far.reader.read()).done).toBe(true);
    await tasks();
    expect(near.told).toEqual(["drain"]);
  });

  test("is closed when both directions have ended, whichever is first, and says nothing after it", async () => {
    for (const isPeerFirst of [true, false]) {
      const { near, far } = open();
      if (isPeerFirst) void far.writer.close();
      await tasks();
      near.call((t) => t.endWrite());
      expect((await far.reader.read()).done).toBe(true);
      if (!isPeerFirst) void far.writer.close();
      await tasks();
      const halves = isPeerFirst ? ["end", "drain"] : ["drain", "end"];
      expect(near.told).toEqual([...halves, "closed"]);
      near.call((t) => t.destroy());
      expect([near.call((t) => t.write([bytesOf("a")])), near.call((t) => t.endWrite())]).toEqual([
        true,
        true,
      ]);
      await tasks();
      expect(near.told).toHaveLength(3);
    }
  });

  describe("where the writable closed itself, as that of a workerd socket does when the peer ends", () => {
    async function opened(): Promise<Opened> {
      const [{ readable }, theirs] = streamPair();
      const writable = new WritableStream<Uint8Array>();
      await writable.close();
      void theirs.writable.close();
      const near = new Opened({ readable, writable });
      await tasks();
      expect(near.told).toEqual(["end"]);
      return near;
    }

    test("endWrite has nothing left to do", async () => {
      const near = await opened();
      expect(near.call((t) => t.endWrite())).toBe(false);
      await tasks();
      expect(near.told).toEqual(["end", "drain", "closed"]);
    });

    test("what is written is not said to be taken: the connection has failed", async () => {
      const near = await opened();
      near.call((t) => t.write([bytesOf("late")]));
      await tasks();
      expect(near.told).toEqual(["end", expect.stringMatching(/^closed ./)]);
    });

    test("nor is it in any moment of the closing", async () => {
      for (let turns = 0; turns < 10; turns += 1) {
        const writable = new WritableStream<Uint8Array>();
        void writable.close();
        const near = new Opened({ readable: new ReadableStream(), writable });
        for (let turn = 0; turn < turns; turn += 1) await null;
        near.call((t) => t.write([bytesOf("late")]));
        await tasks();
        expect([turns, ...near.told]).toEqual([turns, expect.stringMatching(/^closed ./)]);
      }
    });
  });

  for (const { what, locks } of [
    { what: "a readable that somebody reads", locks: ({ readable }) => void readable.getReader() },
    {
      what: "a writable that somebody writes",
      locks: ({ writable }) => void writable.getWriter(),
    },
  ] satisfies { what: string; locks: (streams: ByteStreams) => void }[]) {
    test(`refuses ${what} with a MisuseError, and leaves the other stream alone`, () => {
      const [streams] = streamPair();
      locks(streams);
      const locked = [streams.readable.locked, streams.writable.locked];
      expect(() => new Opened(streams)).toThrow(MisuseError);
      expect([streams.readable.locked, streams.writable.locked]).toEqual(locked);
    });
  }

  test("pause stops reading but for what is on its way, and resume goes on", async () => {
    const { near, far } = open();
    await tasks();
    near.call((t) => t.pause());
    for (const text of ["1", "2", "3"]) void far.writer.write(bytesOf(text));
    await tasks();
    expect(near.told).toEqual(["data 1"]);
    near.call((t) => t.resume());
    near.call((t) => t.resume());
    await tasks();
    expect(near.told).toEqual(["data 1", "data 2", "data 3"]);
  });

  test("resume, however often, asks for one chunk at a time", async () => {
    const { near, far } = open();
    await tasks();
    near.call((t) => t.pause());
    near.call((t) => t.resume());
    near.call((t) => t.resume());
    await tasks();
    near.call((t) => t.pause());
    for (const text of ["1", "2"]) void far.writer.write(bytesOf(text));
    await tasks();
    expect(near.told).toEqual(["data 1"]);
  });

  test("destroy lets go of both streams, with onClosed behind it, once", async () => {
    const { near, far } = open();
    await tasks();
    near.call((t) => t.destroy());
    near.call((t) => t.destroy());
    await tasks();
    expect(near.told).toEqual(["closed"]);
    await expect(far.reader.read()).rejects.toThrow("destroyed");
    await expect(far.writer.write(bytesOf("a"))).rejects.toThrow("destroyed");
  });

  const broken = Object.assign(new Error("reset by the peer"), { code: "ECONNRESET" });
  for (const { what, act, word } of [
    {
      what: "reading fails: the runtime's code",
      act: (far: Far) => far.writer.abort(broken),
      word: "closed ECONNRESET",
    },
    {
      what: "writing fails: its message, if it has no code",
      act: (far: Far) => far.reader.cancel(new Error("nobody listens")),
      word: "closed nobody listens",
    },
    {
      what: "something else than bytes arrives",
      act: (far: Far) => far.writer.write("text" as never),
      word: "closed the readable stream has a chunk that is no Uint8Array",
    },
  ]) {
    test(`is closed with a reason when ${what}`, async () => {
      const { near, far } = open();
      near.call((t) => t.write([bytesOf("unread")]));
      act(far).catch(() => {});
      await tasks();
      expect(near.told).toEqual([word]);
    });
  }

  for (const { how, end } of [
    {
      how: "when both directions have ended",
      end: (near: Opened, far: Far) => {
        near.call((t) => t.endWrite());
        void far.reader.read();
        void far.writer.close();
      },
    },
    { how: "when it is destroyed", end: (near: Opened) => near.call((t) => t.destroy()) },
    {
      how: "when a stream fails",
      end: (_near: Opened, far: Far) => far.writer.abort("gone").catch(() => {}),
    },
  ]) {
    test(`closes what is behind the streams ${how}, once, whatever that does`, async () => {
      for (const result of [
        () => undefined,
        () => Promise.reject(new Error("closed already")),
        () => {
          throw new Error("closed already");
        },
      ]) {
        const [ours, { readable, writable }] = streamPair();
        let closes = 0;
        const near = new Opened({
          ...ours,
          close() {
            closes += 1;
            return result();
          },
        });
        const reader = readable.getReader() as Far["reader"];
        await tasks();
        expect(closes).toBe(0);
        end(near, { reader, writer: writable.getWriter() });
        await tasks();
        near.call((t) => t.destroy());
        await tasks();
        expect([closes, near.told.at(-1)]).toEqual([1, expect.stringMatching(/^closed/)]);
      }
    });
  }

  test("knows of the peer what it was told", () => {
    const [ours] = streamPair();
    const remoteAddress = { hostname: "203.0.113.7", port: 5_000 };
    const tls = {
      protocol: "TLSv1.3",
      alpnProtocol: null,
      serverName: "site.example",
      clientCertificate: null,
    };
    const transport = fromStreams({ ...ours, remoteAddress, tls })(new RecordingHandler());
    expect([transport.remoteAddress, transport.tls]).toEqual([remoteAddress, tls]);
  });

  test("carries a whole connection: messages both ways, and a clean end on both sides", async () => {
    const [ours, theirs] = streamPair();
    const ends: boolean[] = [];
    const server = new Server<undefined>(
      {
        message: (socket, message) => void socket.write(message),
        close: (_socket, { wasClean }) => void ends.push(wasClean),
      },
      { runtime: webRuntime() },
    );
    server.accept(fromStreams(theirs));
    const dialer = { dial: () => Promise.reject(new Error("no network here")) };
    const socket = await connectWith({ runtime: webRuntime(), dialer }, "ws://site.example/", {
      socket: fromStreams(ours),
    });
    const large = new Uint8Array(3_000_000).fill(7);
    socket.write("hello");
    socket.write(large);
    const received: unknown[] = [];
    for await (const message of socket) {
      received.push(message);
      if (received.length === 2) break;
    }
    expect(received[0]).toBe("hello");
    expect((received[1] as Uint8Array).length).toBe(large.length);
    expect(await socket.close()).toMatchObject({ code: 1000, wasClean: true, error: null });
    await tasks();
    expect([ends, server.connections]).toEqual([[true], 0]);
  });
});
