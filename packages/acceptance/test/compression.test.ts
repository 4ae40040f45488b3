/** permessage-deflate between our server and our client, on the runtime that runs this. */
import type { Server, Socket, WatchedFrame } from "@sansocket/node";
import { describe, expect, test } from "vitest";
import { adapter, connect, deflate, serve } from "./adapter.ts";

const LONG = "grüße, grüße und hello ".repeat(200);

/** "c" for each message of the server that was compressed, "p" for each other one; fragments in brackets. */
function marks(frames: readonly WatchedFrame[]): string {
  return frames
    .filter(({ direction, opcode }) => direction === "in" && opcode < 8)
    .map(({ rsv, opcode, fin }) => {
      const mark = opcode === 0 ? "." : (rsv & 4) !== 0 ? "c" : "p";
      return fin ? mark : `${mark}-`;
    })
    .join("");
}

interface Pair extends AsyncDisposable {
  readonly server: Server;
  readonly ours: Socket<undefined>;
  readonly theirs: Socket<undefined>;
  readonly frames: WatchedFrame[];
}

async function pair(options: object): Promise<Pair> {
  const frames: WatchedFrame[] = [];
  let resolve = (_socket: Socket<undefined>): void => {};
  const opened = new Promise<Socket<undefined>>((fulfil) => {
    resolve = fulfil;
  });
  const server = await serve({
    hostname: "127.0.0.1",
    perMessageDeflate: deflate(options),
    limits: { message: 100_000 },
    open: (socket) => resolve(socket as Socket<undefined>),
    message: (socket, message) => void socket.write(message),
  });
  const ours = await connect(server.url, { trace: (_socket, frame) => void frames.push(frame) });
  return {
    server: server as Server,
    ours: ours as Socket<undefined>,
    theirs: await opened,
    frames,
    async [Symbol.asyncDispose]() {
      ours.abort();
      await server.shutdown();
    },
  };
}

describe("a server that compresses", () => {
  test("does so for write, send, sendStream and what was prepared, and leaves alone what it is told to", async () => {
    await using both = await pair({});
    const { theirs, ours, frames } = both;
    theirs.write(LONG);
    theirs.write(LONG, { compress: false });
    theirs.write("short");
    await theirs.send(new TextEncoder().encode(LONG));
    await theirs.send(LONG, { compress: false });
    await theirs.sendStream([LONG, LONG]);
    await theirs.sendStream([LONG, LONG], { compress: false });
    const prepared = adapter.prepare(LONG);
    theirs.write(prepared);
    theirs.write(prepared, { compress: false });
    const received: unknown[] = [];
    for await (const message of ours) {
      received.push(typeof message === "string" ? message.length : message);
      if (received.length === 9) break;
    }
    const length = LONG.length;
    expect(received).toEqual([
      length,
      length,
      5,
      new TextEncoder().encode(LONG),
      length,
      2 * length,
      2 * length,
      length,
      length,
    ]);
    expect(marks(frames).replace(/-(\.-)*/g, "-")).toBe("cppcpc-.p-.cp");
  });

  test("with takeover compresses short messages too", async () => {
    await using both = await pair({ contextTakeover: true });
    both.theirs.write("short");
    await both.ours[Symbol.asyncIterator]().next();
    expect(marks(both.frames)).toBe("c");
  });

  test("inflates what the client compresses, up to the limit and no further", async () => {
    await using both = await pair({});
    const messages = both.ours[Symbol.asyncIterator]();
    await both.ours.send("x".repeat(100_000));
    expect((await messages.next()).value).toHaveLength(100_000);
    await both.ours.send("x".repeat(100_001));
    expect(await both.ours.closed).toMatchObject({ code: 1009, initiator: "peer" });
    expect((await both.theirs.closed).error).toMatchObject({
      code: "violation",
      violation: { kind: "message-too-large" },
    });
  });

  test("declines a client that does not offer it, and one that is told not to", async () => {
    await using both = await pair({});
    const plain = await connect(both.server.url, { perMessageDeflate: false });
    expect(plain.extensions).toEqual([]);
    expect(both.ours.extensions).toHaveLength(1);
    await plain.close();
  });

  test("compresses for the WebSocket class, which offers it by itself", async () => {
    await using both = await pair({});
    const socket = new adapter.WebSocket(both.server.url);
    await new Promise((resolve) => socket.addEventListener("open", resolve));
    expect(socket.extensions).toMatch(/^permessage-deflate/);
    socket.send(LONG);
    const event = await new Promise((resolve) => socket.addEventListener("message", resolve));
    expect((event as MessageEvent).data).toBe(LONG);
    socket.close();
    await new Promise((resolve) => socket.addEventListener("close", resolve));
  });
});
