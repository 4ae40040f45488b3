/**
 * A restart without a lost message: `node dist/restart.js`, and SIGHUP to the process that it names. That process starts its
 * successor, gives it the listening socket, and then its connections one by one. When it has none left, it ends.
 */
import { type ChildProcess, fork } from "node:child_process";
import { createServer, type Server as NetServer } from "node:net";
import { setTimeout as after } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type NodeServer, type Socket, serve } from "@sansocket/node";
import { type Channel, receiveConnections, sendConnection } from "@sansocket/node/hand-off";
import { type Count, count, START } from "./counting.ts";

const isSuccessor = process.argv[2] === "successor";
const listener = isSuccessor ? await givenListener() : await ownListener();

function ownListener(): Promise<NetServer> {
  const own = createServer({ pauseOnConnect: true, allowHalfOpen: true });
  return new Promise((resolve) => own.listen(0, "127.0.0.1", () => resolve(own)));
}

function givenListener(): Promise<NetServer> {
  const given = new Promise<NetServer>((resolve) =>
    process.once("message", (_, handle) => resolve(handle as NetServer)),
  );
  // Node begins to accept when the listener arrives. What it accepts before this program listens for messages gets lost.
  process.send!("ready");
  return given;
}

const server: NodeServer<Count> = await serve<Count>({
  listener,
  upgrade: (request) => request.accept({ data: { ...START } }),
  adopted(socket) {
    socket.data.moves += 1;
  },
  message: count,
});
if (isSuccessor) {
  receiveConnections(server, process);
  process.send!("listening");
}

process.once("SIGHUP", () => void giveAway());
process.once("SIGTERM", () => void server.shutdown({ code: 1012 }).then(() => process.exit()));
// Not before: a signal that nobody listens for ends the process.
console.log(`${process.pid} serves ${server.url}`);

async function giveAway(): Promise<void> {
  const successor = fork(fileURLToPath(import.meta.url), ["successor"]);
  await said(successor, "ready");
  successor.send("the listener", listener);
  await said(successor, "listening");
  // From now on only the successor accepts: the kernel keeps the listening socket, because the successor has it too.
  listener.close();
  // A connection in its opening handshake moves when it is open.
  while (server.connections > 0) {
    await Promise.all(server.sockets.map((socket) => sendAway(socket, successor)));
    await after(5);
  }
  successor.disconnect();
  process.exit();
}

function said(child: ChildProcess, word: string): Promise<void> {
  return new Promise((resolve) => {
    child.on("message", function hear(message) {
      if (message !== word) return;
      child.off("message", hear);
      resolve();
    });
  });
}

async function sendAway(socket: Socket<Count>, to: Channel): Promise<void> {
  try {
    await sendConnection(socket, to, { data: () => socket.data });
  } catch {
    // The connection closes meanwhile, and ends here; or it is busy, and the next round tries again.
  }
}
