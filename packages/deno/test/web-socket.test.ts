import { serve, WebSocket, WebSocketStream } from "@sansocket/deno";
import { expect, test } from "vitest";

const echo = () =>
  serve({
    hostname: "127.0.0.1",
    protocols: ["echo"],
    message: (socket, message) => void socket.write(message),
  });

test("WebSocket is the class of the web platform, and not Deno's", async () => {
  expect(WebSocket).not.toBe(globalThis.WebSocket);
  await using server = await echo();
  const socket = new WebSocket(server.url, ["echo"]);
  const events: unknown[] = [];
  await new Promise<void>((resolve) => {
    socket.onopen = () => {
      events.push(["open", socket.protocol]);
      socket.send("hello");
    };
    socket.onmessage = ({ data }) => {
      events.push(["message", data]);
      socket.close(4_000);
    };
    socket.onclose = ({ code, wasClean }) => {
      events.push(["close", code, wasClean]);
      resolve();
    };
  });
  expect(events).toEqual([
    ["open", "echo"],
    ["message", "hello"],
    ["close", 4_000, true],
  ]);
});

test("a WebSocketStream carries messages both ways", async () => {
  await using server = await echo();
  const stream = new WebSocketStream(server.url);
  const { readable, writable } = await stream.opened;
  await writable.getWriter().write("hello");
  expect(await readable.getReader().read()).toEqual({ done: false, value: "hello" });
  stream.close();
  expect(await stream.closed).toMatchObject({ closeCode: 1005 });
});
