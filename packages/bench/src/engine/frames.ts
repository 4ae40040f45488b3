/** Input for all subjects alike: masked frames, cut into chunks as a socket would bring them. */
import { Buffer } from "node:buffer";
import { randomFillSync } from "node:crypto";
import type { Content, EngineCase } from "./cases.ts";

export interface Input {
  readonly frames: number;
  readonly streamBytes: number;
  /** {@link checksumOf} of every payload, together. */
  readonly checksum: number;
  /** Fresh copies of the chunks. */
  chunks(): Uint8Array[];
  /** Writes the bytes into the chunks again. */
  fill(chunks: readonly Uint8Array[]): void;
}

/** Of the first and the last byte of a binary payload: what a subject has to read to come to the same number. */
export function checksumOfBytes(bytes: Uint8Array, start: number, end: number): number {
  return end === start ? 1 : bytes[start]! + bytes[end - 1]!;
}

/** Of the length, the first and the last code unit of a text. */
export function checksumOfText(text: string): number {
  return text.length === 0
    ? 1
    : text.length + text.charCodeAt(0) + text.charCodeAt(text.length - 1);
}

/** So many different payloads: the making of random bytes is not what is waited for. */
const VARIETY = 512;

export function makeInput({ content, payloadBytes, streamBytes, chunkBytes }: EngineCase): Input {
  const headBytes = (payloadBytes < 126 ? 2 : payloadBytes < 65_536 ? 4 : 10) + 4;
  const frameBytes = headBytes + payloadBytes;
  const frames = Math.floor(streamBytes / frameBytes);
  const stream = new Uint8Array(frames * frameBytes);
  const key = new Uint8Array(4);
  let payload = new Uint8Array(0);
  let checksum = 0;
  for (let index = 0; index < frames; index += 1) {
    if (index < VARIETY) payload = makePayload(content, payloadBytes, index);
    randomFillSync(key);
    checksum =
      (checksum +
        (content === "binary"
          ? checksumOfBytes(payload, 0, payloadBytes)
          : checksumOfText(Buffer.from(payload).toString()))) |
      0;
    writeFrame(stream, index * frameBytes, content === "binary" ? 0x82 : 0x81, payload, key);
  }
  const size = chunkBytes === 0 ? frameBytes : chunkBytes;
  function chunks(): Uint8Array[] {
    const copies: Uint8Array[] = [];
    for (let at = 0; at < stream.length; at += size) {
      copies.push(Buffer.from(stream.subarray(at, at + size)));
    }
    return copies;
  }
  function fill(chunks: readonly Uint8Array[]): void {
    for (let at = 0, index = 0; at < stream.length; at += size, index += 1) {
      chunks[index]!.set(stream.subarray(at, at + size));
    }
  }
  return { frames, streamBytes: stream.length, checksum, chunks, fill };
}

const SENTENCES: Readonly<Record<Exclude<Content, "binary">, string>> = {
  ascii: "Are we still on for noon? I have booked the table at the window, for four. ",
  mixed: "Treffen wir uns um zwölf? Ich bringe Käse, Brötchen und crème brûlée für vier. ",
  cjk: "今天中午还见面吗?我订了靠窗的四人桌。会議は正午からです。よろしくお願いします。",
};

function makePayload(content: Content, byteCount: number, index: number): Uint8Array<ArrayBuffer> {
  if (content === "binary") return randomFillSync(new Uint8Array(byteCount));
  const sentence = SENTENCES[content];
  const begin = index % sentence.length;
  const turned = sentence.slice(begin) + sentence.slice(0, begin);
  const encoded = new TextEncoder().encode(turned.repeat(Math.ceil(byteCount / turned.length)));
  // Whole characters, and spaces for the bytes that are left.
  let end = byteCount;
  while (end > 0 && (encoded[end]! & 0xc0) === 0x80) end -= 1;
  const payload = new Uint8Array(byteCount).fill(0x20);
  payload.set(encoded.subarray(0, end));
  return payload;
}

function writeFrame(
  target: Uint8Array,
  start: number,
  firstByte: number,
  payload: Uint8Array,
  key: Uint8Array,
): void {
  const { length } = payload;
  const head = new DataView(target.buffer, start);
  head.setUint8(0, firstByte);
  let at = start + 2;
  if (length < 126) {
    head.setUint8(1, 0x80 | length);
  } else if (length < 65_536) {
    head.setUint8(1, 0x80 | 126);
    head.setUint16(2, length);
    at += 2;
  } else {
    head.setUint8(1, 0x80 | 127);
    head.setBigUint64(2, BigInt(length));
    at += 8;
  }
  target.set(key, at);
  at += 4;
  for (let index = 0; index < length; index += 1) {
    target[at + index] = payload[index]! ^ key[index & 3]!;
  }
}
