import {
  connect as connectTcp,
  createServer as createTcpServer,
  type Socket,
  type Server as TcpServer,
} from "node:net";
import { certificate, selfSigned } from "@sansocket/workshop/certificate";
import { afterEach, describe, expect, test } from "vitest";
import { connect, runtime, serve } from "./adapter.ts";
import { Mailbox } from "./mailbox.ts";
import { portOf, unixPath } from "./places.ts";
import { unansweringHost } from "./unanswering-host.ts";

const DENO_KEEPS_TLS =
  "Deno 2.9.6 keeps the descriptor of a TLS connection that is closed during its handshake until the peer leaves";

const servers: { readonly server: TcpServer; readonly sockets: Set<Socket> }[] = [];

afterEach(() => {
  for (const { server, sockets } of servers.splice(0)) {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
});

/** A server of TCP and no more. @returns its port */
async function tcpServer(accepted: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    accepted(socket);
  });
  servers.push({ server, sockets });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as { port: number }).port;
}

/** A port at which nobody listens: one that has just been given back. */
async function freePort(): Promise<number> {
  const server = createTcpServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe("connect rejects", () => {
  test("with unreachable and the system's code where nobody listens", async () => {
    const refused = connect(`ws://127.0.0.1:${await freePort()}/`);
    await expect(refused).rejects.toMatchObject({ name: "ConnectError", code: "unreachable" });
    await expect(refused).rejects.toThrow("ECONNREFUSED");
  });

  test("with unreachable where there is no unix socket", async () => {
    const refused = connect("ws://localhost/", { path: unixPath() });
    await expect(refused).rejects.toMatchObject({ code: "unreachable" });
    await expect(refused).rejects.toThrow("ENOENT");
  });

  test("with unreachable for a name that nobody has", async () => {
    // RFC 6761 §6.4: "invalid" is no name, and no resolver asks anybody for it.
    const refused = connect("ws://nobody.invalid/");
    await expect(refused).rejects.toMatchObject({ code: "unreachable" });
  });

  test("with tls-failed for a certificate that is not trusted", async () => {
    const { cert, key } = await certificate();
    await using server = await serve({ hostname: "127.0.0.1", tls: { cert, key } });
    const { cert: stranger } = await selfSigned();
    for (const options of [{}, { tls: { ca: stranger } }]) {
      const refused = connect(server.url, options);
      await expect(refused).rejects.toMatchObject({ name: "ConnectError", code: "tls-failed" });
    }
    // The server has not come to harm.
    await using socket = await connect(server.url, { tls: { ca: cert } });
    expect(socket.state).toBe("open");
  });

  test.each([
    ["nobody has signed", false, false],
    ["another host has", false, true],
    ["another host has, and is trusted", true, true],
  ])(
    "with no more than that where rejectUnauthorized is false, of a certificate that %s; Deno needs a flag",
    async (_which, isTrusted, isOfAnother) => {
      const { cert, key } = await certificate();
      await using server = await serve({ hostname: "127.0.0.1", tls: { cert, key } });
      const connecting = connect(server.url, {
        tls: {
          rejectUnauthorized: false,
          ...(isTrusted && { ca: cert }),
          ...(isOfAnother && { serverName: "another.example" }),
        },
      });
      if (runtime === "deno" && !isTrusted) {
        await expect(connecting).rejects.toMatchObject({ code: "tls-failed" });
        await expect(connecting).rejects.toThrow("--unsafely-ignore-certificate-errors");
      } else {
        await using socket = await connecting;
        expect(await socket.ping()).toBeTypeOf("number");
      }
    },
  );

  test("with nothing where the server's name ends with a dot: certificates have none (RFC 6066 §3)", async () => {
    const { cert, key } = await certificate();
    await using server = await serve({ hostname: "127.0.0.1", tls: { cert, key } });
    await using socket = await connect(server.url, {
      tls: { ca: cert, serverName: "localhost." },
    });
    expect(await socket.ping()).toBeTypeOf("number");
    const { tls } = server.sockets[0]!;
    expect(tls!.serverName).toBe(runtime === "deno" ? null : "localhost");
  });

  test("with tls-failed for a server that speaks no TLS", async () => {
    await using server = await serve({ hostname: "127.0.0.1" });
    const refused = connect(`wss://127.0.0.1:${portOf(server)}/`);
    await expect(refused).rejects.toMatchObject({ code: "tls-failed" });
  });

  test("with tls-failed when the server leaves during the TLS handshake", async () => {
    const port = await tcpServer((socket) => socket.once("data", () => socket.destroy()));
    const refused = connect(`wss://127.0.0.1:${port}/`);
    await expect(refused).rejects.toMatchObject({ code: "tls-failed" });
  });

  test("with ended when the server leaves before it has answered", async () => {
    const port = await tcpServer((socket) => socket.once("data", () => socket.end()));
    await expect(connect(`ws://127.0.0.1:${port}/`)).rejects.toMatchObject({ code: "ended" });
  });

  test.each([
    ["no HTTP", "SSH-2.0-OpenSSH_9.6\r\n\r\n"],
    [
      "the wrong key",
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
        "Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n",
    ],
  ])("with violation for an answer that is %s", async (_what, answer) => {
    const port = await tcpServer((socket) => {
      socket.once("data", () => socket.end(answer));
    });
    const refused = connect(`ws://127.0.0.1:${port}/`);
    await expect(refused).rejects.toMatchObject({ name: "ConnectError", code: "violation" });
  });

  test.each([
    ["no URL", "nonsense"],
    ["another scheme", "ftp://localhost/"],
    ["a fragment", "ws://localhost/#top"],
  ])("with MisuseError for %s", async (_what, url) => {
    await expect(connect(url)).rejects.toMatchObject({ name: "MisuseError" });
  });
});

const REFUSAL = "body of a refusal, which dribbles";

/** Where a connection can hang: each row ends up in its phase, and says when it has. */
const PHASES: readonly (readonly [
  phase: string,
  hang: (arrived: () => void) => Promise<{ readonly url: string; readonly options?: object }>,
])[] = [
  [
    "TLS handshake",
    async (arrived) => {
      const port = await tcpServer((socket) => socket.once("data", arrived));
      return { url: `wss://127.0.0.1:${port}/` };
    },
  ],
  [
    "opening handshake",
    async (arrived) => {
      const port = await tcpServer((socket) => socket.once("data", arrived));
      return { url: `ws://127.0.0.1:${port}/` };
    },
  ],
  [
    "proxy's answer",
    async (arrived) => {
      const port = await tcpServer((socket) => socket.once("data", arrived));
      return { url: "ws://localhost/", options: { proxy: `http://127.0.0.1:${port}` } };
    },
  ],
  [
    "TLS handshake with the proxy",
    async (arrived) => {
      const port = await tcpServer((socket) => socket.once("data", arrived));
      return { url: "ws://localhost/", options: { proxy: `https://127.0.0.1:${port}` } };
    },
  ],
  [
    "TLS handshake behind the tunnel",
    async (arrived) => {
      const port = await tcpServer((socket) => {
        socket.once("data", () => {
          socket.write("HTTP/1.1 200 OK\r\n\r\n");
          socket.once("data", arrived);
        });
      });
      return { url: "wss://localhost/", options: { proxy: `http://127.0.0.1:${port}` } };
    },
  ],
  [
    "opening handshake behind a redirect",
    async (arrived) => {
      let there = 0;
      const port = await tcpServer((socket) => {
        const location = (): string => `ws://127.0.0.1:${there}/`;
        socket.once("data", () => {
          socket.end(`HTTP/1.1 302 Found\r\nLocation: ${location()}\r\nContent-Length: 0\r\n\r\n`);
        });
      });
      there = await tcpServer((socket) => socket.once("data", arrived));
      return { url: `ws://127.0.0.1:${port}/`, options: { redirects: 1 } };
    },
  ],
  [
    REFUSAL,
    async (arrived) => {
      const port = await tcpServer((socket) => {
        socket.once("data", () => {
          socket.write("HTTP/1.1 403 Forbidden\r\nContent-Length: 1000\r\n\r\n");
          const dribble = setInterval(() => socket.write(".", arrived), 5);
          socket.once("close", () => clearInterval(dribble));
        });
      });
      return { url: `ws://127.0.0.1:${port}/` };
    },
  ],
];

describe("connect gives up", () => {
  test.each(PHASES)("after timeouts.handshake in the %s", async (phase, hang) => {
    const { url, options } = await hang(() => {});
    const given = connect(url, { ...options, timeouts: { handshake: 50 } });
    // A server that has refused has answered: its body is all that did not come in time.
    const isAnswered = phase === REFUSAL;
    const code = isAnswered ? "refused" : "timeout";
    await expect(given).rejects.toMatchObject({ name: "ConnectError", code });
    await expect(given).rejects.toThrow(isAnswered ? "403" : "50 ms");
  });

  test.each(PHASES)("when its signal is aborted in the %s", async (_phase, hang) => {
    const arrived = new Mailbox<null>();
    const { url, options } = await hang(() => arrived.put(null));
    const controller = new AbortController();
    const given = connect(url, { ...options, signal: controller.signal });
    await arrived.take();
    const reason = new Error("changed my mind");
    controller.abort(reason);
    await expect(given).rejects.toMatchObject({
      name: "ConnectError",
      code: "aborted",
      cause: reason,
    });
  });

  test.for(PHASES)("by leaving the server alone in the %s", async ([phase, hang], context) => {
    if (runtime === "deno" && phase.startsWith("TLS")) context.skip(DENO_KEEPS_TLS);
    const arrived = new Mailbox<null>();
    const { url, options } = await hang(() => arrived.put(null));
    const controller = new AbortController();
    const given = connect(url, { ...options, signal: controller.signal });
    given.catch(() => {});
    await arrived.take();
    const [accepted] = [...servers.at(-1)!.sockets];
    const gone = new Promise((resolve) => accepted!.once("close", resolve));
    controller.abort();
    await gone;
  });

  test("when its signal is aborted while it dials, or was before", async () => {
    // The kernel completes the connection without anybody's help, but tells of it in a later turn.
    const port = await tcpServer(() => {});
    const controller = new AbortController();
    const given = connect(`ws://127.0.0.1:${port}/`, { signal: controller.signal });
    controller.abort();
    await expect(given).rejects.toMatchObject({ code: "aborted" });
    const before = connect(`ws://127.0.0.1:${port}/`, { signal: AbortSignal.abort() });
    await expect(before).rejects.toMatchObject({ code: "aborted" });
  });

  test("while it dials a host that does not answer", async (context) => {
    if (process.platform !== "linux")
      context.skip("how full a queue of connections is, is Linux's");
    const { port, release } = await unansweringHost();
    try {
      const given = connect(`ws://127.0.0.1:${port}/`, { timeouts: { handshake: 50 } });
      await expect(given).rejects.toMatchObject({ code: "timeout" });
      const controller = new AbortController();
      const aborted = connect(`ws://127.0.0.1:${port}/`, { signal: controller.signal });
      setImmediate(() => controller.abort());
      await expect(aborted).rejects.toMatchObject({ code: "aborted" });
    } finally {
      await release();
    }
  });

  test("of nothing once it has resolved: a later abort leaves the socket alone", async () => {
    await using server = await serve({ hostname: "127.0.0.1" });
    const controller = new AbortController();
    await using socket = await connect(server.url, { signal: controller.signal });
    controller.abort();
    expect(await socket.ping()).toBeTypeOf("number");
  });
});

describe("a server ends what says nothing for timeouts.handshake", () => {
  test("after TCP", async () => {
    await using server = await serve({ hostname: "127.0.0.1", timeouts: { handshake: 50 } });
    expect(await endOf(portOf(server))).toContain("HTTP/1.1 408");
  });

  test("after a part of the request", async () => {
    await using server = await serve({ hostname: "127.0.0.1", timeouts: { handshake: 50 } });
    expect(await endOf(portOf(server), "GET / HTTP/1.1\r\nHost:")).toContain("HTTP/1.1 408");
  });

  test("before TLS", async (context) => {
    if (runtime === "deno") context.skip(DENO_KEEPS_TLS);
    const { cert, key } = await certificate();
    await using server = await serve({
      hostname: "127.0.0.1",
      tls: { cert, key },
      timeouts: { handshake: 50 },
    });
    expect(await endOf(portOf(server))).toBe("");
  });
});

/** @returns what the server said, once it has ended the connection. */
function endOf(port: number, said = ""): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    const peer = connectTcp(port, "127.0.0.1", () => void peer.write(said));
    peer.on("error", () => {});
    peer.on("data", (bytes) => {
      text += bytes.toString();
    });
    peer.once("close", () => resolve(text));
  });
}

test("a path that no unix socket can have is an error for servers and for clients", async () => {
  const path = unixPath().replace(/[^/]*$/, "a".repeat(200));
  await expect(serve({ path })).rejects.toMatchObject({ code: "listen-failed" });
  await expect(connect("ws://localhost/", { path })).rejects.toMatchObject({ code: "unreachable" });
});

test("TLS goes over a unix socket too, but not on Deno, which says so", async () => {
  const { cert, key } = await certificate();
  const path = unixPath();
  const serving = serve({ path, tls: { cert, key }, open: (socket) => void socket.write("hello") });
  const connecting = serving.then(() => connect("wss://localhost/", { path, tls: { ca: cert } }));
  if (runtime === "deno") {
    await expect(serving).rejects.toMatchObject({ name: "MisuseError" });
    await expect(connecting).rejects.toMatchObject({ name: "MisuseError" });
    return;
  }
  await using server = await serving;
  await using socket = await connecting;
  expect((await socket[Symbol.asyncIterator]().next()).value).toBe("hello");
  expect(server.sockets[0]!.tls?.alpnProtocol).toBe("http/1.1");
});

test("a URL of http: or with userinfo is what the WHATWG and RFC 7617 make of it", async () => {
  const asked = new Mailbox<string | null>();
  await using server = await serve({
    hostname: "127.0.0.1",
    upgrade(request) {
      asked.put(request.headers.get("authorization"));
      return request.accept();
    },
  });
  const url = `http://ada:secret@127.0.0.1:${portOf(server)}/`;
  await using socket = await connect(url);
  expect(await asked.take()).toBe(`Basic ${btoa("ada:secret")}`);
  expect(socket.url).toBe(`ws://127.0.0.1:${portOf(server)}/`);
});
