/** A client that says exactly what it is told, over node:net or node:tls, and records what comes back and how it ended. */
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";

export type Step =
  /** Writes these octets, in one piece. */
  | { readonly send: Uint8Array | string }
  /** Waits until that many whole frames have come behind the head of the answer. */
  | { readonly frames: number }
  /** Ends the own half of the connection. */
  | { readonly end: true }
  | { readonly reset: true };

export interface Recording {
  /** The head of the answer as text, and the frames behind it, or the body, as hexadecimal digits. */
  readonly head: string;
  readonly rest: string;
  /** "FIN", "reset", or "by us". */
  readonly ended: string;
}

const HEAD_END = Buffer.from("\r\n\r\n");

function headLength(octets: Buffer): number {
  const at = octets.indexOf(HEAD_END);
  return at < 0 ? -1 : at + HEAD_END.length;
}

/** Of the frames of a server, which masks nothing (RFC 6455 §5.1). */
function wholeFrames(octets: Buffer): number {
  let count = 0;
  let at = headLength(octets);
  while (at >= 0 && octets.length >= at + 2) {
    const field = octets[at + 1]! & 127;
    const header = field === 126 ? 4 : field === 127 ? 10 : 2;
    if (octets.length < at + header) break;
    const length =
      field === 126
        ? octets.readUInt16BE(at + 2)
        : field === 127
          ? Number(octets.readBigUInt64BE(at + 2))
          : field;
    if (octets.length < at + header + length) break;
    at += header + length;
    count += 1;
  }
  return count;
}

export class RawClient {
  private readonly tcp: Socket;
  private readonly socket: Socket;
  private octets: Buffer = Buffer.alloc(0);
  private ended: string | null = null;
  private isClosed = false;
  private wake = (): void => {};

  /** @param ca whom to trust, for TLS. */
  constructor(port: number, ca: string | null) {
    const tcp = connect({ port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
    this.tcp = tcp;
    this.socket = ca === null ? tcp : secured(tcp, ca);
    this.socket.on("data", (chunk: Buffer) => {
      this.octets = Buffer.concat([this.octets, chunk]);
      this.wake();
    });
    this.socket.on("end", () => {
      this.ended ??= "FIN";
      this.socket.end();
    });
    this.socket.on("error", (error: NodeJS.ErrnoException) => {
      this.ended ??= error.code === "ECONNRESET" ? "reset" : String(error.code);
    });
    this.socket.on("close", () => {
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

  async take(step: Step): Promise<void> {
    if ("send" in step) {
      await new Promise((resolve) => this.socket.write(step.send, resolve));
    } else if ("frames" in step) {
      await this.until(() => wholeFrames(this.octets) >= step.frames);
    } else if ("end" in step) {
      this.socket.end();
    } else {
      this.ended = "by us";
      this.tcp.resetAndDestroy();
    }
  }

  async recording(): Promise<Recording> {
    await this.until(() => false);
    const length = Math.max(headLength(this.octets), 0);
    return {
      head: this.octets.subarray(0, length).toString("latin1"),
      rest: this.octets.subarray(length).toString("hex"),
      ended: this.ended ?? "nothing",
    };
  }
}

function secured(tcp: Socket, ca: string): Socket {
  const socket = connectTls({ socket: tcp, ca, servername: "localhost" });
  socket.allowHalfOpen = true; // a TLSSocket would end itself otherwise
  return socket;
}

export async function play(
  port: number,
  ca: string | null,
  steps: readonly Step[],
): Promise<Recording> {
  const client = new RawClient(port, ca);
  for (const step of steps) await client.take(step);
  return await client.recording();
}
