/** RFC 6455 §4.2.2: who is let in, and who decides about it. */
import { describe, expect, test, vi } from "vitest";
import { MisuseError, type ServerError, type UpgradeRequest } from "../../src/index.ts";
import { QUIET, Stage, settle } from "../stage.ts";
import { plain, RawClient, UPGRADE } from "./raw-client.ts";

describe("an upgrade hook", () => {
  test("sees the request, and gives the socket its data, subprotocol and headers", async () => {
    let seen: UpgradeRequest<{ user: string }> | undefined;
    const users: string[] = [];
    const stage = new Stage<{ user: string }>({
      upgrade(request) {
        seen = request;
        return request.accept({
          data: { user: "ada" },
          protocol: "v1",
          headers: { "Set-Cookie": "a=b" },
        });
      },
      open: (socket) => void users.push(socket.data.user),
    });
    const peer = stage.client({
      url: "ws://site.example/chat?room=1",
      protocols: ["v2", "v1"],
      headers: [["Cookie", "id=7"]],
    });
    await peer.pump();
    expect(seen).toMatchObject({
      method: "GET",
      target: "/chat?room=1",
      host: "site.example",
      origin: null,
      protocols: ["v2", "v1"],
      remoteAddress: { hostname: "203.0.113.7", port: 5_000 },
    });
    expect(seen!.headers.get("cookie")).toBe("id=7");
    expect(seen!.url.href).toBe("http://site.example/chat?room=1");
    expect(users).toEqual(["ada"]);
    expect(peer.endpoint.protocol).toBe("v1");
    const { request } = stage.server.sockets[0]!;
    expect(request).toMatchObject({ target: seen!.target, origin: seen!.origin, raw: null });
    for (const decision of ["accept", "reject", "signal"])
      expect(request).not.toHaveProperty(decision);
  });

  test("may look at the request as long as the connection lasts", async () => {
    const facts = ({ method, target, host, origin, protocols, headerLines }: UpgradeRequest) =>
      JSON.stringify({ method, target, host, origin, protocols, headerLines });
    let before = "";
    const stage = new Stage({
      upgrade(request) {
        before = facts(request as UpgradeRequest);
        return request.accept({ protocol: "b" });
      },
    });
    const client = new RawClient(stage);
    client.says(
      UPGRADE.replace("GET /", "GET http://other.example:81/p?q=a:b").replace(
        "\r\n\r\n",
        "\r\nSec-WebSocket-Protocol: a, b\r\nOrigin: http://other.example:81\r\nX: \xe9:\t \xff\r\nX:\r\n\r\n",
      ),
    );
    expect(client.status).toBe(101);
    const { request } = stage.server.sockets[0]!;
    expect(facts(request as UpgradeRequest)).toBe(before);
    expect(JSON.parse(before)).toMatchObject({ host: "other.example:81", target: "/p?q=a:b" });
  });

  for (const { what, upgrade, status } of [
    { what: "rejects", upgrade: (r: UpgradeRequest) => r.reject(401), status: 401 },
    {
      what: "rejects later",
      upgrade: async (r: UpgradeRequest) => {
        await null;
        return r.reject(429, { headers: { "Retry-After": "5" }, body: "slow down" });
      },
      status: 429,
    },
    {
      what: "throws",
      upgrade: () => {
        throw new Error("broken");
      },
      status: 500,
    },
    {
      what: "rejects its promise",
      upgrade: () => Promise.reject(new Error("broken")),
      status: 500,
    },
    { what: "does not decide", upgrade: () => true, status: 500 },
    { what: "does not decide, later", upgrade: async () => false, status: 500 },
  ]) {
    test(`that ${what} is answered with ${status}, and there is no socket`, async () => {
      const errors: ServerError[] = [];
      const open = vi.fn();
      const stage = new Stage({
        upgrade,
        open,
        error: (_, e) => void errors.push(e as ServerError),
      });
      const peer = stage.client();
      await peer.pump();
      expect(peer.endpoint.ended?.violation?.kind).toBe("status-not-101");
      expect(peer.endpoint.response).toMatchObject({ status });
      expect(open).not.toHaveBeenCalled();
      expect(errors.map(({ code }) => code)).toEqual(status === 500 ? ["hook-failed"] : []);
      expect(stage.server.connections).toBe(0);
    });
  }

  test("that decides later keeps what came behind the request", async () => {
    let decide = (): void => {};
    const messages: unknown[] = [];
    const stage = new Stage({
      upgrade: (request) =>
        new Promise<boolean>((resolve) => {
          decide = () => resolve(request.accept());
        }),
      message: (_, message) => void messages.push(message),
    });
    const client = new RawClient(stage);
    client.says(UPGRADE);
    client.transport.arrives(Uint8Array.of(0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69));
    await settle();
    expect(messages).toEqual([]);
    decide();
    await settle();
    expect(client.status).toBe(101);
    expect(messages).toEqual(["hi"]);
  });

  test("that takes long holds reading back above limits.undelivered", async () => {
    const stage = new Stage({
      limits: { undelivered: 1_000 },
      upgrade: () => new Promise(() => {}),
    });
    const client = new RawClient(stage);
    client.says(UPGRADE);
    client.transport.arrives(new Uint8Array(900));
    await settle();
    expect(client.transport.isPaused).toBe(false);
    client.transport.arrives(new Uint8Array(900));
    await settle();
    expect(client.transport.isPaused).toBe(true);
  });

  test("learns by its signal that the peer has left, and then decides in vain", async () => {
    let seen: UpgradeRequest | undefined;
    const stage = new Stage({
      upgrade(request) {
        seen = request as UpgradeRequest;
        return new Promise<boolean>(() => {});
      },
    });
    const client = new RawClient(stage);
    client.says(UPGRADE);
    const { signal } = seen!;
    expect(signal.aborted).toBe(false);
    client.transport.breaks("ECONNRESET");
    expect(signal.aborted).toBe(true);
    expect(seen!.accept()).toBe(false);
    expect(seen!.reject()).toBe(false);
  });

  for (const { what, failure, reported } of [
    { what: "its signal's reason", failure: (signal: AbortSignal) => signal.reason, reported: [] },
    {
      what: "an AbortError made of it, as Node's functions do",
      failure: () => Object.assign(new Error("x"), { name: "AbortError" }),
      reported: [],
    },
    { what: "anything else", failure: () => new Error("x"), reported: ["hook-failed"] },
  ]) {
    test(`that fails of ${what} when the peer has left reports ${reported.length} failures`, async () => {
      const errors: string[] = [];
      const stage = new Stage({
        upgrade: ({ signal }) =>
          new Promise((_, reject) => {
            signal.addEventListener("abort", () => reject(failure(signal)));
          }),
        error: (_, { code }) => void errors.push(code),
      });
      const client = new RawClient(stage);
      client.says(UPGRADE);
      client.transport.breaks("ECONNRESET");
      await settle();
      expect(errors).toEqual(reported);
    });
  }

  test("that takes longer than timeouts.handshake is answered for with 503", async () => {
    let seen: UpgradeRequest | undefined;
    const stage = new Stage({
      timeouts: { ...QUIET, handshake: 2_000 },
      upgrade(request) {
        seen = request as UpgradeRequest;
        return new Promise<boolean>(() => {});
      },
    });
    const client = new RawClient(stage);
    client.says(UPGRADE);
    await stage.runtime.advance(2_000);
    expect(client.status).toBe(503);
    expect(seen!.accept()).toBe(false);
  });

  test("decides once: a second decision is a mistake", async () => {
    const stage = new Stage({
      upgrade(request) {
        const accepted = request.accept();
        expect(() => request.reject()).toThrow(MisuseError);
        return accepted;
      },
    });
    const peer = await stage.opened();
    expect(peer.endpoint.state).toBe("open");
  });

  test.each([
    [{ status: 401 }, "options.status is not known; known are body, headers"],
    ["no", 'options is "no": give an object; known are body, headers'],
    [{ body: 5 }, "the body of an answer is neither a string nor a Uint8Array"],
  ])(
    "rejects with %o: a mistake, since nothing of an answer is left out",
    async (options, message) => {
      let mistake: unknown;
      const stage = new Stage({
        upgrade(request) {
          try {
            request.reject(403, options as never);
          } catch (error) {
            mistake = error;
          }
          return request.accept();
        },
      });
      await stage.opened();
      expect(mistake).toBeInstanceOf(MisuseError);
      expect(String(mistake)).toContain(message);
    },
  );

  test("that is synchronous costs no microtask", () => {
    const open = vi.fn();
    const stage = new Stage({ upgrade: (request) => request.accept(), open });
    const client = new RawClient(stage);
    client.says(UPGRADE);
    expect(open).toHaveBeenCalledTimes(1);
    expect(client.status).toBe(101);
  });
});

describe("without an upgrade hook", () => {
  test("the first of the server's protocols that was offered is agreed on", async () => {
    const stage = new Stage({ protocols: ["v2", "v1"] });
    const peer = stage.client({ protocols: ["v0", "v1", "v2"] });
    await peer.pump();
    expect(peer.endpoint.protocol).toBe("v2");
  });

  test("one protocol need not be in a list", async () => {
    const stage = new Stage({ protocols: "chat" });
    const peer = stage.client({ protocols: ["v1", "chat"] });
    await peer.pump();
    expect(peer.endpoint.protocol).toBe("chat");
  });

  test("an extension that throws costs the connection that met it, with 500, and nothing more", async () => {
    const errors: string[] = [];
    const accept = (): never => {
      throw new Error("broken");
    };
    const stage = new Stage({
      extensions: [{ name: "x-broken", accept }],
      error: (_, { code, message }) => void errors.push(`${code}: ${message}`),
    });
    const client = await plain(
      stage,
      UPGRADE.replace("\r\n\r\n", "\r\nSec-WebSocket-Extensions: x-broken\r\n\r\n"),
    );
    expect(client.status).toBe(500);
    expect(errors).toEqual(["hook-failed: the request could not be accepted: broken"]);
    await stage.opened();
  });

  for (const { what, options, origin, status } of [
    { what: "another site's page", options: {}, origin: "https://evil.example", status: 403 },
    { what: "a page of the same host", options: {}, origin: "http://site.example", status: 101 },
    {
      what: "a page that is allowed",
      options: { allowedOrigins: ["https://app.example"] },
      origin: "https://app.example",
      status: 101,
    },
    {
      what: "any page, where that is asked for",
      options: { dangerouslyAllowAnyOrigin: true },
      origin: "https://evil.example",
      status: 101,
    },
  ]) {
    test(`${what} gets ${status}`, async () => {
      const errors: ServerError[] = [];
      const stage = new Stage({ ...options, error: (_, e) => void errors.push(e as ServerError) });
      const client = await plain(
        stage,
        UPGRADE.replace("\r\n\r\n", `\r\nOrigin: ${origin}\r\n\r\n`),
      );
      expect(client.status).toBe(status);
      client.transport.ends();
      expect(errors.map(({ code, violation }) => [code, violation?.kind])).toEqual(
        status === 403 ? [["handshake-refused", "origin-refused"]] : [],
      );
    });
  }
});
