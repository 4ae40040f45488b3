/**
 * The engine bound by hand to node:net: the whole code that an embedder writes.
 *
 * The engine does no I/O. This file gives it the arriving bytes and the time, and takes its steps, its bytes and its deadline. It
 * connects one socket with one endpoint. `site.ts` decides what is served.
 */
import type { Socket } from "node:net";
import { performance } from "node:perf_hooks";
import { Endpoint, Step, type Transmission } from "@sansocket/core";
import type { Site } from "./site.ts";

/** Milliseconds of a clock that never goes back: the engine asks for no more. */
export const now = (): number => performance.now();

/** Above this many unsent bytes we stop reading, so that a peer that sends and never reads cannot fill our memory. */
const STOP_READING_ABOVE = 1_048_576;

/** One connection, as `site.ts` needs it. */
export interface Connection {
  readonly endpoint: Endpoint;
  /** Runs a turn, after a command to the endpoint outside of a turn. */
  turn(): void;
}

export function bind(socket: Socket, site: Site): Connection {
  const endpoint = Endpoint.server(site.settings, now());
  const connection: Connection = { endpoint, turn };
  let timer: NodeJS.Timeout | undefined;
  let timerAt = Number.POSITIVE_INFINITY;
  let isReading = true;

  /** Pulls to Idle and transmits, until there is nothing to write. Then it looks at the deadline and at the pressure. */
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
    // The chunks are lent: the engine does not use their memory again until Node has taken them.
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

  /** Sets the timer anew only for an earlier deadline. A timer that fires early finds nothing to do, and is set again. */
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
