/**
 * The engine bound by hand to node:net: all that an embedder has to write.
 *
 * The engine does no I/O. It is told what arrives and what time it is; it answers with steps, bytes and a deadline. How a
 * socket and an endpoint belong together is here; what is served is in `site.ts`.
 */
import type { Socket } from "node:net";
import { performance } from "node:perf_hooks";
import { type Endpoint, Step, serverEndpoint, type Transmission } from "@sansocket/core";
import type { Site } from "./site.ts";

/** Milliseconds of a clock that never goes back: the engine asks for no more. */
export const now = (): number => performance.now();

/** Above this many unsent bytes we stop reading, so that a peer who sends and never reads cannot fill our memory. */
const STOP_READING_ABOVE = 1_048_576;

/** One connection: what `site.ts` needs to know of it. */
export interface Connection {
  readonly endpoint: Endpoint;
  /** Runs a turn, after something was done to the endpoint from outside of one. */
  turn(): void;
}

export function bind(socket: Socket, site: Site): Connection {
  const endpoint = serverEndpoint(site.settings, now());
  const connection: Connection = { endpoint, turn };
  let timer: NodeJS.Timeout | undefined;
  let timerAt = Number.POSITIVE_INFINITY;
  let isReading = true;

  /** Pull to Idle, transmit, and again until there is nothing to write; then look at the clock and at the pressure. */
  function turn(): void {
    for (;;) {
      for (let step = endpoint.next(); step !== Step.Idle; step = endpoint.next()) {
        site.step(connection, step, now());
      }
      const transmission = endpoint.transmit(now());
      if (transmission === null) break;
      perform(transmission);
    }
    armTimer();
    const shouldRead = endpoint.unsent <= STOP_READING_ABOVE;
    if (shouldRead && !isReading) {
      endpoint.resumeReading(now());
      socket.resume();
    } else if (!shouldRead && isReading) {
      endpoint.pauseReading(now());
      socket.pause();
    }
    isReading = shouldRead;
  }

  function perform({ chunks, then }: Transmission): void {
    if (then === "destroy") {
      socket.destroy();
      return;
    }
    // The chunks are lent: until Node has let go of them the engine does not use their memory again.
    endpoint.keep();
    const taken = (): void => {
      endpoint.sent(now());
      turn();
    };
    const isEnd = then === "end-write";
    socket.cork(); // one system call for all chunks
    chunks.forEach((chunk, index) => {
      socket.write(chunk, isEnd || index < chunks.length - 1 ? undefined : taken);
    });
    socket.uncork();
    if (isEnd) socket.end(taken);
  }

  /** Re-armed only for an earlier deadline: one that fires early finds nothing to do, and is armed again. */
  function armTimer(): void {
    const at = endpoint.deadline;
    if (at >= timerAt) return;
    clearTimeout(timer);
    timerAt = at;
    timer = setTimeout(
      () => {
        timerAt = Number.POSITIVE_INFINITY;
        endpoint.handleTimeout(now());
        turn();
      },
      Math.min(at - now(), 2 ** 31 - 1),
    );
  }

  socket.on("data", (chunk) => {
    endpoint.receive(chunk, now());
    turn();
  });
  socket.on("end", () => {
    endpoint.endOfStream(now());
    turn();
  });
  socket.on("close", () => {
    endpoint.transportClosed(reason ?? null, now());
    turn();
    clearTimeout(timer);
  });
  let reason: string | undefined;
  socket.on("error", (error: NodeJS.ErrnoException) => {
    reason = error.code ?? error.message; // "close" follows
  });
  armTimer();
  return connection;
}
