/** `websocket-driver` as a parser for the laws: behind its opening handshake, which is done here. */
import type { EventEmitter } from "node:events";
// @ts-expect-error: the package has no types.
import driver from "websocket-driver";
import type { EngineEvent, EngineOptions, Parser, ParserUnderTest } from "../../src/index.ts";
import { joinBytes } from "../../src/index.ts";
import { acceptKey } from "../../src/wire/accept-key.ts";

/** What the driver offers, as far as it is used. */
interface Driver extends EventEmitter {
  readonly io: EventEmitter & { write(chunk: Uint8Array): boolean };
  start(): boolean;
}

const { client, server } = driver as unknown as {
  client(url: string, options: object): Driver;
  server(options: object): Driver;
};

const REQUEST = [
  "GET / HTTP/1.1",
  "Host: localhost",
  "Upgrade: websocket",
  "Connection: Upgrade",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  "Sec-WebSocket-Version: 13",
];

function head(lines: readonly string[]): Buffer {
  return Buffer.from(`${lines.join("\r\n")}\r\n\r\n`);
}

function create({ role, messageLimit }: EngineOptions): ParserUnderTest {
  const options = {
    // RFC 6455 §5.1 wants it of a server; it is off by default. A client that is told so refuses every frame.
    requireMasking: role === "server",
    ...(messageLimit === undefined ? {} : { maxLength: messageLimit }),
  };
  const one = role === "server" ? server(options) : client("ws://localhost/", options);
  let told: EngineEvent[] = [];
  let output: Uint8Array[] = [];
  let hasFailed = false;
  one.io.on("data", (bytes: Uint8Array) => output.push(new Uint8Array(bytes)));
  one.on("message", ({ data }: { data: string | Uint8Array }) => {
    const kind = typeof data === "string" ? "text" : "binary";
    told.push({ kind, bytes: new Uint8Array(Buffer.from(data)), final: true });
  });
  const payload = ({ data }: { data: string }): Uint8Array => new Uint8Array(Buffer.from(data));
  one.on("ping", (event) => told.push({ kind: "ping", bytes: payload(event) }));
  one.on("pong", (event) => told.push({ kind: "pong", bytes: payload(event) }));
  one.on("error", () => {
    hasFailed = true;
  });
  one.on("close", ({ code, reason }: { code: number; reason: string }) => {
    told.push(hasFailed ? { kind: "violation", code } : { kind: "closing", code, reason });
  });
  if (role === "server") {
    one.on("connect", () => one.start());
    one.io.write(head(REQUEST));
  } else {
    one.start();
    const key = /^sec-websocket-key: (\S+)/im.exec(Buffer.concat(output).toString())![1]!;
    one.io.write(
      head([
        "HTTP/1.1 101 x",
        "Upgrade: websocket",
        "Connection: Upgrade",
        `Sec-WebSocket-Accept: ${acceptKey(key)}`,
      ]),
    );
  }
  output = [];
  // A client masks with random keys, and no law can compare two runs of it.
  const sends = role === "server";
  return {
    receive: (bytes) => void one.io.write(Buffer.from(bytes)),
    pull() {
      const events = told;
      told = [];
      return events;
    },
    ...(sends
      ? {
          transmit() {
            if (output.length === 0) return null;
            const bytes = joinBytes(output);
            output = [];
            return { bytes, ending: "continue" as const };
          },
        }
      : {}),
  };
}

export const websocketDriver: Parser = { name: "websocket-driver", create };
