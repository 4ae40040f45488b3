// A client by the runtime's own WebSocket class, which takes steps as client.mjs does.
import { described, obeyLines, pattern, say } from "./lines.mjs";

/** @param {WebSocket} socket */
function listen(socket) {
  const messages = [];
  let wake = () => {};
  let closed = null;
  socket.binaryType = "arraybuffer";
  socket.addEventListener("message", ({ data }) => {
    messages.push(typeof data === "string" ? data : new Uint8Array(data));
    wake();
  });
  socket.addEventListener("close", ({ code, reason, wasClean }) => {
    closed = { code, reason, wasClean };
    wake();
  });
  const until = async (isSo) => {
    while (!isSo()) {
      await new Promise((resolve) => {
        wake = resolve;
      });
    }
  };
  return {
    async message() {
      await until(() => messages.length > 0 || closed !== null);
      return messages.length > 0 ? described(messages.shift()) : { closed };
    },
    async closed() {
      await until(() => closed !== null);
      return closed;
    },
  };
}

async function take(socket, heard, step, argument, more) {
  switch (step) {
    case "text":
      return socket.send(argument);
    case "octets":
      return socket.send(pattern(argument));
    case "receive":
      return await heard.message();
    case "close":
      socket.close(argument, more);
      return await heard.closed();
    case "closed":
      return await heard.closed();
    case "protocol":
      return socket.protocol;
    default:
      throw new Error(`bug: no such step: ${step}`);
  }
}

await obeyLines(async ({ url, options, steps }) => {
  const results = [];
  const socket = new WebSocket(url, options ?? []);
  const heard = listen(socket);
  const error = await new Promise((resolve) => {
    socket.addEventListener("open", () => resolve(null));
    socket.addEventListener("error", (event) => resolve(event.message ?? "error"));
  });
  if (error !== null) return say({ error: { name: "event" }, message: error, results });
  for (const [step, ...its] of steps) results.push(await take(socket, heard, step, ...its));
  say({ results });
});
