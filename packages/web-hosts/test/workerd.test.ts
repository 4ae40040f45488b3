/** workerd, the runtime of workers: its sockets are pairs of web streams, and it has nothing else for TCP. */
import { once } from "node:events";
import { type AddressInfo, connect as connectTcp, type Socket as TcpSocket } from "node:net";
import { connect, type Server, serve } from "@sansocket/node";
import { afterAll, beforeAll, describe, expect, type TestContext, test } from "vitest";
import { WebSocket as ForeignWebSocket, WebSocketServer } from "ws";
import { CONVERSED, CONVERSED_BY_CLASS, ECHOED, FLOODED } from "./expected.ts";
import { startWorker, type Worker } from "./workerd.ts";

let started: Worker | string = "workerd was not started";

beforeAll(async () => {
  started = await startWorker();
});

afterAll(async () => {
  if (typeof started !== "string") await started.stop();
});

function worker(context: TestContext): Worker {
  if (typeof started === "string") context.skip(started);
  return started as Worker;
}

describe("in one worker", () => {
  for (const [path, streams] of [
    ["/memory", "TransformStreams"],
    ["/memory-of-bytes", "IdentityTransformStreams, workerd's own"],
  ] as const) {
    test(`a server and a client talk through ${streams}`, async (context) => {
      expect(await worker(context).ask(path)).toEqual(CONVERSED);
    });
  }

  test("the WebSocket class opens, echoes and is closed by the server", async (context) => {
    expect(await worker(context).ask("/class")).toEqual(CONVERSED_BY_CLASS);
  });
});

describe("a client in a worker", () => {
  let ours: Server;
  let foreign: WebSocketServer;

  beforeAll(async () => {
    ours = await serve({
      port: 0,
      hostname: "127.0.0.1",
      message: (socket, message) => void socket.write(message),
    });
    foreign = new WebSocketServer({ port: 0, host: "127.0.0.1" });
    foreign.on("connection", (socket) => {
      socket.on("message", (data, binary) => socket.send(data, { binary }));
    });
    await once(foreign, "listening");
  });

  afterAll(async () => {
    await ours.shutdown();
    foreign.close();
  });

  for (const { because, query } of [
    { because: "as `connect` makes sockets by default", query: "" },
    { because: "with a writable that counts", query: "&highWaterMark=65536" },
    { because: "with a direction that stays open at the peer's end", query: "&allowHalfOpen=true" },
  ]) {
    test(`talks over TCP, ${because}, to npm's ws and to our server on Node`, async (context) => {
      const { ask } = worker(context);
      const { port } = foreign.address() as AddressInfo;
      expect(await ask(`/dial?port=${port}${query}`)).toEqual({ ...ECHOED, flood: [] });
      const address = ours.address as { port: number };
      expect(await ask(`/dial?port=${address.port}${query}`)).toEqual({ ...ECHOED, flood: [] });
    });
  }
});

describe("a server in a worker", () => {
  /** How the connections of the worker's server have ended. */
  async function ends({ ask }: Worker, count: number): Promise<unknown[]> {
    const all: unknown[] = [];
    await expect
      .poll(
        async () => {
          all.push(...((await ask("/ended")) as unknown[]));
          return all.length;
        },
        { timeout: 100_000 },
      )
      .toBeGreaterThanOrEqual(count);
    return all;
  }

  test("echoes over TCP to our client on Node, and both ends are clean", async (context) => {
    const running = worker(context);
    const socket = await connect(`ws://127.0.0.1:${running.port}/`);
    const bytes = new Uint8Array(1_048_576).map((_, at) => at >> 5);
    socket.write("hello");
    socket.write(bytes);
    const received: unknown[] = [];
    for await (const message of socket) {
      received.push(message);
      if (received.length === 2) break;
    }
    expect(received[0]).toBe("hello");
    expect(Buffer.compare(received[1] as Uint8Array, bytes)).toBe(0);
    expect(await socket.close(1000, "done")).toMatchObject({ code: 1000, wasClean: true });
    expect(await ends(running, 1)).toEqual(["1000, clean"]);
  });

  test("echoes to npm's ws, feels pressure, and closes by itself", async (context) => {
    const running = worker(context);
    const socket = new ForeignWebSocket(`ws://127.0.0.1:${running.port}/`);
    const texts: string[] = [];
    socket.on("message", (data, isBinary) => {
      if (isBinary) return;
      texts.push(String(data));
      socket.send(texts.length === 1 ? "flood" : "close");
    });
    socket.on("open", () => socket.send("hello"));
    const [code, reason] = await once(socket, "close");
    expect([texts, code, String(reason)]).toEqual([["hello", FLOODED.join()], 4001, "as you wish"]);
    expect(await ends(running, 1)).toEqual(["4001, clean"]);
  });

  test("serves many connections at once, each by a server of its own", async (context) => {
    const running = worker(context);
    const url = `ws://127.0.0.1:${running.port}/`;
    const sockets = await Promise.all(Array.from({ length: 20 }, () => connect(url)));
    const replies = sockets.map(
      async (socket) => (await socket[Symbol.asyncIterator]().next()).value,
    );
    sockets.forEach((socket, at) => void socket.write(`${at}`));
    expect(await Promise.all(replies)).toEqual(sockets.map((_, at) => `${at}`));
    for (const socket of sockets) await socket.close();
    expect(await ends(running, 20)).toEqual(sockets.map(() => "1000, clean"));
  });

  /** A connection that is open, and answers nothing by itself. */
  async function rawConnection(port: number): Promise<TcpSocket> {
    const tcp = connectTcp({ host: "127.0.0.1", port, allowHalfOpen: true });
    tcp.write(
      "GET / HTTP/1.1\r\nHost: streams.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
    );
    await once(tcp, "data");
    return tcp;
  }

  test("lets go of a peer who does not answer its Close, and TCP ends", async (context) => {
    const running = worker(context);
    const tcp = await rawConnection(running.port);
    const closed = new Promise<void>((resolve) => tcp.on("close", () => resolve()));
    tcp.on("error", () => {}); // whether it is an end or a reset
    tcp.on("end", () => tcp.end());
    tcp.resume();
    tcp.write(new Uint8Array([0x81, 0x85, 0, 0, 0, 0, ...new TextEncoder().encode("close")]));
    await closed;
    expect(await ends(running, 1)).toEqual(["1006, not clean, timeout"]);
  });

  for (const { how, leave, told } of [
    { how: "ends TCP without a Close", leave: (tcp: TcpSocket) => tcp.end(), told: "no-close" },
    {
      how: "resets TCP",
      leave: (tcp: TcpSocket) => tcp.resetAndDestroy(),
      told: "transport-failed",
    },
  ]) {
    test(`is told when the peer ${how}`, async (context) => {
      const running = worker(context);
      const tcp = await rawConnection(running.port);
      tcp.resume();
      leave(tcp);
      expect(await ends(running, 1)).toEqual([`1006, not clean, ${told}`]);
      tcp.destroy();
    });
  }
});

test("workerd has found nothing to complain of in all this", (context) => {
  expect(worker(context).complaints()).toBe("");
});
