/** A WebSocket on the port of a node:http server, whichever framework it belongs to. */
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
  // Every upgrade, also those for other paths: an answer and a good end are the server's business.
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
