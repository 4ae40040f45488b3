/** An open WebSocket connection, as applications hold it; the same class on servers and clients. */
import { type ExtensionOffer, MisuseError } from "@sansocket/core";
import { ConnectionError } from "../errors.ts";
import { showFacts } from "../inspection.ts";
import { checkOptions } from "../known-options.ts";
import type { AcceptedRequest } from "../request-facts.ts";
import type { NetworkAddress, TlsFacts } from "../runtime/transport.ts";
import type { Binding } from "./binding.ts";
import type { CloseInfo } from "./close-info.ts";
import type { Message } from "./message.ts";
import type { WriteResult } from "./outgoing.ts";
import {
  checkStream,
  isCompressible,
  KNOWN_STREAM_OPTIONS,
  type Sendable,
  type SendOptions,
} from "./sendable.ts";

/** The origin of a connection: its request, or its URL. */
export interface Origins<Data> {
  readonly data: Data;
  readonly request: AcceptedRequest | null;
  readonly url: string;
}

/** Makes a socket: of servers and `connect`. */
export let createSocket: <Data>(binding: Binding, origins: Origins<Data>) => Socket<Data>;
/** The connection behind a socket, for the classes of the web platform. */
export let bindingOf: (socket: Socket) => Binding;
/** The connection of the socket is over. */
export let socketEnded: (socket: Socket, info: CloseInfo) => void;

/** One open WebSocket connection, on either side: write to it, iterate over its messages, close it. */
export class Socket<Data = unknown> implements AsyncIterable<Message>, AsyncDisposable {
  /** The application's own: what `request.accept({ data })` was given. */
  data: Data;
  /** The request that opened the connection; null on clients. */
  readonly request: AcceptedRequest | null;
  /** The URL that `connect` connected to, after redirects; "" on servers. */
  readonly url: string;
  readonly #binding: Binding;
  #closing: Promise<CloseInfo> | null = null;
  #resolveClosed: ((info: CloseInfo) => void) | null = null;

  static {
    createSocket = (binding, origins) => new Socket(binding, origins);
    bindingOf = (socket) => socket.#binding;
    socketEnded = (socket, info) => {
      socket.#resolveClosed?.(info);
      socket.#resolveClosed = null;
    };
  }

  /** Servers and `connect` make sockets. */
  private constructor(binding: Binding, origins: Origins<Data>) {
    this.#binding = binding;
    this.data = origins.data;
    this.request = origins.request;
    this.url = origins.url;
  }

  // ---- sending

  /**
   * Queues a message. The messages of one turn leave in one write. Bytes are copied, and never modified. Lone
   * surrogates in text are sent as U+FFFD.
   * @returns "pressure" when the peer has more to read than it can make use of: queued all the same, but wait for
   * `drain` or {@link ready} before the next. "closed" when the connection is closing or over: not queued.
   * @throws MisuseError for anything but text, bytes and prepared messages.
   */
  write(data: Sendable, options?: SendOptions): WriteResult {
    return this.#binding.outgoing.write(data, isCompressible(options));
  }

  /**
   * Sends a message and waits until the transport has taken it. Never rejects.
   * @returns "closed" when the connection ended before.
   * @throws MisuseError as `write` does.
   */
  send(data: Sendable, options?: SendOptions): Promise<"sent" | "closed"> {
    return this.#binding.outgoing.send(data, isCompressible(options));
  }

  /**
   * Sends one message in fragments, as its parts come (RFC 6455 §5.4), and no faster than the peer reads. Other messages
   * wait behind it; control frames do not. Never rejects: if `source` throws, the connection is closed with 1011, since
   * half a message cannot be taken back.
   * @param options.type default: what the first part is, or "binary" when there is none.
   * @throws MisuseError for what cannot be looped over.
   */
  sendStream(
    source: AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>,
    options: SendOptions & { readonly type?: "text" | "binary" } = {},
  ): Promise<"sent" | "closed"> {
    const { type, compress = true } = checkOptions("options", options, KNOWN_STREAM_OPTIONS);
    checkStream(source, type);
    return this.#binding.outgoing.sendStream(source, type, compress);
  }

  /** Resolves when there is no pressure, or the connection is over. Never rejects. */
  ready(): Promise<void> {
    return this.#binding.outgoing.ready();
  }

  /** Bytes, with their frame headers, that the transport has not taken yet. */
  get unsent(): number {
    return this.#binding.outgoing.unsent;
  }

  // ---- receiving

  /** Delivers no messages until {@link resume}. Control frames go on; reading goes on up to `limits.undelivered`. */
  pause(): void {
    this.#binding.delivery.pause();
  }

  /** Takes back {@link pause}. */
  resume(): void {
    this.#binding.delivery.resume();
  }

  /**
   * The messages. Ends behind the last one at the peer's Close, and throws the {@link ConnectionError} at a violation and when
   * the connection failed. A loop has answered a message when it asks for the next one: our Close waits for that, at most
   * `timeouts.close`. Leaving the loop loses nothing and closes nothing: another loop goes on.
   * @throws MisuseError where a `message` hook takes the messages.
   */
  [Symbol.asyncIterator](): AsyncIterator<Message, undefined> {
    const binding = this.#binding;
    if (binding.behaviour.hasMessageHook) {
      throw new MisuseError("the message hook takes the messages: use it or a loop, not both");
    }
    return binding.delivery.loop();
  }

  // ---- control

  /**
   * Sends a ping, with up to 125 bytes of payload, and waits for its pong. Never rejects. Messages before the pong wait for
   * the application, up to twice `limits.undelivered`; a hook that awaits a pong behind more of them waits until a timer
   * closes the connection.
   * @returns the round-trip time in ms; "closed" when the connection ended before.
   */
  ping(payload: Uint8Array | null = null): Promise<number | "closed"> {
    return this.#binding.ping(payload);
  }

  /**
   * Sends a Close behind everything that was sent, and waits for the end of the connection, at most `timeouts.close`
   * without progress. A source of `sendStream` that goes on bringing is progress: end it, or {@link abort}. Messages go on
   * arriving until the peer's Close; an application that takes none for half of `timeouts.close`, with twice
   * `limits.undelivered` waiting, gets no later ones ({@link CloseInfo.undelivered}). Never rejects. Where the peer has closed already, or has broken a rule, its Close or the
   * violation decides the code, and nothing is waited for any more.
   * @param code 1000 to 1003, 1007 to 1014 or 3000 to 4999; 1005 for none. Default 1000.
   * @param reason at most 123 bytes as UTF-8.
   * @throws MisuseError for another code or a longer reason.
   */
  close(code: number = 1000, reason: string = ""): Promise<CloseInfo> {
    this.#binding.outgoing.close(code, reason);
    return this.closed;
  }

  /** Ends the connection at once, without a Close: nothing more is sent or delivered. */
  abort(): void {
    this.#binding.abort(new ConnectionError("aborted", "abort was called"));
  }

  /** How the connection ended, once it has. Never rejects. */
  get closed(): Promise<CloseInfo> {
    this.#closing ??= new Promise((resolve) => {
      const { info } = this.#binding;
      if (info !== null) resolve(info);
      else this.#resolveClosed = resolve;
    });
    return this.#closing;
  }

  /** `await using`: closes with 1000. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  // ---- facts

  /** "open" as long as messages can be sent: until our Close is queued. */
  get state(): "open" | "closing" | "closed" {
    const { info, endpoint } = this.#binding;
    if (info !== null) return "closed";
    return endpoint.state === "open" ? "open" : "closing";
  }

  /** The subprotocol agreed on, "" if none. */
  get protocol(): string {
    return this.#binding.endpoint.protocol;
  }

  /** The extensions agreed on, with their parameters. */
  get extensions(): readonly ExtensionOffer[] {
    return this.#binding.endpoint.extensions;
  }

  /** The address of the peer; null when it is not known. */
  get remoteAddress(): NetworkAddress | null {
    return this.#binding.transport.remoteAddress;
  }

  /** The facts of TLS; null without TLS. */
  get tls(): TlsFacts | null {
    return this.#binding.transport.tls;
  }
}

showFacts<Socket>(Socket, "Socket", (socket) => {
  const { state, url, request, remoteAddress, protocol, extensions, tls, unsent, data } = socket;
  const target = request === null ? { url } : { request };
  return { state, ...target, remoteAddress, protocol, extensions, tls, unsent, data };
});
