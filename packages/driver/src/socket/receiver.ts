/**
 * The application's side of one open connection, between the turn and the hooks. The files that use this interface know neither
 * the hooks nor the socket that the hooks get.
 */
import type { WatchedFrame } from "@sansocket/core";
import type { CloseInfo } from "./close-info.ts";
import type { Message } from "./message.ts";

/** Each method returns the result of the application's hook: undefined without a hook, and a promise of an asynchronous hook. */
export interface Receiver {
  open(): unknown;
  message(message: Message): unknown;
  /** The peer has read enough, so that the application may go on sending. */
  drain(): unknown;
  /**
   * @param payload makes a copy of the payload. The copy costs time, so call the function only where a hook needs the payload.
   */
  ping(payload: () => Uint8Array<ArrayBuffer>): unknown;
  pong(payload: () => Uint8Array<ArrayBuffer>): unknown;
  trace(frame: WatchedFrame): unknown;
  /** The connection is over: the transport has ended. Messages may still wait. */
  ended(info: CloseInfo): void;
  /** The last call, after all messages. */
  close(info: CloseInfo): unknown;
}
