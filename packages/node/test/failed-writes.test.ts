import { Duplex, type DuplexOptions } from "node:stream";
import type { TransportHandler } from "@sansocket/driver";
import { expect, test } from "vitest";
import { NodeTransport } from "../src/node-transport.ts";

class Log implements TransportHandler {
  readonly inbox: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  readonly entries: string[] = [];
  readonly closed: Promise<void>;
  onClosed!: (error?: string) => void;

  constructor() {
    this.closed = new Promise((resolve) => {
      this.onClosed = (error) => {
        this.entries.push(`closed ${error}`);
        resolve();
      };
    });
  }
  onData(): void {}
  onInbox(): void {}
  onEnd(): void {}
  onDrain(): void {
    this.entries.push("drain");
  }
}

const refused: NodeJS.ErrnoException = Object.assign(new Error("refused"), { code: "EPIPE" });
const read = (): void => {};

const FAILURES: readonly (readonly [what: string, stream: DuplexOptions])[] = [
  ["a write that the kernel refuses at once", { read, write: (_1, _2, done) => done(refused) }],
  ["a write that fails later", { read, write: (_1, _2, done) => void setImmediate(done, refused) }],
  [
    "several that fail together",
    { read, writev: (_chunks, done) => void setImmediate(done, refused) },
  ],
  [
    "an end that fails",
    { read, write: (_1, _2, done) => done(), final: (done) => void setImmediate(done, refused) },
  ],
  [
    "a write on a stream that does not destroy itself",
    { read, autoDestroy: false, write: (_1, _2, done) => done(refused) },
  ],
  [
    "a write that ends without a word when the stream is destroyed",
    {
      read,
      write(_1, _2, done) {
        this.destroy(refused);
        setImmediate(done);
      },
    },
  ],
];

test.each(FAILURES)("%s never drains, and the close says why", async (_what, options) => {
  const log = new Log();
  const transport = new NodeTransport(new Duplex(options), log);
  const chunks = [new Uint8Array(10), new Uint8Array(10)];
  transport.write(chunks);
  expect(transport.endWrite()).toBe(false);
  await log.closed;
  expect(log.entries).toEqual(["closed EPIPE"]);
});

test("a write that is refused at once is not taken", async () => {
  const log = new Log();
  const stream = new Duplex({ read, write: (_1, _2, done) => done(refused) });
  expect(new NodeTransport(stream, log).write([new Uint8Array(10)])).toBe(false);
  await log.closed;
});

test("a write to a stream that is destroyed is not taken", async () => {
  const log = new Log();
  const stream = new Duplex({ read, write: (_1, _2, done) => done() });
  const transport = new NodeTransport(stream, log);
  stream.destroy();
  expect(transport.write([new Uint8Array(10)])).toBe(false);
  await log.closed;
  expect(log.entries).toEqual(["closed undefined"]);
});
