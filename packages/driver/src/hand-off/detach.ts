/**
 * A connection leaves this server: every message that has arrived is answered, every byte that was sent is with the transport,
 * and then the state of the engine goes into a snapshot. Bytes of the peer that arrive later wait, in the kernel or in a relay.
 */
import { MisuseError } from "@sansocket/core";
import { SnapshotError, snapshotEndpoint } from "@sansocket/core/snapshot";
import { ConnectionError } from "../errors.ts";
import { checkOptions } from "../known-options.ts";
import { milliseconds } from "../option-kinds.ts";
import { Relay } from "../runtime/relay.ts";
import type { OpenTransport, Transport } from "../runtime/transport.ts";
import { OpenedRequest } from "../server/accepted-request.ts";
import type { Binding } from "../socket/binding.ts";
import type { Message } from "../socket/message.ts";
import { bindingOf, type Socket } from "../socket/socket.ts";

/** How long a connection may take to become quiet. */
export interface DetachOptions {
  /**
   * The ms until the last message is answered and the last byte is taken. Default 5,000, as `timeouts.close`. The promise
   * rejects then, and the connection goes on here. A shutdown of the server waits for the hand-off, and closes a connection
   * that stays.
   */
  readonly timeout?: number;
}

/** A connection that has left its server, as plain data. */
export interface MovedConnection {
  /** The state of the engine: see docs/hand-off.md. It contains payload in the clear. */
  readonly snapshot: Uint8Array;
  /** Messages that have arrived and that nobody took: there is no `message` hook and no loop, or the socket is paused. */
  readonly waiting: readonly Message[];
  /** The facts of the request that opened the connection, for `socket.request`; null on clients. */
  readonly request: string | null;
}

/** A connection that has left its server and waits in this process. */
export interface DetachedConnection extends MovedConnection {
  /** The transport, for `adopt`. Calls of the transport wait until then. */
  readonly open: OpenTransport;
}

const KNOWN = { timeout: milliseconds };
const DEFAULT_TIMEOUT = 5_000;

/**
 * Takes a connection away from its server: no hook of the server is called any more, not even `close`, and loops over the
 * socket end. `socket.closed` resolves with the error "handed-off". Give the result to {@link adopt}.
 *
 * Before, every message that has arrived is delivered and answered, and the transport takes every byte that was sent. A ping
 * of `socket.ping` that has no answer yet answers "closed"; its pong reaches the new server.
 * @returns rejects with a SnapshotError for a connection that cannot move, and with a ConnectionError "timeout" when the
 * connection does not become quiet in time. The connection then goes on here. Rejects with a MisuseError while another call
 * for the same socket waits.
 */
export function detach(socket: Socket, options: DetachOptions = {}): Promise<DetachedConnection> {
  return detachBy(socket, options, (transport) => {
    const relay = new Relay();
    // While the caller awaits a pong, reading goes on; but now nobody takes what comes, and the relay would keep all of it.
    transport.pause();
    transport.handOn!(relay);
    const open: OpenTransport = (handler) => {
      relay.passTo(handler);
      transport.resume();
      return transport;
    };
    return { unread: NOTHING, rest: { open } };
  });
}

const NOTHING: Uint8Array = new Uint8Array(0);

/** The connections whose hand-off has begun. A connection has one quiet moment, and one caller that waits for it. */
const leaving: WeakSet<Binding> = /* @__PURE__ */ new WeakSet();

/**
 * The same for an adapter that has another way to let go of a transport.
 * @param release called at the moment of the move. Gives the bytes that the runtime has read and not told.
 */
export async function detachBy<Rest extends object>(
  socket: Socket,
  options: DetachOptions,
  release: (transport: Transport) => { readonly unread: Uint8Array; readonly rest: Rest },
): Promise<MovedConnection & Rest> {
  const { timeout = DEFAULT_TIMEOUT } = checkOptions("options", options, KNOWN);
  const binding = bindingOf(socket);
  requireMovable(binding);
  if (leaving.has(binding)) {
    throw new MisuseError("detach: the connection is being handed off already: await that promise");
  }
  leaving.add(binding);
  let isLate = false;
  let wake: () => void = () => {};
  const alarm = binding.deadlines.after(timeout, () => {
    isLate = true;
    wake();
  });
  try {
    for (;;) {
      await new Promise<void>((resolve) => {
        wake = resolve;
        binding.delivery.retire(resolve, true);
      });
      requireMovable(binding);
      if (isLate) throw lateError(timeout);
      if (isQuiet(binding)) return moveOut(binding, socket, release);
      const { outgoing } = binding;
      // While a source holds back its next part, nothing is unsent: `whenTaken` would resolve at once, again and again.
      await Promise.race([
        outgoing.isStreaming ? outgoing.whenStreamed() : outgoing.whenTaken(),
        new Promise<void>((resolve) => (wake = resolve)),
      ]);
    }
  } catch (error) {
    if (binding.info === null) binding.delivery.goOn();
    throw error;
  } finally {
    leaving.delete(binding);
    binding.deadlines.leave(alarm);
  }
}

function lateError(timeout: number): ConnectionError {
  return new ConnectionError(
    "timeout",
    `detach: the connection was not quiet within ${timeout} ms, and goes on here. A hook or a loop still answers a message, or ` +
      "the peer does not read",
  );
}

/** @throws SnapshotError */
function requireMovable({ endpoint, transport, info }: Binding): void {
  if (info !== null || endpoint.state !== "open" || endpoint.peerClose !== null) {
    throw new SnapshotError("ended", "the connection cannot move: it is closing, or has ended");
  }
  if (transport.handOn === undefined) {
    throw new SnapshotError(
      "transmission",
      "the connection cannot move: its transport has no method handOn",
    );
  }
}

function isQuiet({ delivery, endpoint, outgoing }: Binding): boolean {
  return delivery.isQuiet && endpoint.unsent === 0 && !outgoing.isStreaming;
}

/** No other code runs between the snapshot and the release: not one byte can come or go meanwhile. */
function moveOut<Rest extends object>(
  binding: Binding,
  socket: Socket,
  release: (transport: Transport) => { readonly unread: Uint8Array; readonly rest: Rest },
): MovedConnection & Rest {
  const { endpoint, transport } = binding;
  const now = binding.tick();
  // The pause of reading belongs to this server.
  endpoint.resumeReading(now);
  let snapshot: Uint8Array;
  let released: ReturnType<typeof release>;
  try {
    snapshot = snapshotEndpoint(endpoint, now);
    released = release(transport);
  } catch (error) {
    // The connection stays, and its timers must know that nobody reads.
    if (binding.isReadingHeld) endpoint.pauseReading(now);
    throw error;
  }
  const { unread, rest } = released;
  if (unread.length > 0) {
    endpoint.receive(unread, now);
    snapshot = snapshotEndpoint(endpoint, now);
  }
  const waiting = binding.delivery.takeAlong();
  const request = socket.request instanceof OpenedRequest ? socket.request.moved : null;
  binding.handOff(
    new ConnectionError("handed-off", "the connection has moved, and goes on elsewhere"),
  );
  return { snapshot, waiting, request, ...rest };
}
