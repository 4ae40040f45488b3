/**
 * Which hook of a connection runs, which hook is awaited, and what happens after a hook fails.
 *
 * A running hook is on the stack. An awaited hook has returned a promise. Messages wait for both.
 */
import { ConnectionError, messageOf } from "../errors.ts";
import type { Link } from "./link.ts";
import { isThenable, whenSettled } from "./thenable.ts";

export type HookName =
  | "upgrade"
  | "request"
  | "connection"
  | "open"
  | "adopted"
  | "message"
  | "drain"
  | "ping"
  | "pong"
  | "close"
  | "error"
  | "trace";

/** The hooks of one connection. `delivery` implements this interface, so that a connection has no object for it. */
export interface RunningHooks {
  readonly link: Link;
  /** The name of the hook that is on the stack; null almost always. */
  running: HookName | null;
  /** The name of the asynchronous `open`, `adopted` or `message` hook that has not finished. */
  awaited: HookName | null;
  /** An awaited hook has finished or failed. */
  hookFinished(): void;
}

/**
 * Messages wait until `result` has settled, if `result` is a promise.
 * @throws the exception of a getter `then` of the result: the getter is part of the hook's work.
 */
export function awaitResult(hooks: RunningHooks, name: HookName, result: unknown): void {
  if (!isThenable(result)) return;
  hooks.awaited = name;
  const finished = (): void => {
    hooks.awaited = null;
    hooks.hookFinished();
  };
  void whenSettled(result, finished, (error) => {
    hookFailed(hooks.link, name, error);
    finished();
  });
}

/** Calls a hook for which no message waits. Another hook of this connection may be running. */
export function notifyHook(hooks: RunningHooks, name: HookName, call: () => unknown): void {
  const { running, link } = hooks;
  hooks.running = name;
  try {
    const result = call();
    if (isThenable(result)) {
      void whenSettled(
        result,
        () => {},
        (error) => hookFailed(link, name, error),
      );
    }
  } catch (error) {
    hookFailed(link, name, error);
  } finally {
    hooks.running = running;
  }
}

/** RFC 6455 §7.4.1: code 1011, because an unexpected condition prevented the fulfilment of the request. */
export function hookFailed(link: Link, name: HookName, error: unknown): void {
  const message = `the ${name} hook failed: ${messageOf(error)}`;
  link.fail(new ConnectionError("hook-failed", message, { cause: error }), 1011, "");
}
