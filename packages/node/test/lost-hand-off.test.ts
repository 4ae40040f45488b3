/** Connections on their way to another process that ends meanwhile, over real channels: no peer is left with a silent connection. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { sendConnection } from "../src/hand-off.ts";
import { connect, createServer, serve } from "../src/index.ts";

function otherProcess(): ChildProcess {
  const child = fork(fileURLToPath(new URL("keeping.mjs", import.meta.url)), { execArgv: [] });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

async function serverWithClients(count: number) {
  const server = await serve({ hostname: "127.0.0.1", message() {} });
  onTestFinished(() => server.shutdown());
  const clients = await Promise.all(Array.from({ length: count }, () => connect(server.url)));
  for (const client of clients) onTestFinished(() => client.abort());
  await expect.poll(() => server.sockets.length).toBe(count);
  return { server, clients };
}

async function outcome(sending: Promise<void>): Promise<string> {
  return sending.then(
    () => "sent",
    (error: Error) => error.message,
  );
}

const LOST = /the other process ended before it had the connection/;

test("a process that ends with connections on their way: every peer hears of it, and every promise settles", async () => {
  const { server, clients } = await serverWithClients(3);
  const child = otherProcess();
  await once(child, "spawn");
  child.kill("SIGSTOP");
  const outcomes = server.sockets.map((socket) => outcome(sendConnection(socket, child)));
  await expect.poll(() => server.connections).toBe(0);
  child.kill("SIGKILL");
  for (const { closed } of clients) expect((await closed).error?.code).toBe("no-close");
  // The channel had the first one. The others waited for it in the channel's own queue.
  const [, ...queued] = await Promise.all(outcomes);
  expect(queued).toHaveLength(2);
  for (const message of queued) expect(message).toMatch(LOST);
});

test("a process that was killed a moment before: the peer hears of it", async () => {
  const { server, clients } = await serverWithClients(1);
  const child = otherProcess();
  await once(child, "spawn");
  child.kill("SIGKILL");
  void outcome(sendConnection(server.sockets[0]!, child));
  expect((await clients[0]!.closed).error?.code).toBe("no-close");
});

test("data that cannot be text rejects, and the peer hears of it", async () => {
  const { server, clients } = await serverWithClients(1);
  const sending = sendConnection(server.sockets[0]!, otherProcess(), { data: 7n });
  await expect(sending).rejects.toThrow(TypeError);
  expect((await clients[0]!.closed).error?.code).toBe("no-close");
});

test("a connection that the other process has is none of this process's business: nothing cuts it off, and servers close", async () => {
  const http = createHttpServer();
  const server = createServer({ dangerouslyAllowAnyOrigin: true, message() {} });
  http.on("upgrade", (request, socket, head) => server.handleUpgrade(request, socket, head));
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const client = await connect(`ws://127.0.0.1:${(http.address() as AddressInfo).port}`);
  onTestFinished(() => client.abort());
  await expect.poll(() => server.sockets.length).toBe(1);
  const child = otherProcess();
  const arrived = once(child, "message");
  await sendConnection(server.sockets[0]!, child);
  expect(await arrived).toEqual([1, undefined]);
  const closed = once(http, "close");
  http.close();
  await closed;
  expect(client.state).toBe("open");
  child.kill("SIGKILL");
  expect((await client.closed).error?.code).toBe("no-close");
});
