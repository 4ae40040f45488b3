/** One message for everyone: encoded once, and those who lag too far behind miss it. */
import { prepare, serve } from "@sansocket/node";

/** Octets that may wait for one client. */
const LAG = 262_144;

export async function serveTicker(port: number) {
  const server = await serve({
    port,
    // Nothing is expected of clients. Without a hook their messages would wait for a loop, and in the end stop reading.
    message(socket) {
      socket.close(1003, "this ticker only speaks");
    },
  });

  /** Returns how many were reached. */
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
