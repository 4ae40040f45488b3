/**
 * Whatever escapes in a turn ends its connection and no other, and goes no further: the transport that called would throw
 * it at nobody, and most runtimes end the process then. None of these functions throws.
 */
import { ConnectionError, messageOf, textOf } from "../errors.ts";
import type { Binding } from "./binding.ts";

/** Two are to be expected, of what failed and of the attempt to end it. After an abort nothing is left that could throw. */
export const MOST_ESCAPES = 4;

/** Octets that make a string in every runtime, whatever they are: V8 ends at 2^29 - 24 units, with 32 bits at 2^28 - 16. */
const LARGEST_TEXT = 2 ** 28 - 16;

/** An exception of the hook that was running, or of what the engine rests on. */
export function escaped(binding: Binding, error: unknown): void {
  const name = binding.runningHook;
  binding.runningHook = null;
  if (name !== null) binding.hookFailed(name, error);
  else engineFailed(binding, error);
}

/** Nothing more can be written, a Close neither. */
export function transportThrew(binding: Binding, error: unknown): void {
  binding.escapes += 1;
  escaped(binding, error);
  binding.isPullDue = true;
}

/** RFC 6455 §7.4.1: 1009, a message that is too big to process; 1011 for all else. */
export function engineFailed(binding: Binding, error: unknown): void {
  binding.escapes += 1;
  const { start, end } = binding.endpoint;
  const isTooLarge = textOf(error, "name") === "RangeError" || end - start > LARGEST_TEXT;
  const what = isTooLarge ? "a message is too large for this runtime" : "the engine failed";
  const message = `${what}: ${messageOf(error)}`;
  const code = isTooLarge ? 1009 : 1011;
  binding.fail(new ConnectionError("engine-failed", message, { cause: error }), code, "");
}
