/** The two streams of a WebSocketStream: messages in and out, each no faster than the other end can take them. */
import {
  DOMException,
  type ReadableStream,
  readableStreamClass,
  type WritableStream,
  writableStreamClass,
} from "../runtime/globals.ts";
import { textLength } from "../runtime/text-length.ts";
import type { Answering } from "../socket/last-word.ts";
import type { Message } from "../socket/message.ts";
import { bindingOf, type Socket } from "../socket/socket.ts";
import { queueTask } from "./task-queue.ts";
import { bufferSource, isBufferSource, usvString } from "./web-idl.ts";
import type { WebSocketError } from "./web-socket-error.ts";

/** The error with which the connection ended; null for a clean end. */
export type StreamEnd = WebSocketError | null;

/** The owner of both streams, as the streams see it. */
export interface MessageStreamsOwner {
  /** Resolves when the connection is over. */
  readonly ended: Promise<StreamEnd>;
  /** Begins to close, with the code and the text that the reason of a `cancel` or `abort` gives. */
  closeUsing(reason: unknown): void;
}

/**
 * Hands out each message when the application asks for a message. Messages that nobody reads wait in the driver up to
 * `limits.undelivered`, and from then on the driver reads nothing from the transport. The stream itself keeps no message. So a
 * `read` says that the message before has been answered, and our Close waits for this answer.
 */
export class IncomingMessages implements Answering {
  readonly readable: ReadableStream<Message>;
  private readonly socket: Socket;
  private readonly owner: MessageStreamsOwner;
  private readonly messages: AsyncIterator<Message, undefined>;
  private controller!: ReadableStreamDefaultController<Message>;
  private isDropping = false;
  /** The end of the connection; null while the connection has not ended. */
  private end: { readonly error: StreamEnd } | null = null;
  private isPulling = false;
  private isDone = false;
  /** The number of messages that were read and are not answered. A message is answered one task after the next `read`. */
  private unanswered = 0;
  private isHandedOut = false;

  constructor(socket: Socket, owner: MessageStreamsOwner) {
    this.socket = socket;
    this.owner = owner;
    this.messages = socket[Symbol.asyncIterator]();
    this.readable = new (readableStreamClass())<Message>(
      {
        start: (controller) => {
          this.controller = controller;
        },
        pull: () => this.pull(),
        cancel: (reason) => {
          this.isDone = true;
          owner.closeUsing(reason);
        },
      },
      { highWaterMark: 0 },
    );
    bindingOf(socket).delivery.answersIn(this);
    void owner.ended.then((error) => {
      this.end = { error };
      // The promise `closed` of a reader has to settle also when no read is waiting.
      if (!this.isPulling && bindingOf(socket).delivery.waitingBytes === 0) this.finish(error);
    });
  }

  get isAnswering(): boolean {
    return this.unanswered > 0 && !this.isDropping;
  }

  private async pull(): Promise<void> {
    this.answerLater();
    this.isPulling = true;
    const message = await this.next();
    this.isPulling = false;
    if (message !== null) {
      this.unanswered += 1;
      this.isHandedOut = true;
      this.controller.enqueue(message);
      if (this.end !== null && bindingOf(this.socket).delivery.waitingBytes === 0)
        this.finish(this.end.error);
    } else {
      // The messages end at the peer's Close. The error of a connection that has failed is known at its end.
      this.finish(this.hasPeerClosed ? null : await this.owner.ended);
    }
  }

  /** Waits for a task, because a message that passes through other streams takes some promises more than the next `read`. */
  private answerLater(): void {
    if (!this.isHandedOut) return;
    this.isHandedOut = false;
    queueTask(() => {
      this.unanswered -= 1;
      bindingOf(this.socket).delivery.answered();
    });
  }

  private get hasPeerClosed(): boolean {
    return this.end === null && bindingOf(this.socket).hasPeerClosed;
  }

  private finish(error: StreamEnd): void {
    if (this.isDone) return;
    this.isDone = true;
    if (error === null) this.controller.close();
    else this.controller.error(error);
  }

  /** The next message; null behind the last one. */
  private async next(): Promise<Message | null> {
    for (;;) {
      try {
        const { value, done } = await this.messages.next();
        if (done) return null;
        if (!this.isDropping) return value;
      } catch {
        return null; // the owner knows why
      }
    }
  }

  /** Drops the messages that arrive after our Close. Otherwise these messages would keep the peer's Close from arriving. */
  drop(): void {
    if (this.isDropping) return;
    this.isDropping = true;
    void this.next();
  }
}

export class OutgoingMessages {
  readonly writable: WritableStream<unknown>;
  /** A write was accepted, and the peer has not made room for more. */
  isWriting = false;
  private controller: WritableStreamDefaultController | null = null;
  private readonly socket: Socket;
  private readonly owner: MessageStreamsOwner;

  constructor(socket: Socket, owner: MessageStreamsOwner) {
    this.socket = socket;
    this.owner = owner;
    this.writable = new (writableStreamClass())<unknown>({
      start: (controller) => {
        this.controller = controller;
        // The stream calls `abort` below only after the write under way, and that write may wait for a peer that never reads.
        const { signal } = controller as { readonly signal?: AbortSignal };
        signal?.addEventListener("abort", () => owner.closeUsing(signal.reason), { once: true });
      },
      write: (chunk) => this.write(chunk),
      close: async () => {
        owner.closeUsing(undefined);
        const error = await owner.ended;
        if (error !== null) throw error;
      },
      abort: (reason) => owner.closeUsing(reason),
    });
  }

  private async write(chunk: unknown): Promise<void> {
    const { socket } = this;
    const data = isBufferSource(chunk) ? bufferSource(chunk) : usvString(chunk);
    const bytes = typeof data === "string" ? textLength(data) : data.length;
    // A larger message goes out in fragments, as the peer takes them. So `limits.unsent` does not limit the size of a message.
    const isWhole = bytes <= bindingOf(socket).behaviour.highMark;
    if (isWhole) {
      const result = socket.write(data);
      if (result === "ok") {
        const pause = bindingOf(socket).longRun.goesOn(bytes);
        if (pause !== null) await pause;
        return;
      }
      if (result === "closed") throw await this.endOfWriting();
    }
    this.isWriting = true;
    const isTaken = isWhole ? this.whenReady() : this.inFragments(data);
    // `isWriting` stays true when the message was not taken, and the end of the connection then counts as unclean.
    if (!(await isTaken)) throw (await this.owner.ended) ?? writtenTooLate();
    this.isWriting = false;
  }

  /**
   * The error of a write that comes too late. When the connection is over, the reason is known. A connection that still closes
   * may take its time, and a write does not wait for the end.
   */
  private async endOfWriting(): Promise<unknown> {
    const error = this.socket.state === "closed" ? await this.owner.ended : null;
    return error ?? writtenTooLate();
  }

  private async whenReady(): Promise<boolean> {
    await this.socket.ready();
    return this.socket.state !== "closed";
  }

  private async inFragments(data: string | Uint8Array): Promise<boolean> {
    return (await this.socket.sendStream([data])) === "sent";
  }

  /** The connection is over. A write under way rejects by itself. The error has no effect on a close under way. */
  ended(error: StreamEnd): void {
    if (this.isWriting) return;
    this.controller?.error(error ?? writtenTooLate());
  }
}

function writtenTooLate(): DOMException {
  return new DOMException("a closed WebSocketStream cannot be written to", "InvalidStateError");
}
