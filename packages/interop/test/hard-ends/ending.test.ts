/** Peers that do not finish: no Close, no FIN, a FIN too early, a RST in the middle, TLS without its last word. */
import { describe, expect, test } from "vitest";
import { selfSigned } from "../certificate.ts";
import { close, codeOf, frame, header, RawClient, text } from "../raw-client.ts";
import { Opcode } from "../server-frames.ts";
import { RUNTIMES, startServer } from "../server-process.ts";

describe.each(RUNTIMES)("endings of %s", (runtime) => {
  const silences = [
    { what: "the peer's Close", behaviour: "echo", octets: close(1000), code: 1000 },
    { what: "a violation", behaviour: "echo", octets: frame(0x3, ""), code: 1002 },
    { what: "its own close()", behaviour: "close", octets: text("close"), code: 1000 },
  ] as const;
  test.for(silences)("10: who never answers is let go: $what", async (row, context) => {
    const { what, behaviour, octets, code } = row;
    const server = await startServer(context, runtime, { behaviour, timeouts: { close: 500 } });
    const clients = await Promise.all(
      Array.from({ length: 20 }, () => RawClient.open(server.port)),
    );
    for (const client of clients) {
      void client.write(octets);
      expect(await client.closeCode()).toBe(code);
    }
    // They send nothing more, and no FIN either.
    const { descriptors } = await server.idle();
    expect(descriptors).toBe(server.before.descriptors);
    for (const client of clients) client.socket.destroy();
    expect(await server.outlived("10", `${what}: ${code}, descriptors back`)).toBeLessThan(32);
  });

  test("11: Close and FIN with 4 MB unread: all of it, the Close, FIN", async (context) => {
    const server = await startServer(context, runtime);
    const client = await RawClient.open(server.port);
    const payload = Buffer.alloc(65_536, "sansocket");
    const message = Buffer.concat([header(Opcode.Binary, payload.length), payload]);
    client.pause();
    for (let count = 0; count < 64; count += 1) void client.write(message);
    void client.write(close(1000));
    client.end();
    await new Promise((resolve) => setTimeout(resolve, 500));
    client.resume();
    await client.gone();
    expect(client.error).toBeNull();
    expect(client.hasEnded).toBe(true);
    const last = client.frames.pop()!;
    expect([last.opcode, codeOf(last)]).toEqual([Opcode.Close, 1000]);
    expect(client.frames).toHaveLength(64);
    expect(client.frames.every((received) => received.payload.equals(payload))).toBe(true);
    await server.idle();
    const outcome = `${client.frames.length} of 64, Close, FIN`;
    expect(await server.outlived("11", outcome)).toBeLessThan(48);
  });

  test("12: 2,000 resets in the middle of a frame leave nothing behind", async (context) => {
    const server = await startServer(context, runtime);
    const half = Buffer.concat([header(Opcode.Binary, 10_000), Buffer.alloc(5_000)]);
    for (let count = 0; count < 2_000; count += 100) {
      const wave = await Promise.all(
        Array.from({ length: 100 }, () => RawClient.open(server.port)),
      );
      await Promise.all(wave.map((client) => client.write(half)));
      for (const client of wave) client.reset();
    }
    const newcomer = await RawClient.open(server.port);
    await newcomer.echo("still served");
    await newcomer.leave();
    await server.idle();
    expect(await server.outlived("12", "survived, descriptors back")).toBeLessThan(96);
  });

  const cuts = [
    { what: "between messages", octets: text("before") },
    { what: "in a frame", octets: Buffer.concat([text("before"), header(Opcode.Binary, 1_000)]) },
  ];
  test.for(cuts)("TLS that ends without close_notify $what is an end", async (row, context) => {
    const tls = await selfSigned();
    const server = await startServer(context, runtime, { tls });
    const outcomes: (string | null)[] = [];
    for (let count = 0; count < 20; count += 1) {
      const { client, below } = await RawClient.openTls(server.port);
      await client.write(row.octets);
      await client.until("echo", () => client.frames.length > 0);
      below.end(); // the FIN of TCP, below TLS
      await client.until("end", () => client.hasEnded || client.isClosed);
      outcomes.push(client.error);
      client.socket.destroy();
    }
    expect(outcomes).toEqual(Array(20).fill(null));
    await server.idle();
    expect(await server.outlived("tls", `${row.what}: let go, descriptors back`)).toBeLessThan(64);
  });

  test("16: 10,000 connections leave no memory behind", async (context) => {
    const server = await startServer(context, runtime);
    const waves = async (count: number): Promise<void> => {
      for (let wave = 0; wave < count; wave += 1) {
        const clients = await Promise.all(
          Array.from({ length: 500 }, () => RawClient.open(server.port)),
        );
        await Promise.all(clients.map((client) => client.echo("hello")));
        await Promise.all(clients.map((client) => client.leave()));
      }
    };
    await waves(4);
    const start = await server.idle();
    await waves(16);
    const end = await server.idle();
    const perConnection = (octets: number): string => `${(octets / 8_000).toFixed(0)} B`;
    const heap = end.heapUsed - start.heapUsed;
    const rss = end.rss - start.rss;
    const outcome =
      `left of each after 2,000: heap ${perConnection(heap)}, RSS ${perConnection(rss)}, ` +
      `${(start.rss / 1e6).toFixed(0)} to ${(end.rss / 1e6).toFixed(0)} MB`;
    await server.outlived("16", outcome);
    // What is forgotten of a connection is hundreds of octets at least.
    expect(heap).toBeLessThan(8_000 * 100);
    // The allocators' own rise, which ends: Deno stays at 125 MB from 10,000 connections to 40,000.
    expect(rss).toBeLessThan(96e6);
  });
});
// 15 (memory of connections that deflate) comes with perMessageDeflate.
