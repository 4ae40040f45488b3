/** Bun's own server. Its level is its own: uWebSockets has no option for it. */
import { bun } from "../../bun-globals.ts";
import type { Listen } from "./subject.ts";

export const listen: Listen = async ({ terms }) => {
  const { port } = bun().serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: (request, server) => (server.upgrade(request) ? undefined : new Response(null)),
    websocket: {
      perMessageDeflate:
        terms === "defaults" ? true : { compress: "dedicated", decompress: "dedicated" },
      message(socket, data) {
        socket.send(data, true);
      },
    },
  });
  return port;
};
