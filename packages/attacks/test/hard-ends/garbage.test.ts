/** Close codes that are none, and bytes that mean nothing. */

import { close as closeFrame, frameOf } from "@sansocket/workshop/client-bytes";
import { RawClient } from "@sansocket/workshop/raw-client";
import { Opcode } from "@sansocket/workshop/server-frames";
import { describe, expect, test } from "vitest";
import { RUNTIMES, startServer } from "../server-process.ts";

/** RFC 6455 §7.4 and the registry: what may be in a Close frame. */
function isLegal(code: number): boolean {
  return (
    (code >= 1000 && code <= 1003) ||
    (code >= 1007 && code <= 1014) ||
    (code >= 3000 && code <= 4999)
  );
}

/** Both sides of every edge, and all from 1000 to 1016. */
const CODES = [
  ...[0, 1, 999],
  ...Array.from({ length: 17 }, (_, index) => 1000 + index),
  ...[1100, 2000, 2999, 3000, 3999, 4000, 4999, 5000, 65_535],
];

const BODIES = [
  { why: "no code is legal", body: [], code: 1005 },
  { why: "half a code is none", body: [3], code: 1002 },
  { why: "the reason is no UTF-8", body: [3, 0xe8, 0xff], code: 1007 },
  { why: "the reason ends in a character", body: [3, 0xe8, 0xe2, 0x82], code: 1007 },
  { why: "125 bytes are the most", body: [3, 0xe8, ...Array(123).fill(0x61)], code: 1000 },
  { why: "126 are too many", body: [3, 0xe8, ...Array(124).fill(0x61)], code: 1002 },
];

/** Mulberry32: the same garbage every time. */
function randomBytes(seed: number, length: number): Uint8Array {
  let state = seed;
  return Uint8Array.from({ length }, () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) & 0xff;
  });
}

describe.each(RUNTIMES)("garbage for %s", (runtime) => {
  test("18: legal close codes are echoed, all others are 1002", async (context) => {
    const server = await startServer(context, runtime);
    const answers: [number, number][] = [];
    for (const code of CODES) {
      const client = await RawClient.open(server.port);
      void client.write(closeFrame(code));
      answers.push([code, await client.closeCode()]);
      await client.gone();
      expect(client.error).toBeNull();
    }
    expect(answers).toEqual(CODES.map((code) => [code, isLegal(code) ? code : 1002]));
    await server.idle();
    const legal = answers.filter(([sent, got]) => sent === got).map(([code]) => code);
    const outcome = `echoed of ${CODES.length}: ${legal.join(" ")}`;
    expect(await server.outlived("18", outcome)).toBeLessThan(32);
  });

  test.for(BODIES)("18: the answer to a Close: $why", async ({ why, body, code }, context) => {
    const server = await startServer(context, runtime);
    const client = await RawClient.open(server.port);
    void client.write(frameOf(Opcode.Close, Uint8Array.from(body)));
    expect(await client.closeCode()).toBe(code);
    await client.gone();
    expect(client.error).toBeNull();
    await server.idle();
    expect(await server.outlived("18", `${why}: ${code}`)).toBeLessThan(32);
  });

  test("19: 750 connections of garbage each get their answer", async (context) => {
    const server = await startServer(context, runtime);
    const outcomes: Map<string, number> = new Map();
    const attack = async (seed: number): Promise<void> => {
      const client = await RawClient.connect(server.port);
      const isBeforeHandshake = seed % 3 === 0;
      if (!isBeforeHandshake) await client.shakeHands();
      void client.write(randomBytes(seed, 2_000));
      let outcome: string;
      if (isBeforeHandshake) {
        await client.until("answer", () => client.head !== "");
        outcome = client.head.slice(0, 12);
      } else {
        outcome = String(await client.closeCode());
      }
      await client.gone();
      // An answer that a reset has overtaken would not have been read by everybody.
      expect(client.error).toBeNull();
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    };
    for (let first = 0; first < 750; first += 50) {
      await Promise.all(Array.from({ length: 50 }, (_, index) => attack(first + index)));
    }
    const lawful = ["1002", "1003", "1007", "1009", "HTTP/1.1 400"];
    expect([...outcomes.keys()].filter((outcome) => !lawful.includes(outcome))).toEqual([]);
    expect([...outcomes.values()].reduce((sum, count) => sum + count, 0)).toBe(750);
    await server.idle();
    const figures = [...outcomes].map(([outcome, count]) => `${count} x ${outcome}`);
    expect(await server.outlived("19", figures.join(", "))).toBeLessThan(64);
  });
});
