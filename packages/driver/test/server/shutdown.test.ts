/** The end of a server, in good order. */
import { describe, expect, test, vi } from "vitest";
import { intakeOf, MisuseError, Server } from "../../src/index.ts";
import { type Peer, Stage, settle, VirtualRuntime } from "../stage.ts";
import { RawClient, UPGRADE } from "./raw-client.ts";

describe("shutdown", () => {
  async function everyoneHears(peers: Peer[]): Promise<void> {
    for (const peer of peers) await peer.pump();
  }

  test("closes every socket with its code and reason, and resolves when all are gone", async () => {
    const stage = new Stage({});
    const peers = [await stage.opened(), await stage.opened()];
    const done = vi.fn();
    void stage.server.shutdown({ code: 1012, reason: "restart" }).then(done);
    await settle();
    expect(done).not.toHaveBeenCalled();
    await everyoneHears(peers);
    expect(peers.map(({ endpoint }) => endpoint.ended?.peerClose)).toEqual([
      { code: 1012, reason: "restart" },
      { code: 1012, reason: "restart" },
    ]);
    expect(done).toHaveBeenCalledTimes(1);
    expect(stage.runtime.timerCount).toBe(0);
  });

  test("lets every send that resolved before arrive, and what was written too", async () => {
    const stage = new Stage({});
    const peer = await stage.opened();
    const socket = stage.server.sockets[0]!;
    await socket.send("sent");
    socket.write("written");
    void stage.server.shutdown();
    await peer.pump();
    expect(peer.messages).toEqual(["sent", "written"]);
  });

  test("lets every message that was handed to a hook get its reply out", async () => {
    let pass = (): void => {};
    const stage = new Stage({
      async message(socket, message) {
        await new Promise<void>((resolve) => {
          pass = resolve;
        });
        socket.write(`reply to ${String(message)}`);
      },
    });
    const peer = await stage.opened();
    peer.endpoint.sendText("one");
    peer.endpoint.sendText("two");
    await peer.pump();
    void stage.server.shutdown();
    await peer.pump();
    expect(peer.messages).toEqual([]);
    pass();
    await peer.pump();
    pass();
    await peer.pump();
    expect(peer.messages).toEqual(["reply to one", "reply to two"]);
    expect(peer.endpoint.ended?.peerClose?.code).toBe(1001);
  });

  test("delivers nothing that arrives behind it", async () => {
    const message = vi.fn();
    const stage = new Stage({ message });
    const peer = await stage.opened();
    void stage.server.shutdown();
    await settle();
    peer.endpoint.sendText("too late");
    await peer.pump();
    expect(message).not.toHaveBeenCalled();
    expect(peer.endpoint.state).toBe("ended");
  });

  test("ends loops behind the last message that has arrived", async () => {
    const seen: unknown[] = [];
    const stage = new Stage({
      async connection(socket) {
        for await (const message of socket) {
          seen.push(message);
          await null;
          socket.write(message);
        }
        seen.push("end of loop");
      },
    });
    const peer = await stage.opened();
    peer.endpoint.sendText("one");
    peer.endpoint.sendText("two");
    peer.speak();
    peer.toDriverUpTo(1_000);
    void stage.server.shutdown();
    await peer.pump();
    expect(seen).toEqual(["one", "two", "end of loop"]);
    expect(peer.messages).toEqual(["one", "two"]);
    expect(peer.endpoint.ended?.peerClose?.code).toBe(1001);
  });

  test("cuts off after its grace, with a Close for those who can still hear it", async () => {
    const stage = new Stage({ message: () => new Promise(() => {}) });
    const peer = await stage.opened();
    peer.endpoint.sendText("x");
    await peer.pump();
    const done = vi.fn();
    void stage.server.shutdown({ grace: 2_000 }).then(done);
    await stage.runtime.advance(1_999);
    await peer.pump();
    expect(peer.endpoint.state).toBe("open");
    await stage.runtime.advance(1);
    await peer.pump();
    expect(peer.endpoint.ended?.peerClose?.code).toBe(1001);
    expect(done).toHaveBeenCalledTimes(1);
  });

  test("has a grace of any length", async () => {
    const stage = new Stage({ message: () => new Promise(() => {}) });
    const peer = await stage.opened();
    peer.endpoint.sendText("never answered");
    await peer.pump();
    const { timerCount } = stage.runtime;
    void stage.server.shutdown({ grace: Number.POSITIVE_INFINITY });
    await settle();
    expect(stage.runtime.timerCount).toBe(timerCount);
    expect(peer.endpoint.state).toBe("open");
  });

  test("refuses requests that wait for a decision with 503, and drops those that never came", async () => {
    const decisions: boolean[] = [];
    const stage = new Stage({
      upgrade: async (request) => {
        await new Promise<void>((resolve) =>
          request.signal.addEventListener("abort", () => resolve()),
        );
        decisions.push(request.accept());
        return false;
      },
      error: () => {},
    });
    const deciding = new RawClient(stage);
    deciding.says(UPGRADE);
    const silent = new RawClient(stage);
    await settle();
    void stage.server.shutdown();
    await settle();
    expect(deciding.status).toBe(503);
    expect(silent.transport.isDestroyed).toBe(true);
    deciding.transport.ends();
    await settle();
    expect(decisions).toEqual([false]);
    expect(stage.server.connections).toBe(0);
  });

  for (const options of [{ code: 1006 }, { reason: "x".repeat(124) }, { grace: -1 }]) {
    test(`is a mistake with ${JSON.stringify(options).slice(0, 30)}, and nothing is shut down`, async () => {
      const stage = new Stage({});
      const peer = await stage.opened();
      expect(() => stage.server.shutdown(options)).toThrow(MisuseError);
      await peer.pump();
      expect(peer.endpoint.state).toBe("open");
      await stage.opened();
    });
  }

  test("takes no more connections, and a second call waits for the first", async () => {
    const stage = new Stage({});
    const first = stage.server.shutdown();
    expect(stage.server.shutdown()).toBe(first);
    expect(
      stage.server.accept(() => {
        throw new Error("touched");
      }),
    ).toBe(false);
    await first;
  });

  test("follows the signal, also one that was aborted before", async () => {
    const controller = new AbortController();
    const stage = new Stage({ signal: controller.signal });
    const peer = await stage.opened();
    controller.abort();
    await peer.pump();
    expect(peer.endpoint.ended?.peerClose?.code).toBe(1001);
    const late = new Server({ signal: controller.signal }, { runtime: new VirtualRuntime() });
    expect(
      late.accept(() => {
        throw new Error("touched");
      }),
    ).toBe(false);
  });

  test("closes its listener once, whenever that comes", async () => {
    for (const isEarly of [true, false]) {
      const server = new Server({}, { runtime: new VirtualRuntime() });
      const close = vi.fn(async () => {});
      const listener = { address: { hostname: "::", port: 80 }, close };
      if (isEarly) intakeOf(server).listening(listener);
      const done = server.shutdown();
      if (!isEarly) intakeOf(server).listening(listener);
      await done;
      expect(close).toHaveBeenCalledTimes(1);
    }
  });
});
