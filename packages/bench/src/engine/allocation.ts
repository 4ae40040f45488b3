/** Heap that the engine takes per frame on its cursor path, where nothing is to be allocated. For V8, with `--expose-gc`. */
import { caseNamed } from "./cases.ts";
import { makeInput } from "./frames.ts";
import { sansocket } from "./subjects.ts";

const FRAMES = 2_000_000;

function heapUsed(): number {
  const { gc } = globalThis as { gc?: () => void };
  if (gc === undefined) throw new Error("run node with --expose-gc");
  gc();
  gc();
  return process.memoryUsage().heapUsed;
}

/**
 * Bytes per frame of 16 bytes that is parsed and echoed. The heap is read without a collection behind the frames, so garbage
 * counts; a young generation has room for several MB, and a collection in between would show as a negative number.
 */
export function heapBytesPerFrame(): number {
  const { chunks, frames: perPass } = makeInput(caseNamed("echo/binary/16"));
  const input = chunks();
  const passes = Math.ceil(FRAMES / perPass);
  for (let pass = 0; pass < passes; pass += 1) sansocket.run(input, true); // compiled before it counts
  let least = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < 3; attempt += 1) {
    const before = heapUsed();
    for (let pass = 0; pass < passes; pass += 1) sansocket.run(input, true);
    const grown = process.memoryUsage().heapUsed - before;
    if (grown >= 0) least = Math.min(least, grown / (passes * perPass));
  }
  return least;
}
