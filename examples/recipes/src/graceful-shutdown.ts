/** A deployment that nobody notices: what has arrived is answered, everyone is told to come back, then the process ends. */
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
      // 1012, service restart: clients that reconnect may do so. Who has not gone after 10 s is cut off.
      resolve(server.shutdown({ code: 1012, reason: "restarting", grace: 10_000 }));
    };
    // Once: a second Ctrl+C ends the process at once, as it would without us.
    signals.once("SIGTERM", stop);
    signals.once("SIGINT", stop);
  });

  return { server, stopped }; // after `stopped` close the database; then nothing keeps the process alive
}
