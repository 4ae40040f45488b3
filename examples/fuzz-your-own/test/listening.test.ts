/** The laws for endpoints that listen, put to a server of ours, to `ws`, and to a server made of the naive parser. */
import { createHash } from "node:crypto";
import type { AddressInfo } from "node:net";
import { createServer, type Server, type Socket } from "node:net";
import { serve } from "@sansocket/node";
import { listeningLaw, listeningOpeningLaw } from "@sansocket/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocketServer } from "ws";
import { NaiveParser } from "../src/naive-parser.ts";
import { connect } from "../src/tcp.ts";

const MINUTES = 240_000;

describe("a server of ours", () => {
  let server: Awaited<ReturnType<typeof serve>>;
  beforeAll(async () => {
    server = await serve({
      port: 0,
      hostname: "127.0.0.1",
      message(socket, data) {
        socket.write(data);
      },
    });
  });
  afterAll(() => server.shutdown({ grace: 0 }));

  test("does what RFC 6455 wants", { timeout: MINUTES }, async () => {
    await listeningLaw({ url: server.url, connect, echoes: true });
  });

  test("opens for right requests, and for no others", { timeout: MINUTES }, async () => {
    await listeningOpeningLaw({ url: server.url, connect });
  });
});

test("npm ws fails connections with the right codes", { timeout: MINUTES }, async () => {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await new Promise((resolve) => server.once("listening", resolve));
  server.on("connection", (socket) => {
    socket.on("error", () => {});
    socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
  const { port } = server.address() as AddressInfo;
  try {
    await listeningLaw({
      url: `ws://127.0.0.1:${port}`,
      connect,
      // What else `ws` does otherwise is in docs/laws.md.
      rules: ["reserved opcode", "missing mask", "fragmented control frame", "text not UTF-8"],
      runs: 100,
    });
  } finally {
    for (const client of server.clients) client.terminate();
    await new Promise((resolve) => server.close(resolve));
  }
});

describe("a server made of the naive parser", () => {
  let server: Server;
  const sockets = new Set<Socket>();
  beforeAll(async () => {
    server = createServer((socket) => {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => sockets.delete(socket));
      socket.once("data", (head: Buffer) => {
        const key = /^sec-websocket-key: (.*)\r$/im.exec(head.toString("latin1"))?.[1] ?? "";
        const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`);
        socket.write(
          `HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept.digest("base64")}\r\n\r\n`,
        );
        const parser = new NaiveParser();
        const frame = (opcode: number, payload: Uint8Array): void => {
          socket.write(Uint8Array.of(0x80 | opcode, payload.length, ...payload));
        };
        parser.onping = (payload) => frame(10, payload);
        parser.onclose = (code) => {
          frame(8, Uint8Array.of(code >> 8, code & 255));
          socket.end();
        };
        socket.on("data", (chunk: Buffer) => {
          try {
            parser.push(chunk);
          } catch {
            socket.destroy();
          }
        });
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });
  afterAll(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });

  const url = (): string => `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;

  test("is found out by its close codes", { timeout: MINUTES }, async () => {
    const law = listeningLaw({ url: url(), connect, rules: ["close body of one byte"], seed: 1 });
    await expect(law).rejects.toThrow(
      /^listeningLaw does not hold of ws:\/\/127\.0\.0\.1:\d+\/: [\s\S]*wanted: a failure with 1002[\s\S]*Close, FIN, masked, 1 byte/,
    );
  });

  test("is found out by its handshake", { timeout: MINUTES }, async () => {
    const law = listeningOpeningLaw({ url: url(), connect, seed: 1 });
    await expect(law).rejects.toThrow(
      /^listeningOpeningLaw does not hold of ws:.*: the answer is 101; wanted: /,
    );
  });
});
