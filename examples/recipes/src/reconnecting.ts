/** A client that reconnects: later each time, at a random moment, and not to a server that has refused it. */
import { setTimeout as delay } from "node:timers/promises";
import { ConnectError, ConnectionError, connect, type Message } from "@sansocket/node";

/** Gives all messages, over many connections, until `signal` aborts. Throws when another try cannot help. */
export async function* messagesOf(
  url: string,
  signal: AbortSignal,
  { first = 500, longest = 30_000 } = {}, // ms: the longest pause after one failure, and after many
): AsyncGenerator<Message, void> {
  for (let failures = 0; !signal.aborted; failures += 1) {
    try {
      const socket = await connect(url, { signal });
      const close = () => void socket.close(1001);
      signal.addEventListener("abort", close);
      try {
        for await (const message of socket) {
          failures = 0; // only now: a server may accept a client and drop it at once
          yield message;
        }
        if ((await socket.closed).code === 1000) return; // the server has nothing more to say
      } finally {
        signal.removeEventListener("abort", close);
        await socket.close(); // leaving the loop closes the connection
      }
    } catch (error) {
      if (!isPassing(error)) throw error;
    }
    // A random pause (full jitter): after a restart the clients of a server must not all come back in the same moment.
    const pause = Math.random() * Math.min(longest, first * 2 ** failures);
    await delay(pause, undefined, { signal }).catch(() => {});
  }
}

/** A refusal with 4xx stays a refusal: not logged in, no such path. Only 429, "too many requests", passes. */
function isPassing(error: unknown): boolean {
  const isRefusal = error instanceof ConnectError && error.code === "refused";
  if (isRefusal) return error.status >= 500 || error.status === 429;
  return error instanceof ConnectError || error instanceof ConnectionError;
}
