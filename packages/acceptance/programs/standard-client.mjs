// A client by a WebSocket class: the runtime's own, or that of npm's ws when the first argument is "ws". It takes steps as
// client.mjs does.
import { obeyLines, say } from "./lines.mjs";
import { converse } from "./standard-steps.mjs";

const isWs = process.argv[2] === "ws";
const WebSocket = isWs ? (await import("ws")).WebSocket : globalThis.WebSocket;

await obeyLines(async ({ url, protocols, options, steps }) => {
  // Bun's class takes its options where the standard's takes subprotocols.
  const second = options !== undefined && !isWs ? { protocols, ...options } : protocols;
  say(await converse(new WebSocket(url, second, ...(isWs ? [options] : [])), steps));
});
