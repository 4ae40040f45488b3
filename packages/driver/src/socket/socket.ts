/** An open WebSocket connection, as applications hold it. Servers and clients use the same class. */
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

/** Makes a socket, for servers and for `connect`. */
export let createSocket: <Data>(binding: Binding, origins: Origins<Data>) => Socket<Data>;
/** The connection behind a socket, for the classes of the web platform. */
export let bindingOf: (socket: Socket) => Binding;
/** Tells the socket that its connection is over. */
export let socketEnded: (socket: Socket, info: CloseInfo) => void;

/** One open WebSocket connection, on either side: write to it, iterate over its messages, close it. */
export class Socket<Data = unknown> implements AsyncIterable<Message>, AsyncDisposable {
  /** A value of the application: the `data` of `request.accept({ data })`. */
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

  /** Only servers and `connect` make sockets. */
  private constructor(binding: Binding, origins: Origins<Data>) {
    this.#binding = binding;
    this.data = origins.data;
    this.request = origins.request;
    this.url = origins.url;
  }

  // ---- sending

  /**
   * Queues a message. The messages of one turn leave in one write. Bytes are copied, and never modified. Lone surrogates in
   * text are sent as U+FFFD.
   * @returns "pressure" when the peer has more to read than the peer can make use of: the message is queued all the same, but
   * wait for `drain` or {@link ready} before the next message. "closed" when the connection is closing or over: the message is
   * not queued.
   * @throws MisuseError for a value other than text, bytes and prepared messages.
   */
  write(data: Sendable, options?: SendOptions): WriteResult {
    return this.#binding.outgoing.write(data, isCompressible(options));
  }

  /**
   * Sends a message and waits until the transport has taken the message. Never rejects.
   * @returns "closed" when the connection ended before the transport had taken the message.
   * @throws MisuseError as `write` does.
   */
  send(data: Sendable, options?: SendOptions): Promise<"sent" | "closed"> {
    return this.#binding.outgoing.send(data, isCompressible(options));
  }

  /**
   * Sends one message in fragments, as its parts come (RFC 6455 §5.4), and no faster than the peer reads. Other messages wait
   * for the end of this message; control frames do not wait. Never rejects: if `source` throws, the connection is closed with
   * 1011, because half a message cannot be taken back.
   * @param options.type default: the type of the first part, or "binary" when there is no part.
   * @throws MisuseError for a source that cannot be looped over.
   */
  sendStream(
    source: AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>,
    options: SendOptions & { readonly type?: "text" | "binary" } = {},
  ): Promise<"sent" | "closed"> {
    const { type, compress = true } = checkOptions("options", options, KNOWN_STREAM_OPTIONS);
    checkStream(source, type);
    return this.#binding.outgoing.sendStream(source, type, compress);
  }

  /** Resolves when there is no pressure, or when the connection is over. Never rejects. */
  ready(): Promise<void> {
    return this.#binding.outgoing.ready();
  }

  /** Number of bytes, with their frame headers, that the transport has not taken yet. */
  get unsent(): number {
    return this.#binding.outgoing.unsent;
  }

  // ---- receiving

  /** Delivers no messages until {@link resume}. Control frames still work, and reading goes on up to `limits.undelivered`. */
  pause(): void {
    this.#binding.delivery.pause();
  }

  /** Ends {@link pause}: messages are delivered again. */
  resume(): void {
    this.#binding.delivery.resume();
  }

  /**
   * The messages. The loop ends after the last message at the peer's Close. The loop throws the {@link ConnectionError} after a
   * violation, and after the connection failed. A loop has answered a message when the loop asks for the next message: our
   * Close waits for the answer, at most `timeouts.close`. Leaving the loop loses no message and does not close the connection:
   * another loop gets the next messages.
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
   * Sends a ping, with up to 125 bytes of payload, and waits for its pong. Never rejects. Messages that arrive before the pong
   * wait for the application, up to twice `limits.undelivered`. If more bytes of messages arrive before the pong, a hook that
   * awaits the pong waits until a timer closes the connection.
   * @returns the round-trip time in ms; "closed" when the connection ended before the pong came.
   */
  ping(payload: Uint8Array | null = null): Promise<number | "closed"> {
    return this.#binding.ping(payload);
  }

  /**
   * Sends a Close after every queued message, and waits for the end of the connection, at most `timeouts.close` without
   * progress. A source of `sendStream` that goes on bringing parts is progress: end the source, or call {@link abort}. Messages
   * still arrive until the peer's Close. An application that takes no message for half of `timeouts.close`, while twice
   * `limits.undelivered` waits, gets no later messages ({@link CloseInfo.undelivered}). Never rejects. Where the peer has
   * closed already, or has broken a rule, the peer's Close or the violation decides the code, and nothing is waited for any
   * more.
   * @param code 1000 to 1003, 1007 to 1014 or 3000 to 4999; 1005 for no code. Default 1000.
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

  /** How the connection ended. Resolves when the connection has ended. Never rejects. */
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

  /** "open" as long as the application can send messages: until our Close is queued. */
  get state(): "open" | "closing" | "closed" {
    const { info, endpoint } = this.#binding;
    if (info !== null) return "closed";
    return endpoint.state === "open" ? "open" : "closing";
  }

  /** The subprotocol that both sides agreed on; "" for none. */
  get protocol(): string {
    return this.#binding.endpoint.protocol;
  }

  /** The extensions that both sides agreed on, with their parameters. */
  get extensions(): readonly ExtensionOffer[] {
    return this.#binding.endpoint.extensions;
  }

  /** The address of the peer; null for an unknown address. */
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
