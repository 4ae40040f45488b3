/** The fast path of an echo. `quick-path` has a part of its condition. */
import { commitOutput, reserveOutput } from "../bytes/output-queue.ts";
import { FIN } from "../frame/frame-header.ts";
import { Opcode } from "../frame/opcode.ts";
import { type Connection, InputEnd, Writing } from "./connection.ts";

/** Opcode and length, one byte each, as the first two bytes of a frame without a payload. */
const EMPTY_BINARY: number = (FIN | Opcode.Binary) << 8;
const HEADER_BYTES = 2;
/** Up to this length the copy by words is the cheapest. */
const ECHO_UP_TO = 64;
/** The copy takes whole words, and so up to three bytes behind the payload. Nobody reads them there. */
const WORD_BYTES = 4;

/**
 * Sends the short binary message back that the cursor stands on. Its range is the engine's own and its bytes lie in the window,
 * so nothing of the arguments is left to be judged: 16 bytes in and out take 46 ns in place of 60 (Node 20), 35 in place of 45
 * (Node 26), 36 in place of 43 (Deno), 37 in place of 40 (Bun).
 * @returns false when `sendBinary` has to judge and to send. Nothing is changed then.
 */
export function quickEcho(
  connection: Connection,
  bytes: Uint8Array,
  start: number,
  end: number | undefined,
): boolean {
  const { memory, output, eventEnd } = connection;
  if (!connection.isQuick || memory === null || bytes !== memory.bytes) return false;
  if (start !== connection.eventStart || end !== eventEnd || connection.outgoing !== null) {
    return false;
  }
  if (connection.writing !== Writing.Open || connection.inputEnd !== InputEnd.Unknown) return false;
  const length = eventEnd - start;
  const source = memory.view;
  if (connection.role.masks || length > ECHO_UP_TO) return false;
  if (eventEnd + WORD_BYTES > source.byteLength) return false;
  if (output.queued + output.lent + length > connection.settings.limits.unsent) return false;
  const target = reserveOutput(output, HEADER_BYTES + length + WORD_BYTES).view;
  const at = output.to + HEADER_BYTES;
  target.setUint16(output.to, EMPTY_BINARY | length);
  for (let index = 0; index < length; index += WORD_BYTES) {
    target.setInt32(at + index, source.getInt32(start + index));
  }
  commitOutput(output, HEADER_BYTES + length);
  return true;
}
