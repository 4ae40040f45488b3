/** permessage-deflate under attack: bombs, and what compression costs connections that say nothing. */
import { constants, deflateRawSync } from "node:zlib";
import { compressed, frameOf } from "@sansocket/workshop/client-bytes";
import { RawClient } from "@sansocket/workshop/raw-client";
import { Opcode } from "@sansocket/workshop/server-frames";
import { describe, expect, test } from "vitest";
import { type EchoServer, RUNTIMES, startServer } from "../server-process.ts";

const MIB = 1_048_576;
/** Of `limits.message`, by default. */
const LIMIT = 16 * MIB;
/** What an inflater may put out beyond the limit: what DEFLATE makes of one byte at most. */
const CHUNK = 1_032;

/** RFC 7692 §7.2.1: without the last four bytes. */
function deflated(bytes: Uint8Array): Buffer {
  return deflateRawSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
}

/** 64 MiB of zeros in 65 KB. */
const BOMB = deflated(Buffer.alloc(64 * MIB));

function inFragments(message: Buffer, size: number): Buffer {
  const frames: Uint8Array[] = [];
  for (let at = 0; at < message.length; at += size) {
    const part = message.subarray(at, at + size);
    const isLast = at + size >= message.length;
    frames.push(
      at === 0
        ? compressed(Opcode.Binary, part, isLast)
        : frameOf(Opcode.Continuation, part, isLast),
    );
  }
  return Buffer.concat(frames);
}

const TAKEOVER = "permessage-deflate";
const NO_TAKEOVER = "permessage-deflate; client_no_context_takeover; server_no_context_takeover";

const BOMBS = [
  { what: "64 MiB whole, with takeover", bytes: inFragments(BOMB, BOMB.length), offer: TAKEOVER },
  {
    what: "64 MiB whole, without takeover",
    bytes: inFragments(BOMB, BOMB.length),
    offer: NO_TAKEOVER,
  },
  {
    what: "64 MiB in fragments of 100 bytes, with takeover",
    bytes: inFragments(BOMB, 100),
    offer: TAKEOVER,
  },
  {
    what: "64 MiB in fragments of 7 bytes, without takeover",
    bytes: inFragments(BOMB, 7),
    offer: NO_TAKEOVER,
  },
];

describe.each(RUNTIMES)("compression on %s", (runtime) => {
  test.for(BOMBS)(
    "14: a bomb of $what is refused with 1009, and others are served meanwhile",
    async ({ what, bytes, offer }, context) => {
      const server = await startServer(context, runtime, {
        deflateOptions: { contextTakeover: true },
      });
      const other = await RawClient.open(server.port);
      const before = await server.stats();
      const client = await RawClient.open(server.port, offer);
      void client.write(bytes);
      await other.echo("still served");
      expect(await client.closeCode()).toBe(1009);
      await other.echo("and behind it");
      await client.gone();
      expect(client.error).toBeNull();
      const { inflated, cpuMicroseconds } = await server.stats();
      expect(inflated - before.inflated).toBeLessThanOrEqual(LIMIT + CHUNK);
      expect(inflated - before.inflated).toBeGreaterThanOrEqual(LIMIT);
      await other.leave();
      await server.idle();
      const seconds = (cpuMicroseconds - before.cpuMicroseconds) / 1e6;
      // 16 MiB are retained, in a buffer that doubles: the old one and the new one at once.
      expect(
        await server.outlived("14", `${what}: 1009, ${seconds.toFixed(2)} s CPU`),
      ).toBeLessThan(48 + 64);
    },
  );

  test("14: 1 GB behind the limit is not inflated: the connection is over", async (context) => {
    const server = await startServer(context, runtime, { deflateOptions: {} });
    const client = await RawClient.open(server.port, TAKEOVER);
    // Sixteen bombs in one message: each begins where the window of the one before ends.
    const bomb = Buffer.concat([BOMB, Buffer.of(0x00, 0x00, 0xff, 0xff)]);
    void client.write(inFragments(Buffer.concat(Array(16).fill(bomb)), 65_536));
    expect(await client.closeCode()).toBe(1009);
    await client.gone();
    await server.idle();
    const { inflated } = await server.stats();
    expect(inflated - server.before.inflated).toBeLessThanOrEqual(LIMIT + CHUNK);
    expect(await server.outlived("14", "1 GB: 1009")).toBeLessThan(48 + 64);
  });

  test("14: a bomb that stays below the limit is echoed", async (context) => {
    const server = await startServer(context, runtime, {
      deflateOptions: {},
      limits: { message: 64 * MIB },
    });
    const client = await RawClient.open(server.port, TAKEOVER);
    await client.write(inFragments(BOMB, BOMB.length));
    await client.until("echo", () => client.frames.length > 0);
    expect(client.frames[0]!.payload.length).toBeLessThan(MIB); // compressed again
    await client.leave();
    await server.idle();
    // Its 64 MiB in a buffer that doubles, and the copy that the hook gets.
    expect(await server.outlived("14", "64 MiB below the limit: echoed")).toBeLessThan(400);
  });

  const idle = [
    // Notes of November 2026: ws 236 KB resident, websocket-driver 239. An inflater has 50 to 65 KiB, a deflater 220 to 290.
    { what: "by default", given: {}, offer: TAKEOVER, most: 110 },
    {
      what: "with takeover both ways",
      given: { contextTakeover: true },
      offer: TAKEOVER,
      most: 450,
    },
    // 10 to 30 KB without any context, and 50 to 65 more if an inflater stayed. Deno collects late: 46 was seen there.
    {
      what: "without takeover",
      given: { contextTakeover: false },
      offer: TAKEOVER,
      most: runtime === "deno" ? 70 : 40,
    },
  ];
  test.for(idle)(
    "15: 500 connections that have compressed once hold their contexts and no more, $what",
    async ({ what, given, offer, most }, context) => {
      const server = await startServer(context, runtime, {
        deflateOptions: given,
        timeouts: { idle: 0, ping: 0 },
      });
      const first = await openIdle(server, 100, offer);
      const before = (await server.stats()).rss;
      const clients = await openIdle(server, 500, offer);
      const each = ((await server.stats()).rss - before) / 1e3 / clients.length;
      await Promise.all([...first, ...clients].map((client) => client.leave()));
      await server.idle();
      await server.outlived("15", `with compression ${what}: ${each.toFixed(1)} KB resident each`);
      expect(each).toBeLessThan(most);
    },
  );

  test("six rounds of 500 connections with takeover leave the memory flat", async (context) => {
    const server = await startServer(context, runtime, {
      deflateOptions: { contextTakeover: true },
      timeouts: { idle: 0, ping: 0 },
    });
    const rounds: number[] = [];
    for (let round = 0; round < 6; round += 1) {
      const clients = await openIdle(server, 500, TAKEOVER);
      await Promise.all(clients.map((client) => client.leave()));
      await server.idle();
      rounds.push((await server.stats()).rss / 1e6);
    }
    const shown = rounds.map((rss) => rss.toFixed(0)).join(", ");
    await server.outlived("15", `six rounds of 500 with takeover, resident MB: ${shown}`);
    // A round has 500 pairs of contexts, some 135 MB: four that were never given back would be 540.
    expect(rounds[5]! - rounds[1]!).toBeLessThan(100);
  }, 180_000);
});

/** "Hello" (RFC 7692 §7.2.3.1), compressed. */
const HELLO = Buffer.of(0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00);

/** Each has sent a compressed message and received it: an inflater is there, and a deflater where one is kept. */
async function openIdle(server: EchoServer, count: number, offer: string): Promise<RawClient[]> {
  const clients: RawClient[] = [];
  while (clients.length < count) {
    const wave = await Promise.all(
      Array.from({ length: 50 }, () => RawClient.open(server.port, offer)),
    );
    await Promise.all(
      wave.map(async (client) => {
        await client.write(compressed(Opcode.Text, HELLO));
        await client.until("echo", () => client.frames.length > 0);
      }),
    );
    clients.push(...wave);
  }
  return clients;
}
