import { type ConnectOptions, connect, type ListenOptions, serve } from "@sansocket/deno";
import { selfSigned } from "@sansocket/workshop/certificate";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const folder = Deno.makeTempDirSync();
const path = `${folder}/echo.sock`;
let certificate: { cert: string; key: string };

beforeAll(async () => {
  certificate = await selfSigned();
});

afterAll(() => Deno.removeSync(folder, { recursive: true }));

interface Place {
  readonly listen: ListenOptions;
  /** By the port that was found. */
  url(port: number): string;
  readonly client: ConnectOptions;
}

const hostname = "127.0.0.1";
const places: [string, () => Place][] = [
  ["TCP", () => ({ listen: { hostname }, url: (port) => `ws://127.0.0.1:${port}/`, client: {} })],
  [
    "TLS",
    () => ({
      listen: { hostname, tls: certificate },
      url: (port) => `wss://localhost:${port}/`,
      client: { tls: { ca: certificate.cert } },
    }),
  ],
  ["a unix socket", () => ({ listen: { path }, url: () => "ws://localhost/", client: { path } })],
];

/** A pattern in which every byte tells its place. */
function pattern(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let index = 0; index < length; index += 1) bytes[index] = (index * 31 + (index >> 8)) & 255;
  return bytes;
}

/** As `toEqual`, but not byte by byte: that takes seconds for these. */
function expectBytes(actual: unknown, expected: Uint8Array): void {
  const bytes = actual as Uint8Array;
  expect(bytes.length).toBe(expected.length);
  expect(bytes.findIndex((byte, index) => byte !== expected[index])).toBe(-1);
}

describe.each(places)("over %s", (name, place) => {
  test("text, bytes and a message in fragments come back as they were sent", async () => {
    const { listen, url, client } = place();
    const ends: unknown[] = [];
    const server = await serve({
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
    const bytes = pattern(300_000);
    socket.write("grüße");
    socket.write(bytes);
    socket.write(new Uint8Array(0));
    expect(await socket.sendStream(["in ", "three", " parts"])).toBe("sent");
    const received: unknown[] = [];
    for await (const message of socket) {
      received.push(message);
      if (received.length === 4) break;
    }
    expect(received[0]).toBe("grüße");
    expectBytes(received[1], bytes);
    expect(received.slice(2)).toEqual([new Uint8Array(0), "in three parts"]);
    expect(await socket.ping()).toBeTypeOf("number");
    if (name === "TLS") {
      expect(socket.tls).toEqual({
        protocol: null,
        alpnProtocol: "http/1.1",
        serverName: null,
        clientCertificate: null,
      });
      expect(server.sockets[0]!.tls!.alpnProtocol).toBe("http/1.1");
    } else {
      expect(socket.tls).toBeNull();
    }
    const info = await socket.close(4_000, "enough");
    expect(info).toMatchObject({ code: 4_000, wasClean: true, error: null });
    await server.shutdown();
    expect(ends).toEqual([{ code: 4_000, reason: "enough", wasClean: true }]);
    expect(server.connections).toBe(0);
  });

  test("messages of every length around the sizes of the read buffers come back whole", async () => {
    const { listen, url, client } = place();
    await using server = await serve({
      ...listen,
      message: (socket, message) => void socket.write(message),
    });
    const { address } = server;
    const port = address !== null && "port" in address ? address.port : 0;
    const socket = await connect(url(port), client);
    for (const size of [1_024, 4_096, 16_384, 65_536, 131_072]) {
      for (const length of [size - 9, size - 8, size - 4, size - 1, size, size + 1]) {
        const bytes = pattern(length);
        socket.write(bytes);
        const { value } = await socket[Symbol.asyncIterator]().next();
        expectBytes(value, bytes);
      }
    }
    await socket.close();
  });
});
