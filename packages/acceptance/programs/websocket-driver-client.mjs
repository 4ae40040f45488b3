// A client by npm's websocket-driver, the protocol without a socket that Faye is built on. It takes steps as client.mjs does.
import { connect as connectTcp } from "node:net";
import { connect as connectTls } from "node:tls";
import websocket from "websocket-driver";
import { obeyLines, say } from "./lines.mjs";
import { described, pattern } from "./messages.mjs";

/** Values to be awaited in their order. */
function queue() {
  const values = [];
  const waiting = [];
  return {
    put: (value) => (waiting.length > 0 ? waiting.shift()(value) : values.push(value)),
    take: () =>
      values.length > 0
        ? Promise.resolve(values.shift())
        : new Promise((resolve) => waiting.push(resolve)),
  };
}

async function take({ driver, messages, closed }, step, argument, more) {
  switch (step) {
    case "text":
      driver.text(argument);
      return "sent";
    case "bytes":
      driver.binary(Buffer.from(pattern(argument)));
      return "sent";
    case "ping":
      return await new Promise((resolve) => driver.ping("are you there?", () => resolve(true)));
    case "receive":
      return described(await messages.take());
    case "close":
      driver.close(more, argument);
      return await closed.take();
    case "closed":
      return await closed.take();
    case "protocol":
      return driver.protocol;
    default:
      throw new Error(`bug: no such step: ${step}`);
  }
}

await obeyLines(async ({ url, protocols, options, steps }) => {
  const { hostname, port, protocol } = new URL(url);
  const place = { port: Number(port), host: hostname };
  const tcp = protocol === "wss:" ? connectTls({ ...place, ...options }) : connectTcp(place);
  const driver = websocket.client(url, { protocols });
  const messages = queue();
  const closed = queue();
  driver.on("message", ({ data }) =>
    messages.put(typeof data === "string" ? data : new Uint8Array(data)),
  );
  driver.on("close", ({ code, reason }) => closed.put({ code, reason }));
  const error = await new Promise((resolve) => {
    driver.on("open", () => resolve(null));
    driver.on("error", ({ message }) => resolve(message));
    tcp.on("error", ({ message }) => resolve(message));
    tcp.on(protocol === "wss:" ? "secureConnect" : "connect", () => driver.start());
    tcp.pipe(driver.io).pipe(tcp);
  });
  if (error !== null) return say({ error });
  const results = [];
  for (const [step, ...its] of steps) {
    results.push(await take({ driver, messages, closed }, step, ...its));
  }
  say({ results });
});
