/**
 * The laws of healthy peers: no timer ends the connection of a peer that does all that the protocol asks for. A peer may read
 * slowly, and the process may stand still; neither is the silence of the peer.
 */
import fc from "fast-check";
import type { Socket } from "../../src/index.ts";
import { connected, type Peer, Stage, settle, type VirtualRuntime } from "../stage.ts";
import { checked, type DriverLawOptions, requireSame } from "./driver-law.ts";

const DEFAULT_TIMEOUTS = { idle: 120_000, ping: 30_000, pong: 10_000, close: 5_000 } as const;

interface Connected {
  readonly socket: Socket<undefined>;
  readonly peer: Peer;
  readonly runtime: VirtualRuntime;
}

async function connect(role: "server" | "client"): Promise<Connected> {
  if (role === "client") {
    return await connected({ timeouts: DEFAULT_TIMEOUTS }, { message: () => {} });
  }
  const stage = new Stage({ timeouts: DEFAULT_TIMEOUTS, message: () => {} });
  const peer = await stage.opened();
  return { socket: stage.server.sockets[0]!, peer, runtime: stage.runtime };
}

/** A peer is expected to read so many bytes within `timeouts.close`. */
const STEADY_BYTES = 131_072;

/**
 * A peer that reads steadily gets all of a large message and our Close, however long that takes. The engine expects 128 KiB
 * within `timeouts.close`, 5 s. The peers of this law read 128 KiB within 4.4 s or less, in any number of steps.
 */
export async function steadyReaderLaw(options: DriverLawOptions = {}): Promise<void> {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom("server" as const, "client" as const),
      fc.integer({ min: 1, max: 8 }),
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 440, max: 4_400 }),
      fc.boolean(),
      async (role, megabytes, steps, within, closes) => {
        const { socket, peer, runtime } = await connect(role);
        peer.transport.room = 0;
        const size = megabytes * 1_048_576;
        const sent = socket.send(new Uint8Array(size));
        if (closes) void socket.close(1000);
        const step = Math.ceil(STEADY_BYTES / steps);
        const period = Math.floor(within / steps);
        for (let taken = 0; taken < size + 1_000; taken += step) {
          await runtime.advance(period);
          peer.transport.takes(step);
          peer.fromDriver();
          peer.speak();
          // The peer answers at once; its pongs and its Close are small.
          peer.toDriverUpTo(Number.POSITIVE_INFINITY);
        }
        requireSame("what became of the message", await sent, "sent");
        if (!closes) {
          requireSame("the state of the socket", socket.state, "open");
          return;
        }
        await peer.pump();
        await runtime.advance(20_000);
        await peer.pump();
        requireSame("wasClean", (await socket.closed).wasClean, true);
      },
    ),
    checked(options, 40),
  );
}

/** However often the process stands still, a peer that answers every ping stays connected. */
export async function frozenProcessLaw(options: DriverLawOptions = {}): Promise<void> {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom("server" as const, "client" as const),
      fc.array(
        fc.record({
          runs: fc.integer({ min: 0, max: 40_000 }),
          stands: fc.integer({ min: 0, max: 600_000 }),
        }),
        { minLength: 1, maxLength: 6 },
      ),
      async (role, periods) => {
        const { socket, peer, runtime } = await connect(role);
        for (const { runs, stands } of periods) {
          for (let ran = 0; ran < runs; ran += 500) {
            await runtime.advance(500);
            await peer.pump();
          }
          await runtime.freeze(stands);
          await settle();
        }
        await peer.pump();
        requireSame("the state of the socket", socket.state, "open");
      },
    ),
    checked(options, 100),
  );
}
