/** A misspelt option would pass for an absent one: `header` for `headers`, and nobody is told. So it is a mistake. */
import { MisuseError } from "@sansocket/core";

/** Every name that a type has, and no other: the compiler checks it. */
export type KnownNames<T> = { readonly [name in keyof T]-?: true };

/** @throws MisuseError for an option that is not known. */
export function refuseUnknownOptions(options: object, known: Readonly<Record<string, true>>): void {
  for (const name of Object.keys(options)) {
    if (Object.hasOwn(known, name)) continue;
    const names = Object.keys(known).sort().join(", ");
    throw new MisuseError(`options.${name} is not known; known are ${names}`);
  }
}
