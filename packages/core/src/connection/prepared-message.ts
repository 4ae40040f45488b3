/** A message encoded once and sent on many connections: a broadcast. */
import { isBytes } from "../bytes/is-bytes.ts";
import { MisuseError } from "../bytes/misuse-error.ts";
import { queueConstant } from "../bytes/output-queue.ts";
import { encodeUtf8 } from "../bytes/utf8-text.ts";
import type { ExtensionSession } from "../extension/extension.ts";
import { FIN, headerBytesFor, writeFrameHeader } from "../frame/frame-header.ts";
import { Opcode } from "../frame/opcode.ts";
import { type Connection, isSendable } from "./connection.ts";
import {
  encode,
  encodeStart,
  fits,
  queueMessage,
  requireNoFragments,
  type SendResult,
} from "./sending.ts";

/**
 * A message that {@link prepareMessage} has encoded. The engine never writes its memory again, and so can send it without a
 * copy.
 */
export interface PreparedMessage {
  /** "text" for a string given to {@link prepareMessage}, "binary" for bytes. */
  readonly type: "text" | "binary";
  /** The payload: text as UTF-8. Read-only. */
  readonly payload: Uint8Array;
  /** The whole frame as a server sends it, without a mask. Read-only. */
  readonly frame: Uint8Array;
}

/** The frame of one prepared message under the terms of an extension. */
interface EncodedFrame {
  readonly terms: object;
  readonly frame: Uint8Array;
}

/** Every prepared message, with its frames for the connections that have an extension. */
const prepared: WeakMap<object, EncodedFrame[]> = new WeakMap();

/** A whole frame as a server sends it: without a mask (§5.1). */
function serverFrame(firstByte: number, payload: Uint8Array): Uint8Array {
  const frame = new Uint8Array(headerBytesFor(payload.length, false) + payload.length);
  frame.set(payload, writeFrameHeader(frame, 0, firstByte, 0, payload.length));
  return frame;
}

/** @returns the message as it goes over the wire; `data` is copied. */
export function prepareMessage(data: string | Uint8Array): PreparedMessage {
  if (typeof data !== "string" && !isBytes(data)) {
    throw new MisuseError("a message to prepare is a string or a Uint8Array");
  }
  const isText = typeof data === "string";
  const payload = isText ? encodeUtf8(data) : data;
  const frame = serverFrame(FIN | (isText ? Opcode.Text : Opcode.Binary), payload);
  const start = frame.length - payload.length;
  const message: PreparedMessage = {
    type: isText ? "text" : "binary",
    payload: frame.subarray(start),
    frame,
  };
  prepared.set(message, []);
  return message;
}

/** Whether {@link prepareMessage} made it. */
export function isPreparedMessage(value: unknown): value is PreparedMessage {
  return typeof value === "object" && value !== null && prepared.has(value);
}

/** Queues the message. The engine queues the prepared frame itself if the frame does not depend on the connection. */
export function sendPrepared(
  connection: Connection,
  message: PreparedMessage,
  compress: boolean,
): SendResult {
  if (!isPreparedMessage(message)) {
    throw new MisuseError(
      "this is no prepared message: give the object that prepareMessage returned",
    );
  }
  requireNoFragments(connection);
  if (!isSendable(connection)) return "closed";
  const { frame, payload, type } = message;
  if (!fits(connection, payload.length)) return "full";
  const { role, session, watch } = connection;
  const opcode = type === "text" ? Opcode.Text : Opcode.Binary;
  if (role.masks || watch !== null) {
    return queueMessage(connection, opcode, payload, 0, payload.length, compress);
  }
  if (session === null || !compress) return queuePreparedFrame(connection, frame);
  const { terms } = session;
  if (terms === undefined || terms === null) {
    return queueMessage(connection, opcode, payload, 0, payload.length, true);
  }
  return queuePreparedFrame(connection, frameUnder(connection, terms, session, message, opcode));
}

/** The frame that the extension makes of the message. Every connection with these terms sends the same frame. */
function frameUnder(
  connection: Connection,
  terms: object,
  session: ExtensionSession,
  message: PreparedMessage,
  opcode: number,
): Uint8Array {
  const frames = prepared.get(message)!;
  const known = frames.find((encoded) => encoded.terms === terms);
  if (known !== undefined) return known.frame;
  const { payload } = message;
  const frame = encodeStart(connection, session, opcode, payload.length)
    ? serverFrame(FIN | session.rsv | opcode, encode(connection, session, payload, true))
    : message.frame;
  frames.push({ terms, frame });
  return frame;
}

function queuePreparedFrame(connection: Connection, frame: Uint8Array): "queued" {
  queueConstant(connection.output, frame);
  return "queued";
}
