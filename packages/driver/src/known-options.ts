/** A misspelt option would pass for an absent one: `header` for `headers`, and nobody is told. So it is a mistake. */
import { MisuseError } from "@sansocket/core";

/** Every name that a type has, and no other: the compiler checks it. */
export type KnownNames<T> = { readonly [name in keyof T]-?: true };

/**
 * @param path how the caller names the object, for the message.
 * @throws MisuseError for what is no object, and for a name that is not known.
 */
export function refuseUnknownOptions(
  path: string,
  options: unknown,
  known: Readonly<Record<string, true>>,
): void {
  const names = Object.keys(known).sort().join(", ");
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    const given = Array.isArray(options) ? "an array" : (JSON.stringify(options) ?? typeof options);
    throw new MisuseError(`${path} is ${given}: give an object; known are ${names}`);
  }
  for (const name of Object.keys(options)) {
    if (Object.hasOwn(known, name)) continue;
    throw new MisuseError(`${path}.${name} is not known; known are ${names}`);
  }
}

/**
 * The controller in place of its signal is easily given, and would abort nothing.
 * @throws MisuseError
 */
export function requireSignal(path: string, signal: unknown): void {
  if (signal === undefined) return;
  const given = (signal ?? {}) as Partial<AbortSignal>;
  if (typeof given.aborted === "boolean" && typeof given.addEventListener === "function") return;
  throw new MisuseError(`${path} is not an AbortSignal: give the signal of an AbortController`);
}
