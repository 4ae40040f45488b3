/** Opening handshakes that are slow, endless, too large, never finished, or come with a message in the same packet. */

import { selfSigned } from "@sansocket/workshop/certificate";
import { text } from "@sansocket/workshop/client-bytes";
import { RawClient, REQUEST } from "@sansocket/workshop/raw-client";
import { describe, expect, test } from "vitest";
import { DENO_TLS_CLOSE, RUNTIMES, startServer } from "../server-process.ts";

const TRICKLE = 100; // ms between two bytes
const SHORT = { timeouts: { handshake: 2_000, close: 1_000 } };

function withHeaders(headers: string): Buffer {
  const end = REQUEST.length - 2;
  return Buffer.concat([REQUEST.subarray(0, end), Buffer.from(`${headers}\r\n`)]);
}

const HEADS = [
  {
    what: "one line of 1 MB",
    head: () => withHeaders(`X: ${"x".repeat(1_000_000)}\r\n`),
    status: / 431 /,
  },
  { what: "5,000 lines", head: () => withHeaders("X: y\r\n".repeat(5_000)), status: / 431 / },
  {
    what: "64 MB and no end",
    head: () => withHeaders(`X: ${"x".repeat(64_000_000)}`),
    status: / 431 /,
  },
  {
    what: "a target of 1 MB",
    head: () => Buffer.from(`GET /${"x".repeat(1_000_000)}`),
    status: / 4(14|31) /,
  },
];

describe.each(RUNTIMES)("the opening handshake with %s", (runtime) => {
  test("01: a request that comes byte by byte is cut off at the deadline", async (context) => {
    const server = await startServer(context, runtime, SHORT);
    const client = await RawClient.connect(server.port);
    let sent = 0;
    // All of it would take 17 s: every byte would renew a timeout that counts silence.
    while (sent < REQUEST.length && !client.hasEnded && !client.isClosed) {
      await client.write(REQUEST.subarray(sent, sent + 1));
      sent += 1;
      await new Promise((resolve) => setTimeout(resolve, TRICKLE));
    }
    expect(sent).toBeGreaterThan(5); // not cut off for the first byte
    expect(sent).toBeLessThan(REQUEST.length / 2);
    expect(client.head).toMatch(/^HTTP\/1\.1 408 /);
    await client.gone();
    await server.idle();
    const growth = await server.outlived("01", `408 after ${sent} of ${REQUEST.length} bytes`);
    expect(growth).toBeLessThan(32);
  });

  test.for(HEADS)("02: a head with $what is refused", async ({ what, head, status }, context) => {
    const server = await startServer(context, runtime);
    const client = await RawClient.connect(server.port);
    const bytes = head();
    for (let at = 0; at < bytes.length && client.head === "" && !client.isClosed; at += 65_536) {
      await client.write(bytes.subarray(at, at + 65_536));
    }
    await client.until("answer", () => client.head !== "");
    expect(client.head).toMatch(status);
    await client.gone();
    expect(client.error).toBeNull(); // the answer came, and no reset
    await server.idle();
    const growth = await server.outlived("02", `${what}: ${client.head.slice(9, 12)}`);
    expect(growth).toBeLessThan(32);
  });

  test("03: 2,000 half-open handshakes are dropped at the deadline", async (context) => {
    const server = await startServer(context, runtime, SHORT);
    const half = REQUEST.subarray(0, 60);
    const clients: RawClient[] = [];
    for (let count = 0; count < 2_000; count += 100) {
      const wave = Array.from({ length: 100 }, () => RawClient.connect(server.port));
      for (const client of await Promise.all(wave)) {
        void client.write(half);
        clients.push(client);
      }
    }
    const newcomer = await RawClient.open(server.port);
    await newcomer.echo("still served");
    const { rss } = await server.stats();
    // 20 KB each on Deno, less elsewhere; the rest is what a runtime takes when it wakes up.
    expect((rss - server.before.rss) / 1e6).toBeLessThan(2_000 * 0.02 + 32);
    // They never end their side: it is the server that lets go.
    const isGone = ({ hasEnded, isClosed }: RawClient): boolean => hasEnded || isClosed;
    await Promise.all(clients.map((client) => client.until("cut", () => isGone(client))));
    await newcomer.echo("still served");
    await newcomer.leave();
    await server.idle();
    for (const client of clients) client.socket.destroy();
    const growth = await server.outlived("03", "2,000 of 2,000 dropped, descriptors back");
    // All answers are on their way at once, and each may hold one output memory of the engine.
    expect(growth).toBeLessThan(2_000 * 0.066 + 48);
  });

  test("03: 200 TLS handshakes that never begin are dropped at the deadline", async (context) => {
    if (runtime === "deno") context.skip(DENO_TLS_CLOSE);
    const server = await startServer(context, runtime, { ...SHORT, tls: await selfSigned() });
    const open = (): Promise<RawClient> => RawClient.connect(server.port);
    const clients = await Promise.all(Array.from({ length: 200 }, open));
    const { client: newcomer } = await RawClient.openTls(server.port);
    await newcomer.echo("still served");
    const isGone = ({ hasEnded, isClosed }: RawClient): boolean => hasEnded || isClosed;
    await Promise.all(clients.map((client) => client.until("cut", () => isGone(client))));
    await newcomer.leave();
    await server.idle();
    for (const client of clients) client.socket.destroy();
    const growth = await server.outlived("03", "TLS, 200 of 200 dropped, descriptors back");
    expect(growth).toBeLessThan(200 * 0.1 + 48);
  });

  test("17: a message in the packet of the handshake comes back, at every cut", async (context) => {
    const server = await startServer(context, runtime);
    const all = Buffer.concat([REQUEST, text("early")]);
    let echoes = 0;
    const cut = async (at: number): Promise<void> => {
      const client = await RawClient.connect(server.port);
      await client.write(all.subarray(0, at));
      // The two parts shall be two reads of the server: it has answered others meanwhile.
      if (at > 0) await new Promise((resolve) => setTimeout(resolve, 20));
      await client.write(all.subarray(at));
      await client.until("echo", () => client.frames.length > 0);
      expect(client.frames[0]!.payload.toString()).toBe("early");
      echoes += 1;
      await client.leave();
    };
    const cuts = Array.from({ length: all.length }, (_, at) => at);
    for (let first = 0; first < cuts.length; first += 30) {
      await Promise.all(cuts.slice(first, first + 30).map(cut));
    }
    expect(echoes).toBe(all.length);
    await server.idle();
    expect(await server.outlived("17", `${echoes} of ${all.length} cuts`)).toBeLessThan(48);
  });
});
