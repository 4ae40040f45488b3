import { once } from "node:events";
import { createServer, connect as dial, type Socket } from "node:net";
import { expect, test } from "vitest";
import { RecordingRelay } from "./recording-relay.ts";

async function heard(socket: Socket): Promise<void> {
  await once(socket, "data");
}

test("a connection on which the client says nothing does not disturb the record of the other one", async () => {
  let count = 0;
  const server = createServer((socket) => {
    count += 1;
    socket.on("error", () => {});
    if (count === 1) socket.write("HTTP/1.1 408 Too late\r\n\r\n");
    else socket.once("data", () => socket.write("HTTP/1.1 101 Welcome\r\n\r\n"));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const relay = await RecordingRelay.before((server.address() as { port: number }).port);
  const silent = dial({ port: relay.port, host: "127.0.0.1" }).on("error", () => {});
  await heard(silent);
  expect(() => relay.server).toThrow("0 of 1 connections have spoken");
  const client = dial({ port: relay.port, host: "127.0.0.1" }).on("error", () => {});
  client.write("GET / HTTP/1.1\r\n\r\n");
  await heard(client);
  await relay[Symbol.asyncDispose]();
  server.close();
  expect(relay.server.head).toBe("HTTP/1.1 101 Welcome\r\n\r\n");
  expect(relay.client.head).toBe("GET / HTTP/1.1\r\n\r\n");
});
