/** One busy connection among others: the event loop goes on, however much there is to read and to write. */
import { expect, test } from "vitest";
import { connect, deflate, serve } from "./adapter.ts";
import { PLACES, portOf } from "./places.ts";
import { Program } from "./program.ts";

const LONG = 60_000;

test("a peer that sends without an end does not keep another peer waiting", {
  timeout: LONG,
}, async () => {
  let flooded = 0;
  await using server = await serve({
    hostname: "127.0.0.1",
    message(socket, message) {
      if (typeof message === "string") socket.write(message);
      else flooded += 1;
    },
  });
  await using other = await connect(server.url);
  const flood = new Program("node", "flooding.mjs", [`${portOf(server)}`]);
  try {
    expect(await flood.next()).toEqual({ flooding: true });
    const waits: number[] = [];
    for (let round = 0; round < 5; round += 1) {
      const before = flooded;
      other.write("anyone?");
      for await (const message of other) {
        expect(message).toBe("anyone?");
        break;
      }
      waits.push(flooded - before);
    }
    // A read of 64 KiB has 9,362 of these messages, and Node reads up to 32 times before it looks at another connection.
    expect(Math.min(...waits)).toBeLessThan(4_000_000);
  } finally {
    server.sockets.forEach((socket) => void socket.abort());
    await flood.stop();
  }
});

/** Each takes a while to compress, and so few bytes that the kernel takes all of them. */
const SENT = 4_000;
const MESSAGE = new Uint8Array(65_536);

test.each(PLACES)(
  "an application that awaits each send lets timers run, over %s",
  {
    timeout: LONG,
  },
  async (_name, at) => {
    const place = await at();
    let sent = 0;
    let sentBeforeTimer = SENT;
    await using server = await serve({
      ...place.listen,
      perMessageDeflate: deflate(),
      async open(socket) {
        setTimeout(() => {
          sentBeforeTimer = sent;
        }, 0);
        for (; sent < SENT && sentBeforeTimer === SENT; sent += 1) await socket.send(MESSAGE);
        socket.write("that was all");
      },
    });
    await using client = await connect(place.url(server), {
      ...place.client,
      perMessageDeflate: deflate(),
    });
    for await (const message of client) if (typeof message === "string") break;
    expect(sentBeforeTimer).toBeLessThan(SENT);
  },
);
