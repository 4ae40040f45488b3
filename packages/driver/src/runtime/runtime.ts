/**
 * The parts of a runtime that the driver needs besides sockets: a clock, timers, the end of a poll phase, the engine's host.
 */
import type { Host } from "@sansocket/core";
import { clearTimeout, setTimeout } from "./globals.ts";
import { webTextKernels } from "./text-kernels.ts";

/**
 * The parts that an adapter knows of its runtime: entropy, clock and timers. {@link webRuntime} makes one of the web platform's
 * globals.
 */
export interface Runtime {
  /** The functions that the engine needs, and those that this runtime does faster. */
  readonly host: Host;
  /** Milliseconds of a clock that never goes back. */
  now(): number;
  /**
   * @param isAwaited the application awaits something that the timer brings at the latest. Such a timer keeps the process
   * alive, where the runtime has such a notion. Any other timer must not: connections keep the process alive.
   */
  setTimer(callback: () => void, delay: number, isAwaited: boolean): unknown;
  /** Stops a timer that `setTimer` gave. */
  clearTimer(timer: unknown): void;
  /**
   * Calls back once the runtime has looked for input: a timer that fires late must not win against bytes that lie in the
   * kernel already.
   */
  afterPoll(callback: () => void): void;
  /**
   * Calls back in a task of its own, soon, and in the order of the calls: each event of the WebSocket class has one. Default:
   * the global `setImmediate`, `MessageChannel` or `setTimeout`. In the environment jsdom of a test runner these may be missing or
   * fake.
   */
  queueTask?(callback: () => void): void;
}

/** The globals that a runtime is made of. Each may be missing, for example in a realm of `node:vm`. */
export interface WebPlatform {
  /** Entropy. */
  readonly crypto?: Pick<typeof globalThis.crypto, "getRandomValues"> | undefined;
  /** The clock. */
  readonly performance?: Pick<typeof globalThis.performance, "now"> | undefined;
  /** For long texts. */
  readonly TextDecoder?: typeof globalThis.TextDecoder | undefined;
  /** For long texts. */
  readonly TextEncoder?: typeof globalThis.TextEncoder | undefined;
}

function unrefed(timer: unknown): unknown {
  (timer as { unref?(): void }).unref?.();
  return timer;
}

/** A runtime made of the globals that every web platform has. Adapters replace the parts that their runtime does better. */
export function webRuntime(platform: WebPlatform = globalThis): Runtime {
  const { crypto, performance, TextDecoder, TextEncoder } = platform;
  const host: Host = {
    // Without the two classes the engine uses code of its own.
    kernels: webTextKernels(TextDecoder, TextEncoder),
    random(into) {
      if (crypto === undefined) {
        throw new Error(
          "the global crypto was not there when sansocket was loaded: masking keys come from it",
        );
      }
      crypto.getRandomValues(into);
    },
  };
  return {
    host,
    // Fake timers replace the method of the object. The bound function stays the real one.
    now: performance === undefined ? Date.now : performance.now.bind(performance),
    // A timer that is an object keeps a process alive until `unref` is called. The timers of jsdom are numbers, as in
    // browsers.
    setTimer(callback, delay, isAwaited) {
      const timer = setTimeout(callback, delay);
      return isAwaited ? timer : unrefed(timer);
    },
    clearTimer: clearTimeout,
    // A macrotask: nothing on the web platform is nearer to "after the next poll".
    afterPoll: (callback) => setTimeout(callback, 0),
  };
}
