// A client of the adapter that is named first. Each line has it connect and take the steps that it is told.
import { obeyLines, say } from "./lines.mjs";
import { described, pattern } from "./messages.mjs";

const [adapter] = process.argv.slice(2);
const { connect } = await import(adapter);

function closing({ code, reason, wasClean, initiator, error }) {
  return { code, reason, wasClean, initiator, error: error?.code ?? null };
}

/** Everything that comes until the end, and the end. */
async function recount(socket) {
  const messages = [];
  let thrown = null;
  try {
    for await (const message of socket) messages.push(described(message));
  } catch (error) {
    thrown = error.code;
  }
  const info = await socket.closed;
  const { transportError: _, ...ended } = info.ended; // it is the runtime's to word
  return {
    messages,
    thrown,
    ...closing(info),
    ended,
    state: socket.state,
  };
}

async function take(socket, step, argument, more) {
  switch (step) {
    case "text":
      return await socket.send(argument);
    case "bytes":
      return await socket.send(pattern(argument));
    case "stream":
      return await socket.sendStream(argument);
    case "ping":
      return (await socket.ping()) >= 0;
    case "receive":
      for await (const message of socket) return described(message);
      return null;
    case "close":
      return closing(await socket.close(argument, more));
    case "closed":
      return closing(await socket.closed);
    case "recount":
      return await recount(socket);
    case "abort":
      return socket.abort();
    case "protocol":
      return socket.protocol;
    default:
      throw new Error(`bug: no such step: ${step}`);
  }
}

await obeyLines(async ({ url, options, steps }) => {
  const results = [];
  try {
    const socket = await connect(url, options);
    for (const [step, ...its] of steps) results.push(await take(socket, step, ...its));
    say({ results });
  } catch ({ name, code, status, message, violation, response }) {
    say({ error: { name, code, status }, message, violation, response, results });
  }
});
