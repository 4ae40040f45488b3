import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { ConnectError } from "@sansocket/node";
import { createProxy } from "proxy";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import { connectByEnvironment } from "../src/proxy.ts";

const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
server.on("connection", (socket: WebSocket) => {
  socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
});
const proxy = createProxy(createServer());
/** What was asked of the proxy, "host:port" each. */
const tunnels: string[] = [];
const credentials = `Basic ${btoa("ada:secret")}`;
let url = "";
let place = "";

beforeAll(async () => {
  proxy.authenticate = (request) => request.headers["proxy-authorization"] === credentials;
  proxy.on("connect", ({ url }) => void tunnels.push(url ?? ""));
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  place = `127.0.0.1:${(proxy.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.close();
  proxy.closeAllConnections();
  proxy.close();
});

test.each(["http_proxy", "HTTP_PROXY"])("%s is gone through, by CONNECT", async (name) => {
  tunnels.length = 0;
  const socket = await connectByEnvironment(url, { [name]: `http://ada:secret@${place}` });
  expect(tunnels).toEqual([new URL(url).host]);
  socket.write("through the tunnel");
  for await (const message of socket) {
    expect(message).toBe("through the tunnel");
    break;
  }
  expect(await socket.close()).toMatchObject({ code: 1000, wasClean: true });
});

test.each([
  ["no proxy", {}],
  ["a proxy for wss", { https_proxy: "http://127.0.0.1:1" }],
  ["no_proxy", { http_proxy: "http://127.0.0.1:1", no_proxy: "a.example, 127.0.0.1" }],
  ["no_proxy for all", { http_proxy: "http://127.0.0.1:1", NO_PROXY: "*" }],
])("with %s the way is direct", async (_what, environment) => {
  tunnels.length = 0;
  const socket = await connectByEnvironment(url, environment);
  expect(tunnels).toEqual([]);
  await socket.close();
});

test("a proxy that does not know the user gives an error of its own", async () => {
  const failing = connectByEnvironment(url, { http_proxy: `http://ada:wrong@${place}` });
  await expect(failing).rejects.toThrow("the proxy does not know this user and password");
  await expect(failing).rejects.toMatchObject({ cause: expect.any(ConnectError) });
});

test("a missing proxy rejects with ConnectError unreachable", async () => {
  const failing = connectByEnvironment(url, { http_proxy: "http://127.0.0.1:1" });
  await expect(failing).rejects.toMatchObject({ name: "ConnectError", code: "unreachable" });
});
