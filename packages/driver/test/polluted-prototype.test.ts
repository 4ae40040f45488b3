/** What every object inherits is no option: a program in which somebody wrote to Object.prototype trusts nobody for that. */

import { afterEach, describe, expect, test } from "vitest";
import { CONNECT_OPTION_NAMES } from "../src/client/connect-options.ts";
import type { ConnectOptions, TlsClientOptions, TlsServerOptions } from "../src/index.ts";
import { KNOWN_CREATE_OPTIONS, KNOWN_SERVE_OPTIONS } from "../src/server/server-options.ts";
import { createAdapter } from "./adapter.ts";
import { RawClient, UPGRADE } from "./server/raw-client.ts";
import { settle, VirtualRuntime } from "./stage.ts";

const polluted: string[] = [];

function pollute(members: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(members)) {
    Object.defineProperty(Object.prototype, name, { value, configurable: true, writable: true });
    polluted.push(name);
  }
}

afterEach(() => {
  for (const name of polluted.splice(0)) Reflect.deleteProperty(Object.prototype, name);
});

const TLS_NAMES = ["ca", "cert", "key", "serverName", "rejectUnauthorized"] as const;
const listener = { address: { hostname: "::", port: 80 }, close: async () => {} };

/** An adapter that tells whom it was asked to dial, and with which TLS options. */
function adapter() {
  const asked: unknown[] = [];
  const seen = (options: TlsClientOptions) =>
    TLS_NAMES.map((name) => [name, options[name]]).filter(([, value]) => value !== undefined);
  const dialer = {
    async dial(address: object) {
      asked.push({ ...address });
      return {
        open: () => {
          throw new Error("no network here");
        },
        startTls(options: TlsClientOptions, serverName: string) {
          asked.push(seen(options), serverName);
          return Promise.reject(new Error("no network here"));
        },
        destroy() {},
      };
    },
  };
  const listened: unknown[] = [];
  const listen = (_acceptor: unknown, options: object) => {
    const { port, hostname, path, tls } = options as Record<string, unknown>;
    listened.push({ port, hostname, path, tls });
    return listener;
  };
  const made = createAdapter({ runtime: new VirtualRuntime(), dialer: dialer as never, listen });
  return { ...made, asked, listened };
}

/** A value for each option that would be taken, and do harm, if it were read. */
const HARMFUL: Readonly<Record<string, unknown>> = {
  tls: { rejectUnauthorized: false, cert: "c", key: "k", serverName: "evil.example" },
  proxy: "http://evil.example:3128",
  path: "/tmp/evil.sock",
  socket: () => {
    throw new Error("evil");
  },
  headers: [["X-Evil", "1"]],
  rejectUnauthorized: false,
  ca: "evil",
  serverName: "evil.example",
  dangerouslyAllowAnyOrigin: true,
  allowedOrigins: ["https://evil.example"],
  trustProxy: true,
  port: 1,
  hostname: "evil.example",
  request: () => ({ status: 200 }),
  protocols: "evil",
  signal: AbortSignal.abort(),
  limits: { headers: 0 },
  timeouts: { handshake: 0 },
  redirects: 5,
  data: "evil",
  secure: true,
  lend: true,
  maxConnections: 1,
  extensions: [{ name: "evil", accept: () => null, offer: () => [] }],
  perMessageDeflate: true,
  body: "evil",
  status: 599,
  protocol: "evil",
};

async function dialed(options?: ConnectOptions): Promise<unknown[]> {
  const { connect, asked } = adapter();
  await connect("wss://site.example/", options).catch(() => {});
  return asked;
}

describe("connect", () => {
  const names = [...CONNECT_OPTION_NAMES, ...TLS_NAMES];
  for (const options of [undefined, {}, { tls: {} }] as const) {
    test.each(names)(
      `with ${JSON.stringify(options)} does not read %s of Object.prototype`,
      async (name) => {
        const expected = await dialed(options);
        pollute({ [name]: HARMFUL[name] ?? 5 });
        expect(await dialed(options)).toEqual(expected);
      },
    );
  }

  test("trusts no certificate that it would not have trusted, behind a redirect or a proxy either", async () => {
    pollute({ rejectUnauthorized: false });
    const { asked } = await (async () => {
      const one = adapter();
      await one
        .connect("wss://site.example/", { proxy: { url: "https://proxy.example" } })
        .catch(() => {});
      return one;
    })();
    expect(asked).toEqual([{ hostname: "proxy.example", port: 443 }, [], "proxy.example"]);
  });

  test("reads what a class has, members of its prototype included", async () => {
    class Options {
      get tls() {
        return { serverName: "named.example" };
      }
    }
    expect(await dialed(new Options())).toEqual([
      { hostname: "site.example", port: 443 },
      [["serverName", "named.example"]],
      "named.example",
    ]);
  });
});

describe("the classes of the web", () => {
  for (const [what, construct] of [
    [
      "WebSocket",
      (made: ReturnType<typeof adapter>) => new made.WebSocket("wss://site.example/", {} as never),
    ],
    [
      "WebSocketStream",
      (made: ReturnType<typeof adapter>) => new made.WebSocketStream("wss://site.example/", {}),
    ],
  ] as const) {
    // Of a dictionary the standard says that these two are read wherever they are.
    const names = [...CONNECT_OPTION_NAMES, ...TLS_NAMES].filter(
      (name) => !["protocols", "signal"].includes(name),
    );
    test.each(names)(`${what} does not read %s of Object.prototype`, async (name) => {
      pollute({ [name]: HARMFUL[name] ?? 5 });
      const made = adapter();
      const socket = construct(made) as unknown as {
        opened?: Promise<unknown>;
        closed?: Promise<unknown>;
      };
      socket.opened?.catch(() => {});
      socket.closed?.catch(() => {});
      await settle(60);
      expect(made.asked).toEqual([{ hostname: "site.example", port: 443 }, [], "site.example"]);
    });
  }
});

describe("serve", () => {
  const names = Object.keys({
    ...KNOWN_SERVE_OPTIONS,
    ...KNOWN_CREATE_OPTIONS,
    body: 0,
    status: 0,
    protocol: 0,
    headers: 0,
    data: 0,
  });

  /** What a page of another site, one of ours and a plain request are answered. */
  async function answered(): Promise<string[]> {
    const { serve, listened } = adapter();
    const server = await serve({});
    const answers: string[] = [JSON.stringify(listened)];
    for (const request of [
      UPGRADE.replace("\r\n\r\n", "\r\nOrigin: https://evil.example\r\n\r\n"),
      UPGRADE.replace("\r\n\r\n", "\r\nSec-WebSocket-Protocol: evil\r\n\r\n"),
      "GET / HTTP/1.1\r\nHost: site.example\r\n\r\n",
    ]) {
      const client = new RawClient({ server: server as never });
      client.says(request);
      await settle();
      answers.push(client.heard);
    }
    return answers;
  }

  const TLS_MEMBERS: Readonly<Record<string, unknown>> = {
    passphrase: "evil",
    serverNames: { "site.example": { cert: "EVIL", key: "EVIL" } },
    requestCert: true,
    ca: "EVIL",
    rejectUnauthorized: false,
    minVersion: "TLSv1.3",
    maxVersion: "TLSv1.2",
    ciphers: "NULL",
    cert: "EVIL",
    key: "EVIL",
  };

  /** What the runtime reads of the TLS options that it is given. */
  async function secured(): Promise<string> {
    const { serve, listened } = adapter();
    const certificate = { cert: "PEM", key: "PEM" };
    await serve({ tls: { ...certificate, serverNames: { "a.example": certificate } } });
    const { tls } = listened[0] as { tls: TlsServerOptions };
    const named = tls.serverNames as unknown as Readonly<Record<string, object>>;
    const read = (from: object | undefined) =>
      Object.keys(TLS_MEMBERS)
        .filter((name) => name !== "serverNames")
        .map((name) => (from as Readonly<Record<string, unknown>>)[name] ?? null);
    return JSON.stringify([
      read(tls),
      read(named["a.example"]),
      Object.keys(named),
      named["site.example"] ?? null,
    ]);
  }

  test.each(Object.keys(TLS_MEMBERS))("does not read tls.%s of Object.prototype", async (name) => {
    const expected = await secured();
    pollute({ [name]: TLS_MEMBERS[name] });
    expect(await secured()).toBe(expected);
  });

  test.each(Object.keys(TLS_MEMBERS))(
    "with requestCert does not read tls.%s of it",
    async (name) => {
      pollute({ [name]: TLS_MEMBERS[name] });
      const { serve, listened } = adapter();
      await serve({ tls: { cert: "PEM", key: "PEM", requestCert: true, ca: "PEM" } });
      const { tls } = listened[0] as { tls: TlsServerOptions };
      expect(tls.requestCert).toBe(true);
      expect(tls.rejectUnauthorized).toBeUndefined();
    },
  );

  test.each(names)("does not read %s of Object.prototype", async (name) => {
    const expected = await answered();
    pollute({ [name]: HARMFUL[name] ?? (() => {}) });
    expect(await answered()).toEqual(expected);
  });
});
