/** Deno's clock, timers and poll phase. */
import { type Runtime, webRuntime } from "@sansocket/driver";
import { zlibCodec } from "@sansocket/zlib";

export const runtime: Runtime = {
  ...webRuntime(),
  deflate: zlibCodec,
  setTimer(callback, delay) {
    const timer = setTimeout(callback, delay);
    // Connections keep a process alive; what they wait for does not.
    Deno.unrefTimer(timer);
    return timer;
  },
  // `afterPoll` stays a timeout of 0: behind a late timer, octets that had arrived were read before it 95 times of 100, and
  // once before an immediate (Deno 2.9.6, a busy machine).
};
