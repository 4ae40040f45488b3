/** Shutdowns at bad moments: inside of hooks, of openings, of answers, with hooks that never finish. */
import { describe, expect, test, vi } from "vitest";
import { intakeOf, Server, type ServerOptions, type Socket } from "../../src/index.ts";
import { QUIET, Stage, settle, VirtualRuntime } from "../stage.ts";
import { GET, plain, RawClient, UPGRADE } from "./raw-client.ts";

/** Everything that a server that is shut down has to have let go of. */
function expectNothingLeft(stage: Stage): void {
  const { bindings, undecided, accepting } = intakeOf(stage.server) as unknown as {
    bindings: Set<unknown>;
    undecided: Map<unknown, unknown>;
    accepting: Map<unknown, unknown>;
  };
  expect([bindings.size, undecided.size, accepting.size]).toEqual([0, 0, 0]);
  expect(stage.runtime.timerCount).toBe(0);
}

describe("a shutdown inside of a hook", () => {
  for (const name of ["open", "message", "drain", "ping", "pong", "close", "error"] as const) {
    for (const grace of [0, 1_000]) {
      test(`${name} ends everything (grace ${grace}), and resolves`, async () => {
        const done = vi.fn();
        let stage: Stage | undefined;
        const down = (): void => void stage!.server.shutdown({ grace }).then(done);
        const options: ServerOptions = {
          limits: { unsent: 4_000 },
          message(socket) {
            socket.write(new Uint8Array(1_500));
            if (name === "error") throw new Error("for the error hook");
            if (name === "message") down();
          },
        };
        if (name !== "message") Object.assign(options, { [name]: down });
        stage = new Stage(options);
        const peers = [await stage.opened()];
        if (name !== "open") peers.push(await stage.opened());
        for (const peer of peers) {
          if (name === "drain") peer.transport.room = 0;
          peer.endpoint.sendText("x");
          peer.endpoint.ping(null, 1_000);
          peer.endpoint.pong();
          if (name === "close") peer.endpoint.close(1000, "", 1_000);
          await peer.pump();
          peer.transport.takes(Number.POSITIVE_INFINITY);
        }
        for (const peer of peers) await peer.pump();
        await stage.runtime.advance(grace);
        for (const peer of peers) await peer.pump();
        expect(done).toHaveBeenCalled();
        expectNothingLeft(stage);
      });
    }
  }

  test("that the shutdown itself has led to is the same shutdown", async () => {
    const results: Promise<void>[] = [];
    let taken: boolean | undefined;
    const stage: Stage = new Stage({
      limits: { unsent: 4_000 },
      drain() {
        results.push(stage.server.shutdown());
        taken = stage.server.accept(() => {
          throw new Error("touched");
        });
      },
    });
    const peers = [await stage.opened(), await stage.opened()];
    // Not flushed yet: the shutdown does it, and the transport takes it at once.
    stage.server.sockets[0]!.write(new Uint8Array(2_000));
    const done = vi.fn();
    const outer = stage.server.shutdown();
    void outer.then(done);
    for (const peer of peers) await peer.pump();
    expect(results).toEqual([outer]);
    expect(taken).toBe(false);
    expect(done).toHaveBeenCalledTimes(1);
    expectNothingLeft(stage);
  });

  for (const isAsync of [false, true]) {
    test(`upgrade, before it has decided, refuses with 503 (${isAsync ? "later" : "at once"})`, async () => {
      const decisions: boolean[] = [];
      const errors: string[] = [];
      const stage: Stage = new Stage({
        upgrade: (isAsync
          ? async (request: { accept(): boolean }) => {
              void stage.server.shutdown();
              await null;
              decisions.push(request.accept());
              return false;
            }
          : (request: { accept(): boolean }) => {
              void stage.server.shutdown();
              decisions.push(request.accept());
              return false;
            }) as never,
        error: (_, { message }) => void errors.push(message),
      });
      const client = await plain(stage, UPGRADE);
      expect(client.status).toBe(503);
      expect(decisions).toEqual([false]);
      client.transport.ends();
      await settle();
      expect(errors).toEqual([]);
      expectNothingLeft(stage);
    });
  }

  test("upgrade, behind its decision, opens the connection and closes it with 1001", async () => {
    const calls: string[] = [];
    const stage: Stage = new Stage({
      upgrade(request) {
        const accepted = request.accept();
        void stage.server.shutdown();
        return accepted;
      },
      open: () => void calls.push("open"),
      close: () => void calls.push("close"),
    });
    const peer = stage.client();
    await peer.pump();
    expect(peer.endpoint.ended?.peerClose?.code).toBe(1001);
    expect(calls).toEqual(["open", "close"]);
    expectNothingLeft(stage);
  });

  test("request lets the request have its answer", async () => {
    const stage: Stage = new Stage({
      request() {
        void stage.server.shutdown();
        return { body: "the answer" };
      },
    });
    const client = await plain(stage, GET);
    expect(client.heard).toContain("the answer");
    client.transport.ends();
    await settle();
    expectNothingLeft(stage);
  });
});

describe("a shutdown while", () => {
  for (const { what, request, options } of [
    { what: "an answer", request: GET, options: { request: () => ({ body: "x".repeat(5_000) }) } },
    {
      what: "a refusal",
      request: UPGRADE,
      options: {
        upgrade: (request: { reject(status: number, options: object): boolean }) =>
          request.reject(401, { body: "x".repeat(5_000) }),
      },
    },
  ]) {
    test(`${what} is on its way lets it arrive`, async () => {
      const stage = new Stage(options as never);
      const client = new RawClient(stage);
      client.transport.room = 300;
      client.says(request);
      await settle();
      void stage.server.shutdown();
      await settle();
      expect(client.transport.isDestroyed).toBe(false);
      client.transport.takes(10_000);
      await settle();
      expect(client.heard.endsWith("x".repeat(5_000))).toBe(true);
      client.transport.ends();
      await settle();
      expectNothingLeft(stage);
    });
  }

  for (const { what, isEnded } of [
    { what: "a request has no answer yet", isEnded: false },
    { what: "a request whose client has ended its stream has no answer yet", isEnded: true },
  ]) {
    test(`${what} waits for it, and cuts it off behind the grace`, async () => {
      const stage = new Stage({ request: () => new Promise<never>(() => {}) });
      const client = await plain(stage, GET);
      if (isEnded) client.transport.ends();
      const done = vi.fn();
      void stage.server.shutdown({ grace: 2_000 }).then(done);
      await stage.runtime.advance(1_999);
      expect(client.transport.isDestroyed).toBe(false);
      await stage.runtime.advance(1);
      expect(client.transport.isDestroyed).toBe(true);
      expect(done).toHaveBeenCalledTimes(1);
      expectNothingLeft(stage);
    });
  }

  test("a head is only half there drops it", async () => {
    const stage = new Stage({});
    const client = await plain(stage, UPGRADE.slice(0, 30));
    void stage.server.shutdown();
    await settle();
    expect(client.transport.isDestroyed).toBe(true);
    expectNothingLeft(stage);
  });

  test("a message in fragments waits for its source tries a Close behind the grace", async () => {
    const stage = new Stage({});
    const peer = await stage.opened();
    const sent = stage.server.sockets[0]!.sendStream({
      [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }),
    });
    const done = vi.fn();
    void stage.server.shutdown({ grace: 2_000, code: 1012 }).then(done);
    await peer.pump();
    expect(peer.endpoint.state).toBe("open");
    await stage.runtime.advance(2_000);
    await peer.pump();
    expect(peer.endpoint.ended?.peerClose?.code).toBe(1012);
    expect(await sent).toBe("closed");
    expect(done).toHaveBeenCalledTimes(1);
    expectNothingLeft(stage);
  });

  for (const what of ["open", "message"] as const) {
    test(`${what} never finishes resolves behind the grace, and close waits for the hook`, async () => {
      let finish = (): void => {};
      const close = vi.fn();
      const stage = new Stage({
        [what]: () =>
          new Promise<void>((resolve) => {
            finish = resolve;
          }),
        close,
      } as ServerOptions);
      const peer = await stage.opened();
      peer.endpoint.sendText("x");
      await peer.pump();
      const done = vi.fn();
      void stage.server.shutdown({ grace: 0 }).then(done);
      await stage.runtime.advance(0);
      await peer.pump();
      expect(done).toHaveBeenCalledTimes(1);
      expect(close).not.toHaveBeenCalled();
      finish();
      await settle();
      expect(close).toHaveBeenCalledTimes(1);
      expectNothingLeft(stage);
    });
  }

  test("a peer pings and sends on answers and delivers no more", async () => {
    const message = vi.fn();
    let own: Socket<undefined> | undefined;
    const stage = new Stage({
      open(socket) {
        own = socket;
      },
      message,
    });
    const peer = await stage.opened();
    const rtt = own!.ping(); // reading goes on while a pong is awaited
    void stage.server.shutdown();
    peer.endpoint.sendText("late");
    await peer.pump();
    expect(await rtt).not.toBe("closed");
    expect(message).not.toHaveBeenCalled();
    expect(peer.endpoint.ended?.peerClose?.code).toBe(1001);
    expectNothingLeft(stage);
  });
});

describe("the signal of a server", () => {
  test("is let go of when the server is shut down: it may be that of many", async () => {
    const { signal } = new AbortController();
    const add = vi.spyOn(signal, "addEventListener");
    const remove = vi.spyOn(signal, "removeEventListener");
    const server = new Server({ signal, timeouts: QUIET }, { runtime: new VirtualRuntime() });
    await server.shutdown();
    expect(remove.mock.calls.map(([, listener]) => listener)).toEqual(
      add.mock.calls.map(([, listener]) => listener),
    );
    expect(add).toHaveBeenCalledTimes(1);
  });
});
