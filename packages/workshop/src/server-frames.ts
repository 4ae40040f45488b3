/** Frames of a server, from chunks that may be cut anywhere. */

export interface ServerFrame {
  readonly isFinal: boolean;
  readonly opcode: number;
  readonly payload: Buffer;
}

/** RFC 6455 §5.2. */
export const Opcode = {
  Continuation: 0x0,
  Text: 0x1,
  Binary: 0x2,
  Close: 0x8,
  Ping: 0x9,
  Pong: 0xa,
} as const;

export class ServerFrames {
  private readonly onFrame: (frame: ServerFrame) => void;
  /** Of a header that is not whole yet. */
  private rest: Buffer = Buffer.alloc(0);
  /** The frame that is being filled. */
  private payload: Buffer | null = null;
  private filled = 0;
  private firstByte = 0;

  constructor(onFrame: (frame: ServerFrame) => void) {
    this.onFrame = onFrame;
  }

  push(chunk: Buffer): void {
    const input = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    this.rest = Buffer.alloc(0);
    let at = 0;
    for (;;) {
      if (this.payload === null) {
        const length = headerLength(input, at);
        if (at + length > input.length) {
          this.rest = input.subarray(at);
          return;
        }
        this.firstByte = input[at]!;
        this.payload = Buffer.allocUnsafe(payloadLength(input, at));
        this.filled = 0;
        at += length;
      }
      const count = input.copy(this.payload, this.filled, at);
      at += count;
      this.filled += count;
      if (this.filled < this.payload.length) return;
      const { payload, firstByte } = this;
      this.payload = null;
      this.onFrame({ isFinal: firstByte >= 0x80, opcode: firstByte & 0x0f, payload });
    }
  }
}

function headerLength(input: Buffer, at: number): number {
  if (at + 2 > input.length) return 2;
  const field = input[at + 1]!;
  if (field > 127) throw new Error("the server has masked a frame (RFC 6455 §5.1)");
  return field === 127 ? 10 : field === 126 ? 4 : 2;
}

function payloadLength(input: Buffer, at: number): number {
  const field = input[at + 1]!;
  if (field === 127) return Number(input.readBigUInt64BE(at + 2));
  return field === 126 ? input.readUInt16BE(at + 2) : field;
}
