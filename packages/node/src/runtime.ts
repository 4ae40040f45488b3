/** Node's clock, timers and poll phase: of its modules, since test runners replace the globals. */
import { Buffer, isAscii } from "node:buffer";
import { webcrypto } from "node:crypto";
import { performance } from "node:perf_hooks";
import { TextDecoder, TextEncoder } from "node:util";
import {
  bufferTextKernels,
  type Runtime,
  type WebPlatform,
  wasmKernels,
  webRuntime,
} from "@sansocket/driver";
import { clearTimeout, setImmediate, setTimeout } from "./timers.ts";

const platform = { crypto: webcrypto, performance, TextDecoder, TextEncoder } as WebPlatform;
const web = webRuntime(platform);
const textKernels = bufferTextKernels(Buffer, web.host.kernels, { encodeFrom: 24, isAscii });

export const runtime: Runtime = {
  ...web,
  host: { ...web.host, kernels: { ...wasmKernels(), ...textKernels } },
  // A socket keeps no process alive while it is paused. A Duplex in memory never does. So a timer that is awaited has to.
  setTimer(callback, delay, isAwaited) {
    const timer = setTimeout(callback, delay);
    return isAwaited ? timer : timer.unref();
  },
  clearTimer: (timer) => clearTimeout(timer as NodeJS.Timeout | undefined),
  // Timers come before the poll phase of the event loop, immediates behind it.
  afterPoll: (callback) => setImmediate(callback),
  queueTask: (callback) => setImmediate(callback),
};
