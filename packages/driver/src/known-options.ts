/**
 * Options by their names. A misspelt name, `header` for `headers`, would pass for an absent option, and nobody would be told. So
 * an unknown name is a mistake, and so is a value that cannot be meant.
 */
import { givenOptions, MisuseError } from "@sansocket/core";
import { type OptionKind, shown } from "./option-kinds.ts";

/** Every name that a type has, and no other name, with the kind of its values. The compiler checks the names. */
export type KnownOptions<T> = { readonly [name in keyof T]-?: OptionKind };

/** The names that other libraries give to options, each with the place of the same thing here. */
export type OtherNames = Readonly<Record<string, string>>;

/**
 * @param path how the caller names the object, for the message.
 * @param others the names of other libraries: the error about such a name says where the option is here.
 * @returns the options, each read once. Members of the object and of its class count. Members that every object inherits do not
 * count (see `givenOptions` of core). From then on the callers use only the returned options.
 * @throws MisuseError for a value that is no object, for a name that is not known, and for a value that is not of its kind.
 */
export function checkOptions<T>(
  path: string,
  options: T,
  known: Readonly<Record<string, OptionKind>>,
  others: Readonly<Record<string, string>> = {},
): T {
  const names = Object.keys(known).sort().join(", ");
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw new MisuseError(`${path} is ${shown(options)}: give an object; known are ${names}`);
  }
  for (const name of Object.keys(options)) {
    if (Object.hasOwn(known, name)) continue;
    const isOther = Object.hasOwn(others, name);
    const remedy = isOther ? `: here it is ${others[name]}` : `; known are ${names}`;
    throw new MisuseError(`${path}.${name} is not known${remedy}`);
  }
  const given = givenOptions(path, options as object) as Record<string, unknown>;
  for (const [name, check] of Object.entries(known)) {
    const value = given[name];
    if (value !== undefined) given[name] = check(`${path}.${name}`, value) ?? value;
  }
  return given as T;
}

/** The options of a caller that gives none. */
export const NO_OPTIONS: Readonly<Record<never, never>> = Object.freeze(Object.create(null));

/** The kind of an option that has options of its own. */
export function anObjectOf(known: Readonly<Record<string, OptionKind>>): OptionKind {
  return (path, value) => checkOptions(path, value, known);
}

/**
 * @param reasons why this runtime cannot do as the option says, by the option's name.
 * @throws MisuseError for the first of these options that was given: no option is silently left out.
 */
export function refuseOptions(
  path: string,
  given: object,
  reasons: Readonly<Record<string, string>>,
): void {
  for (const [name, reason] of Object.entries(reasons)) {
    if ((given as Readonly<Record<string, unknown>>)[name] === undefined) continue;
    throw new MisuseError(`${path}.${name}: ${reason}`);
  }
}
