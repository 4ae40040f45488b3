import { randomBytes } from "node:crypto";

/** A client that writes octets of its own making, and keeps what comes back. */
export class RawPeer {
  socket!: Bun.Socket<RawPeer>;
  /** What has come and was not taken yet. */
  private received = new Uint8Array(0);
  private readonly waiting: (() => void)[] = [];
  private unwritten: Uint8Array = new Uint8Array(0);
  hasEnded = false;
  /** How it was closed; null before. */
  closed: { readonly code: string | undefined } | null = null;

  /** Connects, with TLS if options for it are given. */
  static async connect(port: number, tls?: Bun.TLSOptions): Promise<RawPeer> {
    const peer = new RawPeer();
    await Bun.connect<RawPeer>({
      hostname: "127.0.0.1",
      port,
      data: peer,
      allowHalfOpen: true,
      ...(tls === undefined ? {} : { tls }),
      socket: {
        binaryType: "uint8array",
        // With TLS, after the handshake; the promise may come before.
        open(socket) {
          peer.socket = socket;
          peer.wake();
        },
        data: (_, chunk) => peer.take(chunk),
        drain: () => peer.write(new Uint8Array(0)),
        end() {
          peer.hasEnded = true;
          peer.wake();
        },
        close(_, error) {
          peer.hasEnded = true;
          peer.closed = { code: (error as NodeJS.ErrnoException | undefined)?.code };
          peer.wake();
        },
      },
    });
    await peer.until(() => peer.socket !== undefined);
    return peer;
  }

  /** Connects, and has a WebSocket opened. */
  static async open(port: number, tls?: Bun.TLSOptions): Promise<RawPeer> {
    const peer = await RawPeer.connect(port, tls);
    peer.write(
      new TextEncoder().encode(
        "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
          `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString("base64")}\r\n\r\n`,
      ),
    );
    await peer.until(() => endOfHead(peer.received) > 0);
    peer.received = peer.received.slice(endOfHead(peer.received));
    return peer;
  }

  write(octets: Uint8Array): void {
    const all = Buffer.concat([this.unwritten, octets]);
    const taken = all.length === 0 ? 0 : this.socket.write(all);
    this.unwritten = all.subarray(Math.max(taken, 0));
    this.wake();
  }

  /** Everything that was written is on its way. */
  get hasWritten(): boolean {
    return this.unwritten.length === 0;
  }

  private take(chunk: Uint8Array): void {
    this.received = new Uint8Array(Buffer.concat([this.received, chunk]));
    this.wake();
  }

  private wake(): void {
    for (const wake of this.waiting.splice(0)) wake();
  }

  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  /** The payload of the next frame, and its opcode; null at the end of the stream. */
  async frame(): Promise<{ opcode: number; payload: Uint8Array } | null> {
    await this.until(() => this.hasEnded || frameLength(this.received) <= this.received.length);
    const end = frameLength(this.received);
    if (end > this.received.length) return null;
    const frame = this.received.slice(0, end);
    this.received = this.received.slice(end);
    return { opcode: frame[0]! & 0x0f, payload: frame.slice(headerLength(frame)) };
  }
}

/** A client's frame, masked with zeros. */
export function frame(firstOctet: number, payload: Uint8Array | string): Uint8Array {
  const octets = Buffer.from(payload as string);
  const header = Buffer.alloc(14);
  header[0] = firstOctet;
  header[1] = 0xff;
  header.writeBigUInt64BE(BigInt(octets.length), 2);
  if (octets.length < 126) {
    header[1] = 0x80 | octets.length;
    return Buffer.concat([header.subarray(0, 2), Buffer.alloc(4), octets]);
  }
  if (octets.length < 65_536) {
    header[1] = 0xfe;
    header.writeUInt16BE(octets.length, 2);
    return Buffer.concat([header.subarray(0, 4), Buffer.alloc(4), octets]);
  }
  return Buffer.concat([header, octets]);
}

function endOfHead(octets: Uint8Array): number {
  const at = Buffer.from(octets).indexOf("\r\n\r\n");
  return at < 0 ? 0 : at + 4;
}

function headerLength(octets: Uint8Array): number {
  const field = octets[1]!;
  return field === 126 ? 4 : field === 127 ? 10 : 2;
}

/** Of an unmasked frame; Infinity as long as its header is not there. */
function frameLength(octets: Uint8Array): number {
  if (octets.length < 2 || octets.length < headerLength(octets)) return Number.POSITIVE_INFINITY;
  const view = new DataView(octets.buffer, octets.byteOffset);
  const field = octets[1]!;
  if (field === 126) return 4 + view.getUint16(2);
  return field === 127 ? 10 + Number(view.getBigUint64(2)) : 2 + field;
}
