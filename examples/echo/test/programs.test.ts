/** `pnpm echo` and `pnpm echo:client` as they are run: through the script, in each runtime. */
import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { RUNTIMES } from "@sansocket/workshop/runtimes";
import { afterEach, describe, expect, type TestContext, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";

const SCRIPT = fileURLToPath(new URL("../../../scripts/echo.mjs", import.meta.url));
const started: ChildProcess[] = [];

afterEach(async () => {
  for (const child of started.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    // Not SIGKILL: a server with --tls removes its key when it ends.
    child.kill("SIGTERM");
    await once(child, "exit");
  }
});

class Program {
  readonly child: ChildProcess;
  output = "";

  constructor(program: "server" | "client", ...given: (string | NodeJS.ProcessEnv)[]) {
    // Not as a script of pnpm's: it would look for the pnpm that had started it.
    const { npm_lifecycle_event: _, ...env } = process.env;
    const args = given.filter((item) => typeof item === "string");
    const more = given.filter((item) => typeof item !== "string");
    this.child = spawn(process.execPath, [SCRIPT, program, ...args], {
      env: Object.assign(env, ...more),
    });
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
    const { exitCode, signalCode } = this.child;
    if (exitCode === null && signalCode === null) await once(this.child, "exit");
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

describe.each(RUNTIMES)("on %s", (runtime) => {
  test("echo says where it listens, echoes, and ends with 0 at SIGTERM", async () => {
    const server = new Program("server", "--runtime", runtime, "--port", "0");
    const url = await server.says(/listening on (ws:\/\/127\.0\.0\.1:\d+)\n/);
    const large = Buffer.alloc(20_000_000, 7); // above the engine's own limit of 16 MiB
    expect(await echoes(`${url}/`, ["hä", large])).toEqual(["hä", digest(large), 1000]);
    server.child.kill("SIGTERM");
    expect(await server.exit()).toBe(0);
  });

  test.for([
    ["--deflate", "permessage-deflate"],
    [
      "--deflate=server_no_context_takeover; server_max_window_bits=9, level=9",
      "permessage-deflate; server_no_context_takeover; server_max_window_bits=9",
    ],
  ] as const)(
    "echo %s compresses, as it was told",
    { timeout: 60_000 },
    async ([argument, agreed]) => {
      const server = new Program("server", "--runtime", runtime, "--port", "0", argument);
      const url = await server.says(/listening on (ws:\S+)/);
      const socket = new WebSocket(url);
      let extensions: string | undefined;
      socket.once("upgrade", ({ headers }) => {
        extensions = headers["sec-websocket-extensions"];
      });
      await once(socket, "open");
      expect(extensions).toBe(agreed);
      socket.send("again ".repeat(1_000));
      const [data] = await once(socket, "message");
      expect(String(data)).toBe("again ".repeat(1_000));
      // The client offers it with its own parameters, and each gets what the other compresses.
      const texts = ["--say", "hello hello hello", "--say", "hello hello hello"];
      const parameters =
        "--deflate=client_max_window_bits=10;client_no_context_takeover;threshold=0";
      const client = new Program(
        "client",
        "--runtime",
        runtime,
        "--url",
        url,
        parameters,
        ...texts,
      );
      await client.says(/hello hello hello\n(?:.*\n)*closed with/);
      expect(await client.exit()).toBe(0);
    },
  );

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
    server.child.kill("SIGTERM");
    expect(await server.exit()).toBe(0);
    expect(existsSync(dirname(path))).toBe(false); // there was a key in it
  });

  test("echo:client --ca trusts the certificate of echo --tls on Node", async () => {
    const server = new Program("server", "--port", "0", "--tls");
    const ca = await server.says(/certificate in (.*)\n/);
    const url = await server.says(/listening on (wss:\S+)\n/);
    const given = ["--url", url, "--ca", ca, "--say", "secret"];
    const client = new Program("client", "--runtime", runtime, ...given);
    expect({ code: await client.exit(), output: client.output }).toEqual({
      code: 0,
      output: expect.stringMatching(/^connected to .*\nsecret\nclosed with 1000\n$/),
    });
  });

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
  });

  test("echo:client says that it is connected, and what it does there", async () => {
    const server = new Program("server", "--runtime", runtime, "--port", "0");
    const url = await server.says(/listening on (ws:\S+)\n/);
    const client = new Program("client", "--runtime", runtime, "--url", url);
    await client.says(/connected to ws:\S+: sends back .*--say TEXT.*\n/);
    server.child.kill("SIGTERM");
    await client.says(/closed with 1001/);
  });

  test("echo:client --say sends its texts, tells what comes back, and closes", async () => {
    const server = new Program("server", "--runtime", runtime, "--port", "0");
    const url = await server.says(/listening on (ws:\S+)\n/);
    const texts = ["--say", "hello", "--say", "wörld"];
    const client = new Program("client", "--runtime", runtime, "--url", url, ...texts);
    expect(await client.exit()).toBe(0);
    expect(client.output).toMatch(/^connected to .*\nhello\nwörld\nclosed with 1000\n$/);
  });

  test("--help tells the way it should be, and ends with 0", async () => {
    for (const [name, usage] of [
      ["server", "usage: echo "],
      ["client", "usage: echo:client "],
    ] as const) {
      for (const help of ["--help", "-h"]) {
        const program = new Program(name, help, "--runtime", runtime);
        expect(await program.exit()).toBe(0);
        expect(program.output.startsWith(usage)).toBe(true);
      }
    }
  });

  test("a mistake on the command line is told with the way it should be, and ends with 2", async () => {
    for (const [name, ...args] of [
      ["server", "--prot", "1"],
      ["server", "--port", "abc"],
      ["server", "--port", "99999"],
      ["server", "--cert", "cert.pem"],
      ["server", "--deflate=server_window=9"],
      ["client", "--insecure"],
    ] as const) {
      const program = new Program(name, ...args, "--runtime", runtime);
      expect(await program.exit()).toBe(2);
      expect(program.output).toMatch(/^usage: echo/m);
      expect(program.output).not.toMatch(/^ {4}at /m);
    }
  });

  test("echo says in one line why it cannot listen, and ends with 1", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const { port } = taken.address() as { port: number };
    const server = new Program("server", "--runtime", runtime, "--port", String(port));
    expect(await server.exit()).toBe(1);
    expect(server.output).toMatch(/^ServerError: .*EADDRINUSE.*\n$/);
    taken.close();
  });

  test("echo says in one line which file it cannot read, and ends with 1", async () => {
    const files = ["--cert", "/no/such/cert.pem", "--key", "/no/such/key.pem"];
    const server = new Program("server", "--runtime", runtime, ...files);
    expect(await server.exit()).toBe(1);
    expect(server.output).toMatch(/^.*\/no\/such\/cert\.pem.*\n$/);
  });

  test("echo:client says why it cannot connect, and ends with 1", async () => {
    const url = `ws://127.0.0.1:${await freePort()}/`;
    const client = new Program("client", "--runtime", runtime, "--url", url);
    expect(await client.exit()).toBe(1);
    expect(client.output).toMatch(/ConnectError: no connection to 127\.0\.0\.1:\d+: ECONNREFUSED/);
  });
});

/** A script that runs echo --tls, and the folders of certificates in a temporary folder of its own. */
function secureServer(context: TestContext): { server: Program; certificates: () => string[] } {
  const folder = mkdtempSync(join(tmpdir(), "sansocket-test-"));
  context.onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return {
    server: new Program("server", { TMPDIR: folder }, "--port", "0", "--tls"),
    certificates: () => readdirSync(folder).filter((name) => name.startsWith("sansocket-")),
  };
}

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  test(`${signal} leaves no certificate behind, whether the server listens already or not`, async (context) => {
    const { server, certificates } = secureServer(context);
    await server.says(/listening on/);
    expect(certificates()).toHaveLength(1);
    server.child.kill(signal);
    expect(await server.exit()).toBe(0);
    expect(certificates()).toEqual([]);
    const early = secureServer(context);
    while (early.certificates().length === 0) await new Promise((resolve) => setImmediate(resolve));
    early.server.child.kill(signal);
    await early.server.exit();
    expect(early.certificates()).toEqual([]);
  });
}
