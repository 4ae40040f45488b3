/**
 * A worker: serves the connections that the process which started it sends, and never listens. The message "give them back"
 * makes it send all of them to the other end of the channel again.
 */
import { createServer, type Socket } from "@sansocket/node";
import { receiveConnections, sendConnection } from "@sansocket/node/hand-off";
import { type Count, count } from "./counting.ts";

const server = createServer<Count>({
  upgrade: (request) => request.reject(404),
  adopted(socket) {
    socket.data.moves += 1;
  },
  message: count,
});
receiveConnections(server, process);

process.on("message", (message) => {
  if (message === "give them back") void giveBack();
});

async function giveBack(): Promise<void> {
  const isOpen = (socket: Socket<Count>): boolean => socket.state === "open";
  const moves = server.sockets.filter(isOpen).map((socket) =>
    // A connection that closes meanwhile stays, and ends here.
    sendConnection(socket, process, { data: () => socket.data }).catch(() => {}),
  );
  await Promise.all(moves);
  process.send?.("that is all");
}
process.on("disconnect", () => void server.shutdown().then(() => process.exit()));
