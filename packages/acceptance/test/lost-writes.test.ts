import type { CloseInfo, Socket } from "@sansocket/node";
import { describe, expect, test } from "vitest";
import { connect, serve } from "./adapter.ts";
import { FailingRelay, type Side } from "./failing-relay.ts";
import { Mailbox } from "./mailbox.ts";
import { PLACES, portOf } from "./places.ts";

const MiB = 1_048_576;

/** More than the kernel holds for a peer who does not read: some 10 MiB on Linux, for both ends together. */
const MORE_THAN_FITS = 24 * MiB;

const OVER_TCP = PLACES.filter(([name]) => name !== "a unix socket");

interface Lost {
  readonly relay: FailingRelay;
  /** Of the side whose peer does not read. */
  readonly socket: Socket;
  /** Of the other side. */
  readonly peer: Socket;
  readonly drains: () => number;
  /** The opcodes of what the client has received. */
  readonly received: Mailbox<number>;
}

/** Runs `act` on a connection of which one side is not read from any more. */
async function withoutReader(
  at: (typeof PLACES)[number][1],
  side: Side,
  act: (lost: Lost) => Promise<void>,
): Promise<void> {
  const place = await at();
  const opened = new Mailbox<Socket>();
  let drains = 0;
  const server = await serve({
    ...place.listen,
    open: (socket) => opened.put(socket),
    message() {},
    drain() {
      drains += 1;
    },
  });
  const relay = await FailingRelay.before(portOf(server));
  const url = place.url(server).replace(`:${portOf(server)}/`, `:${relay.port}/`);
  const received = new Mailbox<number>();
  const client = await connect(url, {
    ...place.client,
    trace: (_socket, { direction, opcode }) => void (direction === "in" && received.put(opcode)),
  });
  const accepted = await opened.take();
  await relay.stopReading(side);
  const [socket, peer] = side === "client" ? [client, accepted] : [accepted, client];
  await act({ relay, socket, peer, drains: () => drains, received });
  await Promise.all([client.closed, server.shutdown({ grace: 0 })]);
}

const FAILED: Partial<CloseInfo> = {
  wasClean: false,
  error: expect.objectContaining({ code: "transport-failed" }),
};

describe.each(OVER_TCP)("over %s, what a reset has overtaken is not sent", (_name, at) => {
  const SIDES: readonly Side[] = ["server", "client"];

  test.each(SIDES)("by `send` on the %s: closed, and nothing has drained", async (side) => {
    await withoutReader(at, side, async ({ relay, socket, drains }) => {
      const sent = socket.send(new Uint8Array(MORE_THAN_FITS));
      const ready = socket.ready();
      await relay.reset(side);
      expect(await sent).toBe("closed");
      await ready;
      expect(drains()).toBe(0);
      expect(await socket.closed).toMatchObject({ code: 1006, ...FAILED });
    });
  });

  test.each(SIDES)("by `sendStream` on the %s: closed, and the source is left", async (side) => {
    await withoutReader(at, side, async ({ relay, socket }) => {
      const pressed = new Mailbox<null>();
      let isLeft = false;
      async function* parts(): AsyncGenerator<Uint8Array> {
        try {
          for (let bytes = 0; bytes < MORE_THAN_FITS; bytes += MiB / 4) {
            if (socket.unsent > 0) pressed.put(null);
            yield new Uint8Array(MiB / 4);
          }
        } finally {
          isLeft = true;
        }
      }
      const sent = socket.sendStream(parts());
      await pressed.take();
      await relay.reset(side);
      expect(await sent).toBe("closed");
      expect(isLeft).toBe(true);
      expect(await socket.closed).toMatchObject({ code: 1006, ...FAILED });
    });
  });

  // The answer to the peer's Close stands behind what is unsent. A server under pressure would not read that Close.
  test("nor is a Close: the peer's has come, ours has not gone, and that is not clean", async () => {
    await withoutReader(at, "client", async ({ relay, socket, peer, received }) => {
      const sent = socket.send(new Uint8Array(MORE_THAN_FITS));
      void peer.close(1000, "enough");
      expect(await received.take()).toBe(8);
      await relay.reset("client");
      expect(await sent).toBe("closed");
      // RFC 6455 §7.1.4: clean is a closing handshake that was completed.
      expect(await socket.closed).toMatchObject({ code: 1000, reason: "enough", ...FAILED });
    });
  });
});
