/** Memory of large messages: what is kept after them, and when it goes back to the system. */
import { KEPT_LARGE_BYTES, keptLargeBytes, trimLargeMemory } from "@sansocket/core";
import { beforeEach, expect, test } from "vitest";
import { connected } from "../stage.ts";

const LARGEST = 16_777_216;

beforeEach(() => {
  while (trimLargeMemory() > 0);
});

test("what 20 connections keep after 100 messages of 16 MiB is within the bound, and nothing after 20 seconds", async () => {
  const all = await Promise.all(Array.from({ length: 20 }, () => connected({})));
  const message = new Uint8Array(LARGEST).fill(7);
  for (let count = 0; count < 100; count += 1) {
    const { socket, peer } = all[count % 20]!;
    socket.write(message);
    for (const chunk of peer.transport.written.splice(0)) peer.endpoint.receive(chunk, 0);
    while (peer.endpoint.next() !== 0);
  }
  expect(keptLargeBytes()).toBeGreaterThan(0);
  expect(keptLargeBytes()).toBeLessThanOrEqual(KEPT_LARGE_BYTES);
  for (const { runtime } of all) await runtime.advance(21_000);
  expect(keptLargeBytes()).toBe(0);
});

test("memory that is used again and again is not given back", async () => {
  const { socket, peer, runtime } = await connected({});
  for (let second = 0; second < 60; second += 1) {
    socket.write(new Uint8Array(1_048_576));
    peer.transport.written = [];
    await runtime.advance(1_000);
  }
  expect(keptLargeBytes()).toBeGreaterThan(1_048_576);
  expect(keptLargeBytes()).toBeLessThan(2 * 1_048_576);
});

test("nothing is kept once the last connection has ended", async () => {
  const { socket, peer } = await connected({});
  socket.write(new Uint8Array(1_048_576));
  expect(keptLargeBytes()).toBeGreaterThan(0);
  peer.transport.breaks("ECONNRESET");
  await socket.closed;
  expect(keptLargeBytes()).toBe(0);
});
