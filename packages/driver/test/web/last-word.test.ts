/** Our last word waits for the messages before it, in the classes of the web platform too. */
import { describe, expect, test } from "vitest";
import type { StandardWebSocket, WebSocketOpenInfo } from "../../src/index.ts";
import {
  closeFrame,
  frame,
  join,
  once,
  type RawPeer,
  scripted,
  TEXT,
  tasks,
  URL_GIVEN,
} from "./web-stage.ts";

/** What ends the connection behind the messages, and the code of our Close. */
const ENDS = [
  { end: "a Close", octets: closeFrame(3_005), code: 3_005 },
  { end: "a reserved opcode", octets: frame(0x85, ""), code: 1_002 },
  { end: "a reserved bit", octets: frame(0xa1, "x"), code: 1_002 },
] as const;

const MESSAGES = [frame(TEXT, "one"), frame(TEXT, "two")];

/** What the client has sent until its Close: texts, and the code. */
async function toldTo(peer: RawPeer): Promise<unknown[]> {
  let bytes = new Uint8Array(0);
  const told: unknown[] = [];
  for (;;) {
    while (bytes.length >= 6 && bytes.length >= 6 + (bytes[1]! & 0x7f)) {
      const length = bytes[1]! & 0x7f;
      const payload = bytes
        .slice(6, 6 + length)
        .map((octet, index) => octet ^ bytes[2 + (index % 4)]!);
      const isClose = (bytes[0]! & 0xf) === 0x8;
      told.push(isClose ? (payload[0]! << 8) | payload[1]! : new TextDecoder().decode(payload));
      if (isClose) return told;
      bytes = bytes.slice(6 + length);
    }
    const more = await peer.read();
    if (more.length === 0) return [...told, "no Close"];
    bytes = join(bytes, more) as Uint8Array<ArrayBuffer>;
  }
}

type Setup = (socket: StandardWebSocket) => void;

/** How a program takes the messages of a WebSocket, and answers them. */
const LISTENERS: Record<string, Setup> = {
  "a listener": (socket) => {
    socket.onmessage = ({ data }) => socket.send(`re: ${String(data)}`);
  },
  "a promise for the next message": (socket) => {
    void (async () => {
      for (;;) {
        const { data } = await once<MessageEvent>(socket, "message");
        expect(socket.readyState).toBe(1);
        socket.send(`re: ${String(data)}`);
      }
    })();
  },
  "a listener that answers with a Blob": (socket) => {
    socket.onmessage = ({ data }) => socket.send(new Blob([`re: ${String(data)}`]));
  },
};

for (const { end, octets, code } of ENDS) {
  const said = ["re: one", "re: two", code];

  describe(`messages and ${end} in one read`, () => {
    for (const [what, setUp] of Object.entries(LISTENERS)) {
      for (const isWith101 of [false, true]) {
        const when = isWith101 ? "with the 101" : "on an open connection";
        test(`are answered by a WebSocket with ${what}, before its Close: ${when}`, async () => {
          const { stage, peer: coming } = scripted();
          const socket = new stage.WebSocket(URL_GIVEN);
          setUp(socket);
          const isOpen = once(socket, "open");
          const peer = await coming;
          if (isWith101) {
            await peer.accept([], ...MESSAGES, octets);
          } else {
            await peer.accept();
            await isOpen;
            peer.write(join(...MESSAGES, octets));
          }
          expect(await toldTo(peer)).toEqual(said);
          peer.end();
          await once(socket, "close");
        });
      }
    }

    for (const { what, answer } of [
      { what: "by a loop", answer: answerInLoop },
      { what: "by a pipe", answer: answerInPipe },
      { what: "by a pipe through another stream", answer: answerThroughTransform },
    ]) {
      for (const isWith101 of [false, true]) {
        const when = isWith101 ? "with the 101" : "on an open connection";
        test(`are answered by a WebSocketStream, ${what}, before its Close: ${when}`, async () => {
          const { stage, peer: coming } = scripted();
          const stream = new stage.WebSocketStream(URL_GIVEN);
          stream.closed.catch(() => {});
          const peer = await coming;
          if (isWith101) await peer.accept([], ...MESSAGES, octets);
          else await peer.accept();
          void answer(await stream.opened).catch(() => {});
          if (!isWith101) peer.write(join(...MESSAGES, octets));
          expect(await toldTo(peer)).toEqual(said);
          peer.end();
        });
      }
    }
  });
}

async function answerInLoop({ readable, writable }: WebSocketOpenInfo): Promise<void> {
  const writer = writable.getWriter();
  const reader = readable.getReader();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    await tasks();
    await writer.write(`re: ${String(value)}`);
  }
}

async function answerInPipe({ readable, writable }: WebSocketOpenInfo): Promise<void> {
  const sink = writable.getWriter();
  await readable.pipeTo(
    new WritableStream({ write: (message) => sink.write(`re: ${String(message)}`) }),
  );
}

async function answerThroughTransform({ readable, writable }: WebSocketOpenInfo): Promise<void> {
  const transform = new TransformStream<unknown, string>({
    transform: (message, controller) => controller.enqueue(`re: ${String(message)}`),
  });
  await (readable as ReadableStream).pipeThrough(transform).pipeTo(writable);
}

describe("the readable of a WebSocketStream", () => {
  test("ends at the server's Close, though the connection stays", async () => {
    const { stage, peer: coming } = scripted();
    const stream = new stage.WebSocketStream(URL_GIVEN);
    const peer = await coming;
    await peer.accept([], ...MESSAGES, closeFrame(1_000, "bye"));
    const { readable } = await stream.opened;
    let isClosed = false;
    void stream.closed.then(() => {
      isClosed = true;
    });
    const seen: unknown[] = [];
    const reader = readable.getReader();
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      seen.push(read.value);
    }
    await reader.closed;
    expect(seen).toEqual(["one", "two"]);
    expect(isClosed).toBe(false);
    peer.end();
    expect(await stream.closed).toEqual({ closeCode: 1_000, reason: "bye" });
  });

  for (const { what, octets, isError } of [
    { what: "closes", octets: closeFrame(1_000), isError: false },
    { what: "breaks a rule", octets: frame(0x85, ""), isError: true },
  ]) {
    test(`tells closed of its reader that the server ${what}, though nobody reads`, async () => {
      const { stage, peer: coming } = scripted();
      const stream = new stage.WebSocketStream(URL_GIVEN);
      stream.closed.catch(() => {});
      const peer = await coming;
      await peer.accept();
      const reader = (await stream.opened).readable.getReader();
      peer.write(octets);
      await toldTo(peer);
      peer.end();
      if (isError) await expect(reader.closed).rejects.toThrow(/reserved/);
      else await reader.closed;
    });
  }

  test("gives every message to a program that reads late, then the error", async () => {
    const { stage, peer: coming } = scripted();
    const stream = new stage.WebSocketStream(URL_GIVEN);
    stream.closed.catch(() => {});
    const peer = await coming;
    await peer.accept([], ...MESSAGES);
    const reader = (await stream.opened).readable.getReader();
    peer.destroy();
    await expect(stream.closed).rejects.toThrow();
    expect(await reader.read()).toEqual({ value: "one", done: false });
    expect(await reader.read()).toEqual({ value: "two", done: false });
    await expect(reader.read()).rejects.toThrow();
    await expect(reader.closed).rejects.toThrow();
  });
});
