import { describe, expect, test, vi } from "vitest";
import { type Listen, MisuseError } from "../../src/index.ts";
import { onAllAddresses } from "../../src/server/listening.ts";
import { createAdapter } from "../adapter.ts";
import { ScriptedTransport, VirtualRuntime } from "../stage.ts";

const CERTIFICATE = { cert: "PEM", key: "PEM" };

function adapterWith(listen: Listen): ReturnType<typeof createAdapter> {
  const dialer = { dial: () => Promise.reject(new Error("no network here")) };
  return createAdapter({ runtime: new VirtualRuntime(), dialer, listen });
}

const listener = { address: { hostname: "::", port: 80 }, close: async () => {} };

describe("serve", () => {
  for (const options of [
    undefined,
    null,
    [],
    "8080",
    { prot: 8080 },
    { secure: true },
    { port: "8080" },
    { port: 70_000 },
    { port: -1 },
    { port: 1.5 },
    { port: true },
    { hostname: 5 },
    { hostname: "" },
    { path: {} },
    { path: "" },
    { path: "/run/x", port: 80 },
    { path: "/run/x", port: 0 },
    { path: "/run/x", hostname: "127.0.0.1" },
    { protocols: 5 },
    { dangerouslyAllowAnyOrigin: "false" },
    { trustProxy: -1 },
    { limits: null },
    { timeouts: 5 },
    { extensions: {} },
    { signal: {} },
    { maxConnections: "5" },
    { tls: true },
    { tls: false },
    { tls: null },
    { tls: {} },
    { tls: { cert: "PEM" } },
    { tls: { ...CERTIFICATE, key: "" } },
    { tls: { ...CERTIFICATE, pfx: "x" } },
    { tls: { ...CERTIFICATE, passphrase: 5 } },
    { tls: { ...CERTIFICATE, minVersion: "TLSv1" } },
    { tls: { ...CERTIFICATE, minVersion: "TLSv1.3", maxVersion: "TLSv1.2" } },
    { tls: { ...CERTIFICATE, ciphers: ["a"] } },
    { tls: { ...CERTIFICATE, ca: "PEM" } },
    { tls: { ...CERTIFICATE, rejectUnauthorized: true } },
    { tls: { ...CERTIFICATE, requestCert: true } },
    { tls: { ...CERTIFICATE, requestCert: true, ca: [] } },
    { tls: { ...CERTIFICATE, requestCert: "true", ca: "PEM" } },
    { tls: { ...CERTIFICATE, serverNames: [] } },
    { tls: { ...CERTIFICATE, serverNames: { "a.example": null } } },
    { tls: { ...CERTIFICATE, serverNames: { "a.example": { cert: "PEM" } } } },
    { tls: { ...CERTIFICATE, serverNames: { "a.example": { ...CERTIFICATE, ca: "PEM" } } } },
    { tls: { ...CERTIFICATE, serverNames: { "a.example:443": CERTIFICATE } } },
    { tls: { ...CERTIFICATE, serverNames: { "127.0.0.1": CERTIFICATE } } },
    { tls: { ...CERTIFICATE, serverNames: { "a.*": CERTIFICATE } } },
    { fd: "3" },
    { fd: -1 },
    { fd: 3, port: 80 },
    { fd: 3, path: "/run/x" },
    { fd: 3, reusePort: true },
    { listener: {}, port: 80 },
    { listener: {}, fd: 3 },
    { listener: {}, backlog: 5 },
    { reusePort: "true" },
    { path: "/run/x", reusePort: true },
    { pathMode: 0o600 },
    { path: "/run/x", pathMode: "600" },
    { path: "/run/x", pathMode: 660 },
    { tls: { ...CERTIFICATE, cert: ["PEM"] } },
  ]) {
    test(`rejects with a MisuseError for ${JSON.stringify(options)}, and listens nowhere`, async () => {
      const listen = vi.fn(() => listener);
      const serving = adapterWith(listen).serve(options as never);
      await expect(serving).rejects.toBeInstanceOf(MisuseError);
      expect(listen).not.toHaveBeenCalled();
    });
  }

  test("listens, with TLS where there is a certificate", async () => {
    const { serve } = adapterWith(() => listener);
    expect((await serve({})).url).toBe("ws://127.0.0.1:80");
    expect((await serve({ tls: CERTIFICATE })).url).toBe("wss://127.0.0.1:80");
  });

  test("tells where it could not listen, and why", async () => {
    const cause = Object.assign(new Error("bind failed"), { code: "EADDRINUSE" });
    const { serve } = adapterWith(() => {
      throw cause;
    });
    await expect(serve({ port: 80, hostname: "127.0.0.1" })).rejects.toMatchObject({
      name: "ServerError",
      code: "listen-failed",
      message: "cannot listen on 127.0.0.1, port 80: EADDRINUSE",
      cause,
    });
    await expect(serve({ path: "/run/x" })).rejects.toMatchObject({
      message: "cannot listen on /run/x: EADDRINUSE",
    });
  });
});

describe("serve with a signal", () => {
  test("that was aborted before listens nowhere, and rejects as connect does", async () => {
    const listen = vi.fn(() => listener);
    const reason = new Error("changed my mind");
    await expect(
      adapterWith(listen).serve({ signal: AbortSignal.abort(reason) }),
    ).rejects.toMatchObject({
      name: "ServerError",
      code: "aborted",
      message: "serve was aborted: changed my mind",
      cause: reason,
    });
    expect(listen).not.toHaveBeenCalled();
  });

  test("that aborts before it listens rejects, and listens no more by then", async () => {
    const controller = new AbortController();
    const close = vi.fn(async () => {});
    const serving = adapterWith(async () => {
      controller.abort();
      return { ...listener, close };
    }).serve({ signal: controller.signal });
    await expect(serving).rejects.toMatchObject({ code: "aborted" });
    expect(close).toHaveBeenCalledTimes(1);
  });

  test("that aborts while listening fails says that it was aborted", async () => {
    const controller = new AbortController();
    const serving = adapterWith(async () => {
      controller.abort();
      throw new Error("bind failed");
    }).serve({ signal: controller.signal });
    await expect(serving).rejects.toMatchObject({ code: "aborted" });
  });

  test("that aborts later shuts it down, and it has no address any more", async () => {
    const controller = new AbortController();
    const server = await adapterWith(() => listener).serve({ signal: controller.signal });
    expect(server.address).toBe(listener.address);
    controller.abort();
    expect(server.address).toBeNull();
    expect(server.url).toBe("");
  });
});

describe("createServer", () => {
  for (const options of [{ port: 80 }, { tls: CERTIFICATE }, { path: "/run/x" }]) {
    test(`is a mistake with ${JSON.stringify(options)}, which only serve has`, () => {
      const { createServer } = adapterWith(() => listener);
      expect(() => createServer(options as never)).toThrow(MisuseError);
    });
  }

  for (const secure of ["false", 1, null]) {
    test(`is a mistake with secure ${JSON.stringify(secure)}, of which the server's own origin is made`, () => {
      const { createServer } = adapterWith(() => listener);
      expect(() => createServer({ secure } as never)).toThrow(/options\.secure is/);
    });
  }
});

for (const options of [
  { graceMs: 5 },
  5_000,
  { grace: -1 },
  { grace: "5" },
  { grace: null },
  { code: 999 },
  { code: "1001" },
  { reason: 5 },
]) {
  test(`shutdown is a mistake with ${JSON.stringify(options)}, and nothing is shut down`, async () => {
    const { createServer } = adapterWith(() => listener);
    const server = createServer({});
    expect(() => server.shutdown(options as never)).toThrow(MisuseError);
    expect(server.accept((handler) => new ScriptedTransport(handler))).toBe(true);
  });
}

function failing(code: string): Error {
  return Object.assign(new Error(`listen ${code}`), { code });
}

/** A machine on which listening on "::" fails with this. */
function onMachine(error: Error | null): readonly string[] {
  const asked: string[] = [];
  onAllAddresses((hostname) => {
    asked.push(hostname);
    if (hostname === "::" && error !== null) throw error;
  });
  return asked;
}

test("all addresses are those of IPv6, which has IPv4 in it", () => {
  expect(onMachine(null)).toEqual(["::"]);
});

test.each(["EAFNOSUPPORT", "EADDRNOTAVAIL"])(
  "where there is no IPv6, which %s says, they are those of IPv4",
  (code) => {
    expect(onMachine(failing(code))).toEqual(["::", "0.0.0.0"]);
  },
);

test("a port that is taken is not tried again with IPv4 alone, where it may be free", () => {
  expect(() => onMachine(failing("EADDRINUSE"))).toThrow("EADDRINUSE");
});
