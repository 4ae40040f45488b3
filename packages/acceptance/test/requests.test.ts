import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import type { ConnectionError, ServerError, UpgradeRequest } from "@sansocket/node";
import { certificate } from "@sansocket/workshop/certificate";
import { close, text, together, request as upgradeRequest } from "@sansocket/workshop/client-bytes";
import { describe, expect, test } from "vitest";
import { connect, runtime, serve } from "./adapter.ts";
import { Mailbox } from "./mailbox.ts";
import { PLACES, portOf } from "./places.ts";
import { rawConnect } from "./raw-client.ts";

describe.each(PLACES)("an upgrade request over %s", (name, at) => {
  test("has its facts, and its data, subprotocol and peer reach the socket", async () => {
    const place = await at();
    const requests = new Mailbox<UpgradeRequest<{ user: string }>>();
    await using server = await serve<{ user: string }>({
      ...place.listen,
      protocols: ["v2.chat", "v1.chat"],
      async upgrade(request) {
        requests.put(request);
        await Promise.resolve();
        return request.accept({ data: { user: "ada" } });
      },
      message: (socket) => void socket.write(`${socket.data.user} ${socket.protocol}`),
    });
    const url = `${place.url(server)}chat?room=1`;
    await using socket = await connect(url, {
      ...place.client,
      protocols: ["v1.chat", "v2.chat"],
      headers: { Cookie: "session=1", "X-Twice": "a" },
      data: "client's own",
    });
    const request = await requests.take();
    expect(request).toMatchObject({
      method: "GET",
      target: "/chat?room=1",
      host: new URL(url).host,
      origin: null,
      protocols: ["v1.chat", "v2.chat"],
    });
    expect(request.headers.get("cookie")).toBe("session=1");
    expect(request.headers.get("x-twice")).toBe("a");
    expect(request.url.href).toBe(url.replace(/^ws/, "http"));
    expect(socket.protocol).toBe("v2.chat");
    expect(socket.url).toBe(url);
    expect(socket.data).toBe("client's own");
    socket.write("who am I?");
    expect((await socket[Symbol.asyncIterator]().next()).value).toBe("ada v2.chat");
    const there = server.sockets[0]!;
    expect(there.request).toMatchObject({ method: "GET", target: "/chat?room=1" });
    if (name === "a unix socket") {
      expect(there.remoteAddress).toBeNull();
    } else {
      expect(there.remoteAddress).toMatchObject({ hostname: "127.0.0.1" });
      expect(request.remoteAddress).toEqual(there.remoteAddress);
      expect(socket.remoteAddress).toEqual({ hostname: "127.0.0.1", port: portOf(server) });
    }
    if (name !== "TLS") {
      expect(there.tls).toBeNull();
      expect(socket.tls).toBeNull();
    }
  });

  test("that is refused rejects connect with the answer, its body included", async () => {
    const place = await at();
    await using server = await serve({
      ...place.listen,
      upgrade: (request) =>
        request.reject(401, {
          headers: { "WWW-Authenticate": "Basic", "Content-Type": "text/plain" },
          body: "who are you?",
        }),
    });
    const refused = connect(place.url(server), place.client).catch((error) => error);
    const error = await refused;
    expect(error).toMatchObject({ name: "ConnectError", code: "refused", status: 401 });
    expect(new TextDecoder().decode(error.response.body)).toBe("who are you?");
    expect(error.response.headers).toContainEqual(["WWW-Authenticate", "Basic"]);
    expect(error.message).toContain("401");
  });
});

test("TLS agrees on http/1.1, and each side tells what its runtime knows", async () => {
  const { cert, key } = await certificate();
  await using server = await serve({ hostname: "127.0.0.1", tls: { cert, key } });
  const url = `wss://localhost:${portOf(server)}`;
  await using socket = await connect(url, { tls: { ca: cert } });
  await socket.ping();
  // Deno tells neither the protocol nor the name (2.9.6).
  const protocol = runtime === "deno" ? null : "TLSv1.3";
  expect(socket.tls).toMatchObject({ alpnProtocol: "http/1.1", protocol });
  expect(server.sockets[0]!.tls).toEqual({
    alpnProtocol: "http/1.1",
    protocol,
    serverName: runtime === "deno" ? null : "localhost",
    clientCertificate: null,
  });
});

test("an address is checked against the certificate by serverName, where that is given", async () => {
  const { cert, key } = await certificate();
  await using server = await serve({ hostname: "127.0.0.1", tls: { cert, key } });
  const named = { ca: cert, serverName: "localhost" };
  await using socket = await connect(server.url, { tls: named });
  expect(await socket.ping()).toBeTypeOf("number");
  const misnamed = connect(server.url, { tls: { ca: cert, serverName: "elsewhere.example" } });
  await expect(misnamed).rejects.toMatchObject({ code: "tls-failed" });
});

const ORIGINS: readonly {
  readonly why: string;
  readonly origin: string;
  readonly allowed?: readonly string[];
  readonly opens: boolean;
}[] = [
  { why: "the server's own", origin: "http://127.0.0.1:<port>", opens: true },
  { why: "the own host over another scheme", origin: "https://127.0.0.1:<port>", opens: false },
  { why: "a stranger's", origin: "https://evil.example", opens: false },
  { why: "the opaque one, of sandboxes and files", origin: "null", opens: false },
  {
    why: "one of the list",
    origin: "https://a.example",
    allowed: ["https://a.example"],
    opens: true,
  },
  {
    why: "none of the list",
    origin: "https://b.example",
    allowed: ["https://a.example"],
    opens: false,
  },
];

test.each(ORIGINS)("of origins, $why: opens $opens", async ({ origin, allowed, opens }) => {
  const errors = new Mailbox<ConnectionError | ServerError>();
  await using server = await serve({
    hostname: "127.0.0.1",
    ...(allowed === undefined ? {} : { allowedOrigins: allowed }),
    error: (_socket, error) => errors.put(error),
  });
  const port = String(portOf(server));
  const headers = { Origin: origin.replace("<port>", port) };
  if (opens) {
    await using socket = await connect(server.url, { headers });
    expect(socket.state).toBe("open");
  } else {
    const refused = { name: "ConnectError", code: "refused", status: 403 };
    await expect(connect(server.url, { headers })).rejects.toMatchObject(refused);
    expect((await errors.take()).code).toBe("handshake-refused");
  }
});

describe("the decision", () => {
  test("may come late, and what the client sent meanwhile is kept", async () => {
    const decide = new Mailbox<() => void>();
    const received = new Mailbox<unknown>();
    await using server = await serve({
      hostname: "127.0.0.1",
      upgrade: (request) =>
        new Promise<boolean>((resolve) => decide.put(() => resolve(request.accept()))),
      message: (_socket, message) => received.put(message),
    });
    const client = rawConnect(portOf(server), null);
    await client.take({ send: together(upgradeRequest(), text("behind the head")) });
    const accept = await decide.take();
    await client.take({ send: text("while nobody has decided") });
    expect([client.heard.head, received.untaken]).toEqual(["", []]);
    accept();
    expect(await received.take()).toBe("behind the head");
    expect(await received.take()).toBe("while nobody has decided");
    await client.take({ frames: 0 });
    expect(client.heard.head).toContain("101 Switching Protocols");
    await client.take({ send: close(1000) });
    await client.take({ end: true });
  });

  test("comes too late when the client has gone: the request's signal says so", async () => {
    const said = new Mailbox<string>();
    await using server = await serve({
      hostname: "127.0.0.1",
      async upgrade(request) {
        const gone = new Promise((resolve) => request.signal.addEventListener("abort", resolve));
        said.put("asked");
        await gone;
        const accepted = request.accept();
        said.put(`accepted: ${accepted}`);
        return accepted;
      },
    });
    const controller = new AbortController();
    const opening = connect(server.url, { signal: controller.signal });
    expect(await said.take()).toBe("asked");
    controller.abort();
    await expect(opening).rejects.toMatchObject({ code: "aborted" });
    expect(await said.take()).toBe("accepted: false");
  });

  test("of a hook that throws is 500, and error hears of it", async () => {
    const errors = new Mailbox<ConnectionError | ServerError>();
    await using server = await serve({
      hostname: "127.0.0.1",
      upgrade: () => {
        throw new Error("out of order");
      },
      error: (_socket, error) => errors.put(error),
    });
    await expect(connect(server.url)).rejects.toMatchObject({ code: "refused", status: 500 });
    expect((await errors.take()).code).toBe("hook-failed");
  });

  test("comes from another subprotocol than the server's list would choose", async () => {
    await using server = await serve({
      hostname: "127.0.0.1",
      upgrade: (request) => request.accept({ protocol: request.protocols.at(-1) ?? "" }),
    });
    await using socket = await connect(server.url, { protocols: ["a", "b", "c"] });
    expect(socket.protocol).toBe("c");
  });

  test("adds its headers to the 101", async () => {
    await using server = await serve({
      hostname: "127.0.0.1",
      upgrade: (request) =>
        request.accept({
          headers: [
            ["Set-Cookie", "a=1"],
            ["Set-Cookie", "b=2"],
          ],
        }),
    });
    const answer = await new Promise<{ status: number; cookies: string[] | undefined }>(
      (resolve) => {
        const request = httpRequest(server.url.replace("ws:", "http:"), {
          headers: {
            Connection: "Upgrade",
            Upgrade: "websocket",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
          },
        });
        request.on("upgrade", (response, socket) => {
          socket.destroy();
          resolve({ status: response.statusCode!, cookies: response.headers["set-cookie"] });
        });
        request.end();
      },
    );
    expect(answer).toEqual({ status: 101, cookies: ["a=1", "b=2"] });
  });
});

test("one connection more than maxConnections is dropped, and error hears of it", async () => {
  const errors = new Mailbox<ConnectionError | ServerError>();
  await using server = await serve({
    hostname: "127.0.0.1",
    maxConnections: 1,
    error: (_socket, error) => errors.put(error),
  });
  const socket = await connect(server.url);
  await expect(connect(server.url)).rejects.toMatchObject({ code: "ended" });
  expect((await errors.take()).code).toBe("connection-limit");
  await socket.close();
});

describe("plain HTTP through the runtime's fetch", () => {
  test("is answered by the request hook", async () => {
    await using server = await serve({
      hostname: "127.0.0.1",
      request: async ({ method, target, headers }) => ({
        status: 201,
        headers: { "X-Method": method, "Content-Type": "text/plain" },
        body: `${target} ${headers.get("x-name")} ✓`,
      }),
    });
    const url = `${server.url.replace("ws:", "http:")}/page?a=1`;
    for (const method of ["GET", "POST", "DELETE"]) {
      const body = method === "POST" ? { body: "a body that nobody reads" } : {};
      const response = await fetch(url, { method, headers: { "X-Name": "ada" }, ...body });
      expect(response.status).toBe(201);
      expect(response.headers.get("x-method")).toBe(method);
      expect(await response.text()).toBe("/page?a=1 ada ✓");
    }
    const head = await fetch(url, { method: "HEAD" });
    expect([head.status, await head.text()]).toEqual([201, ""]);
  });

  test("is 426 without a request hook, and 500 when the hook throws", async () => {
    await using none = await serve({ hostname: "127.0.0.1" });
    const upgradeRequired = await fetch(none.url.replace("ws:", "http:"));
    expect(upgradeRequired.status).toBe(426);
    expect(upgradeRequired.headers.get("upgrade")).toBe("websocket");
    await upgradeRequired.text();
    await using broken = await serve({
      hostname: "127.0.0.1",
      request: () => {
        throw new Error("out of order");
      },
      error: () => {},
    });
    const failed = await fetch(broken.url.replace("ws:", "http:"));
    expect(failed.status).toBe(500);
    await failed.text();
  });

  test("of bytes arrives whole, 1 MiB of them", async () => {
    const body = new Uint8Array(1_048_576).fill(7);
    await using server = await serve({ hostname: "127.0.0.1", request: () => ({ body }) });
    const response = await fetch(server.url.replace("ws:", "http:"));
    const bytes = new Uint8Array(await response.arrayBuffer());
    expect([bytes.length, bytes.every((byte) => byte === 7)]).toEqual([1_048_576, true]);
  });

  test("works over TLS beside wss, by the runtime's own https", async () => {
    const { cert, key } = await certificate();
    await using server = await serve({
      hostname: "127.0.0.1",
      tls: { cert, key },
      request: (request) => ({ body: request.url.protocol }),
    });
    const options = { host: "localhost", port: portOf(server), ca: cert };
    const text = await new Promise<string>((resolve, reject) => {
      const request = httpsRequest(options, (response) => {
        response.setEncoding("utf8");
        response.on("data", resolve);
      });
      request.on("error", reject);
      request.end();
    });
    expect(text).toBe("https:");
  });
});
