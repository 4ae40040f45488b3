/** Writes HTTP heads and bodies into the output: the only output of the engine that is no frame. */
import { commitOutput, reserveOutput } from "../bytes/output-queue.ts";
import type { Connection } from "../connection/connection.ts";

/** Queues a head, whose characters are all below U+0100, and the body behind it. */
export function queueHead(connection: Connection, head: string, body: Uint8Array | null): void {
  const bodyLength = body === null ? 0 : body.length;
  const memory = reserveOutput(connection.output, head.length + bodyLength);
  let at = connection.output.to;
  for (let index = 0; index < head.length; index += 1) {
    memory.bytes[at] = head.charCodeAt(index);
    at += 1;
  }
  if (body !== null) memory.bytes.set(body, at);
  commitOutput(connection.output, head.length + bodyLength);
}
