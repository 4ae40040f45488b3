import { describe, expect, test, vi } from "vitest";
import { fromStreams, type StandardWebSocket } from "../../src/index.ts";
import {
  binaryMessage,
  CLOSE,
  closeFrame,
  frame,
  join,
  once,
  opened,
  openedWithPeer,
  RawPeer,
  record,
  scripted,
  streamPair,
  TEXT,
  tasks,
  URL_GIVEN,
} from "./web-stage.ts";

const nextMessage = (socket: StandardWebSocket): Promise<MessageEvent> => once(socket, "message");

describe("messages that arrive", () => {
  test("are strings for text, with the origin of the URL", async () => {
    const socket = await opened();
    socket.send("héllo");
    const event = await nextMessage(socket);
    expect(event).toBeInstanceOf(MessageEvent);
    expect([event.data, event.origin]).toEqual(["héllo", "ws://site.example"]);
  });

  test("keep their BOM", async () => {
    const socket = await opened();
    socket.send("\uFEFFa");
    expect((await nextMessage(socket)).data).toBe("\uFEFFa");
  });

  test("are Blobs for bytes, or ArrayBuffers if binaryType says so", async () => {
    const socket = await opened();
    socket.send(Uint8Array.of(1, 2, 3));
    const { data } = await nextMessage(socket);
    expect(data).toBeInstanceOf(Blob);
    expect(new Uint8Array(await (data as Blob).arrayBuffer())).toEqual(Uint8Array.of(1, 2, 3));
    socket.binaryType = "arraybuffer";
    socket.send(Uint8Array.of(4, 5));
    expect((await nextMessage(socket)).data).toEqual(Uint8Array.of(4, 5).buffer);
  });

  test.each([
    { what: "one frame of 16 MiB and a byte", fragment: 16_777_217 },
    { what: "170,000 fragments of 100 bytes", fragment: 100 },
  ])("may be larger than what a server takes: $what", async ({ fragment }) => {
    const { socket, peer } = await openedWithPeer();
    const words = record(socket);
    const message = nextMessage(socket);
    const closed = once(socket, "close");
    peer.write(binaryMessage(16_777_217, fragment));
    await Promise.race([message, closed]);
    expect(words).toEqual(["message [object Blob]"]);
    expect((await message).data.size).toBe(16_777_217);
  });

  test.each([
    { limits: { message: 10 }, byteCount: 11 },
    { limits: { frame: 10 }, byteCount: 11 },
    { limits: {}, byteCount: 268_435_457 },
  ])("are at most as large as $limits says: $byteCount bytes are too many", async (row) => {
    const { stage, peer: connected } = scripted();
    const socket = new stage.WebSocket(URL_GIVEN, { limits: row.limits });
    const peer = await connected;
    await peer.accept();
    const short = row.byteCount < 126;
    const head = Uint8Array.of(0x82, short ? row.byteCount : 127, 0, 0, 0, 0, 0, 0, 0, 0);
    if (!short) new DataView(head.buffer).setBigUint64(2, BigInt(row.byteCount));
    peer.write(head);
    const close = await peer.read();
    expect([close[0], ((close[6]! ^ close[2]!) << 8) | (close[7]! ^ close[3]!)]).toEqual([
      CLOSE,
      1009,
    ]);
    const closed = once(socket, "close");
    peer.end();
    await closed;
  });

  test("binaryType ignores what it does not know", async () => {
    const socket = await opened();
    socket.binaryType = "arraybuffer";
    for (const value of ["nodebuffer", "", null, "BLOB"]) socket.binaryType = value as never;
    expect(socket.binaryType).toBe("arraybuffer");
  });

  test("come one task each, open too: who awaits one and listens then misses none", async () => {
    const { stage, peer } = scripted();
    const socket = new stage.WebSocket(URL_GIVEN);
    const seen: unknown[] = [];
    const reading = (async () => {
      await once(socket, "open");
      for (let turn = 0; turn < 20; turn += 1) await null; // whatever an application does in between
      for (let count = 0; count < 3; count += 1) {
        seen.push((await nextMessage(socket)).data);
        for (let turn = 0; turn < 20; turn += 1) await null;
      }
    })();
    await (await peer).accept([], frame(TEXT, "1"), frame(TEXT, "2"), frame(TEXT, "3"));
    await reading;
    expect(seen).toEqual(["1", "2", "3"]);
  });

  test("come in their order when thousands arrive at once", async () => {
    const { socket, peer } = await openedWithPeer();
    const seen: string[] = [];
    socket.onmessage = ({ data }) => seen.push(data as string);
    const numbers = Array.from({ length: 3_000 }, (_, index) => String(index));
    peer.write(join(...numbers.map((number) => frame(TEXT, number))));
    while (seen.length < numbers.length) await tasks(1);
    expect(seen).toEqual(numbers);
  });

  test("are held back in the driver, and with them the transport, when too many wait for their events", async () => {
    const [ours, theirs] = streamPair();
    const peer = new RawPeer(theirs);
    const pauses: string[] = [];
    const { WebSocket } = scripted().stage;
    const socket = new WebSocket(URL_GIVEN, {
      limits: { undelivered: 1_000 },
      socket(handler) {
        const transport = fromStreams(ours)(handler);
        vi.spyOn(transport, "pause").mockImplementation(() => void pauses.push("pause"));
        vi.spyOn(transport, "resume").mockImplementation(() => void pauses.push("resume"));
        return transport;
      },
    });
    const open = once(socket, "open");
    await peer.accept();
    await open;
    let count = 0;
    socket.onmessage = () => {
      count += 1;
    };
    const message = frame(TEXT, "x".repeat(125));
    peer.write(join(...Array<Uint8Array>(5_000).fill(message))); // 1.25 MB as a string
    while (count < 5_000) await tasks(1);
    await tasks();
    expect(pauses).toEqual(["pause", "resume"]);
  });

  test("all have their events, however slow those are and however long the connection has been over", async () => {
    const { stage, peer } = scripted();
    const socket = new stage.WebSocket(URL_GIVEN, { timeouts: { close: 1 } });
    let count = 0;
    socket.onmessage = () => {
      count += 1;
      // Longer, in all, than a message hook may take behind the end.
      for (const until = performance.now() + 1; count % 100 === 0 && performance.now() < until; );
    };
    const closed = once(socket, "close");
    const message = frame(TEXT, "x".repeat(125));
    const messages = Array<Uint8Array>(10_000).fill(message); // 2.5 MB as strings
    await (await peer).accept([], ...messages, closeFrame(1000));
    (await peer).end();
    await closed;
    expect(count).toBe(10_000);
  });

  test("are dropped after close was called", async () => {
    const { socket, peer } = await openedWithPeer();
    const words = record(socket);
    socket.close();
    peer.write(join(frame(TEXT, "late"), closeFrame(1000)));
    peer.end();
    await once(socket, "close");
    expect(words).toEqual(["close 1000 clean"]);
  });

  test("are dropped when close is called in the event before", async () => {
    const { socket, peer } = await openedWithPeer();
    const words = record(socket);
    socket.addEventListener("message", () => socket.close(), { once: true });
    peer.write(join(frame(TEXT, "first"), frame(TEXT, "second"), closeFrame(1000)));
    peer.end();
    await once(socket, "close");
    expect(words).toEqual(["message first", "close 1000 clean"]);
  });

  test("find the socket OPEN, though the Close came in the same packet; behind them it is CLOSING", async () => {
    const { socket, peer } = await openedWithPeer();
    const states: number[] = [];
    socket.onmessage = () => states.push(socket.readyState);
    peer.write(join(frame(TEXT, "1"), frame(TEXT, "2"), frame(CLOSE)));
    while (states.length < 2) await tasks(1);
    await tasks();
    expect([states, socket.readyState]).toEqual([[1, 1], 2]);
    socket.send("too late");
    expect(socket.bufferedAmount).toBe(8);
    peer.end();
    await once(socket, "close");
    expect([socket.readyState, socket.bufferedAmount]).toEqual([3, 8]);
  });
});
