import { MisuseError } from "@sansocket/core";
import { describe, expect, test, vi } from "vitest";
import type { StandardWebSocket } from "../../src/index.ts";
import { once, record, serving, tasks, thrownName } from "./web-stage.ts";

const { WebSocket } = serving();
const URL_GIVEN = "ws://site.example/";

describe("the WebSocket interface", () => {
  test("has a length of 1, its name, and EventTarget for a parent", () => {
    expect(WebSocket).toHaveLength(1);
    expect((WebSocket as unknown as { name: string }).name).toBe("WebSocket");
    expect(Object.getPrototypeOf(WebSocket)).toBe(EventTarget);
    expect(new WebSocket(URL_GIVEN)).toBeInstanceOf(EventTarget);
  });

  test("objects of it are called [object WebSocket], and have no properties of their own", () => {
    const socket = new WebSocket(URL_GIVEN);
    expect(Object.prototype.toString.call(socket)).toBe("[object WebSocket]");
    expect(Object.keys(socket)).toEqual([]);
  });

  for (const [name, value] of Object.entries({ CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 })) {
    test(`${name} is ${value} on class and prototype, enumerable and fixed`, () => {
      const fixed = { value, enumerable: true, writable: false, configurable: false };
      expect(Object.getOwnPropertyDescriptor(WebSocket, name)).toEqual(fixed);
      expect(Object.getOwnPropertyDescriptor(WebSocket.prototype, name)).toEqual(fixed);
      expect(Reflect.get(new WebSocket(URL_GIVEN), name)).toBe(value);
    });
  }

  for (const name of [
    ...["url", "readyState", "bufferedAmount", "extensions", "protocol", "binaryType"],
    ...["onopen", "onmessage", "onerror", "onclose"],
  ]) {
    test(`${name} is an enumerable accessor that refuses the prototype as its object`, () => {
      const accessor = Object.getOwnPropertyDescriptor(WebSocket.prototype, name)!;
      expect(accessor).toMatchObject({ enumerable: true, configurable: true });
      expect(() => Reflect.get(WebSocket.prototype, name)).toThrow(TypeError);
    });
  }

  for (const { name, length } of [
    { name: "send", length: 1 },
    { name: "close", length: 0 },
  ]) {
    test(`${name} is an enumerable method of length ${length} that refuses the prototype as its object`, () => {
      const method = Object.getOwnPropertyDescriptor(WebSocket.prototype, name)!;
      expect(method).toMatchObject({ enumerable: true, configurable: true, writable: true });
      expect(method.value).toHaveLength(length);
      expect(() => Reflect.apply(method.value, WebSocket.prototype, [""])).toThrow(TypeError);
    });
  }

  test("has none of the members that the standard has dropped", () => {
    expect("URL" in WebSocket.prototype).toBe(false);
  });
});

describe("the WebSocket constructor", () => {
  test("without an argument throws a TypeError", () => {
    expect(() => Reflect.construct(WebSocket as never, [])).toThrow(TypeError);
  });

  for (const { url, because } of [
    { url: "", because: "no URL" },
    { url: "/relative", because: "relative to nothing" },
    { url: "ws://foo bar.com/", because: "a space in the host" },
    { url: "ws://example.org:port/", because: "no port number" },
    { url: "ftp://example.org/", because: "another scheme" },
    { url: "about:blank", because: "another scheme" },
    { url: "ws://example.org/#test", because: "a fragment" },
    { url: "ws://example.org/#", because: "a fragment, if an empty one" },
  ]) {
    test(`throws a SyntaxError for ${JSON.stringify(url)}: ${because}`, () => {
      expect(thrownName(() => new WebSocket(url))).toBe("SyntaxError");
    });
  }

  for (const { url, href } of [
    { url: "ws://site.example", href: "ws://site.example/" },
    { url: "http://site.example:8080/a?b", href: "ws://site.example:8080/a?b" },
    { url: "HTTPS://site.example:443/", href: "wss://site.example/" },
    { url: "ws://user:pass@SITE.example/a b", href: "ws://user:pass@site.example/a%20b" },
  ]) {
    test(`makes ${href} of ${url}`, () => {
      expect(new WebSocket(url).url).toBe(href);
    });
  }

  test("reads a relative URL against where the code runs", () => {
    vi.stubGlobal("location", { href: "https://site.example/a/b", origin: "https://site.example" });
    try {
      expect(new WebSocket("c?d").url).toBe("wss://site.example/a/c?d");
      expect(thrownName(() => new WebSocket("#e"))).toBe("SyntaxError");
    } finally {
      vi.unstubAllGlobals();
    }
  });

  for (const { protocols, because } of [
    { protocols: "", because: "an empty string is no token" },
    { protocols: "a b", because: "a space is no token character" },
    { protocols: "a,b", because: "a comma is no token character" },
    { protocols: "ä", because: "only ASCII is" },
    { protocols: ["echo", ""], because: "one of them is empty" },
    { protocols: ["echo", "echo"], because: "given twice" },
    { protocols: ["echo", "eCho"], because: "given twice, but for the case" },
  ]) {
    test(`throws a SyntaxError for the subprotocols ${JSON.stringify(protocols)}: ${because}`, () => {
      expect(thrownName(() => new WebSocket(URL_GIVEN, protocols))).toBe("SyntaxError");
    });
  }

  test("takes null for the subprotocol of that name", async () => {
    const socket = new WebSocket(URL_GIVEN, null as unknown as string);
    const words = record(socket);
    await once(socket, "close");
    expect(words).toEqual(["error", "close 1006 unclean"]); // the server does not speak "null"
  });

  test("takes connect's options in place of subprotocols", async () => {
    let seen: string | null = "";
    const stage = serving({
      protocols: ["echo"],
      upgrade(request) {
        seen = request.headers.get("x-token");
        return request.accept();
      },
    });
    const options = { protocols: "echo", headers: { "X-Token": "abc" } };
    const socket = new stage.WebSocket(URL_GIVEN, options);
    await once(socket, "open");
    expect(seen).toBe("abc");
    expect(socket.protocol).toBe("echo");
  });

  for (const { url, protocols, error, because } of [
    { url: "ftp://a/", protocols: Symbol("p"), error: TypeError, because: "a symbol is no text" },
    { url: "ftp://a/", protocols: [Symbol("p")], error: TypeError, because: "nor is it in a list" },
    { url: "ftp://a/", protocols: { signal: 1 }, error: TypeError, because: "that is no signal" },
    { url: "ftp://a/", protocols: { protocols: 1 }, error: TypeError, because: "that is no list" },
    { url: "ftp://a/", protocols: "a b", error: DOMException, because: "both are judged" },
    { url: URL_GIVEN, protocols: { foo: 1 }, error: MisuseError, because: "nobody knows foo" },
    {
      url: URL_GIVEN,
      protocols: { header: {} },
      error: MisuseError,
      because: "the name is misspelt",
    },
    { url: URL_GIVEN, protocols: { redirects: -1 }, error: MisuseError, because: "below 0" },
    { url: URL_GIVEN, protocols: { limits: null }, error: MisuseError, because: "not an object" },
    {
      url: URL_GIVEN,
      protocols: { limits: { frames: 1 } },
      error: MisuseError,
      because: "there is no such limit",
    },
    {
      url: URL_GIVEN,
      protocols: { headers: { Host: "b" } },
      error: MisuseError,
      because: "that header is the engine's",
    },
    {
      url: URL_GIVEN,
      protocols: { extensions: [null] },
      error: MisuseError,
      because: "no extension",
    },
  ]) {
    const given = Reflect.ownKeys(Object(protocols)).map(String).join() || "text";
    test(`throws a ${error.name} for ${url} and ${typeof protocols} of ${given}: ${because}`, () => {
      const { WebSocket, dialled } = serving();
      expect(() => new WebSocket(url, protocols as never)).toThrow(error);
      expect(dialled).toEqual([]);
    });
  }

  test("takes options of its object's prototype, as connect does", async () => {
    const { WebSocket } = serving({ protocols: ["echo"] });
    const socket = new WebSocket(URL_GIVEN, Object.create({ protocols: ["echo"] }));
    await once(socket, "open");
    expect(socket.protocol).toBe("echo");
  });

  test("takes a function that cannot be looped over for its text, and one that can for a list", () => {
    expect(thrownName(() => new WebSocket(URL_GIVEN, (() => {}) as never))).toBe("SyntaxError");
    const list = Object.assign(() => {}, { [Symbol.iterator]: () => ["a", "A"].values() });
    expect(thrownName(() => new WebSocket(URL_GIVEN, list as never))).toBe("SyntaxError");
    const one = Object.assign(() => {}, { [Symbol.iterator]: () => ["a"].values() });
    expect(thrownName(() => new WebSocket(URL_GIVEN, one as never))).toBe("");
  });

  test("reads headers once, so that they may come from a generator", async () => {
    let seen: string | null = "";
    const { WebSocket } = serving({
      upgrade(request) {
        seen = request.headers.get("x-token");
        return request.accept();
      },
    });
    const headers = [["X-Token", "abc"] as const].values();
    await once(new WebSocket(URL_GIVEN, { headers }), "open");
    expect(seen).toBe("abc");
  });

  test("tells what the runtime cannot do to the programmer, on the console, besides the events", async () => {
    const stage = serving();
    const mistake = new MisuseError("no certificates of clients here");
    vi.spyOn(stage.platform.dialer, "dial").mockRejectedValue(mistake);
    const print = vi.spyOn(console, "error").mockImplementation(() => {});
    const socket = new stage.WebSocket(URL_GIVEN);
    const words = record(socket);
    await once(socket, "close");
    expect(words).toEqual(["error", "close 1006 unclean"]);
    expect(print.mock.calls).toEqual([[mistake]]);
    print.mockRestore();
  });
});

describe("event handler attributes", () => {
  test("begin as null, and everything but an object is null", () => {
    const socket = new WebSocket(URL_GIVEN);
    expect([socket.onopen, socket.onmessage, socket.onerror, socket.onclose]).toEqual(
      Array(4).fill(null),
    );
    socket.onopen = () => {};
    socket.onopen = 1 as never;
    expect(socket.onopen).toBeNull();
  });

  test("a handler that is replaced keeps its place among the listeners", () => {
    const socket = new WebSocket(URL_GIVEN);
    const calls: string[] = [];
    socket.onmessage = () => calls.push("first");
    socket.addEventListener("message", () => calls.push("listener"));
    socket.onmessage = () => calls.push("second");
    socket.dispatchEvent(new Event("message"));
    expect(calls).toEqual(["second", "listener"]);
  });

  test("a handler that was null in between comes last", () => {
    const socket = new WebSocket(URL_GIVEN);
    const calls: string[] = [];
    socket.onmessage = () => calls.push("first");
    socket.addEventListener("message", () => calls.push("listener"));
    socket.onmessage = null;
    socket.dispatchEvent(new Event("message"));
    expect(calls).toEqual(["listener"]);
    socket.onmessage = () => calls.push("second");
    socket.dispatchEvent(new Event("message"));
    expect(calls).toEqual(["listener", "listener", "second"]);
  });

  test("an object with handleEvent is kept, and not called", () => {
    const socket = new WebSocket(URL_GIVEN);
    const handler = { handleEvent: vi.fn() };
    socket.onopen = handler as never;
    expect(socket.onopen).toBe(handler);
    socket.dispatchEvent(new Event("open"));
    expect(handler.handleEvent).not.toHaveBeenCalled();
    socket.addEventListener("open", handler);
    socket.dispatchEvent(new Event("open"));
    expect(handler.handleEvent).toHaveBeenCalledTimes(1);
  });

  for (const { answer, cancelable, isCancelled } of [
    { answer: false, cancelable: true, isCancelled: true },
    { answer: false, cancelable: false, isCancelled: false },
    { answer: 0, cancelable: true, isCancelled: false },
    { answer: undefined, cancelable: true, isCancelled: false },
  ]) {
    const event = `an event that is ${cancelable ? "" : "not "}cancelable`;
    test(`a handler that returns ${answer} ${isCancelled ? "cancels" : "does not cancel"} ${event}`, () => {
      const socket = new WebSocket(URL_GIVEN);
      socket.onmessage = () => answer;
      expect(socket.dispatchEvent(new Event("message", { cancelable }))).toBe(!isCancelled);
    });
  }

  test("handlers are called with the object as this and target, in the phase at the target", async () => {
    const socket = new WebSocket(URL_GIVEN);
    const seen: unknown[] = [];
    await new Promise<void>((resolve) => {
      socket.onopen = function (this: StandardWebSocket, event) {
        seen.push(this, event.target, event.currentTarget, event.eventPhase);
        resolve();
      };
    });
    expect(seen).toEqual([socket, socket, socket, 2]);
    await tasks(1);
  });
});
