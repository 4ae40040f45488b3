/** The application's hooks in the form that the turn calls. Each hook gets the socket of its connection. */
import type { WatchedFrame } from "@sansocket/core";
import type { Binding } from "./binding.ts";
import type { CloseInfo } from "./close-info.ts";
import { escaped } from "./escape.ts";
import type { SocketHooks } from "./hooks.ts";
import type { Message } from "./message.ts";
import type { Receiver } from "./receiver.ts";
import { createSocket, type Origins, type Socket, socketEnded } from "./socket.ts";

class HookReceiver implements Receiver {
  private readonly hooks: SocketHooks;
  private readonly socket: Socket;

  constructor(hooks: SocketHooks, socket: Socket) {
    this.hooks = hooks;
    this.socket = socket;
  }

  open(): unknown {
    return this.hooks.open?.(this.socket);
  }

  protected adopted(): unknown {
    return this.hooks.adopted?.(this.socket);
  }

  message(message: Message): unknown {
    return this.hooks.message!(this.socket, message);
  }

  drain(): unknown {
    return this.hooks.drain?.(this.socket);
  }

  ping(payload: () => Uint8Array<ArrayBuffer>): unknown {
    return this.hooks.ping?.(this.socket, payload());
  }

  pong(payload: () => Uint8Array<ArrayBuffer>): unknown {
    return this.hooks.pong?.(this.socket, payload());
  }

  trace(frame: WatchedFrame): unknown {
    return this.hooks.trace?.(this.socket, frame);
  }

  ended(info: CloseInfo): void {
    socketEnded(this.socket, info);
  }

  close(info: CloseInfo): unknown {
    return this.hooks.close?.(this.socket, info);
  }
}

/** A connection that came from another process: `open` was called there. */
class AdoptedReceiver extends HookReceiver {
  override open(): unknown {
    return this.adopted();
  }
}

/**
 * Called when the opening handshake is done: makes the socket, and calls the `open` hook.
 * @param beforeOpen called with the socket before the `open` hook.
 */
export function openSocket(
  binding: Binding,
  hooks: SocketHooks,
  origins: Origins<unknown>,
  beforeOpen: (socket: Socket) => void,
): void {
  const socket = createSocket(binding, origins);
  beforeOpen(socket);
  binding.opened(new HookReceiver(hooks, socket));
}

/**
 * The same for a connection that came from another process: calls the `adopted` hook.
 * @returns the socket, which the hook may have ended already.
 */
export function adoptSocket(
  binding: Binding,
  hooks: SocketHooks,
  origins: Origins<unknown>,
  beforeAdopted: (socket: Socket) => void,
): Socket {
  const socket = createSocket(binding, origins);
  beforeAdopted(socket);
  const { delivery } = binding;
  try {
    delivery.opened(new AdoptedReceiver(hooks, socket), "adopted");
  } catch (error) {
    // No turn is there to catch the exception: the caller of `adopt` is not at fault, and the socket is.
    escaped(delivery, error);
  }
  return socket;
}
