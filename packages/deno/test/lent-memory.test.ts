/** The law of lent memory, put to every transport of this adapter. */
import { fromConn, fromStreams } from "@sansocket/deno";
import { lentMemoryFaults } from "@sansocket/testing/driver-laws";
import { certificate } from "@sansocket/workshop/certificate";
import { afterAll, describe, expect, test } from "vitest";
import { adapterEnds, type Way } from "../../driver/test/runtime/adapter-ends.ts";
import { dialer } from "../src/dialer.ts";
import { listen } from "../src/listen.ts";
import { runtime } from "../src/runtime.ts";

const folder = Deno.makeTempDirSync({ prefix: "sansocket-lent-" });

afterAll(() => Deno.removeSync(folder, { recursive: true }));

const LIMIT = 120_000;
const SEEDS = [1, 2, 3];

const WAYS: [string, Way][] = [
  ["TCP", {}],
  ["a unix socket", { isUnix: true }],
  ["TLS", { isTls: true }],
  ["TCP through a proxy", { proxy: "http" }],
  ["TLS through a proxy", { proxy: "http", isTls: true }],
  ["TCP through a proxy that speaks TLS", { proxy: "https" }],
];

describe.each(WAYS)("%s", (name, way) => {
  test.each(SEEDS)(
    "memory that was taken is not looked at any more, seed %i",
    async (seed) => {
      const places = { ...(await certificate()), path: `${folder}/${seed}${name.length}.sock` };
      const ends = await adapterEnds({ dialer, listen, runtime }, way, places);
      expect(await lentMemoryFaults(ends, runtime, seed)).toEqual([]);
    },
    LIMIT,
  );
});

/** Says that it has taken what it is given, and hands it on, as it is, when the other end asks for it. */
class MemoryConn {
  readonly remoteAddr = { transport: "unix" as const, path: "" };
  other: MemoryConn | null = null;
  private readonly list: Uint8Array[] = [];
  private wake: () => void = () => {};
  private isEnded = false;

  async write(chunk: Uint8Array): Promise<number> {
    await null;
    this.list.push(chunk);
    this.wake();
    return chunk.length;
  }

  async read(into: Uint8Array): Promise<number | null> {
    const { list } = this.other!;
    while (list.length === 0) {
      if (this.other!.isEnded) return null;
      await new Promise<void>((resolve) => {
        this.other!.wake = resolve;
      });
    }
    const chunk = list[0]!;
    const count = Math.min(chunk.length, into.length);
    into.set(chunk.subarray(0, count));
    if (count === chunk.length) list.shift();
    else list[0] = chunk.subarray(count);
    return count;
  }

  async closeWrite(): Promise<void> {
    await null;
    this.isEnded = true;
    this.wake();
  }

  close(): void {}
}

function memoryConns(): [Deno.Conn, Deno.Conn] {
  const [one, other] = [new MemoryConn(), new MemoryConn()];
  one.other = other;
  other.other = one;
  return [one, other] as unknown as [Deno.Conn, Deno.Conn];
}

async function kernelConns(): Promise<[Deno.Conn, Deno.Conn]> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { hostname, port } = listener.addr as Deno.NetAddr;
  const both = await Promise.all([Deno.connect({ hostname, port }), listener.accept()]);
  listener.close();
  return both;
}

describe.each([
  ["fromConn of Deno's own", kernelConns, fromConn],
  ["fromConn of what holds on to what it was given", memoryConns, fromConn],
  ["fromStreams of Deno's own", kernelConns, fromStreams],
])("%s", (_name, make, open) => {
  test.each(SEEDS)(
    "memory that was taken is not looked at any more, seed %i",
    async (seed) => {
      const [near, far] = await make();
      const ends = [Promise.resolve(open(near)), Promise.resolve(open(far))] as const;
      expect(await lentMemoryFaults({ ends }, runtime, seed)).toEqual([]);
    },
    LIMIT,
  );
});
