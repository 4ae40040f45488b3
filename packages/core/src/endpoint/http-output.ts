/** Writes HTTP heads and bodies into the output: the only output of the engine that is no frame. */
import { encodeLatin1 } from "../bytes/latin1.ts";
import { commitOutput, reserveOutput } from "../bytes/output-queue.ts";
import type { Connection } from "../connection/connection.ts";

/** Queues a head, whose characters are all below U+0100, and the body behind it. */
export function queueHead(connection: Connection, head: string, body: Uint8Array | null): void {
  const bodyLength = body === null ? 0 : body.length;
  const memory = reserveOutput(connection.output, head.length + bodyLength);
  const at = encodeLatin1(head, memory.bytes, connection.output.to);
  if (body !== null) memory.bytes.set(body, at);
  commitOutput(connection.output, head.length + bodyLength);
}
