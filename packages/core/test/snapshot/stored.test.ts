/** The promise about versions (docs/hand-off.md): snapshots of every version that this release reads, as they were written. */
import { expect, test } from "vitest";
import { Step } from "../../src/index.ts";
import { restoreEndpoint, snapshotEndpoint } from "../../src/snapshot/snapshot.ts";
import { quietHost } from "../turn.ts";
import { masked } from "../wire.ts";

/** A server that spoke "chat": it pinged with 01 02, sent "grüß dich", got "half of it" and the first bytes of "größer". */
const VERSION_1 =
  "53534e500100000463686174000300000000320000010100000d0201010d68616c66206f662069746772c3018005bdeee88f0200001189" +
  "020102810b6772c3bcc39f2064696368000001e707018f030000000001010102010200010101d7040001000000000000c4e40396";

function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g)!, (byte) => Number.parseInt(byte, 16));
}

test("version 1 is read, and written as it was", () => {
  const stored = fromHex(VERSION_1);
  const options = { host: quietHost() };
  const endpoint = restoreEndpoint(stored, options, 1_500);
  expect(snapshotEndpoint(endpoint, 1_500)).toEqual(stored);
  expect(endpoint.role).toBe("server");
  expect(endpoint.protocol).toBe("chat");
  expect(endpoint.unsent).toBe(17);
  // The last byte was received 200 ms before the snapshot, and 30 s of silence bring a ping; one is on its way already.
  expect(endpoint.deadline).toBe(121_300);
  endpoint.receive(masked(0x0, "größer").subarray(9), 1_500);
  expect(endpoint.next()).toBe(Step.Text);
  expect(endpoint.text).toBe("half of itgrößer");
  endpoint.receive(masked(0xa, [1, 2]), 1_500);
  expect(endpoint.next()).toBe(Step.Pong);
  expect(endpoint.pongOf).toBe(1);
});
