import { describe, expect, test, vi } from "vitest";
import type { ServerOptions, Socket, StandardWebSocket, WebSocketEvents } from "../../src/index.ts";
import {
  CLOSE,
  closeFrame,
  ECHO,
  frame,
  join,
  once,
  type RawPeer,
  record,
  scripted,
  serving,
  TEXT,
  tasks,
} from "./web-stage.ts";

const URL_GIVEN = "ws://site.example/";

async function opened(options?: ServerOptions<undefined>): Promise<StandardWebSocket> {
  const socket = new (serving(options).WebSocket)(URL_GIVEN);
  await once(socket, "open");
  return socket;
}

async function openedWithPeer(): Promise<{ socket: StandardWebSocket; peer: RawPeer }> {
  const { stage, peer } = scripted();
  const socket = new stage.WebSocket(URL_GIVEN);
  const open = once(socket, "open");
  await (await peer).accept();
  await open;
  return { socket, peer: await peer };
}

/** What a server receives, and when it has that many messages. */
function listening(): {
  options: ServerOptions<undefined>;
  until(count: number): Promise<unknown[]>;
} {
  const received: unknown[] = [];
  let changed = (): void => {};
  return {
    options: {
      message(_socket, message) {
        received.push(message);
        changed();
      },
    },
    async until(count) {
      while (received.length < count) {
        await new Promise<void>((resolve) => {
          changed = resolve;
        });
      }
      return received;
    },
  };
}

const nextMessage = (socket: StandardWebSocket): Promise<MessageEvent> => once(socket, "message");

describe("messages that arrive", () => {
  test("are strings for text, with the origin of the URL", async () => {
    const socket = await opened();
    socket.send("héllo");
    const event = await nextMessage(socket);
    expect(event).toBeInstanceOf(MessageEvent);
    expect([event.data, event.origin]).toEqual(["héllo", "ws://site.example"]);
  });

  test("keep their BOM", async () => {
    const socket = await opened();
    socket.send("\uFEFFa");
    expect((await nextMessage(socket)).data).toBe("\uFEFFa");
  });

  test("are Blobs for octets, or ArrayBuffers if binaryType says so", async () => {
    const socket = await opened();
    socket.send(Uint8Array.of(1, 2, 3));
    const { data } = await nextMessage(socket);
    expect(data).toBeInstanceOf(Blob);
    expect(new Uint8Array(await (data as Blob).arrayBuffer())).toEqual(Uint8Array.of(1, 2, 3));
    socket.binaryType = "arraybuffer";
    socket.send(Uint8Array.of(4, 5));
    expect((await nextMessage(socket)).data).toEqual(Uint8Array.of(4, 5).buffer);
  });

  test("binaryType ignores what it does not know", async () => {
    const socket = await opened();
    socket.binaryType = "arraybuffer";
    for (const value of ["nodebuffer", "", null, "BLOB"]) socket.binaryType = value as never;
    expect(socket.binaryType).toBe("arraybuffer");
  });

  test("come one task each, open too: who awaits one and listens then misses none", async () => {
    const { stage, peer } = scripted();
    const socket = new stage.WebSocket(URL_GIVEN);
    const seen: unknown[] = [];
    const reading = (async () => {
      await once(socket, "open");
      for (let turn = 0; turn < 20; turn += 1) await null; // whatever an application does in between
      for (let count = 0; count < 3; count += 1) {
        seen.push((await nextMessage(socket)).data);
        for (let turn = 0; turn < 20; turn += 1) await null;
      }
    })();
    await (await peer).accept([], frame(TEXT, "1"), frame(TEXT, "2"), frame(TEXT, "3"));
    await reading;
    expect(seen).toEqual(["1", "2", "3"]);
  });

  test("come in their order when thousands arrive at once", async () => {
    const { socket, peer } = await openedWithPeer();
    const seen: string[] = [];
    socket.onmessage = ({ data }) => seen.push(data as string);
    const numbers = Array.from({ length: 3_000 }, (_, index) => String(index));
    peer.write(join(...numbers.map((number) => frame(TEXT, number))));
    while (seen.length < numbers.length) await tasks(1);
    expect(seen).toEqual(numbers);
  });

  test("are held back by the driver when they wait for their events", async () => {
    const messages = Array.from({ length: 64 }, (_, index) => String(index).padEnd(65_536, "."));
    const socket = new (serving({
      open(peer) {
        for (const message of messages) peer.write(message);
      },
    }).WebSocket)(URL_GIVEN);
    const seen: string[] = [];
    socket.onmessage = ({ data }) => seen.push(data as string);
    while (seen.length < messages.length) await tasks(1);
    expect(seen).toEqual(messages);
  });

  test("are dropped after close was called", async () => {
    const { socket, peer } = await openedWithPeer();
    const words = record(socket);
    socket.close();
    peer.write(join(frame(TEXT, "late"), closeFrame(1000)));
    peer.end();
    await once(socket, "close");
    expect(words).toEqual(["close 1000 clean"]);
  });

  test("are dropped when close is called in the event before", async () => {
    const { socket, peer } = await openedWithPeer();
    const words = record(socket);
    socket.addEventListener("message", () => socket.close(), { once: true });
    peer.write(join(frame(TEXT, "first"), frame(TEXT, "second"), closeFrame(1000)));
    peer.end();
    await once(socket, "close");
    expect(words).toEqual(["message first", "close 1000 clean"]);
  });

  test("find the socket OPEN, though the Close came in the same packet; behind them it is CLOSING", async () => {
    const { socket, peer } = await openedWithPeer();
    const states: number[] = [];
    socket.onmessage = () => states.push(socket.readyState);
    peer.write(join(frame(TEXT, "1"), frame(TEXT, "2"), frame(CLOSE)));
    while (states.length < 2) await tasks(1);
    await tasks();
    expect([states, socket.readyState]).toEqual([[1, 1], 2]);
    socket.send("too late");
    expect(socket.bufferedAmount).toBe(8);
    peer.end();
    await once(socket, "close");
    expect([socket.readyState, socket.bufferedAmount]).toEqual([3, 8]);
  });
});

describe("send", () => {
  const buffer = Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7).buffer;
  for (const { what, data, arrives } of [
    { what: "an ArrayBuffer", data: buffer, arrives: [0, 1, 2, 3, 4, 5, 6, 7] },
    { what: "a view, and only its part", data: new Uint8Array(buffer, 2, 3), arrives: [2, 3, 4] },
    { what: "a DataView", data: new DataView(buffer, 6), arrives: [6, 7] },
    { what: "floats", data: new Float32Array(buffer, 0, 1), arrives: [0, 1, 2, 3] },
    { what: "a Blob", data: new Blob([Uint8Array.of(9, 8)]), arrives: [9, 8] },
    { what: "an empty ArrayBuffer", data: new ArrayBuffer(0), arrives: [] },
  ]) {
    test(`sends ${what} as octets`, async () => {
      const { options, until } = listening();
      const socket = await opened(options);
      socket.send(data);
      expect(await until(1)).toEqual([Uint8Array.from(arrives)]);
    });
  }

  for (const { data, text } of [
    { data: null, text: "null" },
    { data: undefined, text: "undefined" },
    { data: 1.5, text: "1.5" },
    { data: { toString: () => "mine" }, text: "mine" },
    { data: "a\uD800b", text: "a\uFFFDb" },
  ]) {
    test(`sends ${JSON.stringify(data)} as the text ${JSON.stringify(text)}`, async () => {
      const { options, until } = listening();
      const socket = await opened(options);
      socket.send(data as string);
      expect(await until(1)).toEqual([text]);
    });
  }

  test("throws a TypeError without an argument, for a symbol, and for shared or resizable memory", async () => {
    const socket = await opened();
    const resizable = Reflect.construct(ArrayBuffer, [8, { maxByteLength: 16 }]) as ArrayBuffer;
    for (const args of [
      [],
      [Symbol("a")],
      [new Uint8Array(new SharedArrayBuffer(8))],
      [resizable],
    ]) {
      expect(() => Reflect.apply(socket.send, socket, args)).toThrow(TypeError);
    }
  });

  test("keeps its order around Blobs, and copies what waits behind one", async () => {
    const { options, until } = listening();
    const socket = await opened(options);
    const bytes = Uint8Array.of(2);
    socket.send("1");
    socket.send(new Blob([Uint8Array.of(1)]));
    socket.send(bytes);
    socket.send(new Blob([Uint8Array.of(3)]));
    socket.send("4");
    bytes[0] = 99;
    const sent = ["1", Uint8Array.of(1), Uint8Array.of(2), Uint8Array.of(3), "4"];
    expect(await until(5)).toEqual(sent);
  });

  test("close comes behind a Blob that is still being read", async () => {
    const { options, until } = listening();
    const socket = await opened(options);
    socket.send(new Blob([Uint8Array.of(1)]));
    socket.close(3000, "done");
    const closed = once<WebSocketEvents["close"]>(socket, "close");
    expect(await until(1)).toEqual([Uint8Array.of(1)]);
    expect(await closed).toMatchObject({ code: 3000, wasClean: true });
  });

  test("a Blob that cannot be read fails the connection", async () => {
    const socket = await opened();
    const words = record(socket);
    const blob = new Blob(["gone"]);
    vi.spyOn(blob, "arrayBuffer").mockRejectedValue(new Error("the file is gone"));
    socket.send(blob);
    await once(socket, "close");
    expect(words).toEqual(["error", "close 1006 unclean"]);
  });

  test("from inside a message event goes out", async () => {
    const received: unknown[] = [];
    const server: ServerOptions<undefined> = {
      open: (peer) => void peer.write("ask"),
      message: (_peer, message) => void received.push(message),
    };
    const socket = new (serving(server).WebSocket)(URL_GIVEN);
    socket.onmessage = () => {
      socket.send("answer");
      socket.close();
    };
    await once(socket, "close");
    expect(received).toEqual(["answer"]);
  });
});

describe("bufferedAmount", () => {
  test("counts octets of payload, and nothing else, from send on until they are taken", async () => {
    const { options, until } = listening();
    const socket = await opened(options);
    socket.send("häh");
    expect(socket.bufferedAmount).toBe(4);
    socket.send(new Uint8Array(10));
    socket.send(new Blob(["123"]));
    socket.send("");
    expect(socket.bufferedAmount).toBe(17);
    await until(4);
    await tasks();
    expect(socket.bufferedAmount).toBe(0);
  });

  test("does not sink before the task is over, even if the network has taken all", async () => {
    const { options, until } = listening();
    const socket = await opened(options);
    socket.send("x".repeat(1_000_000)); // more than waits for the end of the turn
    for (let turn = 0; turn < 10; turn += 1) await null;
    expect(socket.bufferedAmount).toBe(1_000_000);
    await until(1);
    await tasks();
    expect(socket.bufferedAmount).toBe(0);
  });

  test("stays while the peer does not read", async () => {
    const { socket, peer } = await openedWithPeer();
    for (let count = 0; count < 5; count += 1) {
      socket.send("1234567890");
      await tasks();
    }
    expect(socket.bufferedAmount).toBeGreaterThanOrEqual(20);
    for (let count = 0; count < 5; count += 1) {
      void peer.read();
      await tasks(1);
    }
    await tasks();
    expect(socket.bufferedAmount).toBe(0);
  });

  test("grows with what is sent too late, and is not reset by the end", async () => {
    const socket = await opened();
    socket.close();
    socket.send("12");
    expect(socket.bufferedAmount).toBe(2);
    await once(socket, "close");
    socket.send(new Uint8Array(3));
    socket.send(new Blob(["1234"]));
    expect(socket.bufferedAmount).toBe(9);
    await tasks();
    expect(socket.bufferedAmount).toBe(9);
  });

  test("keeps what the peer had not read when the connection broke", async () => {
    const { socket, peer } = await openedWithPeer();
    for (let count = 0; count < 4; count += 1) {
      socket.send("12345");
      await tasks();
    }
    const before = socket.bufferedAmount;
    expect(before).toBeGreaterThan(0);
    peer.destroy();
    await once(socket, "close");
    expect(socket.bufferedAmount).toBe(before);
  });
});

describe("the end of an open WebSocket", () => {
  for (const { args, code, reason } of [
    { args: [], code: 1005, reason: "" },
    { args: [undefined, ""], code: 1005, reason: "" },
    { args: [undefined, "why"], code: 1000, reason: "why" },
    { args: [1000], code: 1000, reason: "" },
    { args: [999.5], code: 1000, reason: "" }, // [Clamp] rounds half to even
    { args: [4999, "ä".repeat(61)], code: 4999, reason: "ä".repeat(61) },
    { args: [3000, null], code: 3000, reason: "null" },
    { args: [3001, "\uDC00"], code: 3001, reason: "\uFFFD" },
  ]) {
    test(`close(${JSON.stringify(args).slice(1, 30)}) sends ${code} and reason ${JSON.stringify(reason.slice(0, 9))}`, async () => {
      const peers: Socket<undefined>[] = [];
      const socket = await opened({ ...ECHO, open: (peer) => void peers.push(peer) });
      const words = record(socket);
      Reflect.apply(socket.close, socket, args);
      expect(socket.readyState).toBe(2);
      const event = await once<WebSocketEvents["close"]>(socket, "close");
      expect(event).toMatchObject({ code, wasClean: true });
      expect(await peers[0]!.closed).toMatchObject({ code, reason });
      expect([socket.readyState, words]).toEqual([3, [`close ${code} clean`]]);
    });
  }

  test("by the server brings its code and reason, and no error", async () => {
    const socket = new (serving({ open: (peer) => void peer.close(4001, "enough") }).WebSocket)(
      URL_GIVEN,
    );
    const words = record(socket);
    const event = await once<WebSocketEvents["close"]>(socket, "close");
    expect(event).toMatchObject({ code: 4001, reason: "enough", wasClean: true });
    expect(words).toEqual(["open", "close 4001 clean"]);
  });

  for (const { what, act, words } of [
    {
      what: "the server breaks a rule",
      act: (peer: RawPeer) => {
        peer.write(frame(0x83, "reserved opcode"));
        peer.end();
      },
      words: ["error", "close 1006 unclean"],
    },
    {
      what: "the connection breaks off",
      act: (peer: RawPeer) => peer.destroy(),
      words: ["error", "close 1006 unclean"],
    },
    {
      what: "the server ends it without a Close",
      act: (peer: RawPeer) => peer.end(),
      words: ["error", "close 1006 unclean"],
    },
  ]) {
    test(`fires error as a plain Event, and close, both once and with CLOSED, when ${what}`, async () => {
      const { socket, peer } = await openedWithPeer();
      const seen = record(socket);
      const states: unknown[] = [];
      socket.onerror = (event) => states.push(event.constructor, socket.readyState);
      socket.onclose = () => states.push(socket.readyState);
      act(peer);
      await once(socket, "close");
      await tasks();
      expect(seen).toEqual(words);
      expect(states).toEqual([Event, 3, 3]);
    });
  }

  test("a listener that throws is reported where the platform does it, and breaks nothing", async () => {
    const reports = await reported(async () => {
      const socket = await opened();
      const words = record(socket);
      socket.onmessage = () => {
        throw new Error("of the application");
      };
      socket.send("1");
      await nextMessage(socket);
      socket.send("2");
      await nextMessage(socket);
      socket.close();
      await once(socket, "close");
      expect(words).toEqual(["message 1", "message 2", "close 1005 clean"]);
    });
    expect(reports).toEqual(["of the application", "of the application"]);
  });
});

/** Messages of exceptions that would have ended the process; vitest must not hear of them. */
async function reported(act: () => Promise<void>): Promise<string[]> {
  const messages: string[] = [];
  const heard = (error: unknown): void => void messages.push((error as Error).message);
  const others = process.listeners("uncaughtException");
  process.removeAllListeners("uncaughtException");
  process.on("uncaughtException", heard);
  const handled = (event: Event): void => event.preventDefault(); // Deno
  const global = globalThis as unknown as Partial<EventTarget>;
  global.addEventListener?.("error", handled);
  try {
    await act();
    await tasks();
  } finally {
    process.off("uncaughtException", heard);
    for (const other of others) process.on("uncaughtException", other);
    global.removeEventListener?.("error", handled);
  }
  return messages;
}
