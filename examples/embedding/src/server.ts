/** Listens, and binds an endpoint to every socket that comes. */
import { createServer, type Server } from "node:net";
import { bind, type Connection, now } from "./binding.ts";
import type { Site } from "./site.ts";

export interface RunningServer {
  readonly server: Server;
  /** Sends everyone a Close with 1001 and stops listening; the process ends when the last has gone. */
  stop(): void;
}

export async function start(port: number, site: Site): Promise<RunningServer> {
  const connections = new Set<Connection>();
  // allowHalfOpen: the engine says when our half ends, not Node. noDelay: a turn is one write, with nothing to wait for.
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    const connection = bind(socket, site);
    connections.add(connection);
    socket.on("close", () => connections.delete(connection));
  });
  await new Promise<void>((resolve, fail) => server.once("error", fail).listen(port, resolve));
  function stop(): void {
    server.close();
    for (const { endpoint, turn } of connections) {
      if (endpoint.state === "opening") endpoint.abort(now());
      else endpoint.close(1001, "the server stops", now());
      turn();
    }
  }
  return { server, stop };
}
