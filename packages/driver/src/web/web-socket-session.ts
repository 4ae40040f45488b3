/** The connection of a WebSocket object: its states, and the events that its changes lead to. */
import { formatExtensions } from "@sansocket/core";
import type { Platform } from "../client/connect.ts";
import { ConnectError, isMisuse, messageOf } from "../errors.ts";
import {
  AbortController,
  Blob,
  DOMException,
  Event,
  type EventTarget,
} from "../runtime/globals.ts";
import { textLength } from "../runtime/text-length.ts";
import type { CloseInfo } from "../socket/close-info.ts";
import type { SocketHooks } from "../socket/hooks.ts";
import type { Answering } from "../socket/last-word.ts";
import { BYTES_PER_MESSAGE } from "../socket/mailbox.ts";
import type { Message } from "../socket/message.ts";
import { bindingOf, type Socket } from "../socket/socket.ts";
import type { ClassOptions } from "./class-options.ts";
import { driverCloseCode } from "./close-arguments.ts";
import { closeEvent } from "./close-event.ts";
import { errorEvent } from "./error-event.ts";
import { establish } from "./establish.ts";
import { EventTasks } from "./event-tasks.ts";
import { messageEvent } from "./message-event.ts";
import { Outbox } from "./outbox.ts";
import { isBlob } from "./web-idl.ts";

export const ReadyState = { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 } as const;
export type ReadyState = (typeof ReadyState)[keyof typeof ReadyState];

/** How the WebSocket class hands out binary messages. */
export type BinaryType = "blob" | "arraybuffer";

/** How the connection ended, in the words of CloseEvent, and whether `error` comes before it. */
type End = Pick<CloseInfo, "code" | "reason" | "wasClean"> & {
  readonly isFailure: boolean;
  readonly error: Error | null;
};

/** RFC 6455 §7.1.5: no Close arrived. */
function noClose(error: Error): End {
  return { code: 1006, reason: "", wasClean: false, isFailure: true, error };
}

/** Bytes of messages that wait for their events before the driver holds back more. */
const WAITING_BYTES = 1_048_576;

export class WebSocketSession implements Answering {
  binaryType: BinaryType = "blob";
  protocol = "";
  extensions = "";
  private readonly target: EventTarget;
  private readonly tasks: EventTasks;
  /** The origin of the URL, as MessageEvent has it. */
  private readonly origin: string;
  private readonly isProtocolWanted: boolean;
  private readonly controller: AbortController = new AbortController();
  private state: ReadyState = ReadyState.CONNECTING;
  private socket: Socket | null = null;
  private outbox: Outbox | null = null;
  /** The reason for which the class ended the connection. The driver only knows that the class has ended the connection. */
  private failure: ConnectError | null = null;
  /** Bytes of payload that were sent too late. */
  private unsendable = 0;

  constructor(target: EventTarget, platform: Platform, url: URL, options: ClassOptions) {
    this.target = target;
    this.tasks = new EventTasks(() => {
      if (this.socket !== null) bindingOf(this.socket).delivery.answered();
    }, platform.runtime.queueTask);
    this.origin = url.origin;
    this.isProtocolWanted = options.protocols.length > 0;
    const hooks: SocketHooks = {
      open: (socket) => this.opened(socket),
      message: (_socket, message) => this.arrived(message),
      close: (_socket, info) => {
        const error = this.failure ?? info.error;
        this.ends({ ...info, isFailure: isFailure(info), error });
      },
    };
    void this.connect(platform, url, options, hooks);
  }

  private async connect(
    platform: Platform,
    url: URL,
    options: ClassOptions,
    hooks: SocketHooks,
  ): Promise<void> {
    const { signal } = options;
    const aborted = (): void => this.controller.abort(signal?.reason);
    if (signal?.aborted) aborted();
    signal?.addEventListener("abort", aborted);
    try {
      await establish(platform, url, { ...options, signal: this.controller.signal }, hooks);
    } catch (error) {
      // The events do not say why a connection failed. But the programmer must hear that this runtime cannot follow an option of
      // ours.
      if (isMisuse(error)) console.error(error);
      this.ends(noClose(error as Error)); // `connect` rejects with errors only
    } finally {
      signal?.removeEventListener("abort", aborted);
    }
  }

  get readyState(): ReadyState {
    const { state, socket } = this;
    if (state !== ReadyState.OPEN || this.tasks.isBusy) return state;
    // The peer has begun to close, and every message before its Close has had its event.
    return socket!.state === "open" ? ReadyState.OPEN : ReadyState.CLOSING;
  }

  /** Messages wait for their events, or a Blob of the answers is still being read. */
  get isAnswering(): boolean {
    return this.tasks.isBusy || this.outbox!.isReading;
  }

  // ---- from the driver

  private opened(socket: Socket): void {
    this.socket = socket;
    // "Establish a WebSocket connection": a subprotocol was asked for, and the server has acknowledged none.
    const isUnacknowledged = this.isProtocolWanted && socket.protocol === "";
    if (isUnacknowledged) {
      const message = "the server has acknowledged none of the subprotocols that were asked for";
      this.failure = new ConnectError("violation", message);
      socket.abort();
      return;
    }
    this.outbox = new Outbox(socket);
    bindingOf(socket).delivery.answersIn(this);
    this.tasks.run(() => {
      this.state = ReadyState.OPEN;
      this.protocol = socket.protocol;
      this.extensions = formatExtensions(socket.extensions);
      this.target.dispatchEvent(new Event("open"));
    });
  }

  private arrived(message: Message): Promise<void> | undefined {
    const payload = typeof message === "string" ? message.length * 2 : message.length;
    const bytes = payload + BYTES_PER_MESSAGE;
    this.tasks.run(() => {
      if (this.state !== ReadyState.OPEN) return;
      this.outbox!.beginTask();
      const data = this.dataOf(message);
      this.target.dispatchEvent(messageEvent(data, this.origin));
    }, bytes);
    return this.tasks.pressure(WAITING_BYTES);
  }

  private dataOf(message: Message): string | ArrayBuffer | Blob {
    if (typeof message === "string") return message;
    return this.binaryType === "blob" ? new Blob([message]) : message.buffer;
  }

  /** Only the first call counts. */
  private ends({ code, reason, wasClean, isFailure, error }: End): void {
    this.tasks.defer(() => {
      if (this.state === ReadyState.CLOSED) return;
      this.state = ReadyState.CLOSED;
      this.outbox?.beginTask();
      if (isFailure) this.target.dispatchEvent(errorEvent(messageOf(error), error));
      this.target.dispatchEvent(closeEvent(code, reason, wasClean));
    });
  }

  // ---- from the application

  /** @param code null, together with an empty reason, makes a Close without a body. */
  close(code: number | null, reason: string): void {
    if (this.state >= ReadyState.CLOSING) return;
    if (this.state === ReadyState.CONNECTING) {
      this.state = ReadyState.CLOSING;
      this.controller.abort();
      const message = "the WebSocket was closed before it was open";
      this.ends(noClose(new ConnectError("aborted", message)));
    } else {
      this.state = ReadyState.CLOSING;
      this.outbox!.close(driverCloseCode(code), reason);
    }
  }

  send(data: string | Uint8Array | Blob): void {
    if (this.state === ReadyState.CONNECTING) {
      throw new DOMException("the connection is not open yet: wait for open", "InvalidStateError");
    }
    const isOpen = this.readyState === ReadyState.OPEN;
    if (typeof data === "object" && isBlob(data)) {
      if (isOpen) this.outbox!.sendBlob(data);
      else this.unsendable += data.size;
      return;
    }
    const bytes = typeof data === "string" ? textLength(data) : data.length;
    if (isOpen) this.outbox!.send(data, bytes);
    else this.unsendable += bytes;
  }

  get bufferedAmount(): number {
    return this.unsendable + (this.outbox?.amount ?? 0);
  }
}

/**
 * "Required to fail the WebSocket connection": a broken rule, a limit, a deadline, and a transport that was lost before
 * both Closes had crossed (RFC 6455 §7.2.1).
 */
function isFailure({ wasClean, error }: CloseInfo): boolean {
  return !wasClean || error !== null;
}
