/**
 * A frame leaves when it is written. With Nagle's algorithm, which is on by default (RFC 9293 §3.7.4), a second small write
 * waits until the peer has acknowledged the first, and a peer that delays its acknowledgements holds it for 40 ms.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { certificate } from "@sansocket/workshop/certificate";
import { RUNTIMES, type RuntimeName } from "@sansocket/workshop/runtimes";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Program } from "./program.ts";

const PLAIN = "closed and shut down";
const TLS = "closed and shut down, with TLS";

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sansocket-no-delay-"));
});

afterAll(() => rmSync(folder, { recursive: true }));

/** Null when strace can trace here; else the reason why it cannot. */
function whyNoStrace(): string | null {
  const run = spawnSync("strace", ["-o", "/dev/null", "true"], { encoding: "utf8" });
  if (run.error !== undefined) return `strace cannot be started: ${run.error.message}`;
  return run.status === 0 ? null : `strace may not trace here: ${run.stderr.trim()}`;
}

const missing = whyNoStrace();

/** @returns the ends of connections, "from->to", that the program told the kernel to send from at once. */
async function endsWithoutDelay(runtime: RuntimeName, way: string): Promise<Set<string>> {
  const file = join(folder, `${runtime}.txt`);
  const settings = JSON.stringify({ ...(await certificate()), silentPort: 0 });
  const under = ["strace", "-f", "-yy", "-e", "trace=setsockopt", "-o", file];
  const given = [`@sansocket/${runtime}`, way, settings];
  const program = new Program(runtime, "leaving.mjs", given, { under });
  expect(await program.untilExit()).toEqual([{ done: way }, { exit: 0 }]);
  const calls = readFileSync(file, "utf8").matchAll(
    /setsockopt\(\d+<TCP:\[([^\]]+->[^\]]+)\]>, SOL_TCP, TCP_NODELAY, \[1\]/g,
  );
  return new Set([...calls].map(([, ends]) => ends!));
}

/** The client's end and the server's: each is the other one the other way round. */
function bothEnds(ends: ReadonlySet<string>): number {
  return [...ends].filter((end) => ends.has(end.split("->").reverse().join("->"))).length;
}

describe.each(RUNTIMES)("on %s the kernel sends each write at once", (runtime) => {
  test("from a client and from a server", async (context) => {
    if (missing !== null) context.skip(missing);
    expect(bothEnds(await endsWithoutDelay(runtime, PLAIN))).toBe(2);
  });

  test("from a client and from a server with TLS", async (context) => {
    if (missing !== null) context.skip(missing);
    const ends = await endsWithoutDelay(runtime, TLS);
    // A connection of Deno.listenTls has no setNoDelay (2.9.6): docs/runtimes.md.
    if (runtime === "deno") expect(ends.size).toBe(1);
    else expect(bothEnds(ends)).toBe(2);
  });
});
