/** One message for all clients: encoded once. A client that lags too far behind misses the message. */
import { prepare, serve } from "@sansocket/node";

/** Bytes that may wait for one client. */
const LAG = 262_144;

export async function serveTicker(port: number) {
  const server = await serve({
    port,
    // Clients should say nothing. Without this hook their messages would wait for a loop, and reading would stop in the end.
    message(socket) {
      socket.close(1003, "this ticker only speaks");
    },
  });

  /** Returns the number of clients that get the message. */
  function publish(data: string | Uint8Array): number {
    const message = prepare(data);
    let reached = 0;
    for (const socket of server.sockets) {
      if (socket.unsent <= LAG && socket.write(message) !== "closed") reached += 1;
    }
    return reached;
  }

  return { server, publish };
}
