/** Compressed frames, encoded before anything is measured, and the reading of what comes back. */
import {
  constants,
  createDeflateRaw,
  createInflateRaw,
  type DeflateRaw,
  type InflateRaw,
} from "node:zlib";
import { type DeflateCase, messagesOf } from "./cases.ts";

const KEY = "dGhlIHNhbXBsZSBub25jZQ==";

export const REQUEST_HEAD: string = [
  "GET /echo HTTP/1.1",
  "Host: 127.0.0.1",
  "Upgrade: websocket",
  "Connection: Upgrade",
  `Sec-WebSocket-Key: ${KEY}`,
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits",
  "\r\n",
].join("\r\n");

const RSV1 = 0x40;

/** Messages of one round: each connection sends them over and over. */
export const ROUND_MESSAGES = 200;

/**
 * The frames of one round, as a client with a context of its own sends them. The first message refers to nothing before it,
 * so the round may follow itself: a compressor may start its window anew whenever it likes (RFC 7692 §7.2.1).
 * @param takesOver false: every message refers to nothing before it (§7.1.1.2).
 */
export async function encodeRound(deflateCase: DeflateCase, takesOver: boolean): Promise<Buffer[]> {
  const deflater = createDeflateRaw({ level: 3 });
  const frames: Buffer[] = [];
  for (const message of messagesOf(deflateCase, ROUND_MESSAGES)) {
    if (!takesOver) deflater.reset();
    const compressed = await flushed(deflater, Buffer.from(message));
    frames.push(maskedFrame(compressed.subarray(0, -4), RSV1));
  }
  deflater.close();
  return frames;
}

function flushed(stream: DeflateRaw | InflateRaw, input: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const take = (chunk: Buffer): void => void chunks.push(chunk);
    stream.on("data", take);
    stream.once("error", reject);
    stream.write(input);
    stream.flush(constants.Z_SYNC_FLUSH, () => {
      stream.off("data", take);
      stream.off("error", reject);
      resolve(Buffer.concat(chunks));
    });
  });
}

/** The same messages, not compressed. */
export function encodePlainRound(deflateCase: DeflateCase): Buffer[] {
  return messagesOf(deflateCase, ROUND_MESSAGES).map((message) =>
    maskedFrame(Buffer.from(message), 0),
  );
}

/** A text frame with a mask of its own. */
function maskedFrame(payload: Buffer, rsv: number): Buffer {
  const key = Buffer.from([0x11, 0x22, 0x33, payload.length & 0xff]);
  const { length } = payload;
  const head = Buffer.alloc(length < 126 ? 2 : 4);
  head[0] = 0x80 | rsv | 0x1;
  head[1] = 0x80 | Math.min(length, 126); // RFC 6455 §5.2: 126 announces a length of two bytes
  if (length >= 126) head.writeUInt16BE(length, 2);
  const masked = Buffer.from(payload);
  for (let index = 0; index < length; index += 1) masked[index] = masked[index]! ^ key[index & 3]!;
  return Buffer.concat([head, key, masked]);
}

/** Reads whole text messages out of a server's stream: unmasked, in one frame each, compressed or not. */
export class ReplyReader {
  private rest: Buffer = Buffer.alloc(0);
  private readonly inflater = createInflateRaw();
  private readonly isTakenOver: boolean;
  /** The bytes that arrived, for a comparison; null while nothing is compared. */
  kept: { readonly isCompressed: boolean; readonly payload: Buffer }[] | null = null;

  constructor(isTakenOver: boolean) {
    this.isTakenOver = isTakenOver;
  }

  /** @returns how many messages the chunk completed. */
  count(chunk: Buffer): number {
    let bytes = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    let messages = 0;
    for (;;) {
      if (bytes.length < 2) break;
      const short = bytes[1]! & 0x7f;
      const headBytes = short < 126 ? 2 : 4;
      if (bytes.length < headBytes) break;
      const length = short < 126 ? short : bytes.readUInt16BE(2);
      if (bytes.length < headBytes + length) break;
      if ((bytes[0]! & 0xbf) !== 0x81)
        throw new Error(`not a text frame: ${bytes.toString("hex")}`);
      const payload = bytes.subarray(headBytes, headBytes + length);
      this.kept?.push({ isCompressed: (bytes[0]! & 0x40) !== 0, payload: Buffer.from(payload) });
      bytes = bytes.subarray(headBytes + length);
      messages += 1;
    }
    this.rest = Buffer.from(bytes);
    return messages;
  }

  /** The messages that were kept since `kept` was set, inflated; only right from the start of a connection on. */
  async texts(): Promise<string[]> {
    const texts: string[] = [];
    for (const { isCompressed, payload } of this.kept ?? []) {
      if (!isCompressed) {
        texts.push(payload.toString());
        continue;
      }
      const tail = Buffer.from([0, 0, 0xff, 0xff]);
      if (!this.isTakenOver) this.inflater.reset();
      texts.push((await flushed(this.inflater, Buffer.concat([payload, tail]))).toString());
    }
    this.kept = null;
    return texts;
  }
}
