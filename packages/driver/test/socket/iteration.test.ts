import { describe, expect, test, vi } from "vitest";
import { ConnectionError, type Message, MisuseError, type Socket } from "../../src/index.ts";
import { connected, Stage, settle } from "../stage.ts";

async function all(socket: Socket<undefined>): Promise<Message[]> {
  const messages: Message[] = [];
  for await (const message of socket) messages.push(message);
  return messages;
}

describe("a loop over a socket", () => {
  test("gets the messages that came before it began, and ends behind the last one", async () => {
    const { socket, peer } = await connected();
    peer.endpoint.sendText("one");
    peer.endpoint.sendBinary(Uint8Array.of(2));
    await peer.pump();
    const messages = all(socket);
    peer.endpoint.sendText("three");
    peer.endpoint.close(1000, "", 1_000);
    await peer.pump();
    expect(await messages).toEqual(["one", Uint8Array.of(2), "three"]);
  });

  test("that is left loses nothing and closes nothing: another one goes on", async () => {
    const { socket, peer } = await connected();
    for (const text of ["one", "two", "three"]) peer.endpoint.sendText(text);
    await peer.pump();
    for await (const message of socket) {
      expect(message).toBe("one");
      break;
    }
    expect(socket.state).toBe("open");
    peer.endpoint.close(1000, "", 1_000);
    await peer.pump();
    expect(await all(socket)).toEqual(["two", "three"]);
  });

  test("throws behind the last message when the connection failed", async () => {
    const { socket, peer } = await connected();
    peer.endpoint.sendText("one");
    await peer.pump();
    peer.transport.breaks("ECONNRESET");
    const messages: Message[] = [];
    const failure = (async () => {
      for await (const message of socket) messages.push(message);
    })();
    await expect(failure).rejects.toMatchObject({
      name: "ConnectionError",
      code: "transport-failed",
      message: expect.stringContaining("ECONNRESET"),
    });
    expect(messages).toEqual(["one"]);
    expect(await socket.closed).toMatchObject({ code: 1006, wasClean: false });
  });

  test("throws for a violation, with its byte and section", async () => {
    const { socket, peer } = await connected();
    peer.transport.arrives(Uint8Array.of(0x83, 0));
    const failure = all(socket);
    failure.catch(() => {});
    await peer.pump();
    await expect(failure).rejects.toMatchObject({
      code: "violation",
      violation: { kind: "reserved-opcode", section: "5.2", offset: 0 },
    });
  });

  test("ends without an error when we closed, whatever the peer did then", async () => {
    const { socket, peer } = await connected();
    const messages = all(socket);
    void socket.close();
    await settle();
    peer.transport.ends();
    expect(await messages).toEqual([]);
  });

  test("holds reading back while it is busy", async () => {
    const { socket, peer } = await connected({ limits: { undelivered: 5_000 } });
    for (let count = 0; count < 20; count += 1) {
      peer.endpoint.sendBinary(new Uint8Array(1_000));
      await peer.pump();
    }
    expect(peer.transport.isPaused).toBe(true);
    let count = 0;
    for await (const _ of socket) {
      count += 1;
      await peer.pump();
      if (count === 20) break;
    }
    expect(peer.transport.isPaused).toBe(false);
  });

  test("may await ping and close in its body", async () => {
    const { socket, peer } = await connected();
    peer.endpoint.sendText("go");
    peer.endpoint.sendText("also");
    const results: unknown[] = [];
    const loop = (async () => {
      for await (const _ of socket) {
        results.push(await socket.ping());
        results.push((await socket.close()).wasClean);
      }
    })();
    await peer.pump();
    await loop;
    expect(results).toEqual([0, true, "closed", true]);
  });

  test("is a mistake where a message hook takes the messages", async () => {
    const { socket } = await connected({}, { message: () => {} });
    expect(() => socket[Symbol.asyncIterator]()).toThrow(MisuseError);
  });

  test("gets nothing while the socket is paused", async () => {
    const { socket, peer } = await connected();
    socket.pause();
    const loop = all(socket);
    peer.endpoint.sendText("one");
    await peer.pump();
    const next = vi.fn();
    void loop.then(next);
    await settle();
    expect(next).not.toHaveBeenCalled();
    socket.resume();
    peer.endpoint.close(1000, "", 1_000);
    await peer.pump();
    expect(await loop).toEqual(["one"]);
  });
});

describe("a connection function", () => {
  test("serves one connection, which is closed with 1000 when it returns", async () => {
    const stage = new Stage({
      async connection(socket) {
        for await (const message of socket) {
          socket.write(`echo ${String(message)}`);
          return;
        }
      },
    });
    const peer = await stage.opened();
    peer.endpoint.sendText("x");
    await peer.pump();
    expect(peer.messages).toEqual(["echo x"]);
    expect(peer.endpoint.ended).toMatchObject({ peerClose: { code: 1000 }, firstClose: "peer" });
  });

  test("that throws closes with 1011 and tells error", async () => {
    const errors: Error[] = [];
    const stage = new Stage({
      connection: () => Promise.reject(new Error("oh")),
      error: (_, error) => void errors.push(error),
    });
    const peer = await stage.opened();
    await peer.pump();
    expect(peer.endpoint.ended?.peerClose?.code).toBe(1011);
    expect(errors).toMatchObject([{ code: "hook-failed", cause: { message: "oh" } }]);
  });

  test("is not blamed for what its connection failed of", async () => {
    const errors: Error[] = [];
    const stage = new Stage({
      async connection(socket) {
        for await (const _ of socket);
      },
      error: (_, error) => void errors.push(error),
    });
    const peer = await stage.opened();
    peer.transport.breaks("ECONNRESET");
    await settle();
    expect(errors).toEqual([]);
    expect(stage.server.connections).toBe(0);
  });

  test("excludes the hooks that it replaces", () => {
    expect(() => new Stage({ connection: async () => {}, message: () => {} } as never)).toThrow(
      MisuseError,
    );
    expect(ConnectionError).toBeDefined();
  });
});
