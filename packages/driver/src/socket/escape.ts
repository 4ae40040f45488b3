/**
 * An exception in a turn ends its own connection and no other connection. The exception does not leave the turn: the transport
 * that called the turn could not handle the exception, and most runtimes would end the process. These functions never throw.
 */
import { ConnectionError, messageOf, textOf } from "../errors.ts";
import { hookFailed, type RunningHooks } from "./hook-runner.ts";
import type { Link } from "./link.ts";

/**
 * Two exceptions are normal: the first exception, and an exception of the attempt to end the connection. After an abort no code
 * is left that could throw.
 */
const MOST_ESCAPES = 4;

/** So many bytes of any content make a string in every runtime: V8 allows 2^29 - 24 units, and 2^28 - 16 units on 32 bits. */
const LARGEST_TEXT = 2 ** 28 - 16;

/**
 * The number of exceptions in turns that did not come from a hook, of connections that had one. Such a connection is rare, so
 * the number is no field of every connection.
 */
const escapes: WeakMap<Link, number> = new WeakMap();

function escapesOf(link: Link): number {
  return escapes.get(link) ?? 0;
}

function noteEscape(link: Link): void {
  escapes.set(link, escapesOf(link) + 1);
}

/** No exception is left that could be expected. */
export function escapesTooOften(link: Link): boolean {
  return escapesOf(link) > MOST_ESCAPES;
}

/** The transport threw an exception: the connection can write nothing more, not even a Close. */
export function transportFailed(hooks: RunningHooks, error: unknown): void {
  noteEscape(hooks.link);
  escaped(hooks, error);
}

/** An exception of the running hook, or of an extension, a transport or a decoder under the engine. */
export function escaped(hooks: RunningHooks, error: unknown): void {
  const { running, link } = hooks;
  hooks.running = null;
  if (running !== null) hookFailed(link, running, error);
  else engineFailed(link, error);
}

/** @returns false where no Close can be sent: after an earlier exception, no part of the connection is sure to work. */
export function triesClose(link: Link, code: number, reason: string): boolean {
  if (escapesOf(link) > 1) return false;
  try {
    link.endpoint.close(code, reason, link.now);
    return true;
  } catch {
    return false; // for example, the host's source of masking keys has thrown
  }
}

/** RFC 6455 §7.4.1: code 1009 for a message that is too big to process, and code 1011 for all other exceptions. */
export function engineFailed(link: Link, error: unknown): void {
  noteEscape(link);
  const { start, end } = link.endpoint;
  const isTooLarge = textOf(error, "name") === "RangeError" || end - start > LARGEST_TEXT;
  const what = isTooLarge ? "a message is too large for this runtime" : "the engine failed";
  const message = `${what}: ${messageOf(error)}`;
  const code = isTooLarge ? 1009 : 1011;
  link.fail(new ConnectionError("engine-failed", message, { cause: error }), code, "");
}
