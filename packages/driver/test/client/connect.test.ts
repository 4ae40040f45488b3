import { describe, expect, test, vi } from "vitest";
import { ConnectError, connectWith, type Dialed, MisuseError } from "../../src/index.ts";
import { connectingTo, QUIET, ScriptedTransport, settle, VirtualRuntime } from "../stage.ts";

function via(proxy: string, scheme = "http"): { proxy: string } {
  return { proxy: `${scheme}://${proxy}` };
}

/** A signal, and how many listen to it. */
function watchedSignal(): { signal: AbortSignal; listeners: () => number } {
  const { signal } = new AbortController();
  const added = vi.spyOn(signal, "addEventListener");
  const removed = vi.spyOn(signal, "removeEventListener");
  return { signal, listeners: () => added.mock.calls.length - removed.mock.calls.length };
}

/** Where everybody answers the same, as proxies do; and what of it nobody has let go of. */
class Network {
  readonly runtime = new VirtualRuntime();
  /** What TLS was asked for with. */
  readonly secured: unknown[] = [];
  private readonly reached = new Map<string, () => boolean>();
  private readonly happens: (what: string) => void;
  private readonly answer: Uint8Array;

  constructor(happens: (what: string) => void, answer = "HTTP/1.1 200 OK\r\n\r\n") {
    this.happens = happens;
    this.answer = Uint8Array.from(answer, (c) => c.charCodeAt(0));
  }

  readonly dialer = {
    dial: async (): Promise<Dialed> => {
      await null;
      return this.dialed("dialed");
    },
  };

  private dialed(what: string): Dialed {
    let isDestroyed = false;
    let transport: ScriptedTransport | null = null;
    this.reached.set(what, () => isDestroyed || transport?.isDestroyed === true);
    this.happens(what);
    return {
      open: (handler) => {
        transport ??= new ScriptedTransport(handler);
        // It keeps its first handler, so that nothing comes behind the answer of a proxy.
        void settle(3).then(() => transport!.arrives(this.answer));
        return transport;
      },
      startTls: async (options, serverName) => {
        await null;
        this.secured.push({ ...options, serverName });
        this.reached.delete(what); // what comes of it is let go of in its place
        return this.dialed("secured");
      },
      destroy: () => {
        isDestroyed = true;
      },
    };
  }

  get left(): string[] {
    return [...this.reached.keys()].filter((what) => !this.reached.get(what)!());
  }
}

describe("connect", () => {
  test("resolves with a socket that knows its url, protocol and data", async () => {
    const { connecting, peer, runtime } = connectingTo({ protocols: ["a", "b"], data: undefined });
    await peer.pump();
    peer.endpoint.accept({ protocol: "b" }, runtime.now());
    await peer.pump();
    const socket = await connecting;
    expect(socket.protocol).toBe("b");
    expect(socket.url).toBe("ws://site.example/");
    expect(socket.request).toBeNull();
    expect(socket.remoteAddress).toEqual({ hostname: "203.0.113.7", port: 5_000 });
  });

  test("rejects with the server's answer, body included, when it refuses", async () => {
    const { connecting, peer, runtime } = connectingTo();
    await peer.pump();
    peer.endpoint.reject(403, { body: "not you", headers: [["X-Why", "you"]] }, runtime.now());
    await peer.pump();
    const error = await connecting.catch((e: unknown) => e);
    expect(error).toBeInstanceOf(ConnectError);
    expect(error).toMatchObject({
      code: "refused",
      status: 403,
      message: expect.stringContaining("403"),
    });
    expect(new TextDecoder().decode((error as ConnectError).response!.body)).toBe("not you");
  });

  for (const { what, timeouts, after } of [
    { what: "a second", timeouts: {}, after: 1_000 },
    { what: "timeouts.refusalBody", timeouts: { refusalBody: 200 }, after: 200 },
    { what: "timeouts.handshake", timeouts: { handshake: 300 }, after: 300 },
  ]) {
    test(`rejects with the refusal, and with what there is of its body, when that does not end within ${what}`, async () => {
      const { connecting, peer, runtime } = connectingTo({ timeouts: { ...QUIET, ...timeouts } });
      await settle();
      const answer = "HTTP/1.1 500 No\r\nContent-Length: 10\r\n\r\nhalf";
      peer.transport.arrives(Uint8Array.from(answer, (c) => c.charCodeAt(0)));
      let error: ConnectError | null = null;
      connecting.catch((e: ConnectError) => {
        error = e;
      });
      await runtime.advance(after - 1);
      await settle();
      expect(error).toBeNull();
      await runtime.advance(1);
      await settle();
      expect(error).toMatchObject({
        code: "refused",
        status: 500,
        message: "the server answered 500 No",
        response: { isBodyTruncated: true, body: new TextEncoder().encode("half") },
      });
      expect(peer.transport.isDestroyed).toBe(true);
      expect(runtime.timerCount).toBe(0);
    });
  }

  for (const { what, answer, kind } of [
    {
      what: "a wrong Sec-WebSocket-Accept",
      answer:
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
        "Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n",
      kind: "accept-wrong",
    },
    { what: "no HTTP", answer: "SSH-2.0\r\n", kind: "status-line-malformed" },
  ]) {
    test(`rejects with the violation for ${what}`, async () => {
      const { connecting, peer } = connectingTo();
      await settle();
      peer.transport.arrives(Uint8Array.from(answer, (c) => c.charCodeAt(0)));
      await expect(connecting).rejects.toMatchObject({ code: "violation", violation: { kind } });
      expect(peer.transport.isDestroyed).toBe(true);
    });
  }

  test("rejects when the connection ends before the answer", async () => {
    const { connecting, peer } = connectingTo();
    await settle();
    peer.transport.breaks("ECONNRESET");
    await expect(connecting).rejects.toMatchObject({
      code: "ended",
      message: expect.stringContaining("ECONNRESET"),
    });
  });

  test("rejects after timeouts.handshake, and lets go of the transport", async () => {
    const { connecting, peer, runtime } = connectingTo({
      timeouts: { ...QUIET, handshake: 3_000 },
    });
    await runtime.advance(3_000);
    await expect(connecting).rejects.toMatchObject({ code: "timeout" });
    expect(peer.transport.isDestroyed).toBe(true);
    expect(runtime.timerCount).toBe(0);
  });

  test("waits where timeouts.handshake is longer than timers run", async () => {
    const { runtime, peer } = connectingTo({ timeouts: { handshake: 2 ** 40 } });
    await runtime.advance(60_000);
    expect(peer.transport.isDestroyed).toBe(false);
  });

  test("rejects when its signal is aborted, with the reason as cause", async () => {
    const controller = new AbortController();
    const { connecting, peer } = connectingTo({ signal: controller.signal });
    await settle();
    controller.abort(new Error("changed my mind"));
    await expect(connecting).rejects.toMatchObject({
      code: "aborted",
      cause: { message: "changed my mind" },
    });
    await settle();
    expect(peer.transport.isDestroyed).toBe(true);
  });

  test("dials nobody when its signal was aborted before", async () => {
    const dial = vi.fn();
    const connecting = connectWith(
      { runtime: new VirtualRuntime(), dialer: { dial } },
      "ws://a.example",
      { signal: AbortSignal.abort() },
    );
    await expect(connecting).rejects.toMatchObject({ code: "aborted" });
    expect(dial).not.toHaveBeenCalled();
  });

  test("leaves an open socket alone when the signal is aborted later", async () => {
    const controller = new AbortController();
    const { connecting, peer, runtime } = connectingTo({ signal: controller.signal });
    await peer.pump();
    peer.endpoint.accept({}, runtime.now());
    await peer.pump();
    const socket = await connecting;
    controller.abort();
    await settle();
    expect(socket.state).toBe("open");
  });

  test("delivers messages that came with the 101", async () => {
    const { connecting, peer, runtime } = connectingTo();
    await peer.pump();
    peer.endpoint.accept({}, runtime.now());
    peer.speak();
    peer.endpoint.sendText("first");
    await peer.pump();
    const socket = await connecting;
    for await (const message of socket) {
      expect(message).toBe("first");
      break;
    }
  });

  for (const { what, url, options } of [
    { what: "no URL", url: "not a url", options: {} },
    { what: "another scheme", url: "ftp://a", options: {} },
    { what: "a fragment", url: "ws://a/#b", options: {} },
    { what: "an empty fragment", url: "ws://a/#", options: {} },
    { what: "a protocol that is no token", url: "ws://a", options: { protocols: ["a b"] } },
    { what: "a protocol twice", url: "ws://a", options: { protocols: ["a", "a"] } },
    { what: "a header with a line end", url: "ws://a", options: { headers: { A: "b\r\nC: d" } } },
    { what: "a header of the engine's", url: "ws://a", options: { headers: { Host: "b" } } },
    { what: "a misspelt option", url: "ws://a", options: { header: {} } },
    { what: "a subprotocol in place of options", url: "ws://a", options: "chat" },
    { what: "subprotocols in place of options", url: "ws://a", options: ["chat"] },
    { what: "a misspelt option of TLS", url: "wss://a", options: { tls: { passphrase: "x" } } },
    { what: "a misspelt option of a proxy", url: "ws://a", options: { proxy: { uri: "x" } } },
    { what: "redirects below 0", url: "ws://a", options: { redirects: -1 } },
    { what: "a redirect and a half", url: "ws://a", options: { redirects: 1.5 } },
    { what: "redirects in a string", url: "ws://a", options: { redirects: "5" } },
    { what: "compression", url: "ws://a", options: { perMessageDeflate: true } },
    {
      what: "two ways to the server",
      url: "ws://a",
      options: { proxy: "http://proxy", path: "/run/x" },
    },
    {
      what: "redirects from a connection that is there",
      url: "ws://a",
      options: { redirects: 1, socket: () => null },
    },
    { what: "a proxy that is no URL", url: "ws://a", options: { proxy: "proxy:8080" } },
    {
      what: "a header of the engine's for the proxy",
      url: "ws://a",
      options: { proxy: { url: "http://p", headers: { Host: "b" } } },
    },
    { what: "a proxy without a URL", url: "ws://a", options: { proxy: { headers: {} } } },
    { what: "port 0", url: "ws://a:0", options: {} },
    { what: "headers that are a string", url: "ws://a", options: { headers: "A: b" } },
    { what: "protocols that are a number", url: "ws://a", options: { protocols: 1 } },
    {
      what: "a controller in place of its signal",
      url: "ws://a",
      options: { signal: new AbortController() },
    },
    { what: "a socket that is not opened", url: "ws://a", options: { socket: {} } },
    { what: "a unix socket without a name", url: "ws://a", options: { path: "" } },
    { what: "a trace that cannot be called", url: "ws://a", options: { trace: true } },
    { what: "a socket that is a number", url: "ws://a", options: { socket: 5 } },
    { what: "a signal that is null", url: "ws://a", options: { signal: null } },
    { what: "a path that is a number", url: "ws://a", options: { path: 5 } },
    { what: "an option of servers", url: "ws://a", options: { lend: "no" } },
    { what: "limits that are null", url: "ws://a", options: { limits: null } },
    { what: "timeouts that are one number", url: "ws://a", options: { timeouts: 5 } },
    { what: "one extension in place of a list", url: "ws://a", options: { extensions: {} } },
    { what: "an extension that is none", url: "ws://a", options: { extensions: [5] } },
    { what: "an authority that is a number", url: "wss://a", options: { tls: { ca: 5 } } },
    {
      what: "authorities, one of them empty",
      url: "wss://a",
      options: { tls: { ca: ["PEM", ""] } },
    },
    { what: "a key that is a number", url: "wss://a", options: { tls: { key: 5 } } },
    {
      what: "a check of certificates that 0 would turn off",
      url: "wss://a",
      options: { tls: { rejectUnauthorized: 0 } },
    },
    {
      what: "the same on the way to a proxy",
      url: "ws://a",
      options: { proxy: { url: "https://p", tls: { rejectUnauthorized: 0 } } },
    },
  ]) {
    test(`rejects with a MisuseError for ${what}, and has done nothing by then`, async () => {
      const runtime = new VirtualRuntime();
      const dial = vi.fn(() => Promise.reject(new Error("dialed")));
      const { signal, listeners } = watchedSignal();
      const connecting = connectWith(
        { runtime, dialer: { dial } },
        url,
        typeof options === "object" && !Array.isArray(options)
          ? { signal, ...(options as object) }
          : (options as never),
      );
      await expect(connecting).rejects.toBeInstanceOf(MisuseError);
      expect(dial).not.toHaveBeenCalled();
      expect(runtime.timerCount).toBe(0);
      expect(listeners()).toBe(0);
    });
  }

  for (const { what, url, options, phases } of [
    { what: "to a server", url: "ws://a", options: {}, phases: ["dialed"] },
    { what: "with TLS", url: "wss://a", options: {}, phases: ["dialed", "secured"] },
    { what: "through a proxy", url: "ws://a", options: via("p"), phases: ["dialed"] },
    {
      what: "with TLS through a proxy",
      url: "wss://a",
      options: via("p"),
      phases: ["dialed", "secured"],
    },
    {
      what: "with TLS to a proxy",
      url: "wss://a",
      options: via("p", "https"),
      phases: ["dialed", "secured"],
    },
  ]) {
    test(`leaves no connection ${what} behind, in whatever moment it is given up`, async () => {
      for (const phase of phases) {
        for (let moment = 0; moment < 40; moment += 1) {
          const controller = new AbortController();
          const network = new Network((happened) => {
            if (happened === phase) void settle(moment).then(() => controller.abort());
          });
          const { signal } = controller;
          const connecting = connectWith(network, url, { ...options, signal });
          await expect(connecting).rejects.toMatchObject({ code: "aborted" });
          await settle();
          expect([phase, moment, network.left]).toEqual([phase, moment, []]);
        }
      }
    });
  }

  for (const { what, answer } of [
    {
      what: "refuses",
      answer: "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n",
    },
    { what: "speaks no HTTP", answer: "SSH-2.0\r\n" },
    { what: "says more than its answer, before TLS", answer: "HTTP/1.1 200 OK\r\n\r\nmore" },
  ]) {
    test(`leaves no connection behind to a proxy that ${what}`, async () => {
      const network = new Network(() => {}, answer);
      const connecting = connectWith(network, "wss://a", via("p"));
      await expect(connecting).rejects.toMatchObject({ code: "proxy-refused" });
      expect(network.left).toEqual([]);
      expect(network.runtime.timerCount).toBe(0);
    });
  }

  const told = {
    status: 502,
    headers: expect.arrayContaining([["X-Why", "because"]]),
    body: Uint8Array.from("the reason", (c) => c.charCodeAt(0)),
  };
  for (const { what, answer, timeouts = {}, after, isBodyTruncated = false } of [
    {
      what: "is whole",
      answer: "HTTP/1.1 502 No\r\nX-Why: because\r\nContent-Length: 10\r\n\r\nthe reason",
      after: 0,
    },
    {
      what: "has no end, for timeouts.refusalBody",
      answer: "HTTP/1.1 502 No\r\nX-Why: because\r\n\r\nthe reason",
      after: 1_000,
      isBodyTruncated: true,
    },
    {
      what: "has no end, until timeouts.handshake",
      answer: "HTTP/1.1 502 No\r\nX-Why: because\r\n\r\nthe reason",
      timeouts: { handshake: 500 },
      after: 500,
      isBodyTruncated: true,
    },
  ]) {
    test(`shows what a proxy has answered, with a body that ${what}`, async () => {
      const network = new Network(() => {}, answer);
      const connecting = connectWith(network, "wss://a", { ...via("p"), timeouts });
      const error = connecting.catch((reason: unknown) => reason);
      await network.runtime.advance(after);
      const response = { ...told, isBodyTruncated };
      expect(await error).toMatchObject({ code: "proxy-refused", status: 502, response });
      expect(network.left).toEqual([]);
      expect(network.runtime.timerCount).toBe(0);
    });
  }

  test.each([["HTTP"], ["hTTp"], ["HTTPS"]])("takes a proxy whose scheme is %s", async (scheme) => {
    const happened: string[] = [];
    const network = new Network((what) => happened.push(what), "HTTP/1.1 407 No\r\n\r\n");
    const connecting = connectWith(network, "ws://a", {
      ...via("p", scheme),
      limits: { refusalBody: 0 },
    });
    await expect(connecting).rejects.toMatchObject({ code: "proxy-refused", status: 407 });
    expect(happened).toEqual(scheme === "HTTPS" ? ["dialed", "secured"] : ["dialed"]);
  });

  // RFC 6066 §3
  test.each<[string, object, string[]]>([
    ["wss://host./", {}, ["host"]],
    ["wss://host.:444/", { tls: { serverName: "other." } }, ["other"]],
    ["ws://host./", via("proxy.", "https"), ["proxy"]],
    ["wss://host./", via("proxy.", "https"), ["proxy", "host"]],
  ])(
    "names the server of %s with %j to TLS without the dot at its end",
    async (url, options, names) => {
      const network = new Network(() => {});
      const connecting = connectWith(network, url, options);
      connecting.catch(() => {});
      await settle();
      expect(network.secured).toMatchObject(names.map((serverName) => ({ serverName })));
      await network.runtime.advance(20_000);
    },
  );

  test("refuses a socket that opens nothing", async () => {
    const network = new Network(() => {});
    const socket = (() => undefined) as never;
    await expect(connectWith(network, "ws://a", { socket })).rejects.toThrow(MisuseError);
    expect(network.runtime.timerCount).toBe(0);
  });

  test("says what the runtime calls the end of a proxy that broke off", async () => {
    const network = new Network(() => {}, "");
    const { dial } = network.dialer;
    const dialer = {
      async dial(): Promise<Dialed> {
        const dialed = await dial();
        const open: Dialed["open"] = (handler) => {
          const transport = dialed.open(handler) as ScriptedTransport;
          void settle().then(() => transport.breaks("ECONNRESET"));
          return transport;
        };
        return { ...dialed, open };
      },
    };
    const connecting = connectWith({ runtime: network.runtime, dialer }, "ws://a", via("p"));
    await expect(connecting).rejects.toMatchObject({
      code: "proxy-refused",
      message: "the proxy ended the connection (ECONNRESET), in place of an answer to CONNECT",
    });
  });

  test("shows no other host the name and the certificate that were meant for the first", async () => {
    const answer = "HTTP/1.1 302 Found\r\nLocation: //other/\r\nContent-Length: 0\r\n\r\n";
    const network = new Network(() => {}, answer);
    const tls = { ca: "ca", serverName: "name", cert: "cert", key: "key" };
    const connecting = connectWith(network, "wss://h", { redirects: 1, tls });
    await expect(connecting).rejects.toMatchObject({ code: "redirect-refused" });
    expect(network.secured).toEqual([tls, { ca: "ca", serverName: "other" }]);
  });

  for (const { what, headers, sent } of [
    { what: "as its userinfo says", headers: {}, sent: "Authorization: Basic YTpi" },
    {
      what: "as the headers say, where both do",
      headers: { authorization: "Bearer c" },
      sent: "authorization: Bearer c",
    },
  ]) {
    test(`tells the server once who is asking, ${what}`, async () => {
      const { peer } = connectingTo({ headers }, {}, "ws://a:b@site.example/");
      await peer.pump();
      const { headers: lines } = peer.eventsOfType("request")[0]!.request;
      const asking = lines.filter(([name]) => name.toLowerCase() === "authorization");
      expect(asking.map((line) => line.join(": "))).toEqual([sent]);
    });
  }

  test("tells of a dialer's failure by the runtime's code, and keeps the error as cause", async () => {
    const cause = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
    const dialer = { dial: () => Promise.reject(cause) };
    const connecting = connectWith({ runtime: new VirtualRuntime(), dialer }, "ws://127.0.0.1:9");
    await expect(connecting).rejects.toMatchObject({
      code: "unreachable",
      cause,
      message: "no connection to 127.0.0.1:9: ECONNREFUSED",
    });
  });
});
