/** Web classes on connections in memory, and at the other end a server of the driver's, or one that says what a test says. */
import { acceptFor } from "@sansocket/core";
import {
  type ByteStreams,
  createWebSocketClass,
  createWebSocketStreamClass,
  type Dialed,
  fromStreams,
  type NetworkAddress,
  type Platform,
  Server,
  type ServerOptions,
  type StandardWebSocket,
  type StandardWebSocketConstructor,
  type StandardWebSocketStreamConstructor,
  webRuntime,
} from "../../src/index.ts";

/** Two ends of one connection. */
export function streamPair(): [ByteStreams, ByteStreams] {
  const up = new TransformStream<Uint8Array, Uint8Array>();
  const down = new TransformStream<Uint8Array, Uint8Array>();
  return [
    { readable: down.readable, writable: up.writable },
    { readable: up.readable, writable: down.writable },
  ];
}

/** A runtime with the classes of an adapter, whose connections end in `accept`. */
export class WebStage {
  readonly WebSocket: StandardWebSocketConstructor;
  readonly WebSocketStream: StandardWebSocketStreamConstructor;
  readonly platform: Platform;
  /** Where connections were asked for. */
  readonly dialled: NetworkAddress[] = [];

  constructor(accept: (streams: ByteStreams) => void, deflate?: NonNullable<Platform["deflate"]>) {
    const dial = (address: NetworkAddress): Promise<Dialed> => {
      this.dialled.push(address);
      const [ours, theirs] = streamPair();
      accept(theirs);
      const dialed: Dialed = {
        open: fromStreams(ours),
        startTls: () => Promise.resolve(dialed),
        destroy: () => {},
      };
      return Promise.resolve(dialed);
    };
    this.platform = {
      runtime: webRuntime(),
      dialer: { dial },
      ...(deflate === undefined ? {} : { deflate }),
    };
    this.WebSocket = createWebSocketClass(this.platform);
    this.WebSocketStream = createWebSocketStreamClass(this.platform);
  }
}

/** With a server of the driver's behind it. */
export function serving(options: ServerOptions<undefined> = ECHO): WebStage {
  const server = new Server<undefined>(options, { runtime: webRuntime() });
  return new WebStage((streams) => void server.accept(fromStreams(streams)));
}

export const ECHO = {
  protocols: ["echo", "chat"],
  dangerouslyAllowAnyOrigin: true,
  message(socket, message) {
    socket.write(message);
  },
} satisfies ServerOptions<undefined>;

/** With a peer behind it that does what the test says. */
export function scripted(): { stage: WebStage; peer: Promise<RawPeer> } {
  let settle = (_peer: RawPeer): void => {};
  const peer = new Promise<RawPeer>((resolve) => {
    settle = resolve;
  });
  return { stage: new WebStage((streams) => settle(new RawPeer(streams))), peer };
}

/** A server's end of a connection, byte by byte. */
export class RawPeer {
  private readonly reader: ReadableStreamDefaultReader<Uint8Array>;
  private readonly writer: WritableStreamDefaultWriter<Uint8Array>;

  constructor({ readable, writable }: ByteStreams) {
    this.reader = readable.getReader() as ReadableStreamDefaultReader<Uint8Array>;
    this.writer = writable.getWriter();
  }

  /** The request, whole. */
  async request(): Promise<string> {
    let text = "";
    while (!text.endsWith("\r\n\r\n")) text += latin1(await this.read());
    return text;
  }

  /** Answers 101, with more header lines, and with frames in the same write. */
  async accept(lines: readonly string[] = [], ...frames: Uint8Array[]): Promise<string> {
    const request = await this.request();
    this.answer(request, lines, ...frames);
    return request;
  }

  answer(request: string, lines: readonly string[], ...frames: Uint8Array[]): void {
    const key = header(request, "sec-websocket-key");
    const head = [
      "HTTP/1.1 101 Switching Protocols",
      "Upgrade: websocket",
      "Connection: Upgrade",
      `Sec-WebSocket-Accept: ${acceptFor(key)}`,
      ...lines,
    ];
    this.write(join(bytesOf(`${head.join("\r\n")}\r\n\r\n`), ...frames));
  }

  /** The next bytes; none at the end of the stream, and when it failed. */
  async read(): Promise<Uint8Array> {
    const { value } = await this.reader.read().catch(() => ({ value: undefined }));
    return value ?? new Uint8Array(0);
  }

  write(bytes: Uint8Array): void {
    this.writer.write(bytes).catch(() => {});
  }

  /** Resolves when the other end has taken the bytes, and has room for more. */
  async send(bytes: Uint8Array): Promise<void> {
    await this.writer.ready;
    this.write(bytes);
  }

  /** Ends its stream, and takes what still comes. */
  end(): void {
    this.writer.close().catch(() => {});
    void this.drain();
  }

  /** Reads until the end of the stream. */
  async drain(): Promise<void> {
    while ((await this.read()).length > 0);
  }

  /** Breaks the connection off. */
  destroy(): void {
    const reason = new Error("ECONNRESET");
    this.writer.abort(reason).catch(() => {});
    this.reader.cancel(reason).catch(() => {});
  }
}

export function header(request: string, name: string): string {
  for (const line of request.split("\r\n")) {
    const colon = line.indexOf(":");
    if (line.slice(0, colon).toLowerCase() === name) return line.slice(colon + 1).trim();
  }
  return "";
}

/** An unmasked frame with a short payload. */
export function frame(firstByte: number, payload: string | Uint8Array = ""): Uint8Array {
  const bytes = typeof payload === "string" ? bytesOf(payload) : payload;
  return join(Uint8Array.of(firstByte, bytes.length), bytes);
}

/** A binary message of `byteCount` zeros, in frames of at most `fragment` bytes. */
export function binaryMessage(byteCount: number, fragment = byteCount): Uint8Array {
  const count = Math.ceil(byteCount / fragment);
  const headBytes = 10;
  const message = new Uint8Array(byteCount + count * headBytes);
  const view = new DataView(message.buffer);
  let at = 0;
  for (let index = 0; index < count; index += 1) {
    const size = Math.min(fragment, byteCount - index * fragment);
    message[at] = (index === count - 1 ? 0x80 : 0) | (index === 0 ? 0x2 : 0);
    const lengthBytes = size < 126 ? 0 : size < 65_536 ? 2 : 8;
    message[at + 1] = lengthBytes === 0 ? size : lengthBytes === 2 ? 126 : 127;
    if (lengthBytes === 2) view.setUint16(at + 2, size);
    if (lengthBytes === 8) view.setBigUint64(at + 2, BigInt(size));
    at += 2 + lengthBytes + size;
  }
  return message.subarray(0, at);
}

export const TEXT = 0x81;
export const CLOSE = 0x88;

export function closeFrame(code: number, reason = ""): Uint8Array {
  return frame(CLOSE, join(Uint8Array.of(code >> 8, code & 0xff), bytesOf(reason)));
}

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

export function join(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** The next event of that type. */
export function once<T extends Event>(target: EventTarget, type: string): Promise<T> {
  return new Promise((resolve) => {
    target.addEventListener(type, (event) => resolve(event as T), { once: true });
  });
}

/** What happens, in its order, as words; `close` with its code and whether it was clean. */
export function record(socket: StandardWebSocket): string[] {
  const words: string[] = [];
  socket.addEventListener("open", () => words.push("open"));
  socket.addEventListener("message", ({ data }) => words.push(`message ${String(data)}`));
  socket.addEventListener("error", () => words.push("error"));
  socket.addEventListener("close", ({ code, wasClean }) => {
    words.push(`close ${code} ${wasClean ? "clean" : "unclean"}`);
  });
  return words;
}

/** A task, or a few: enough for whatever was going to happen. */
export async function tasks(count = 3): Promise<void> {
  for (let task = 0; task < count; task += 1)
    await new Promise((resolve) => setTimeout(resolve, 0));
}

/** The name of the DOMException that `act` throws; "" when it throws another error, or none. */
export function thrownName(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    return error instanceof DOMException ? error.name : "";
  }
  return "";
}

export const URL_GIVEN = "ws://site.example/";

export async function opened(options?: ServerOptions<undefined>): Promise<StandardWebSocket> {
  const socket = new (serving(options).WebSocket)(URL_GIVEN);
  await once(socket, "open");
  return socket;
}

export async function openedWithPeer(): Promise<{ socket: StandardWebSocket; peer: RawPeer }> {
  const { stage, peer } = scripted();
  const socket = new stage.WebSocket(URL_GIVEN);
  const open = once(socket, "open");
  await (await peer).accept();
  await open;
  return { socket, peer: await peer };
}

/** What a server receives, and when it has that many messages. */
export function listening(): {
  options: ServerOptions<undefined>;
  until(count: number): Promise<unknown[]>;
} {
  const received: unknown[] = [];
  let changed = (): void => {};
  return {
    options: {
      message(_socket, message) {
        received.push(message);
        changed();
      },
    },
    async until(count) {
      while (received.length < count) {
        await new Promise<void>((resolve) => {
          changed = resolve;
        });
      }
      return received;
    },
  };
}
