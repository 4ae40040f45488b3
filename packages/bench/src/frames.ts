/** Input for all subjects alike: masked binary frames, cut into chunks as a socket would bring them. */
import { randomFillSync } from "node:crypto";

export interface Input {
  readonly name: string;
  readonly payloadOctets: number;
  readonly frames: number;
  /** Of the first and the last octet of every payload. */
  readonly checksum: number;
  /** Fresh copies of the chunks: `ws` unmasks in the memory that it is given. */
  chunks(): Uint8Array[];
}

/** @param chunkOctets 0: one frame per chunk. */
export function makeInput(
  name: string,
  payloadOctets: number,
  frames: number,
  chunkOctets: number,
): Input {
  const headOctets = (payloadOctets < 126 ? 2 : payloadOctets < 65_536 ? 4 : 10) + 4;
  const frameOctets = headOctets + payloadOctets;
  const stream = new Uint8Array(frames * frameOctets);
  let checksum = 0;
  const payload = new Uint8Array(payloadOctets);
  const key = new Uint8Array(4);
  for (let index = 0; index < frames; index += 1) {
    if (index < 4096) randomFillSync(payload);
    randomFillSync(key);
    checksum = (checksum + payload[0]! + payload[payloadOctets - 1]!) | 0;
    writeFrame(stream, index * frameOctets, payload, key);
  }
  const size = chunkOctets === 0 ? frameOctets : chunkOctets;
  function chunks(): Uint8Array[] {
    const copies: Uint8Array[] = [];
    for (let at = 0; at < stream.length; at += size)
      copies.push(Buffer.from(stream.subarray(at, at + size)));
    return copies;
  }
  return { name, payloadOctets, frames, checksum, chunks };
}

function writeFrame(target: Uint8Array, start: number, payload: Uint8Array, key: Uint8Array): void {
  const { length } = payload;
  target[start] = 0x82;
  let at = start + 2;
  if (length < 126) {
    target[start + 1] = 0x80 | length;
  } else {
    target[start + 1] = 0x80 | 126;
    target[at++] = length >> 8;
    target[at++] = length & 0xff;
  }
  target.set(key, at);
  at += 4;
  for (let index = 0; index < length; index += 1) {
    target[at + index] = payload[index]! ^ key[index & 3]!;
  }
}
