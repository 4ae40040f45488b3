// A program that uses the adapter that is named first, in the way that is named second, and then has nothing more to do:
// its process must end by itself, with 0. What it says last is what it was sure of until then.
import { say } from "./lines.mjs";

const [adapter, way, settings] = process.argv.slice(2);
const { serve, connect, WebSocket } = await import(adapter);
const { cert, key, silentPort } = JSON.parse(settings);

const echo = {
  hostname: "127.0.0.1",
  message: (socket, message) => void socket.write(message),
  error: () => {},
};
const trusting = { tls: { ca: cert } };

const WAYS = {
  async "closed and shut down"() {
    const server = await serve(echo);
    const socket = await connect(server.url);
    await socket.ping();
    await socket.close();
    await server.shutdown();
  },
  async "closed and shut down, with TLS"() {
    const server = await serve({ ...echo, tls: { cert, key } });
    const socket = await connect(server.url, trusting);
    await socket.ping();
    await socket.close();
    await server.shutdown();
  },
  async "shut down alone"() {
    const server = await serve(echo);
    for (let count = 0; count < 3; count += 1) await connect(server.url);
    await server.shutdown();
  },
  async aborted() {
    const server = await serve(echo);
    const socket = await connect(server.url);
    socket.abort();
    await socket.closed;
    await server.shutdown();
  },
  async refused() {
    const server = await serve({ ...echo, upgrade: (request) => request.reject() });
    await connect(server.url).catch(({ code }) => say({ code }));
    await server.shutdown();
  },
  async "given up while waiting for the answer"() {
    const url = `ws://127.0.0.1:${silentPort}`;
    await connect(url, { timeouts: { handshake: 50 } }).catch(({ code }) => say({ code }));
  },
  async "given up during the TLS handshake"() {
    const url = `wss://127.0.0.1:${silentPort}`;
    await connect(url, { timeouts: { handshake: 50 } }).catch(({ code }) => say({ code }));
  },
  // Of 1011 and the like the peers hear; a program that awaits nothing must not die of it.
  async "nothing awaited"() {
    const server = await serve({
      ...echo,
      message() {
        throw new Error("as asked");
      },
      open: async () => {
        throw new Error("as asked");
      },
    });
    const socket = await connect(server.url);
    void socket.send("x");
    void socket.ping();
    void socket.sendStream(
      (async function* () {
        yield "a part";
        throw new Error("as asked");
      })(),
    );
    void socket.close();
    await socket.closed;
    await server.shutdown();
  },
  async "a WebSocket that was closed"() {
    const server = await serve(echo);
    const socket = new WebSocket(server.url);
    await new Promise((resolve) => {
      socket.onopen = () => socket.close();
      socket.onclose = resolve;
    });
    await server.shutdown();
  },
};

await WAYS[way]();
say({ done: way });
