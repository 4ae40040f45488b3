/** Foreign clients against the example: npm `ws`, Node's own WebSocket, and bytes written by hand. */
import { execFile } from "node:child_process";
import { type AddressInfo, connect, type Socket } from "node:net";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { type RunningServer, start } from "../src/server.ts";
import { createSite } from "../src/site.ts";

let running: RunningServer;
let port: number;

beforeAll(async () => {
  running = await start(0, createSite());
  ({ port } = running.server.address() as AddressInfo);
});
afterAll(() => running.stop());

const HEAD =
  "GET /echo HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

/** "hi", masked with the key 0. */
const HI = Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69]);

async function opened(): Promise<WebSocket> {
  const client = new WebSocket(`ws://localhost:${port}/echo`);
  await new Promise((resolve, fail) => client.once("open", resolve).once("error", fail));
  return client;
}

function nextMessage(
  client: WebSocket,
): Promise<{ readonly data: Buffer; readonly isBinary: boolean }> {
  return new Promise((resolve) =>
    client.once("message", (data, isBinary) => resolve({ data: data as Buffer, isBinary })),
  );
}

function closed(client: WebSocket): Promise<{ readonly code: number; readonly reason: string }> {
  return new Promise((resolve) =>
    client.once("close", (code, reason) => resolve({ code, reason: reason.toString() })),
  );
}

/** A raw connection that gathers what comes, until the server ends it. */
function raw(): { readonly socket: Socket; readonly received: Promise<Buffer> } {
  const socket = connect({ port, host: "localhost", allowHalfOpen: true });
  const chunks: Buffer[] = [];
  const received = new Promise<Buffer>((resolve) => {
    socket.on("data", (chunk) => chunks.push(chunk));
    socket.on("error", () => {});
    socket.on("end", () => socket.end());
    socket.on("close", () => resolve(Buffer.concat(chunks)));
  });
  return { socket, received };
}

describe("npm ws", () => {
  test("gets its texts and binaries back, of every length class", async () => {
    const client = await opened();
    for (const size of [0, 1, 125, 126, 65_535, 65_536, 1_048_576]) {
      const payload = Buffer.alloc(size, "é");
      client.send(payload);
      const { data, isBinary } = await nextMessage(client);
      expect(isBinary).toBe(true);
      expect(data.equals(payload)).toBe(true);
    }
    client.send("grüße €😀");
    expect((await nextMessage(client)).data.toString()).toBe("grüße €😀");
    client.close();
    await closed(client);
  });

  test("gets a fragmented message back whole, and a pong for a ping between", async () => {
    const client = await opened();
    const pong = new Promise<Buffer>((resolve) => client.once("pong", resolve));
    const message = nextMessage(client);
    client.send("Hel", { fin: false });
    client.ping("?");
    client.send("lo", { fin: true });
    expect((await pong).toString()).toBe("?");
    expect((await message).data.toString()).toBe("Hello");
    client.close();
    await closed(client);
  });

  test("gets its close code back", async () => {
    const client = await opened();
    const end = closed(client);
    client.close(4001, "enough");
    expect((await end).code).toBe(4001);
  });

  test("sends ten thousand messages at once and gets each back, in order", async () => {
    const client = await opened();
    const back: string[] = [];
    const all = new Promise<void>((resolve) =>
      client.on("message", (data) => {
        back.push(data.toString());
        if (back.length === 10_000) resolve();
      }),
    );
    const sent = Array.from({ length: 10_000 }, (_, index) => `message ${index}`);
    for (const text of sent) client.send(text);
    await all;
    expect(back).toEqual(sent);
    client.close();
    await closed(client);
  });
});

test("Node's own WebSocket gets its echo and a clean close", async () => {
  const script = `
    const socket = new WebSocket("ws://localhost:${port}/echo");
    socket.onopen = () => socket.send("from node");
    socket.onmessage = ({ data }) => { console.log(data); socket.close(4002, "done"); };
    socket.onclose = ({ code, wasClean }) => console.log(code, wasClean);
    socket.onerror = ({ message }) => { console.log("error", message); process.exitCode = 1; };
  `;
  const isBuiltIn = Number(process.versions.node.split(".")[0]) >= 22;
  const flags = isBuiltIn ? [] : ["--experimental-websocket"];
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, "-e", script]);
  expect(stdout.trim().split("\n")).toEqual(["from node", "4002 true"]);
});

describe("bytes written by hand", () => {
  test("a message in the packet of the handshake is answered, at every split", {
    timeout: 120_000,
  }, async () => {
    const bytes = Buffer.concat([Buffer.from(HEAD), HI, Buffer.from([0x88, 0x80, 0, 0, 0, 0])]);
    for (let cut = 1; cut < bytes.length; cut += 1) {
      const { socket, received } = raw();
      socket.setNoDelay();
      socket.write(bytes.subarray(0, cut));
      setImmediate(() => socket.write(bytes.subarray(cut)));
      const answer = await received;
      expect(answer.subarray(answer.indexOf("\r\n\r\n") + 4)).toEqual(
        Buffer.from([0x81, 0x02, 0x68, 0x69, 0x88, 0x00]),
      );
    }
  });

  for (const { what, bytes, answer } of [
    {
      what: "a frame that is not masked",
      bytes: [0x81, 0x01, 0x61],
      answer: [0x88, 0x02, 0x03, 0xea],
    },
    {
      what: "a reserved opcode",
      bytes: [0x83, 0x80, 0, 0, 0, 0],
      answer: [0x88, 0x02, 0x03, 0xea],
    },
    {
      what: "text that is not UTF-8",
      bytes: [0x81, 0x81, 0, 0, 0, 0, 0xff],
      answer: [0x88, 0x02, 0x03, 0xef],
    },
    {
      what: "2^40 bytes announced",
      bytes: [0x82, 0xff, 0, 0, 1, 0, 0, 0, 0, 0],
      answer: [0x88, 0x02, 0x03, 0xf1],
    },
  ]) {
    test(`${what} is answered with its Close, and the connection ends`, async () => {
      const { socket, received } = raw();
      socket.write(Buffer.concat([Buffer.from(HEAD), Buffer.from(bytes)]));
      const got = await received;
      expect([...got.subarray(got.indexOf("\r\n\r\n") + 4)]).toEqual(answer);
    });
  }

  test("a Close with a half-close behind it and 4 MiB unread still gets every echo and the Close", async () => {
    const payload = Buffer.alloc(65_536, 7);
    const head = Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
    const { socket, received } = raw();
    socket.pause();
    socket.write(HEAD);
    for (let index = 0; index < 64; index += 1) socket.write(Buffer.concat([head, payload]));
    socket.end(Buffer.from([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8]));
    setTimeout(() => socket.resume(), 200);
    const got = await received;
    const frames = got.subarray(got.indexOf("\r\n\r\n") + 4);
    expect(frames.length).toBe(64 * (10 + 65_536) + 4);
    expect([...frames.subarray(-4)]).toEqual([0x88, 0x02, 0x03, 0xe8]);
  });
});

describe("plain HTTP on the same port", () => {
  async function ask(request: string): Promise<string> {
    const { socket, received } = raw();
    socket.write(request);
    return (await received).toString("latin1");
  }

  for (const { what, request, answer } of [
    {
      what: "the page",
      request: "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
      answer: /^HTTP\/1\.1 200 OK[\s\S]*<title>sansocket/,
    },
    {
      what: "its head alone",
      request: "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n",
      answer: /^HTTP\/1\.1 200 OK[\s\S]*Content-Length: \d+\r\n[\s\S]*\r\n\r\n$/,
    },
    {
      what: "an unknown path",
      request: "GET /x HTTP/1.1\r\nHost: a\r\n\r\n",
      answer: /^HTTP\/1\.1 404 /,
    },
    {
      what: "another method",
      request: "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
      answer: /^HTTP\/1\.1 405 [\s\S]*Allow: GET, HEAD/,
    },
    { what: "no Host", request: "GET / HTTP/1.1\r\n\r\n", answer: /^HTTP\/1\.1 400 / },
    {
      what: "another version of WebSocket",
      request: HEAD.replace("Version: 13", "Version: 8"),
      answer: /^HTTP\/1\.1 426 [\s\S]*Sec-WebSocket-Version: 13/,
    },
    {
      what: "a WebSocket elsewhere",
      request: HEAD.replace("/echo", "/chat"),
      answer: /^HTTP\/1\.1 404 /,
    },
    {
      what: "another site's page",
      request: HEAD.replace("\r\n\r\n", "\r\nOrigin: https://evil.example\r\n\r\n"),
      answer: /^HTTP\/1\.1 403 /,
    },
    { what: "what is not HTTP", request: "\u0016\u0003\u0001 hello", answer: /^HTTP\/1\.1 400 / },
  ]) {
    test(`${what} is answered with ${answer.source.slice(12, 15)}`, async () => {
      expect(await ask(request)).toMatch(answer);
    });
  }
});

describe("peers that misbehave leave the server serving", () => {
  test("200 connections of garbage, and 200 that are reset in the middle of a frame", async () => {
    const endings = Array.from({ length: 200 }, async (_, index) => {
      const garbage = raw();
      garbage.socket.end(Buffer.concat([Buffer.from(HEAD), Buffer.alloc(100, index)]));
      const reset = raw();
      reset.socket.write(Buffer.concat([Buffer.from(HEAD), HI.subarray(0, 7)]), () =>
        reset.socket.resetAndDestroy(),
      );
      await Promise.all([garbage.received, reset.received]);
    });
    await Promise.all(endings);
    const client = await opened();
    client.send("still there?");
    expect((await nextMessage(client)).data.toString()).toBe("still there?");
    client.close();
    await closed(client);
  });

  test("a peer that sends 64 MiB and never reads is no longer read from, and gets all of it when it reads", {
    timeout: 120_000,
  }, async () => {
    const payload = Buffer.alloc(65_536, 7);
    const frame = Buffer.concat([
      Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]),
      payload,
    ]);
    const { socket, received } = raw();
    socket.pause();
    socket.write(HEAD);
    for (let index = 0; index < 1024; index += 1) socket.write(frame);
    const before = process.memoryUsage().arrayBuffers;
    for (let before = -1; before !== socket.writableLength; ) {
      before = socket.writableLength;
      await new Promise((resolve) => setTimeout(resolve, 500)); // nothing moves any more
    }
    // Most of it still waits on the sender's side: the server has stopped reading, and keeps little.
    expect(socket.writableLength).toBeGreaterThan(32 * 1_048_576);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 * 1_048_576);
    socket.resume();
    socket.write(Buffer.from([0x88, 0x80, 0, 0, 0, 0]));
    const got = await received;
    expect(got.length - got.indexOf("\r\n\r\n") - 4).toBe(1024 * (10 + 65_536) + 2);
  });
});
