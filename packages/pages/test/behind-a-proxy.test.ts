/** The configurations of docs/behind-a-proxy.md, as they stand there, run by the real programs before a server of ours. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type ClientHttp2Session, connect as connectHttp2 } from "node:http2";
import { request as httpsRequest } from "node:https";
import { createServer, connect as dial } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DEFAULT_TIMEOUTS, openEndpoint, Step } from "@sansocket/core";
import { connect, type Server, type ServerOptions, type Socket, serve } from "@sansocket/node";
import { certificate } from "@sansocket/workshop/certificate";
import { afterEach, describe, expect, type TestContext, test } from "vitest";

const PAGE = readFileSync(new URL("../../../docs/behind-a-proxy.md", import.meta.url), "utf8");

/** @param silence in place of the seconds that the page has. */
function blockOf(language: string, silence = "75s"): string {
  const [, block] = new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(PAGE)!;
  return changed(block!, [["75s", silence]]);
}

/** Replaces what has to be another in a test; each has to be there. */
function changed(text: string, changes: readonly (readonly [from: string, to: string])[]): string {
  let result = text;
  for (const [from, to] of changes) {
    if (!result.includes(from)) throw new Error(`the configuration does not have ${from} any more`);
    result = result.replaceAll(from, to);
  }
  return result;
}

interface Setup {
  readonly folder: string;
  readonly port: number;
  readonly certificate: { readonly cert: string; readonly key: string };
  /** Where the server listens: a port, or the path of a unix socket. */
  readonly upstream: number | string;
  readonly silence: string;
}

interface Proxy {
  readonly name: string;
  readonly program: string;
  /** The files, and the arguments that the program is given. */
  prepare(setup: Setup): string[];
}

const PROXIES: readonly Proxy[] = [
  {
    name: "nginx",
    program: "nginx",
    prepare({ folder, port, certificate: { cert, key }, upstream, silence }) {
      writeFileSync(join(folder, "cert.pem"), cert);
      writeFileSync(join(folder, "key.pem"), key, { mode: 0o600 });
      const server = typeof upstream === "number" ? `127.0.0.1:${upstream}` : `unix:${upstream}`;
      const block = changed(blockOf("nginx", silence), [
        ["server 127.0.0.1:8080; # or: server unix:/run/app/app.sock;", `server ${server};`],
        ["listen 443 ", `listen 127.0.0.1:${port} `],
        ["/etc/ssl/app/", `${folder}/`],
      ]);
      const folders = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
        (name) => `${name}_temp_path ${folder}/${name};`,
      );
      const user = process.getuid?.() === 0 ? "user root;" : "";
      const frame = `${user} daemon off; pid ${folder}/pid; error_log stderr; events {}\n`;
      const http = `http { access_log off; ${folders.join(" ")}\n${block}\n}\n`;
      writeFileSync(join(folder, "nginx.conf"), frame + http);
      return ["-p", folder, "-e", "stderr", "-c", join(folder, "nginx.conf")];
    },
  },
  {
    name: "haproxy",
    program: "haproxy",
    prepare({ folder, port, certificate: { cert, key }, upstream, silence }) {
      writeFileSync(join(folder, "both.pem"), `${cert}\n${key}\n`, { mode: 0o600 });
      const server = typeof upstream === "number" ? `127.0.0.1:${upstream}` : `unix@${upstream}`;
      const block = changed(blockOf("haproxy", silence), [
        ["app 127.0.0.1:8080 # or: server app unix@/run/app/app.sock", `app ${server}`],
        ["bind :443 ", `bind 127.0.0.1:${port} `],
        ["/etc/ssl/app/", `${folder}/`],
      ]);
      writeFileSync(join(folder, "haproxy.cfg"), block);
      return ["-db", "-f", join(folder, "haproxy.cfg")];
    },
  },
];

/** Where Debian puts them is not in every PATH. */
const ENV = { ...process.env, PATH: `${process.env["PATH"]}:/usr/sbin:/usr/local/sbin` };

function isInstalled(program: string): boolean {
  return spawnSync(program, ["-v"], { env: ENV }).status === 0;
}

const leaving: (() => unknown)[] = [];

afterEach(async () => {
  for (const leave of leaving.splice(0).reverse()) await leave();
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}

/** Resolves when somebody listens at the port. */
async function listening(port: number, child: ChildProcess, said: () => string): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`the proxy ended: ${said()}`);
    const socket = dial({ port, host: "127.0.0.1" });
    const isThere = await new Promise<boolean>((resolve) => {
      socket.once("connect", () => resolve(true));
      socket.once("error", () => resolve(false));
    });
    socket.destroy();
    if (isThere) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

interface Running {
  readonly origin: string;
  readonly ca: string;
  readonly port: number;
  readonly server: Server;
}

type Upstream = "a port" | "a unix socket";

async function behind(
  proxy: Proxy,
  context: TestContext,
  upstream: Upstream = "a port",
  options: Partial<ServerOptions> = {},
  silence = "75s",
): Promise<Running> {
  if (!isInstalled(proxy.program)) context.skip(`no ${proxy.program} here`);
  const folder = mkdtempSync(join(tmpdir(), "sansocket-proxy-"));
  leaving.push(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "app.sock");
  const server = await serve({
    ...(upstream === "a port" ? { hostname: "127.0.0.1" } : { path }),
    trustProxy: true,
    message: (socket: Socket, message) => void socket.write(message),
    request: ({ headers }) => ({ body: `plain, for ${headers.get("x-forwarded-for")}` }),
    ...options,
  } as ServerOptions);
  leaving.push(() => server.shutdown({ grace: 0 }));
  const port = await freePort();
  const both = await certificate();
  const where = upstream === "a port" ? (server.address as { port: number }).port : path;
  const args = proxy.prepare({ folder, port, certificate: both, upstream: where, silence });
  const child = spawn(proxy.program, args, { env: ENV, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      output += String(chunk);
    });
  }
  leaving.push(async () => {
    if (child.exitCode !== null) return;
    child.kill("SIGTERM");
    await once(child, "exit");
  });
  await listening(port, child, () => output);
  return { origin: `https://localhost:${port}`, ca: both.cert, port, server: server as Server };
}

describe.each(PROXIES)("$name, as the page configures it", (proxy) => {
  test.for<Upstream>(["a port", "a unix socket"])(
    "passes a WebSocket over TLS to %s, both ways, to its end",
    async (upstream, context) => {
      const { origin, ca } = await behind(proxy, context, upstream);
      const socket = await connect(origin, { headers: { Origin: origin }, tls: { ca } });
      const large = new Uint8Array(1_000_000).fill(7);
      socket.write("hello");
      socket.write(large);
      const heard: unknown[] = [];
      for await (const message of socket) {
        heard.push(message);
        if (heard.length === 2) break;
      }
      expect(heard[0]).toBe("hello");
      expect(Buffer.compare(heard[1] as Uint8Array, large)).toBe(0);
      expect(await socket.close(4_000, "enough")).toMatchObject({ code: 4_000, wasClean: true });
    },
  );

  test("tells the client the Close of a shutdown", async (context) => {
    const { origin, ca, server } = await behind(proxy, context);
    const socket = await connect(origin, { tls: { ca } });
    await server.shutdown();
    expect(await socket.closed).toMatchObject({ code: 1001, wasClean: true });
  });

  test("does not let pages of other origins in, and not its own without trustProxy", async (context) => {
    const { origin, ca } = await behind(proxy, context);
    const evil = connect(origin, { headers: { Origin: "https://evil.example" }, tls: { ca } });
    await expect(evil).rejects.toMatchObject({ code: "refused", status: 403 });
    // Whoever claims to be a proxy himself is written over.
    const headers = {
      Origin: "https://evil.example",
      "X-Forwarded-Host": "evil.example",
      "X-Forwarded-Proto": "https",
    };
    const forged = connect(origin, { headers, tls: { ca } });
    await expect(forged).rejects.toMatchObject({ code: "refused", status: 403 });
    const careful = await behind(proxy, context, "a port", { trustProxy: false });
    const own = connect(careful.origin, { headers: { Origin: careful.origin }, tls: { ca } });
    await expect(own).rejects.toMatchObject({ code: "refused", status: 403 });
  });

  test("ends a WebSocket on which nothing moves for longer than its timeout", async (context) => {
    const options = { timeouts: { ping: 0 } };
    const { origin, ca } = await behind(proxy, context, "a port", options, "1s");
    const socket = await connect(origin, { tls: { ca }, timeouts: { ping: 0 } });
    expect(await socket.closed).toMatchObject({ code: 1006, wasClean: false });
  });

  test("passes plain requests, one after the other, and says who asks", async (context) => {
    const { origin, ca } = await behind(proxy, context);
    for (let count = 0; count < 3; count += 1) {
      const request = httpsRequest(origin, { ca, headers: { "X-Forwarded-For": "198.51.100.1" } });
      request.end();
      const [response] = await once(request, "response");
      let body = "";
      for await (const chunk of response) body += String(chunk);
      expect([response.statusCode, body]).toEqual([200, "plain, for 127.0.0.1"]);
    }
  });
});

test.each(["nginx", "haproxy"])(
  "%s leaves a silent WebSocket alone for longer than a ping and its pong take",
  (language) => {
    const timeouts = [...blockOf(language).matchAll(/(?:_timeout|tunnel|client|server) (\d+)s/g)];
    expect(timeouts.length).toBeGreaterThanOrEqual(2);
    for (const [, seconds] of timeouts) {
      expect(Number(seconds) * 1_000).toBeGreaterThan(
        DEFAULT_TIMEOUTS.ping + DEFAULT_TIMEOUTS.pong,
      );
    }
  },
);

/** A WebSocket on a stream of HTTP/2, by the engine alone (RFC 8441 §5): no Upgrade and no key, but the same frames. */
async function echoOverHttp2(session: ClientHttp2Session, origin: string): Promise<unknown[]> {
  if (session.remoteSettings?.enableConnectProtocol !== true) await once(session, "remoteSettings");
  expect(session.remoteSettings!.enableConnectProtocol).toBe(true);
  const stream = session.request({
    ":method": "CONNECT",
    ":protocol": "websocket",
    ":scheme": "https",
    ":authority": origin.slice("https://".length),
    ":path": "/chat",
    "sec-websocket-version": "13",
    origin,
  });
  const [head] = await once(stream, "response");
  const told: unknown[] = [head[":status"]];
  const host = { random: (into: Uint8Array<ArrayBuffer>) => void crypto.getRandomValues(into) };
  const endpoint = openEndpoint("client", {}, { host }, 0);
  const transmit = (): void => {
    for (;;) {
      const transmission = endpoint.transmit(0);
      if (transmission === null) return;
      for (const chunk of transmission.chunks) stream.write(chunk.slice());
      if (transmission.then !== "continue") stream.end();
      endpoint.sent(0);
    }
  };
  const pull = (): void => {
    for (let step = endpoint.next(); step !== Step.Idle; step = endpoint.next()) {
      if (step === Step.Text) {
        told.push(endpoint.text);
        endpoint.close(1000, "", 0);
      }
      if (step === Step.Closing) told.push(endpoint.peerClose?.code);
    }
    transmit();
  };
  pull();
  endpoint.sendText("over HTTP/2");
  transmit();
  for await (const chunk of stream) {
    endpoint.receive(chunk, 0);
    pull();
  }
  return told;
}

test("haproxy passes a WebSocket over HTTP/2 (RFC 8441) to a server that knows HTTP/1.1 only", async (context) => {
  const { origin, ca } = await behind(PROXIES[1]!, context);
  const session = connectHttp2(origin, { ca });
  try {
    expect(await echoOverHttp2(session, origin)).toEqual([200, "over HTTP/2", 1000]);
  } finally {
    session.destroy();
  }
});
