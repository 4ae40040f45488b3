/**
 * A long read: libuv reads a socket again at once, up to 32 times, as long as each read fills its buffer of 64 KiB. Timers and all
 * other sockets wait meanwhile. 2 MiB of messages of one byte are 300,000 messages, which take 0.3 s or more. So a socket that
 * was read for 10 ms rests until the event loop has looked at all others.
 */
import { runtime } from "./runtime.ts";

/** ms, as for all other work that goes on at once: see `long-run` of the driver. */
const LONGEST = 10;

/** Bytes. After a smaller read, libuv looks at the other sockets. TLS tells at most 16 KiB at once, whatever was read. */
const SMALLEST = 16_384;

/** The socket that was read last with so many bytes, and since when, ms. */
let lastRead: object | null = null;
let since = 0;

/** @returns whether the socket has been read for so long that it has to rest. */
export function isLongRead(socket: object, byteCount: number): boolean {
  if (byteCount < SMALLEST) return false;
  const now = runtime.now();
  if (socket !== lastRead) {
    lastRead = socket;
    since = now;
    return false;
  }
  if (now - since < LONGEST) return false;
  lastRead = null;
  return true;
}

/** The socket is gone: nothing may hold on to it. */
export function forgetRead(socket: object): void {
  if (socket === lastRead) lastRead = null;
}
