import type { Limits, Timeouts } from "@sansocket/core";

/** Settings of all connections of a server, or of one client: numbers and switches, no functions. */
export interface Behaviour {
  /** The `message` hook gets the messages. Without this hook, messages wait for a `for await` loop. */
  readonly hasMessageHook: boolean;
  /** The application watches frames, so that each frame that goes out is a step too. */
  readonly isTraced: boolean;
  /** The `message` hook gets views into the engine's memory. */
  readonly lend: boolean;
  /** Number of bytes that may wait for the application before reading pauses: `limits.undelivered`. */
  readonly undelivered: number;
  /** `limits.unsent`, bytes. */
  readonly unsentLimit: number;
  /** Above this number of unsent bytes, `write` answers "pressure" and a server pauses reading. */
  readonly highMark: number;
  /** Below this number of unsent bytes, the pressure and the pause of reading end. */
  readonly lowMark: number;
  /** `timeouts.close`, ms. */
  readonly closeTimeout: number;
  /** How long, in ms, `close` waits after the end of the connection for an application that does not go on. 0: without limit. */
  readonly patience: number;
}

/**
 * The high mark is 1 MiB, or a quarter of `limits.unsent`: so many bytes in flight keep a peer busy, and more bytes gain
 * nothing.
 */
function unsentMarks(unsentLimit: number): { highMark: number; lowMark: number } {
  const highMark = Math.min(1_048_576, Math.floor(unsentLimit / 4));
  return { highMark, lowMark: Math.floor(highMark / 4) };
}

/** @param hooks the hooks as own members only; see `givenOptions` of core. */
export function behaviourOf(
  settings: { readonly limits: Limits; readonly timeouts: Timeouts },
  hooks: { readonly message?: unknown; readonly trace?: unknown },
  lend: boolean,
): Behaviour {
  return {
    hasMessageHook: hooks.message !== undefined,
    isTraced: hooks.trace !== undefined,
    lend,
    undelivered: settings.limits.undelivered,
    unsentLimit: settings.limits.unsent,
    ...unsentMarks(settings.limits.unsent),
    closeTimeout: settings.timeouts.close,
    patience: settings.timeouts.close,
  };
}
