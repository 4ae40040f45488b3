/**
 * The messages of `send`, until the network has them. Messages stay in order behind a Blob whose bytes are still being read,
 * and `bufferedAmount` counts payload bytes as the standard does.
 */
import type { Outgoing } from "../socket/outgoing.ts";
import { bindingOf, type Socket } from "../socket/socket.ts";
import { queueTask } from "./task-queue.ts";

/** Text, or bytes that do not change any more. */
type Ready = string | Uint8Array;

interface Waiting {
  /** Null while a Blob is being read. */
  data: Ready | null;
  readonly bytes: number;
}

interface Sent {
  /** The transport has it all once it has taken this many bytes. */
  readonly position: number;
  readonly bytes: number;
}

/** Positions in the stream of bytes that goes to the transport. */
type Progress = Pick<Outgoing, "taken" | "queuedTotal">;

export class Outbox {
  private readonly socket: Socket;
  /** Behind a Blob, that one included. */
  private waiting: Waiting[] = [];
  private sent: Sent[] = [];
  /** Those before it are taken. */
  private firstSent = 0;
  /** Bytes of three kinds: sent and not known to be taken, waiting, and never to be sent. */
  private buffered = 0;
  /** The taken bytes when this task first sent something: `bufferedAmount` only sinks between tasks. */
  private takenBefore = 0;
  private readonly progress: Progress;
  private hasSentInTask = false;
  private closing: { readonly code: number; readonly reason: string } | null = null;

  /** @param progress how far what was sent has come. */
  constructor(socket: Socket, progress: Progress = bindingOf(socket).outgoing) {
    this.socket = socket;
    this.progress = progress;
  }

  /** A Blob is being read, and what was sent behind it waits. */
  get isReading(): boolean {
    return this.waiting.length > 0;
  }

  /** @param bytes of the payload. Bytes in `data` are copied before this returns. */
  send(data: Ready, bytes: number): void {
    this.buffered += bytes;
    if (this.waiting.length === 0) {
      this.write(data, bytes);
    } else {
      this.waiting.push({ data: typeof data === "string" ? data : data.slice(), bytes });
    }
  }

  sendBlob(blob: Blob): void {
    this.buffered += blob.size;
    const item: Waiting = { data: null, bytes: blob.size };
    this.waiting.push(item);
    blob.arrayBuffer().then(
      (buffer) => {
        item.data = new Uint8Array(buffer);
        this.advance();
      },
      // The file is gone by now, for instance. The messages behind the Blob cannot go out without it.
      () => this.socket.abort(),
    );
  }

  private advance(): void {
    for (;;) {
      const item = this.waiting[0];
      if (item === undefined) break;
      if (item.data === null) return;
      this.waiting.shift();
      this.write(item.data, item.bytes);
    }
    if (this.closing !== null) void this.socket.close(this.closing.code, this.closing.reason);
    bindingOf(this.socket).delivery.answered();
  }

  private write(data: Ready, bytes: number): void {
    const { socket } = this;
    if (!this.hasSentInTask) {
      this.takenBefore = this.progress.taken;
      this.hasSentInTask = true;
      queueTask(this.taskOver);
    }
    this.forgetTaken(); // also for those who never ask for the amount
    // Closed meanwhile: it stays in the amount for ever.
    if (socket.write(data) === "closed") return;
    this.sent.push({ position: this.progress.queuedTotal, bytes });
  }

  /** An event begins, and with it a task: what was taken before counts no more. The end of the last one may be late. */
  beginTask(): void {
    this.hasSentInTask = false;
  }

  private readonly taskOver = (): void => {
    this.hasSentInTask = false;
  };

  /** Closes behind everything that was sent. */
  close(code: number, reason: string): void {
    if (this.waiting.length === 0) void this.socket.close(code, reason);
    else this.closing = { code, reason };
  }

  /** Bytes of payload that the network has not taken, as it was when this task began, and what this task has sent. */
  get amount(): number {
    this.forgetTaken();
    return this.buffered;
  }

  private forgetTaken(): void {
    const taken = this.hasSentInTask ? this.takenBefore : this.progress.taken;
    const { sent } = this;
    while (this.firstSent < sent.length && sent[this.firstSent]!.position <= taken) {
      this.buffered -= sent[this.firstSent]!.bytes;
      this.firstSent += 1;
    }
    // In large steps: shifting an array each time is quadratic in the worst case.
    if (this.firstSent === 0) return;
    if (this.firstSent === sent.length || this.firstSent >= 1_024) {
      this.sent = sent.slice(this.firstSent);
      this.firstSent = 0;
    }
  }
}
