/** Deno's clock, timers and poll phase. */
import { Buffer } from "node:buffer";
import { bufferTextKernels, type Runtime, wasmKernels, webRuntime } from "@sansocket/driver";

const web = webRuntime();
// Deno's TextDecoder is slower than the methods of its Buffer below some 400 bytes, and its TextEncoder is never slower.
const textKernels = bufferTextKernels(Buffer, web.host.kernels, {
  decodeBelow: 400,
  encodeFrom: Number.POSITIVE_INFINITY,
});

export const runtime: Runtime = {
  ...web,
  host: { ...web.host, kernels: { ...wasmKernels(), ...textKernels } },
  setTimer(callback, delay, isAwaited) {
    const timer = web.setTimer(callback, delay, isAwaited);
    if (!isAwaited && typeof timer === "number") Deno.unrefTimer(timer);
    return timer;
  },
  // `afterPoll` stays a timeout of 0. Behind a late timer, bytes that had arrived were read before the timeout 95 times of
  // 100, and before an immediate once of 100 (Deno 2.9.6, a busy machine).
};
