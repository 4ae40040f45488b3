/** A TCP service behind a WebSocket. The faster side waits for the slower one: write, pause, drain, resume. */
import { once } from "node:events";
import { connect, type Socket as TcpSocket } from "node:net";
import { serve } from "@sansocket/node";

export function serveBridge(port: number, target: { host: string; port: number }) {
  return serve<TcpSocket>({
    port,
    async upgrade(request) {
      const tcp = connect(target);
      try {
        await once(tcp, "connect", { signal: request.signal });
      } catch {
        tcp.destroy();
        return request.reject(502);
      }
      if (request.accept({ data: tcp })) return true;
      tcp.destroy(); // the client has left in the meantime
      return false;
    },
    open(socket) {
      const tcp = socket.data;
      tcp.on("data", (chunk) => {
        if (socket.write(chunk) === "pressure") tcp.pause();
      });
      tcp.on("drain", () => socket.resume());
      tcp.on("error", () => {}); // "close" follows, with hasFailed
      tcp.on("close", (hasFailed) => socket.close(hasFailed ? 1014 : 1000));
    },
    message(socket, message) {
      if (!socket.data.write(message)) socket.pause();
    },
    drain(socket) {
      socket.data.resume();
    },
    close(socket) {
      socket.data.destroySoon();
    },
  });
}
