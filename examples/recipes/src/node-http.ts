/** A WebSocket on the port of a node:http server, for every framework. */
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { createServer } from "@sansocket/node";

export async function serveBoth(port: number) {
  const sockets = createServer({
    upgrade(request) {
      return request.url.pathname === "/chat" ? request.accept() : request.reject(404);
    },
    message(socket, message) {
      socket.write(message);
    },
  });

  const http = createHttpServer((_request, response) => response.end("hello\n"));
  // Hand over every upgrade, also for other paths: an upgrade that nobody answers keeps its client waiting.
  http.on("upgrade", (request, socket, head) => sockets.handleUpgrade(socket, request, head));
  http.listen(port);
  await once(http, "listening"); // rejects when the port is taken

  return {
    http,
    sockets,
    async stop(): Promise<void> {
      http.close();
      await sockets.shutdown();
    },
  };
}
