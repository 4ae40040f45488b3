/**
 * RFC 6455 §5.5.1, §7.1.7: messages that stand before a Close, or before what breaks a rule, are answered before our Close,
 * though all came in one packet.
 */
import type { Socket, WebSocketOpenInfo } from "@sansocket/node";
import {
  close as closeOfClient,
  frame as frameOfClient,
  request,
} from "@sansocket/workshop/client-bytes";
import { close, frame, switching } from "@sansocket/workshop/server-bytes";
import { describe, expect, test } from "vitest";
import { adapter, connect, serve } from "./adapter.ts";
import { LOOPBACK, portOf } from "./places.ts";
import { rawConnect } from "./raw-client.ts";
import { playServer } from "./raw-server.ts";

const { WebSocket, WebSocketStream } = adapter;

type Frame = (firstByte: number, payload?: string) => Uint8Array;

/** What comes behind a text in the same packet, and the code of the Close that answers. */
const ENDINGS: readonly {
  readonly what: string;
  readonly behind: (frame: Frame) => readonly Uint8Array[];
  readonly code: number;
}[] = [
  // The cases of the field's conformance suite that it calls non-strict where the reply is missing.
  ...[
    { what: "a text with RSV2", firstByte: 0xa1 },
    { what: "a text with RSV2 and RSV3", firstByte: 0xb1 },
    { what: "a text with RSV1", firstByte: 0xc1 },
    ...[0x5, 0x6, 0x7, 0xd, 0xe, 0xf].map((opcode) => ({
      what: `the reserved opcode ${opcode}`,
      firstByte: 0x80 | opcode,
    })),
  ].map(({ what, firstByte }) => ({
    what,
    behind: (make: Frame) => [make(firstByte, "text"), make(0x89, "ping")],
    code: 1002,
  })),
  {
    what: "a continuation of nothing",
    behind: (make) => [make(0x00, "x"), make(0x81, "late")],
    code: 1002,
  },
];

const CLOSING = { what: "a Close", code: 3_021 };

/** Takes its time, and other work comes in between. */
const later = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

async function answerInLoop(socket: Socket, pause: () => Promise<void> | void): Promise<void> {
  for await (const message of socket) {
    await pause();
    socket.write(`re: ${String(message)}`);
  }
}

const swallow = (): void => {};

const SERVERS: Record<string, Parameters<typeof serve>[0]> = {
  "a hook": { message: (socket, message) => void socket.write(`re: ${String(message)}`) },
  "an asynchronous hook": {
    async message(socket, message) {
      await later();
      socket.write(`re: ${String(message)}`);
    },
  },
  "a loop": { connection: (socket) => answerInLoop(socket, swallow) },
  "a slow loop": { connection: (socket) => answerInLoop(socket, later) },
  "a loop in the open hook": { open: (socket) => answerInLoop(socket, later).catch(swallow) },
};

const CLIENTS: Record<string, (url: string) => Promise<void>> = {
  "a loop": async (url) => answerInLoop(await connect(url), swallow),
  "a slow loop": async (url) => answerInLoop(await connect(url), later),
  "a WebSocket": async (url) => {
    const socket = new WebSocket(url);
    socket.onmessage = ({ data }) => socket.send(`re: ${String(data)}`);
  },
  "a WebSocket that answers with a Blob": async (url) => {
    const socket = new WebSocket(url);
    socket.onmessage = ({ data }) => socket.send(new Blob([`re: ${String(data)}`]));
  },
  "a WebSocketStream": async (url) => {
    const stream = new WebSocketStream(url);
    stream.closed.catch(swallow);
    const { readable, writable }: WebSocketOpenInfo = await stream.opened;
    const [reader, writer] = [readable.getReader(), writable.getWriter()];
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      await later();
      await writer.write(`re: ${String(read.value)}`);
    }
  },
};

const hex = (text: string): string => Buffer.from(text).toString("hex");
const hexOfCode = (code: number): string => code.toString(16).padStart(4, "0");

describe.each(Object.keys(SERVERS))("a server with %s", (name) => {
  const endings = [
    ...ENDINGS.map(({ what, behind, code }) => ({ what, code, bytes: behind(frameOfClient) })),
    { ...CLOSING, bytes: [closeOfClient(CLOSING.code)] },
  ];
  test.each(endings)("answers a text before $what in one packet", async ({ bytes, code }) => {
    await using server = await serve({ ...SERVERS[name], ...LOOPBACK } as never);
    const client = rawConnect(portOf(server), null);
    await client.take({ send: request() });
    await client.take({ frames: 0 });
    await client.take({ send: Buffer.concat([frameOfClient(0x81, "request"), ...bytes]) });
    await client.take({ frames: 2 });
    const { frames } = client.heard;
    await client.take({ end: true });
    const said = frames.map(({ header, payload }) => [header[0], payload.toString("hex")]);
    expect(said).toEqual([
      [0x81, hex("re: request")],
      [0x88, hexOfCode(code)],
    ]);
    expect((await client.rest()).ended).toBe("FIN");
  });
});

describe.each(Object.keys(CLIENTS))("a client with %s", (name) => {
  const endings = [
    ...ENDINGS.map(({ what, behind, code }) => ({ what, code, bytes: behind(frame) })),
    { ...CLOSING, bytes: [close(CLOSING.code)] },
  ].flatMap((ending) => [
    { ...ending, when: "behind the 101", isWith101: false },
    { ...ending, when: "with the 101", isWith101: true },
  ]);
  test.each(endings)("answers a text before $what in one packet, $when", async (ending) => {
    const packet = [frame(0x81, "request"), ...ending.bytes];
    const opening = ending.isWith101
      ? [{ send: switching({}, packet) }]
      : [{ send: switching() }, { send: Buffer.concat(packet) }];
    const { frames } = await playServer(
      null,
      [{ frames: 0 }, ...opening, { frames: 2 }, { end: true }],
      (port) => void CLIENTS[name]!(`ws://127.0.0.1:${port}/`).catch(swallow),
    );
    const first = name.includes("Blob") ? "82" : "81";
    expect(frames).toMatchObject([
      { header: expect.stringMatching(new RegExp(`^${first}`)), payload: hex("re: request") },
      { header: expect.stringMatching(/^88/), payload: hexOfCode(ending.code) },
    ]);
  });
});

test("a client whose server says Close and waits for its FIN ends its loop at once, and TCP a second later", async () => {
  const told: string[] = [];
  const { ended } = await playServer(
    null,
    [{ frames: 0 }, { send: switching({}, [close(1000, "bye")]) }, { heardEnd: true }],
    (port) =>
      void (async () => {
        const socket = await connect(`ws://127.0.0.1:${port}/`, { timeouts: { close: 60_000 } });
        for await (const message of socket) told.push(String(message));
        told.push(`the loop has ended, ${socket.state}`);
        const { code, wasClean } = await socket.closed;
        told.push(`closed ${code} ${wasClean}`);
      })(),
  );
  expect(ended).toBe("FIN");
  await expect.poll(() => told).toEqual(["the loop has ended, closing", "closed 1000 true"]);
}, 30_000);
