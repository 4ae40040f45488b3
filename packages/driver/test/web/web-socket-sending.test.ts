import { describe, expect, test, vi } from "vitest";
import type { ServerOptions, WebSocketEvents } from "../../src/index.ts";
import {
  listening,
  once,
  opened,
  openedWithPeer,
  record,
  scripted,
  serving,
  tasks,
  URL_GIVEN,
} from "./web-stage.ts";

/** A view whose memory is elsewhere by now. */
function detached(): Uint8Array<ArrayBuffer> {
  const view = new Uint8Array(4);
  structuredClone(view.buffer, { transfer: [view.buffer] });
  return view;
}

function detachedDataView(): DataView<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(4));
  structuredClone(view.buffer, { transfer: [view.buffer] });
  return view;
}

describe("send", () => {
  const buffer = Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7).buffer;
  for (const { what, data, arrives } of [
    { what: "an ArrayBuffer", data: buffer, arrives: [0, 1, 2, 3, 4, 5, 6, 7] },
    { what: "a view, and only its part", data: new Uint8Array(buffer, 2, 3), arrives: [2, 3, 4] },
    { what: "a DataView", data: new DataView(buffer, 6), arrives: [6, 7] },
    { what: "floats", data: new Float32Array(buffer, 0, 1), arrives: [0, 1, 2, 3] },
    { what: "a Blob", data: new Blob([Uint8Array.of(9, 8)]), arrives: [9, 8] },
    { what: "an empty ArrayBuffer", data: new ArrayBuffer(0), arrives: [] },
    { what: "an ArrayBuffer that was transferred away", data: detached().buffer, arrives: [] },
    { what: "a view of one", data: detached(), arrives: [] },
    { what: "a DataView of one", data: detachedDataView(), arrives: [] },
  ]) {
    test(`sends ${what} as octets`, async () => {
      const { options, until } = listening();
      const socket = await opened(options);
      socket.send(data);
      expect(await until(1)).toEqual([Uint8Array.from(arrives)]);
    });
  }

  test("sends a Float16Array as bytes", async (context) => {
    const { Float16Array } = globalThis as { Float16Array?: new (of: number[]) => Uint16Array };
    if (Float16Array === undefined) return context.skip("no Float16Array here");
    const { options, until } = listening();
    const socket = await opened(options);
    socket.send(new Float16Array([1]));
    expect(await until(1)).toEqual([Uint8Array.of(0x00, 0x3c)]);
  });

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

describe("send of more than the network takes at once", () => {
  const MIB = 1_048_576;
  for (const { what, messages } of [
    { what: "17 MiB", messages: [new Uint8Array(17 * MIB)] },
    { what: "33 MiB", messages: [new Uint8Array(33 * MIB)] },
    { what: "a Blob of 33 MiB", messages: [new Blob([new Uint8Array(33 * MIB)])] },
    { what: "40 times 1 MiB in one task", messages: Array(40).fill(new Uint8Array(MIB)) },
    { what: "text of 33 MiB", messages: ["x".repeat(33 * MIB)] },
  ] as { what: string; messages: (string | Uint8Array | Blob)[] }[]) {
    test(`sends ${what}, and bufferedAmount says how much waits`, async () => {
      const { options, until } = listening();
      const limits = { message: 64 * MIB, frame: 64 * MIB };
      const socket = await opened({ ...options, limits });
      const words = record(socket);
      for (const message of messages) socket.send(message as Uint8Array);
      const sizes = messages.map((data) => (data instanceof Blob ? data.size : data.length));
      expect(socket.bufferedAmount).toBe(sizes.reduce((sum, size) => sum + size));
      const received = (await until(messages.length)) as { length: number }[];
      expect(received.map(({ length }) => length)).toEqual(sizes);
      await tasks();
      expect([socket.bufferedAmount, words]).toEqual([0, []]);
    });
  }

  test("ends the connection where options.limits.unsent says so", async () => {
    const socket = new (serving().WebSocket)(URL_GIVEN, { limits: { unsent: 1_000 } });
    await once(socket, "open");
    const words = record(socket);
    socket.send(new Uint8Array(1_001));
    await once(socket, "close");
    expect(words).toEqual(["error", "close 1008 clean"]);
  });

  test("sends a message whole, however large: limits of frames are for what arrives", async () => {
    const { stage, peer } = scripted();
    const limits = { frame: 10, message: 10 };
    const socket = new stage.WebSocket(URL_GIVEN, { limits });
    const open = once(socket, "open");
    await (await peer).accept();
    await open;
    socket.send(new Uint8Array(200));
    const [first, second, , third] = await (await peer).read();
    expect([first, second, third]).toEqual([0x82, 0x80 | 126, 200]);
  });
});

describe("bufferedAmount", () => {
  test("counts bytes of payload, and nothing else, from send on until they are taken", async () => {
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
