/** A URL holds passwords and tokens, and errors are logged: no message repeats userinfo or query. */

import { encodeRequest, parseWebSocketUri } from "@sansocket/core";
import { describe, expect, test } from "vitest";
import { createAdapter } from "./adapter.ts";
import { connectingTo, VirtualRuntime } from "./stage.ts";

/** The whole of an error as a log shows it, its causes included. */
function logged(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return `${error.message} ${error.stack} ${JSON.stringify(error)} ${error.cause === undefined ? "" : logged(error.cause)}`;
}

function adapter(): ReturnType<typeof createAdapter> {
  const dialer = { dial: () => Promise.reject(new Error("no network here")) };
  const listener = { address: { hostname: "::", port: 80 }, close: async () => {} };
  return createAdapter({ runtime: new VirtualRuntime(), dialer, listen: () => listener });
}

const URLS = [
  "ws://user:hunter2@a b/",
  "ws://user:hunter2@host:99999/",
  "ws://user:hun/hunter2@host/",
  "ws://user:hunter2/x@host/",
  "ws://user:hunter2?@[::g]/",
  "user:hunter2@host/",
  "hunter2@host",
  "wss://host:port/?token=hunter2",
  "wss://ho st/?token=hunter2",
  "wss://ho st/p#hunter2",
  "wss://ho st/?a=b@hunter2",
  "//user:hunter2@host/",
  "ftp://user:hunter2@host/?hunter2",
  "ws://user:hunter2@host/?token=hunter2#hunter2",
  "ws://user:hunter2@host:0/",
  "ws://hunter2@/",
];

describe("the message of an error does not repeat the password or token in", () => {
  for (const url of URLS) {
    test(`the URL ${url}`, async () => {
      const { connect, WebSocket, WebSocketStream } = adapter();
      const errors: unknown[] = [await connect(url).catch((error: unknown) => error)];
      for (const attempt of [
        () => new WebSocket(url),
        () => void new WebSocketStream(url).opened.catch((error) => errors.push(error)),
        () => parseWebSocketUri(url),
      ]) {
        try {
          attempt();
        } catch (error) {
          errors.push(error);
        }
      }
      expect(errors.length).toBeGreaterThan(1);
      for (const error of errors) expect(logged(error)).not.toContain("hunter2");
    });

    test(`the proxy ${url}`, async () => {
      const proxy = url.replace(/^wss?:/, "http:");
      const { connect } = adapter();
      for (const option of [proxy, { url: proxy }]) {
        const error = await connect("ws://host/", { proxy: option }).catch((caught) => caught);
        expect(logged(error)).not.toContain("hunter2");
      }
    });

    test(`the redirect to ${url}`, async () => {
      const { connecting, peer, runtime } = connectingTo({});
      await peer.pump();
      peer.endpoint.reject(302, { headers: [["Location", url]] }, runtime.now());
      await peer.pump();
      const error = await connecting.catch((caught: unknown) => caught);
      expect((error as Error).message).not.toContain("hunter2");
    });
  }

  test("the resource of a request", () => {
    const request = {
      hostHeader: "a",
      resource: "/x?token=hunter2 y",
      key: "dGhlIHNhbXBsZSBub25jZQ==",
      protocols: [],
      offers: null,
      headers: [],
    };
    expect(() => encodeRequest(request)).toThrow(/resource/);
    expect(() => encodeRequest(request)).not.toThrow(/hunter2/);
  });
});
