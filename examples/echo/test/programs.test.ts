/** `pnpm echo` and `pnpm echo:client` as they are run: through the script, in each runtime. */
import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";

const SCRIPT = fileURLToPath(new URL("../../../scripts/echo.mjs", import.meta.url));
const started: ChildProcess[] = [];

afterEach(async () => {
  for (const child of started.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill("SIGKILL");
    await once(child, "exit");
  }
});

class Program {
  readonly child: ChildProcess;
  output = "";

  constructor(...args: string[]) {
    // Not as a script of pnpm's: it would look for the pnpm that had started it.
    const { npm_lifecycle_event: _, ...env } = process.env;
    this.child = spawn(process.execPath, [SCRIPT, ...args], { env });
    started.push(this.child);
    for (const stream of [this.child.stdout!, this.child.stderr!]) {
      stream.on("data", (chunk) => {
        this.output += String(chunk);
      });
    }
  }

  /** The first group of the pattern, once the output has it. */
  async says(pattern: RegExp): Promise<string> {
    for (;;) {
      const match = pattern.exec(this.output);
      if (match !== null) return match[1] ?? "";
      if (this.child.exitCode !== null) throw new Error(`it ended: ${this.output}`);
      await Promise.race([once(this.child.stdout!, "data"), once(this.child, "exit")]);
    }
  }

  async exit(): Promise<number | null> {
    if (this.child.exitCode === null) await once(this.child, "exit");
    return this.child.exitCode;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}

function digest(data: Buffer): string {
  return createHash("sha256").update(data).digest("hex");
}

/** What comes back for each message, and the close code. */
async function echoes(url: string, messages: (string | Buffer)[], ca?: string): Promise<unknown[]> {
  const socket = new WebSocket(url, ca === undefined ? {} : { ca });
  await once(socket, "open");
  const got: unknown[] = [];
  for (const message of messages) {
    socket.send(message);
    const [data, isBinary] = await once(socket, "message");
    got.push(isBinary ? digest(data) : String(data));
  }
  socket.close(1000);
  const [code] = await once(socket, "close");
  return [...got, code];
}

describe.each(["node", "deno", "bun"])("on %s", (runtime) => {
  test("echo says where it listens, echoes, and ends with 0 at SIGTERM", async () => {
    const server = new Program("server", "--runtime", runtime, "--port", "0");
    const url = await server.says(/listening on (ws:\/\/127\.0\.0\.1:\d+)\n/);
    const large = Buffer.alloc(20_000_000, 7); // above the engine's own limit of 16 MiB
    expect(await echoes(`${url}/`, ["hä", large])).toEqual(["hä", digest(large), 1000]);
    server.child.kill("SIGTERM");
    expect(await server.exit()).toBe(0);
  }, 60_000);

  test("echo --tls makes a certificate that clients can trust", async () => {
    const server = new Program("server", "--runtime", runtime, "--port", "0", "--tls");
    const path = await server.says(/certificate in (.*)\n/);
    const port = await server.says(/listening on wss:\/\/127\.0\.0\.1:(\d+)\n/);
    const ca = readFileSync(path, "utf8");
    expect(await echoes(`wss://localhost:${port}/`, ["secret"], ca)).toEqual(["secret", 1000]);
    const url = `wss://127.0.0.1:${port}/`;
    const stranger = new Program("client", "--runtime", runtime, "--url", url);
    expect(await stranger.exit()).toBe(1);
    expect(stranger.output).toMatch(/ConnectError: no TLS/);
  }, 60_000);

  test("echo:client sends back what it gets, as the type it came as, until the peer closes", async () => {
    const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    const url = `ws://127.0.0.1:${port}/`;
    const offered = ["--protocol", "echo", "--protocol", "other"];
    const client = new Program("client", "--runtime", runtime, "--url", url, ...offered);
    const [socket] = (await once(server, "connection")) as [WebSocket];
    expect(socket.protocol).toBe("echo");
    const got: unknown[] = [];
    for (const message of ["text", Buffer.of(1, 2, 3)]) {
      socket.send(message);
      const [data, isBinary] = await once(socket, "message");
      got.push(isBinary ? [...data] : String(data));
    }
    expect(got).toEqual(["text", [1, 2, 3]]);
    socket.close(3_000, "enough");
    expect(await client.exit()).toBe(0);
    expect(client.output).toMatch(/closed with 3000: enough/);
    server.close();
  }, 60_000);

  test("a mistake on the command line is told with the way it should be, and ends with 2", async () => {
    for (const args of [
      ["server", "--prot", "1"],
      ["server", "--port", "abc"],
      ["server", "--port", "99999"],
      ["server", "--cert", "cert.pem"],
      ["client", "--insecure"],
    ]) {
      const program = new Program(...args, "--runtime", runtime);
      expect(await program.exit()).toBe(2);
      expect(program.output).toMatch(/^usage: echo/m);
      expect(program.output).not.toMatch(/^ {4}at /m);
    }
  }, 60_000);

  test("echo says in one line why it cannot listen, and ends with 1", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const { port } = taken.address() as { port: number };
    const server = new Program("server", "--runtime", runtime, "--port", String(port));
    expect(await server.exit()).toBe(1);
    expect(server.output).toMatch(/^ServerError: .*EADDRINUSE.*\n$/);
    taken.close();
  }, 60_000);

  test("echo says in one line which file it cannot read, and ends with 1", async () => {
    const files = ["--cert", "/no/such/cert.pem", "--key", "/no/such/key.pem"];
    const server = new Program("server", "--runtime", runtime, ...files);
    expect(await server.exit()).toBe(1);
    expect(server.output).toMatch(/^.*\/no\/such\/cert\.pem.*\n$/);
  }, 60_000);

  test("echo:client says why it cannot connect, and ends with 1", async () => {
    const url = `ws://127.0.0.1:${await freePort()}/`;
    const client = new Program("client", "--runtime", runtime, "--url", url);
    expect(await client.exit()).toBe(1);
    expect(client.output).toMatch(/ConnectError: no connection to 127\.0\.0\.1:\d+: ECONNREFUSED/);
  }, 60_000);
});
