import { ConnectError, MisuseError, serve } from "@sansocket/node";
import { expect, test } from "vitest";
import { messagesOf } from "../src/reconnecting.ts";

const QUICK = { first: 1, longest: 5 };

/** A server whose connections are told apart, in their order. */
async function serveInTurns(turns: readonly ((turn: Turn) => void)[]) {
  let count = 0;
  return await serve<number>({
    port: 0,
    upgrade(request) {
      count += 1;
      const turn = turns[count - 1]!;
      let isAccepted: boolean | null = null;
      turn({
        accept: () => {
          isAccepted = request.accept({ data: count });
        },
        reject: (status) => {
          isAccepted = request.reject(status);
        },
      });
      return isAccepted!;
    },
    open(socket) {
      socket.write(`connection ${socket.data}`);
      if (socket.data < turns.length) socket.close(1012);
    },
    message() {},
  });
}

interface Turn {
  accept(): void;
  reject(status: number): void;
}

test("messages continue after a connection has ended, and after a refusal that passes", async () => {
  await using server = await serveInTurns([
    ({ accept }) => accept(),
    ({ reject }) => reject(503),
    ({ reject }) => reject(429),
    ({ accept }) => accept(),
    ({ accept }) => accept(),
  ]);
  const heard: unknown[] = [];
  for await (const message of messagesOf(server.url, new AbortController().signal, QUICK)) {
    heard.push(message);
    if (heard.length === 3) break;
  }
  expect(heard).toEqual(["connection 1", "connection 4", "connection 5"]);
  await server.shutdown();
});

test("a connection that breaks is made again", async () => {
  let count = 0;
  await using server = await serve({
    port: 0,
    async open(socket) {
      count += 1;
      await socket.send(`connection ${count}`);
      if (count === 1) socket.abort();
    },
    message() {},
  });
  const heard: unknown[] = [];
  for await (const message of messagesOf(server.url, new AbortController().signal, QUICK)) {
    heard.push(message);
    if (message === "connection 2") break;
  }
  expect(heard.at(-1)).toBe("connection 2");
});

test("leaving the loop closes the connection", async () => {
  await using server = await serve({
    port: 0,
    open: (socket) => void socket.write("hello"),
    message() {},
  });
  const loop = messagesOf(server.url, new AbortController().signal, QUICK);
  await loop.next();
  const [socket] = server.sockets;
  await loop.return();
  expect(await socket!.closed).toMatchObject({ code: 1000, wasClean: true });
});

test("a server that closes with 1000 is not asked again", async () => {
  await using server = await serve({
    port: 0,
    async connection(socket) {
      socket.write("all there is");
    },
  });
  const heard = [];
  for await (const message of messagesOf(server.url, new AbortController().signal, QUICK)) {
    heard.push(message);
  }
  expect(heard).toEqual(["all there is"]);
});

test.each([401, 404])("a refusal with %i is final", async (status) => {
  await using server = await serveInTurns([({ reject }) => reject(status)]);
  const loop = messagesOf(server.url, new AbortController().signal, QUICK).next();
  await expect(loop).rejects.toThrow(ConnectError);
});

test("a mistake is final", async () => {
  const loop = messagesOf("mailto:x", new AbortController().signal, QUICK).next();
  await expect(loop).rejects.toThrow(MisuseError);
});

test("the signal closes an open connection with 1001", async () => {
  await using server = await serve({
    port: 0,
    open: (socket) => void socket.write("hello"),
    message() {},
  });
  const controller = new AbortController();
  const heard = [];
  for await (const message of messagesOf(server.url, controller.signal, QUICK)) {
    heard.push(message);
    const [socket] = server.sockets;
    controller.abort();
    expect((await socket!.closed).code).toBe(1001);
  }
  expect(heard).toEqual(["hello"]);
});

test("the signal ends a pause", async () => {
  const controller = new AbortController();
  // Nobody listens there; the pause is as long as it can be.
  const patience = { first: 1e9, longest: 1e9 };
  const loop = messagesOf("ws://127.0.0.1:1/", controller.signal, patience).next();
  setTimeout(() => controller.abort(), 20);
  expect(await loop).toEqual({ value: undefined, done: true });
});
