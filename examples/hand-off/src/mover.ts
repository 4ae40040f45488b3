/**
 * One of two processes between which connections move to and fro: `node dist/mover.js <moves>`. The process that a person
 * starts listens; it starts the other one. Each prints, or sends to its parent, how long the moves took.
 */
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { createServer, type ServerOptions, type Socket, serve } from "@sansocket/node";
import { receiveConnections, sendConnection } from "@sansocket/node/hand-off";
import { type Count, count, START } from "./counting.ts";

interface Moving extends Count {
  /** When the last move began, ms since 1970. */
  movedAt: number;
}

/** Messages between two moves: enough for both processes to answer some, with others on their way. */
const MESSAGES_BETWEEN = 7;
const mostMoves = Number(process.argv[2] ?? 20);
const isFirst = process.argv[3] !== "second";
const clock = (): number => performance.timeOrigin + performance.now();

/** ms of each move, from the wish to the first moment at the other process. */
const took: number[] = [];
let other: ChildProcess | NodeJS.Process = process;

const hooks: ServerOptions<Moving> = {
  upgrade: (request) => request.accept({ data: { ...START, movedAt: 0 } }),
  adopted(socket) {
    took.push(clock() - socket.data.movedAt);
    socket.data.moves += 1;
  },
  message(socket, message) {
    count(socket, message);
    const { received, moves } = socket.data;
    if (moves < mostMoves && received % MESSAGES_BETWEEN === 0) void move(socket);
  },
};

const moving = new WeakSet<Socket<Moving>>();

async function move(socket: Socket<Moving>): Promise<void> {
  if (moving.has(socket)) return;
  moving.add(socket);
  const movedAt = clock();
  try {
    await sendConnection(socket, other, { data: () => ({ ...socket.data, movedAt }) });
  } catch {
    moving.delete(socket); // the client has closed meanwhile
  }
}

if (isFirst) {
  const server = await serve<Moving>({ ...hooks, hostname: "127.0.0.1" });
  const child = fork(fileURLToPath(import.meta.url), [String(mostMoves), "second"]);
  other = child;
  receiveConnections(server, child);
  console.log(server.url);
  process.stdin.on("end", () => {
    child.send("report");
    child.on("message", (report: { took?: number[] }) => {
      if (report.took === undefined) return;
      console.log(JSON.stringify([...took, ...report.took]));
      child.disconnect();
      void server.shutdown();
    });
  });
  process.stdin.resume();
} else {
  const server = createServer<Moving>(hooks);
  receiveConnections(server, process);
  process.on("message", (message) => {
    if (message === "report") process.send!({ took });
  });
  process.on("disconnect", () => void server.shutdown().then(() => process.exit()));
}
