import { describe, expect, test, vi } from "vitest";
import { ConnectError, connectWith, type Dialed, MisuseError } from "../../src/index.ts";
import { connectingTo, QUIET, settle, VirtualRuntime } from "../stage.ts";

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

  test("waits for ever where timeouts.handshake is longer than timers run", async () => {
    const { runtime } = connectingTo({ timeouts: { handshake: 2 ** 31 } });
    expect(runtime.earliest).toBeGreaterThanOrEqual(2 ** 31 - 1);
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
    { what: "a user name that is no UTF-8", url: "ws://%ff@a/", options: {} },
    { what: "a fragment", url: "ws://a/#b", options: {} },
    { what: "an empty fragment", url: "ws://a/#", options: {} },
    { what: "a protocol that is no token", url: "ws://a", options: { protocols: ["a b"] } },
    { what: "a protocol twice", url: "ws://a", options: { protocols: ["a", "a"] } },
    { what: "a header with a line end", url: "ws://a", options: { headers: { A: "b\r\nC: d" } } },
    { what: "a header of the engine's", url: "ws://a", options: { headers: { Host: "b" } } },
    { what: "a user that cannot be decoded", url: "ws://%zz@a", options: {} },
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
  ]) {
    test(`rejects with a MisuseError for ${what}`, async () => {
      const dialed = {
        open: () => {
          throw new Error("opened");
        },
        startTls: vi.fn(),
        destroy() {},
      };
      const dialer = { dial: async () => dialed as unknown as Dialed };
      const platform = { runtime: new VirtualRuntime(), dialer };
      await expect(connectWith(platform, url, options as never)).rejects.toBeInstanceOf(
        MisuseError,
      );
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
