import { once } from "node:events";
import { type AddressInfo, connect } from "node:net";
import { expect, test } from "vitest";
import { serveBoth } from "../src/node-http.ts";
import { Visitor } from "./conversation.ts";

test("one port answers HTTP, opens WebSockets on their path, and refuses them on others", async () => {
  const { http, stop } = await serveBoth(0);
  const { port } = http.address() as AddressInfo;
  const response = await fetch(`http://127.0.0.1:${port}/`);
  expect(await response.text()).toBe("hello\n");
  const visitor = await Visitor.open(`ws://127.0.0.1:${port}/chat`);
  visitor.say("hello");
  expect(await visitor.hear()).toBe("hello");
  await expect(Visitor.open(`ws://127.0.0.1:${port}/other`)).rejects.toThrow("404");
  await stop();
  expect(await visitor.closed).toBe(1001);
});

test("a message in the same packet as the request is answered", async () => {
  const { http, stop } = await serveBoth(0);
  const socket = connect((http.address() as AddressInfo).port, "127.0.0.1");
  const frame = "\x81\x82\0\0\0\0hi"; // masked with a key of zeros
  const head =
    "GET /chat HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
  socket.write(head + frame, "latin1");
  let heard = "";
  while (!heard.endsWith("\x81\x02hi")) {
    const [chunk] = (await once(socket, "data")) as [Buffer];
    heard += chunk.toString("latin1");
  }
  socket.destroy();
  await stop();
});

test("a taken port makes serveBoth reject", async () => {
  const { http, stop } = await serveBoth(0);
  await expect(serveBoth((http.address() as AddressInfo).port)).rejects.toThrow("EADDRINUSE");
  await stop();
});
