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

export class HookRunner {
  /** The name of the hook that is on the stack; null almost always. */
  running: HookName | null = null;
  /** The name of the asynchronous `open`, `adopted` or `message` hook that has not finished. */
  awaited: HookName | null = null;
  private readonly link: Link;
  private readonly listener: { hookFinished(): void };

  /** @param listener is told when an awaited hook has finished or failed. */
  constructor(link: Link, listener: { hookFinished(): void }) {
    this.link = link;
    this.listener = listener;
  }

  /**
   * Messages wait until `result` has settled, if `result` is a promise.
   * @throws the exception of a getter `then` of the result: the getter is part of the hook's work.
   */
  awaitResult(name: HookName, result: unknown): void {
    if (!isThenable(result)) return;
    this.awaited = name;
    const finished = (): void => {
      this.awaited = null;
      this.listener.hookFinished();
    };
    void whenSettled(result, finished, (error) => {
      this.failed(name, error);
      finished();
    });
  }

  /** Calls a hook for which no message waits. Another hook of this connection may be running. */
  notify(name: HookName, call: () => unknown): void {
    const { running } = this;
    this.running = name;
    try {
      const result = call();
      if (isThenable(result)) {
        void whenSettled(
          result,
          () => {},
          (error) => this.failed(name, error),
        );
      }
    } catch (error) {
      this.failed(name, error);
    } finally {
      this.running = running;
    }
  }

  /** RFC 6455 §7.4.1: code 1011, because an unexpected condition prevented the fulfilment of the request. */
  failed(name: HookName, error: unknown): void {
    const message = `the ${name} hook failed: ${messageOf(error)}`;
    this.link.fail(new ConnectionError("hook-failed", message, { cause: error }), 1011, "");
  }
}
