/** Settings: options that were checked once, and are shared by any number of endpoints. */
import { describe, expect, test } from "vitest";
import {
  clientEndpoint,
  clientSettings,
  connectionSettings,
  DEFAULT_CLIENT_LIMITS,
  DEFAULT_LIMITS,
  MisuseError,
  openEndpoint,
  Step,
  serverEndpoint,
  serverSettings,
  watchFrames,
} from "../../src/index.ts";
import { quietHost } from "../turn.ts";

const host = quietHost();
const url = "ws://a/chat";

describe("settings", () => {
  test("of a server, a client and a connection come back from their function as they are", () => {
    const server = serverSettings({ host });
    const client = clientSettings({ host, url });
    const connection = connectionSettings({ host });
    expect(serverSettings(server)).toBe(server);
    expect(clientSettings(client)).toBe(client);
    for (const settings of [connection, server, client]) {
      expect(connectionSettings(settings)).toBe(settings);
    }
    expect([server.kind, client.kind, connection.kind]).toEqual(["server", "client", "connection"]);
  });

  test("of a role have its limits by default", () => {
    expect(serverSettings({ host }).limits).toEqual(DEFAULT_LIMITS);
    expect(clientSettings({ host, url }).limits).toEqual(DEFAULT_CLIENT_LIMITS);
  });

  test("of a client serve two connections, each with a key of its own", () => {
    let drawn = 0;
    const settings = clientSettings({
      host: {
        random: (into) => {
          drawn += 1;
          into.fill(drawn);
        },
      },
      url,
    });
    const heads = [1, 2].map(() => {
      const endpoint = clientEndpoint(settings, 0);
      const [chunk] = endpoint.transmit(0)!.chunks;
      return String.fromCharCode(...chunk!);
    });
    expect(heads[0]).toMatch(/^GET \/chat HTTP\/1\.1\r\nHost: a\r\n/);
    expect(heads[0]).not.toBe(heads[1]);
    const withoutKey = (head: string) => head.replace(/Sec-WebSocket-Key: .*/, "");
    expect(withoutKey(heads[0]!)).toBe(withoutKey(heads[1]!));
  });

  test("of any connection, spread beside what a role adds, keep what they say", () => {
    const settings = connectionSettings({
      host,
      limits: { message: 5 },
      frames: watchFrames(3),
    });
    const client = clientSettings({ ...settings, url });
    expect(client).toMatchObject({
      kind: "client",
      limits: { message: 5 },
      frames: { payloadPrefix: 3 },
    });
    const server = serverSettings({ ...settings, allowedHosts: ["a"] });
    expect(server).toMatchObject({
      kind: "server",
      limits: { message: 5 },
      frames: { payloadPrefix: 3 },
    });
  });

  test("of one role are a mistake where the other's are asked for", () => {
    const server = serverSettings({ host });
    const client = clientSettings({ host, url });
    expect(() => serverEndpoint(client as never, 0)).toThrow(MisuseError);
    expect(() => serverEndpoint(client as never, 0)).toThrow(/settings of a client/);
    expect(() => clientEndpoint(server as never, 0)).toThrow(/settings of a server/);
  });

  test("of either role open a connection behind a foreign handshake", () => {
    for (const settings of [serverSettings({ host }), clientSettings({ host, url })]) {
      expect(openEndpoint("server", {}, settings, 0).next()).toBe(Step.Open);
    }
  });

  test("are told by a member of their own, not by what all objects inherit", () => {
    const prototype = Object.prototype as unknown as Record<string, unknown>;
    prototype["kind"] = "server";
    try {
      expect(() => serverEndpoint({} as never, 0)).toThrow(/host/);
    } finally {
      delete prototype["kind"];
    }
  });

  for (const { what, options } of [
    { what: "a URL of another scheme", options: { url: "ftp://a" } },
    { what: "a header of the handshake itself", options: { url, headers: [["Host", "b"]] } },
    { what: "a subprotocol twice", options: { url, protocols: ["a", "a"] } },
  ]) {
    test(`of a client with ${what} are refused before there is a connection`, () => {
      expect(() => clientSettings({ host, ...options } as never)).toThrow(MisuseError);
    });
  }
});
