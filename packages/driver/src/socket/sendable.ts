/** The data of one message to send, and the checks of that data. */
import {
  type Endpoint,
  isBytes,
  isPreparedMessage,
  MisuseError,
  type PreparedMessage,
  type SendResult,
  utf8Length,
} from "@sansocket/core";
import { checkOptions, type KnownOptions } from "../known-options.ts";
import { aBoolean, judgedLater, shown } from "../option-kinds.ts";

/** Text, bytes, or a message that `prepare` has encoded. */
export type Sendable = string | ArrayBuffer | ArrayBufferView | PreparedMessage;

/** Options of one message. */
export interface SendOptions {
  /**
   * false: permessage-deflate does not compress this message, for instance because its bytes are compressed already. Default
   * true: `perMessageDeflate` decides. The option has no effect where no compression was agreed on.
   */
  readonly compress?: boolean;
}

const KNOWN_SEND_OPTIONS: KnownOptions<SendOptions> = { compress: aBoolean };

/**
 * @throws MisuseError for a value that is no object, for a name other than `compress`, and for a `compress` that is no boolean.
 */
export function isCompressible(options: SendOptions | undefined): boolean {
  if (options === undefined) return true;
  return checkOptions("options", options, KNOWN_SEND_OPTIONS).compress ?? true;
}

export function queueSendable(endpoint: Endpoint, data: Sendable, compress: boolean): SendResult {
  if (typeof data === "string") return endpoint.sendText(data, compress);
  if (isBytes(data)) return endpoint.sendBinary(data, 0, data.length, compress);
  if (isPreparedMessage(data)) return endpoint.sendPrepared(data, compress);
  const bytes = bytesOf(data);
  return endpoint.sendBinary(bytes, 0, bytes.length, compress);
}

const byteLengthOf = Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, "byteLength")!.get!;

/**
 * `instanceof` knows only the buffers of our own realm. The sandbox of a test runner (node:vm) is another realm. The getter
 * looks at the object itself, and throws for every value that is no ArrayBuffer, shared memory included.
 */
export function isArrayBuffer(data: unknown): data is ArrayBuffer {
  try {
    Reflect.apply(byteLengthOf, data, []);
    return true;
  } catch {
    return false;
  }
}

/** @throws MisuseError for data that is neither text nor bytes. */
function bytesOf(data: ArrayBuffer | ArrayBufferView): Uint8Array {
  if (ArrayBuffer.isView(data)) {
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  }
  if (isArrayBuffer(data)) return new Uint8Array(data);
  const given: unknown = data;
  throw new MisuseError(
    "a message is a string, an ArrayBuffer, a view of one, or what prepare returned, not " +
      `${given === null ? "null" : typeof given}${remedyFor(given)}`,
  );
}

/** The remedy for a Blob that {@link isUnreadableBlob} finds. */
export const READ_BLOB = "read it with a FileReader, and send the ArrayBuffer";

/** A Blob of an older library, such as jsdom 26: as text it would be "[object Blob]". */
export function isUnreadableBlob(value: unknown): boolean {
  if (typeof value !== "object" || value === null || "arrayBuffer" in value) return false;
  const tag: unknown = (value as { readonly [Symbol.toStringTag]?: unknown })[Symbol.toStringTag];
  return tag === "Blob" || tag === "File";
}

/** A test runner that resets its modules has loaded the package twice. */
const OTHER_COPY =
  ": another copy of sansocket has prepared it, import prepare and the socket from one";

function remedyFor(given: unknown): string {
  if (typeof given !== "object" || given === null) return "";
  if (Array.isArray(given)) return ": Uint8Array.from makes bytes of it";
  if ("arrayBuffer" in given) return ": await its arrayBuffer()"; // a Blob
  if (isUnreadableBlob(given)) return `: ${READ_BLOB}`;
  if ("frame" in given && "payload" in given) return OTHER_COPY;
  return ": JSON.stringify makes text of it";
}

export function ownedCopy(data: Sendable): string | Uint8Array | PreparedMessage {
  if (typeof data === "string" || isPreparedMessage(data)) return data;
  return bytesOf(data).slice();
}

export function payloadBytes(data: Sendable): number {
  if (typeof data === "string") return utf8Length(data);
  return isPreparedMessage(data) ? data.payload.length : data.byteLength;
}

/** About as large as the payload, without a look at each code unit of a text. */
export function lengthOfSendable(data: Sendable): number {
  return typeof data === "string" ? data.length : payloadBytes(data);
}

/** The options of `sendStream`. {@link checkStream} checks `type`. */
export const KNOWN_STREAM_OPTIONS: KnownOptions<SendOptions & { readonly type: unknown }> = {
  ...KNOWN_SEND_OPTIONS,
  type: judgedLater,
};

/** @throws MisuseError for a source that has no parts to send, and for an unknown type of message. */
export function checkStream(source: unknown, type: unknown): void {
  if (type !== undefined && type !== "text" && type !== "binary") {
    throw new MisuseError(`options.type is ${shown(type)}: give "text" or "binary"`);
  }
  const isObject = typeof source === "object" && source !== null;
  if (isObject && (Symbol.asyncIterator in source || Symbol.iterator in source)) return;
  throw new MisuseError(
    "sendStream takes what can be looped over: an array or generator of strings or Uint8Arrays, a ReadableStream; one " +
      "message that is there already goes with write or send",
  );
}
