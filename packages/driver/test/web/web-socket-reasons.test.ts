/** What the class says of why a connection failed, and what its events are called. */
import { describe, expect, test } from "vitest";
import type { ConnectOptions, ErrorEvent } from "../../src/index.ts";
import { Outbox } from "../../src/web/outbox.ts";
import {
  closeFrame,
  frame,
  once,
  openedWithPeer,
  scripted,
  serving,
  TEXT,
  tasks,
  URL_GIVEN,
} from "./web-stage.ts";

describe("the error event says why:", () => {
  for (const { what, answer, options = {}, code, message } of [
    {
      what: "a refusal",
      answer: "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n",
      code: "refused",
      message: "the server answered 401 Unauthorized",
    },
    { what: "an answer that is none", answer: "nonsense\r\n\r\n", code: "violation", message: "" },
    {
      what: "a deadline",
      answer: null,
      options: { timeouts: { handshake: 20 } } satisfies ConnectOptions,
      code: "timeout",
      message: "timeouts.handshake",
    },
  ]) {
    test(what, async () => {
      const { stage, peer } = scripted();
      const socket = new stage.WebSocket(URL_GIVEN, options);
      const failed = once<ErrorEvent>(socket, "error");
      const server = await peer;
      await server.request();
      if (answer !== null) {
        server.write(new TextEncoder().encode(answer));
        server.end();
      }
      const event = await failed;
      expect(event.message).toContain(message);
      expect(event.message).not.toBe("");
      expect(event.error).toMatchObject({ name: "ConnectError", code });
      expect(event.constructor).toBe(Event); // and no other, as the standard has it
    });
  }

  test("a connection that cannot be made", async () => {
    const { stage } = scripted();
    Object.assign(stage.platform.dialer, {
      dial: () => Promise.reject(Object.assign(new Error("no"), { code: "ECONNREFUSED" })),
    });
    const event = await once<ErrorEvent>(new stage.WebSocket(URL_GIVEN), "error");
    expect(event.message).toContain("ECONNREFUSED");
    expect(event.error).toMatchObject({ code: "unreachable" });
  });

  test("a limit, and a server that leaves without a word, on an open connection", async () => {
    for (const [bytes, code] of [
      [frame(TEXT | 0x40, "reserved"), "violation"],
      [null, "no-close"],
    ] as const) {
      const { socket, peer } = await openedWithPeer();
      const failed = once<ErrorEvent>(socket, "error");
      if (bytes !== null) peer.write(bytes);
      peer.end();
      expect((await failed).error).toMatchObject({ name: "ConnectionError", code });
    }
  });

  test("that it was closed before it was open, and a subprotocol that the server does not know", async () => {
    const early = new (scripted().stage.WebSocket)(URL_GIVEN);
    const closedEarly = once<ErrorEvent>(early, "error");
    early.close();
    expect((await closedEarly).message).toBe("the WebSocket was closed before it was open");
    const stage = serving({ protocols: [], dangerouslyAllowAnyOrigin: true });
    const event = await once<ErrorEvent>(new stage.WebSocket(URL_GIVEN, "chat"), "error");
    expect(event.message).toContain("subprotocols");
  });
});

test("a message event is called one, on Node 20 too", async () => {
  const { socket, peer } = await openedWithPeer();
  const arrives = once<MessageEvent>(socket, "message");
  peer.write(frame(TEXT, "text"));
  const event = await arrives;
  expect(Object.prototype.toString.call(event)).toBe("[object MessageEvent]");
  expect(event.constructor.name).toBe("MessageEvent");
  expect(event instanceof MessageEvent).toBe(true);
});

test("what was taken before an event begins is not buffered in it, however late the last task ends", () => {
  const progress = { taken: 0, queuedTotal: 0 };
  const outbox = new Outbox({ write: () => "ok" } as never, progress);
  progress.queuedTotal = 10;
  outbox.send("text", 4);
  progress.taken = 10;
  expect(outbox.amount).toBe(4); // the task that has sent it goes on
  outbox.beginTask();
  expect(outbox.amount).toBe(0);
});

describe("when the server closes with a code while a write waits", () => {
  test("the write, ready and closed of its writer, and closed of the stream carry one WebSocketError", async () => {
    const { stage, peer } = scripted();
    const stream = new stage.WebSocketStream(URL_GIVEN);
    const server = await peer;
    await server.accept();
    const { writable } = await stream.opened;
    const writer = writable.getWriter();
    const write = writer.write(new Uint8Array(3_000_000));
    const ends = Promise.allSettled([stream.closed, write, writer.ready, writer.closed]);
    await tasks();
    server.write(closeFrame(4_001, "enough"));
    await tasks();
    server.destroy();
    for (const end of await ends) {
      expect(end).toMatchObject({
        status: "rejected",
        reason: { name: "WebSocketError", closeCode: 4_001, reason: "enough" },
      });
    }
  });
});
