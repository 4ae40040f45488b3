/** A message encoded once and sent on many connections: a broadcast. */
import { MisuseError } from "../bytes/misuse-error.ts";
import { commitOutput, queueReference, reserveOutput } from "../bytes/output-queue.ts";
import { encodeUtf8 } from "../bytes/utf8-text.ts";
import { FIN, headerOctetsFor, writeFrameHeader } from "../frame/frame-header.ts";
import { Opcode } from "../frame/opcode.ts";
import { type Connection, isSendable } from "./connection.ts";
import { fits, queueMessage, requireNoFragments, type SendResult } from "./sending.ts";

/** Made by {@link prepareMessage}. Its memory is never written again, and so may be sent from without a copy. */
export interface PreparedMessage {
  readonly type: "text" | "binary";
  /** The payload: text as UTF-8. Not to be written. */
  readonly payload: Uint8Array;
  /** The whole frame as a server sends it, without a mask. Not to be written. */
  readonly frame: Uint8Array;
}

/** From here on a chunk of its own costs a write less than its copy does. */
const REFERENCE_FROM = 4_096;

const prepared: WeakSet<object> = new WeakSet();

/** @returns the message as it goes over the wire; `data` is copied. */
export function prepareMessage(data: string | Uint8Array): PreparedMessage {
  if (typeof data !== "string" && !(data instanceof Uint8Array)) {
    throw new MisuseError("a message to prepare is a string or a Uint8Array");
  }
  const isText = typeof data === "string";
  const payload = isText ? encodeUtf8(data) : data;
  const frame = new Uint8Array(headerOctetsFor(payload.length, false) + payload.length);
  const opcode = isText ? Opcode.Text : Opcode.Binary;
  const start = writeFrameHeader(frame, 0, FIN | opcode, 0, payload.length);
  frame.set(payload, start);
  const message: PreparedMessage = {
    type: isText ? "text" : "binary",
    payload: frame.subarray(start),
    frame,
  };
  prepared.add(message);
  return message;
}

/** Whether {@link prepareMessage} made it. */
export function isPreparedMessage(value: unknown): value is PreparedMessage {
  return typeof value === "object" && value !== null && prepared.has(value);
}

/** Queues the message; the frame itself where nothing about it depends on the connection. */
export function sendPrepared(connection: Connection, message: PreparedMessage): SendResult {
  if (!isPreparedMessage(message)) {
    throw new MisuseError("this is no prepared message: take what preparing it returned");
  }
  requireNoFragments(connection);
  if (!isSendable(connection)) return "closed";
  const { frame, payload, type } = message;
  if (!fits(connection, payload.length)) return "full";
  const { output, role, session, watch } = connection;
  if (role.masks || session !== null || watch !== null) {
    const opcode = type === "text" ? Opcode.Text : Opcode.Binary;
    return queueMessage(connection, opcode, payload, 0, payload.length);
  }
  if (frame.length >= REFERENCE_FROM) {
    queueReference(output, frame);
  } else {
    const memory = reserveOutput(output, frame.length);
    memory.bytes.set(frame, output.to);
    commitOutput(output, frame.length);
  }
  return "queued";
}
