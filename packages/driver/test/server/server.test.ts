import { describe, expect, test, vi } from "vitest";
import { MisuseError, Server, type ServerError, type UpgradeRequest } from "../../src/index.ts";
import { type Peer, QUIET, Stage, settle, VirtualRuntime } from "../stage.ts";
import { GET, plain, RawClient, UPGRADE } from "./raw-client.ts";

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
    expect(stage.server.sockets[0]!.request).toBe(seen);
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

describe("plain HTTP on the same port", () => {
  test("is answered with 426 where there is no request hook", async () => {
    const client = await plain(new Stage({}), GET);
    expect(client.heard).toMatch(/^HTTP\/1\.1 426 Upgrade Required\r\n/);
    expect(client.heard).toMatch(/\r\nUpgrade: websocket\r\n/);
    expect(client.transport.isWriteEnded).toBe(true);
  });

  test("is answered by the request hook, with Content-Length and Connection: close", async () => {
    const stage = new Stage({
      request: ({ method, target, url }) => ({
        headers: { "Content-Type": "text/plain" },
        body: `${method} ${target} ${url.searchParams.get("q")} ä`,
      }),
    });
    const client = await plain(stage, GET);
    expect(client.heard).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(client.heard).toMatch(/\r\nConnection: close\r\n/);
    expect(client.heard).toMatch(/\r\nContent-Length: 18\r\n/);
    expect(client.heard.endsWith("\r\n\r\nGET /path?q=1 1 Ã¤")).toBe(true);
  });

  for (const { line, host, url } of [
    { line: "GET /x", host: "site.example:81", url: "http://site.example:81/x" },
    { line: "GET //x/y", host: "site.example", url: "http://site.example//x/y" },
    { line: "GET /x", host: "1.2.3.999", url: "http://localhost/x" },
    { line: "GET /x", host: "", url: "http://localhost/x" },
    { line: "OPTIONS *", host: "site.example", url: "http://site.example/" },
    { line: "CONNECT a.example:443", host: "a.example:443", url: "http://a.example:443/" },
  ]) {
    test(`"${line}" of the host "${host}" has the url ${url}`, async () => {
      const stage = new Stage({ request: (request) => ({ body: request.url.href }) });
      const client = await plain(stage, `${line} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
      expect(client.heard.split("\r\n\r\n")[1]).toBe(url);
    });
  }

  test("a body waits for the answer up to limits.undelivered, and is read over then", async () => {
    let answer = (): void => {};
    const stage = new Stage({
      limits: { undelivered: 1_000 },
      request: () => new Promise((resolve) => (answer = () => resolve({}))),
    });
    const client = new RawClient(stage);
    client.says("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n989680\r\n");
    for (const isPaused of [false, true]) {
      client.transport.arrives(new Uint8Array(900));
      await settle();
      expect(client.transport.isPaused).toBe(isPaused);
    }
    answer();
    await settle();
    expect(client.status).toBe(200);
    expect(client.transport.isPaused).toBe(false);
    client.transport.arrives(new Uint8Array(9_000));
    await settle();
    expect(client.transport.isPaused).toBe(false);
  });

  test("HEAD gets the head alone", async () => {
    const stage = new Stage({ request: () => ({ body: "12345" }) });
    const client = await plain(stage, GET.replace("GET", "HEAD"));
    expect(client.heard).toMatch(/\r\nContent-Length: 5\r\n/);
    expect(client.heard.endsWith("\r\n\r\n")).toBe(true);
  });

  for (const { what, request, status } of [
    { what: "HTTP/1.0", request: "GET / HTTP/1.0\r\n\r\n", status: 200 },
    {
      what: "an absolute target",
      request: "GET http://a.example/x HTTP/1.1\r\nHost: a.example\r\n\r\n",
      status: 200,
    },
    {
      what: "a body that is small enough to drop",
      request: "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 65536\r\n\r\nabc",
      status: 200,
    },
    {
      what: "a body that is too large to drop",
      request: "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 65537\r\n\r\nabc",
      status: 413,
    },
    {
      what: "a chunked body, which says its length only at its end,",
      request: "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n989680\r\nabc",
      status: 200,
    },
    { what: "no host", request: "GET / HTTP/1.1\r\n\r\n", status: 400 },
  ]) {
    test(`${what} gets ${status}`, async () => {
      const client = await plain(new Stage({ request: () => ({}), error: () => {} }), request);
      expect(client.status).toBe(status);
    });
  }

  for (const { what, request } of [
    {
      what: "throws",
      request: () => {
        throw new Error("x");
      },
    },
    { what: "rejects", request: () => Promise.reject(new Error("x")) },
    { what: "answers what cannot be sent", request: () => ({ headers: { "A\n": "b" } }) },
    { what: "answers nothing", request: () => undefined as never },
  ]) {
    test(`a request hook that ${what} is answered for with 500`, async () => {
      const errors: ServerError[] = [];
      const client = await plain(
        new Stage({ request, error: (_, e) => void errors.push(e as ServerError) }),
        GET,
      );
      expect(client.status).toBe(500);
      expect(errors.map(({ code }) => code)).toEqual(["hook-failed"]);
    });
  }
});

describe("maxConnections", () => {
  test("drops one more than that, says so, and takes new ones when old ones have gone", async () => {
    const errors: string[] = [];
    const stage = new Stage({
      maxConnections: 2,
      error: (_, { code }) => void errors.push(code),
    });
    const peer = await stage.opened();
    await stage.opened();
    expect(
      stage.server.accept(() => {
        throw new Error("touched");
      }),
    ).toBe(false);
    expect(errors).toEqual(["connection-limit"]);
    peer.endpoint.close(1000, "", 1_000);
    await peer.pump();
    expect((await stage.opened()).endpoint.state).toBe("open");
  });
});

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
    const late = new Server({ signal: controller.signal }, new VirtualRuntime(), false);
    expect(
      late.accept(() => {
        throw new Error("touched");
      }),
    ).toBe(false);
  });

  test("closes its listener once, whenever that comes", async () => {
    for (const isEarly of [true, false]) {
      const server = new Server({}, new VirtualRuntime(), false);
      const close = vi.fn(async () => {});
      const listener = { address: { hostname: "::", port: 80 }, close };
      if (isEarly) server.listening(listener);
      const done = server.shutdown();
      if (!isEarly) server.listening(listener);
      await done;
      expect(close).toHaveBeenCalledTimes(1);
    }
  });
});

describe("a server", () => {
  for (const { address, secure, url } of [
    { address: { hostname: "::", port: 80 }, secure: false, url: "ws://127.0.0.1:80" },
    { address: { hostname: "0.0.0.0", port: 8080 }, secure: true, url: "wss://127.0.0.1:8080" },
    { address: { hostname: "::1", port: 9 }, secure: false, url: "ws://[::1]:9" },
    { address: { path: "/run/x" }, secure: false, url: "" },
  ]) {
    test(`that listens on ${JSON.stringify(address)} has the url ${JSON.stringify(url)}`, () => {
      const server = new Server({}, new VirtualRuntime(), secure);
      server.listening({ address, close: async () => {} });
      expect(server.url).toBe(url);
      expect(server.address).toBe(address);
    });
  }

  for (const { options, because } of [
    { options: { message: 5 }, because: "not a function" },
    { options: { connection: {} }, because: "not a function" },
    { options: { upgrade: "x" }, because: "not a function" },
    { options: { request: null }, because: "not a function" },
    { options: { trace: 5 }, because: "not a function" },
    { options: { error: "log" }, because: "not a function" },
    { options: { maxConnections: 0 }, because: "nobody could connect" },
    { options: { maxConnections: "5" }, because: "digits in a string" },
    { options: { maxConnections: 1.5 }, because: "half a connection" },
    { options: { maxConnections: Number.NaN }, because: "no limit and no absence of one" },
    { options: { maxConnections: null }, because: "absent is undefined" },
    { options: { perMessageDeflate: true }, because: "not there yet" },
    { options: { limits: { mesage: 5 } }, because: "a misspelt limit" },
    { options: { limits: null }, because: "no object" },
    { options: { timeouts: { idle: -1 } }, because: "time does not go back" },
    { options: { timeouts: 5 }, because: "no object" },
    { options: { allowedOrigins: ["app.example"] }, because: "no origin" },
    { options: { allowedOrigins: "https://app.example" }, because: "no list" },
    { options: { dangerouslyAllowAnyOrigin: "false" }, because: "a string, and truthy" },
    { options: { trustProxy: "false" }, because: "a string, and truthy" },
    { options: { lend: "no" }, because: "a string, and truthy" },
    { options: { protocols: 5 }, because: "no string and no list" },
    { options: { protocols: "" }, because: "no token" },
    { options: { protocols: "a, b" }, because: "a list in one string" },
    { options: { protocols: ["a b"] }, because: "no token" },
    { options: { protocols: [5] }, because: "no token" },
    { options: { protocols: ["a", "a"] }, because: "twice the same" },
    { options: { extensions: {} }, because: "no list" },
    { options: { extensions: [null] }, because: "no extension" },
    { options: { signal: {} }, because: "no signal" },
    { options: { signal: null }, because: "no signal" },
    { options: { prot: 8080 }, because: "not known" },
    { options: { onmessage: null }, because: "not known" },
    { options: 5, because: "no options" },
    { options: 5n, because: "no options" },
    { options: null, because: "no options" },
  ]) {
    const name = typeof options === "bigint" ? "5n" : JSON.stringify(options);
    test(`is a mistake with ${name}: ${because}`, () => {
      expect(() => new Server(options as never, new VirtualRuntime(), false)).toThrow(MisuseError);
    });
  }

  for (const transport of [undefined, null, {}, { readable: {}, writable: {} }]) {
    test(`does not accept ${JSON.stringify(transport)}, which opens no transport`, () => {
      const server = new Server({}, new VirtualRuntime(), false);
      expect(() => server.accept(transport as never)).toThrow(MisuseError);
      expect(() => server.accept(transport as never)).toThrow(/fromStreams/);
      expect(server.connections).toBe(0);
    });
  }

  for (const name of ["open", "message", "drain", "ping", "pong", "close"]) {
    test(`is a mistake with connection and ${name}, which would never be called`, () => {
      const options = { connection: async () => {}, [name]: () => {} };
      const make = () => new Server(options as never, new VirtualRuntime(), false);
      expect(make).toThrow(MisuseError);
      expect(make).toThrow(`options.connection and options.${name} exclude each other`);
    });
  }
});
