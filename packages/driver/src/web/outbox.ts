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
  /** The transport has the whole message once the transport has taken this many bytes. */
  readonly position: number;
  readonly bytes: number;
}

/** Positions in the stream of bytes that goes to the transport. */
type Progress = Pick<Outgoing, "taken" | "queuedTotal">;

export class Outbox {
  private readonly socket: Socket;
  /** The Blob that is being read, and the messages behind that Blob. */
  private waiting: Waiting[] = [];
  private sent: Sent[] = [];
  /** The index of the first message in `sent` that is not known to be taken. */
  private firstSent = 0;
  /** Bytes of three kinds: sent and not known to be taken, waiting, and never to be sent. */
  private buffered = 0;
  /** The taken bytes when this task first sent something: `bufferedAmount` only sinks between tasks. */
  private takenBefore = 0;
  private readonly progress: Progress;
  private hasSentInTask = false;
  private closing: { readonly code: number; readonly reason: string } | null = null;

  /** @param progress how far the sent bytes have come. */
  constructor(socket: Socket, progress: Progress = bindingOf(socket).outgoing) {
    this.socket = socket;
    this.progress = progress;
  }

  /** A Blob is being read, and the messages behind that Blob wait. */
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
      // The Blob cannot be read, for instance because its file is gone by now. The messages behind the Blob cannot go out without
      // it.
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
    this.forgetTaken(); // also for applications that never ask for the amount
    // The connection has closed meanwhile: the message stays in the amount for ever.
    if (socket.write(data) === "closed") return;
    this.sent.push({ position: this.progress.queuedTotal, bytes });
  }

  /**
   * An event begins, and so does a task: bytes that were taken before count no more. The callback `taskOver` of the last task may
   * come late.
   */
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

  /** Bytes of payload that the network had not taken when this task began, and the bytes that this task has sent. */
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
    // The list is cut in large steps, because shifting an array each time is quadratic in the worst case.
    if (this.firstSent === 0) return;
    if (this.firstSent === sent.length || this.firstSent >= 1_024) {
      this.sent = sent.slice(this.firstSent);
      this.firstSent = 0;
    }
  }
}
