/** Deno's clock, timers and poll phase. */
import { type Runtime, wasmKernels, webRuntime } from "@sansocket/driver";

const web = webRuntime();

export const runtime: Runtime = {
  ...web,
  host: { ...web.host, kernels: wasmKernels() },
  setTimer(callback, delay, isAwaited) {
    const timer = web.setTimer(callback, delay, isAwaited);
    if (!isAwaited && typeof timer === "number") Deno.unrefTimer(timer);
    return timer;
  },
  // `afterPoll` stays a timeout of 0. Behind a late timer, bytes that had arrived were read before the timeout 95 times of
  // 100, and before an immediate once of 100 (Deno 2.9.6, a busy machine).
};
