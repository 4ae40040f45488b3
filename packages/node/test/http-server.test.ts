/** One port for node:http and WebSocket. */
import { once } from "node:events";
import { createServer as createHttpServer, get, type Server as HttpServer } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { type AddressInfo, connect as connectTcp } from "node:net";
import { certificate } from "@sansocket/workshop/certificate";
import { afterEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { connect, createServer, type Message, type NodeServer } from "../src/index.ts";

const open: { http: HttpServer; server: NodeServer }[] = [];

afterEach(async () => {
  for (const { http, server } of open.splice(0)) {
    await server.shutdown({ grace: 100 });
    http.closeAllConnections();
    http.close();
  }
});

async function shared(
  http: HttpServer,
  server: NodeServer,
): Promise<{ port: number; http: HttpServer; server: NodeServer }> {
  http.on("upgrade", (request, socket, head) => server.handleUpgrade(socket, request, head));
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  open.push({ http, server });
  return { port: (http.address() as AddressInfo).port, http, server };
}

const page = (): HttpServer => createHttpServer((_, response) => response.end("the page"));
const echo = (): NodeServer =>
  createServer({ message: (socket, message) => void socket.write(message) });

async function first(socket: AsyncIterable<Message>): Promise<Message> {
  for await (const message of socket) return message;
  throw new Error("closed without a message");
}

describe("handleUpgrade", () => {
  test("serves WebSockets beside the pages of node:http", async () => {
    const { port } = await shared(page(), echo());
    const answer = await fetch(`http://127.0.0.1:${port}/`);
    expect(await answer.text()).toBe("the page");
    const socket = await connect(`ws://127.0.0.1:${port}/chat`);
    socket.write("hello");
    expect(await first(socket)).toBe("hello");
    expect((await socket.close()).wasClean).toBe(true);
  });

  test("serves node:https, whose own origin is https", async () => {
    const { cert, key } = await certificate();
    const http = createHttpsServer({ cert, key }) as unknown as HttpServer;
    const server = createServer({ secure: true, open: (socket) => void socket.write("hi") });
    const { port } = await shared(http, server);
    const url = `wss://localhost:${port}/`;
    const headers = { Origin: `https://localhost:${port}` };
    const socket = await connect(url, { tls: { ca: cert }, headers });
    expect(await first(socket)).toBe("hi");
    expect(server.sockets[0]!.tls).toMatchObject({ protocol: "TLSv1.3" });
    await socket.close();
  });

  test("delivers frames that came in the packet of the request, at every split", async () => {
    const { port } = await shared(page(), echo());
    const request =
      `GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
    const frame = Buffer.from([0x82, 0x83, 0, 0, 0, 0, 1, 2, 3]);
    const whole = Buffer.concat([Buffer.from(request), frame]);
    for (let split = request.length - 3; split <= whole.length; split += 1) {
      const client = connectTcp({ port, host: "127.0.0.1", noDelay: true });
      await once(client, "connect");
      client.write(whole.subarray(0, split));
      if (split < whole.length) {
        await new Promise((resolve) => setImmediate(resolve));
        client.write(whole.subarray(split));
      }
      let heard = Buffer.alloc(0);
      while (heard.indexOf(Buffer.from([0x82, 3, 1, 2, 3])) === -1) {
        const [chunk] = await once(client, "data");
        heard = Buffer.concat([heard, chunk]);
      }
      expect(heard.toString("latin1")).toMatch(/^HTTP\/1\.1 101 /);
      client.destroy();
    }
  });

  test("refuses as a listening server would", async () => {
    const { port } = await shared(page(), echo());
    const origin = "https://evil.example";
    const socket = new WebSocket(`ws://127.0.0.1:${port}/`, { origin });
    const [, response] = await once(socket, "unexpected-response");
    expect(response.statusCode).toBe(403);
    socket.on("error", () => {});
    socket.terminate();
  });

  test("answers 503 behind a shutdown, and shuts down its own sockets only", async () => {
    const { port, server } = await shared(page(), echo());
    const socket = await connect(`ws://127.0.0.1:${port}/`);
    await server.shutdown({ code: 1012 });
    expect((await socket.closed).code).toBe(1012);
    await expect(connect(`ws://127.0.0.1:${port}/`)).rejects.toMatchObject({
      code: "refused",
      status: 503,
    });
    const [answer] = await once(get(`http://127.0.0.1:${port}/`), "response");
    expect(answer.statusCode).toBe(200);
    answer.resume();
  });
});
