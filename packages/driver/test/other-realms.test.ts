/** Buffers of another realm, which are no instances of our classes: of `node:vm`, and of test runners that use it. */
import { createContext, runInContext } from "node:vm";
import { prepareMessage } from "@sansocket/core";
import { describe, expect, test } from "vitest";
import { connected, join, ScriptedTransport, Stage, settle } from "./stage.ts";
import { listening, opened, scripted, serving, URL_GIVEN } from "./web/web-stage.ts";

const realm = createContext({});
const foreign = (script: string): ArrayBuffer => runInContext(script, realm) as ArrayBuffer;

test("a buffer of another realm is no instance of ours", () => {
  expect(foreign("new ArrayBuffer(1)") instanceof ArrayBuffer).toBe(false);
});

describe("bytes of another realm are bytes", () => {
  for (const { what, script, arrives } of [
    { what: "an ArrayBuffer", script: "new Uint8Array([1, 2]).buffer", arrives: [1, 2] },
    { what: "a Uint8Array", script: "new Uint8Array([1, 2])", arrives: [1, 2] },
    { what: "a DataView", script: "new DataView(new Uint8Array([1, 2]).buffer, 1)", arrives: [2] },
  ]) {
    test(`${what}, in send of a WebSocket`, async () => {
      const { options, until } = listening();
      const socket = await opened(options);
      socket.send(foreign(script));
      expect(await until(1)).toEqual([Uint8Array.from(arrives)]);
    });

    test(`${what}, in a write to a WebSocketStream`, async () => {
      const { options, until } = listening();
      const { writable } = await new (serving(options).WebSocketStream)(URL_GIVEN).opened;
      await writable.getWriter().write(foreign(script));
      expect(await until(1)).toEqual([Uint8Array.from(arrives)]);
    });

    test(`${what}, in write and send of a socket`, async () => {
      const { socket, peer } = await connected();
      expect(socket.write(foreign(script))).toBe("ok");
      void socket.send(foreign(script));
      await settle();
      await peer.pump();
      expect(peer.messages).toEqual([Uint8Array.from(arrives), Uint8Array.from(arrives)]);
    });
  }
});

describe("a Uint8Array of another realm is taken", () => {
  const bytes = (): Uint8Array<ArrayBuffer> =>
    foreign("new Uint8Array([1, 2])") as unknown as Uint8Array<ArrayBuffer>;
  const own = Uint8Array.of(1, 2);

  test("as a part of sendStream", async () => {
    const { socket, peer } = await connected();
    const sent = socket.sendStream([bytes(), bytes()]);
    await settle();
    await peer.pump();
    expect(await sent).toBe("sent");
    expect(peer.messages).toEqual([Uint8Array.of(1, 2, 1, 2)]);
  });

  test("behind a stream, where it waits", async () => {
    const { socket, peer } = await connected();
    void socket.sendStream(["text"]);
    expect(socket.write(bytes())).toBe("ok");
    await settle();
    await peer.pump();
    expect(peer.messages).toEqual(["text", own]);
  });

  test("as what is prepared, and as the payload of a ping", async () => {
    const { socket, peer } = await connected();
    socket.write(prepareMessage(bytes()));
    void socket.ping(bytes());
    await peer.pump();
    expect(peer.messages).toEqual([own]);
    expect(peer.eventsOfType("ping")).toMatchObject([{ payload: own }]);
  });

  test("as what a transport brings, and as the body of an answer", async () => {
    const stage = new Stage({ request: () => ({ body: bytes() }) });
    let transport!: ScriptedTransport;
    stage.server.accept((handler) => {
      transport = new ScriptedTransport(handler);
      return transport;
    });
    const request = "GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n";
    const script = `Uint8Array.from("${request}", (c) => c.charCodeAt(0))`;
    transport.handler.onData(foreign(script) as unknown as Uint8Array);
    await settle();
    expect(join(transport.written).slice(-2)).toEqual(own);
  });

  test("not so an array of other numbers", async () => {
    const errors: string[] = [];
    const hooks = { error: (_: unknown, { code }: { code: string }) => void errors.push(code) };
    const { socket } = await connected({}, hooks);
    const sent = socket.sendStream([foreign("new Uint16Array(2)") as unknown as Uint8Array]);
    await settle();
    expect(await sent).toBe("closed");
    expect(errors).toEqual(["source-failed"]);
  });
});

describe("a Blob of a library", () => {
  const members = {
    size: 2,
    type: "",
    slice: () => {},
    arrayBuffer: () => Promise.resolve(foreign("new Uint8Array([1, 2]).buffer")),
    toString: () => "[object Blob]",
  };
  const tagged = { ...members, [Symbol.toStringTag]: "Blob" };

  test.each([
    { of: "jsdom, which names itself by Symbol.toStringTag", blob: tagged },
    { of: "happy-dom, which has no Symbol.toStringTag", blob: members },
  ])("of $of, is sent as its bytes", async ({ blob }) => {
    const { options, until } = listening();
    const socket = await opened(options);
    socket.send(blob as unknown as Blob);
    expect(await until(1)).toEqual([Uint8Array.of(1, 2)]);
  });

  test.each(["Blob", "File"])(
    "that cannot be read (a %s of jsdom 26) is a TypeError, and not the text [object Blob]",
    async (tag) => {
      const { arrayBuffer: _, ...unreadable } = members;
      const blob = { ...unreadable, [Symbol.toStringTag]: tag } as unknown as Blob;
      const socket = await opened();
      expect(() => socket.send(blob)).toThrow(TypeError);
      expect(() => socket.send(blob)).toThrow("has no arrayBuffer(): read it with a FileReader");
      const { socket: other } = await connected();
      expect(() => other.write(blob as never)).toThrow("read it with a FileReader");
    },
  );

  test("is not each object that has a size", async () => {
    const { options, until } = listening();
    const socket = await opened(options);
    socket.send({ size: 2, toString: () => "text" } as unknown as string);
    expect(await until(1)).toEqual(["text"]);
  });
});

test("a signal of a library, such as jsdom's, gives up a connection", async () => {
  const listeners: (() => void)[] = [];
  const signal = {
    aborted: false,
    reason: "enough",
    addEventListener: (_: string, listener: () => void) => void listeners.push(listener),
    removeEventListener: () => {},
  };
  const { stage } = scripted();
  const { opened: opening } = new stage.WebSocketStream(URL_GIVEN, {
    signal: signal as unknown as AbortSignal,
  });
  await settle();
  for (const listener of listeners) listener();
  await expect(opening).rejects.toBe("enough");
});

describe("what cannot be sent cannot come from another realm either", () => {
  for (const { what, script } of [
    { what: "a view of shared memory", script: "new Uint8Array(new SharedArrayBuffer(2))" },
    { what: "a resizable buffer", script: "new ArrayBuffer(2, { maxByteLength: 4 })" },
  ]) {
    test(`${what} is a TypeError`, async () => {
      const socket = await opened();
      expect(() => socket.send(foreign(script))).toThrow(TypeError);
    });
  }
});
