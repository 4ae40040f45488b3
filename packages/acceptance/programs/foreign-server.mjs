// An echo server by the runtime's own means, Bun.serve or Deno.serve, or on Node by npm's ws; plain and with TLS, and by ws on
// a unix socket where the settings have a path.
import { createServer as createHttpServer } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { obeyLines, say } from "./lines.mjs";
import { described } from "./messages.mjs";

const { cert, key, path, perMessageDeflate = true } = JSON.parse(process.argv[2]);

/** What an echo does not do, as in server.mjs. */
function obey(socket, message) {
  const [order, ...words] = message.split(" ");
  if (order !== "!close") throw new Error(`bug: no such order: ${order}`);
  socket.close(Number(words[0]), words.slice(1).join(" "));
}

function hear(socket, message) {
  say({ event: "message", ...described(message) });
  if (typeof message === "string" && message[0] === "!") obey(socket, message);
  else if ("Bun" in globalThis)
    socket.send(message, true); // Bun compresses what it is told to
  else socket.send(message);
}

function serveWithBun(tls) {
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    ...(tls && { tls: { cert, key } }),
    fetch(request, bun) {
      const offered = request.headers.get("sec-websocket-protocol");
      const headers = offered === null ? {} : { "Sec-WebSocket-Protocol": offered.split(",")[0] };
      if (bun.upgrade(request, { headers })) return;
      return new Response("no WebSocket", { status: 400 });
    },
    websocket: {
      perMessageDeflate,
      message: hear,
      close: (_socket, code, reason) => say({ event: "close", code, reason }),
    },
  });
  return Promise.resolve(server.port);
}

function serveWithDeno(tls) {
  return new Promise((resolve) => {
    Deno.serve(
      {
        hostname: "127.0.0.1",
        port: 0,
        ...(tls && { cert, key }),
        onListen: ({ port }) => resolve(port),
      },
      (request) => {
        const offered = request.headers.get("sec-websocket-protocol");
        const protocol = offered === null ? {} : { protocol: offered.split(",")[0] };
        const { socket, response } = Deno.upgradeWebSocket(request, protocol);
        socket.binaryType = "arraybuffer";
        socket.onmessage = ({ data }) =>
          hear(socket, typeof data === "string" ? data : new Uint8Array(data));
        socket.onclose = ({ code, reason }) => say({ event: "close", code, reason });
        return response;
      },
    );
  });
}

async function serveWithWs(tls, place = { port: 0, host: "127.0.0.1" }) {
  const { WebSocketServer } = await import("ws");
  const server = tls ? createHttpsServer({ cert, key }) : createHttpServer();
  new WebSocketServer({ server, perMessageDeflate }).on("connection", (socket) => {
    socket.on("message", (data, isBinary) =>
      hear(socket, isBinary ? new Uint8Array(data) : data.toString()),
    );
    socket.on("close", (code, reason) => say({ event: "close", code, reason: reason.toString() }));
  });
  await new Promise((resolve) => server.listen(place, resolve));
  return server.address().port;
}

function startHere() {
  if ("Deno" in globalThis) return serveWithDeno;
  return "Bun" in globalThis ? serveWithBun : serveWithWs;
}

const start = startHere();
if (path !== undefined) await serveWithWs(false, { path });
say({ listening: { plain: await start(false), secure: await start(true) } });
await obeyLines(() => {});
