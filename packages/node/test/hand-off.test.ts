/** Connections between two processes, with the channel and its other end in this process. The programs are in examples/hand-off. */
import { EventEmitter, once } from "node:events";
import { certificate } from "@sansocket/workshop/certificate";
import { describe, expect, onTestFinished, test } from "vitest";
import { type Channel, receiveConnections, release, sendConnection } from "../src/hand-off.ts";
import { connect, createServer, MisuseError, serve } from "../src/index.ts";
import { canReadIntoScratch, forgetTrial } from "../src/scratch-reading.ts";

async function frontAndClient(options: object = {}, ca: string | null = null) {
  const front = await serve({ hostname: "127.0.0.1", ...options });
  onTestFinished(() => front.shutdown());
  const client = await connect(front.url, ca === null ? {} : { tls: { ca } });
  await expect.poll(() => front.sockets.length).toBe(1);
  return { front, client, socket: front.sockets[0]! };
}

/** The message of `sendConnection`, and its socket, as the channel brings them. */
async function sentBy(socket: Parameters<typeof sendConnection>[0], data?: unknown) {
  const sent: { message?: object; handle?: unknown } = {};
  const channel = {
    connected: true,
    send(message: object, handle: unknown, _: object, callback: (error: Error | null) => void) {
      Object.assign(sent, { message: JSON.parse(JSON.stringify(message)), handle });
      callback(null);
    },
  };
  await sendConnection(socket, channel as unknown as Channel, { data });
  return sent as { message: object; handle: import("node:net").Socket };
}

function echoes(channel: EventEmitter) {
  const errors: string[] = [];
  const server = createServer<{ user: number }>({
    upgrade: (request) => request.reject(404),
    message: (socket, message) => void socket.write(`${socket.data?.user}: ${String(message)}`),
    error: (_, { code }) => void errors.push(code),
  });
  onTestFinished(() => server.shutdown());
  receiveConnections(server, channel as unknown as Channel);
  return { server, errors };
}

async function nextOf(client: AsyncIterable<unknown>): Promise<unknown> {
  for await (const message of client) return message;
  return "the end";
}

describe.each([true, false])("reading into the scratch: %s", (works) => {
  test("bytes that Node reads before the new server has the socket are not lost", async () => {
    forgetTrial(works ? null : false);
    if (works) await canReadIntoScratch();
    onTestFinished(() => forgetTrial(null));
    const { client, socket } = await frontAndClient();
    const { message, handle } = await sentBy(socket, { user: 7 });
    const channel = new EventEmitter();
    echoes(channel);
    client.write("early");
    handle.read(0);
    await once(handle, "readable");
    channel.emit("message", message, handle);
    expect(await nextOf(client)).toBe("7: early");
    client.write(new TextEncoder().encode("late"));
    expect(await nextOf(client)).toBe("7: 108,97,116,101");
    expect(await client.close()).toMatchObject({ wasClean: true });
  });

  test("bytes that wait in the kernel are not lost", async () => {
    forgetTrial(works ? null : false);
    if (works) await canReadIntoScratch();
    onTestFinished(() => forgetTrial(null));
    const { client, socket } = await frontAndClient();
    const { message, handle } = await sentBy(socket, { user: 8 });
    const channel = new EventEmitter();
    echoes(channel);
    await client.send("early");
    channel.emit("message", message, handle);
    expect(await nextOf(client)).toBe("8: early");
  });
});

test("other messages of the channel are left alone, and a damaged one closes its socket and is told", async () => {
  const { client, socket } = await frontAndClient();
  const { message, handle } = await sentBy(socket);
  const channel = new EventEmitter();
  const { server, errors } = echoes(channel);
  for (const other of [null, 7, "hello", {}, { sansocket: "hand-off 2" }])
    channel.emit("message", other);
  channel.emit("message", message); // the socket got lost on the way
  channel.emit("message", { ...message, snapshot: "AAAA" }, handle);
  expect(errors).toEqual(["accept-failed"]);
  expect(server.connections).toBe(0);
  expect((await client.closed).error?.code).toBe("no-close");
});

test("a connection of TLS stays where it is: its keys do not move", async () => {
  const { cert, key } = await certificate();
  const message = (own: { write(text: string): unknown }, text: string): void => {
    own.write(text);
  };
  const { client, socket } = await frontAndClient({ tls: { cert, key }, message }, cert);
  await expect(release(socket)).rejects.toThrow(MisuseError);
  await expect(release(socket)).rejects.toThrow(/keys of TLS/);
  client.write("still there");
  expect(await nextOf(client)).toBe("still there");
});

test("a channel that is closed, or none, is a MisuseError, and the connection stays", async () => {
  const { client, socket } = await frontAndClient({
    message: (own: { write(text: string): unknown }, text: string) => void own.write(text),
  });
  for (const channel of [{}, { send() {}, connected: false }]) {
    await expect(sendConnection(socket, channel as unknown as Channel)).rejects.toThrow(
      MisuseError,
    );
  }
  client.write("still there");
  expect(await nextOf(client)).toBe("still there");
});

test("data that the channel cannot carry rejects, and the peer is not left with a silent connection", async () => {
  const { client, socket } = await frontAndClient();
  await expect(sentBy(socket, 7n)).rejects.toThrow(TypeError);
  expect((await client.closed).error?.code).toBe("no-close");
});
