/** Loops that are begun late, left early, kept where nobody expects them: whatever they wait for comes, or the end. */
import { describe, expect, test, vi } from "vitest";
import type { ConnectionError, Socket } from "../../src/index.ts";
import { connected, QUIET, Stage, settle } from "../stage.ts";

describe("a loop in an asynchronous open hook", () => {
  for (const { what, end, seen } of [
    { what: "the peer closes", end: "peer", seen: ["one", "two", "end"] },
    { what: "the connection breaks", end: "reset", seen: ["one", "two", "transport-failed"] },
    { what: "the server is shut down", end: "shutdown", seen: ["one", "two", "end"] },
  ] as const) {
    test(`ends when ${what}, and close is called behind it`, async () => {
      const calls: string[] = [];
      const stage = new Stage({
        async open(socket) {
          try {
            for await (const message of socket) calls.push(String(message));
            calls.push("end");
          } catch (error) {
            calls.push((error as ConnectionError).code);
          }
        },
        close: () => void calls.push("close"),
      });
      const peer = await stage.opened();
      peer.endpoint.sendText("one");
      peer.endpoint.sendText("two");
      await peer.pump();
      if (end === "peer") peer.endpoint.close(1000, "", stage.runtime.now());
      else if (end === "reset") peer.transport.breaks("ECONNRESET");
      else void stage.server.shutdown();
      await peer.pump();
      expect(calls).toEqual([...seen, "close"]);
      expect(stage.server.connections).toBe(0);
    });
  }
});

describe("a loop that is left", () => {
  test("while it waits takes no message with it", async () => {
    const { socket, peer } = await connected();
    const left = socket[Symbol.asyncIterator]();
    const waiting = left.next();
    expect(await left.return!()).toEqual({ value: undefined, done: true });
    expect(await waiting).toEqual({ value: undefined, done: true });
    peer.endpoint.sendText("for the next loop");
    await peer.pump();
    expect(await left.next()).toEqual({ value: undefined, done: true });
    const next = socket[Symbol.asyncIterator]();
    expect(await next.next()).toEqual({ value: "for the next loop", done: false });
  });

  test("leaves another one that waits alone", async () => {
    const { socket, peer } = await connected();
    const [first, second] = [socket[Symbol.asyncIterator](), socket[Symbol.asyncIterator]()];
    const one = first.next();
    const two = second.next();
    await first.return!();
    peer.endpoint.sendText("x");
    await peer.pump();
    expect(await one).toMatchObject({ done: true });
    expect(await two).toEqual({ value: "x", done: false });
  });

  test("does not keep a shutdown waiting", async () => {
    const stage = new Stage({
      async connection(socket) {
        for await (const _ of socket) break;
        await socket.closed; // busy with something else
      },
    });
    const peer = await stage.opened();
    peer.endpoint.sendText("x");
    await peer.pump();
    void stage.server.shutdown();
    await peer.pump();
    expect(peer.endpoint.ended?.peerClose?.code).toBe(1001);
  });
});

describe("two loops over one socket", () => {
  test("share its messages, and both end", async () => {
    const { socket, peer } = await connected();
    const seen: string[] = [];
    const loop = async (name: string): Promise<void> => {
      for await (const message of socket) seen.push(`${name} ${String(message)}`);
      seen.push(`${name} ends`);
    };
    const loops = Promise.all([loop("a"), loop("b")]);
    await settle();
    for (const text of ["1", "2", "3"]) peer.endpoint.sendText(text);
    await peer.pump();
    peer.endpoint.close(1000, "", 1_000);
    await peer.pump();
    await loops;
    expect(seen.map((entry) => entry.slice(2)).sort()).toEqual(["1", "2", "3", "ends", "ends"]);
  });
});

describe("a paused socket whose connection has ended", () => {
  for (const end of ["peer", "reset", "stream"] as const) {
    test(`keeps what has arrived for its loop (${end}), which then ends`, async () => {
      const { socket, peer, runtime } = await connected({ timeouts: { ...QUIET, close: 1_000 } });
      socket.pause();
      peer.endpoint.sendText("kept");
      await peer.pump();
      if (end === "peer") peer.endpoint.close(1000, "", runtime.now());
      else if (end === "reset") peer.transport.breaks("ECONNRESET");
      else peer.transport.ends();
      await peer.pump();
      await runtime.advance(5_000);
      const info = await socket.closed;
      expect(runtime.timerCount).toBe(0);
      const seen: unknown[] = [];
      const loop = (async () => {
        for await (const message of socket) seen.push(message);
      })();
      loop.catch(() => {});
      await settle();
      expect(seen).toEqual([]);
      socket.resume();
      await settle();
      expect(seen).toEqual(["kept"]);
      if (info.error === null) await loop;
      else await expect(loop).rejects.toBe(info.error);
    });
  }

  test("calls close behind the messages that resume delivers", async () => {
    const calls: string[] = [];
    let own: Socket<undefined> | undefined;
    const stage = new Stage({
      open(socket) {
        own = socket;
        socket.pause();
      },
      message: (_, message) => void calls.push(String(message)),
      close: () => void calls.push("close"),
    });
    const peer = await stage.opened();
    peer.endpoint.sendText("one");
    peer.endpoint.close(1000, "", stage.runtime.now());
    await peer.pump();
    expect(calls).toEqual([]);
    own!.resume();
    await peer.pump();
    expect(calls).toEqual(["one", "close"]);
  });
});

describe("a connection function", () => {
  test("that fails of another connection's error closes its own with 1011, and tells error", async () => {
    const errors: unknown[] = [];
    const upstream = await connected();
    const stage = new Stage({
      async connection() {
        for await (const _ of upstream.socket);
      },
      error: (_, error) => void errors.push(error.code),
    });
    const peer = await stage.opened();
    upstream.peer.transport.breaks("ECONNRESET");
    await peer.pump();
    expect(peer.endpoint.ended?.peerClose?.code).toBe(1011);
    expect(errors).toEqual(["hook-failed"]);
  });

  test("is not blamed for an abort of its own", async () => {
    const error = vi.fn();
    const stage = new Stage({
      async connection(socket) {
        for await (const _ of socket) socket.abort();
      },
      error,
    });
    const peer = await stage.opened();
    peer.endpoint.sendText("x");
    await peer.pump();
    expect(error).not.toHaveBeenCalled();
    expect(stage.server.connections).toBe(0);
  });

  test("that throws at once, before it has become a promise, closes with 1011", async () => {
    const stage = new Stage({
      connection: () => {
        throw new Error("at once");
      },
      error: () => {},
    });
    const peer = await stage.opened();
    await peer.pump();
    expect(peer.endpoint.ended?.peerClose?.code).toBe(1011);
  });
});
