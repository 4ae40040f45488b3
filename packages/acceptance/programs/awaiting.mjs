// A program that awaits, in the way that is named second, what only a timer of the adapter can bring: its connections are
// streams in memory, or sockets that are not read from, and keep no process alive. It says what it got, and ends with 0.
import { once } from "node:events";
import { connect as connectTcp } from "node:net";
import { say } from "./lines.mjs";

const [adapter, way] = process.argv.slice(2);
const { connect, createServer, fromStreams, serve } = await import(adapter);

/** What the timers of these programs take, ms. */
const SHORT = 200;

const REQUEST =
  "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
const MESSAGE = Uint8Array.of(0x82, 0x81, 0, 0, 0, 0, 7);

function deferred() {
  let resolve;
  const promise = new Promise((own) => {
    resolve = own;
  });
  return { promise, resolve };
}

/** One end of a connection in memory whose peer takes everything, and says only what it is told to. */
function silentPeer() {
  let controller;
  const readable = new ReadableStream({
    start(own) {
      controller = own;
    },
  });
  const writable = new WritableStream({});
  return {
    streams: { readable, writable },
    says: (bytes) => controller.enqueue(bytes),
    ends: () => controller.close(),
  };
}

/** A server's side of a connection that was opened in memory. */
async function opened(options) {
  const peer = silentPeer();
  const open = deferred();
  const server = createServer({
    ...options,
    open(socket) {
      open.resolve(socket);
      return options.open?.(socket);
    },
  });
  server.accept(fromStreams(peer.streams));
  peer.says(new TextEncoder().encode(REQUEST));
  return { server, peer, socket: await open.promise };
}

const QUIET = { idle: 0, ping: 0 };

const WAYS = {
  async "connect, whose handshake is never answered"() {
    const { streams } = silentPeer();
    const options = { socket: fromStreams(streams), timeouts: { handshake: SHORT } };
    await connect("ws://a/", options).catch(({ code }) => say({ code }));
  },
  async "close, whose peer is silent"() {
    const { socket } = await opened({ message() {}, timeouts: { ...QUIET, close: SHORT } });
    const { code } = await socket.close();
    say({ code });
  },
  async "ping, whose peer is silent"() {
    const timeouts = { ...QUIET, pong: SHORT, close: SHORT };
    const { socket } = await opened({ message() {}, timeouts });
    say({ ping: await socket.ping() });
  },
  async "close behind a stream whose source is silent"() {
    const { socket } = await opened({ message() {}, timeouts: { ...QUIET, close: SHORT } });
    void socket.sendStream({
      [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }),
    });
    const { code } = await socket.close();
    say({ code });
  },
  async "shutdown, whose peer is silent"() {
    const { server } = await opened({ message() {}, timeouts: { ...QUIET, close: 60_000 } });
    await server.shutdown({ grace: SHORT });
    say({ connections: server.connections });
  },
  async "shutdown, with a hook that never finishes"() {
    const { server, peer } = await opened({
      message: () => new Promise(() => {}),
      timeouts: QUIET,
    });
    peer.says(MESSAGE);
    await server.shutdown({ grace: SHORT });
    say({ connections: server.connections });
  },
  async "the close hook of a paused socket"() {
    const end = deferred();
    const { peer } = await opened({
      open: (socket) => socket.pause(),
      message() {},
      close: (_, { undelivered }) => end.resolve(undelivered),
      timeouts: { ...QUIET, close: SHORT },
    });
    peer.says(MESSAGE);
    peer.ends();
    say({ undelivered: await end.promise });
  },
  async "closed, while a hook never finishes"() {
    const { socket, peer } = await opened({
      message: () => new Promise(() => {}),
      timeouts: { ...QUIET, close: SHORT },
    });
    peer.says(MESSAGE);
    peer.says(Uint8Array.of(0x88, 0x82, 0, 0, 0, 0, 3, 232));
    const { code } = await socket.closed;
    say({ code });
  },
  async "shutdown, with a socket that is not read from"() {
    const full = deferred();
    const server = await serve({
      hostname: "127.0.0.1",
      limits: { undelivered: 0 },
      message() {
        full.resolve();
        return new Promise(() => {});
      },
      timeouts: QUIET,
    });
    // The client's side is let go of by the process as well: nothing of it is read, and nothing is awaited.
    const { port } = server.address;
    const client = connectTcp({ port, host: "127.0.0.1" });
    client.pause();
    client.unref();
    client.on("error", () => {});
    await Promise.race([once(client, "connect"), full.promise]);
    client.write(Buffer.concat([Buffer.from(REQUEST), MESSAGE, MESSAGE, MESSAGE]));
    await full.promise;
    await server.shutdown({ grace: SHORT });
    say({ connections: server.connections });
    client.destroy();
  },
};

await WAYS[way]();
say({ done: way });
