/** One end of a connection that says exactly what it is told, over node:net or node:tls, and records what the other says. */
import type { Socket } from "node:net";
import { type WireFrame, wireFrames } from "./wire-frames.ts";

type Bytes = Uint8Array | string;

export type Step =
  /** Writes these bytes, in one piece, or each in a write of its own. */
  | { readonly send: Bytes | ((heard: Heard) => Bytes); readonly byteByByte?: true }
  /** Waits for the head, and until that many whole frames have come behind it. */
  | { readonly frames: number }
  /** Waits until the other end has ended its half. */
  | { readonly heardEnd: true }
  /** Ends the own half of the connection. */
  | { readonly end: true }
  /** Ends the own half of the TCP connection, behind the back of TLS (RFC 8446 §6.1: a truncation). */
  | { readonly cut: true }
  | { readonly reset: true };

export interface Heard {
  /** Of the request or the answer, as text; "" until it has come whole. */
  readonly head: string;
  /** The whole frames behind it. */
  readonly frames: readonly WireFrame[];
}

const HEAD_END = Buffer.from("\r\n\r\n");

export class RawConnection {
  private readonly tcp: Socket;
  private readonly socket: Socket;
  private bytes: Buffer = Buffer.alloc(0);
  private ended: string | null = null;
  private isClosed = false;
  private wake = (): void => {};

  /** @param socket `tcp` itself, or the TLS over it. */
  constructor(tcp: Socket, socket: Socket) {
    this.tcp = tcp;
    this.socket = socket;
    socket.allowHalfOpen = true; // a TLSSocket would end itself otherwise
    socket.on("data", (chunk: Buffer) => {
      this.bytes = Buffer.concat([this.bytes, chunk]);
      this.wake();
    });
    socket.on("end", () => {
      this.ended ??= "FIN";
      socket.end();
      this.wake();
    });
    socket.on("error", (error: NodeJS.ErrnoException) => {
      this.ended ??= error.code === "ECONNRESET" ? "reset" : String(error.code);
    });
    socket.on("close", () => {
      this.isClosed = true;
      this.wake();
    });
  }

  private async until(isSo: () => boolean): Promise<void> {
    while (!isSo() && !this.isClosed) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }

  private write(bytes: Bytes | readonly number[]): Promise<unknown> {
    return new Promise((resolve) => this.socket.write(Buffer.from(bytes as string), resolve));
  }

  async take(step: Step): Promise<void> {
    if ("send" in step) {
      const bytes = typeof step.send === "function" ? step.send(this.heard) : step.send;
      if (step.byteByByte) for (const byte of Buffer.from(bytes)) await this.write([byte]);
      else await this.write(bytes);
    } else if ("frames" in step) {
      await this.until(() => {
        const { head, frames } = this.heard;
        return head !== "" && frames.length >= step.frames;
      });
    } else if ("heardEnd" in step) {
      await this.until(() => this.ended !== null);
    } else if ("end" in step) {
      this.socket.end();
    } else if ("cut" in step) {
      this.tcp.end();
    } else {
      this.ended = "by us";
      this.tcp.resetAndDestroy();
    }
  }

  private get headLength(): number {
    const at = this.bytes.indexOf(HEAD_END);
    return at < 0 ? 0 : at + HEAD_END.length;
  }

  get heard(): Heard {
    const { headLength } = this;
    return {
      head: this.bytes.subarray(0, headLength).toString("latin1"),
      frames: headLength === 0 ? [] : wireFrames(this.bytes.subarray(headLength)),
    };
  }

  /** The bytes that came behind the head, when nothing more comes, and how it ended: "FIN", "reset", or "by us". */
  async rest(): Promise<{ readonly bytes: Buffer; readonly ended: string }> {
    await this.until(() => false);
    return { bytes: this.bytes.subarray(this.headLength), ended: this.ended ?? "nothing" };
  }
}
