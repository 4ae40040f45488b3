/** Promises of others: what a hook returns may be any object with a `then`. */

/**
 * Whether a result is a promise to wait for, also a promise of a library or of another realm.
 * @throws what a getter `then` throws.
 */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === "object" &&
    value !== null &&
    typeof (value as { then?: unknown }).then === "function"
  );
}

/**
 * Calls back once. `await` copes with every object that claims to be a promise: its `then` may throw, may call back twice, or
 * may be another function at the second look.
 */
export async function whenSettled<Result>(
  result: Result | PromiseLike<Result>,
  fulfilled: (value: Result) => void,
  rejected: (error: unknown) => void,
): Promise<void> {
  let value: Result;
  try {
    value = await result;
  } catch (error) {
    rejected(error);
    return;
  }
  fulfilled(value);
}
