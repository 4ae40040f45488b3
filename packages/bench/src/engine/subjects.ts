/**
 * The candidates: each takes chunks, reads the ends of every payload, and echoes if asked to. All checks that are on by
 * default are on.
 */
import { Buffer } from "node:buffer";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import {
  type Endpoint,
  type Host,
  openEndpoint,
  type ServerSettings,
  Step,
  serverSettings,
} from "@sansocket/core";
import { currentRuntime } from "@sansocket/workshop/runtimes";
import { checksumOfBytes, checksumOfText } from "./frames.ts";
import { OURS, PLAIN, WEBSOCKET_DRIVER, WS, WS_BUFFERUTIL } from "./subject-names.ts";

export interface Outcome {
  readonly frames: number;
  readonly checksum: number;
  /** Bytes handed to the transport. */
  readonly sent: number;
}

export interface Subject {
  readonly name: string;
  /** A connection that is kept while others are measured. */
  keepOne(): unknown;
  run(chunks: readonly Uint8Array[], isEcho: boolean): Outcome;
}

/** The host of this runtime's adapter: decoders and kernels as users have them. The adapters do not export it. */
async function adaptersHost(): Promise<Host> {
  const module = (await import(
    new URL(`../../../${currentRuntime()}/dist/runtime.js`, import.meta.url).href
  )) as { readonly runtime: { readonly host: Host } };
  return module.runtime.host;
}

const HOST: Host = await adaptersHost();
const SETTINGS: ServerSettings = serverSettings({ host: HOST });
const { kernels: _, ...WITHOUT_KERNELS } = HOST;
const PLAIN_SETTINGS: ServerSettings = serverSettings({ host: WITHOUT_KERNELS });

export function openServer(settings: ServerSettings = SETTINGS): Endpoint {
  const endpoint = openEndpoint("server", {}, settings, 0);
  endpoint.next();
  return endpoint;
}

/** Ours, driven as docs/embedding.md says: a turn per chunk. */
function ownSubject(name: string, settings: ServerSettings): Subject {
  return {
    name,
    keepOne: () => openServer(settings),
    run(chunks, isEcho) {
      const endpoint = openServer(settings);
      let frames = 0;
      let checksum = 0;
      let sent = 0;
      let now = 0.5;
      for (const chunk of chunks) {
        now += 0.1;
        endpoint.receive(chunk, now);
        for (let step = endpoint.next(); step !== Step.Idle; step = endpoint.next()) {
          frames += 1;
          if (step === Step.Text) {
            const { text } = endpoint;
            checksum = (checksum + checksumOfText(text)) | 0;
            if (isEcho) endpoint.sendText(text);
            continue;
          }
          if (step !== Step.Binary) throw new Error(`sansocket told step ${step}`);
          const bytes = endpoint.chunk;
          const { start, end } = endpoint;
          checksum = (checksum + checksumOfBytes(bytes, start, end)) | 0;
          if (isEcho) endpoint.sendBinary(bytes, start, end);
        }
        const transmission = endpoint.transmit(now);
        if (transmission === null) continue;
        const { chunks: lent } = transmission;
        for (let index = 0; index < lent.length; index += 1) sent += lent[index]!.length;
        endpoint.sent(now);
      }
      return { frames, checksum, sent };
    },
  };
}

export const sansocket: Subject = ownSubject(OURS, SETTINGS);

interface WsReceiver {
  on(event: "message", listener: (data: Buffer, isBinary: boolean) => void): void;
  on(event: "error", listener: (error: Error) => void): void;
  write(chunk: Uint8Array): boolean;
}
interface WsSender {
  send(data: Uint8Array, options: object, callback?: () => void): void;
}
interface WsClasses {
  readonly Receiver: new (options: object) => WsReceiver;
  readonly Sender: new (socket: object, extensions: object) => WsSender;
}

const require = createRequire(import.meta.url);

/**
 * `ws` with its add-on or without. It decides when it is loaded, so it is loaded twice. The path leads past Bun, which has
 * a `ws` of its own that is not this one.
 */
function loadWs(withBufferutil: boolean): WsClasses {
  const folder = join(dirname(require.resolve("ws/package.json")), "lib");
  for (const path of Object.keys(require.cache)) {
    if (path.startsWith(folder)) delete require.cache[path];
  }
  if (withBufferutil) delete process.env["WS_NO_BUFFER_UTIL"];
  else process.env["WS_NO_BUFFER_UTIL"] = "1";
  const { mask } = require(join(folder, "buffer-util.js")) as { readonly mask: unknown };
  // With the add-on the function chooses between the two.
  if (String(mask).includes("bufferUtil") !== withBufferutil) {
    throw new Error(`bug: ws ${withBufferutil ? "without" : "with"} its add-on`);
  }
  return {
    Receiver: require(join(folder, "receiver.js")) as WsClasses["Receiver"],
    Sender: require(join(folder, "sender.js")) as WsClasses["Sender"],
  };
}

/** The limits that `ws` gives its receiver by default. */
const WS_LIMITS = {
  isServer: true,
  maxPayload: 100 * 1024 * 1024,
  maxFragments: 16_384,
  maxBufferedChunks: 262_144,
};

interface WsPair {
  readonly receiver: WsReceiver;
  readonly sender: WsSender;
}

export function openWs(
  { Receiver, Sender }: WsClasses,
  onSent: (byteCount: number) => void,
): WsPair {
  const socket = {
    cork() {},
    uncork() {},
    write(data: Uint8Array) {
      onSent(data.length);
      return true;
    },
  };
  return { receiver: new Receiver(WS_LIMITS), sender: new Sender(socket, {}) };
}

const WITHOUT_ADD_ON: WsClasses = loadWs(false);

function wsSubject(name: string, classes: WsClasses): Subject {
  return {
    name,
    keepOne: () => openWs(classes, () => {}),
    run(chunks, isEcho) {
      let frames = 0;
      let checksum = 0;
      let sent = 0;
      const { receiver, sender } = openWs(classes, (byteCount) => {
        sent += byteCount;
      });
      const options = { binary: true, fin: true, compress: false, mask: false };
      receiver.on("error", (error) => {
        throw error;
      });
      receiver.on("message", (data, isBinary) => {
        checksum =
          (checksum +
            (isBinary ? checksumOfBytes(data, 0, data.length) : checksumOfText(data.toString()))) |
          0;
        frames += 1;
        if (isEcho) sender.send(data, options);
      });
      for (const chunk of chunks) receiver.write(chunk);
      return { frames, checksum, sent };
    },
  };
}

interface Driver {
  readonly io: {
    write(data: Uint8Array): void;
    on(event: "data", listener: (data: Buffer) => void): void;
  };
  on(event: "connect", listener: () => void): void;
  on(event: "message", listener: (event: { data: Buffer | string }) => void): void;
  start(): void;
  binary(data: Uint8Array): void;
}

const driverModule = require("websocket-driver") as { server(options?: object): Driver };

const REQUEST = Buffer.from(
  "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
);

const websocketDriver: Subject = {
  name: WEBSOCKET_DRIVER,
  keepOne() {
    const driver = driverModule.server();
    driver.on("connect", () => driver.start());
    driver.io.write(REQUEST);
    return driver;
  },
  run(chunks, isEcho) {
    let frames = 0;
    let checksum = 0;
    let sent = 0;
    const driver = driverModule.server();
    driver.on("connect", () => driver.start());
    driver.on("message", ({ data }) => {
      frames += 1;
      if (typeof data === "string") {
        checksum = (checksum + checksumOfText(data)) | 0;
        return;
      }
      checksum = (checksum + checksumOfBytes(data, 0, data.length)) | 0;
      if (isEcho) driver.binary(data);
    });
    driver.io.write(REQUEST);
    driver.io.on("data", (data) => {
      sent += data.length;
    });
    const handshake = sent;
    for (const chunk of chunks) driver.io.write(chunk);
    return { frames, checksum, sent: sent - handshake };
  },
};

export const SUBJECTS: readonly Subject[] = [
  sansocket,
  ownSubject(PLAIN, PLAIN_SETTINGS),
  wsSubject(WS, WITHOUT_ADD_ON),
  wsSubject(WS_BUFFERUTIL, loadWs(true)),
  websocketDriver,
];

const copyTarget = new Uint8Array(512 * 1_024);

/** The limit: the same bytes, copied once into memory that is there, chunk by chunk. */
export function copyAll(chunks: readonly Uint8Array[]): number {
  let bytes = 0;
  for (const chunk of chunks) {
    copyTarget.set(chunk);
    bytes += chunk.length;
  }
  return bytes;
}
