/** Node's clock, timers and poll phase. */
import { type Runtime, webRuntime } from "@sansocket/driver";
import { zlibCodec } from "@sansocket/zlib";

const web = webRuntime();

export const runtime: Runtime = {
  ...web,
  deflate: zlibCodec,
  // Connections keep a process alive; what they wait for does not.
  setTimer: (callback, delay) => setTimeout(callback, delay).unref(),
  clearTimer: (timer) => clearTimeout(timer as NodeJS.Timeout | undefined),
  // Timers come before the poll phase of the event loop, immediates behind it.
  afterPoll: (callback) => setImmediate(callback),
};
