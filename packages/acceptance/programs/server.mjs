// An echo server of the adapter that is named first, plain and with TLS, and on a unix socket where the settings have a
// path, which tells what its hooks hear. Texts that begin with "!" have it do what an echo does not.
import { obeyLines, say } from "./lines.mjs";
import { described, pattern } from "./messages.mjs";

const [adapter, settings] = process.argv.slice(2);
const { deflate, serve } = await import(adapter);
const { cert, key, path, deflateOptions, ...rest } = JSON.parse(settings);

function obey(socket, [order, ...words]) {
  switch (order) {
    case "!close":
      return void socket.close(Number(words[0] ?? 1000), words.slice(1).join(" "));
    case "!abort":
      return socket.abort();
    case "!ping":
      return void socket.ping(Uint8Array.of(1, 2, 3));
    case "!stream":
      return void socket.sendStream(["one ", "two ", "three"]);
    case "!send":
      return void socket.write(pattern(Number(words[0])));
    case "!throw":
      throw new Error("as asked");
    case "!reject":
      return Promise.reject(new Error("as asked"));
    default:
      throw new Error(`bug: no such order: ${order}`);
  }
}

const options = {
  protocols: ["chat"],
  timeouts: { idle: 0, ping: 0 },
  ...rest,
  ...(deflateOptions && { perMessageDeflate: deflate(deflateOptions) }),
  async upgrade(request) {
    const { target, origin, protocols } = request;
    say({ event: "upgrade", target, origin, protocols });
    if (target === "/refuse") {
      return request.reject(401, { headers: { "WWW-Authenticate": "Basic" }, body: "no entry\n" });
    }
    if (target === "/throw") throw new Error("as asked");
    if (target === "/never") await new Promise(() => {});
    if (target === "/late") await new Promise((resolve) => setTimeout(resolve, 5));
    const headers =
      target === "/cookies"
        ? [
            ["Set-Cookie", "a=1"],
            ["Set-Cookie", "b=2"],
          ]
        : [];
    return request.accept({ headers });
  },
  request({ method, target }) {
    say({ event: "request", method, target });
    return target === "/plain"
      ? { headers: { "Content-Type": "text/plain" }, body: "plain\n" }
      : { status: 404 };
  },
  open: (socket) => say({ event: "open", protocol: socket.protocol }),
  message(socket, message) {
    say({ event: "message", ...described(message) });
    if (typeof message === "string" && message[0] === "!") return obey(socket, message.split(" "));
    socket.write(message);
  },
  ping: (_socket, payload) => say({ event: "ping", payload: [...payload] }),
  pong: (_socket, payload) => say({ event: "pong", payload: [...payload] }),
  close(_socket, { code, reason, wasClean, initiator, error }) {
    const violation = error?.violation?.kind ?? null;
    say({
      event: "close",
      code,
      reason,
      wasClean,
      initiator,
      error: error?.code ?? null,
      violation,
    });
  },
  error(socket, error) {
    const violation = error.violation?.kind ?? null;
    say({ event: "error", isAboutSocket: socket !== null, code: error.code, violation });
  },
};

const loopback = { ...options, hostname: "127.0.0.1" };
const plain = await serve(loopback);
const secure = await serve({ ...loopback, tls: { cert, key } });
const servers = [plain, secure];
if (path !== undefined) servers.push(await serve({ ...options, path }));
say({ listening: { plain: plain.address.port, secure: secure.address.port } });

await obeyLines(async (command) => {
  // Once nothing is left of any connection, everything there is to hear of it has been heard.
  while (servers.some(({ connections }) => connections > 0)) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  say({ settled: command.settled });
});
