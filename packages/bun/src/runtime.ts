/** Bun's clock, timers and poll phase. */
import { type Runtime, webRuntime } from "@sansocket/driver";
import { zlibCodec } from "@sansocket/zlib";

export const runtime: Runtime = {
  ...webRuntime(),
  deflate: zlibCodec,
  // Connections keep a process alive; what they wait for does not.
  setTimer: (callback, delay) => setTimeout(callback, delay).unref(),
  clearTimer: (timer) => clearTimeout(timer as Timer | undefined),
  // `afterPoll` stays a timeout of 0: in Bun an immediate of a timer comes before the next poll (100 of 100 times, 1.4.5).
};
