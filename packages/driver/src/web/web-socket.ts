/** The WebSocket class of the web platform (websockets.spec.whatwg.org), for a runtime's sockets. */
import type { Platform } from "../client/connect.ts";
import type { ConnectOptions } from "../client/connect-options.ts";
import { showFacts } from "../inspection.ts";
import { type Blob, type Event, EventTarget, type NativeMessageEvent } from "../runtime/globals.ts";
import { isUnreadableBlob, READ_BLOB } from "../socket/sendable.ts";
import { refuseThirdArgument, webSocketOptions } from "./class-options.ts";
import { checkedCloseCode } from "./close-arguments.ts";
import type { CloseEvent } from "./close-event.ts";
import type { ErrorEvent } from "./error-event.ts";
import { checkedOptions, requireTokens, urlRecord } from "./establish.ts";
import { EventHandlers } from "./event-handlers.ts";
import {
  bufferSource,
  clampedUnsignedShort,
  exposeConstants,
  exposeInterface,
  isBlob,
  isBufferSource,
  requireArguments,
  usvString,
} from "./web-idl.ts";
import { type BinaryType, ReadyState, WebSocketSession } from "./web-socket-session.ts";

/** The events of the class `WebSocket`, by name. */
export interface WebSocketEvents {
  /** The connection is open. */
  open: Event;
  /** A message arrived. */
  message: NativeMessageEvent;
  /** The connection failed; `close` follows. */
  error: ErrorEvent;
  /** The connection has ended. */
  close: CloseEvent;
}

// The DOM library has names for the next three types, but a program that is compiled for Node alone lacks the DOM library.

/** A listener for events of a {@link StandardWebSocket}: a function, or an object with `handleEvent`. */
export type WebSocketListener<E extends Event> =
  | ((this: StandardWebSocket, event: E) => unknown)
  | { handleEvent(event: E): unknown };

/** Options of `addEventListener`. */
export interface WebSocketListenerOptions {
  /** Tells two listeners apart. `capture` has no other effect, because the events do not bubble. */
  readonly capture?: boolean;
  /** Removes the listener at the first event. */
  readonly once?: boolean;
  /** The listener never calls `preventDefault`. */
  readonly passive?: boolean;
  /** Removes the listener when the signal aborts. */
  readonly signal?: AbortSignal;
}

/** The value of `onopen` and its siblings; null for none. */
export type WebSocketHandler<E extends Event> =
  | ((this: StandardWebSocket, event: E) => unknown)
  | null;

/** A WebSocket as the standard defines it: like `WebSocket` of TypeScript's DOM library, which a program may not have. */
export interface StandardWebSocket extends EventTarget {
  /** 0. */
  readonly CONNECTING: 0;
  /** 1. */
  readonly OPEN: 1;
  /** 2. */
  readonly CLOSING: 2;
  /** 3. */
  readonly CLOSED: 3;
  /** The URL, serialized. */
  readonly url: string;
  /** One of {@link CONNECTING}, {@link OPEN}, {@link CLOSING} and {@link CLOSED}. */
  readonly readyState: number;
  /**
   * Bytes of payload that were sent and that the network has not taken. The number sinks only between tasks. Once the connection
   * has closed, the number never sinks.
   */
  readonly bufferedAmount: number;
  /** The extensions that the server accepted, as the header has them. */
  readonly extensions: string;
  /** The subprotocol that was agreed on; "" for none. */
  readonly protocol: string;
  /** The type of binary data in `message` events. Default "blob". */
  binaryType: BinaryType;
  /** Called for the event `open`. */
  onopen: WebSocketHandler<Event>;
  /** Called for the event `message`. */
  onmessage: WebSocketHandler<NativeMessageEvent>;
  /** Called for the event `error`. */
  onerror: WebSocketHandler<ErrorEvent>;
  /** Called for the event `close`. */
  onclose: WebSocketHandler<CloseEvent>;
  /** Copies the bytes of a buffer, and reads the bytes of a Blob. Messages stay in their order. */
  send(data: string | ArrayBuffer | ArrayBufferView | Blob): void;
  /** Without arguments: a Close without a body. Messages that arrive from now on are dropped. */
  close(code?: number, reason?: string): void;
  /** As of every EventTarget, with the types of this class's events. */
  addEventListener<K extends keyof WebSocketEvents>(
    type: K,
    listener: WebSocketListener<WebSocketEvents[K]>,
    options?: WebSocketListenerOptions | boolean,
  ): void;
  addEventListener(
    type: string,
    listener: WebSocketListener<Event> | null,
    options?: WebSocketListenerOptions | boolean,
  ): void;
  /** As of every EventTarget, with the types of this class's events. */
  removeEventListener<K extends keyof WebSocketEvents>(
    type: K,
    listener: WebSocketListener<WebSocketEvents[K]>,
    options?: Pick<WebSocketListenerOptions, "capture"> | boolean,
  ): void;
  removeEventListener(
    type: string,
    listener: WebSocketListener<Event> | null,
    options?: Pick<WebSocketListenerOptions, "capture"> | boolean,
  ): void;
}

/** The class `WebSocket` of the web platform (WHATWG WebSockets), as every adapter exports it. */
export interface StandardWebSocketConstructor {
  /**
   * @param protocols subprotocols to offer, the most wanted first; or, as an extension of ours, the options of `connect`:
   * headers, TLS, a proxy, timeouts.
   * @throws DOMException "SyntaxError" for a text that is no URL, for a URL with another scheme or with a fragment, and for
   * subprotocols that are no tokens or are given twice.
   * @throws MisuseError for options of `connect` that are not known or cannot be meant.
   */
  new (
    url: string | URL,
    protocols?: string | readonly string[] | ConnectOptions<unknown>,
  ): StandardWebSocket;
  /** The prototype, as every class has one. */
  readonly prototype: StandardWebSocket;
  /** 0. */
  readonly CONNECTING: 0;
  /** 1. */
  readonly OPEN: 1;
  /** 2. */
  readonly CLOSING: 2;
  /** 3. */
  readonly CLOSED: 3;
}

/**
 * Makes the class. Opening handshakes to the same host come one after the other (RFC 6455 §4.1), ports of other protocols are
 * refused, and every event is a task of its own, all as in browsers. `connect` does not follow these three rules.
 */
export function createWebSocketClass(platform: Platform): StandardWebSocketConstructor {
  class WebSocket extends EventTarget {
    // Private names: objects of the platform have no properties of their own, and refuse a foreign `this`.
    readonly #url: string;
    readonly #session: WebSocketSession;
    readonly #handlers: EventHandlers;

    constructor(url: unknown, protocols: unknown = [], third: unknown = undefined) {
      // biome-ignore lint/complexity/noArguments: a rest parameter would take the function's length, 1, away
      requireArguments(arguments.length, 1, "new WebSocket");
      refuseThirdArgument(third);
      super();
      // Web IDL: all arguments are converted before any of them is judged.
      const text = usvString(url);
      const given = webSocketOptions(protocols);
      const record = urlRecord(text);
      requireTokens(given.protocols);
      const options = checkedOptions(platform, record, given);
      this.#url = record.href;
      this.#handlers = new EventHandlers(this);
      this.#session = new WebSocketSession(this, platform, record, options);
    }

    get url(): string {
      return this.#url;
    }

    get readyState(): number {
      return this.#session.readyState;
    }

    get bufferedAmount(): number {
      return this.#session.bufferedAmount;
    }

    get extensions(): string {
      return this.#session.extensions;
    }

    get protocol(): string {
      return this.#session.protocol;
    }

    get binaryType(): string {
      return this.#session.binaryType;
    }

    set binaryType(value: unknown) {
      const session = this.#session;
      const type = `${value as string}`;
      if (type === "blob" || type === "arraybuffer") session.binaryType = type;
    }

    get onopen(): object | null {
      return this.#handlers.get("open");
    }

    set onopen(value: unknown) {
      this.#handlers.set("open", value);
    }

    get onmessage(): object | null {
      return this.#handlers.get("message");
    }

    set onmessage(value: unknown) {
      this.#handlers.set("message", value);
    }

    get onerror(): object | null {
      return this.#handlers.get("error");
    }

    set onerror(value: unknown) {
      this.#handlers.set("error", value);
    }

    get onclose(): object | null {
      return this.#handlers.get("close");
    }

    set onclose(value: unknown) {
      this.#handlers.set("close", value);
    }

    send(data: unknown): void {
      const session = this.#session;
      // biome-ignore lint/complexity/noArguments: a rest parameter would take the function's length, 1, away
      requireArguments(arguments.length, 1, "WebSocket.send");
      session.send(sendable(data));
    }

    close(code: unknown = undefined, reason: unknown = undefined): void {
      const session = this.#session;
      const number = code === undefined ? null : clampedUnsignedShort(code);
      const text = reason === undefined ? "" : usvString(reason);
      session.close(checkedCloseCode(number, text), text);
    }
  }

  exposeConstants(WebSocket, ReadyState);
  exposeInterface(WebSocket, "WebSocket", MEMBERS);
  showFacts<StandardWebSocket>(WebSocket, "WebSocket", (socket) => {
    const { url, readyState, protocol, extensions, bufferedAmount, binaryType } = socket;
    return { url, readyState, protocol, extensions, bufferedAmount, binaryType };
  });
  return WebSocket as unknown as StandardWebSocketConstructor;
}

const MEMBERS: readonly string[] = [
  "url",
  "readyState",
  "bufferedAmount",
  "extensions",
  "protocol",
  "binaryType",
  "onopen",
  "onmessage",
  "onerror",
  "onclose",
  "send",
  "close",
];

/** (BufferSource or Blob or USVString); the bytes still belong to the caller, and are not copied yet. */
function sendable(data: unknown): string | Uint8Array<ArrayBuffer> | Blob {
  if (isBlob(data)) return data;
  if (isBufferSource(data)) return bufferSource(data);
  if (isUnreadableBlob(data)) throw new TypeError(`this Blob has no arrayBuffer(): ${READ_BLOB}`);
  // The code that encodes the text turns lone surrogates into U+FFFD.
  return `${data as string}`;
}
