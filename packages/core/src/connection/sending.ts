/** Messages out (RFC 6455 §6.1): whole ones and fragments. */
import { describeValue } from "../bytes/describe-value.ts";
import { requireBoolean } from "../bytes/given-arguments.ts";
import { isBytes } from "../bytes/is-bytes.ts";
import { encodedText } from "../bytes/kernels.ts";
import { MisuseError } from "../bytes/misuse-error.ts";
import type { ExtensionSession } from "../extension/extension.ts";
import { FIN } from "../frame/frame-header.ts";
import { Opcode } from "../frame/opcode.ts";
import {
  checkedFragment,
  createOutgoingMessage,
  encodeFragment,
  type OutgoingMessage,
} from "../message/outgoing-message.ts";
import { type Connection, isSendable } from "./connection.ts";
import { endAfterEscape } from "./escape.ts";
import { layText, queueApplicationData, queueFrame, quickFrame } from "./frame-output.ts";

/**
 * The result of a send. "queued": the message is queued. "closed": our Close was queued before, or the connection has
 * ended. The message was not queued; this race is no mistake of the caller. "full": the message would pass `limits.unsent`,
 * and was not queued; the caller can try again when `unsent` is lower.
 */
export type SendResult = "queued" | "closed" | "full";

/** Shorter text is encoded in one pass, into room for three bytes per code unit. Longer text is measured first. */
const MEASURE_TEXT_FROM = 1_024;

export function sendText(connection: Connection, text: string, compress: boolean): SendResult {
  if (typeof text !== "string") {
    throw new MisuseError("sendText takes a string: send bytes with sendBinary or sendFragment");
  }
  requireNoFragments(connection);
  if (!isSendable(connection)) return "closed";
  const { kernels } = connection.settings;
  const room = text.length < MEASURE_TEXT_FROM ? text.length * 3 : kernels.utf8Length(text);
  if (!fits(connection, room) && !fits(connection, kernels.utf8Length(text))) return "full";
  if (connection.session !== null && compress) {
    const payload = encodedText(kernels, text);
    return queueMessage(connection, Opcode.Text, payload, 0, payload.length, true);
  }
  layText(connection, FIN | Opcode.Text, text, room);
  return "queued";
}

export function sendBinary(
  connection: Connection,
  bytes: Uint8Array,
  start: number,
  end: number | undefined,
  compress: boolean,
): SendResult {
  if (!isBytes(bytes)) throw new MisuseError("sendBinary takes a Uint8Array");
  const to = end === undefined ? bytes.length : end;
  const areIntegers = Number.isInteger(start) && Number.isInteger(to);
  if (!areIntegers || start < 0 || start > to || to > bytes.length) {
    throw new MisuseError(
      `sendBinary range ${describeValue(start)} to ${describeValue(to)} is not within ${bytes.length} bytes`,
    );
  }
  requireNoFragments(connection);
  if (!isSendable(connection)) return "closed";
  if (!fits(connection, to - start)) return "full";
  const isCopied = connection.session === null && to - start < connection.settings.referenceFrom;
  if (isCopied && quickFrame(connection, FIN | Opcode.Binary, bytes, start, to)) return "queued";
  return queueMessage(connection, Opcode.Binary, bytes, start, to, compress);
}

/** @param compress false: the extension session does not transform the message (RFC 7692 §6 leaves that to the sender). */
export function queueMessage(
  connection: Connection,
  opcode: number,
  bytes: Uint8Array,
  start: number,
  end: number,
  compress: boolean,
): "queued" {
  const { session } = connection;
  if (session !== null && compress && encodeStart(connection, session, opcode, end - start)) {
    const encoded = encode(connection, session, bytes.subarray(start, end), true);
    queueFrame(connection, FIN | session.rsv | opcode, encoded, 0, encoded.length);
  } else {
    queueApplicationData(connection, FIN | opcode, bytes, start, end);
  }
  return "queued";
}

// ---- the extension: a session that has thrown may have encoded half a message, so the peer could not read its next one

export function encodeStart(
  connection: Connection,
  session: ExtensionSession,
  opcode: number,
  sizeHint: number | null,
): boolean {
  try {
    return session.encodeStart(opcode, sizeHint);
  } catch (error) {
    endAfterEscape(connection, error, true);
    throw error;
  }
}

export function encode(
  connection: Connection,
  session: ExtensionSession,
  payload: Uint8Array,
  isFinal: boolean,
): Uint8Array {
  try {
    return session.encode(payload, isFinal);
  } catch (error) {
    endAfterEscape(connection, error, true);
    throw error;
  }
}

/** §5.4: starts a message in fragments. */
export function startMessage(
  connection: Connection,
  type: "text" | "binary",
  compress: boolean,
): SendResult {
  if (type !== "text" && type !== "binary") {
    throw new MisuseError(`startMessage takes "text" or "binary", not ${describeValue(type)}`);
  }
  requireNoFragments(connection);
  if (!isSendable(connection)) return "closed";
  const { session } = connection;
  const opcode = type === "text" ? Opcode.Text : Opcode.Binary;
  const isExtended = session !== null && compress && encodeStart(connection, session, opcode, null);
  connection.outgoing = createOutgoingMessage(opcode, isExtended);
  return "queued";
}

export function sendFragment(
  connection: Connection,
  data: string | Uint8Array,
  isFinal: boolean,
): SendResult {
  if (typeof data !== "string" && !isBytes(data)) {
    throw new MisuseError("sendFragment takes a string or a Uint8Array");
  }
  requireBoolean("isFinal", isFinal);
  if (!isSendable(connection)) return "closed";
  const { outgoing } = connection;
  if (outgoing === null) throw new MisuseError("sendFragment before startMessage");
  const isText = outgoing.opcode === Opcode.Text;
  if (typeof data === "string" && !isText) {
    throw new MisuseError("a binary message takes Uint8Array fragments");
  }
  const { kernels } = connection.settings;
  const size =
    typeof data === "string" ? kernels.utf8Length(outgoing.pendingSurrogate + data) : data.length;
  if (!fits(connection, size)) return "full";
  let payload: Uint8Array;
  if (typeof data === "string") payload = encodeFragment(outgoing, kernels, data, isFinal);
  else payload = isText ? checkedFragment(outgoing, data, isFinal) : data;
  queueFragment(connection, outgoing, payload, isFinal);
  return "queued";
}

function queueFragment(
  connection: Connection,
  outgoing: OutgoingMessage,
  payload: Uint8Array,
  isFinal: boolean,
): void {
  let firstByte: number = isFinal ? FIN : 0;
  // §5.4: the opcode, and with it the extension's bits, are on the first frame only.
  if (outgoing.isFirst) firstByte |= outgoing.opcode;
  if (outgoing.isExtended) {
    const session = connection.session!;
    if (outgoing.isFirst) firstByte |= session.rsv;
    const encoded = encode(connection, session, payload, isFinal);
    queueFrame(connection, firstByte, encoded, 0, encoded.length);
  } else {
    queueApplicationData(connection, firstByte, payload, 0, payload.length);
  }
  outgoing.isFirst = false;
  if (isFinal) connection.outgoing = null;
}

export function requireNoFragments(connection: Connection): void {
  if (connection.outgoing === null || !isSendable(connection)) return;
  throw new MisuseError(
    "a fragmented message is under way: finish it with sendFragment(data, true) first (RFC 6455 §5.4)",
  );
}

export function fits(connection: Connection, byteCount: number): boolean {
  const { output } = connection;
  return output.queued + output.lent + byteCount <= connection.settings.limits.unsent;
}
