import { expect, test } from "vitest";
import { openEndpoint, Step, serverEndpoint } from "../../src/index.ts";

const host = { random: (into: Uint8Array) => void into.fill(7) };
/** "hi" masked with the key 0: eight bytes, fewer than a long header has. */
const TEXT_HI = [0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69];
const REQUEST = new TextEncoder().encode(
  "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
);

test("a whole frame shorter than a header survives setAside before it is pulled", () => {
  const endpoint = openEndpoint("server", {}, { host }, 0);
  endpoint.receive(new Uint8Array(TEXT_HI), 0);
  endpoint.setAside();
  expect([endpoint.next(), endpoint.next()]).toEqual([Step.Open, Step.Text]);
  expect(endpoint.text).toBe("hi");
});

test("a frame in the packet of the request is delivered after a decision that came later", () => {
  const endpoint = serverEndpoint({ host }, 0);
  const packet = new Uint8Array([...REQUEST, ...TEXT_HI]);
  endpoint.receive(packet, 0);
  expect([endpoint.next(), endpoint.next()]).toEqual([Step.Request, Step.Idle]);
  packet.fill(0);
  expect(endpoint.unread).toBe(TEXT_HI.length);
  expect(endpoint.accept({}, 5)).toBe(true);
  expect([endpoint.next(), endpoint.next()]).toEqual([Step.Open, Step.Text]);
  expect(endpoint.text).toBe("hi");
});
