/** Bun's own server, and for a broadcast its own topics. */
import { type BunWebSocket, bun } from "../../bun-globals.ts";
import type { Listen } from "./subject.ts";

export const listen: Listen = async ({ exchange, isAsync }) => {
  const answerLater = async (socket: BunWebSocket, data: string | Uint8Array): Promise<void> => {
    socket.send(await Promise.resolve(data));
  };
  const server = bun().serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: (request, server) => (server.upgrade(request) ? undefined : new Response(null)),
    websocket: {
      perMessageDeflate: false,
      open(socket) {
        socket.subscribe("all");
      },
      message(socket, data) {
        if (isAsync) return answerLater(socket, data);
        if (exchange === "broadcast") server.publish("all", data);
        else socket.send(data);
        return undefined;
      },
    },
  });
  return server.port;
};
