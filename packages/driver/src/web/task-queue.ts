/** A task of the event loop, the cheapest that the platform has. Every promise that can go on goes on before the task. */

import { isFake, setTimeout } from "../runtime/globals.ts";

export type QueueTask = (callback: () => void) => void;

/** The sources of tasks, as members of the global object. `setTimeout` is everywhere. */
export interface TaskSources {
  readonly setImmediate?: (callback: () => void) => unknown;
  readonly MessageChannel?: new () => { readonly port1: unknown; readonly port2: unknown };
}

export function taskQueueOf({ setImmediate, MessageChannel }: TaskSources): QueueTask {
  // A fake `setImmediate` waits for a test to move its clock.
  if (setImmediate !== undefined && !isFake(setImmediate)) {
    return (callback) => void setImmediate(callback);
  }
  if (MessageChannel !== undefined) return messageTasks(new MessageChannel());
  return (callback) => void setTimeout(callback, 0);
}

/** For browsers and their workers, where nested timeouts take 4 ms. */
function messageTasks(channel: { readonly port1: unknown; readonly port2: unknown }): QueueTask {
  const port1 = channel.port1 as { onmessage: () => void };
  const port2 = channel.port2 as { postMessage(message: null): void };
  let callbacks: (() => void)[] = [];
  let first = 0;
  port1.onmessage = () => {
    const callback = callbacks[first]!;
    first += 1;
    if (first === callbacks.length) {
      callbacks = [];
      first = 0;
    }
    callback();
  };
  (port1 as { unref?(): void }).unref?.(); // a port with a listener keeps a process of Node's alive
  return (callback) => {
    callbacks.push(callback);
    port2.postMessage(null);
  };
}

/**
 * Runs the callbacks in order, and soon. `Runtime.afterPoll` is another thing: on Deno and Bun, `afterPoll` is a timer and takes
 * a millisecond or more. An immediate takes 0.6 µs on Node 20, 1.1 µs on Bun 1.4 and 1.7 µs on Deno 2.9.
 */
export const queueTask: QueueTask = taskQueueOf(globalThis as TaskSources);
