/** The hooks of an application, with the names that Bun and uWebSockets use. */
import type { WatchedFrame } from "@sansocket/core";
import { type ConnectionError, printError, type ServerError } from "../errors.ts";
import type { CloseInfo } from "./close-info.ts";
import type { Message } from "./message.ts";
import type { Socket } from "./socket.ts";
import { isThenable, whenSettled } from "./thenable.ts";

/**
 * The driver ignores the result of a hook unless the result is a promise: `(socket, message) => socket.write(message)` is a
 * hook. A hook may be asynchronous: the socket's next message waits for the promises of `open` and `message`. After a hook
 * throws or rejects, the driver closes the hook's socket with 1011 and calls `error`.
 */
export interface SocketHooks<Data = unknown> {
  /** The connection is open. The first message waits for the promise of this hook. */
  open?(socket: Socket<Data>): unknown;
  /**
   * The connection has come from another process or server, open as it was there: `open` was called there. The first message
   * waits for the promise of this hook. See docs/hand-off.md.
   */
  adopted?(socket: Socket<Data>): unknown;
  /** A message has arrived. With `lend: true`, bytes are valid only until the hook returns. */
  message?(socket: Socket<Data>, message: Message): unknown;
  /** Called after a `write` answered "pressure": the peer has taken enough bytes, and the application may go on. */
  drain?(socket: Socket<Data>): unknown;
  /** The peer has sent a ping, and the engine has answered the ping. This hook does not wait for `message`. */
  ping?(socket: Socket<Data>, payload: Uint8Array<ArrayBuffer>): unknown;
  /** A pong has arrived. This hook does not wait for `message`. */
  pong?(socket: Socket<Data>, payload: Uint8Array<ArrayBuffer>): unknown;
  /**
   * The connection is over. This is the last call for its socket: the driver calls the hook once and in any case, after all
   * messages of the socket. The hook does not wait for an application that for `timeouts.close` neither takes a message nor
   * finishes a hook. The hook does not wait for messages that no hook and no loop takes. `info.undelivered` counts the messages
   * that the application has not got.
   */
  close?(socket: Socket<Data>, info: CloseInfo): unknown;
  /**
   * An error that the peer did not cause, for example: a hook has failed, a limit was reached, an accept failed. `socket` is
   * null when the error is not about one open socket. Default: "hook-failed", "engine-failed", "source-failed", "unsent-limit"
   * and "accept-failed" are printed with `console.error`.
   */
  error?(socket: Socket<Data> | null, error: ConnectionError | ServerError): unknown;
  /** Gets every frame, in and out, with the first bytes of its payload. An absent `trace` costs nothing. */
  trace?(socket: Socket<Data>, frame: WatchedFrame): void;
}

/** The most bytes of a frame's payload that `trace` gets: all bytes of a control frame (RFC 6455 §5.5). */
export const TRACED_BYTES = 125;

/**
 * Calls the `error` hook, if there is one. An exception of the `error` hook is printed, because no other hook could get the
 * exception.
 */
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
