/**
 * A front on one machine: does the opening handshake, chooses a worker by the path, and sends the worker the connection. From
 * then on no byte of the connection goes through the front.
 */
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { type NodeServer, serve } from "@sansocket/node";
import { sendConnection } from "@sansocket/node/hand-off";
import { type Count, START } from "./counting.ts";

export interface Front {
  readonly url: string;
  readonly server: NodeServer<Count>;
  readonly workers: readonly ChildProcess[];
  stop(): Promise<void>;
}

export function startWorker(): ChildProcess {
  return fork(fileURLToPath(new URL("worker.js", import.meta.url)));
}

/** "/0" goes to the first worker, "/1" to the second one. */
export async function startFront(workerCount: number): Promise<Front> {
  const workers = Array.from({ length: workerCount }, startWorker);
  const server = await serve<Count>({
    hostname: "127.0.0.1",
    upgrade(request) {
      const isKnown = workers[Number(request.target.slice(1))] !== undefined;
      return isKnown
        ? request.accept({ data: { ...START } })
        : request.reject(404, { body: `there is no worker for ${request.target}` });
    },
    open(socket) {
      const worker = workers[Number(socket.request!.target.slice(1))]!;
      // Not awaited: a connection moves when its hooks have returned.
      sendConnection(socket, worker, { data: () => socket.data }).catch(() => socket.abort());
    },
  });
  return {
    url: server.url,
    server,
    workers,
    async stop() {
      await server.shutdown();
      for (const worker of workers) worker.disconnect();
    },
  };
}
