/** The two streams of a WebSocketStream: messages in and out, each no faster than the other end can take them. */
import { utf8Length } from "@sansocket/core";
import { DOMException, ReadableStream, WritableStream } from "../runtime/globals.ts";
import type { Answering } from "../socket/last-word.ts";
import type { Message } from "../socket/message.ts";
import { bindingOf, type Socket } from "../socket/socket.ts";
import { queueTask } from "./task-queue.ts";
import { bufferSource, isBufferSource, usvString } from "./web-idl.ts";
import type { WebSocketError } from "./web-socket-error.ts";

/** How the connection ended: null for cleanly. */
export type StreamEnd = WebSocketError | null;

/** The owner of both streams, as the streams see it. */
export interface MessageStreamsOwner {
  /** Resolves when the connection is over. */
  readonly ended: Promise<StreamEnd>;
  /** Begins to close, with what the reason of a `cancel` or `abort` says. */
  closeUsing(reason: unknown): void;
}

/**
 * Messages as they are asked for: what nobody reads waits in the driver up to `limits.undelivered`, and from then on
 * nothing is read from the transport. The stream itself keeps none, so that a `read` says that the message before it has
 * been answered: our Close waits for that.
 */
export class IncomingMessages implements Answering {
  readonly readable: ReadableStream<Message>;
  private readonly socket: Socket;
  private readonly owner: MessageStreamsOwner;
  private readonly messages: AsyncIterator<Message, undefined>;
  private controller!: ReadableStreamDefaultController<Message>;
  private isDropping = false;
  /** How the connection has ended, once it has. */
  private end: { readonly error: StreamEnd } | null = null;
  private isPulling = false;
  private isDone = false;
  /** Messages that were read, and behind which the next `read` has not come, or only in this task. */
  private unanswered = 0;
  private isHandedOut = false;

  constructor(socket: Socket, owner: MessageStreamsOwner) {
    this.socket = socket;
    this.owner = owner;
    this.messages = socket[Symbol.asyncIterator]();
    this.readable = new ReadableStream<Message>(
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
      // The end of the messages is known at the peer's Close. How a connection has failed is known at its end.
      this.finish(this.hasPeerClosed ? null : await this.owner.ended);
    }
  }

  /** A message that passes through other streams takes some promises more than the next `read`. */
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

  /** Messages that arrive after our Close are dropped, and must not keep the peer's Close from arriving. */
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
    this.writable = new WritableStream<unknown>({
      start: (controller) => {
        this.controller = controller;
        // `abort` below is called only behind the write under way, and that one may wait for a peer who never reads.
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
    const bytes = typeof data === "string" ? utf8Length(data) : data.length;
    // Larger ones go out in fragments, as the peer takes them: `limits.unsent` does not limit what can be written.
    const isWhole = bytes <= bindingOf(socket).behaviour.highMark;
    if (isWhole) {
      const result = socket.write(data);
      if (result === "ok") return;
      if (result === "closed") throw await this.endOfWriting();
    }
    this.isWriting = true;
    const isTaken = isWhole ? this.whenReady() : this.inFragments(data);
    // Left true when it was not: the end then counts as unclean.
    if (!(await isTaken)) throw (await this.owner.ended) ?? writtenTooLate();
    this.isWriting = false;
  }

  /** Of a connection that is over it is known why. One that closes may take its time, and a write does not wait for it. */
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

  /** The connection is over. A write under way is rejected and says so itself, and for a close under way it is no error. */
  ended(error: StreamEnd): void {
    if (this.isWriting) return;
    this.controller?.error(error ?? writtenTooLate());
  }
}

function writtenTooLate(): DOMException {
  return new DOMException("a closed WebSocketStream cannot be written to", "InvalidStateError");
}
