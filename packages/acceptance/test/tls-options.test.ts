/** TLS of a server beyond its certificate: each option does what it says, or is refused where the runtime cannot. */
import { X509Certificate } from "node:crypto";
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from "node:tls";
import {
  type HookOptions,
  MisuseError,
  type Server,
  type TlsServerOptions,
  type UpgradeHook,
} from "@sansocket/node";
import { certificate, selfSigned } from "@sansocket/workshop/certificate";
import { afterEach, beforeEach, describe, expect, type TestContext, test } from "vitest";
import { runtime, serve } from "./adapter.ts";
import { Mailbox } from "./mailbox.ts";
import { portOf } from "./places.ts";

const UPGRADE =
  "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
  "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

const running: Server[] = [];

afterEach(async () => {
  for (const server of running.splice(0)) await server.shutdown({ grace: 0 });
});

async function serving(
  tls: Partial<TlsServerOptions>,
  more: HookOptions<undefined> & { upgrade?: UpgradeHook<undefined> } = {},
): Promise<Server> {
  const server = await serve({
    hostname: "127.0.0.1",
    tls: { ...(await certificate()), ...tls },
    message() {},
    ...more,
  });
  running.push(server);
  return server;
}

interface Asked {
  /** The first line of the answer; "" when the connection ended without one. */
  readonly answer: string;
  readonly protocol: string | null;
  readonly cipher: string;
  /** Whose certificate the server has shown. */
  readonly subject: string;
  readonly isResumed: boolean;
  readonly session: Buffer | null;
}

/** One client of another make, which asks for a WebSocket and leaves. */
async function ask(server: Server, options: ConnectionOptions = {}): Promise<Asked> {
  const socket: TLSSocket = connectTls({
    host: "127.0.0.1",
    port: portOf(server),
    servername: "localhost",
    rejectUnauthorized: false,
    ...options,
  });
  let answer = "";
  let session: Buffer | null = null;
  let facts = { protocol: null as string | null, cipher: "", subject: "", isResumed: false };
  socket.on("session", (given) => {
    session = given;
  });
  socket.on("error", () => {});
  socket.on("secureConnect", () => {
    facts = {
      protocol: socket.getProtocol(),
      cipher: socket.getCipher().name,
      subject: `CN=${socket.getPeerCertificate().subject?.CN}`,
      isResumed: socket.isSessionReused(),
    };
    // In the same flight as the end of the handshake: a server that looks too late would take it.
    socket.write(UPGRADE);
  });
  socket.on("data", (bytes) => {
    answer += bytes.toString("latin1");
    if (answer.includes("\r\n\r\n")) socket.end();
  });
  await new Promise((resolve) => socket.on("close", resolve));
  return { ...facts, answer: answer.split("\r\n")[0]!, session };
}

const SWITCHING = "HTTP/1.1 101 Switching Protocols";

/** What a runtime cannot; the rest of the file is about those that can. */
const REFUSED: Readonly<Record<string, readonly string[]>> = {
  node: [],
  deno: ["serverNames", "requestCert", "minVersion", "maxVersion", "ciphers", "passphrase"],
  bun: ["serverNames"],
};

function can(option: string): boolean {
  return !REFUSED[runtime]!.includes(option);
}

function needs(context: TestContext, option: string): void {
  if (!can(option)) context.skip(`${runtime} refuses ${option}, as a test above says`);
}

const VALUES: Readonly<Record<string, Partial<TlsServerOptions>>> = {
  serverNames: { serverNames: {} },
  requestCert: { requestCert: true, rejectUnauthorized: false },
  minVersion: { minVersion: "TLSv1.2" },
  maxVersion: { maxVersion: "TLSv1.3" },
  ciphers: { ciphers: "ECDHE-ECDSA-AES128-GCM-SHA256" },
  passphrase: { passphrase: "secret" },
};

test.each(Object.keys(VALUES))("the option %s is honoured, or is a MisuseError", async (name) => {
  const outcome = await serving(VALUES[name]!).catch((error: unknown) => error);
  if (can(name)) expect(outcome).not.toBeInstanceOf(Error);
  else expect(outcome).toBeInstanceOf(MisuseError);
});

describe("the version of TLS", () => {
  beforeEach((context) => needs(context, "minVersion"));

  test.each([
    [{ minVersion: "TLSv1.3" }, "TLSv1.2", null],
    [{ minVersion: "TLSv1.3" }, "TLSv1.3", "TLSv1.3"],
    [{ maxVersion: "TLSv1.2" }, "TLSv1.3", "TLSv1.2"],
    [{}, "TLSv1.2", "TLSv1.2"],
    [{}, "TLSv1.3", "TLSv1.3"],
  ] as const)("with %j a client that knows up to %s gets %s", async (tls, maxVersion, protocol) => {
    const server = await serving(tls);
    expect(await ask(server, { maxVersion })).toMatchObject({
      protocol,
      answer: protocol === null ? "" : SWITCHING,
    });
  });

  test("a version that is out of use is refused by default", async () => {
    const server = await serving({});
    const old = { minVersion: "TLSv1", maxVersion: "TLSv1.1" } as const;
    // OpenSSL's clients need to be told twice that they may.
    const ciphers = runtime === "node" ? { ciphers: "ALL:@SECLEVEL=0" } : {};
    expect(await ask(server, { ...old, ...ciphers })).toMatchObject({ protocol: null, answer: "" });
  });
});

test("the ciphers are those of the option", async (context) => {
  needs(context, "ciphers");
  const server = await serving({ ciphers: "ECDHE-ECDSA-AES256-GCM-SHA384" });
  const { cipher } = await ask(server, { maxVersion: "TLSv1.2" });
  expect(cipher).toBe("ECDHE-ECDSA-AES256-GCM-SHA384");
});

test("ciphers that nobody knows are no place to listen", async (context) => {
  needs(context, "ciphers");
  const code = "listen-failed";
  await expect(serving({ ciphers: "NO-SUCH-CIPHER" })).rejects.toMatchObject({ code });
});

describe("a key that is encrypted", () => {
  beforeEach((context) => needs(context, "passphrase"));

  async function encrypted(): Promise<TlsServerOptions> {
    const { createPrivateKey } = await import("node:crypto");
    const { cert, key } = await certificate();
    const passphrase = "correct horse";
    const pem = createPrivateKey(key).export({
      type: "pkcs8",
      format: "pem",
      cipher: "aes-256-cbc",
      passphrase,
    }) as string;
    return { cert, key: pem, passphrase };
  }

  test("serves with its passphrase", async () => {
    expect((await ask(await serving(await encrypted()))).answer).toBe(SWITCHING);
  });

  test("fails to listen with another one, and the error does not show it", async () => {
    const error: Error = await serving({ ...(await encrypted()), passphrase: "battery" }).then(
      () => new Error("it listens"),
      (caught) => caught,
    );
    expect(error).toMatchObject({ code: "listen-failed" });
    expect(error.message).not.toContain("battery");
  });
});

describe("a server that asks for certificates", () => {
  beforeEach((context) => needs(context, "requestCert"));

  const VERSIONS = ["TLSv1.2", "TLSv1.3"] as const;

  test.each(VERSIONS)(
    "refuses under %s who has none or one that nobody vouches for, before any hook",
    async (maxVersion) => {
      const known = await selfSigned("known");
      const errors = new Mailbox<string>();
      let requests = 0;
      const server = await serving(
        { requestCert: true, ca: known.cert },
        {
          upgrade(request) {
            requests += 1;
            return request.accept();
          },
          error: (_socket, { code, message }) => errors.put(`${code}: ${message}`),
        },
      );
      expect((await ask(server, { maxVersion })).answer).toBe("");
      expect(await errors.take()).toMatch(/^handshake-refused: .*no certificate/);
      expect((await ask(server, { maxVersion, ...(await selfSigned("known")) })).answer).toBe("");
      expect(await errors.take()).toMatch(/^handshake-refused: .*not trusted: [A-Z_]+/);
      expect(requests).toBe(0);
      expect((await ask(server, { maxVersion, ...known })).answer).toBe(SWITCHING);
      expect(requests).toBe(1);
    },
  );

  test("tells hooks whose it is, in close too", async () => {
    const known = await selfSigned("known");
    const { fingerprint256, serialNumber } = new X509Certificate(known.cert);
    const seen = new Mailbox<unknown>();
    const server = await serving(
      { requestCert: true, ca: [known.cert] },
      {
        upgrade(request) {
          seen.put(request.tls?.clientCertificate);
          return request.accept();
        },
        close: (socket) => seen.put(socket.tls?.clientCertificate),
      },
    );
    await ask(server, known);
    const expected = {
      isTrusted: true,
      distrust: null,
      subject: "CN=known",
      subjectAltName: expect.stringContaining("DNS:known"),
      issuer: "CN=known",
      serialNumber,
      validFrom: expect.stringContaining("GMT"),
      validTo: expect.stringContaining("GMT"),
      fingerprint256,
    };
    expect(await seen.take()).toEqual(expected);
    if (runtime === "node") expect(await seen.take()).toEqual(expected);
  });

  test("with rejectUnauthorized false serves all, and tells which is trusted", async () => {
    const known = await selfSigned("known");
    const seen = new Mailbox<unknown>();
    const server = await serving(
      { requestCert: true, ca: known.cert, rejectUnauthorized: false },
      {
        upgrade(request) {
          seen.put(request.tls?.clientCertificate?.isTrusted ?? null);
          return request.accept();
        },
      },
    );
    for (const [client, isTrusted] of [
      [{}, null],
      [await selfSigned("stranger"), false],
      [known, true],
    ] as const) {
      expect((await ask(server, client)).answer).toBe(SWITCHING);
      expect(await seen.take()).toBe(isTrusted);
    }
  });

  test.each(VERSIONS)("knows under %s who resumes a session", async (maxVersion) => {
    const known = await selfSigned("known");
    const seen = new Mailbox<unknown>();
    const server = await serving(
      { requestCert: true, ca: known.cert },
      {
        upgrade(request) {
          seen.put(request.tls?.clientCertificate?.subject);
          return request.accept();
        },
      },
    );
    const { session } = await ask(server, { maxVersion, ...known });
    const again = await ask(server, { maxVersion, ...known, session: session! });
    expect(again.answer).toBe(SWITCHING);
    if (runtime === "node") expect(again.isResumed).toBe(true);
    expect([await seen.take(), await seen.take()]).toEqual(["CN=known", "CN=known"]);
  });
});

test("without requestCert nobody is asked, and no certificate is told", async () => {
  const seen = new Mailbox<unknown>();
  const server = await serving(
    {},
    {
      upgrade(request) {
        seen.put(request.tls?.clientCertificate);
        return request.accept();
      },
    },
  );
  await ask(server, await selfSigned("known"));
  expect(await seen.take()).toBeNull();
});

describe("certificates by name", () => {
  beforeEach((context) => needs(context, "serverNames"));

  test.each([
    ["a.example", "CN=a"],
    ["A.Example", "CN=a"],
    ["x.b.example", "CN=b"],
    ["exact.b.example", "CN=exact"],
    ["b.example", "CN=localhost"],
    ["y.x.b.example", "CN=localhost"],
    ["other.example", "CN=localhost"],
    ["", "CN=localhost"],
  ])("a client that asks for %j is shown that of %s", async (servername, subject) => {
    const server = await serving({
      serverNames: {
        "a.Example": await selfSigned("a"),
        "*.b.example": await selfSigned("b"),
        "exact.b.example": await selfSigned("exact"),
      },
    });
    expect(await ask(server, { servername })).toMatchObject({ subject, answer: SWITCHING });
  });

  test("refuse the same clients as the first one", async (context) => {
    needs(context, "requestCert");
    const known = await selfSigned("known");
    const server = await serving({
      serverNames: { "a.example": await selfSigned("a") },
      requestCert: true,
      ca: known.cert,
    });
    const servername = "a.example";
    expect((await ask(server, { servername, ...(await selfSigned("known")) })).answer).toBe("");
    expect((await ask(server, { servername })).answer).toBe("");
    expect((await ask(server, { servername, ...known })).answer).toBe(SWITCHING);
  });
});

describe("setTls", () => {
  test("gives those who come from now on the new certificate, or is a MisuseError", async () => {
    const server = await serving({});
    if (runtime !== "node") {
      expect(() => server.setTls({ cert: "PEM", key: "PEM" })).toThrow(MisuseError);
      return;
    }
    expect((await ask(server)).subject).toBe("CN=localhost");
    expect(server.setTls(await selfSigned("renewed"))).toBe(true);
    expect((await ask(server)).subject).toBe("CN=renewed");
  });

  test("of what is no certificate is a MisuseError, and the server keeps what it has", async () => {
    const server = await serving({});
    for (const tls of [undefined, null, {}, { cert: "PEM", key: "PEM" }, { cert: "PEM" }]) {
      expect(() => server.setTls(tls as never)).toThrow(MisuseError);
    }
    expect(await ask(server)).toMatchObject({ subject: "CN=localhost", answer: SWITCHING });
  });

  test("does not resume sessions of those who are trusted no more", async (context) => {
    if (runtime !== "node") context.skip(`${runtime} cannot change the TLS of a listener`);
    const [known, next] = [await selfSigned("known"), await selfSigned("next")];
    const server = await serving({ requestCert: true, ca: known.cert });
    for (const maxVersion of ["TLSv1.2", "TLSv1.3"] as const) {
      server.setTls({ ...(await certificate()), requestCert: true, ca: known.cert });
      const { session } = await ask(server, { maxVersion, ...known });
      server.setTls({ ...(await certificate()), requestCert: true, ca: next.cert });
      expect((await ask(server, { maxVersion, ...known, session: session! })).answer).toBe("");
      expect((await ask(server, { maxVersion, ...next })).answer).toBe(SWITCHING);
    }
  });

  test("of a server without TLS is a MisuseError, and of one that was shut down false", async () => {
    const { cert, key } = await certificate();
    const plain = await serve({ hostname: "127.0.0.1", message() {} });
    expect(() => plain.setTls({ cert, key })).toThrow(MisuseError);
    await plain.shutdown();
    expect(plain.setTls({ cert, key })).toBe(false);
  });
});
