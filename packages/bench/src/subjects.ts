/**
 * Who is measured: each takes chunks, reads the first and last octet of every payload, and echoes if asked to. All checks
 * that are on by default are on.
 */
import { createRequire } from "node:module";
import {
  type Endpoint,
  openEndpoint,
  type ServerSettings,
  Step,
  serverSettings,
} from "@sansocket/core";
import * as wsModule from "ws";

export interface Outcome {
  readonly frames: number;
  readonly checksum: number;
  /** Octets handed to the transport. */
  readonly sent: number;
}

export interface Subject {
  readonly name: string;
  /** A connection that is kept while others are measured. */
  keepOne(): unknown;
  run(chunks: readonly Uint8Array[], isEcho: boolean): Outcome;
}

export const settings: ServerSettings = serverSettings({
  host: { random: (into) => void crypto.getRandomValues(into) },
});

export function openServer(): Endpoint {
  const endpoint = openEndpoint("server", {}, settings, 0);
  endpoint.next();
  return endpoint;
}

/** Ours, driven as docs/embedding.md says: a turn per chunk. */
export const sansocket: Subject = {
  name: "sansocket",
  keepOne: openServer,
  run(chunks, isEcho) {
    const endpoint = openServer();
    let frames = 0;
    let checksum = 0;
    let sent = 0;
    let now = 0.5;
    for (const chunk of chunks) {
      now += 0.1;
      endpoint.receive(chunk, now);
      for (let step = endpoint.next(); step !== Step.Idle; step = endpoint.next()) {
        if (step !== Step.Binary) throw new Error(`sansocket told step ${step}`);
        const bytes = endpoint.chunk;
        const { start, end } = endpoint;
        checksum = (checksum + bytes[start]! + bytes[end - 1]!) | 0;
        frames += 1;
        if (isEcho) endpoint.sendBinary(bytes, start, end);
      }
      const transmission = endpoint.transmit(now);
      if (transmission === null) continue;
      for (const lent of transmission.chunks) sent += lent.length;
      endpoint.sent(now);
    }
    return { frames, checksum, sent };
  },
};

interface WsReceiver {
  on(event: "message", listener: (data: Buffer) => void): void;
  on(event: "error", listener: (error: Error) => void): void;
  write(chunk: Uint8Array): boolean;
}
interface WsSender {
  send(data: Uint8Array, options: object, callback?: () => void): void;
}
const { Receiver, Sender } = wsModule as unknown as {
  Receiver: new (options: object) => WsReceiver;
  Sender: new (socket: object, extensions: object) => WsSender;
};

/** The limits that `ws` gives its receiver by default. */
const WS_LIMITS = {
  isServer: true,
  maxPayload: 100 * 1024 * 1024,
  maxFragments: 16_384,
  maxBufferedChunks: 262_144,
};

export function openWs(onSent: (octets: number) => void): {
  readonly receiver: WsReceiver;
  readonly sender: WsSender;
} {
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

export const ws: Subject = {
  name: "ws",
  keepOne: () => openWs(() => {}),
  run(chunks, isEcho) {
    let frames = 0;
    let checksum = 0;
    let sent = 0;
    const { receiver, sender } = openWs((octets) => {
      sent += octets;
    });
    const options = { binary: true, fin: true, compress: false, mask: false };
    receiver.on("error", (error) => {
      throw error;
    });
    receiver.on("message", (data) => {
      checksum = (checksum + data[0]! + data[data.length - 1]!) | 0;
      frames += 1;
      if (isEcho) sender.send(data, options);
    });
    for (const chunk of chunks) receiver.write(chunk);
    return { frames, checksum, sent };
  },
};

interface Driver {
  readonly io: {
    write(data: Uint8Array): void;
    on(event: "data", listener: (data: Buffer) => void): void;
  };
  on(event: "connect", listener: () => void): void;
  on(event: "message", listener: (event: { data: Buffer }) => void): void;
  start(): void;
  binary(data: Uint8Array): void;
}
const driverModule = createRequire(import.meta.url)("websocket-driver") as {
  server(options?: object): Driver;
};

const REQUEST = Buffer.from(
  "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
);

export const websocketDriver: Subject = {
  name: "websocket-driver",
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
      checksum = (checksum + data[0]! + data[data.length - 1]!) | 0;
      frames += 1;
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
