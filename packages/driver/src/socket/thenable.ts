/** Promises of other code: the result of a hook may be any object with a `then`. */

/**
 * Whether a result is a promise to wait for, also a promise of a library or of another realm.
 * @throws the exception of a getter `then`.
 */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === "object" &&
    value !== null &&
    typeof (value as { then?: unknown }).then === "function"
  );
}

/**
 * Calls back once. `await` accepts every object that claims to be a promise: the `then` of such an object may throw, may call
 * back twice, or may be another function at the second read.
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
