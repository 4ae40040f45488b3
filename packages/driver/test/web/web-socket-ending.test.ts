import { describe, expect, test, vi } from "vitest";
import type { Socket, StandardWebSocket, WebSocketEvents } from "../../src/index.ts";
import {
  ECHO,
  frame,
  once,
  opened,
  openedWithPeer,
  type RawPeer,
  record,
  serving,
  tasks,
  thrownName,
  URL_GIVEN,
  type WebStage,
} from "./web-stage.ts";

const nextMessage = (socket: StandardWebSocket): Promise<MessageEvent> => once(socket, "message");

describe("the end of an open WebSocket", () => {
  for (const { args, code, reason } of [
    { args: [], code: 1005, reason: "" },
    { args: [undefined, ""], code: 1005, reason: "" },
    { args: [undefined, "why"], code: 1000, reason: "why" },
    { args: [1000], code: 1000, reason: "" },
    { args: [999.5], code: 1000, reason: "" }, // [Clamp] rounds half to even
    { args: [4999, "ä".repeat(61)], code: 4999, reason: "ä".repeat(61) },
    { args: [3000, null], code: 3000, reason: "null" },
    { args: [3001, "\uDC00"], code: 3001, reason: "\uFFFD" },
  ]) {
    test(`close(${JSON.stringify(args).slice(1, 30)}) sends ${code} and reason ${JSON.stringify(reason.slice(0, 9))}`, async () => {
      const peers: Socket<undefined>[] = [];
      const socket = await opened({ ...ECHO, open: (peer) => void peers.push(peer) });
      const words = record(socket);
      Reflect.apply(socket.close, socket, args);
      expect(socket.readyState).toBe(2);
      const event = await once<WebSocketEvents["close"]>(socket, "close");
      expect(event).toMatchObject({ code, wasClean: true });
      expect(await peers[0]!.closed).toMatchObject({ code, reason });
      expect([socket.readyState, words]).toEqual([3, [`close ${code} clean`]]);
    });
  }

  test("by the server brings its code and reason, and no error", async () => {
    const socket = new (serving({ open: (peer) => void peer.close(4001, "enough") }).WebSocket)(
      URL_GIVEN,
    );
    const words = record(socket);
    const event = await once<WebSocketEvents["close"]>(socket, "close");
    expect(event).toMatchObject({ code: 4001, reason: "enough", wasClean: true });
    expect(words).toEqual(["open", "close 4001 clean"]);
  });

  for (const { what, act, words } of [
    {
      what: "the server breaks a rule",
      act: (peer: RawPeer) => {
        peer.write(frame(0x83, "reserved opcode"));
        peer.end();
      },
      words: ["error", "close 1006 unclean"],
    },
    {
      what: "the connection breaks off",
      act: (peer: RawPeer) => peer.destroy(),
      words: ["error", "close 1006 unclean"],
    },
    {
      what: "the server ends it without a Close",
      act: (peer: RawPeer) => peer.end(),
      words: ["error", "close 1006 unclean"],
    },
  ]) {
    test(`fires error as a plain Event, and close, both once and with CLOSED, when ${what}`, async () => {
      const { socket, peer } = await openedWithPeer();
      const seen = record(socket);
      const states: unknown[] = [];
      socket.onerror = (event) => states.push(event.constructor, socket.readyState);
      socket.onclose = () => states.push(socket.readyState);
      act(peer);
      await once(socket, "close");
      await tasks();
      expect(seen).toEqual(words);
      expect(states).toEqual([Event, 3, 3]);
    });
  }

  test("a listener that throws is reported where the platform does it, and breaks nothing", async () => {
    const reports = await reported(async () => {
      const socket = await opened();
      const words = record(socket);
      socket.onmessage = () => {
        throw new Error("of the application");
      };
      socket.send("1");
      await nextMessage(socket);
      socket.send("2");
      await nextMessage(socket);
      socket.close();
      await once(socket, "close");
      expect(words).toEqual(["message 1", "message 2", "close 1005 clean"]);
    });
    expect(reports).toEqual(["of the application", "of the application"]);
  });
});

describe("a WebSocket to which nobody listens", () => {
  const refusing = (): WebStage => serving({ upgrade: (request) => request.reject(403) });
  const unreachable = (): WebStage => {
    const stage = serving();
    vi.spyOn(stage.platform.dialer, "dial").mockRejectedValue(new Error("ECONNREFUSED"));
    return stage;
  };
  for (const { what, stage, url = URL_GIVEN } of [
    { what: "the port is another protocol's", stage: serving(), url: "ws://site.example:22/" },
    { what: "no server is there", stage: unreachable() },
    { what: "the server refuses", stage: refusing() },
    { what: "the server breaks it off", stage: serving({ open: (peer) => peer.abort() }) },
  ]) {
    test(`ends no process when ${what}`, async () => {
      const reports = await reported(async () => {
        const socket = new stage.WebSocket(url);
        const stream = new stage.WebSocketStream(url);
        while (socket.readyState !== 3) await tasks();
        await stream.closed.catch(() => {});
      });
      expect(reports).toEqual([]);
    });
  }
});

describe("close", () => {
  const refused = [
    { args: [0], name: "InvalidAccessError" },
    { args: [999], name: "InvalidAccessError" },
    { args: [1001], name: "InvalidAccessError" },
    { args: [1006], name: "InvalidAccessError" },
    { args: [2999], name: "InvalidAccessError" },
    { args: [5000], name: "InvalidAccessError" },
    { args: [65_536 + 1000], name: "InvalidAccessError" }, // [Clamp]
    { args: [null], name: "InvalidAccessError" },
    { args: [3000, "ä".repeat(62)], name: "SyntaxError" },
  ];
  for (const { args, name } of refused) {
    test(`refuses ${JSON.stringify(args).slice(0, 20)} with "${name}", OPEN, CLOSING and CLOSED, and changes nothing`, async () => {
      const socket = await opened();
      const close = (): unknown => Reflect.apply(socket.close, socket, args);
      expect([thrownName(close), socket.readyState]).toEqual([name, 1]);
      socket.close();
      expect([thrownName(close), socket.readyState]).toEqual([name, 2]);
      const event = await once<WebSocketEvents["close"]>(socket, "close");
      expect([event.code, thrownName(close), socket.readyState]).toEqual([1005, name, 3]);
    });
  }

  test("once more does nothing, CLOSING and CLOSED", async () => {
    const socket = await opened();
    const words = record(socket);
    socket.close(3000);
    socket.close(3001);
    await once(socket, "close");
    socket.close(3002);
    await tasks();
    expect(words).toEqual(["close 3000 clean"]);
  });
});

/** Messages of exceptions that would have ended the process; vitest must not hear of them. */
async function reported(act: () => Promise<void>): Promise<string[]> {
  const messages: string[] = [];
  const heard = (error: unknown): void => void messages.push((error as Error).message);
  const others = process.listeners("uncaughtException");
  process.removeAllListeners("uncaughtException");
  process.on("uncaughtException", heard);
  process.on("unhandledRejection", heard);
  const handled = (event: Event): void => event.preventDefault(); // Deno
  const global = globalThis as unknown as Partial<EventTarget>;
  global.addEventListener?.("error", handled);
  try {
    await act();
    await tasks();
  } finally {
    process.off("uncaughtException", heard);
    process.off("unhandledRejection", heard);
    for (const other of others) process.on("uncaughtException", other);
    global.removeEventListener?.("error", handled);
  }
  return messages;
}
