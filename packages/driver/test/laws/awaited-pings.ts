/**
 * The law of pings that a hook awaits: `await socket.ping()` inside a `message` hook finishes, although messages that wait for
 * the same hook stand before the pong, up to twice `limits.undelivered`.
 */
import fc from "fast-check";
import { Stage, settle } from "../stage.ts";
import { checked, type DriverLawOptions, requireSame } from "./driver-law.ts";

/** `limits.undelivered`, bytes. */
const UNDELIVERED = 20_000;

export async function awaitedPingLaw(options: DriverLawOptions = {}): Promise<void> {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 9_000 }), { minLength: 1, maxLength: 12 }),
      fc.integer({ min: 500, max: 20_000 }),
      async (sizes, read) => {
        let before = 0;
        const all = sizes.filter((size) => {
          before += size;
          return before <= 1.9 * UNDELIVERED;
        });
        const got: number[] = [];
        const pings: unknown[] = [];
        const stage = new Stage({
          limits: { undelivered: UNDELIVERED },
          message: async (socket, message) => {
            if (got.push(message.length) === 1) pings.push(await socket.ping());
          },
        });
        const peer = await stage.opened();
        for (const size of [1, ...all]) peer.endpoint.sendBinary(new Uint8Array(size));
        peer.speak();
        while (peer.pending > 0 && !peer.transport.isPaused) {
          peer.toDriverUpTo(read);
          await settle();
        }
        await peer.pump();
        requireSame("pings that a hook awaited and that were answered", pings.length, 1);
        requireSame("messages", got, [1, ...all]);
      },
    ),
    checked(options, 60),
  );
}
