import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer, type Socket as TcpSocket } from "node:net";
import type { HeaderFields, Server } from "@sansocket/node";
import { certificate } from "@sansocket/workshop/certificate";
import { afterEach, describe, expect, test } from "vitest";
import { connect, serve } from "./adapter.ts";
import { Mailbox } from "./mailbox.ts";
import { portOf } from "./places.ts";

const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) await server.shutdown();
});

interface Seen {
  readonly target: string;
  readonly headers: Headers;
}

/** Redirects from /to/<n> to /to/<n-1>, down to /to/0, which it accepts; `elsewhere` is where /away leads. */
async function redirecting(
  seen: Mailbox<Seen>,
  elsewhere = "",
  tls?: { cert: string; key: string },
) {
  const server = await serve({
    hostname: "127.0.0.1",
    ...(tls && { tls }),
    upgrade(request) {
      const { target, headers } = request;
      seen.put({ target, headers });
      if (target === "/to/0") return request.accept();
      const next = target === "/away" ? elsewhere : `/to/${Number(target.slice(4)) - 1}`;
      const lines: HeaderFields = target === "/nowhere" ? {} : { Location: next };
      return request.reject(target === "/away" ? 302 : 307, { headers: lines });
    },
  });
  servers.push(server as unknown as Server);
  return server;
}

const secrets = { Authorization: "Bearer token", Cookie: "session=1", "X-Plain": "stays" };

describe("a redirect", () => {
  test("is a refusal unless redirects were asked for", async () => {
    const server = await redirecting(new Mailbox());
    const refused = connect(`${server.url}/to/1`);
    await expect(refused).rejects.toMatchObject({ code: "refused", status: 307 });
  });

  test("is followed at its head, when its body has no length and its connection stays open", async () => {
    const server = await redirecting(new Mailbox());
    const sockets: TcpSocket[] = [];
    const staying = createServer((socket) => {
      sockets.push(socket);
      socket.on("error", () => {});
      socket.once("data", () => {
        socket.write(`HTTP/1.1 302 Found\r\nLocation: ${server.url}/to/0\r\n\r\nover there`);
      });
    });
    staying.listen(0, "127.0.0.1");
    await once(staying, "listening");
    try {
      const timeouts = { handshake: 0, refusalBody: 0 };
      const url = `ws://127.0.0.1:${(staying.address() as AddressInfo).port}/`;
      await using socket = await connect(url, { redirects: 1, timeouts });
      expect(socket.url).toBe(`${server.url}/to/0`);
    } finally {
      for (const socket of sockets) socket.destroy();
      staying.close();
    }
  });

  test("is told with its status when its Location has 9 KB", async () => {
    const server = await redirecting(new Mailbox(), `/to/0?${"a".repeat(9_000)}`);
    const refused = connect(`${server.url}/away`);
    await expect(refused).rejects.toMatchObject({ status: 302, code: "refused" });
  });

  test("is followed as often as was allowed, and not more", async () => {
    const seen = new Mailbox<Seen>();
    const server = await redirecting(seen);
    await using socket = await connect(`${server.url}/to/3`, { redirects: 3 });
    expect(socket.url).toBe(`${server.url}/to/0`);
    expect(seen.untaken.map(({ target }) => target)).toEqual(["/to/3", "/to/2", "/to/1", "/to/0"]);
    const refused = connect(`${server.url}/to/3`, { redirects: 2 });
    await expect(refused).rejects.toMatchObject({ code: "redirect-refused", status: 307 });
  });

  test("to the same origin takes all headers along", async () => {
    const seen = new Mailbox<Seen>();
    const server = await redirecting(seen);
    await using socket = await connect(`${server.url}/to/1`, { redirects: 1, headers: secrets });
    expect(socket.state).toBe("open");
    await seen.take();
    const { headers } = await seen.take();
    expect(headers.get("authorization")).toBe("Bearer token");
    expect(headers.get("cookie")).toBe("session=1");
    expect(headers.get("x-plain")).toBe("stays");
  });

  test("to another origin leaves credentials behind", async () => {
    const there = new Mailbox<Seen>();
    const other = await redirecting(there);
    const server = await redirecting(
      new Mailbox(),
      `http://127.0.0.1:${portOf(other)}/to/0`, // what an HTTP server would write
    );
    await using socket = await connect(`${server.url}/away`, { redirects: 1, headers: secrets });
    expect(socket.url).toBe(`${other.url}/to/0`);
    const { headers } = await there.take();
    expect(headers.get("authorization")).toBeNull();
    expect(headers.get("cookie")).toBeNull();
    expect(headers.get("x-plain")).toBe("stays");
  });

  test("is followed from the HTTP server of somebody else, whose answer has a body", async () => {
    const seen = new Mailbox<Seen>();
    const server = await redirecting(seen);
    const http = createHttpServer((request, response) => {
      const location = `${server.url}/to/0`.replace("ws:", "http:");
      response.writeHead(request.url === "/moved" ? 308 : 404, { Location: location });
      response.end("<p>It has moved.</p>");
    });
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
    const { port } = http.address() as { port: number };
    await using socket = await connect(`ws://127.0.0.1:${port}/moved`, { redirects: 1 });
    expect(socket.url).toBe(`${server.url}/to/0`);
    expect((await seen.take()).headers.get("host")).toBe(`127.0.0.1:${portOf(server)}`);
    http.close();
  });

  test("from wss to ws is refused, from ws to wss followed", async () => {
    const { cert, key } = await certificate();
    const plain = await redirecting(new Mailbox());
    const secure = await redirecting(new Mailbox(), `${plain.url}/to/0`, { cert, key });
    const options = { redirects: 1, tls: { ca: cert } };
    const refused = connect(`${secure.url}/away`, options);
    await expect(refused).rejects.toMatchObject({ code: "redirect-refused", status: 302 });
    const upwards = await redirecting(new Mailbox(), `${secure.url}/to/0`);
    await using socket = await connect(`${upwards.url}/away`, options);
    expect(socket.url).toBe(`${secure.url}/to/0`);
  });

  test.each([
    ["nowhere", "/nowhere", ""],
    ["what is no URL", "/away", "http://[nonsense"],
    ["another protocol", "/away", "ftp://127.0.0.1/"],
  ])("to %s is refused", async (_where, target, elsewhere) => {
    const server = await redirecting(new Mailbox(), elsewhere);
    const refused = connect(`${server.url}${target}`, { redirects: 5 });
    await expect(refused).rejects.toMatchObject({ code: "redirect-refused" });
  });
});
