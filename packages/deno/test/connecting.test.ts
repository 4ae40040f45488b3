import { ConnectError, connect, MisuseError, ServerError, serve } from "@sansocket/deno";
import { selfSigned } from "@sansocket/workshop/certificate";
import { RawClient } from "@sansocket/workshop/raw-client";
import { beforeAll, describe, expect, test } from "vitest";
import { deferred, portOf, RawPeer } from "./raw-peer.ts";

let certificate: { cert: string; key: string };
let other: { cert: string; key: string };

beforeAll(async () => {
  certificate = await selfSigned();
  other = await selfSigned();
});

async function failure(promise: Promise<unknown>): Promise<ConnectError> {
  const error: unknown = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ConnectError);
  return error as ConnectError;
}

async function freePort(): Promise<number> {
  const server = await serve({ hostname: "127.0.0.1" });
  const port = portOf(server);
  await server.shutdown();
  return port;
}

/** Passes bytes on, both ways, until it is told to cut. */
async function relay(target: number): Promise<{ port: number; cut: () => Promise<void> }> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const cut = deferred<void>();
  void (async () => {
    const client = await listener.accept();
    listener.close();
    const server = await Deno.connect({ hostname: "127.0.0.1", port: target });
    const aside = cut.promise.then(() => server.closeWrite());
    client.readable.pipeTo(server.writable).catch(() => {});
    server.readable.pipeTo(client.writable).catch(() => {});
    await aside;
  })();
  const { port } = listener.addr;
  return {
    port,
    async cut() {
      cut.resolve();
      await cut.promise;
    },
  };
}

test("a refused connection is unreachable, and the message says ECONNREFUSED", async () => {
  const error = await failure(connect(`ws://127.0.0.1:${await freePort()}/`));
  expect(error.code).toBe("unreachable");
  expect(error.message).toContain("ECONNREFUSED");
  expect(error.cause).toBeInstanceOf(Deno.errors.ConnectionRefused);
});

test("a path where nobody listens is unreachable, and the message says ENOENT", async () => {
  const error = await failure(connect("ws://localhost/", { path: "/nonexistent/x.sock" }));
  expect(error).toMatchObject({ code: "unreachable" });
  expect(error.message).toContain("ENOENT");
});

test("a port that is taken rejects with listen-failed, and the message says EADDRINUSE", async () => {
  const server = await serve({ hostname: "127.0.0.1" });
  const error = await serve({ hostname: "127.0.0.1", port: portOf(server) }).catch(
    (reason) => reason,
  );
  expect(error).toBeInstanceOf(ServerError);
  expect(error).toMatchObject({ code: "listen-failed" });
  expect(error.message).toContain("EADDRINUSE");
  await server.shutdown();
});

test("a server without a hostname is reached over IPv4", async () => {
  const server = await serve({ message: (socket, text) => void socket.write(text) });
  const socket = await connect(`ws://127.0.0.1:${portOf(server)}/`);
  await socket.close();
  await server.shutdown();
});

test("TLS on a unix socket is a mistake that is told before anything is listened on", async () => {
  const serving = serve({ path: "/nonexistent/x.sock", tls: certificate });
  await expect(serving).rejects.toThrow(MisuseError);
});

describe("TLS", () => {
  for (const { because, host, ca, says } of [
    {
      because: "signed by nobody we know",
      host: "localhost",
      ca: undefined,
      says: "UnknownIssuer",
    },
    {
      because: "signed by another",
      host: "localhost",
      ca: "other",
      says: "invalid peer certificate",
    },
    { because: "for another name", host: "elsewhere.test", ca: "own", says: "not valid for name" },
  ]) {
    test(`a certificate ${because} fails the connection with tls-failed`, async () => {
      await using server = await serve({ hostname: "127.0.0.1", tls: certificate });
      const trusted = ca === undefined ? {} : { ca: (ca === "own" ? certificate : other).cert };
      const error = await failure(
        connect(`wss://localhost:${portOf(server)}/`, { tls: { ...trusted, serverName: host } }),
      );
      expect(error.code).toBe("tls-failed");
      expect(error.message).toContain(says);
    });
  }

  test("rejectUnauthorized: false names the flag that Deno wants for it", async () => {
    await using server = await serve({ hostname: "127.0.0.1", tls: certificate });
    const url = `wss://localhost:${portOf(server)}/`;
    const error = await failure(connect(url, { tls: { rejectUnauthorized: false } }));
    expect(error.message).toContain("--unsafely-ignore-certificate-errors=localhost");
  });

  test("a certificate of the client's is refused, not left out", async () => {
    await using server = await serve({ hostname: "127.0.0.1", tls: certificate });
    const url = `wss://localhost:${portOf(server)}/`;
    await expect(connect(url, { tls: certificate })).rejects.toThrow(MisuseError);
  });

  test("a client who begins no TLS handshake is let go of after timeouts.handshake", async () => {
    const server = await serve({
      hostname: "127.0.0.1",
      tls: certificate,
      timeouts: { handshake: 100, close: 100 },
    });
    const peer = await RawClient.connect(portOf(server));
    const begun = performance.now();
    while (server.connections === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    while (server.connections > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(performance.now() - begun).toBeGreaterThan(95);
    peer.reset();
    await server.shutdown();
  });

  test("a shutdown does not wait for those who have begun no TLS handshake", async () => {
    const server = await serve({ hostname: "127.0.0.1", tls: certificate });
    const peer = await RawClient.connect(portOf(server));
    while (server.connections === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await server.shutdown();
    expect(server.connections).toBe(0);
    peer.reset();
  });

  test("plain HTTP on a TLS port ends that connection, and no other", async () => {
    await using server = await serve({ hostname: "127.0.0.1", tls: certificate });
    const peer = await RawClient.connect(portOf(server));
    await peer.write(new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n"));
    await peer.gone();
    const url = `wss://localhost:${portOf(server)}/`;
    const socket = await connect(url, { tls: { ca: certificate.cert } });
    expect((await socket.close()).wasClean).toBe(true);
  });

  test("an end of the stream without close_notify is 1006 and no failure of the transport", async () => {
    const closed = deferred<unknown>();
    const server = await serve({
      hostname: "127.0.0.1",
      tls: certificate,
      message() {},
      close: (_socket, info) => closed.resolve(info),
    });
    const { port, cut } = await relay(portOf(server));
    const socket = await connect(`wss://localhost:${port}/`, { tls: { ca: certificate.cert } });
    await cut();
    expect(await closed.promise).toMatchObject({ code: 1006, error: { code: "no-close" } });
    await socket.closed;
    await server.shutdown();
  });
});

describe("giving up", () => {
  /** Accepts, reads, and says nothing. */
  async function withMute(use: (port: number) => Promise<void>): Promise<void> {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const conns: Deno.Conn[] = [];
    const accepting = (async () => {
      for await (const conn of listener) conns.push(conn);
    })();
    await use(listener.addr.port);
    listener.close();
    await accepting;
    for (const conn of conns) conn.close();
  }

  for (const scheme of ["ws", "wss"]) {
    test(`an aborted signal ends a ${scheme} handshake that the server does not answer`, () =>
      withMute(async (port) => {
        const controller = new AbortController();
        const connecting = connect(`${scheme}://127.0.0.1:${port}/`, { signal: controller.signal });
        setTimeout(() => controller.abort(new Error("enough")), 50);
        const error = await failure(connecting);
        expect(error).toMatchObject({ code: "aborted", cause: { message: "enough" } });
      }));

    test(`timeouts.handshake ends a ${scheme} handshake that the server does not answer`, () =>
      withMute(async (port) => {
        const url = `${scheme}://127.0.0.1:${port}/`;
        const error = await failure(connect(url, { timeouts: { handshake: 50 } }));
        expect(error.code).toBe("timeout");
      }));
  }

  test("a signal that was aborted before connects to nobody", async () => {
    const error = await failure(connect("ws://127.0.0.1:1/", { signal: AbortSignal.abort() }));
    expect(error.code).toBe("aborted");
  });
});

describe("an HTTP proxy", () => {
  /** Knows CONNECT, for one connection, and sends its answer in the pieces that it is told to. */
  async function proxy(
    target: number,
    answer: string[],
  ): Promise<{ url: string; head: Promise<string> }> {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const head = deferred<string>();
    void (async () => {
      const client = new RawPeer(await listener.accept());
      listener.close();
      head.resolve(await client.readHead());
      for (const piece of answer) {
        await client.write(new TextEncoder().encode(piece));
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      const server = await Deno.connect({ hostname: "127.0.0.1", port: target });
      client.conn.readable.pipeTo(server.writable).catch(() => {});
      server.readable.pipeTo(client.conn.writable).catch(() => {});
    })();
    return { url: `http://127.0.0.1:${listener.addr.port}`, head: head.promise };
  }

  for (const secure of [false, true]) {
    for (const answer of [
      ["HTTP/1.1 200 OK\r\n\r\n"],
      ["HTTP/1.1 200 OK\r\nVia: 1.1 us", "\r\n\r", "\n"],
    ]) {
      const scheme = secure ? "wss" : "ws";
      test(`${scheme} goes through its tunnel, with an answer in ${answer.length} pieces`, async () => {
        const server = await serve({
          hostname: "127.0.0.1",
          ...(secure ? { tls: certificate } : {}),
          message: (socket, message) => void socket.write(message),
        });
        const { url, head } = await proxy(portOf(server), answer);
        const socket = await connect(`${scheme}://localhost:${portOf(server)}/`, {
          proxy: url,
          tls: { ca: certificate.cert },
        });
        expect(await head).toContain(`CONNECT localhost:${portOf(server)} HTTP/1.1\r\n`);
        socket.write("through");
        const { value } = await socket[Symbol.asyncIterator]().next();
        expect(value).toBe("through");
        expect((await socket.close()).wasClean).toBe(true);
        await server.shutdown();
      });
    }
  }

  test("that speaks TLS itself carries ws, and not wss, since Deno has no TLS inside of TLS", async () => {
    const listener = Deno.listenTls({ hostname: "127.0.0.1", port: 0, ...certificate });
    void (async () => {
      const conn = new RawPeer(await listener.accept());
      await conn.readHead();
      await conn.write(new TextEncoder().encode("HTTP/1.1 200 OK\r\n\r\n"));
      listener.close();
    })();
    const tls = { ca: certificate.cert };
    const proxyUrl = `https://localhost:${listener.addr.port}`;
    const error = await failure(connect("wss://localhost:1/", { proxy: { url: proxyUrl, tls } }));
    expect(error.code).toBe("tls-failed");
    expect(error.message).toContain("nor inside of TLS");
  });
});
