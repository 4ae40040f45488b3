/** What the driver needs of a runtime besides its sockets: a clock, timers, the end of a poll phase, the engine's host. */
import type { Host } from "@sansocket/core";
import type { DeflateCodec } from "@sansocket/core/permessage-deflate";

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
  /** Must not keep a process alive by itself, where the runtime has such a notion: connections do. */
  setTimer(callback: () => void, delay: number): unknown;
  clearTimer(timer: unknown): void;
  /**
   * Calls back once the runtime has looked for input: a timer that fires late must not win against octets that lie in the
   * kernel already.
   */
  afterPoll(callback: () => void): void;
}

/** A runtime made of what every web platform has; adapters replace what theirs does better. */
export function webRuntime(): Runtime {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const encoder = new TextEncoder();
  return {
    host: {
      random: (into) => crypto.getRandomValues(into),
      decodeUtf8: (bytes) => decoder.decode(bytes),
      encodeUtf8Into: (text, target) => encoder.encodeInto(text, target).written,
    },
    now: () => performance.now(),
    setTimer: (callback, delay) => setTimeout(callback, delay),
    clearTimer: (timer) => clearTimeout(timer as number),
    // The nearest to "after the next poll" that the web platform has: a macrotask.
    afterPoll: (callback) => setTimeout(callback, 0),
  };
}
