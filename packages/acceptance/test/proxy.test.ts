import { createServer as createHttpServer } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { createServer as createTcpServer, type Socket } from "node:net";
import { certificate } from "@sansocket/workshop/certificate";
import { createProxy, type ProxyServer } from "proxy";
import { afterEach, describe, expect, test } from "vitest";
import { connect, runtime, serve } from "./adapter.ts";
import { expectBytes, pattern } from "./bytes.ts";
import { Mailbox } from "./mailbox.ts";
import { portOf } from "./places.ts";

const running: { close(): void }[] = [];

afterEach(() => {
  for (const server of running.splice(0)) server.close();
});

/** npm's "proxy", and what it was asked for. @returns its port */
async function startProxy(
  asked: Mailbox<string>,
  options: { readonly authenticate?: ProxyServer["authenticate"]; readonly secure?: boolean } = {},
): Promise<number> {
  const http =
    options.secure === true ? createHttpsServer(await certificate()) : createHttpServer();
  const server = createProxy(http as Parameters<typeof createProxy>[0]);
  if (options.authenticate !== undefined) server.authenticate = options.authenticate;
  server.on("connect", (request) => asked.put(request.url ?? ""));
  running.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as { port: number }).port;
}

describe.each([["ws"], ["wss"]])("through an HTTP proxy, %s", (scheme) => {
  test("reaches the server that the proxy was asked for, with messages of all sizes", async () => {
    const { cert, key } = await certificate();
    await using server = await serve({
      hostname: "127.0.0.1",
      ...(scheme === "wss" && { tls: { cert, key } }),
      message: (socket, message) => void socket.write(message),
    });
    const asked = new Mailbox<string>();
    const proxy = `http://127.0.0.1:${await startProxy(asked)}`;
    await using socket = await connect(server.url, { proxy, tls: { ca: cert } });
    expect(await asked.take()).toBe(`127.0.0.1:${portOf(server)}`);
    const loop = socket[Symbol.asyncIterator]();
    for (const size of [10, 100_000, 1_000_000]) {
      socket.write(pattern(size));
      expectBytes((await loop.next()).value, pattern(size));
    }
    expect(socket.tls === null).toBe(scheme === "ws");
    expect(await socket.close(4_000)).toMatchObject({ code: 4_000, wasClean: true });
  });
});

describe("a proxy that speaks TLS itself", () => {
  test("is reached by https:", async () => {
    const { cert } = await certificate();
    await using server = await serve({
      hostname: "127.0.0.1",
      message: (socket, message) => void socket.write(message),
    });
    const url = `https://localhost:${await startProxy(new Mailbox(), { secure: true })}`;
    await using socket = await connect(server.url, { proxy: { url, tls: { ca: cert } } });
    socket.write("through TLS");
    expect((await socket[Symbol.asyncIterator]().next()).value).toBe("through TLS");
  });

  test("leads to wss on Node; Deno and Bun have no TLS inside of TLS, and say so", async () => {
    const { cert, key } = await certificate();
    await using server = await serve({ hostname: "127.0.0.1", tls: { cert, key } });
    const url = `https://localhost:${await startProxy(new Mailbox(), { secure: true })}`;
    const tls = { ca: cert };
    const connecting = connect(server.url, { tls, proxy: { url, tls } });
    if (runtime === "node") {
      await using socket = await connecting;
      expect(await socket.ping()).toBeTypeOf("number");
    } else {
      await expect(connecting).rejects.toMatchObject({ code: "tls-failed" });
      await expect(connecting).rejects.toThrow("TLS");
    }
  });
});

test("the proxy's credentials come from its URL, and it refuses whoever has none", async () => {
  await using server = await serve({ hostname: "127.0.0.1" });
  const expected = `Basic ${btoa("ada:secret")}`;
  const port = await startProxy(new Mailbox(), {
    authenticate: (request) => request.headers["proxy-authorization"] === expected,
  });
  await using socket = await connect(server.url, { proxy: `http://ada:secret@127.0.0.1:${port}` });
  expect(socket.state).toBe("open");
  const refused = connect(server.url, { proxy: `http://127.0.0.1:${port}` });
  await expect(refused).rejects.toMatchObject({ code: "proxy-refused", status: 407 });
  const headers = { "Proxy-Authorization": expected };
  const proxy = { url: `http://127.0.0.1:${port}`, headers };
  await using again = await connect(server.url, { proxy });
  expect(again.state).toBe("open");
});

/** A proxy that answers so, whatever it is asked. */
async function answering(answer: string | Uint8Array): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.once("data", () => void socket.end(answer));
  });
  running.push({
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`;
}

describe("connect rejects with proxy-refused", () => {
  test.each([
    ["a refusal", "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n", 502],
    ["no HTTP", "SSH-2.0-OpenSSH_9.6\r\n\r\n", 0],
    ["nothing", "", 0],
  ])("for an answer that is %s", async (_what, answer, status) => {
    const proxy = await answering(answer);
    const refused = connect("ws://server.example/", { proxy });
    await expect(refused).rejects.toMatchObject({ code: "proxy-refused", status });
  });

  test("and shows the fields and the body of a refusal", async () => {
    const proxy = await answering(
      "HTTP/1.1 407 Who\r\nProxy-Authenticate: Basic\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nwhy\r\n0\r\n\r\n",
    );
    const error = await connect("ws://server.example/", { proxy }).catch((reason) => reason);
    expect(error).toMatchObject({ code: "proxy-refused", status: 407 });
    expect(error.response.headers).toContainEqual(["Proxy-Authenticate", "Basic"]);
    expect(new TextDecoder().decode(error.response.body)).toBe("why");
  });

  test("when bytes stand between the proxy's answer and TLS", async () => {
    const proxy = await answering("HTTP/1.1 200 OK\r\n\r\nearly");
    const refused = connect("wss://server.example/", { proxy });
    await expect(refused).rejects.toMatchObject({ code: "proxy-refused" });
  });
});

test("a proxy that nobody reaches is unreachable", async () => {
  const proxy = await answering("");
  running.pop()!.close();
  const refused = connect("ws://server.example/", { proxy });
  await expect(refused).rejects.toMatchObject({ code: "unreachable" });
});
