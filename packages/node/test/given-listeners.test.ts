/** A server that listens on what somebody else has opened: a net.Server, or a descriptor. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { createServer, type Server as NetServer, type ServerOpts } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer as createTlsServer } from "node:tls";
import { fileURLToPath } from "node:url";
import { certificate } from "@sansocket/workshop/certificate";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { connect, MisuseError, serve } from "../src/index.ts";
import { knowsReusePort } from "../src/listen.ts";
import { forgetTrial } from "../src/scratch-reading.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sansocket-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const listeners: NetServer[] = [];
afterEach(() => {
  for (const listener of listeners.splice(0)) listener.close();
  forgetTrial(null);
});

async function listening(listener: NetServer, place: object = { port: 0, host: "127.0.0.1" }) {
  listeners.push(listener);
  listener.listen(place);
  await once(listener, "listening");
  return listener;
}

const echo = {
  message: (socket: { write(data: string | Uint8Array): unknown }, data: string | Uint8Array) =>
    void socket.write(data),
};

/** However the caller has made it. */
const MADE: readonly ServerOpts[] = [
  {},
  { pauseOnConnect: true },
  { allowHalfOpen: true, noDelay: true },
];

describe.each([true, false])("a net.Server, reading into the scratch: %s", (works) => {
  test.each(MADE)("made with %j is served, and closed by shutdown", async (options) => {
    forgetTrial(works);
    const listener = await listening(createServer(options));
    const server = await serve({ listener, ...echo });
    const { port } = listener.address() as { port: number };
    expect(server.address).toEqual({ hostname: "127.0.0.1", port });
    const socket = await connect(server.url);
    for (const size of [0, 5, 70_000, 1_000_000]) {
      socket.write(new Uint8Array(size).fill(7));
      for await (const message of socket) {
        expect((message as Uint8Array).length).toBe(size);
        break;
      }
    }
    expect(await socket.close()).toMatchObject({ wasClean: true });
    await server.shutdown();
    expect(listener.listening).toBe(false);
  });

  test.each(MADE)("made with %j is served by TLS", async (options) => {
    forgetTrial(works);
    const { cert, key } = await certificate();
    const listener = await listening(createServer(options));
    await using server = await serve({ listener, tls: { cert, key }, ...echo });
    const socket = await connect(server.url, { tls: { ca: cert } });
    socket.write("hello");
    for await (const message of socket) {
      expect(message).toBe("hello");
      break;
    }
    expect(await socket.close()).toMatchObject({ wasClean: true });
  });
});

test("a net.Server on a unix socket is served", async () => {
  const path = join(folder, "given.sock");
  const listener = await listening(createServer(), { path });
  await using server = await serve({ listener, ...echo });
  expect(server.address).toEqual({ path });
  const socket = await connect("ws://localhost/", { path });
  await socket.close();
});

test("a net.Server goes on hearing its own errors, and so does the server", async () => {
  const listener = await listening(createServer());
  const own: Error[] = [];
  const told: string[] = [];
  listener.on("error", (error) => own.push(error));
  await using _server = await serve({
    listener,
    message() {},
    error: (_socket, { code }) => void told.push(code),
  });
  listener.emit("error", new Error("EMFILE"));
  expect(own).toHaveLength(1);
  expect(told).toEqual(["accept-failed"]);
});

test.each([
  ["that does not listen", () => createServer()],
  ["that somebody takes connections of", () => listening(createServer(() => {}))],
  ["of node:http", () => listening(createHttpServer())],
  ["of node:tls", () => listening(createTlsServer())],
])("a listener %s is a MisuseError", async (_what, make) => {
  const listener = await make();
  await expect(serve({ listener, message() {} })).rejects.toBeInstanceOf(MisuseError);
});

test("a descriptor that another process has bound is served", async () => {
  const program = fileURLToPath(new URL("on-descriptor.mjs", import.meta.url));
  const listener = await listening(createServer());
  const { fd } = (listener as unknown as { readonly _handle: { readonly fd: number } })._handle;
  const child = spawn(process.execPath, [program], {
    stdio: ["ignore", "pipe", "inherit", fd],
    env: { ...process.env, NODE_OPTIONS: "" },
  });
  try {
    const [line] = (await once(child.stdout!, "data")) as [Buffer];
    const { port } = listener.address() as { port: number };
    expect(JSON.parse(line.toString())).toEqual({ hostname: "127.0.0.1", port });
    listener.close(); // from here on only the other process accepts
    const socket = await connect(`ws://127.0.0.1:${port}/`);
    socket.write("hello");
    for await (const message of socket) {
      expect(message).toBe("hello from 3");
      break;
    }
    await socket.close();
  } finally {
    child.kill();
    await once(child, "exit");
  }
});

test.each([
  ["20.19.0", false],
  ["22.11.0", false],
  ["22.12.0", true],
  ["23.0.0", false],
  ["23.1.0", true],
  ["24.0.0", true],
])("Node %s knows reusePort: %s", (version, isKnown) => {
  expect(knowsReusePort(version)).toBe(isKnown);
});

test("who connects before serve has begun to listen is served too: the trial of the scratch takes a while", async () => {
  forgetTrial(null);
  const listener = await listening(createServer());
  const { port } = listener.address() as { port: number };
  const connecting = connect(`ws://127.0.0.1:${port}/`);
  const server = await serve({ listener, ...echo });
  const socket = await connecting;
  socket.write("early");
  for await (const message of socket) {
    expect(message).toBe("early");
    break;
  }
  await socket.close();
  await server.shutdown();
});
