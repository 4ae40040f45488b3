/** A server of `ws` and ours on one port, for a program that moves path by path. Each upgrade has one server. */
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { createServer } from "@sansocket/node";
import { WebSocketServer } from "ws";

export async function serveBesideWs(port: number) {
  const old = new WebSocketServer({ noServer: true }); // with { server } it would answer every upgrade
  old.on("connection", (socket) => {
    socket.on("message", (data) => socket.send(`old: ${data}`));
  });

  const sockets = createServer({
    upgrade: (request) =>
      request.url.pathname === "/chat" ? request.accept() : request.reject(404),
    message: (socket, message) => void socket.write(`new: ${message}`),
  });

  const http = createHttpServer((_request, response) => response.end("hello\n"));
  http.on("upgrade", (request, socket, head) => {
    // No `new URL` here: it throws for some targets that a stranger may send, and an exception here ends the process.
    if (request.url?.split("?")[0] === "/old") {
      old.handleUpgrade(request, socket, head, (open) => old.emit("connection", open, request));
    } else {
      sockets.handleUpgrade(request, socket, head);
    }
  });
  http.listen(port);
  await once(http, "listening");

  async function stop(): Promise<void> {
    http.close();
    for (const socket of old.clients) socket.close(1001);
    await sockets.shutdown();
  }

  return { http, stop };
}
