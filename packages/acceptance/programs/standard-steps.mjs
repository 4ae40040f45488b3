/** The steps of client.mjs, taken by any WebSocket class that is the standard's or like it. Runs in a page too. */
import { described, pattern } from "./messages.mjs";

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
      socket.send(argument);
      return "sent";
    case "bytes":
      socket.send(pattern(argument));
      return "sent";
    // What the standard's class cannot do, and ws can.
    case "stream":
      for (const part of argument.slice(0, -1)) socket.send(part, { fin: false });
      socket.send(argument.at(-1), { fin: true });
      return "sent";
    case "ping":
      return await new Promise((resolve) => {
        socket.once("pong", () => resolve(true));
        socket.ping("are you there?");
      });
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

/** @returns what the steps gave, or why it did not open. */
export async function converse(socket, steps) {
  const heard = listen(socket);
  const error = await new Promise((resolve) => {
    socket.addEventListener("open", () => resolve(null));
    socket.addEventListener("error", (event) => resolve(String(event.message ?? "no message")));
  });
  if (error !== null) return { error };
  const results = [];
  for (const [step, ...its] of steps) results.push(await take(socket, heard, step, ...its));
  return { results };
}
