import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { WebSocketServer } from "ws";
import { CloseEvent, WebSocket, WebSocketError, WebSocketStream } from "../src/index.ts";

let server: WebSocketServer;

afterEach(() => {
  for (const client of server.clients) client.terminate();
  server.close();
});

/** An echo server of npm's ws, on a port of its own. */
async function listening(): Promise<string> {
  server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  server.on("connection", (socket) => {
    socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
    socket.on("error", () => {});
  });
  await new Promise((resolve) => server.once("listening", resolve));
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

function once<T extends Event>(target: EventTarget, type: string): Promise<T> {
  return new Promise((resolve) => {
    target.addEventListener(type, (event) => resolve(event as T), { once: true });
  });
}

describe("WebSocket", () => {
  test("talks to a server, and closes with its code", async () => {
    const socket = new WebSocket(await listening(), "chat");
    socket.binaryType = "arraybuffer";
    await once(socket, "open");
    expect(socket.protocol).toBe("chat");
    socket.send("text");
    expect((await once<MessageEvent>(socket, "message")).data).toBe("text");
    socket.send(new Blob([Uint8Array.of(1, 2, 3)]));
    expect((await once<MessageEvent>(socket, "message")).data).toEqual(
      Uint8Array.of(1, 2, 3).buffer,
    );
    socket.close(3000, "done");
    const event = await once<CloseEvent>(socket, "close");
    expect(event).toBeInstanceOf(CloseEvent);
    expect(event).toMatchObject({ code: 3000, reason: "done", wasClean: true });
  });

  test("gets every message of a burst, each in its order", async () => {
    const socket = new WebSocket(await listening());
    await once(socket, "open");
    const seen: string[] = [];
    const all = new Promise<void>((resolve) => {
      socket.onmessage = ({ data }) => {
        if (seen.push(data as string) === 5_000) resolve();
      };
    });
    const sent = Array.from({ length: 5_000 }, (_, index) => `message ${index}`);
    for (const text of sent) socket.send(text);
    expect(socket.bufferedAmount).toBe(sent.join("").length);
    await all;
    expect(seen).toEqual(sent);
    expect(socket.bufferedAmount).toBe(0);
  });

  test("counts down bufferedAmount as a peer that was slow goes on to read", async () => {
    const socket = new WebSocket(await listening());
    await once(socket, "open");
    for (const client of server.clients) client.pause();
    const payload = new Uint8Array(1_000_000);
    for (let count = 0; count < 12; count += 1) socket.send(payload);
    expect(socket.bufferedAmount).toBe(12_000_000);
    for (const client of server.clients) client.resume();
    let answers = 0;
    await new Promise<void>((resolve) => {
      socket.onmessage = () => {
        answers += 1;
        if (answers === 12) resolve();
      };
    });
    expect(socket.bufferedAmount).toBe(0);
  });

  test("fires error and close when nobody listens", async () => {
    const url = await listening();
    await new Promise((resolve) => server.close(resolve));
    const socket = new WebSocket(url);
    const error = once(socket, "error");
    const close = once<CloseEvent>(socket, "close");
    expect((await error).constructor).toBe(Event);
    expect(await close).toMatchObject({ code: 1006, wasClean: false });
  });

  test("fires error and close when the server breaks off", async () => {
    const socket = new WebSocket(await listening());
    await once(socket, "open");
    const error = once(socket, "error");
    const close = once<CloseEvent>(socket, "close");
    for (const client of server.clients) client.terminate();
    await error;
    expect(await close).toMatchObject({ code: 1006, wasClean: false });
  });
});

describe("WebSocketStream", () => {
  test("carries more than fits anywhere there and back, and ends cleanly", async () => {
    const stream = new WebSocketStream(await listening());
    const { readable, writable } = await stream.opened;
    const writer = writable.getWriter();
    const writing = (async () => {
      for (let count = 0; count < 40; count += 1) await writer.write(new Uint8Array(500_000));
      await writer.write("end");
    })();
    const reader = readable.getReader();
    let bytes = 0;
    for (;;) {
      const { value } = await reader.read();
      if (value === "end") break;
      bytes += value!.length;
    }
    await writing;
    expect(bytes).toBe(20_000_000);
    await writer.close();
    expect(await stream.closed).toEqual({ closeCode: 1005, reason: "" });
  });

  test("rejects closed with a WebSocketError when the server breaks off", async () => {
    const stream = new WebSocketStream(await listening());
    await stream.opened;
    for (const client of server.clients) client.terminate();
    const error = await stream.closed.catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(WebSocketError);
    expect(error).toMatchObject({ closeCode: 1006 });
  });
});
