/** Node reads a socket up to 32 times in a row when there is so much to read, and looks at no other socket and timer meanwhile. */
import { setImmediate } from "node:timers";
import { certificate } from "@sansocket/workshop/certificate";
import { afterEach, expect, test } from "vitest";
import { connect, type Message, type Socket, serve } from "../src/index.ts";
import { forgetTrial } from "../src/scratch-reading.ts";

afterEach(() => forgetTrial(null));

/** About one message in each read of 64 KiB. */
const MESSAGE = new Uint8Array(60_000);
const MESSAGES = 80;

/** Each message takes 5 ms to answer. Counts the messages between two looks of the event loop at its sockets. */
class BusyApplication {
  most = 0;
  count = 0;
  private inOneRow = 0;
  private isWatching = true;

  readonly message = (_socket: unknown, _message: Message): void => {
    if (this.count === 0) this.watch();
    this.count += 1;
    this.inOneRow += 1;
    this.most = Math.max(this.most, this.inOneRow);
    const begun = performance.now();
    while (performance.now() - begun < 5);
  };

  async takeAll(socket: Socket): Promise<void> {
    for await (const message of socket) this.message(socket, message);
  }

  private watch(): void {
    this.inOneRow = 0;
    if (this.isWatching) setImmediate(() => this.watch());
  }

  async tookAll(): Promise<void> {
    while (this.count < MESSAGES) await new Promise((resolve) => setImmediate(resolve));
    this.isWatching = false;
  }
}

function flood(socket: Socket): void {
  for (let count = 0; count < MESSAGES; count += 1) socket.write(MESSAGE);
}

const WAYS: readonly (readonly [
  name: string,
  isInScratch: boolean,
  isSecure: boolean,
  busy: "server" | "client",
])[] = [
  ["a server that reads into the scratch", true, false, "server"],
  ["a server that reads by 'data' events", false, false, "server"],
  ["a server over TLS", true, true, "server"],
  ["a client over TLS", true, true, "client"],
];

test.each(WAYS)(
  "%s looks at its other sockets every 10 ms, and loses nothing",
  async (_name, isInScratch, isSecure, busy) => {
    forgetTrial(isInScratch);
    const application = new BusyApplication();
    const { cert, key } = await certificate();
    await using server = await serve({
      hostname: "127.0.0.1",
      ...(isSecure ? { tls: { cert, key } } : {}),
      ...(busy === "server" ? { message: application.message } : { open: flood }),
    });
    await using socket = await connect(server.url, isSecure ? { tls: { ca: cert } } : {});
    if (busy === "server") flood(socket);
    else void application.takeAll(socket);
    await application.tookAll();
    // 10 ms are two messages, and the read that passes them may bring two more.
    expect(application.most).toBeLessThanOrEqual(4);
  },
);
