import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ConnectOptions, connect, type ListenOptions, serve } from "@sansocket/bun";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { selfSigned } from "./certificate.ts";

const folder = mkdtempSync(join(tmpdir(), "sansocket-"));
let certificate: { cert: string; key: string };

beforeAll(async () => {
  certificate = await selfSigned();
});

afterAll(() => rmSync(folder, { recursive: true }));

interface Place {
  readonly listen: ListenOptions;
  /** By the port that was found. */
  url(port: number): string;
  readonly client: ConnectOptions;
}

const places: [string, () => Place][] = [
  ["TCP", () => ({ listen: {}, url: (port) => `ws://127.0.0.1:${port}/`, client: {} })],
  [
    "TLS",
    () => ({
      listen: { tls: certificate },
      url: (port) => `wss://localhost:${port}/`,
      client: { tls: { ca: certificate.cert } },
    }),
  ],
  [
    "a unix socket",
    () => ({
      listen: { path: join(folder, "plain.sock") },
      url: () => "ws://localhost/",
      client: { path: join(folder, "plain.sock") },
    }),
  ],
  [
    "TLS over a unix socket",
    () => ({
      listen: { path: join(folder, "tls.sock"), tls: certificate },
      url: () => "wss://localhost/",
      client: { path: join(folder, "tls.sock"), tls: { ca: certificate.cert } },
    }),
  ],
];

describe.each(places)("over %s", (_name, place) => {
  test("text, octets and a message in fragments come back as they were sent", async () => {
    const { listen, url, client } = place();
    const ends: unknown[] = [];
    const server = await serve({
      hostname: "127.0.0.1",
      ...listen,
      message(socket, message) {
        socket.write(message);
      },
      close(_socket, { code, reason, wasClean }) {
        ends.push({ code, reason, wasClean });
      },
    });
    const { address } = server;
    const port = address !== null && "port" in address ? address.port : 0;
    const socket = await connect(url(port), client);
    const octets = new Uint8Array(randomBytes(300_000));
    socket.write("grüße");
    socket.write(octets);
    socket.write(new Uint8Array(0));
    expect(await socket.sendStream(["in ", "three", " parts"])).toBe("sent");
    const received: unknown[] = [];
    for await (const message of socket) {
      received.push(message);
      if (received.length === 4) break;
    }
    expect(received[0]).toBe("grüße");
    expect(Buffer.compare(received[1] as Uint8Array, octets)).toBe(0);
    expect(received.slice(2)).toEqual([new Uint8Array(0), "in three parts"]);
    expect(await socket.ping()).toBeTypeOf("number");
    const info = await socket.close(4_000, "enough");
    expect(info).toMatchObject({ code: 4_000, wasClean: true, error: null });
    await server.shutdown();
    expect(ends).toEqual([{ code: 4_000, reason: "enough", wasClean: true }]);
    expect(server.connections).toBe(0);
  });
});
