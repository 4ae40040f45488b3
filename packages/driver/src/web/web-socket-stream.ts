/** The WebSocketStream class (websockets.spec.whatwg.org, as proposed): a WebSocket as two streams with back-pressure. */
import { formatExtensions } from "@sansocket/core";
import type { Platform } from "../client/connect.ts";
import type { ConnectOptions } from "../client/connect-options.ts";
import { messageOf } from "../errors.ts";
import { showFacts } from "../inspection.ts";
import { AbortController } from "../runtime/globals.ts";
import type { CloseInfo } from "../socket/close-info.ts";
import type { Message } from "../socket/message.ts";
import type { Socket } from "../socket/socket.ts";
import { type ClassOptions, webSocketStreamOptions } from "./class-options.ts";
import { driverCloseCode } from "./close-arguments.ts";
import { checkedOptions, establish, requireTokens, urlRecord } from "./establish.ts";
import { IncomingMessages, OutgoingMessages, type StreamEnd } from "./message-streams.ts";
import { queueTask } from "./task-queue.ts";
import { exposeInterface, promiseOf, requireArguments, usvString } from "./web-idl.ts";
import {
  isWebSocketError,
  readCloseInfo,
  type WebSocketCloseInfo,
  webSocketError,
} from "./web-socket-error.ts";

/** The value of `WebSocketStream.opened`. */
export interface WebSocketOpenInfo {
  /** Text as strings, bytes as Uint8Arrays. Messages that are not read stop the transport. */
  readonly readable: ReadableStream<Message>;
  /** Strings as text; buffers and views as bytes, which are copied. A write resolves when there is room for the next. */
  readonly writable: WritableStream<string | ArrayBuffer | ArrayBufferView>;
  /** The extensions that the server accepted, as the header has them. */
  readonly extensions: string;
  /** The subprotocol that was agreed on; "" for none. */
  readonly protocol: string;
}

/** An instance of the class `WebSocketStream` (WICG): a WebSocket as two web streams. */
export interface StandardWebSocketStream {
  /** The URL, serialized. */
  readonly url: string;
  /** Resolves once the connection is open. Rejects with a {@link WebSocketError} when it does not open. */
  readonly opened: Promise<WebSocketOpenInfo>;
  /** Rejects with a {@link WebSocketError} when the connection did not end cleanly, or ended before all was written. */
  readonly closed: Promise<{ readonly closeCode: number; readonly reason: string }>;
  /** Without a code: a Close without a body. Messages that arrive from now on are dropped. */
  close(closeInfo?: WebSocketCloseInfo): void;
}

/**
 * `protocols` and `signal` are the standard's. The other options of `connect` are an extension of ours. Unknown members are
 * ignored, as in every dictionary of the platform.
 */
export interface WebSocketStreamOptions extends Omit<ConnectOptions<unknown>, "protocols"> {
  /** Subprotocols to offer, the most wanted first. Default none. */
  readonly protocols?: readonly string[];
}

/** The class `WebSocketStream`, as every adapter exports it. */
export interface StandardWebSocketStreamConstructor {
  /**
   * @throws DOMException "SyntaxError" as the WebSocket class does.
   * @throws MisuseError for options of `connect` that cannot be meant.
   */
  new (url: string | URL, options?: WebSocketStreamOptions): StandardWebSocketStream;
  /** The prototype, as every class has one. */
  readonly prototype: StandardWebSocketStream;
}

/** Makes the class, whose opening handshakes are those of {@link createWebSocketClass}. */
export function createWebSocketStreamClass(platform: Platform): StandardWebSocketStreamConstructor {
  class WebSocketStream {
    // Private names: objects of the platform have no properties of their own, and refuse a foreign `this`.
    readonly #url: string;
    readonly #session: StreamSession;

    constructor(url: unknown, options: unknown = {}) {
      // biome-ignore lint/complexity/noArguments: a rest parameter would take the function's length, 1, away
      requireArguments(arguments.length, 1, "new WebSocketStream");
      const text = usvString(url);
      const given = webSocketStreamOptions(options);
      const record = urlRecord(text);
      requireTokens(given.protocols);
      const own = checkedOptions(platform, record, given);
      this.#url = record.href;
      this.#session = new StreamSession(platform, record, own);
    }

    get url(): string {
      return this.#url;
    }

    get opened(): Promise<WebSocketOpenInfo> {
      return promiseOf(() => this.#session.opened.promise);
    }

    get closed(): Promise<{ closeCode: number; reason: string }> {
      return promiseOf(() => this.#session.closed.promise);
    }

    close(closeInfo: unknown = undefined): void {
      const session = this.#session;
      const { code, reason } = readCloseInfo(closeInfo);
      session.close(code, reason);
    }
  }

  showFacts<StandardWebSocketStream>(WebSocketStream, "WebSocketStream", ({ url }) => ({ url }));
  exposeInterface(WebSocketStream, "WebSocketStream", ["url", "opened", "closed", "close"]);
  return WebSocketStream as unknown as StandardWebSocketStreamConstructor;
}

/** Whether we may send the code. We may not send the 1006 of another connection's error. */
function isCodeSendable(code: number | null): boolean {
  return code === null || code === 1000 || (code >= 3000 && code <= 4999);
}

interface Deferred<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
  reject(error: unknown): void;
}

/** A rejection that the application does not look at does not end the process. */
function deferred<T>(): Deferred<T> {
  let resolve: (value: T) => void = () => {};
  let reject: (error: unknown) => void = () => {};
  const promise = new Promise<T>((settle, fail) => {
    resolve = settle;
    reject = fail;
  });
  promise.catch(() => {});
  return { promise, resolve, reject };
}

class StreamSession {
  readonly opened: Deferred<WebSocketOpenInfo> = deferred();
  readonly closed: Deferred<{ closeCode: number; reason: string }> = deferred();
  private readonly whenEnded: Deferred<StreamEnd> = deferred();
  private readonly controller: AbortController = new AbortController();
  private socket: Socket | null = null;
  private incoming: IncomingMessages | null = null;
  private outgoing: OutgoingMessages | null = null;
  private isClosing = false;

  constructor(platform: Platform, url: URL, options: ClassOptions) {
    const { signal } = options;
    if (signal?.aborted) {
      this.giveUp(signal.reason);
      return;
    }
    void this.connect(platform, url, options);
  }

  private async connect(platform: Platform, url: URL, options: ClassOptions): Promise<void> {
    const { signal, protocols } = options;
    const aborted = (): void => this.giveUp(signal?.reason);
    signal?.addEventListener("abort", aborted);
    try {
      const own = { ...options, signal: this.controller.signal };
      const socket = await establish(platform, url, own, {});
      if (this.isClosing) {
        socket.abort();
      } else if (protocols.length > 0 && socket.protocol === "") {
        socket.abort();
        throw new Error("the server has acknowledged none of the subprotocols that were asked for");
      } else {
        this.isOpen(socket);
      }
    } catch (cause) {
      this.giveUp(webSocketError(messageOf(cause), { code: 1006, reason: "", cause }));
    } finally {
      signal?.removeEventListener("abort", aborted);
    }
  }

  /** The connection never opens. */
  private giveUp(reason: unknown): void {
    this.isClosing = true;
    this.opened.reject(reason);
    this.closed.reject(reason);
    this.controller.abort(reason);
  }

  private isOpen(socket: Socket): void {
    this.socket = socket;
    const owner = {
      ended: this.whenEnded.promise,
      closeUsing: (reason: unknown) => this.closeUsing(reason),
    };
    this.incoming = new IncomingMessages(socket, owner);
    this.outgoing = new OutgoingMessages(socket, owner);
    // The end waits for a task, because a write whose bytes were taken in the same turn has told so by then.
    void socket.closed.then((info) => queueTask(() => this.ended(info)));
    this.opened.resolve({
      readable: this.incoming.readable,
      writable: this.outgoing.writable as WebSocketOpenInfo["writable"],
      extensions: formatExtensions(socket.extensions),
      protocol: socket.protocol,
    });
  }

  private ended({ code, reason, wasClean, error }: CloseInfo): void {
    const outgoing = this.outgoing!;
    let end: StreamEnd = null;
    if (outgoing.isWriting) {
      end = webSocketError("the connection has ended before all was written", {
        code,
        reason,
        cause: error,
      });
    } else if (!wasClean || error !== null) {
      const message = error?.message ?? "the server has ended the connection without a Close";
      end = webSocketError(message, { code, reason, cause: error });
    }
    if (end === null) this.closed.resolve({ closeCode: code, reason });
    else this.closed.reject(end);
    outgoing.ended(end);
    this.whenEnded.resolve(end);
  }

  /** @param code null, together with an empty reason, makes a Close without a body. */
  close(code: number | null, reason: string): void {
    if (this.isClosing) return;
    if (this.socket === null) {
      const message = "the WebSocketStream was closed before it was open";
      this.giveUp(webSocketError(message, { code: 1006, reason: "", cause: null }));
      return;
    }
    this.isClosing = true;
    void this.socket.close(driverCloseCode(code), reason);
    this.incoming!.drop();
  }

  /** "Close using a reason", for `cancel` and `abort`: only a WebSocketError has a code and a reason for the peer. */
  private closeUsing(reason: unknown): void {
    const isSendable = isWebSocketError(reason) && isCodeSendable(reason.closeCode);
    if (isSendable) this.close(reason.closeCode, reason.reason);
    else this.close(null, "");
  }
}
