/** The law of applications, put to the driver, and to drivers that are broken in one way each. */
import {
  connectWith,
  type Dialed,
  Server,
  type ServerOptions,
  type Transport,
} from "@sansocket/driver";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { applicationFaults, applicationLaw, type DriverUnderTest } from "../../src/driver-laws.ts";
import { seeded } from "../seed.ts";
import { garbageCollector } from "./garbage-collector.ts";

const MINUTES = 180_000;

// The driver prints the errors of hooks that throw where no `error` hook takes them.
beforeEach(() => void vi.spyOn(console, "error").mockImplementation(() => {}));
afterEach(() => void vi.restoreAllMocks());

const NO_COLLECTOR = "this runtime lets no program collect garbage";

describe("the driver keeps the law of applications", () => {
  test("in any history", { timeout: MINUTES }, async () => {
    await applicationLaw(seeded(500));
  });

  test("and keeps no socket after its end", { timeout: MINUTES }, async (context) => {
    const collectGarbage = garbageCollector();
    if (collectGarbage === null) return context.skip(NO_COLLECTOR);
    await applicationLaw({ ...seeded(100), collectGarbage });
  });
});

type Options = ServerOptions<undefined>;

/** The driver, with hooks of the server that are called in a wrong way. */
function wrongHooks(wrong: (options: Options) => Partial<Options>): Partial<DriverUnderTest> {
  return {
    server: (options, platform) =>
      new Server({ ...options, ...wrong(options) } as Options, platform),
  };
}

const kept: object[] = [];

const BROKEN: readonly (readonly [what: string, driver: Partial<DriverUnderTest>, says: RegExp])[] =
  [
    [
      "calls close twice",
      wrongHooks(({ close }) => ({
        close(socket, info) {
          close?.(socket, info);
          return close?.(socket, info);
        },
      })),
      /close was called (behind close|2 times) at the server/,
    ],
    [
      "calls a hook behind close",
      wrongHooks(({ close, message }) => ({
        close(socket, info) {
          close?.(socket, info);
          return message?.(socket, "late");
        },
      })),
      /message was called behind close at the server/,
    ],
    [
      "forgets a promise",
      {
        async connect(...given) {
          const socket = await connectWith(...given);
          return Object.assign(socket, { ping: () => new Promise<number>(() => {}) });
        },
      },
      /ping of the client never settles/,
    ],
    [
      "rejects where it promised not to",
      {
        async connect(...given) {
          const socket = await connectWith(...given);
          return Object.assign(socket, { send: () => Promise.reject(new Error("closed")) });
        },
      },
      /send of the client rejects/,
    ],
    [
      "ends every connection with one of them",
      {
        server(options, platform) {
          const server: Server = new Server(
            {
              ...options,
              error: (socket, error) => {
                void options.error?.(socket, error);
                for (const socket of server.sockets) socket.abort();
              },
            } as Options,
            platform,
          );
          return server;
        },
      },
      /another connection said \d+ messages, and heard/,
    ],
    [
      "writes into memory that it has lent to a transport",
      {
        connect: (platform, ...rest) =>
          connectWith(
            {
              ...platform,
              dialer: { dial: (...to) => platform.dialer.dial(...to).then(spoiling) },
            },
            ...rest,
          ),
      },
      /memory was changed while it was lent to a transport/,
    ],
    [
      "leaves a timer",
      {
        connect(platform, ...rest) {
          platform.runtime.setTimer(() => {}, 1e12, false);
          return connectWith(platform, ...rest);
        },
      },
      /timers are left/,
    ],
    [
      "changes a message",
      {
        connect: (platform, url, options, hooks = {}) =>
          connectWith(platform, url, options, {
            ...hooks,
            message: (socket, message) =>
              hooks.message?.(socket, message === "server 0" ? "x" : message),
          }),
      },
      /message \d+ at the client is "x"/,
    ],
  ];

/** Writes into what the transport keeps. */
function spoiling(dialed: Dialed): Dialed {
  return {
    ...dialed,
    open(handler) {
      const transport: Transport = dialed.open(handler);
      const write = transport.write.bind(transport);
      transport.write = (chunks) => {
        const isTaken = write(chunks);
        if (!isTaken) chunks[0]!.fill(0);
        return isTaken;
      };
      return transport;
    },
  };
}

test.each([{ run: 5 }, { runs: 0 }, { seed: 1.5 }])(
  "the law with %j is a RangeError",
  async (odd) => {
    await expect(applicationLaw(odd as object)).rejects.toThrow(RangeError);
  },
);

describe("a driver is found out that", () => {
  test.each(BROKEN)("%s", { timeout: MINUTES }, async (_what, wrong, says) => {
    const driver: DriverUnderTest = {
      server: (options, platform) => new Server(options, platform),
      connect: connectWith,
      ...wrong,
    };
    const error: unknown = await applicationLaw({ ...seeded(600), driver }).catch(
      (reason) => reason,
    );
    const { message } = (error as Error).cause as Error;
    expect(message).toMatch(says);
    const [, line] = /to play it again: await applicationFaults\((.*)\)/.exec(message)!;
    const again = await applicationFaults(JSON.parse(line!), driver);
    expect(message.startsWith(again.join("; "))).toBe(true);
    expect(await applicationFaults(JSON.parse(line!))).toEqual([]);
  });

  test("keeps its sockets", { timeout: MINUTES }, async (context) => {
    const collectGarbage = garbageCollector();
    if (collectGarbage === null) return context.skip(NO_COLLECTOR);
    const driver: DriverUnderTest = {
      server: (options, platform) => new Server(options, platform),
      async connect(...given) {
        const socket = await connectWith(...given);
        kept.push(socket);
        return socket;
      },
    };
    await expect(applicationLaw({ ...seeded(20), driver, collectGarbage })).rejects.toThrow(
      /sockets are kept after their end/,
    );
  });
});
