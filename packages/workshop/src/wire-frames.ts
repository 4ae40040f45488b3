/** One frame as it came (RFC 6455 §5.2). */
export interface WireFrame {
  /** Without the masking key. */
  readonly header: Buffer;
  readonly isMasked: boolean;
  /** Unmasked. */
  readonly payload: Buffer;
  /** Of all of it on the wire. */
  readonly length: number;
}

function frameAt(bytes: Buffer, at: number): WireFrame | null {
  if (bytes.length < at + 2) return null;
  const field = bytes[at + 1]! & 127;
  const keyAt = at + (field === 126 ? 4 : field === 127 ? 10 : 2);
  if (bytes.length < keyAt) return null;
  let payloadLength = field;
  if (field === 126) payloadLength = bytes.readUInt16BE(at + 2);
  if (field === 127) payloadLength = Number(bytes.readBigUInt64BE(at + 2));
  const isMasked = bytes[at + 1]! >= 128;
  const payloadAt = keyAt + (isMasked ? 4 : 0);
  if (bytes.length < payloadAt + payloadLength) return null;
  const payload = Buffer.from(bytes.subarray(payloadAt, payloadAt + payloadLength));
  if (isMasked) {
    for (let index = 0; index < payloadLength; index += 1) {
      payload[index]! ^= bytes[keyAt + (index & 3)]!;
    }
  }
  const length = payloadAt + payloadLength - at;
  return { header: bytes.subarray(at, keyAt), isMasked, payload, length };
}

/** The whole ones. */
export function wireFrames(bytes: Buffer): readonly WireFrame[] {
  const frames: WireFrame[] = [];
  let at = 0;
  for (;;) {
    const frame = frameAt(bytes, at);
    if (frame === null) return frames;
    frames.push(frame);
    at += frame.length;
  }
}
