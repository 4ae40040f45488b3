import { describe, expect, test, vi } from "vitest";
import type { ByteStreams, CloseEvent } from "../../src/index.ts";
import {
  bytesOf,
  ECHO,
  frame,
  header,
  once,
  RawPeer,
  record,
  scripted,
  serving,
  TEXT,
  tasks,
  thrownName,
  WebStage,
} from "./web-stage.ts";

const FAILED = ["error", "close 1006 unclean"];

describe("a WebSocket that connects", () => {
  test("is CONNECTING with nothing known, and OPEN with what was agreed on", async () => {
    const { WebSocket } = serving();
    const socket = new WebSocket("ws://site.example/", ["chat", "echo"]);
    expect([socket.readyState, socket.protocol, socket.extensions]).toEqual([0, "", ""]);
    expect([socket.binaryType, socket.bufferedAmount]).toEqual(["blob", 0]);
    const event = await once(socket, "open");
    expect(event.constructor).toBe(Event);
    expect([socket.readyState, socket.protocol, socket.extensions]).toEqual([1, "echo", ""]);
  });

  test("fires nothing before the constructor has returned, nor in the microtasks behind it", async () => {
    const { WebSocket } = serving();
    const words = record(new WebSocket("ws://site.example:22/"));
    for (let turn = 0; turn < 50; turn += 1) await null;
    expect(words).toEqual([]);
    await tasks();
    expect(words).toEqual(FAILED);
  });

  test("sends the userinfo of its URL as basic credentials", async () => {
    const { stage, peer } = scripted();
    new stage.WebSocket("ws://user:pass@site.example/");
    const request = await (await peer).request();
    expect(header(request, "authorization")).toBe(`Basic ${btoa("user:pass")}`);
  });

  // url.spec.whatwg.org leaves all of this as it is, and every browser sends it.
  for (const { url, line, host = "site.example", because } of [
    { url: "ws://site.example/100%", line: "/100%", because: "a bare percent sign in the path" },
    { url: "ws://site.example/?q=%", line: "/?q=%", because: "a bare percent sign in the query" },
    { url: "ws://site.example/%zz", line: "/%zz", because: "no hexadecimal digits" },
    { url: "ws://site.example?", line: "/", because: "an empty query (RFC 6455 §3)" },
    {
      url: "ws://site.example/ä?ä=ö",
      line: "/%C3%A4?%C3%A4=%C3%B6",
      because: "other than ASCII goes out as UTF-8",
    },
    { url: "ws://site.example/a|b?{c}", line: "/a|b?{c}", because: "RFC 3986 excludes these" },
    { url: "ws://a{b}c/", host: "a{b}c", line: "/", because: "braces in the host" },
    { url: "ws://a`b:81/", host: "a`b:81", line: "/", because: "a backtick in the host" },
    { url: 'ws://a"b/', host: 'a"b', line: "/", because: "a quotation mark in the host" },
    { url: "ws://a_b.$c~/", host: "a_b.$c~", line: "/", because: "what no name has" },
    { url: "ws://EX%41mple.site/", host: "example.site", line: "/", because: "the parser decodes" },
    { url: "ws://0x7f.1/", host: "127.0.0.1", line: "/", because: "the parser reads addresses" },
  ]) {
    test(`connects to ${url}: ${because}`, async () => {
      const { stage, peer } = scripted();
      const socket = new stage.WebSocket(url);
      const open = once(socket, "open");
      const request = await (await peer).accept();
      expect(request.split("\r\n")[0]).toBe(`GET ${line} HTTP/1.1`);
      expect(header(request, "host")).toBe(host);
      expect(`${stage.dialled.map((place) => "hostname" in place && place.hostname)}`).toBe(
        host.replace(":81", ""),
      );
      await open;
    });
  }

  for (const { url, credentials, because } of [
    { url: "ws://us%er:p@site.example/", credentials: "us%er:p", because: "no digits behind it" },
    { url: "ws://%zz:%@site.example/", credentials: "%zz:%", because: "nor here" },
    { url: "ws://%FF%:%C3%A4@site.example/", credentials: "\xff%:\xc3\xa4", because: "bytes" },
    { url: "ws://user@site.example/", credentials: "user:", because: "no password" },
    { url: "ws://:pass@site.example/", credentials: ":pass", because: "no user" },
  ]) {
    test(`decodes the userinfo of ${url} as far as it goes: ${because}`, async () => {
      const { stage, peer } = scripted();
      new stage.WebSocket(url);
      const request = await (await peer).request();
      expect(header(request, "authorization")).toBe(`Basic ${btoa(credentials)}`);
    });
  }

  test("sends the Origin of where the code runs, and none where nobody knows", async () => {
    const { stage, peer } = scripted();
    new stage.WebSocket("ws://site.example/");
    expect(header(await (await peer).request(), "origin")).toBe("");
    vi.stubGlobal("location", { href: "https://page.example/a", origin: "https://page.example" });
    try {
      const { stage, peer } = scripted();
      new stage.WebSocket("ws://site.example/");
      expect(header(await (await peer).request(), "origin")).toBe("https://page.example");
    } finally {
      vi.unstubAllGlobals();
    }
  });

  test("reaches its host and port, TLS or not", async () => {
    const stage = serving();
    for (const url of ["ws://site.example/", "wss://site.example/", "https://site.example:8443/"]) {
      await once(new stage.WebSocket(url), "open");
    }
    expect(stage.dialled).toEqual([
      { hostname: "site.example", port: 80 },
      { hostname: "site.example", port: 443 },
      { hostname: "site.example", port: 8443 },
    ]);
  });

  // RFC 6455 §4.1, number 2
  test("waits until the opening handshake before it to the same host is done", async () => {
    const accepted: ByteStreams[] = [];
    const stage = new WebStage((streams) => accepted.push(streams));
    const first = new stage.WebSocket("ws://site.example/1");
    const second = new stage.WebSocket("ws://site.example/2");
    const elsewhere = new stage.WebSocket("ws://other.example/3");
    const words = [first, second, elsewhere].map(record);
    await tasks();
    expect(stage.dialled).toEqual([
      { hostname: "site.example", port: 80 },
      { hostname: "other.example", port: 80 },
    ]);
    void new RawPeer(accepted[0]!).accept();
    await once(first, "open");
    await tasks();
    expect(stage.dialled).toHaveLength(3);
    void new RawPeer(accepted[2]!).accept();
    await once(second, "open");
    expect(words).toEqual([["open"], ["open"], []]);
  });

  test.each<[string, () => { options: object; giveUp(): void }]>([
    [
      "its signal is aborted",
      () => {
        const controller = new AbortController();
        return { options: { signal: controller.signal }, giveUp: () => controller.abort() };
      },
    ],
    [
      "timeouts.handshake, counted from the call on, has passed",
      () => ({ options: { timeouts: { handshake: 20 } }, giveUp: () => {} }),
    ],
  ])(
    "waits no longer once %s, and lets nobody past the one that it waited for",
    async (_when, how) => {
      const accepted: ByteStreams[] = [];
      const stage = new WebStage((streams) => accepted.push(streams));
      const hanging = new stage.WebSocket("ws://site.example/1");
      const { options, giveUp } = how();
      const given = new stage.WebSocket("ws://site.example/2", options);
      const words = record(given);
      // Before anything is awaited: on a busy machine the deadline may pass meanwhile.
      const closed = once(given, "close");
      const stream = new stage.WebSocketStream("ws://site.example/3", options);
      const opened = stream.opened.catch((error: Error) => error.name);
      stream.closed.catch(() => {});
      const behind = new stage.WebSocket("ws://site.example/4");
      await tasks();
      giveUp();
      await closed;
      expect(words).toEqual(FAILED);
      expect(await opened).not.toMatchObject({ extensions: "" });
      await tasks();
      expect(accepted).toHaveLength(1);
      hanging.close();
      await expect.poll(() => accepted.length).toBe(2);
      void new RawPeer(accepted[1]!).accept();
      await once(behind, "open");
    },
  );

  test("goes on after one before it that failed, or was closed while it waited", async () => {
    const accepted: ByteStreams[] = [];
    const stage = new WebStage((streams) => accepted.push(streams));
    const first = new stage.WebSocket("ws://site.example/1");
    const second = new stage.WebSocket("ws://site.example/2");
    const third = new stage.WebSocket("ws://site.example/3");
    const words = [first, second, third].map(record);
    second.close();
    await tasks();
    expect(words).toEqual([[], FAILED, []]);
    first.close();
    await tasks();
    expect(accepted).toHaveLength(2);
    void new RawPeer(accepted[1]!).accept();
    await once(third, "open");
    expect(words).toEqual([FAILED, FAILED, ["open"]]);
  });
});

describe("a WebSocket that cannot connect", () => {
  const blocked = [
    ...[0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95],
    ...[101, 102, 103, 104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179],
    ...[389, 427, 465, 512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601],
    ...[636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566],
    ...[6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080],
  ];
  test("does not even try the ports of other protocols", async () => {
    const stage = serving();
    const words = blocked.map((port) => record(new stage.WebSocket(`ws://site.example:${port}/`)));
    await tasks();
    expect(words).toEqual(blocked.map(() => FAILED));
    expect(stage.dialled).toEqual([]);
  });

  const failures: {
    what: string;
    protocols?: string[];
    act(peer: RawPeer): unknown;
  }[] = [
    { what: "the server ends the connection", act: (peer) => peer.end() },
    { what: "the connection breaks off", act: (peer) => peer.destroy() },
    {
      what: "the server answers 403",
      act: (peer) => peer.write(bytesOf("HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n")),
    },
    {
      what: "the server redirects",
      act: (peer) =>
        peer.write(bytesOf("HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n")),
    },
    {
      what: "what the server says is no HTTP",
      act: (peer) => peer.write(bytesOf("SSH-2.0\r\n\r\n")),
    },
    {
      what: "the server has chosen a subprotocol, and none was asked for",
      act: (peer) => peer.accept(["Sec-WebSocket-Protocol: chat"]),
    },
    {
      what: "the server has chosen a subprotocol that was not asked for",
      protocols: ["echo"],
      act: (peer) => peer.accept(["Sec-WebSocket-Protocol: chat"]),
    },
    {
      what: "the server has chosen the subprotocol in another case",
      protocols: ["echo"],
      act: (peer) => peer.accept(["Sec-WebSocket-Protocol: Echo"]),
    },
    {
      what: "the server has acknowledged no subprotocol, and one was asked for",
      protocols: ["echo"],
      act: (peer) => peer.accept(),
    },
    {
      what: "the server has chosen an extension that was not asked for",
      act: (peer) => peer.accept(["Sec-WebSocket-Extensions: permessage-deflate"]),
    },
  ];
  for (const { what, protocols, act } of failures) {
    test(`fires error and then close, once, when ${what}`, async () => {
      const { stage, peer } = scripted();
      const socket = new stage.WebSocket("ws://site.example/", protocols ?? []);
      const words = record(socket);
      const states: number[] = [];
      let error: Event | null = null;
      socket.onerror = (event) => {
        error = event;
        states.push(socket.readyState);
      };
      const closed = once<CloseEvent>(socket, "close");
      void act(await peer);
      const { code, reason, wasClean } = await closed;
      await tasks();
      expect(words).toEqual(FAILED);
      expect({ code, reason, wasClean }).toEqual({ code: 1006, reason: "", wasClean: false });
      expect(error!.constructor).toBe(Event); // not ErrorEvent
      expect(states).toEqual([3]);
    });
  }

  for (const [what, head] of [
    ["a 401", "HTTP/1.1 401 Unauthorized"],
    ["a redirect", "HTTP/1.1 302 Found\r\nLocation: /there"],
    ["a stream of events", "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream"],
  ]) {
    test(`fires them at the head of ${what} whose body does not end, since a page is shown no body`, async () => {
      const timeouts = { handshake: 0, refusalBody: 0 };
      const { stage, peer } = scripted();
      const socket = new stage.WebSocket("ws://site.example/", { timeouts });
      const words = record(socket);
      const closed = once(socket, "close");
      (await peer).write(bytesOf(`${head}\r\n\r\npart`));
      await closed;
      expect(words).toEqual(FAILED);
    });
  }

  test("fires them when nobody listens at that host", async () => {
    const stage = serving();
    vi.spyOn(stage.platform.dialer, "dial").mockRejectedValue(new Error("ECONNREFUSED"));
    const words = record(new stage.WebSocket("ws://site.example/"));
    await tasks();
    expect(words).toEqual(FAILED);
  });

  test("is not made with a controller in place of its signal", () => {
    const { WebSocket } = serving();
    const signal = new AbortController() as never;
    expect(() => new WebSocket("ws://site.example/", { signal })).toThrow(TypeError);
  });

  test("fires them when options.signal is aborted", async () => {
    const { stage } = scripted();
    const controller = new AbortController();
    const words = record(new stage.WebSocket("ws://site.example/", { signal: controller.signal }));
    await tasks();
    controller.abort();
    await tasks();
    expect(words).toEqual(FAILED);
  });
});

describe("close while CONNECTING", () => {
  test("makes it CLOSING at once, and fires error and close later", async () => {
    const { stage } = scripted();
    const socket = new stage.WebSocket("ws://site.example/");
    const words = record(socket);
    await tasks();
    socket.close();
    expect([socket.readyState, words]).toEqual([2, []]);
    for (let turn = 0; turn < 50; turn += 1) await null;
    expect([socket.readyState, words]).toEqual([2, []]);
    await tasks();
    expect([socket.readyState, words]).toEqual([3, FAILED]);
  });

  test("in the task of the constructor does the same", async () => {
    const stage = serving();
    const socket = new stage.WebSocket("ws://site.example/");
    const words = record(socket);
    socket.close(3000, "changed my mind");
    await tasks();
    expect([socket.readyState, words]).toEqual([3, FAILED]);
  });

  test("never lets open fire, even if the server's answer is on its way", async () => {
    const { stage, peer } = scripted();
    const socket = new stage.WebSocket("ws://site.example/");
    const words = record(socket);
    (await peer).answer(await (await peer).request(), [], frame(TEXT, "hello"));
    socket.close();
    await tasks();
    expect(words).toEqual(FAILED);
  });

  for (const { args, name } of [
    { args: [0], name: "InvalidAccessError" },
    { args: [500], name: "InvalidAccessError" },
    { args: [Number.NaN], name: "InvalidAccessError" },
    { args: ["string"], name: "InvalidAccessError" },
    { args: [null], name: "InvalidAccessError" },
    { args: [1001], name: "InvalidAccessError" },
    { args: [2999], name: "InvalidAccessError" },
    { args: [5000], name: "InvalidAccessError" },
    { args: [65_536 + 1000], name: "InvalidAccessError" }, // [Clamp]
    { args: [1000, "x".repeat(124)], name: "SyntaxError" },
    { args: [undefined, "ä".repeat(62)], name: "SyntaxError" },
  ]) {
    test(`refuses ${JSON.stringify(args).slice(0, 30)} with a DOMException "${name}", and stays CONNECTING`, () => {
      const { stage } = scripted();
      const socket = new stage.WebSocket("ws://site.example/");
      expect(thrownName(() => Reflect.apply(socket.close, socket, args))).toBe(name);
      expect(socket.readyState).toBe(0);
    });
  }

  test("send before it is open throws an InvalidStateError", () => {
    const socket = new (serving(ECHO).WebSocket)("ws://site.example/");
    expect(thrownName(() => socket.send("too early"))).toBe("InvalidStateError");
    // The argument is converted first.
    const shared = new Uint8Array(new SharedArrayBuffer(2));
    expect(() => socket.send(shared)).toThrow(TypeError);
    expect(socket.bufferedAmount).toBe(0);
  });
});
