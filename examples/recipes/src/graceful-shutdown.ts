/** A deployment without lost messages: the server answers everything that has arrived, asks clients to come back, and ends. */
import type { EventEmitter } from "node:events";
import { serve } from "@sansocket/node";

export async function serveUntilSignal(port: number, signals: EventEmitter = process) {
  const server = await serve({
    port,
    async message(socket, message) {
      await socket.send(message);
    },
  });

  const stopped = new Promise<void>((resolve) => {
    const stop = (): void => {
      // 1012 means service restart, so clients may reconnect. After 10 s the server cuts off the remaining clients.
      resolve(server.shutdown({ code: 1012, reason: "restarting", grace: 10_000 }));
    };
    // Once: a second Ctrl+C ends the process at once, as in every program.
    signals.once("SIGTERM", stop);
    signals.once("SIGINT", stop);
  });

  return { server, stopped }; // after `stopped` close the database. Then the process ends
}
