/** What can be sent as one message, and what is asked of it. */
import {
  type Endpoint,
  isPreparedMessage,
  MisuseError,
  type PreparedMessage,
  type SendResult,
  utf8Length,
} from "@sansocket/core";

/** Text, octets, or a message that `prepare` has encoded. */
export type Sendable = string | ArrayBuffer | ArrayBufferView | PreparedMessage;

export function queueMessage(endpoint: Endpoint, data: Sendable): SendResult {
  if (typeof data === "string") return endpoint.sendText(data);
  if (data instanceof Uint8Array) return endpoint.sendBinary(data);
  if (isPreparedMessage(data)) return endpoint.sendPrepared(data);
  return endpoint.sendBinary(bytesOf(data));
}

/** @throws MisuseError for what is no octets. */
function bytesOf(data: ArrayBuffer | ArrayBufferView): Uint8Array {
  if (ArrayBuffer.isView(data)) {
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  }
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  throw new MisuseError(
    `a message is a string, an ArrayBuffer, a view of one, or what prepare returned, not ${typeof data}`,
  );
}

export function ownedCopy(data: Sendable): string | Uint8Array | PreparedMessage {
  if (typeof data === "string" || isPreparedMessage(data)) return data;
  return bytesOf(data).slice();
}

export function octetsOf(data: Sendable): number {
  if (typeof data === "string") return utf8Length(data);
  return isPreparedMessage(data) ? data.payload.length : data.byteLength;
}
