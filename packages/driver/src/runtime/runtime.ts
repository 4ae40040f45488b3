/** What the driver needs of a runtime besides its sockets: a clock, timers, the end of a poll phase, the engine's host. */
import type { Host } from "@sansocket/core";
import type { DeflateCodec } from "@sansocket/core/permessage-deflate";
import { clearTimeout, setTimeout } from "./globals.ts";

/**
 * What an adapter says of its runtime: entropy, clock and timers. {@link webRuntime} makes one of the web platform's
 * globals.
 */
export interface Runtime {
  /** What the engine needs and what this runtime does faster. */
  readonly host: Host;
  /**
   * Gives the DEFLATE codec for permessage-deflate (RFC 7692), the same one at each call. Called by each server and client
   * that wants compression. Absent: no compression is possible, and none is offered.
   */
  readonly deflate?: () => DeflateCodec;
  /** Milliseconds of a clock that never goes back. */
  now(): number;
  /**
   * @param isAwaited somebody awaits what the timer brings at the latest: it keeps the process alive, where the runtime has
   * such a notion. Any other timer must not: connections do.
   */
  setTimer(callback: () => void, delay: number, isAwaited: boolean): unknown;
  /** Stops a timer that `setTimer` gave. */
  clearTimer(timer: unknown): void;
  /**
   * Calls back once the runtime has looked for input: a timer that fires late must not win against octets that lie in the
   * kernel already.
   */
  afterPoll(callback: () => void): void;
}

/** What a runtime is made of. Each may be missing, in a realm of `node:vm` for one. */
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

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

function unrefed(timer: unknown): unknown {
  (timer as { unref?(): void }).unref?.();
  return timer;
}

/** A runtime made of what every web platform has; adapters replace what theirs does better. */
export function webRuntime(platform: WebPlatform = globalThis): Runtime {
  const { crypto, performance, TextDecoder, TextEncoder } = platform;
  const host: Writable<Host> = {
    random(into) {
      if (crypto === undefined) {
        throw new Error(
          "the global crypto was not there when sansocket was loaded: masking keys come from it",
        );
      }
      crypto.getRandomValues(into);
    },
  };
  // Without them the engine's own are used.
  if (TextDecoder !== undefined) {
    const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
    host.decodeUtf8 = (bytes) => decoder.decode(bytes);
  }
  if (TextEncoder !== undefined) {
    const encoder = new TextEncoder();
    host.encodeUtf8Into = (text, target) => encoder.encodeInto(text, target).written;
  }
  return {
    host,
    // Fake timers replace the method, not what it was.
    now: performance === undefined ? Date.now : performance.now.bind(performance),
    // A timer that is an object keeps a process alive until it is told not to; jsdom's is a number, as in browsers.
    setTimer(callback, delay, isAwaited) {
      const timer = setTimeout(callback, delay);
      return isAwaited ? timer : unrefed(timer);
    },
    clearTimer: clearTimeout,
    // The nearest to "after the next poll" that the web platform has: a macrotask.
    afterPoll: (callback) => setTimeout(callback, 0),
  };
}
