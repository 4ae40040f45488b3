/** A client that comes back: later each time, never in step with others, and not where it is not wanted. */
import { setTimeout as delay } from "node:timers/promises";
import { ConnectError, ConnectionError, connect, type Message } from "@sansocket/node";

/** All messages, over as many connections as it takes, until `signal` aborts; throws when trying again is of no use. */
export async function* messagesOf(
  url: string,
  signal: AbortSignal,
  { first = 500, longest = 30_000 } = {}, // ms, at most, before the first try after a failure, and before any
): AsyncGenerator<Message, void> {
  for (let failures = 0; !signal.aborted; failures += 1) {
    try {
      const socket = await connect(url, { signal });
      const close = () => void socket.close(1001);
      signal.addEventListener("abort", close);
      try {
        for await (const message of socket) {
          failures = 0; // only now: a server that accepts everyone and drops them is not well
          yield message;
        }
        if ((await socket.closed).code === 1000) return; // the server has said everything
      } finally {
        signal.removeEventListener("abort", close);
        await socket.close(); // whoever leaves the loop leaves the server
      }
    } catch (error) {
      if (!isPassing(error)) throw error;
    }
    // Full jitter: the clients of a server that restarts must not all come back in the same moment.
    const pause = Math.random() * Math.min(longest, first * 2 ** failures);
    await delay(pause, undefined, { signal }).catch(() => {});
  }
}

/** A refusal with 4xx stays one: not logged in, no such path. Only "too many requests" passes. */
function isPassing(error: unknown): boolean {
  const isRefusal = error instanceof ConnectError && error.code === "refused";
  if (isRefusal) return error.status >= 500 || error.status === 429;
  return error instanceof ConnectError || error instanceof ConnectionError;
}
