/**
 * The figures that stand beside fast paths in core and in the driver's kernels, each against the plain way, on the Node that
 * runs this.
 */
import { wasmKernels } from "@sansocket/driver";
import type { Part } from "../part.ts";
import type { Row } from "../results.ts";
import {
  createMaskingKeyPool,
  createMemory,
  decodeUtf8,
  isAscii,
  type Memory,
  nextMaskingKey,
  validateUtf8,
  xorBytes,
  xorWithKey,
} from "./core-internals.ts";

const NODE = `node${process.versions.node.split(".")[0]}`;
const ROUNDS = 9;
const memory: Memory = createMemory(70_000);
const other: Memory = createMemory(70_000);
const wasm = wasmKernels();
/** Memory of WebAssembly. */
const input: Memory = overInput(wasm.inputMemory(70_000));

function overInput(bytes: Uint8Array<ArrayBuffer>): Memory {
  const { buffer } = bytes;
  const views = { view: new DataView(buffer), words: new Int32Array(buffer), views: null };
  return { bytes, ...views, belongsTo: "windows", holders: 0 };
}

/** The kernels add their results to this number. Without a use of the results, the runtime could leave the work out. */
let sink = 0;

/** Least CPU time of the rounds, in ns per call. */
function time(calls: number, call: (index: number) => void): number {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = process.cpuUsage();
    for (let index = 0; index < calls; index += 1) call(index);
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, ((user + system) * 1000) / calls);
  }
  return least;
}

function row(name: string, peer: string, ours: number, plain: number): Row {
  return {
    name: `${NODE}/kernels/${name}`,
    id: null,
    runtime: NODE,
    value: ours,
    unit: "ns",
    peer,
    peerValue: plain,
    ratio: plain / ours,
    spread: null,
    target: null,
    note: "",
  };
}

function xorThroughDataView(
  { view, bytes }: Memory,
  start: number,
  end: number,
  key: number,
): void {
  let at = start;
  for (; at + 4 <= end; at += 4) view.setInt32(at, view.getInt32(at, true) ^ key, true);
  xorBytes(bytes, at, end, key);
}

/** The loops of WebAssembly over memory of its own, against the engine's loops over its own. */
function wasmRows(): Row[] {
  const rows: Row[] = [];
  const text = new TextEncoder().encode("今天中午还见面吗?我订了靠窗的四人桌。".repeat(400));
  for (const { bytes } of [memory, input]) bytes.set(text);
  const sizes = [66, 125, 1_024, 16_384];
  for (const size of sizes) {
    const calls = Math.ceil(20_000_000 / (size + 50));
    const judged = time(calls, () => {
      sink += wasm.validateUtf8(input.bytes, 0, size - (size % 3), 0);
    });
    const plain = time(calls, () => {
      sink += validateUtf8(memory.bytes, 0, size - (size % 3), 0);
    });
    rows.push(row(`judge ${size} of Chinese in WebAssembly`, "the engine's loop", judged, plain));
  }
  for (const size of sizes) {
    const calls = Math.ceil(20_000_000 / (size + 50));
    const at = (index: number): number => 6 + (index & 7);
    const ours = time(calls, (index) => wasm.xorWithKey(input, at(index), at(index) + size, index));
    const plain = time(calls, (index) => xorWithKey(memory, at(index), at(index) + size, index));
    rows.push(row(`mask ${size} in WebAssembly`, "the engine's loop", ours, plain));
  }
  return rows;
}

function copyByByte(start: number, length: number): void {
  for (let index = 0; index < length; index += 1) other.bytes[index] = memory.bytes[start + index]!;
}

function measure(): Row[] {
  const rows: Row[] = [];
  for (const size of [16, 125, 1024, 16_384]) {
    const calls = Math.ceil(20_000_000 / (size + 50));
    const ours = time(calls, (index) =>
      xorWithKey(index === -1 ? other : memory, 6 + (index & 7), 6 + (index & 7) + size, index),
    );
    rows.push(
      row(
        `mask ${size}`,
        "DataView words",
        ours,
        time(calls, (index) =>
          xorThroughDataView(
            index === -1 ? other : memory,
            6 + (index & 7),
            6 + (index & 7) + size,
            index,
          ),
        ),
      ),
      row(
        `mask ${size}`,
        "bytes",
        ours,
        time(calls, (index) =>
          xorBytes(
            (index === -1 ? other : memory).bytes,
            6 + (index & 7),
            6 + (index & 7) + size,
            index,
          ),
        ),
      ),
    );
  }

  rows.push(...wasmRows());
  memory.bytes.fill(0x61);
  for (const size of [16, 125, 1024, 65_536]) {
    const calls = Math.ceil(20_000_000 / (size + 50));
    const ours = time(calls, () => {
      sink += isAscii(memory, 6, 6 + size) ? 1 : 0;
    });
    const validating = time(calls, () => {
      sink += validateUtf8(memory.bytes, 6, 6 + size, 0);
    });
    rows.push(row(`is it ASCII, ${size}`, "validateUtf8", ours, validating));
  }

  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  for (const size of [8, 16, 32, 33, 125]) {
    const calls = 300_000;
    const ours = time(calls, (index) => {
      sink += decodeUtf8(memory.bytes, index & 7, (index & 7) + size).length;
    });
    const hosts = time(calls, (index) => {
      sink += decoder.decode(memory.bytes.subarray(index & 7, (index & 7) + size)).length;
    });
    rows.push(row(`text of ${size} bytes`, "TextDecoder", ours, hosts));
  }

  for (const size of [8, 16, 24, 32, 64, 125]) {
    const calls = 2_000_000;
    const loop = time(calls, (index) => copyByByte(index & 7, size));
    const view = time(calls, (index) =>
      other.bytes.set(memory.bytes.subarray(index & 7, (index & 7) + size), 0),
    );
    rows.push(row(`copy ${size} in a loop`, "set(subarray)", loop, view));
  }

  const random = (into: Uint8Array<ArrayBuffer>): void => void crypto.getRandomValues(into);
  const pool = createMaskingKeyPool();
  const four = new Uint8Array(4);
  rows.push(
    row(
      "masking key from the pool",
      "a call each",
      time(500_000, () => {
        sink += nextMaskingKey(pool, random);
      }),
      time(100_000, () => random(four)),
    ),
  );
  if (Number.isNaN(sink)) throw new Error("bug: a kernel answered no number");
  return rows;
}

export const kernels: Part = {
  name: "kernels",
  measures: "the figures beside fast paths in the sources, on Node",
  cases: [],
  isPerRuntime: false,
  async run() {
    return { rows: measure(), details: [] };
  },
};
