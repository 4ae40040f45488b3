import { MisuseError } from "@sansocket/core";
import { describe, expect, test, vi } from "vitest";
import {
  type StandardWebSocketStream,
  WebSocketError,
  type WebSocketOpenInfo,
} from "../../src/index.ts";
import {
  binaryMessage,
  closeFrame,
  ECHO,
  frame,
  type RawPeer,
  scripted,
  serving,
  TEXT,
  tasks,
  thrownName,
} from "./web-stage.ts";

const URL_GIVEN = "ws://site.example/";
const BINARY = 0x82;

interface Opened extends WebSocketOpenInfo {
  readonly stream: StandardWebSocketStream;
  readonly peer: RawPeer;
}

async function openedWithPeer(...frames: Uint8Array[]): Promise<Opened> {
  const { stage, peer } = scripted();
  const stream = new stage.WebSocketStream(URL_GIVEN);
  await (await peer).accept([], ...frames);
  return { stream, peer: await peer, ...(await stream.opened) };
}

async function echoing(): Promise<WebSocketOpenInfo & { stream: StandardWebSocketStream }> {
  const stream = new (serving(ECHO).WebSocketStream)(URL_GIVEN);
  return { stream, ...(await stream.opened) };
}

const errorOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => null,
    (error: unknown) => error,
  );

const isSettled = async (promise: Promise<unknown>): Promise<boolean> => {
  let settled = false;
  const note = (): void => {
    settled = true;
  };
  promise.then(note, note);
  await tasks();
  return settled;
};

describe("a WebSocketStream", () => {
  test("takes a message that is larger than what a server takes", async () => {
    const { readable, peer } = await openedWithPeer();
    peer.write(binaryMessage(16_777_217));
    const { value } = await readable.getReader().read();
    expect((value as Uint8Array).length).toBe(16_777_217);
  });

  test("looks as Web IDL has it", () => {
    const { WebSocketStream } = serving();
    expect(WebSocketStream).toHaveLength(1);
    const stream = new WebSocketStream(URL_GIVEN);
    expect(Object.prototype.toString.call(stream)).toBe("[object WebSocketStream]");
    expect(Object.keys(stream)).toEqual([]);
    for (const name of ["url", "opened", "closed", "close"]) {
      const member = Object.getOwnPropertyDescriptor(WebSocketStream.prototype, name);
      expect(member).toMatchObject({ enumerable: true, configurable: true });
    }
  });

  for (const name of ["opened", "closed"]) {
    test(`${name} of what is no WebSocketStream is a promise that rejects with a TypeError`, async () => {
      const { WebSocketStream } = serving();
      const { get } = Object.getOwnPropertyDescriptor(WebSocketStream.prototype, name)!;
      for (const foreign of [WebSocketStream.prototype, {}, undefined, 1]) {
        await expect(Reflect.apply(get!, foreign, [])).rejects.toBeInstanceOf(TypeError);
      }
    });
  }

  for (const name of ["url", "close"]) {
    test(`${name} of what is no WebSocketStream throws a TypeError`, () => {
      const { WebSocketStream } = serving();
      const { get, value } = Object.getOwnPropertyDescriptor(WebSocketStream.prototype, name)!;
      expect(() => Reflect.apply(get ?? value, {}, [])).toThrow(TypeError);
    });
  }

  test("refuses what is no URL, no subprotocol, no options and no signal", () => {
    const { WebSocketStream } = serving();
    expect(() => Reflect.construct(WebSocketStream as never, [])).toThrow(TypeError);
    expect(thrownName(() => new WebSocketStream("ftp://a/"))).toBe("SyntaxError");
    expect(thrownName(() => new WebSocketStream(URL_GIVEN, { protocols: ["a", "A"] }))).toBe(
      "SyntaxError",
    );
    for (const options of [true, { protocols: "echo" }, { signal: "stop" }]) {
      expect(() => new WebSocketStream(URL_GIVEN, options as never)).toThrow(TypeError);
    }
  });

  test("passes over members of its options that nobody knows, as Web IDL has it", async () => {
    const options = { foo: 1, toString: () => "echo" };
    await new (serving().WebSocketStream)(URL_GIVEN, options as never).opened;
  });

  test("reads members that its options have from a prototype", async () => {
    const reason = new Error("inherited");
    const signal = AbortSignal.abort(reason);
    const stream = new (serving().WebSocketStream)(URL_GIVEN, Object.create({ signal }));
    expect(await errorOf(stream.opened)).toBe(reason);
    const options = Object.create({ protocols: ["chat"] });
    const { protocol } = await new (serving(ECHO).WebSocketStream)(URL_GIVEN, options).opened;
    expect(protocol).toBe("chat");
  });

  for (const { options, because } of [
    { options: { redirects: -1 }, because: "below 0" },
    { options: { tls: { passphrase: "x" } }, because: "TLS has no such option" },
    { options: { limits: null }, because: "not an object" },
    { options: { headers: { Host: "b" } }, because: "that header is the engine's" },
  ]) {
    test(`throws a MisuseError for ${JSON.stringify(options)}, an option of connect: ${because}`, () => {
      const { WebSocketStream } = serving();
      expect(() => new WebSocketStream(URL_GIVEN, options as never)).toThrow(MisuseError);
    });
  }

  test("has a URL judged before what is ours in the options, and after all is converted", () => {
    const { WebSocketStream } = serving();
    const wrong = (options: unknown) => () => new WebSocketStream("ftp://a/", options as never);
    expect(thrownName(wrong({ redirects: -1 }))).toBe("SyntaxError");
    expect(wrong({ protocols: [Symbol("p")] })).toThrow(TypeError);
    expect(wrong({ signal: 1 })).toThrow(TypeError);
  });

  test("opens with streams and what was agreed on", async () => {
    const { WebSocketStream } = serving(ECHO);
    const stream = new WebSocketStream("http://site.example/", { protocols: ["chat"] });
    expect(stream.url).toBe(URL_GIVEN);
    const { readable, writable, protocol, extensions } = await stream.opened;
    expect(readable).toBeInstanceOf(ReadableStream);
    expect(writable).toBeInstanceOf(WritableStream);
    expect([protocol, extensions]).toEqual(["chat", ""]);
  });

  test("carries text as strings, and bytes as Uint8Arrays", async () => {
    const { readable, writable } = await echoing();
    const writer = writable.getWriter();
    const reader = readable.getReader();
    for (const [written, read] of [
      ["text", "text"],
      [1.5, "1.5"],
      [Uint8Array.of(1, 2), Uint8Array.of(1, 2)],
      [Uint8Array.of(3).buffer, Uint8Array.of(3)],
    ]) {
      void writer.write(written as string);
      expect(await reader.read()).toEqual({ value: read, done: false });
    }
  });

  for (const { what, chunk } of [
    { what: "no string form", chunk: { toString: () => ({}) } },
    { what: "shared memory", chunk: new Uint8Array(new SharedArrayBuffer(4)) },
    {
      what: "memory that changes its size",
      chunk: Reflect.construct(ArrayBuffer, [4, { maxByteLength: 8 }]) as ArrayBuffer,
    },
  ]) {
    test(`rejects a write of ${what} with a TypeError`, async () => {
      const { writable } = await echoing();
      const write = writable.getWriter().write(chunk as never);
      await expect(write).rejects.toBeInstanceOf(TypeError);
    });
  }

  for (const { unsent, written } of [
    { unsent: 4_000_000, written: [5_000_000, 1_048_577, 1_000_000] },
    { unsent: 1_000, written: [5_000, 1_000, 251, 250, 249, 700] },
  ]) {
    test(`writes messages of any size, in fragments where they are large for ${unsent} unsent bytes`, async () => {
      const sizes: number[] = [];
      const stage = serving({
        limits: { message: 20_000_000 },
        message: (_socket, message) => void sizes.push(message.length),
      });
      const options = { limits: { unsent } };
      const { writable } = await new stage.WebSocketStream(URL_GIVEN, options).opened;
      const writer = writable.getWriter();
      for (const [index, size] of written.entries()) {
        await writer.write(index === 1 ? "x".repeat(size) : new Uint8Array(size));
      }
      await writer.close();
      expect(sizes).toEqual(written);
    });
  }
});

describe("back-pressure", () => {
  test("a stream that nobody reads stops the transport, and reading it lets it go on", async () => {
    const { stage, peer } = scripted();
    const limits = { undelivered: 1_000 };
    const stream = new stage.WebSocketStream(URL_GIVEN, { limits });
    await (await peer).accept();
    const { readable } = await stream.opened;
    let taken = 0;
    const sending = (async () => {
      for (; taken < 200; taken += 1) await (await peer).send(frame(BINARY, new Uint8Array(100)));
    })();
    await tasks(5);
    expect(taken).toBeLessThan(30);
    const reader = readable.getReader();
    for (let count = 0; count < 200; count += 1) {
      expect((await reader.read()).value).toHaveLength(100);
    }
    await sending;
  });

  test("a write resolves when there is room for the next, not before", async () => {
    const { stage, peer } = scripted();
    const limits = { unsent: 4_000 };
    const stream = new stage.WebSocketStream(URL_GIVEN, { limits });
    await (await peer).accept();
    const writer = (await stream.opened).writable.getWriter();
    await writer.write(new Uint8Array(500));
    const second = writer.write(new Uint8Array(1_500));
    expect(await isSettled(second)).toBe(false);
    void (await peer).drain();
    expect(await isSettled(second)).toBe(true);
  });
});

describe("closing a WebSocketStream", () => {
  for (const { info, code, reason } of [
    { info: undefined, code: 1005, reason: "" },
    { info: {}, code: 1005, reason: "" },
    { info: { reason: "" }, code: 1005, reason: "" },
    { info: { reason: "non-empty" }, code: 1000, reason: "non-empty" },
    { info: { closeCode: 3456, reason: "pizza" }, code: 3456, reason: "pizza" },
  ]) {
    for (const { how, act } of [
      { how: "close", act: (stream: Opened) => stream.stream.close(info) },
      {
        how: "abort of the writable with a WebSocketError",
        act: (stream: Opened) => stream.writable.abort(new WebSocketError("", info)),
      },
      {
        how: "cancel of the readable with a WebSocketError",
        act: (stream: Opened) => stream.readable.cancel(new WebSocketError("", info)),
      },
    ]) {
      test(`${how} with ${JSON.stringify(info)} sends ${code} and ${JSON.stringify(reason)}`, async () => {
        const told: unknown[] = [];
        const close = (_socket: unknown, info: { code: number; reason: string }): void => {
          told.push([info.code, info.reason]);
        };
        const stream = new (serving({ close }).WebSocketStream)(URL_GIVEN);
        void act({ stream, ...(await stream.opened) } as Opened);
        expect((await stream.closed).closeCode).toBe(code);
        await tasks();
        expect(told).toEqual([[code, reason]]);
      });
    }
  }

  for (const { what, reason } of [
    { what: "nothing", reason: undefined },
    { what: "attributes of no WebSocketError", reason: { closeCode: 3333, reason: "no" } },
    { what: "another DOMException", reason: new DOMException("no", "DataCloneError") },
  ]) {
    test(`abort and cancel with ${what} send a Close without a body`, async () => {
      for (const way of ["abort", "cancel"] as const) {
        const { stream, readable, writable } = await echoing();
        void (way === "abort" ? writable.abort(reason) : readable.cancel(reason));
        expect(await stream.closed).toEqual({ closeCode: 1005, reason: "" });
      }
    });
  }

  test("aborting with the error of a connection that broke sends a Close without a body", async () => {
    const { stream, peer } = await openedWithPeer();
    peer.destroy();
    const broken = await errorOf(stream.closed);
    const other = await echoing();
    void other.writable.abort(broken);
    expect(await other.stream.closed).toEqual({ closeCode: 1005, reason: "" });
  });

  for (const { what, bytes } of [
    { what: "a message", bytes: 1_048_576 },
    { what: "a message in fragments", bytes: 3_000_000 },
  ]) {
    test(`aborting closes although ${what} waits for a peer that does not read`, async () => {
      const { stage, peer } = scripted();
      const stream = new stage.WebSocketStream(URL_GIVEN, { timeouts: { close: 1 } });
      await (await peer).accept();
      const writer = (await stream.opened).writable.getWriter();
      const write = errorOf(writer.write(new Uint8Array(bytes)));
      await tasks();
      const aborting = writer.abort();
      expect(await errorOf(stream.closed)).toMatchObject({ closeCode: 1006 });
      expect(await write).toMatchObject({ name: "WebSocketError", closeCode: 1006 });
      await aborting;
    });
  }

  test("refuses codes and reasons that cannot be sent, and what is no dictionary", async () => {
    const { stream } = await echoing();
    for (const closeCode of [999, 1001, 2999, 5000]) {
      expect(thrownName(() => stream.close({ closeCode }))).toBe("InvalidAccessError");
    }
    expect(thrownName(() => stream.close({ reason: "x".repeat(124) }))).toBe("SyntaxError");
    for (const info of [true, { closeCode: -1 }, { closeCode: 65_536 }, { closeCode: "a" }]) {
      expect(() => stream.close(info as never)).toThrow(TypeError);
    }
  });

  test("writer.close() resolves when the closing handshake is done, not before", async () => {
    const { stream, writable, peer } = await openedWithPeer();
    const closing = writable.getWriter().close();
    expect((await peer.read())[0]).toBe(0x88);
    expect(await isSettled(closing)).toBe(false);
    peer.write(closeFrame(1000));
    peer.end();
    await closing;
    expect(await stream.closed).toEqual({ closeCode: 1000, reason: "" });
  });

  test("messages that arrive after close() are dropped, and none of them keeps the end from coming", async () => {
    const { stream, readable, peer } = await openedWithPeer();
    stream.close();
    for (let count = 0; count < 100; count += 1) peer.write(frame(BINARY, new Uint8Array(125)));
    peer.write(closeFrame(1000));
    peer.end();
    await stream.closed;
    expect(await readable.getReader().read()).toEqual({ value: undefined, done: true });
  });

  test("before it is open rejects both promises with a WebSocketError", async () => {
    const { stage } = scripted();
    const stream = new stage.WebSocketStream(URL_GIVEN);
    stream.close();
    const errors = [await errorOf(stream.opened), await errorOf(stream.closed)];
    for (const error of errors) expect(error).toBeInstanceOf(WebSocketError);
    expect(errors[1]).toMatchObject({ closeCode: 1006, reason: "" });
  });

  test("at whatever moment of the opening handshake leaves no connection behind", async () => {
    for (let turns = 0; turns < 60; turns += 1) {
      const { stage, peer } = scripted();
      const stream = new stage.WebSocketStream(URL_GIVEN);
      await (await peer).accept();
      for (let turn = 0; turn < turns; turn += 1) await null;
      stream.close();
      // Nothing more, or a Close.
      expect([undefined, 0x88]).toContain((await (await peer).read())[0]);
    }
  });

  for (const { when, wait } of [
    { when: "before the constructor", wait: -1 },
    { when: "at once", wait: 0 },
    { when: "while it connects", wait: 3 },
  ]) {
    test(`a signal that is aborted ${when} rejects both promises with its reason`, async () => {
      const { stage } = scripted();
      const controller = new AbortController();
      const reason = new Error("enough");
      if (wait < 0) controller.abort(reason);
      const stream = new stage.WebSocketStream(URL_GIVEN, { signal: controller.signal });
      await tasks(Math.max(0, wait));
      controller.abort(reason);
      expect(await errorOf(stream.opened)).toBe(reason);
      expect(await errorOf(stream.closed)).toBe(reason);
    });
  }

  test("a signal that is aborted once it is open does nothing", async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const stream = new (serving(ECHO).WebSocketStream)(URL_GIVEN, { signal });
    const { readable, writable } = await stream.opened;
    controller.abort();
    void writable.getWriter().write("still there");
    expect((await readable.getReader().read()).value).toBe("still there");
  });
});

describe("the end of a WebSocketStream", () => {
  test("by the server resolves closed, ends the readable and errors the writable", async () => {
    const { stream, readable, writable, peer } = await openedWithPeer(frame(TEXT, "last"));
    peer.write(closeFrame(4000, "robot"));
    peer.end();
    const reader = readable.getReader();
    expect(await reader.read()).toEqual({ value: "last", done: false });
    expect(await reader.read()).toEqual({ value: undefined, done: true });
    expect(await stream.closed).toEqual({ closeCode: 4000, reason: "robot" });
    const error = await errorOf(writable.getWriter().ready);
    expect(error).toBeInstanceOf(DOMException);
    expect((error as DOMException).name).toBe("InvalidStateError");
  });

  test("that breaks off errors everything with the same WebSocketError, 1006", async () => {
    const { stream, readable, writable, peer } = await openedWithPeer();
    peer.destroy();
    const error = await errorOf(stream.closed);
    expect(error).toBeInstanceOf(WebSocketError);
    expect(error).toMatchObject({ name: "WebSocketError", closeCode: 1006, reason: "" });
    expect(await errorOf(readable.getReader().read())).toBe(error);
    expect(await errorOf(writable.getWriter().ready)).toBe(error);
  });

  test("that breaks off gives what had arrived before", async () => {
    const { stream, readable, peer } = await openedWithPeer(frame(TEXT, "1"), frame(TEXT, "2"));
    peer.write(frame(0x83)); // a reserved opcode
    peer.end();
    const reader = readable.getReader();
    expect((await reader.read()).value).toBe("1");
    expect((await reader.read()).value).toBe("2");
    const last = errorOf(reader.read());
    const error = await errorOf(stream.closed);
    expect(error).toMatchObject({ closeCode: 1006 });
    expect((error as Error).cause).toMatchObject({ code: "violation" });
    expect(await last).toBe(error);
  });

  test("without the server's Close, after ours, is not clean", async () => {
    const { stream, peer } = await openedWithPeer();
    stream.close({ closeCode: 4000, reason: "because" });
    await peer.read();
    peer.end();
    expect(await errorOf(stream.closed)).toMatchObject({ name: "WebSocketError", closeCode: 1006 });
  });

  test("with something unwritten is not clean, and the write is rejected", async () => {
    const { stream, writable, peer } = await openedWithPeer();
    const writer = writable.getWriter();
    const write = errorOf(writer.write(new Uint8Array(3_000_000)));
    await tasks();
    peer.write(closeFrame(4567));
    await tasks();
    peer.destroy();
    expect(await errorOf(stream.closed)).toMatchObject({ name: "WebSocketError", closeCode: 4567 });
    const error = await write;
    expect(error).toMatchObject({ name: "WebSocketError", closeCode: 4567 });
    expect(await errorOf(writer.write("word"))).toBe(error);
  });

  test("before it was open rejects both promises, and the cause says why", async () => {
    const stage = serving({ upgrade: (request) => request.reject(403) });
    const stream = new stage.WebSocketStream(URL_GIVEN);
    const error = await errorOf(stream.opened);
    expect(error).toBeInstanceOf(WebSocketError);
    expect((error as Error).cause).toMatchObject({ code: "refused", status: 403 });
    expect(await errorOf(stream.closed)).toMatchObject({ closeCode: 1006 });
  });

  test("comes when the server acknowledges no subprotocol, and one was asked for", async () => {
    const { stage, peer } = scripted();
    const stream = new stage.WebSocketStream(URL_GIVEN, { protocols: ["echo"] });
    void (await peer).accept();
    expect(await errorOf(stream.opened)).toBeInstanceOf(WebSocketError);
  });

  test("comes for blocked ports, without a connection", async () => {
    const stage = serving();
    const dial = vi.spyOn(stage.platform.dialer, "dial");
    const stream = new stage.WebSocketStream("ws://site.example:6667/");
    expect(await errorOf(stream.opened)).toBeInstanceOf(WebSocketError);
    expect(dial).not.toHaveBeenCalled();
  });
});
