import { once } from "node:events";
import { type AddressInfo, connect } from "node:net";
import { expect, test } from "vitest";
import { serveBesideWs } from "../src/beside-ws.ts";
import { Visitor } from "./conversation.ts";

test("each path has its server, and other paths are refused", async () => {
  const { http, stop } = await serveBesideWs(0);
  const at = `ws://127.0.0.1:${(http.address() as AddressInfo).port}`;
  for (const [path, answer] of [
    ["/old?token=1", "old: hello"],
    ["/chat?token=1", "new: hello"],
  ] as const) {
    const visitor = await Visitor.open(at + path);
    visitor.say("hello");
    expect(await visitor.hear()).toBe(answer);
  }
  await expect(Visitor.open(`${at}/other`)).rejects.toThrow("404");
  const closed = once(http, "close");
  await stop();
  await closed;
});

test("an odd target of an upgrade gets an answer, and the server goes on", async () => {
  const { http, stop } = await serveBesideWs(0);
  const { port } = http.address() as AddressInfo;
  for (const target of ["//", "http://", "*", "/%"]) {
    const stranger = connect(port, "127.0.0.1");
    stranger.write(
      `GET ${target} HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
    );
    const [answer] = (await once(stranger, "data")) as [Buffer];
    expect(answer.toString("latin1")).toMatch(/^HTTP\/1.1 40[04] /);
    stranger.destroy();
  }
  await stop();
});
