/**
 * The application's side of one open connection: the seam between the turn and the hooks. The rooms below know neither the
 * hooks nor the socket that the hooks get.
 */
import type { WatchedFrame } from "@sansocket/core";
import type { CloseInfo } from "./close-info.ts";
import type { Message } from "./message.ts";

/** Each method returns the result of the application's hook: undefined without a hook, perhaps a promise. */
export interface Receiver {
  open(): unknown;
  message(message: Message): unknown;
  /** The peer has read enough to go on sending. */
  drain(): unknown;
  /** @param payload makes a copy of the payload, which costs something where no hook asks for it. */
  ping(payload: () => Uint8Array<ArrayBuffer>): unknown;
  pong(payload: () => Uint8Array<ArrayBuffer>): unknown;
  trace(frame: WatchedFrame): unknown;
  /** The connection is over: nothing of the network remains. Messages may still wait. */
  ended(info: CloseInfo): void;
  /** The last call, behind all messages. */
  close(info: CloseInfo): unknown;
}
