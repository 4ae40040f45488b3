/** {@link RawConnection} on `node:net`. */
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { RESPONSE_HEAD } from "../wire.ts";
import { RawConnection, rawCaseOf } from "./raw.ts";
import type { Listen } from "./subject.ts";

export const listen: Listen = async (echoCase) => {
  const { frameBytes, replies, replyBytes, isBroadcast } = rawCaseOf(echoCase);
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    const connection = new RawConnection();
    sockets.add(socket);
    socket.on("data", (chunk) => {
      const due = connection.received(chunk, frameBytes);
      if (due < 0) socket.write(RESPONSE_HEAD);
      else if (due === 0) return;
      else if (isBroadcast) for (const each of sockets) each.write(replies);
      else socket.write(replies.subarray(0, due * replyBytes));
    });
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
};
