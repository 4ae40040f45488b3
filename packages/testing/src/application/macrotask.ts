/** One turn of the real event loop: by its end, every promise that could go on has gone on. */

/** The parts of the global object that some runtimes lack, taken once: test runners replace them by fake timers later. */
interface Platform {
  readonly setImmediate?: (callback: () => void) => unknown;
  readonly MessageChannel?: new () => {
    readonly port1: { onmessage: unknown; close(): void };
    readonly port2: { postMessage(message: null): void };
  };
}

const { setImmediate, MessageChannel } = globalThis as unknown as Platform;

/** The fake timers of Vitest, Jest and Sinon carry their clock. A callback of theirs waits until a test moves the clock. */
const isFake = setImmediate !== undefined && "clock" in setImmediate;

/** Calls back in a later turn of the event loop. */
export function inLaterTurn(callback: () => void): void {
  if (setImmediate !== undefined && !isFake) {
    setImmediate(callback);
    return;
  }
  if (MessageChannel === undefined) {
    throw new Error("this runtime has neither setImmediate nor MessageChannel: one is needed");
  }
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    port1.close(); // an open port keeps the process alive
    callback();
  };
  port2.postMessage(null);
}

/** Resolves in a later turn of the event loop. */
export function laterTurn(): Promise<void> {
  return new Promise(inLaterTurn);
}
