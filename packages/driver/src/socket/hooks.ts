/** The hooks of an application, with the names that Bun and uWebSockets use. */
import type { WatchedFrame } from "@sansocket/core";
import { type ConnectionError, printError, type ServerError } from "../errors.ts";
import type { CloseInfo } from "./close-info.ts";
import type { Message } from "./message.ts";
import type { Socket } from "./socket.ts";
import { isThenable, whenSettled } from "./thenable.ts";

/**
 * The result of a hook does not matter unless it is a promise: `(socket, message) => socket.write(message)` is a hook. A hook
 * may be asynchronous: the socket's next message waits for the promises of `open` and `message`. A hook that throws or rejects
 * closes its socket with 1011, and `error` hears of it.
 */
export interface SocketHooks<Data = unknown> {
  /** The connection is open. Awaited before the first message. */
  open?(socket: Socket<Data>): unknown;
  /** A message has arrived. With `lend: true` bytes are only lent, until the hook returns. */
  message?(socket: Socket<Data>, message: Message): unknown;
  /** After a `write` answered "pressure": the peer has taken enough to go on. */
  drain?(socket: Socket<Data>): unknown;
  /** The peer has sent a ping, which the engine has answered. Not held back by `message`. */
  ping?(socket: Socket<Data>, payload: Uint8Array<ArrayBuffer>): unknown;
  /** A pong has arrived. Not held back by `message`. */
  pong?(socket: Socket<Data>, payload: Uint8Array<ArrayBuffer>): unknown;
  /**
   * The connection is over: the last call for its socket, once and in any case, behind all its messages. It does not wait
   * for an application that neither takes a message nor finishes a hook for `timeouts.close`, nor for messages that no hook
   * and no loop takes: `info.undelivered` counts what that application has not got.
   */
  close?(socket: Socket<Data>, info: CloseInfo): unknown;
  /**
   * Something went wrong that is not the peer's doing: a hook has failed, a limit was reached, an accept failed. `socket`
   * is null when it is not about one open socket. Default: "hook-failed", "engine-failed", "source-failed",
   * "unsent-limit" and "accept-failed" are printed with `console.error`.
   */
  error?(socket: Socket<Data> | null, error: ConnectionError | ServerError): unknown;
  /** Every frame, in and out, with the first bytes of its payload. Costs nothing when absent. */
  trace?(socket: Socket<Data>, frame: WatchedFrame): void;
}

/** Tells the `error` hook, if there is one. An exception of the `error` hook is printed, because no other hook could hear of it. */
export function callErrorHook(
  hooks: SocketHooks,
  socket: Socket | null,
  error: ConnectionError | ServerError,
): void {
  try {
    const result: unknown = hooks.error?.(socket, error);
    if (isThenable(result)) void whenSettled(result, () => {}, printError);
  } catch (failure) {
    printError(failure);
  }
}
