/** Data and control frames out (RFC 6455 §5 and §6.1). */

import { describeValue } from "../bytes/describe-value.ts";
import { requireBoolean } from "../bytes/given-arguments.ts";
import { isBytes } from "../bytes/is-bytes.ts";
import { isReused } from "../bytes/memory.ts";
import { MisuseError } from "../bytes/misuse-error.ts";
import { commitOutput, queueReference, reserveOutput } from "../bytes/output-queue.ts";
import { encodeUtf8, encodeUtf8Into, isHighSurrogate, utf8Length } from "../bytes/utf8-text.ts";
import { UTF8_ACCEPT, validateUtf8 } from "../bytes/utf8-validation.ts";
import type { ExtensionSession } from "../extension/extension.ts";
import {
  FIN,
  headerOctetsFor,
  MASK,
  MAX_HEADER_OCTETS,
  writeFrameHeader,
} from "../frame/frame-header.ts";
import { nextMaskingKey } from "../frame/masking-key.ts";
import { Opcode } from "../frame/opcode.ts";
import { type Connection, isSendable } from "./connection.ts";
import { endAfterEscape } from "./escape.ts";
import { watchOutgoing } from "./frame-watch.ts";

/**
 * What became of a send. "closed": a Close was queued or received before, a race that is nobody's mistake. "full":
 * `limits.unsent` would be passed; nothing was queued, and the same send may be tried when `unsent` is lower.
 */
export type SendResult = "queued" | "closed" | "full";

/** A message that the application sends in fragments. */
export interface OutgoingMessage {
  readonly opcode: number;
  /** The extension session transforms it, and its bits are due on the first frame. */
  readonly isExtended: boolean;
  isFirst: boolean;
  /** Of text given as octets; see {@link validateUtf8}. */
  utf8State: number;
  /** The first half of a surrogate pair whose second half may begin the next fragment. */
  pendingSurrogate: string;
}

/** Up to here an octet at a time is the cheapest copy; above, a view to copy from (`pnpm bench:kernels`, Node 20). */
const COPY_BY_OCTET_UP_TO = 24;
/** What lies under a DataView already is worth copying by words up to here. */
const COPY_BY_WORD_UP_TO = 80;
/** Text up to here is encoded in one pass into room for three octets per unit; above, it is measured first. */
const MEASURE_TEXT_FROM = 1_024;
/** From here on the host's encoder is worth the view that it needs. */
const HOST_ENCODER_FROM = 64;

export function sendText(connection: Connection, text: string, compress: boolean): SendResult {
  if (typeof text !== "string") {
    throw new MisuseError("sendText takes a string; octets go with sendBinary or sendFragment");
  }
  requireNoFragments(connection);
  if (!isSendable(connection)) return "closed";
  const room = text.length < MEASURE_TEXT_FROM ? text.length * 3 : utf8Length(text);
  if (!fits(connection, room) && !fits(connection, utf8Length(text))) return "full";
  if (connection.session !== null && compress) {
    const payload = encodeUtf8(text);
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

// ---- the extension: one that has failed has half a message behind it, and nobody could read what its next one becomes

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

/** §5.4: begins a message in fragments. */
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
  connection.outgoing = {
    opcode,
    isExtended: session !== null && compress && encodeStart(connection, session, opcode, null),
    isFirst: true,
    utf8State: UTF8_ACCEPT,
    pendingSurrogate: "",
  };
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
  const size =
    typeof data === "string" ? utf8Length(outgoing.pendingSurrogate + data) : data.length;
  if (!fits(connection, size)) return "full";
  let payload: Uint8Array;
  if (typeof data === "string") payload = encodeFragment(outgoing, data, isFinal);
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
  let firstOctet: number = isFinal ? FIN : 0;
  // §5.4: the opcode, and with it the extension's bits, are on the first frame only.
  if (outgoing.isFirst) firstOctet |= outgoing.opcode;
  if (outgoing.isExtended) {
    const session = connection.session!;
    if (outgoing.isFirst) firstOctet |= session.rsv;
    const encoded = encode(connection, session, payload, isFinal);
    queueFrame(connection, firstOctet, encoded, 0, encoded.length);
  } else {
    queueApplicationData(connection, firstOctet, payload, 0, payload.length);
  }
  outgoing.isFirst = false;
  if (isFinal) connection.outgoing = null;
}

/** A pair of surrogates is one character, also when the fragments part it. */
function encodeFragment(outgoing: OutgoingMessage, data: string, isFinal: boolean): Uint8Array {
  if (outgoing.utf8State !== UTF8_ACCEPT) {
    throw new MisuseError(
      "a string fragment follows octets that end inside a character (RFC 6455 §8.1)",
    );
  }
  let text = outgoing.pendingSurrogate + data;
  outgoing.pendingSurrogate = "";
  if (!isFinal && text.length > 0 && isHighSurrogate(text.charCodeAt(text.length - 1))) {
    outgoing.pendingSurrogate = text.slice(-1);
    text = text.slice(0, -1);
  }
  return encodeUtf8(text);
}

function checkedFragment(
  outgoing: OutgoingMessage,
  data: Uint8Array,
  isFinal: boolean,
): Uint8Array {
  if (outgoing.pendingSurrogate !== "") {
    throw new MisuseError(
      "octets follow a string fragment that ends inside a surrogate pair (RFC 6455 §8.1)",
    );
  }
  const verdict = validateUtf8(data, 0, data.length, outgoing.utf8State);
  if (verdict < 0) {
    throw new MisuseError(`text octet ${~verdict} of the fragment is not UTF-8 (RFC 6455 §8.1)`);
  }
  if (isFinal && verdict !== UTF8_ACCEPT) {
    throw new MisuseError("the text message ends inside a character (RFC 6455 §8.1)");
  }
  outgoing.utf8State = verdict;
  return data;
}

export function requireNoFragments(connection: Connection): void {
  if (connection.outgoing === null || !isSendable(connection)) return;
  throw new MisuseError(
    "a fragmented message is under way: finish it with sendFragment(data, true) first (RFC 6455 §5.4)",
  );
}

export function fits(connection: Connection, octets: number): boolean {
  const { output } = connection;
  return output.queued + output.lent + octets <= connection.settings.limits.unsent;
}

/**
 * Queues one frame with the payload `bytes[start, end)`, which is copied, and masked where the role wants it (§5.3): the
 * caller's bytes are never modified.
 */
export function queueFrame(
  connection: Connection,
  firstOctet: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): void {
  const { output, role } = connection;
  const length = end - start;
  const memory = reserveOutput(output, length + MAX_HEADER_OCTETS);
  const frameStart = output.to;
  let at = writeFrameHeader(memory.bytes, frameStart, firstOctet, role.masks ? MASK : 0, length);
  if (role.masks) at += 4;
  const input = connection.memory;
  if (length <= COPY_BY_WORD_UP_TO && input !== null && bytes === input.bytes) {
    copyWords(input.view, start, memory.view, at, length);
  } else if (length === bytes.length) {
    // Nothing to cut out, so no view to make: 15 ns for 64 octets in place of 41 (Node 20).
    memory.bytes.set(bytes, at);
  } else if (length <= COPY_BY_OCTET_UP_TO) {
    for (let index = 0; index < length; index += 1) {
      memory.bytes[at + index] = bytes[start + index]!;
    }
  } else {
    memory.bytes.set(bytes.subarray(start, end), at);
  }
  finishFrame(connection, firstOctet, at, at + length);
}

/** What is sent back from the input window lies under a DataView already: four octets at a time. */
function copyWords(
  source: DataView,
  start: number,
  target: DataView,
  at: number,
  length: number,
): void {
  const words = length & ~3;
  let index = 0;
  for (; index < words; index += 4) {
    target.setInt32(at + index, source.getInt32(start + index, true), true);
  }
  for (; index < length; index += 1) {
    target.setUint8(at + index, source.getUint8(start + index));
  }
}

/** Masks and commits the frame whose payload lies at `memory.bytes[payloadStart, payloadEnd)`. */
function finishFrame(
  connection: Connection,
  firstOctet: number,
  payloadStart: number,
  payloadEnd: number,
): void {
  const { output, role, settings, watch } = connection;
  const memory = output.memory!;
  const frameOctets = payloadEnd - output.to;
  const key = role.masks ? nextMaskingKey(settings.maskingKeys, settings.host.random) : 0;
  if (watch !== null) {
    const payload = memory.bytes.subarray(payloadStart, payloadEnd);
    watchOutgoing(watch, firstOctet, role.masks, key, payload, frameOctets);
  }
  if (role.masks) {
    memory.view.setInt32(payloadStart - 4, key, true);
    settings.kernels.xorWithKey(memory, payloadStart, payloadEnd, key);
  }
  commitOutput(output, frameOctets);
}

/** By reference where the host asked for it and the bytes are the caller's own, otherwise by copy. */
function queueApplicationData(
  connection: Connection,
  firstOctet: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): void {
  if (
    end - start >= connection.settings.referenceFrom &&
    !connection.role.masks && // §5.3: a client would have to mask the caller's bytes
    !isReused(bytes) // this endpoint's `chunk`, another's, and any view of them
  ) {
    queueFrameByReference(connection, firstOctet, bytes.subarray(start, end));
  } else {
    queueFrame(connection, firstOctet, bytes, start, end);
  }
}

function queueFrameByReference(
  connection: Connection,
  firstOctet: number,
  payload: Uint8Array,
): void {
  const { output, watch } = connection;
  const memory = reserveOutput(output, MAX_HEADER_OCTETS);
  const at = writeFrameHeader(memory.bytes, output.to, firstOctet, 0, payload.length);
  const headerSize = at - output.to;
  if (watch !== null) {
    watchOutgoing(watch, firstOctet, false, 0, payload, headerSize + payload.length);
  }
  commitOutput(output, headerSize);
  queueReference(output, payload);
}

/** A text frame, encoded straight into the output; `room` is at least its length in octets. */
function layText(connection: Connection, firstOctet: number, text: string, room: number): void {
  const { output, role, settings } = connection;
  const memory = reserveOutput(output, room + MAX_HEADER_OCTETS);
  // Encoded where it belongs if it is ASCII, and moved by the few octets of a longer length field if not.
  const guessedStart = output.to + headerOctetsFor(text.length, role.masks);
  const encodedEnd = encodeText(settings.host, text, memory.bytes, guessedStart, room);
  const length = encodedEnd - guessedStart;
  const start = output.to + headerOctetsFor(length, role.masks);
  if (start !== guessedStart) memory.bytes.copyWithin(start, guessedStart, encodedEnd);
  writeFrameHeader(memory.bytes, output.to, firstOctet, role.masks ? MASK : 0, length);
  finishFrame(connection, firstOctet, start, start + length);
}

function encodeText(
  host: Connection["settings"]["host"],
  text: string,
  target: Uint8Array,
  at: number,
  room: number,
): number {
  if (host.encodeUtf8Into === undefined || text.length < HOST_ENCODER_FROM) {
    return encodeUtf8Into(text, target, at);
  }
  return at + host.encodeUtf8Into(text, target.subarray(at, at + room));
}
