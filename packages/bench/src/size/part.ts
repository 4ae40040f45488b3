/** The size of what an application has in its bundle, as `pnpm size` measures it. */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Part } from "../part.ts";
import type { Detail, Row } from "../results.ts";
import { targetOf } from "../targets.ts";

interface Size {
  /** bytes */
  readonly minified: number;
  readonly gzipped: number;
}

const SIZES = fileURLToPath(new URL("../../../packing/dist/sizes.js", import.meta.url));
const SERVER = "Node, echo server";
const KIB = 1_024;

const LIMITS: readonly (readonly [id: string, bundle: string, bytes: number])[] = [
  ["S1", "core, a server", 14 * KIB],
  ["S1b", "core, a client", 14 * KIB],
  ["S2", SERVER, 24 * KIB],
];

function row(id: string | null, name: string, ours: Size, peer: string, peerValue: number): Row {
  return {
    name: `size/${name}`,
    id,
    runtime: "bundle",
    value: ours.gzipped,
    unit: "bytes gzipped",
    peer,
    peerValue,
    ratio: peerValue / ours.gzipped,
    spread: null,
    target: targetOf(id, "node"),
    note: "",
  };
}

export const size: Part = {
  name: "size",
  measures: "bytes of a bundle that uses sansocket, minified and gzipped",
  cases: [],
  isPerRuntime: false,
  async run({ tell }) {
    tell("bundling");
    const printed = execFileSync(process.execPath, [SIZES, "--json"], { encoding: "utf8" });
    const sizes = JSON.parse(printed) as Record<string, Size>;
    const number = (bytes: number): string => bytes.toLocaleString("en");
    const details: Detail[] = Object.entries(sizes).map(([name, { minified, gzipped }]) => ({
      name,
      cells: {
        bundle: name,
        "minified, bytes": number(minified),
        "gzipped, bytes": number(gzipped),
      },
    }));
    const sizeOf = (name: string): Size => {
      const found = sizes[name];
      if (found === undefined) throw new Error(`bug: pnpm size has no program ${name}`);
      return found;
    };
    const rows = LIMITS.map(([id, name, bytes]) => row(id, name, sizeOf(name), "limit", bytes));
    const peer = sizeOf("ws, echo server").gzipped;
    rows.push(row(null, SERVER, sizeOf(SERVER), "ws", peer));
    return { rows, details };
  },
};
