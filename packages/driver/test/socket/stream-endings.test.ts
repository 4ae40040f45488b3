/** Messages in fragments whose connection ends, or is closed, in the middle; and what waits behind them. */
import { describe, expect, test, vi } from "vitest";
import { MisuseError } from "../../src/index.ts";
import { connected, QUIET, settle } from "../stage.ts";

/** A source that yields one part, then nothing until it is given up. */
function stuck(): { source: AsyncIterable<string>; returned: () => boolean } {
  let isReturned = false;
  let isFirst = true;
  return {
    returned: () => isReturned,
    source: {
      [Symbol.asyncIterator]: () => ({
        next() {
          if (!isFirst) return new Promise<never>(() => {});
          isFirst = false;
          return Promise.resolve({ value: "half", done: false });
        },
        async return() {
          isReturned = true;
          return { value: undefined, done: true };
        },
      }),
    },
  };
}

describe("a message in fragments whose source is stuck", () => {
  for (const { what, end } of [
    { what: "breaks", end: "reset" },
    { what: "is aborted", end: "abort" },
    { what: "is closed by the peer", end: "peer" },
    { what: "is closed by us", end: "us" },
  ] as const) {
    test(`resolves with "closed" when its connection ${what}, and the source is given up`, async () => {
      const timeouts = { ...QUIET, close: 3_000 };
      const { socket, peer, runtime } = await connected({ timeouts });
      const { source, returned } = stuck();
      const results: unknown[] = [];
      void socket.sendStream(source).then((result) => results.push(result));
      void socket.sendStream(["behind"]).then((result) => results.push(result));
      void socket.send("last").then((result) => results.push(result));
      await peer.pump();
      expect(results).toEqual([]);
      if (end === "reset") peer.transport.breaks("ECONNRESET");
      else if (end === "abort") socket.abort();
      else if (end === "us") void socket.close();
      else peer.endpoint.close(1000, "", runtime.now());
      await peer.pump();
      await runtime.advance(3_000);
      await peer.pump();
      await socket.closed;
      await settle();
      expect(results).toEqual(["closed", "closed", "closed"]);
      expect(returned()).toBe(true);
      expect(runtime.timerCount).toBe(0);
    });
  }

  test("gives up sources that never had their turn", async () => {
    const { socket } = await connected();
    const waiting = stuck();
    void socket.sendStream(stuck().source);
    const second = socket.sendStream(waiting.source);
    await settle();
    socket.abort();
    expect(await second).toBe("closed");
    expect(waiting.returned()).toBe(true);
  });

  test("hears nothing of what its source still does, not even that it failed", async () => {
    const errors: unknown[] = [];
    const { socket } = await connected({}, { error: (_, error) => void errors.push(error) });
    let fail = (_: unknown): void => {};
    async function* source(): AsyncGenerator<string> {
      yield "half";
      await new Promise((_, reject) => {
        fail = reject;
      });
    }
    const sent = socket.sendStream(source());
    await settle();
    socket.abort();
    expect(await sent).toBe("closed");
    fail(new Error("too late to matter"));
    await settle();
    expect(errors).toEqual([]);
  });
});

describe("close behind a message in fragments", () => {
  for (const { what, code, reason } of [
    { what: "a code that no Close may have", code: 1006, reason: "" },
    { what: "a reason that is too long", code: 1000, reason: "x".repeat(124) },
    { what: "a reason without a code", code: 1005, reason: "x" },
  ]) {
    test(`is a mistake at the call with ${what}, and nothing is closed`, async () => {
      const { socket, peer } = await connected();
      let finish = (): void => {};
      async function* source(): AsyncGenerator<string> {
        yield "a";
        await new Promise<void>((resolve) => {
          finish = resolve;
        });
        yield "b";
      }
      const sent = socket.sendStream(source());
      await peer.pump();
      expect(() => socket.close(code, reason)).toThrow(MisuseError);
      finish();
      await peer.pump();
      expect(await sent).toBe("sent");
      expect(peer.messages).toEqual(["ab"]);
      expect(socket.state).toBe("open");
    });
  }

  test("lets no message in fragments begin that came later", async () => {
    const { socket, peer } = await connected();
    let finish = (): void => {};
    async function* source(): AsyncGenerator<string> {
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
      yield "first";
    }
    void socket.sendStream(source());
    const second = socket.sendStream(["second, before close"]);
    const closed = socket.close(3_000, "done");
    const third = stuck();
    expect(await socket.sendStream(third.source)).toBe("closed");
    expect(third.returned()).toBe(true);
    await settle();
    finish();
    await peer.pump();
    expect(await second).toBe("sent");
    expect(peer.messages).toEqual(["first", "second, before close"]);
    expect((await closed).wasClean).toBe(true);
  });

  test("that a failing hook overtakes leaves no timer and sends one Close", async () => {
    const { socket, peer, runtime } = await connected(
      {},
      {
        message() {
          throw new Error("broken");
        },
      },
    );
    void socket.sendStream(stuck().source);
    void socket.close(3_000, "done");
    peer.endpoint.sendText("x");
    await peer.pump();
    expect(peer.endpoint.ended?.peerClose?.code).toBe(1011);
    await runtime.advance(10_000);
    expect(runtime.timerCount).toBe(0);
  });
});

describe("a Close behind a message in fragments", () => {
  const parts = Array.from({ length: 40 }, (_, index) => new Uint8Array(65_536).fill(index));
  const whole = parts.flatMap((part) => [...part.subarray(0, 1)]);

  async function closing(source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>) {
    const one = await connected({ timeouts: { ...QUIET, close: 3_000 } });
    one.peer.transport.room = 0;
    const sent = one.socket.sendStream(source);
    await settle();
    void one.socket.close(1000);
    return { ...one, sent };
  }

  test("waits for a peer who goes on taking, however long that is", async () => {
    const { peer, runtime, sent } = await closing(parts);
    for (let rounds = 0; rounds < 40; rounds += 1) {
      await runtime.advance(2_999);
      peer.transport.takes(131_072);
      peer.fromDriver();
    }
    expect(await sent).toBe("sent");
    await peer.pump();
    const [message] = peer.messages as Uint8Array[];
    expect(message?.length).toBe(40 * 65_536);
    expect(parts.map((_, index) => message![index * 65_536])).toEqual(whole);
    expect(peer.endpoint.ended?.peerClose?.code).toBe(1000);
  });

  test("waits for a source that goes on bringing", async () => {
    let bring = (): void => {};
    async function* slowly(): AsyncGenerator<Uint8Array> {
      for (const part of parts.slice(0, 5)) {
        await new Promise<void>((resolve) => {
          bring = resolve;
        });
        yield part;
      }
    }
    const { peer, runtime, sent } = await closing(slowly());
    peer.transport.takes(Number.POSITIVE_INFINITY);
    for (let rounds = 0; rounds < 5; rounds += 1) {
      await runtime.advance(2_999);
      bring();
      await peer.pump();
    }
    expect(await sent).toBe("sent");
    expect(peer.messages.map(({ length }) => length)).toEqual([5 * 65_536]);
    expect(peer.endpoint.ended?.peerClose?.code).toBe(1000);
  });

  test("does not wait for a peer who takes no more", async () => {
    const { peer, socket, runtime, sent } = await closing(parts);
    await runtime.advance(2_000);
    peer.transport.takes(131_072);
    await runtime.advance(2_999);
    expect(peer.transport.isDestroyed).toBe(false);
    await runtime.advance(10_000);
    expect(peer.transport.isDestroyed).toBe(true);
    expect(await sent).toBe("closed");
    expect((await socket.closed).wasClean).toBe(false);
    expect(runtime.timerCount).toBe(0);
  });
});

describe("what waits behind a message in fragments", () => {
  test("keeps its place when a drain hook sends in the middle of its going out", async () => {
    const drain = vi.fn();
    const { socket, peer } = await connected(
      { limits: { unsent: 200_000 } },
      {
        drain(own) {
          drain();
          if (drain.mock.calls.length === 1) void own.sendStream(["from drain"]);
        },
      },
    );
    let finish = (): void => {};
    async function* source(): AsyncGenerator<string> {
      yield "first";
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
    }
    void socket.sendStream(source());
    await settle();
    socket.write(new Uint8Array(60_000).fill(1));
    socket.write(new Uint8Array(60_000).fill(2));
    const third = socket.send("third");
    finish();
    await peer.pump();
    expect(await third).toBe("sent");
    expect(drain).toHaveBeenCalled();
    expect(
      peer.messages.map((message) => (typeof message === "string" ? message : message[0])),
    ).toEqual(["first", 1, 2, "third", "from drain"]);
  });
});

describe("sendStream", () => {
  for (const { what, args } of [
    { what: "a source that is none", args: [5] },
    { what: "no source", args: [undefined] },
    { what: "another type", args: [["a"], { type: "json" }] },
  ]) {
    test(`throws a MisuseError for ${what}, and the connection lives on`, async () => {
      const { socket, peer } = await connected();
      const wrong = socket.sendStream.bind(socket) as (...args: unknown[]) => unknown;
      expect(() => wrong(...args)).toThrow(MisuseError);
      socket.write("on");
      await peer.pump();
      expect(peer.messages).toEqual(["on"]);
    });
  }

  for (const limit of [0, 1, 3, 4, 15, 16]) {
    test(`with limits.unsent ${limit} ends one way or the other, and so does all that waits`, async () => {
      const { socket, peer, runtime } = await connected({ limits: { unsent: limit } });
      const text = "a€𐍈".repeat(10);
      const sent = socket.sendStream([text, new Uint8Array(0), text], { type: "text" });
      const behind = socket.send("");
      const ready = socket.ready();
      await peer.pump();
      const fits = limit >= 4; // bytes of the largest character
      expect(await sent).toBe(fits ? "sent" : "closed");
      expect(await behind).toBe(fits ? "sent" : "closed");
      await ready;
      expect(peer.messages).toEqual(fits ? [text + text, ""] : []);
      const closed = socket.close();
      await peer.pump();
      await closed;
      expect(runtime.timerCount).toBe(0);
    });
  }
});
