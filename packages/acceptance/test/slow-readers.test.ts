/** Peers who read slowly, but read, and answer every ping that they come to. A kernel tells of room only now and then. */
import type { CloseInfo, Server } from "@sansocket/node";
import { describe, expect, test } from "vitest";
import { connect, serve } from "./adapter.ts";
import { pattern } from "./bytes.ts";
import { Mailbox } from "./mailbox.ts";
import { PLACES, type Place, portOf } from "./places.ts";
import { SteadyRelay } from "./steady-relay.ts";

const MESSAGE = pattern(65_536);
const MESSAGES = 128;
const TOTAL = MESSAGES * MESSAGE.length;
/** ms for 64 KiB: at that rate the kernel says nothing for a second and more. */
const EVERY = 60;
/** 128 KiB within `close` are less than half of what these peers read. */
const TIMEOUTS = { idle: 800, ping: 200, pong: 400, close: 300 };
/** Of the other side, which is not what these tests are about. */
const PATIENT = { idle: 0, ping: 0, pong: 0, close: 30_000 };
const LONG = 60_000;

const OVER_TCP = PLACES.filter(([name]) => name !== "a unix socket");

interface Line extends AsyncDisposable {
  readonly url: URL;
}

/** A slow line to the server. */
async function slowLine(place: Place, server: Server): Promise<Line> {
  const relay = await SteadyRelay.before(portOf(server), EVERY);
  const url = new URL(place.url(server));
  url.port = String(relay.port);
  return { url, [Symbol.asyncDispose]: () => relay[Symbol.asyncDispose]() };
}

async function* parts(): AsyncGenerator<Uint8Array> {
  for (let count = 0; count < MESSAGES; count += 1) yield MESSAGE;
}

describe.each(OVER_TCP)("over a slow line, with %s", (_name, at) => {
  test("a client gets a long download whole, and the Close behind it", {
    timeout: LONG,
  }, async () => {
    const place = await at();
    await using server = await serve({
      ...place.listen,
      timeouts: TIMEOUTS,
      open(socket) {
        for (let count = 0; count < MESSAGES; count += 1) socket.write(MESSAGE);
        void socket.close(4000, "that was all");
      },
    });
    await using line = await slowLine(place, server);
    const socket = await connect(line.url, { ...place.client, timeouts: PATIENT });
    let received = 0;
    for await (const message of socket) received += message.length;
    expect(received).toBe(TOTAL);
    expect(await socket.closed).toMatchObject({ code: 4000, wasClean: true });
  });

  test("a client that answers every ping outlives a long download", { timeout: LONG }, async () => {
    const place = await at();
    await using server = await serve({
      ...place.listen,
      timeouts: TIMEOUTS,
      async open(socket) {
        for (let count = 0; count < MESSAGES; count += 1) {
          if (socket.write(MESSAGE) !== "ok") await socket.ready();
        }
        await socket.ping();
        socket.write("well?");
      },
    });
    await using line = await slowLine(place, server);
    await using socket = await connect(line.url, { ...place.client, timeouts: PATIENT });
    let received = 0;
    for await (const message of socket) {
      if (message === "well?") break;
      received += message.length;
    }
    expect(received).toBe(TOTAL);
    expect(socket.state).toBe("open");
  });

  test("a server gets a long upload in fragments whole, and the Close behind it", {
    timeout: LONG,
  }, async () => {
    const place = await at();
    const lengths: number[] = [];
    const closed = new Mailbox<CloseInfo>();
    await using server = await serve({
      ...place.listen,
      timeouts: PATIENT,
      message: (_socket, message) => void lengths.push(message.length),
      close: (_socket, info) => closed.put(info),
    });
    await using line = await slowLine(place, server);
    const timeouts = { ...TIMEOUTS, handshake: 10_000 };
    const socket = await connect(line.url, { ...place.client, timeouts });
    void socket.sendStream(parts());
    await socket.close(4000, "that was all");
    expect(await closed.take()).toMatchObject({ code: 4000, wasClean: true });
    expect(lengths).toEqual([TOTAL]);
  });
});
