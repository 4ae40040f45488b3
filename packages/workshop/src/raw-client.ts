/** A client over node:net or node:tls. The test decides which bytes it sends, and when it reads. */
import { connect as connectNet, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { close, text } from "./client-bytes.ts";
import { Opcode, type ServerFrame, ServerFrames } from "./server-frames.ts";

/** RFC 6455 §1.2: the request of the RFC, without an Origin. */
export const REQUEST: Buffer = Buffer.from(
  "GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
);

/** The same with an offer of permessage-deflate. */
function requestWith(extensions: string): Buffer {
  const field = `Sec-WebSocket-Extensions: ${extensions}\r\n\r\n`;
  return Buffer.concat([REQUEST.subarray(0, -2), Buffer.from(field)]);
}

const ACCEPTED = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
const END_OF_HEAD = "\r\n\r\n";

/** ms. Only what hangs takes so long. */
const PATIENCE = 100_000;

export class RawClient {
  readonly socket: Socket;
  /** Of the server's answer; "" until it is whole. */
  head = "";
  /** The bytes that have come behind the head, unless {@link onFrame} takes it. */
  readonly frames: ServerFrame[] = [];
  onFrame: (frame: ServerFrame) => void = (frame) => void this.frames.push(frame);
  /** Bytes that have come. */
  received = 0;
  /** The server has ended its stream. */
  hasEnded = false;
  isClosed = false;
  /** Why, if not in good order: "ECONNRESET". */
  error: string | null = null;
  private readonly parser = new ServerFrames((frame) => this.onFrame(frame));
  private unparsed = Buffer.alloc(0);
  private readonly waiting: Set<() => void> = new Set();

  constructor(socket: Socket) {
    this.socket = socket;
    socket.allowHalfOpen = true; // a TLSSocket would end itself otherwise
    socket.on("data", (chunk: Buffer) => this.take(chunk));
    socket.on("end", () => {
      this.hasEnded = true;
      this.wake();
    });
    socket.on("error", (error: NodeJS.ErrnoException) => {
      this.error ??= error.code ?? error.message;
    });
    socket.on("close", () => {
      this.isClosed = true;
      this.wake();
    });
  }

  /** Connects, and says nothing yet. */
  static async connect(port: number): Promise<RawClient> {
    const socket = connectNet({ port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
    return await RawClient.over(socket, "connect");
  }

  /** Connects, and opens a WebSocket. @param extensions what it offers. */
  static async open(port: number, extensions = ""): Promise<RawClient> {
    const client = await RawClient.connect(port);
    await client.shakeHands(extensions);
    return client;
  }

  /** The same with TLS, and the socket below it. */
  static async openTls(port: number): Promise<{ client: RawClient; below: Socket }> {
    const below = connectNet({ port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
    const socket = connectTls({ socket: below, rejectUnauthorized: false });
    const client = await RawClient.over(socket, "secureConnect");
    await client.shakeHands();
    return { client, below };
  }

  private static async over(socket: Socket, connected: string): Promise<RawClient> {
    const client = new RawClient(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once(connected, () => resolve());
      socket.once("error", reject);
    });
    return client;
  }

  async shakeHands(extensions = ""): Promise<void> {
    void this.write(extensions === "" ? REQUEST : requestWith(extensions));
    await this.until("an answer", () => this.head !== "");
    if (!this.head.startsWith("HTTP/1.1 101 ") || !this.head.includes(ACCEPTED)) {
      throw new Error(`no WebSocket: ${this.head}`);
    }
  }

  private take(chunk: Buffer): void {
    this.received += chunk.length;
    if (this.head === "") this.takeHead(chunk);
    else this.parser.push(chunk);
    this.wake();
  }

  private takeHead(chunk: Buffer): void {
    this.unparsed = Buffer.concat([this.unparsed, chunk]);
    const end = this.unparsed.indexOf(END_OF_HEAD);
    if (end < 0) return;
    this.head = this.unparsed.toString("latin1", 0, end);
    const behind = this.unparsed.subarray(end + END_OF_HEAD.length);
    this.unparsed = Buffer.alloc(0);
    // A body is no frames.
    if (behind.length > 0 && this.head.startsWith("HTTP/1.1 101 ")) this.parser.push(behind);
  }

  private wake(): void {
    for (const wake of this.waiting) wake();
  }

  /** Resolves when it is so; rejects when it can be no more, or when nothing happens for too long. */
  async until(what: string, isSo: () => boolean): Promise<void> {
    if (isSo()) return;
    await new Promise<void>((resolve, reject) => {
      const settle = (act: () => void): void => {
        clearTimeout(timer);
        this.waiting.delete(look);
        act();
      };
      const give = (why: string): void =>
        settle(() => reject(new Error(`no ${what}: ${why}; ${this.describe()}`)));
      const look = (): void => {
        if (isSo()) settle(resolve);
        else if (this.isClosed) give("the connection is closed");
      };
      const timer = setTimeout(() => give("nothing for too long"), PATIENCE);
      this.waiting.add(look);
      look();
    });
  }

  private describe(): string {
    const { frames, hasEnded, error, received } = this;
    return `${frames.length} frames in ${received} bytes, ended: ${hasEnded}, error: ${error}`;
  }

  /** Resolves when the kernel has taken it, or the connection is closed. */
  write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve) => {
      if (this.socket.destroyed) resolve();
      else this.socket.write(bytes, () => resolve());
    });
  }

  /** Waits until nothing more was taken for so many ms, however much there is to write. @returns what was. */
  async stalled(quiet: number): Promise<number> {
    for (;;) {
      const before = this.taken;
      await new Promise((resolve) => setTimeout(resolve, quiet));
      if (this.taken === before) return before;
    }
  }

  /** Bytes that the kernel has taken. */
  private get taken(): number {
    return this.socket.bytesWritten - this.socket.writableLength;
  }

  /** Writes until the server takes no more for so many ms, or has it all. @returns how much the kernel has taken. */
  async writeUntilStalled(bytes: Buffer, quiet: number): Promise<number> {
    // Of a write that is not done the kernel's part is not told.
    for (let at = 0; at < bytes.length; at += 65_536) {
      void this.write(bytes.subarray(at, at + 65_536));
    }
    return await this.stalled(quiet);
  }

  /** Sends a message, and waits for it to come back. */
  async echo(message: string): Promise<void> {
    const count = this.frames.length;
    await this.write(text(message));
    await this.until("echo", () => this.frames.length > count);
    const got = this.frames[count]!.payload.toString();
    if (got !== message) throw new Error(`${got} came back for ${message}`);
  }

  /** Takes the next frame. @returns null at the end of the stream. */
  async nextFrame(): Promise<ServerFrame | null> {
    await this.until("frame", () => this.frames.length > 0 || this.hasEnded || this.isClosed);
    return this.frames.shift() ?? null;
  }

  /** The kernel has taken all that was written. */
  get hasWritten(): boolean {
    return this.socket.writableLength === 0;
  }

  /** Waits for a Close. */
  async closeCode(): Promise<number> {
    await this.until("Close", () => this.close !== undefined);
    return codeOf(this.close!);
  }

  private get close(): ServerFrame | undefined {
    return this.frames.find(({ opcode }) => opcode === Opcode.Close);
  }

  /** Our FIN. What the server sends is still read. */
  end(): void {
    this.socket.end();
  }

  /** Our Close and FIN, and everything up to the server's. */
  async leave(): Promise<void> {
    void this.write(close(1000));
    this.end();
    await this.gone();
  }

  /** The server has ended its stream, and so have we. */
  async gone(): Promise<void> {
    await this.until("end of stream", () => this.hasEnded || this.isClosed);
    this.end();
    await this.until("end of the connection", () => this.isClosed);
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  /** A RST, whatever is under way. */
  reset(): void {
    this.socket.resetAndDestroy();
  }
}

/** 1005 for a Close without a body. */
export function codeOf({ payload }: ServerFrame): number {
  return payload.length < 2 ? 1005 : payload.readUInt16BE(0);
}
