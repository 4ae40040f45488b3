/** `pair` and `virtualNetwork`: the driver's whole behaviour in a test, without a network and without waiting. */
import { readFileSync } from "node:fs";
import type { Socket } from "@sansocket/driver";
import { storedBlocks } from "@sansocket/testing";
import { describe, expect, test, vi } from "vitest";
import { pair, type VirtualNetworkOptions, virtualNetwork } from "../../src/application.ts";

describe("a pair", () => {
  test("is open on both sides, and brings messages both ways in order", async () => {
    const heard: unknown[] = [];
    const { client, server, idle } = await pair({
      server: { message: (socket, message) => socket.write(`re: ${String(message)}`) },
    });
    void (async () => {
      for await (const message of client) heard.push(message);
    })();
    expect([client.state, server.state]).toEqual(["open", "open"]);
    client.write("one");
    client.write("two");
    server.write("from the server");
    await idle();
    expect(heard).toEqual(["from the server", "re: one", "re: two"]);
  });

  test("gives the socket that the hooks get, with the data and the request of the upgrade", async () => {
    const opened: Socket<{ user: string }>[] = [];
    const { server } = await pair<{ user: string }>({
      url: "ws://site.example:8080/chat?room=5",
      client: { headers: { cookie: "user=ada" }, protocols: ["v1.chat"] },
      server: {
        protocols: ["v2.chat", "v1.chat"],
        upgrade: (request) =>
          request.accept({ data: { user: request.headers.get("cookie")!.slice(5) } }),
        open: (socket) => void opened.push(socket),
      },
    });
    expect(opened).toEqual([server]);
    expect(server.data).toEqual({ user: "ada" });
    expect(server.protocol).toBe("v1.chat");
    expect(server.request!.url.href).toBe("http://site.example:8080/chat?room=5");
  });

  test("takes hooks that are methods of a class with private fields", async () => {
    class Application {
      #count = 0;
      message(socket: Socket<undefined>): void {
        this.#count += 1;
        socket.write(String(this.#count));
      }
    }
    const { client, idle } = await pair({ server: new Application() });
    const iterator = client[Symbol.asyncIterator]();
    client.write("");
    await idle();
    expect((await iterator.next()).value).toBe("1");
  });

  test("takes a loop in place of hooks", async () => {
    const heard: unknown[] = [];
    const { client, server, idle } = await pair({
      server: {
        async connection(socket) {
          for await (const message of socket) heard.push(message);
        },
      },
    });
    client.write("text");
    await client.close(3_000, "enough");
    await idle();
    expect(heard).toEqual(["text"]);
    expect(await server.closed).toMatchObject({ code: 3_000, reason: "enough", wasClean: true });
  });

  test("rejects as connect does when the server rejects", async () => {
    const rejecting = pair({ server: { upgrade: (request) => request.reject(401) } });
    await expect(rejecting).rejects.toMatchObject({
      name: "ConnectError",
      code: "refused",
      status: 401,
    });
  });

  test("waits for an upgrade hook that awaits something of the real world", async () => {
    const { server } = await pair<string>({
      server: {
        async upgrade(request) {
          await new Promise((resolve) => setTimeout(resolve, 20));
          return request.accept({ data: "late" });
        },
      },
    });
    expect(server.data).toBe("late");
  });

  test("connects over a network that delays, and time goes on only as far as it must", async () => {
    const slow = { delay: [100, 100] } as const;
    const { client, now, advance } = await pair({
      network: { toServer: slow, toClient: slow },
      server: { message: (socket, message) => socket.write(message) },
    });
    expect(now).toBe(200);
    const pinged = client.ping();
    await advance(199);
    expect(await Promise.race([pinged, "no answer yet"])).toBe("no answer yet");
    await advance(1);
    expect(await pinged).toBe(200);
  });

  test("offers compression when it is given a codec, and other extensions always", async () => {
    const { client, server, idle } = await pair({
      client: { extensions: [storedBlocks()] },
      server: { extensions: [storedBlocks()] },
    });
    expect(client.extensions).toEqual([{ name: "permessage-deflate", parameters: [] }]);
    server.write("x".repeat(1_000));
    await idle();
    expect((await client[Symbol.asyncIterator]().next()).value).toHaveLength(1_000);
    await expect(pair({ client: { perMessageDeflate: true } })).rejects.toThrow(/has no DEFLATE/);
  });
});

describe("the clock", () => {
  test("stands still until it is told to go on", async () => {
    const { client, advance, idle } = await pair({
      server: { timeouts: { idle: 60_000, ping: 0 } },
      client: { timeouts: { ping: 0, idle: 0 } },
    });
    await idle();
    await advance(59_999);
    expect(client.state).toBe("open");
    await advance(1);
    expect(await client.closed).toMatchObject({ code: 1_001, wasClean: true });
  });

  test("lets a silent hour pass in a moment, with every ping answered", async () => {
    let pongs = 0;
    const { client, server, advance } = await pair({ server: { pong: () => (pongs += 1) } });
    await advance(3_600_000);
    expect([client.state, server.state]).toEqual(["open", "open"]);
    expect(pongs).toBeGreaterThan(50);
  });

  test("is not the clock of fake timers, and lives beside them", async () => {
    vi.useFakeTimers();
    try {
      const { client, server, advance } = await pair();
      server.write("x");
      await advance(1_000);
      expect((await client[Symbol.asyncIterator]().next()).value).toBe("x");
      await vi.advanceTimersByTimeAsync(1_000_000);
      expect(client.state).toBe("open");
    } finally {
      vi.useRealTimers();
    }
  });

  test.each([-1, Number.NaN, Number.POSITIVE_INFINITY, "5"])(
    "refuses to go on by %j",
    async (ms) => {
      const { advance } = await pair();
      await expect(advance(ms as number)).rejects.toThrow(RangeError);
    },
  );
});

describe("until", () => {
  test("lets time go by as far as a promise needs it", async () => {
    const { client, host, until } = await pair({ server: { ping: () => {} } });
    client.pause();
    const shutdown = host.shutdown({ grace: 3_000 });
    await until(shutdown);
    expect(client.state).not.toBe("open");
  });

  test("says that a promise does not settle", async () => {
    const { server, until } = await pair();
    await expect(until(server.closed, 1_000)).rejects.toThrow(
      /not settled, and 1000 ms have gone by/,
    );
    server.abort();
    await expect(until(new Promise(() => {}))).rejects.toThrow(
      /not settled, and no timer runs any more/,
    );
    await expect(until(Promise.reject(new Error("own")))).rejects.toThrow("own");
  });
});

describe("a slow network", () => {
  const full: VirtualNetworkOptions = { toClient: { buffer: 10_000 } };

  test("puts pressure on the sender, and drain comes when the client reads", async () => {
    let drains = 0;
    const { client, server, idle } = await pair({
      network: full,
      server: { drain: () => (drains += 1), limits: { unsent: 4_000_000 } },
      client: { limits: { undelivered: 1_000 } },
    });
    client.pause();
    for (let count = 0; count < 20; count += 1) server.write(new Uint8Array(65_536));
    await idle();
    expect(server.unsent).toBeGreaterThan(500_000);
    expect(server.write("more")).toBe("pressure");
    client.resume();
    let bytes = 0;
    void (async () => {
      for await (const message of client) bytes += message.length;
    })();
    await idle();
    expect(bytes).toBe(20 * 65_536 + 4);
    expect(drains).toBe(1);
  });

  test.each([
    ["reset", { kind: "reset", behind: 300 }, { wasClean: false }],
    ["cut", { kind: "cut", behind: 300 }, { wasClean: false }],
  ] as const)("that is %s tells both sides", async (_what, fault, info) => {
    const { client, server, idle } = await pair({ network: { toClient: { fault } } });
    server.write(new Uint8Array(5_000));
    await idle();
    expect(await client.closed).toMatchObject(info);
    expect(await server.closed).toMatchObject(info);
  });

  test("that stalls is found out by the pings", async () => {
    const { client, server, advance } = await pair({
      network: { toServer: { fault: { kind: "stall", behind: 300 } } },
    });
    client.write(new Uint8Array(5_000));
    await advance(60_000);
    expect([client.state, server.state]).toEqual(["closed", "closed"]);
  });
});

describe("a virtual network", () => {
  test("has the functions of an adapter: many clients, a broadcast, a shutdown", async () => {
    const network = virtualNetwork();
    const server = await network.serve({ port: 8_080 });
    const sockets = await Promise.all(
      [1, 2, 3].map(() => network.connect("ws://any.example:8080/")),
    );
    await network.idle();
    for (const socket of server.sockets) socket.write("to all");
    const heard = await Promise.all(
      sockets.map(async (socket) => (await socket[Symbol.asyncIterator]().next()).value),
    );
    expect(heard).toEqual(["to all", "to all", "to all"]);
    await network.until(server.shutdown());
    expect(network.now).toBeGreaterThan(1_000); // the clients have not asked for another message, which delays their Close
    expect((await sockets[0]!.closed).code).toBe(1_001);
    await expect(network.connect("ws://any.example:8080/")).rejects.toMatchObject({
      code: "unreachable",
      cause: { message: "no server of this virtual network listens on port 8080" },
    });
  });

  test("gives free ports, finds ports in use, and knows unix sockets", async () => {
    const network = virtualNetwork();
    const one = await network.serve({});
    const other = await network.serve({});
    expect(one.url).not.toBe(other.url);
    await network.serve({ path: "/run/x.sock" });
    await network.connect("ws://x/", { path: "/run/x.sock" });
    await network.serve({ port: 80 });
    await expect(network.serve({ port: 80 })).rejects.toMatchObject({ code: "listen-failed" });
  });

  test("has the classes of the web platform", async () => {
    const network = virtualNetwork();
    await network.serve({ port: 80, message: (socket, text) => void socket.write(text) });
    const socket = new network.WebSocket("ws://site.example/");
    const events: string[] = [];
    socket.onopen = () => socket.send("hello");
    socket.onmessage = ({ data }) => {
      events.push(String(data));
      socket.close(3_001);
    };
    socket.onclose = ({ code }) => void events.push(String(code));
    await network.idle();
    expect(events).toEqual(["hello", "3001"]);
  });

  test("says what it has not: TLS", async () => {
    const network = virtualNetwork();
    await expect(network.serve({ tls: { cert: "c", key: "k" } })).rejects.toThrow(/has no TLS/);
    await network.serve({ port: 443 });
    await expect(network.connect("wss://site.example/")).rejects.toThrow(
      /use ws: in place of wss:/,
    );
  });

  test.each<[string, () => unknown, RegExp]>([
    ["a misspelt option of pair", () => pair({ hooks: {} } as never), /pair has no option hooks/],
    [
      "a misspelt option of the server",
      () => pair({ server: { mesage() {} } as never }),
      /mesage is not known/,
    ],
    [
      "a misspelt option of the client",
      () => pair({ client: { header: [] } as never }),
      /header is not known/,
    ],
    ["a URL that is none", () => pair({ url: "site.example" }), /URL/],
    [
      "conditions that no line can have",
      () => pair({ network: { toClient: { piece: 0 } } }),
      /toClient\.piece/,
    ],
    ["a seed that is no number", () => pair({ network: { seed: "x" as never } }), /seed/],
    [
      "a misspelt option of the network",
      () => pair({ network: { delay: 5 } as never }),
      /network has no option delay/,
    ],
  ])("%s is an error that names it", async (_what, call, says) => {
    await expect(async () => await call()).rejects.toThrow(says);
  });

  test("plays the same history again with the same seed", async () => {
    const play = async (seed: number): Promise<string> => {
      const frames: string[] = [];
      const { client, network } = await pair({
        network: { seed, toServer: { delay: [0, 50], piece: 5 } },
        client: { trace: (_, frame) => void frames.push(JSON.stringify(frame)) },
        server: { message: (socket) => void socket.write(`${network.now}`) },
      });
      for (const size of [10, 200, 3_000]) client.write(new Uint8Array(size));
      await network.advance(5_000);
      return frames.join();
    };
    expect(await play(1)).toBe(await play(1));
    expect(await play(1)).not.toBe(await play(2));
  });
});

/** The modules that a file loads, types left out, as far as they are files of this package. */
function loaded(file: URL, seen: Set<string> = new Set()): Set<string> {
  if (seen.has(file.href)) return seen;
  seen.add(file.href);
  const text = readFileSync(file, "utf8").replace(/^(import|export) type [^;]*;/gm, "");
  for (const [, specifier] of text.matchAll(/ from "([^"]+)"/g)) {
    if (specifier!.startsWith(".")) loaded(new URL(specifier!, file), seen);
    else seen.add(specifier!);
  }
  return seen;
}

test.each([
  ["the generators and laws load no driver", "index", "fast-check", "@sansocket/driver"],
  ["a pair loads no fast-check", "application", "@sansocket/driver", "fast-check"],
])("%s", (_what, entry, wanted, unwanted) => {
  const all = [...loaded(new URL(`../../src/${entry}.ts`, import.meta.url))];
  expect(all).toContain(wanted);
  expect(all).not.toContain(unwanted);
});
