import type { Limits, Timeouts } from "@sansocket/core";

/** Settings of all connections of a server, or of one client: numbers and switches, no functions. */
export interface Behaviour {
  /** Messages go to the `message` hook; otherwise they wait for a `for await` loop. */
  readonly hasMessageHook: boolean;
  /** Frames are watched: frames that go out are steps too. */
  readonly isTraced: boolean;
  /** The `message` hook gets views into the engine's memory. */
  readonly lend: boolean;
  /** Bytes that wait for the application before reading pauses: `limits.undelivered`. */
  readonly undelivered: number;
  /** `limits.unsent`, bytes. */
  readonly unsentLimit: number;
  /** Above this many unsent bytes `write` answers "pressure", and a server's reading pauses. */
  readonly highMark: number;
  /** Below this many unsent bytes both end. */
  readonly lowMark: number;
  /** `timeouts.close`, ms. */
  readonly closeTimeout: number;
  /** How long `close` waits, behind the end, for an application that does not go on; 0: without end. ms */
  readonly patience: number;
}

/** A peer needs this much in flight to be kept busy, and no more: 1 MiB, or a quarter of `limits.unsent`. */
function unsentMarks(unsentLimit: number): { highMark: number; lowMark: number } {
  const highMark = Math.min(1_048_576, Math.floor(unsentLimit / 4));
  return { highMark, lowMark: Math.floor(highMark / 4) };
}

/** @param hooks own members only; see `givenOptions` of core. */
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
