/** One turn of the real event loop: by its end, every promise that could go on has gone on. */

/** The sources of turns, as members of the global object. Each may be missing: jsdom in Jest leaves only `setTimeout`. */
export interface TurnSources {
  readonly setImmediate?: (callback: () => void) => unknown;
  readonly MessageChannel?: new () => {
    readonly port1: { onmessage: unknown; close(): void };
    readonly port2: { postMessage(message: null): void };
  };
  readonly setTimeout?: (callback: () => void, delay: number) => unknown;
}

/** The fake timers of Vitest, Jest and Sinon carry their clock. A callback of theirs waits until a test moves the clock. */
function isReal(timer: object | undefined): boolean {
  return timer !== undefined && !("clock" in timer);
}

/** The best source comes first. A nested timer takes 4 ms in browsers, so it comes last. */
export function inLaterTurnOf(sources: TurnSources): (callback: () => void) => void {
  // Called without an object: the timers of browsers refuse another `this`.
  const { setImmediate, MessageChannel, setTimeout } = sources;
  if (isReal(setImmediate)) return (callback) => void setImmediate!(callback);
  if (MessageChannel !== undefined) {
    return (callback) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        port1.close(); // an open port keeps the process alive
        callback();
      };
      port2.postMessage(null);
    };
  }
  if (isReal(setTimeout)) return (callback) => void setTimeout!(callback, 0);
  return () => {
    throw new Error(
      "setImmediate, MessageChannel and setTimeout are missing or fake: import @sansocket/testing before the fake timers begin",
    );
  };
}

/** Calls back in a later turn of the event loop. The sources are taken once: test runners replace them later. */
export const inLaterTurn: (callback: () => void) => void = inLaterTurnOf(
  globalThis as unknown as TurnSources,
);

/** Resolves in a later turn of the event loop. */
export function laterTurn(): Promise<void> {
  return new Promise(inLaterTurn);
}
