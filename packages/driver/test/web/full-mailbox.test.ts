/** The classes of the web platform, to which a server sends much in few compressed bytes. */
import { describe, expect, test } from "vitest";
import { deflateWith, fromStreams, Server, webRuntime } from "../../src/index.ts";
import { repeatingCodec } from "../repeating-codec.ts";
import { frame, once, openedWithPeer, URL_GIVEN, WebStage } from "./web-stage.ts";

const MIB = 1_048_576;
const SIZE = 20_000;
const COUNT = 500;
/** `limits.undelivered`, what is pulled beyond it, and one message that waits. */
const MAILBOX = MIB + 65_536 + SIZE;

/** A server that sends 10 MB in one write of 15 KB, and the client's count of what it has inflated. */
function bombing(): { stage: WebStage; inflated: () => number } {
  const codec = repeatingCodec();
  let byteCount = 0;
  const counting = {
    ...codec,
    createInflater: (options: { readonly windowBits: number }) => {
      const inflater = codec.createInflater(options);
      const { inflate } = inflater;
      inflater.inflate = (payload, isLast, budget, sink) =>
        inflate(payload, isLast, budget, (inflated) => {
          byteCount += inflated.length;
          sink(inflated);
        });
      return inflater;
    },
  };
  const server = new Server<undefined>(
    {
      dangerouslyAllowAnyOrigin: true,
      perMessageDeflate: deflateWith(codec),
      open(socket) {
        for (let count = 0; count < COUNT; count += 1) socket.write(new Uint8Array(SIZE).fill(1));
      },
      message() {},
    },
    { runtime: webRuntime() },
  );
  const stage = new WebStage(
    (streams) => void server.accept(fromStreams(streams)),
    () => deflateWith(counting),
  );
  return { stage, inflated: () => byteCount };
}

describe("a compressed read that inflates to 10 MB", () => {
  test("is inflated for a WebSocket as its events run: 1 MiB waits for its events, and a mailbox", async () => {
    const { stage, inflated } = bombing();
    const socket = new stage.WebSocket(URL_GIVEN);
    socket.binaryType = "arraybuffer";
    await once(socket, "message");
    expect(inflated()).toBeGreaterThan(MIB);
    expect(inflated()).toBeLessThanOrEqual(MIB + MAILBOX + 2 * SIZE);
    for (let count = 1; count < COUNT; count += 1) await once(socket, "message");
    expect(inflated()).toBe(COUNT * SIZE);
    socket.close();
    await once(socket, "close");
  });

  test("is inflated for a WebSocketStream as its messages are read", async () => {
    const { stage, inflated } = bombing();
    const stream = new stage.WebSocketStream(URL_GIVEN);
    const { readable } = await stream.opened;
    const reader = readable.getReader();
    let received = ((await reader.read()).value as Uint8Array).length;
    expect(inflated()).toBeLessThanOrEqual(MAILBOX + SIZE);
    while (received < COUNT * SIZE) received += ((await reader.read()).value as Uint8Array).length;
    expect(received).toBe(COUNT * SIZE);
    stream.close();
    await stream.closed;
  });
});

test("empty messages that wait for their events are counted, so that a peer that sends only those is read no faster", async () => {
  const { socket, peer } = await openedWithPeer();
  const empty = frame(0x82, new Uint8Array(0));
  const chunk = new Uint8Array(empty.length * 30_000);
  for (let at = 0; at < chunk.length; at += empty.length) chunk.set(empty, at);
  let written = 0;
  const writing = (async () => {
    for (let count = 0; count < 20; count += 1) {
      await peer.send(chunk.slice());
      written += 1;
    }
  })();
  writing.catch(() => {});
  for (let count = 0; count < 100; count += 1) await once(socket, "message");
  expect(written).toBeLessThan(5);
  socket.close();
  peer.destroy();
});
