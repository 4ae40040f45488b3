/** What a server is made of, and how many it takes. */
import { describe, expect, test } from "vitest";
import { intakeOf, MisuseError, Server } from "../../src/index.ts";
import { Stage, VirtualRuntime } from "../stage.ts";

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

describe("a server", () => {
  for (const { address, secure, url } of [
    { address: { hostname: "::", port: 80 }, secure: false, url: "ws://127.0.0.1:80" },
    { address: { hostname: "0.0.0.0", port: 8080 }, secure: true, url: "wss://127.0.0.1:8080" },
    { address: { hostname: "::1", port: 9 }, secure: false, url: "ws://[::1]:9" },
    { address: { path: "/run/x" }, secure: false, url: "" },
  ]) {
    test(`that listens on ${JSON.stringify(address)} has the url ${JSON.stringify(url)}`, () => {
      const server = new Server({}, { runtime: new VirtualRuntime(), secure });
      intakeOf(server).listening({ address, close: async () => {} });
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
    { options: { perMessageDeflate: true }, because: "a server gets what deflate() returns" },
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
      expect(() => new Server(options as never, { runtime: new VirtualRuntime() })).toThrow(
        MisuseError,
      );
    });
  }

  for (const transport of [undefined, null, {}, { readable: {}, writable: {} }]) {
    test(`does not accept ${JSON.stringify(transport)}, which opens no transport`, () => {
      const server = new Server({}, { runtime: new VirtualRuntime() });
      expect(() => server.accept(transport as never)).toThrow(MisuseError);
      expect(() => server.accept(transport as never)).toThrow(/fromStreams/);
      expect(server.connections).toBe(0);
    });
  }

  for (const name of ["open", "message", "drain", "ping", "pong", "close"]) {
    test(`is a mistake with connection and ${name}, which would never be called`, () => {
      const options = { connection: async () => {}, [name]: () => {} };
      const make = () => new Server(options as never, { runtime: new VirtualRuntime() });
      expect(make).toThrow(MisuseError);
      expect(make).toThrow(`options.connection and options.${name} exclude each other`);
    });
  }
});
